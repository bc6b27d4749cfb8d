"""
Which months a payment opens for whom, and the word of it to the core.

Everything is done for a whole employer at once: the number of statements does not grow with
the number of people.  The message to the core is a row of the outbox in the same transaction.
A person and month of cover is open through one employer at most, however many paid for it.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import column, delete, func, select, table, text, update
from sqlalchemy.orm import Session

from portal import audit, clock, outbox
from portal.audit import Event
from portal.coverage import people_told
from portal.coverage.cover import CoverNow as CoverNow
from portal.coverage.cover import Paid, Row
from portal.coverage.cover import coverage_of as coverage_of
from portal.coverage.models import CoverageMonth, PaidMonth
from portal.db import copy_rows
from portal.installation import pack
from portal.people.models import Person
from portal.scheme.blocks.cover import OpensAfterPaidMonths
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month
from portal.scheme.entitlement import entitled_months, needs_all, opener_of, opening_months

#: A receipt in the core has 50 characters at most; one that is given anew grows by eight.
LONGEST_RECEIPT = 42
#: The people of one month as one statement: the database is asked once, whatever their number.
_NOTE = text(
    """
    INSERT INTO paid_month (employer_id, scheme, month, person_id, contribution)
    SELECT :employer, :scheme, :month, paid.person, paid.contribution
    FROM unnest(CAST(:people AS bigint[]), CAST(:contributions AS bigint[])) AS paid(person, contribution)
    ON CONFLICT (employer_id, scheme, month, person_id) DO UPDATE SET contribution = excluded.contribution
    """
)
_COLUMNS = (
    "employer_id", "person_id", "scheme", "branch", "month", "paid_month", "contribution", "state", "opened_at",
    "core_state", "core_receipt", "core_policy", "core_problem",
)  # fmt: skip
# The employers' room stands above this one and is not imported.
_employer = table("employer", column("id"), column("number"))


@dataclass(frozen=True)
class DeclaredPerson:
    """A person in a declaration, with both shares of their contribution in minor units."""

    person_id: int
    insurance_number: str
    contribution: int


def open_months(
    session: Session, employer_id: int, scheme: str, settled: Mapping[Month, Sequence[DeclaredPerson]], *, at: datetime
) -> int:
    """
    Note that these contribution months are paid in full, and open the months of cover that follow.

    *settled* names everybody a month is paid for: who was noted before and is no longer named
    loses it.  A month that fills a gap may open several.  How many person-months were opened.
    Again: nothing changes.
    """
    rules = pack(scheme)
    if not rules.opens_coverage or not settled:
        return 0
    numbers = {one.person_id: one.insurance_number for people in settled.values() for one in people}
    gone = _no_longer_named(session, employer_id, scheme, settled)
    _hold_people(session, [*numbers, *gone])
    _close_unpaid(session, rules, gone, at=at, reason="no longer declared")
    _note_paid(session, employer_id, scheme, settled)
    opened = _open_rows(session, rules, sorted(settled), numbers, at)
    _tell(session, scheme, opened)
    people_told.gained(session, rules, opened, at=at)
    for employer, month, people in _counted(opened):
        audit.record(
            session, Event.COVERAGE_OPENED, at=at, employer=employer, scheme=scheme, month=month, people=people
        )
    return len(opened)


def close_months(
    session: Session, employer_id: int, scheme: str, months: Collection[Month], *, at: datetime, reason: str
) -> int:
    """
    These contribution months are no longer paid: close the cover that rested on them.

    Cover for which another employer paid stays open.  How many person-months were closed.
    """
    rules = pack(scheme)
    if not rules.opens_coverage or not months:
        return 0
    wanted = (PaidMonth.employer_id == employer_id, PaidMonth.scheme == scheme, PaidMonth.month.in_(months))
    people = sorted(set(session.scalars(select(PaidMonth.person_id).where(*wanted))))
    _hold_people(session, people)
    session.execute(delete(PaidMonth).where(*wanted))
    return _close_unpaid(session, rules, people, at=at, reason=reason)


def noted_months(session: Session, employer_id: int, scheme: str) -> frozenset[Month]:
    """The contribution months of an employer that are noted as paid in full."""
    months = select(PaidMonth.month).where(PaidMonth.employer_id == employer_id, PaidMonth.scheme == scheme)
    return frozenset(session.scalars(months.distinct()))


def paid_months_of(session: Session, person_id: int, scheme: str) -> frozenset[Month]:
    """The contribution months that are paid in full for a person, through whichever employer."""
    return frozenset(_paid_months(session, scheme, [person_id]).get(person_id, {}))


# -- the parts -----------------------------------------------------------------------


def _hold_people(session: Session, people: Iterable[int]) -> None:
    """
    Let nobody else open or close cover of these people until the transaction ends.

    Two employers may pay for one person at the same moment: each must see the other's month.
    """
    wanted = func.any(sorted(set(people)))
    session.execute(select(Person.id).where(Person.id == wanted).order_by(Person.id).with_for_update(key_share=True))


def _no_longer_named(
    session: Session, employer_id: int, scheme: str, settled: Mapping[Month, Sequence[DeclaredPerson]]
) -> list[int]:
    """Take out who was noted as paid in these months and is not named now; who they are."""
    named = {(month, one.person_id) for month, people in settled.items() for one in people}
    wanted = (PaidMonth.employer_id == employer_id, PaidMonth.scheme == scheme, PaidMonth.month.in_(settled))
    noted = session.execute(select(PaidMonth.month, PaidMonth.person_id).where(*wanted)).all()
    for month in settled:
        gone = [person for of, person in noted if of == month and (of, person) not in named]
        if gone:
            of_month = (*wanted, PaidMonth.month == month, PaidMonth.person_id == func.any(gone))
            session.execute(delete(PaidMonth).where(*of_month))
    return sorted({person for month, person in noted if (month, person) not in named})


def _note_paid(
    session: Session, employer_id: int, scheme: str, settled: Mapping[Month, Sequence[DeclaredPerson]]
) -> None:
    for month, people in settled.items():
        paid = {one.person_id: one.contribution for one in people}
        columns = {"people": list(paid), "contributions": list(paid.values())}
        session.execute(_NOTE, {"employer": employer_id, "scheme": scheme, "month": month.as_int, **columns})


def _paid_months(
    session: Session, scheme: str, people: Iterable[int], first: Month | None = None
) -> dict[int, dict[Month, Paid]]:
    """person -> paid month from *first* on; where two employers paid for the same month, the first one's."""
    found: dict[int, dict[Month, Paid]] = defaultdict(dict)
    columns = (PaidMonth.employer_id, PaidMonth.person_id, PaidMonth.month, PaidMonth.contribution)
    wanted = [PaidMonth.scheme == scheme, PaidMonth.person_id == func.any(list(people))]
    if first is not None:
        wanted.append(PaidMonth.month >= first)
    for row in session.execute(select(*columns).where(*wanted).order_by(PaidMonth.employer_id)):
        found[row.person_id].setdefault(row.month, Paid(*row))
    return found


def _rows_of(session: Session, scheme: str, people: Iterable[int], first: Month | None = None) -> list[Row]:
    columns = (
        CoverageMonth.id, CoverageMonth.employer_id, CoverageMonth.person_id, CoverageMonth.month, CoverageMonth.state
    )  # fmt: skip
    wanted = [CoverageMonth.scheme == scheme, CoverageMonth.person_id == func.any(list(people))]
    if first is not None:
        wanted.append(CoverageMonth.month >= first)
    return [Row(*row) for row in session.execute(select(*columns).where(*wanted))]


def _open_rows(
    session: Session, rules: Pack, settled: Sequence[Month], numbers: Mapping[int, str], at: datetime
) -> list[Row]:
    """
    Open what the paid months entitle to and is not open, each through the employer of the latest month it needs.

    Only months after the first of *settled* can be new; a waiting period before it is read too, and where cover
    goes on after the last paid month all that was ever paid.
    Gives each person-month opened.
    """
    first = settled[0]
    start = opening_months(rules, first)[0] if needs_all(rules) else None
    paid = _paid_months(session, rules.id, numbers, start)
    there = _rows_of(session, rules.id, numbers, first)
    open_now = {(row.person_id, row.month) for row in there if row.state == "open"}
    closed = {(row.person_id, row.month, row.employer_id): row.id for row in there if row.state == "closed"}
    fresh: list[tuple[Month, Paid]] = []
    again: list[int] = []
    opened: list[Row] = []
    for person, months in paid.items():
        for month in entitled_months(rules, months):
            if month <= first or (person, month) in open_now:
                continue
            opener = _opener(rules, months, month)
            row = closed.get((person, month, opener.employer_id), 0)
            opened.append(Row(row, opener.employer_id, person, month, "open"))
            if row:
                again.append(row)
            else:
                fresh.append((month, opener))
    # The receipt stays: whether the core still holds it, or ended it and needs a new one, is looked up when it is sent.
    values = {"state": "open", "closed_at": None, "core_state": "waiting", "core_problem": ""}
    if again:
        session.execute(update(CoverageMonth).where(CoverageMonth.id == func.any(again)).values(values))
    if fresh:
        _insert(session, rules, fresh, numbers, at)
    return opened


def _opener(rules: Pack, paid: Mapping[Month, Paid], month: Month) -> Paid:
    """The latest paid month that cover in *month* rests on."""
    latest = opening_months(rules, month)[-1] if needs_all(rules) else opener_of(rules, paid, month)
    assert latest is not None  # only covered months are asked about
    return paid[latest]


def _covered_branch(rules: Pack) -> str:
    """The branch whose cover the paid months open: the one that the rule names, else the scheme's first."""
    rule = rules.entitlement
    named = rule.branch if isinstance(rule, OpensAfterPaidMonths) else None
    return named or rules.branches[0].code


def _insert(
    session: Session, rules: Pack, fresh: Sequence[tuple[Month, Paid]], numbers: Mapping[int, str], at: datetime
) -> None:
    employers = sorted({opener.employer_id for _month, opener in fresh})
    statement = select(_employer.c.id, _employer.c.number).where(_employer.c.id == func.any(employers))
    known = dict(session.execute(statement).all())
    branch = _covered_branch(rules)
    rows = (
        (
            opener.employer_id, opener.person_id, rules.id, branch, month.as_int, opener.month.as_int,
            opener.contribution, "open", at, "waiting",
            _receipt(numbers[opener.person_id], rules.id, month, known[opener.employer_id]), "", "",
        )
        for month, opener in fresh
    )  # fmt: skip
    copy_rows(session, CoverageMonth.__tablename__, _COLUMNS, rows)


def _receipt(number: str, scheme: str, month: Month, employer: str) -> str:
    """The name under which the core knows a person-month: readable, or its digest where that would be too long."""
    name = f"{number}/{scheme}/{month}/{employer}"
    return name if len(name) <= LONGEST_RECEIPT else hashlib.sha256(name.encode()).hexdigest()[:LONGEST_RECEIPT]


def _close_unpaid(session: Session, rules: Pack, people: Sequence[int], *, at: datetime, reason: str) -> int:
    """Close the cover of these people that no paid months stand for any more; how many person-months."""
    if not people:
        return 0
    paid = _paid_months(session, rules.id, people)
    keep = {(person, month) for person in people for month in entitled_months(rules, paid.get(person, {}))}
    closing = [
        row
        for row in _rows_of(session, rules.id, people)
        if row.state == "open" and (row.person_id, row.month) not in keep
    ]
    values = {"state": "closed", "closed_at": at, "core_state": "waiting", "core_problem": ""}
    ids = [row.id for row in closing]
    session.execute(update(CoverageMonth).where(CoverageMonth.id == func.any(ids)).values(values))
    _tell(session, rules.id, closing)
    people_told.lost(session, rules, closing, reason=reason, at=at)
    for employer, month, count in _counted(closing):
        audit.record(
            session, Event.COVERAGE_CLOSED, at=at, employer=employer, scheme=rules.id, month=month, people=count,
            reason=reason,
        )  # fmt: skip
    return len(closing)


def _counted(rows: Iterable[Row]) -> list[tuple[int, Month, int]]:
    """How many people by employer and month."""
    found = Counter((row.employer_id, row.month) for row in rows)
    return [(employer, month, people) for (employer, month), people in sorted(found.items())]


def _tell(session: Session, scheme: str, rows: Iterable[Row]) -> None:
    """
    One message an employer and month of cover; what it is about is read when it is sent.

    The outbox runs on the real clock: a message must not wait until a moved clock's day comes.
    """
    for employer_id, month, _people in _counted(rows):
        payload = {"employer": employer_id, "scheme": scheme, "month": str(month)}
        name = f"core/{employer_id}/{scheme}/{month}/{uuid4()}"
        outbox.put(session, "core", name, payload, at=clock.real_now(), employer=employer_id)
