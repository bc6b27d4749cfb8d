"""
An employee's months, read-only: what each employer declared and paid for them, and what the core knows of it.

The number of queries does not depend on how many months, schemes or employers there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.contributions.models import Declaration, DeclarationLine
from portal.contributions.standing import counts
from portal.coverage.models import CoverageMonth, PaidMonth
from portal.employers.given import Given, asks_headcount, given_from_json, given_on
from portal.employers.models import Employer, Employment, Enrolment
from portal.employers.roster_answers import headcounts_of
from portal.installation import month_on, pack, packs
from portal.ledger import book
from portal.ledger.models import Charge
from portal.people.models import Person
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.calendars import Month, month_of, months_between
from portal.scheme.pay.unusable import Unusable

#: Months shown, the one that runs included.
SHOWN = 14


@dataclass(frozen=True, slots=True)
class Line:
    """What stands in a declaration about the employee; amounts are minor units of the scheme's currency."""

    components: Mapping[str, int]
    earnings: int
    insurable: int
    employer_share: int
    employee_share: int
    declared_at: datetime
    days: int | None
    said: Mapping[str, str]
    given: Given
    #: Why it is not a whole month at the wage: a code, and the days it is about, both included.
    reason: str | None = None
    reason_from: date | None = None
    reason_to: date | None = None

    @property
    def contribution(self) -> int:
        """Both shares."""
        return self.employer_share + self.employee_share


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One month of one scheme through one employer, with its four marks.

    *left_out*: the employer declared the month without this employee.  *known* is True, False,
    "waiting" or "refused", "nothing" for a paid month that opened no cover; None where the scheme
    tells the core nothing.  *opens* is the month
    of cover this month's payment opened.
    """

    month: Month
    scheme: str
    employer_number: str
    employer_name: str
    due_day: date | None
    line: Line | None
    left_out: bool
    paid: bool
    posted: bool
    known: bool | str | None
    opens: Month | None

    @property
    def declared(self) -> bool:
        """Whether the employee stands in the employer's declaration."""
        return self.line is not None


@dataclass(frozen=True, slots=True)
class Record:
    """
    A person with their months, newest first, each with its entries; and the cover they have.

    *paid* and *open* are by scheme: contribution months paid in full, and months of cover that are
    open with what the core knows of each ("waiting", "known", "refused").
    """

    person: Person
    today: date
    months: Mapping[Month, Sequence[Entry]]
    paid: Mapping[str, frozenset[Month]]
    open: Mapping[str, Mapping[Month, str]]
    employers: Mapping[str, str]
    last_day: date | None
    first_month: Month | None

    def entries(self, scheme: str, month: Month) -> list[Entry]:
        """What there is about one month of one scheme."""
        return [entry for entry in self.months.get(month, ()) if entry.scheme == scheme]


@dataclass(frozen=True, slots=True)
class _Facts:
    """All rows about one person, before they are put together."""

    person: Person
    employers: Mapping[int, Employer]
    employments: Sequence[Employment]
    enrolments: Sequence[Enrolment]
    declared: Mapping[tuple[int, str, Month], tuple[Declaration, DeclarationLine | None]]
    settled: frozenset[tuple[int, str, Month]]
    paid: frozenset[tuple[int, str, Month]]
    cover: Sequence[CoverageMonth]
    people: Mapping[tuple[int, Month], int]


def record_of(session: Session, person_id: int, today: date) -> Record:
    """Everything an employee sees about themselves on the day."""
    facts = _facts(session, person_id, today)
    months: dict[Month, list[Entry]] = {}
    for rules in packs().values():
        for month in shown_months(rules, today):
            months.setdefault(month, []).extend(_entries(facts, rules, month))
    schemes = [rules.id for rules in packs().values() if rules.opens_coverage]
    ends = [each.to_day for each in facts.employments]
    starts = [month_on(each.from_day) for each in facts.employments] + [key[2] for key in facts.declared]
    return Record(
        person=facts.person,
        today=today,
        months=dict(sorted(months.items(), reverse=True)),
        paid={name: frozenset(month for _e, scheme, month in facts.paid if scheme == name) for name in schemes},
        open={
            name: {row.month: row.core_state for row in facts.cover if row.scheme == name and row.state == "open"}
            for name in schemes
        },
        employers={each.number: each.name for each in facts.employers.values()},
        last_day=None if None in ends else max((day for day in ends if day is not None), default=None),
        first_month=min(starts, default=None),
    )


def shown_months(rules: Pack, today: date) -> tuple[Month, ...]:
    """The months of a scheme that are shown, oldest first."""
    last = month_of(today, rules.calendar)
    return months_between(last.plus(1 - SHOWN, rules.calendar), last, rules.calendar)


def _facts(session: Session, person_id: int, today: date) -> _Facts:
    person = session.get_one(Person, person_id)
    earliest = min(shown_months(rules, today)[0] for rules in packs().values())
    lines = select(DeclarationLine.employer_id).where(DeclarationLine.person_id == person_id)
    employments = session.scalars(
        select(Employment).where(Employment.person_id == person_id).order_by(Employment.from_day)
    ).all()
    ids = [each.employer_id for each in employments]
    employers = session.scalars(select(Employer).where(or_(Employer.id.in_(ids), Employer.id.in_(lines)))).all()
    ids = [each.id for each in employers]
    paid = select(PaidMonth.employer_id, PaidMonth.scheme, PaidMonth.month).where(PaidMonth.person_id == person_id)
    return _Facts(
        person=person,
        employers={each.id: each for each in employers},
        employments=employments,
        enrolments=session.scalars(select(Enrolment).where(Enrolment.employer_id.in_(ids))).all(),
        declared=_declared(session, person_id, ids, earliest),
        settled=_settled(session, ids, earliest),
        paid=frozenset((row[0], row[1], row[2]) for row in session.execute(paid)),
        cover=session.scalars(select(CoverageMonth).where(CoverageMonth.person_id == person_id)).all(),
        people=headcounts_of(session, ids, _counted(today)),
    )


def _counted(today: date) -> list[Month]:
    """The months for which a due day depends on how many people an employer had."""
    return [month for rules in packs().values() if asks_headcount(rules) for month in shown_months(rules, today)]


def _declared(
    session: Session, person_id: int, employers: Iterable[int], earliest: Month
) -> dict[tuple[int, str, Month], tuple[Declaration, DeclarationLine | None]]:
    """The declarations that count, each with the person's line or without one."""
    own = (DeclarationLine.declaration_id == Declaration.id) & (DeclarationLine.person_id == person_id)
    statement = (
        select(Declaration, DeclarationLine)
        .outerjoin(DeclarationLine, own)
        .where(Declaration.employer_id.in_(employers), Declaration.month >= earliest, counts())
        # Of a month with supplementary returns the one with the person's line comes last, and stays.
        .order_by(DeclarationLine.person_id.is_not(None), Declaration.id.desc())
    )
    return {(row[0].employer_id, row[0].scheme, row[0].month): (row[0], row[1]) for row in session.execute(statement)}


def _settled(session: Session, employers: Iterable[int], earliest: Month) -> frozenset[tuple[int, str, Month]]:
    """The months whose contribution is paid in full, read from the book."""
    statement = select(Charge).where(Charge.employer_id.in_(employers), Charge.month >= earliest)
    charges = session.scalars(statement).all()
    open_now = book.balances(session, [charge.id for charge in charges])
    return frozenset(
        (charge.employer_id, charge.scheme, charge.month) for charge in charges if open_now[charge.id].contribution <= 0
    )


def _entries(facts: _Facts, rules: Pack, month: Month) -> list[Entry]:
    """One entry for each employer who had to declare the person in the month, or did."""
    return [
        _entry(facts, rules, month, employer)
        for employer in facts.employers.values()
        if _had_to_declare(facts, rules, month, employer.id)
        or facts.declared.get((employer.id, rules.id, month), (None, None))[1] is not None
    ]


def _had_to_declare(facts: _Facts, rules: Pack, month: Month, employer: int) -> bool:
    first, last = month.first_day(rules.calendar), month.last_day(rules.calendar)

    def holds(row: Any) -> bool:
        return bool(
            row.employer_id == employer and row.from_day <= last and (row.to_day is None or row.to_day >= first)
        )

    enrolled = any(holds(each) for each in facts.enrolments if each.scheme == rules.id)
    return enrolled and any(holds(each) for each in facts.employments)


def _entry(facts: _Facts, rules: Pack, month: Month, employer: Employer) -> Entry:
    key = (employer.id, rules.id, month)
    declaration, line = facts.declared.get(key, (None, None))
    paid = line is not None and declaration is not None and (key in facts.settled or not declaration.total)
    opened = [row for row in facts.cover if row.state == "open" and row.scheme == rules.id and row.paid_month == month]
    return Entry(
        month=month,
        scheme=rules.id,
        employer_number=employer.number,
        employer_name=employer.name,
        due_day=declaration.due_day if declaration is not None else _due_day(facts, rules, month, employer),
        line=_line(line, declaration) if line is not None and declaration is not None else None,
        left_out=declaration is not None and line is None,
        paid=paid,
        posted=paid and (not rules.opens_coverage or key in facts.paid),
        known=_known(opened, paid) if rules.opens_coverage else None,
        opens=max((row.month for row in opened), default=None),
    )


def _due_day(facts: _Facts, rules: Pack, month: Month, employer: Employer) -> date | None:
    """The day by which an employer has to pay what it has not declared; None where it is not known."""
    own = [one for one in facts.enrolments if (one.employer_id, one.scheme) == (employer.id, rules.id)]
    first, last = month.first_day(rules.calendar), month.last_day(rules.calendar)
    holds = [one for one in own if one.from_day <= last and (one.to_day is None or one.to_day >= first)]
    try:
        people = facts.people.get((employer.id, month))
        return given_on(rules, month, max(holds, key=lambda one: one.from_day, default=None), people).due_day(month)
    except (NotKnown, Unusable):
        return None


def _line(line: DeclarationLine, declaration: Declaration) -> Line:
    return Line(
        line.components, line.earnings, line.insurable, line.employer_share, line.employee_share,
        declaration.submitted_at, line.days, line.given, given_from_json(pack(declaration.scheme), declaration.given),
        line.reason, line.reason_from, line.reason_to,
    )  # fmt: skip


def _known(opened: Sequence[CoverageMonth], paid: bool) -> bool | str:
    """Whether the core knows the cover a month opened; where it was paid and opened none there is nothing to know."""
    states = {row.core_state for row in opened}
    for worse in ("refused", "waiting"):
        if worse in states:
            return worse
    return bool(states) or ("nothing" if paid else False)


def month_in(text: str, record: Record) -> Month | None:
    """The month named by an address, if it is one of those shown."""
    return next((month for month in record.months if str(month) == text), None)
