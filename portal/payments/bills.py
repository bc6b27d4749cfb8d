"""
Bills: what to pay for one charge, by when, with a reference that tells a mistyped digit.

A bill says what is open on its day, late charges to that day included.  When nothing changed since,
asking again gives the same bill; otherwise a new one replaces it, and money that comes with the old
reference still finds its employer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Event
from portal.contributions.acknowledgement import fund_head
from portal.employers.models import Employer
from portal.errors import NotFound, Refused
from portal.installation import fund, pack
from portal.ledger import arrears, book, crediting
from portal.ledger.models import Charge
from portal.payments import telling
from portal.payments.account import OpenMonth, months_on
from portal.payments.models import Bill
from portal.payments.receipts import next_in_series
from portal.payments.settlement import scheme_day
from portal.scheme.calendars import month_in_words
from portal.scheme.checkdigits import compact_reference, is_rf_reference, printed_reference, rf_reference
from portal.scheme.explain import Step, steps_to_json, words_to_json
from portal.words import _


@dataclass(frozen=True, slots=True)
class BillOnPage:
    """A bill, the charge it is for, and whether a later one replaced it."""

    bill: Bill
    charge: Charge
    replaced: bool

    @property
    def printed_reference(self) -> str:
        """The reference in groups of four, as it is printed."""
        return printed_reference(self.bill.reference)

    @property
    def short_name(self) -> str:
        """The scheme as pages name it."""
        return pack(self.bill.scheme).short_name


def issue_bill(session: Session, employer_id: int, charge_id: int, *, at: datetime, by: int | None) -> Bill:
    """
    The bill for what is open on a charge today; the same one while nothing changed.

    Refused when nothing is open, NotFound when the charge is another employer's.
    """
    book.lock(session, employer_id)
    charge = session.scalar(select(Charge).where(Charge.employer_id == employer_id, Charge.id == charge_id))
    if charge is None:
        raise NotFound("charge")
    today = scheme_day(charge.scheme, at)
    arrears.accrue(session, employer_id, on=today, at=at)
    month = next(one for one in months_on(session, employer_id, today, charge.scheme) if one.charge.id == charge.id)
    if not month.total:
        name = month_in_words(charge.month, pack(charge.scheme).calendar)
        words = _("Nothing is open for %(month)s, so there is no bill for it.", month=name)
        raise Refused(words)
    wanted = _asked_for(month, crediting.used_on(session, charge))
    last = _latest(session, charge)
    same = last is not None and all(last.snapshot.get(name) == value for name, value in wanted.items())
    bill = last if last is not None and same else _make(session, month, wanted, at=at, by=by)
    for follow in _FOLLOWING:
        follow(session, bill, at)
    return bill


#: What other rooms do once a bill was asked for, in the same transaction.
_FOLLOWING: list[Callable[[Session, Bill, datetime], None]] = []


#: What stands on a bill's page from another room: a template and what it is given.
Beside = tuple[str, Mapping[str, Any]]
_BESIDE: list[Callable[[Session, Bill, datetime], Beside]] = []


def beside_bill(shown: Callable[[Session, Bill, datetime], Beside]) -> None:
    """Let *shown* say what more stands on the page of a bill at a time."""
    _BESIDE.append(shown)


def beside(session: Session, bill: Bill, at: datetime) -> list[Beside]:
    """What other rooms have to say on the page of a bill."""
    return [shown(session, bill, at) for shown in _BESIDE]


#: What other rooms print on a bill, for its template, and whether that is the last word, so that the paper can be kept.
OnPaper = tuple[Mapping[str, Any], bool]
_ON_PAPER: list[Callable[[Session, Bill, datetime], OnPaper]] = []


def once_on_paper(printed: Callable[[Session, Bill, datetime], OnPaper]) -> None:
    """Let *printed* say what more stands on the paper of a bill that is drawn at a time."""
    _ON_PAPER.append(printed)


def on_paper(session: Session, bill: Bill, at: datetime) -> OnPaper:
    """What other rooms print on a bill, and whether all of it is the last word."""
    said = [printed(session, bill, at) for printed in _ON_PAPER]
    return {name: value for facts, _last in said for name, value in facts.items()}, all(last for _facts, last in said)


def once_issued(follow: Callable[[Session, Bill, datetime], None]) -> None:
    """Let *follow* be told of every bill that is given out, also when the same one is given again."""
    _FOLLOWING.append(follow)


def _latest(session: Session, charge: Charge) -> Bill | None:
    return session.scalar(select(Bill).where(Bill.charge_id == charge.id).order_by(Bill.id.desc()).limit(1))


def _asked_for(month: OpenMonth, credit_used: int) -> dict[str, Any]:
    """What is to be paid and why, *credit_used* of it already: a bill stands as long as this stays the same."""
    lines = [(_("Contribution"), month.charged), (_("Late charge"), month.late_owed)]
    return {
        "lines": [
            {"month": str(month.charge.month), "kind": words_to_json(kind), "amount": amount, "note": None}
            for kind, amount in lines
            if amount
        ],
        "paid_already": month.charged + month.late_owed - month.total - credit_used,
        **({"credit_used": credit_used} if credit_used else {}),
        "to_pay": month.total,
        "due_on": month.pay_by.isoformat(),
    }


def _make(session: Session, month: OpenMonth, wanted: dict[str, Any], *, at: datetime, by: int | None) -> Bill:
    charge = month.charge
    snapshot = {**_head(session, month), **wanted}
    number = next_in_series(session, "bill", at)
    reference = rf_reference(number.replace("-", ""))
    bill = Bill(
        public_id=uuid4(), number=number, employer_id=charge.employer_id, charge_id=charge.id, scheme=charge.scheme,
        reference=reference, currency=charge.currency, amount=month.total, issued_at=at,
        snapshot={**snapshot, "number": number, "reference": printed_reference(reference)},
    )  # fmt: skip
    session.add(bill)
    session.flush()
    audit.record(
        session, Event.BILL_ISSUED, at=at, by=by, employer=charge.employer_id, subject=f"bill:{bill.public_id}",
        bill=number, amount=month.total,
    )  # fmt: skip
    telling.billed(session, bill, month)
    return bill


def _head(session: Session, month: OpenMonth) -> dict[str, Any]:
    """What ``templates/pdf/bill.html`` wants beside the amounts and the number."""
    employer = session.get_one(Employer, month.charge.employer_id)
    rules, bank = pack(month.charge.scheme), fund().bank
    return {
        "issued_on": month.on.isoformat(),
        "language": fund().languages[0],
        "practice": fund().practice,
        "fund": fund_head(),
        "employer": {"number": employer.number, "name": employer.legal_name},
        "scheme": rules.name,
        "month": str(month.charge.month),
        "currency": month.charge.currency,
        "bank": asdict(bank),
        "steps": steps_to_json([*month.rule.steps, *_what_follows(month)]),
    }


def _what_follows(month: OpenMonth) -> list[Step]:
    """Until when the amount is enough, where the rule is known."""
    following = month.rule.next_begins
    if following is None or not month.contribution:
        return []
    return [Step(_("If it is not paid by %(day)s, more is added the day after.", day=month.pay_by))]


def bill_on_page(session: Session, public_id: UUID, employer_id: int) -> BillOnPage:
    """One bill of the employer; NotFound when it is another's or none."""
    statement = select(Bill, Charge).join(Charge, Bill.charge_id == Charge.id)
    row = session.execute(statement.where(Bill.public_id == public_id, Bill.employer_id == employer_id)).one_or_none()
    if row is None:
        raise NotFound("bill")
    bill, charge = row
    last = _latest(session, charge)
    return BillOnPage(bill, charge, last is not None and last.id != bill.id)


def bills_of(
    session: Session, employer_id: int, *, scheme: str = "", page: int, per_page: int
) -> tuple[list[BillOnPage], int]:
    """One page of an employer's bills, the newest first, and how many there are in all."""
    wanted = [Bill.employer_id == employer_id, *([Bill.scheme == scheme] if scheme else [])]
    latest = func.max(Bill.id).over(partition_by=Bill.charge_id)
    statement = select(Bill, Charge, latest).join(Charge, Bill.charge_id == Charge.id).where(*wanted)
    total = session.scalar(select(func.count()).select_from(Bill).where(*wanted)) or 0
    rows = session.execute(statement.order_by(Bill.id.desc()).limit(per_page).offset((page - 1) * per_page))
    return [BillOnPage(bill, charge, bill.id != last) for bill, charge, last in rows], total


def bills_of_charge(session: Session, charge: Charge) -> list[BillOnPage]:
    """Every bill of one charge, the newest first."""
    found = session.scalars(select(Bill).where(Bill.charge_id == charge.id).order_by(Bill.id.desc())).all()
    return [BillOnPage(bill, charge, place > 0) for place, bill in enumerate(found)]


def bill_by_reference(session: Session, typed: str, employer_id: int | None = None) -> Bill:
    """
    The bill with this reference, typed with or without spaces.

    Refused in words that tell a mistyped reference from one that is right and not ours, or is another employer's.
    """
    reference = compact_reference(typed)
    if not is_rf_reference(reference):
        words = _(
            "%(reference)s cannot be right: a character is wrong, or two are exchanged. Compare it with the bill.",
            reference=printed_reference(reference),
        )
        raise Refused(words, field="bill", status=422)
    bill = session.scalar(select(Bill).where(Bill.reference == reference))
    if bill is None:
        words = _("No bill of ours has the reference %(reference)s.", reference=printed_reference(reference))
        raise Refused(words, field="bill", status=422)
    if employer_id is not None and bill.employer_id != employer_id:
        words = _("The bill %(number)s is of another employer.", number=bill.number)
        raise Refused(words, field="bill", status=422)
    return bill
