"""The same figures counted one by one, in plain Python over single rows: slow, and apart from the queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.contributions.models import Declaration, DeclarationLine
from portal.coverage.models import CoverageMonth
from portal.employers.models import Employer, Enrolment
from portal.ledger.models import AccountName, Charge, Posting, Transaction
from portal.payments.models import Payment, PaymentReversal
from portal.reports.counting.scope import Scope
from portal.scheme.calendars import Month


def counted_one_by_one(session: Session, scope: Scope, month: Month, today: date) -> dict[str, int | None]:
    """Most figures of one month."""
    employers = [
        one for one in session.scalars(select(Employer)) if scope.places is None or one.location in scope.places
    ]
    return {
        **_filed(session, scope, month, employers),
        **_brought(session, scope, month, employers, today),
        **_people(session, scope, month, {one.id for one in employers}),
    }


def _day(scope: Scope, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(scope.rules.timezone)).date()


def _of_month(session: Session, scope: Scope, employer: int, month: Month) -> list[Declaration]:
    wanted = (Declaration.employer_id == employer, Declaration.scheme == scope.rules.id, Declaration.month == month)
    found = session.scalars(select(Declaration).where(*wanted).order_by(Declaration.submitted_at)).all()
    stands = [one for one in found if one.state not in ("superseded", "cancelled")]
    return list(found) if stands else []


def _filed(session: Session, scope: Scope, month: Month, employers: Sequence[Employer]) -> dict[str, int | None]:
    first, last = month.first_day(), month.last_day()
    registered = declaring = on_time = missed = 0
    days: list[int] = []
    for employer in employers:
        enrolments = session.scalars(
            select(Enrolment).where(Enrolment.employer_id == employer.id, Enrolment.scheme == scope.rules.id)
        ).all()
        found = _of_month(session, scope, employer.id, month)
        if not found and not any(e.from_day <= last and (e.to_day is None or e.to_day >= first) for e in enrolments):
            continue
        registered += 1
        if found:
            on = _day(scope, found[0].submitted_at)
            declaring += 1
            on_time += on <= found[0].due_day
            days.append((on - last).days)
            continue
        earlier = month
        for _back in range(24):
            earlier = earlier.previous()
            if before := _of_month(session, scope, employer.id, earlier):
                missed += sum(one.total for one in before if one.state not in ("superseded", "cancelled"))
                break
    return {
        "registered": registered, "declaring": declaring, "on_time": on_time, "late": declaring - on_time,
        "silent": registered - declaring, "estimated_loss": missed, "days_declared": _middle(days),
    }  # fmt: skip


def _middle(days: list[int]) -> int | None:
    return sorted(days)[(len(days) - 1) // 2] if days else None


def _brought(
    session: Session, scope: Scope, month: Month, employers: Sequence[Employer], today: date
) -> dict[str, int | None]:
    due = unpaid = arrears = received = 0
    for employer in employers:
        due += sum(
            one.total
            for one in _of_month(session, scope, employer.id, month)
            if one.state not in ("superseded", "cancelled")
        )
        taken_back = set(session.scalars(select(PaymentReversal.payment_id)))
        paid = session.scalars(
            select(Payment).where(Payment.employer_id == employer.id, Payment.scheme == scope.rules.id)
        )
        received += sum(
            one.amount for one in paid
            if one.id not in taken_back and month.first_day() <= one.paid_on <= month.last_day()
        )  # fmt: skip
        wanted = (Charge.employer_id == employer.id, Charge.scheme == scope.rules.id, Charge.month == month)
        for charge in session.scalars(select(Charge).where(*wanted)):
            open_now = sum(
                posting.amount
                for posting in session.scalars(
                    select(Posting)
                    .join(Transaction, Transaction.id == Posting.transaction_id)
                    .where(Posting.charge_id == charge.id, Posting.account == AccountName.CONTRIBUTION_DUE)
                )
            )
            unpaid += open_now
            arrears += max(open_now, 0) if charge.due_day < today else 0
    return {"due": due, "collected": due - unpaid, "unpaid": unpaid, "arrears": arrears, "received": received}


def _people(session: Session, scope: Scope, month: Month, employers: set[int]) -> dict[str, int | None]:
    declared = {
        line.person_id
        for employer in employers
        for one in _of_month(session, scope, employer, month)
        if one.state not in ("superseded", "cancelled")
        for line in session.scalars(select(DeclarationLine).where(DeclarationLine.declaration_id == one.id))
    }
    found: dict[str, int | None] = {"people": len(declared)}
    if scope.rules.opens_coverage:
        cover = [
            one
            for one in session.scalars(select(CoverageMonth).where(CoverageMonth.state == "open"))
            if one.employer_id in employers and one.scheme == scope.rules.id
        ]
        opened = [one for one in cover if one.paid_month == month]
        found["covered"] = len({one.person_id for one in cover if one.month == month})
        found["opened"] = len(opened)
        found["days_covered"] = _middle([(_day(scope, one.opened_at) - month.last_day()).days for one in opened])
    return found
