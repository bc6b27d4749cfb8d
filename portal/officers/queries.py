"""
The fund's lists, read-only: the employers, and who owes what for how long.

Amounts are minor units of the scheme's currency and stand apart by scheme, so that two currencies
are never added up.  The number of statements does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.contributions.models import Declaration
from portal.contributions.standing import counts
from portal.db import day_range
from portal.employers.due import month_fallen_due
from portal.employers.models import Employer, Enrolment
from portal.installation import packs
from portal.ledger.models import Charge
from portal.ledger.statement import overdue_on
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month
from portal.scheme.institution import Bucket


@dataclass(frozen=True, slots=True)
class Owed:
    """What one employer has overdue in one scheme: contributions and late charges apart, since the oldest due day."""

    contribution: int = 0
    late: int = 0
    months: int = 0
    since: date | None = None

    @property
    def total(self) -> int:
        """Both together."""
        return self.contribution + self.late


@dataclass(frozen=True, slots=True)
class EmployerRow:
    """One line of the list of employers."""

    number: str
    name: str
    legal_name: str
    state: str
    schemes: tuple[str, ...]
    owed: Mapping[str, Owed]

    @property
    def since(self) -> date | None:
        """The oldest due day of what is overdue in any scheme."""
        return min((one.since for one in self.owed.values() if one.since), default=None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list of employers is narrowed to; empty means all.  *standing* is arrears, clear or silent."""

    text: str = ""
    state: str = ""
    scheme: str = ""
    standing: str = ""
    sort: str = "name"


@dataclass(frozen=True, slots=True)
class ArrearsRow:
    """One employer in arrears in one scheme."""

    number: str
    name: str
    scheme: str
    currency: str
    owed: Owed


@dataclass(frozen=True, slots=True)
class ArrearsWanted:
    """What the list of arrears is narrowed to: a scheme, an age; in which order; at the end of which day."""

    on: date
    scheme: str = ""
    bucket: Bucket | None = None
    sort: str = "amount"


def enrolled_in(rules: Pack, month: Month) -> tuple[ColumnElement[bool], ...]:
    """The enrolments in one scheme that hold all through *month* or begin or end in it."""
    first, last = month.first_day(rules.calendar), month.last_day(rules.calendar)
    ended = or_(Enrolment.to_day.is_(None), Enrolment.to_day >= first)
    return Enrolment.scheme == rules.id, Enrolment.from_day <= last, ended


def declares(scheme: str, month: Month, employer: Any) -> ColumnElement[bool]:
    """Whether the employer has a declaration that stands."""
    return exists().where(
        Declaration.employer_id == employer,
        Declaration.scheme == scheme,
        Declaration.month == month,
        counts(),
    )


def employers(
    session: Session, wanted: Wanted, today: date, *, limit: int | None = None, offset: int = 0
) -> tuple[list[EmployerRow], int]:
    """The employers *wanted*, and how many there are in all.  Three queries, however many."""
    overdue = overdue_on(today)
    since = select(func.min(overdue.c.due_day)).where(overdue.c.employer_id == Employer.id).scalar_subquery()
    order = {"number": Employer.number, "oldest": since}.get(wanted.sort, func.lower(Employer.legal_name))
    statement = select(Employer).where(*_conditions(wanted, today))
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    found = session.scalars(statement.order_by(order.asc().nulls_last(), Employer.id).limit(limit).offset(offset)).all()
    ids = [employer.id for employer in found]
    schemes, owed = _schemes(session, ids, today), _owed(session, ids, today)
    rows = [
        EmployerRow(
            one.number, one.name, one.legal_name, one.state, schemes.get(one.id, ()),
            {scheme: owed.get((one.id, scheme), Owed()) for scheme in shown_schemes(wanted.scheme)},
        )
        for one in found
    ]  # fmt: skip
    return rows, total


def shown_schemes(scheme: str = "") -> list[str]:
    """The schemes that have columns: the one asked for, or all."""
    return [scheme] if scheme in packs() else list(packs())


def _conditions(wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    """The filters of the list of employers."""
    found: list[ColumnElement[bool]] = []
    if wanted.text:
        like = "%" + wanted.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        names = (Employer.number, Employer.legal_name, Employer.trade_name, Employer.tax_number)
        found.append(or_(*(name.ilike(like) for name in names)))
    if wanted.state:
        found.append(Employer.state == wanted.state)
    if wanted.scheme:
        holds = day_range(today, Enrolment.from_day, Enrolment.to_day)
        found.append(exists().where(Enrolment.employer_id == Employer.id, Enrolment.scheme == wanted.scheme, holds))
    return found + _standing(wanted, today)


def _standing(wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    """In arrears, free of arrears, or silent: the latest month that fell due is not declared."""
    if wanted.standing == "silent":
        return [or_(*(_silent(packs()[scheme], today) for scheme in shown_schemes(wanted.scheme)))]
    if wanted.standing not in ("arrears", "clear"):
        return []
    of_scheme = (Charge.scheme == wanted.scheme,) if wanted.scheme else ()
    owing = Employer.id.in_(select(overdue_on(today, *of_scheme).c.employer_id))
    return [owing if wanted.standing == "arrears" else ~owing]


def _silent(rules: Pack, today: date) -> ColumnElement[bool]:
    month = month_fallen_due(rules, today)
    enrolled = exists().where(Enrolment.employer_id == Employer.id, *enrolled_in(rules, month))
    return enrolled & ~declares(rules.id, month, Employer.id)


def _schemes(session: Session, ids: Sequence[int], today: date) -> dict[int, tuple[str, ...]]:
    """The schemes each employer is enrolled in today, in the fund's order."""
    holds = day_range(today, Enrolment.from_day, Enrolment.to_day)
    rows = session.execute(select(Enrolment.employer_id, Enrolment.scheme).where(Enrolment.employer_id.in_(ids), holds))
    found: dict[int, set[str]] = {}
    for employer, scheme in rows:
        found.setdefault(employer, set()).add(scheme)
    return {employer: tuple(one for one in packs() if one in enrolled) for employer, enrolled in found.items()}


def _owed(session: Session, ids: Sequence[int], on: date) -> dict[tuple[int, str], Owed]:
    """What each employer has overdue, by scheme."""
    rows = session.execute(_by_employer(overdue_on(on, Charge.employer_id.in_(ids))))
    return {(row.employer_id, row.scheme): _owed_of(row) for row in rows}


def _by_employer(overdue: Any) -> Select[Any]:
    """One row for each employer and scheme with something overdue."""
    return select(
        overdue.c.employer_id,
        overdue.c.scheme,
        func.sum(overdue.c.contribution).label("contribution"),
        func.sum(overdue.c.late).label("late"),
        func.count().label("months"),
        func.min(overdue.c.due_day).label("since"),
    ).group_by(overdue.c.employer_id, overdue.c.scheme)


def _owed_of(row: Any) -> Owed:
    return Owed(int(row.contribution), int(row.late), row.months, row.since)


def in_arrears(
    session: Session, wanted: ArrearsWanted, *, limit: int | None = None, offset: int = 0
) -> tuple[list[ArrearsRow], int]:
    """Every employer and scheme with something overdue, and how many such rows there are.  One query."""
    of_scheme = (Charge.scheme == wanted.scheme,) if wanted.scheme else ()
    overdue = overdue_on(wanted.on, *of_scheme)
    statement = _by_employer(overdue)
    if wanted.bucket is not None:
        statement = statement.where(overdue.c.days >= wanted.bucket.first)
        if wanted.bucket.last is not None:
            statement = statement.where(overdue.c.days <= wanted.bucket.last)
    grouped = statement.subquery()
    # The book is added up once: the number of rows comes with the rows.
    listed = select(Employer, grouped, func.count().over().label("total"))
    listed = listed.join(grouped, grouped.c.employer_id == Employer.id).order_by(*_arrears_order(wanted.sort, grouped))
    rows = session.execute(listed.limit(limit).offset(offset)).all()
    return [
        ArrearsRow(row.Employer.number, row.Employer.name, row.scheme, packs()[row.scheme].currency.code, _owed_of(row))
        for row in rows
    ], rows[0].total if rows else 0


def _arrears_order(sort: str, grouped: Any) -> tuple[Any, ...]:
    """Largest first within a scheme, oldest first, or by name."""
    match sort:
        case "oldest":
            return grouped.c.since, Employer.id, grouped.c.scheme
        case "name":
            return func.lower(Employer.legal_name), Employer.id, grouped.c.scheme
    return grouped.c.scheme, (grouped.c.contribution + grouped.c.late).desc(), Employer.id
