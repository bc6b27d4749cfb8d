"""
Which months a payment opens for whom, and the word of it to the core.

Everything is done for a whole employer at once: the number of statements does not grow with
the number of people.  The message to the core is a row of the outbox in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import audit, outbox
from portal.audit import Event
from portal.coverage.models import CoverageMonth, PaidMonth
from portal.installation import pack
from portal.scheme.blocks import Pack
from portal.scheme.calendars import Month, month_of
from portal.scheme.entitlement import entitled_months, opening_months

#: Rows a statement: PostgreSQL takes 65,535 parameters at most.
AT_ONCE = 5000


@dataclass(frozen=True)
class DeclaredPerson:
    """A person in a declaration, with both shares of their contribution in minor units."""

    person_id: int
    insurance_number: str
    contribution: int


@dataclass(frozen=True)
class CoverNow:
    """Whether somebody is covered on a day, and until when the open months reach without a gap."""

    covered: bool
    until: date | None
    since: date | None


def open_months(
    session: Session, employer_id: int, scheme: str, settled: Mapping[Month, Sequence[DeclaredPerson]], *, at: datetime
) -> int:
    """
    Note that these contribution months are paid in full, and open the months of cover that follow.

    A month that fills a gap may open several.  How many person-months were opened.  Again:
    nothing changes.
    """
    rules = pack(scheme)
    if not rules.opens_coverage or not settled:
        return 0
    numbers = {one.person_id: one.insurance_number for people in settled.values() for one in people}
    _note_paid(session, employer_id, scheme, settled)
    paid = _paid_months(session, scheme, numbers)
    wanted = [row for person, months in paid.items() for row in _entitled(rules, person, months)]
    opened = _open_rows(session, rules, wanted, numbers, at)
    _tell(session, scheme, opened, at=at)
    for employer, month in sorted({(row.employer_id, row.month) for row in opened}):
        people = sum(1 for row in opened if (row.employer_id, row.month) == (employer, month))
        audit.record(
            session, Event.COVERAGE_OPENED, at=at, employer=employer, scheme=scheme, month=month, people=people
        )
    return len(opened)


def close_months(
    session: Session, employer_id: int, scheme: str, months: Collection[Month], *, at: datetime, reason: str
) -> int:
    """
    These contribution months are no longer paid: close the cover that rested on them.

    How many person-months were closed.
    """
    rules = pack(scheme)
    if not rules.opens_coverage or not months:
        return 0
    gone = delete(PaidMonth).where(
        PaidMonth.employer_id == employer_id, PaidMonth.scheme == scheme, PaidMonth.month.in_(months)
    )
    people = sorted(set(session.scalars(gone.returning(PaidMonth.person_id))))
    paid = _paid_months(session, scheme, people)
    keep = {(person, month) for person in people for month in entitled_months(rules, paid.get(person, {}))}
    standing = session.scalars(
        select(CoverageMonth).where(
            CoverageMonth.person_id.in_(people), CoverageMonth.scheme == scheme, CoverageMonth.state == "open"
        )
    )
    closing = [row for row in standing if (row.person_id, row.month) not in keep]
    for row in closing:
        row.state, row.closed_at, row.core_state = "closed", at, "waiting"
    session.flush()
    _tell(session, scheme, closing, at=at)
    for month in sorted({row.month for row in closing}):
        count = sum(1 for row in closing if row.month == month)
        audit.record(
            session,
            Event.COVERAGE_CLOSED,
            at=at,
            employer=employer_id,
            scheme=scheme,
            month=month,
            people=count,
            reason=reason,
        )
    return len(closing)


def coverage_of(session: Session, person_id: int, scheme: str, day: date) -> CoverNow:
    """Whether a person is covered on *day*, since when and until when without a gap (both days inclusive)."""
    rules = pack(scheme)
    months = set(
        session.scalars(
            select(CoverageMonth.month).where(
                CoverageMonth.person_id == person_id, CoverageMonth.scheme == scheme, CoverageMonth.state == "open"
            )
        )
    )
    this = month_of(day, rules.calendar)
    if this not in months:
        earlier = [month for month in months if month < this]
        last = max(earlier).last_day(rules.calendar) if earlier else None
        return CoverNow(False, last, None)
    first = last_month = this
    while first.previous(rules.calendar) in months:
        first = first.previous(rules.calendar)
    while last_month.next(rules.calendar) in months:
        last_month = last_month.next(rules.calendar)
    return CoverNow(True, last_month.last_day(rules.calendar), first.first_day(rules.calendar))


def paid_months_of(session: Session, person_id: int, scheme: str) -> frozenset[Month]:
    """The contribution months that are paid in full for a person, through whichever employer."""
    return frozenset(_paid_months(session, scheme, [person_id]).get(person_id, {}))


# -- the parts -----------------------------------------------------------------------


def _note_paid(
    session: Session, employer_id: int, scheme: str, settled: Mapping[Month, Sequence[DeclaredPerson]]
) -> None:
    rows = [
        {
            "employer_id": employer_id,
            "scheme": scheme,
            "month": month,
            "person_id": one.person_id,
            "contribution": one.contribution,
        }
        for month, people in settled.items()
        for one in people
    ]
    for part in _parts(rows):
        session.execute(insert(PaidMonth).values(part).on_conflict_do_nothing())


def _paid_months(session: Session, scheme: str, people: Iterable[int]) -> dict[int, dict[Month, PaidMonth]]:
    """person -> paid month -> one row of it; where two employers paid for the same month, the first one's."""
    found: dict[int, dict[Month, PaidMonth]] = defaultdict(dict)
    statement = (
        select(PaidMonth)
        .where(PaidMonth.scheme == scheme, PaidMonth.person_id.in_(list(people)))
        .order_by(PaidMonth.employer_id)
    )
    for row in session.scalars(statement):
        found[row.person_id].setdefault(row.month, row)
    return found


def _entitled(rules: Pack, person: int, paid: Mapping[Month, PaidMonth]) -> list[tuple[Month, PaidMonth]]:
    """Each month of cover with the paid month that opens it: the latest it needs."""
    return [(month, paid[opening_months(rules, month)[-1]]) for month in entitled_months(rules, paid)]


def _open_rows(
    session: Session,
    rules: Pack,
    wanted: Sequence[tuple[Month, PaidMonth]],
    numbers: Mapping[int, str],
    at: datetime,
) -> list[CoverageMonth]:
    """Insert what is not there, and open again what was closed."""
    branch = rules.branches[0].code
    rows = [
        {
            "employer_id": opener.employer_id,
            "person_id": opener.person_id,
            "scheme": rules.id,
            "branch": branch,
            "month": month,
            "paid_month": opener.month,
            "contribution": opener.contribution,
            "state": "open",
            "opened_at": at,
            "core_state": "waiting",
            "core_receipt": f"{numbers[opener.person_id]}/{rules.id}/{month}/{opener.employer_id}",
            "core_policy": "",
            "core_problem": "",
        }
        for month, opener in wanted
    ]
    opened: list[int] = []
    for part in _parts(rows):
        inserted = insert(CoverageMonth).values(part).on_conflict_do_nothing().returning(CoverageMonth.id)
        opened += session.scalars(inserted)
    # The core refuses a receipt it has seen: cover that opens again goes under a new one.
    keys = [(row["employer_id"], row["person_id"], rules.id, row["month"]) for row in rows]
    if keys:
        again = (
            update(CoverageMonth)
            .where(
                tuple_(
                    CoverageMonth.employer_id, CoverageMonth.person_id, CoverageMonth.scheme, CoverageMonth.month
                ).in_(keys),
                CoverageMonth.state == "closed",
            )
            .values(
                state="open",
                closed_at=None,
                core_state="waiting",
                core_policy="",
                core_receipt=CoverageMonth.core_receipt + f"/{int(at.timestamp())}",
            )
            .returning(CoverageMonth.id)
            .execution_options(synchronize_session=False)
        )
        opened += session.scalars(again)
    return list(session.scalars(select(CoverageMonth).where(CoverageMonth.id.in_(opened)))) if opened else []


def _tell(session: Session, scheme: str, rows: Sequence[CoverageMonth], *, at: datetime) -> None:
    """One message an employer and month of cover; what it is about is read when it is sent."""
    for employer_id, month in sorted({(row.employer_id, row.month) for row in rows}):
        payload = {"employer": employer_id, "scheme": scheme, "month": str(month)}
        name = f"core/{employer_id}/{scheme}/{month}/{uuid4()}"
        outbox.put(session, "core", name, payload, at=at, employer=employer_id)


def _parts(rows: Sequence[dict[str, object]]) -> Iterable[Sequence[dict[str, object]]]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))
