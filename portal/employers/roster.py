"""
The roster: who worked for whom, from day to day, and for what wage.

Persons are known once and may work for several employers; an employment belongs to one.  Days
are inclusive at both ends.  Wages hold from a month on until the next; amounts are minor units
of the fund's currency, by pay component.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Event
from portal.employers.given import about_person, added
from portal.employers.models import Employer, Employment, Wage
from portal.errors import NotFound, Refused
from portal.installation import calendar, fund, month_on
from portal.installation import components as pay_components
from portal.people.models import Person
from portal.people.service import PersonFacts, find_or_add
from portal.scheme.calendars import Month
from portal.words import Amount, Words, _

#: How far ahead a first or last day may lie: notice is given in advance, a wrong year is a slip.
AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class RosterPerson:
    """A person at one employer in one month, with the wage in force in it (*components*; empty when none is known)."""

    person_id: int
    insurance_number: str
    national_id: str
    surname: str
    first_name: str
    other_names: str
    employment_id: int
    staff_number: str
    category: str
    from_day: date
    to_day: date | None
    birth_date: date
    answers: list[Any]
    components: dict[str, int]


#: What stands in a `RosterPerson` but the wage, in its order; whole rows would cost twice as much.
_ROSTER_COLUMNS = (
    Person.id, Person.insurance_number, Person.national_id, Person.surname, Person.first_name, Person.other_names,
    Employment.id, Employment.staff_number, Employment.category, Employment.from_day, Employment.to_day,
    Person.birth_date, Employment.answers,
)  # fmt: skip


def lock_roster(session: Session, employer_id: int) -> None:
    """Let one transaction at a time change this employer's roster; readers and the book are not held up."""
    session.execute(select(Employer.id).where(Employer.id == employer_id).with_for_update(key_share=True))


def roster_in(session: Session, employer_id: int, month: Month, *, person: int | None = None) -> list[RosterPerson]:
    """
    Everybody who worked for the employer on any day of *month*, by surname, in one statement.

    Each person once: who left and came back within the month stands with the later employment.
    *person*: only this one.
    """
    wage = (
        select(Wage.components)
        .where(Wage.employment_id == Employment.id, Wage.from_month <= month)
        .order_by(Wage.from_month.desc())
        .limit(1)
        .lateral()
    )
    query = (
        select(*_ROSTER_COLUMNS, wage.c.components)
        .join(Employment, Employment.person_id == Person.id)
        .outerjoin(wage, true())
        .where(
            Employment.employer_id == employer_id,
            Employment.from_day <= month.last_day(calendar()),
            or_(Employment.to_day.is_(None), Employment.to_day >= month.first_day(calendar())),
            Employment.person_id == person if person is not None else true(),
        )
        .order_by(Employment.from_day)
    )
    found: dict[int, RosterPerson] = {}
    for *columns, paid in session.execute(query):
        values: tuple[Any, ...] = (*columns, paid or {})
        found[values[0]] = RosterPerson(*values)
    return sorted(found.values(), key=lambda one: (one.surname.casefold(), one.first_name.casefold(), one.person_id))


def hire(
    session: Session,
    employer_id: int,
    who: PersonFacts | Person,
    *,
    from_day: date,
    category: str,
    components: Mapping[str, int],
    at: datetime,
    by: int | None = None,
    staff_number: str = "",
    wage_from: Month | None = None,
    said: Mapping[str, str] | None = None,
) -> Employment:
    """
    Take somebody on from *from_day*; their wage holds from its month, or from *wage_from*.

    *said* answers what the schemes ask about a person, as typed, by key.

    Again with the same first day: the same employment, nothing added.  Refused when the person
    already works here on that day or later, or when the facts do not agree with who is known.
    """
    lock_roster(session, employer_id)
    check_hire(who, from_day, category, day_of(at))
    check_wage(components)
    kept = added([], about_person(said or {}), from_day, at=at, by=by)
    person = who if isinstance(who, Person) else find_or_add(session, who, at=at, by=by, employer=employer_id)
    for held in employments_of(session, employer_id, person.id):
        if held.from_day == from_day:
            return held
        if held.to_day is None or held.to_day >= from_day:
            raise Refused(_overlap(held), field="from_day")
    row = Employment(
        employer_id=employer_id, person_id=person.id, staff_number=staff_number.strip(), category=category,
        from_day=from_day, to_day=None, created_at=at, answers=kept,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _store_wage(session, row, wage_from or month_on(from_day), components, at)
    subject = f"employment:{row.public_id}"
    audit.record(session, Event.HIRED, at=at, by=by, employer=employer_id, subject=subject, employment=row.public_id)
    return row


def leave(
    session: Session,
    employer_id: int,
    employment: UUID,
    *,
    last_day: date,
    reason: str,
    at: datetime,
    by: int | None = None,
) -> Employment:
    """
    End an employment with *last_day*, the last one worked.  A second time corrects the day or the reason.

    *reason* is a code of the fund's list.  Again the same: nothing is changed.
    """
    lock_roster(session, employer_id)
    row = employment_of(session, employer_id, employment)
    if (row.to_day, row.leave_reason) == (last_day, reason):
        return row
    check_leave(row.from_day, last_day, reason, day_of(at))
    for other in employments_of(session, employer_id, row.person_id):
        if other.from_day > row.from_day and other.from_day <= last_day:
            raise Refused(_overlap(other), field="last_day")
    row.to_day, row.leave_reason = last_day, reason
    audit.record(
        session, Event.LEFT, at=at, by=by, employer=employer_id,
        subject=f"employment:{row.public_id}", employment=row.public_id, reason=reason,
    )  # fmt: skip
    return row


def change_wage(
    session: Session,
    employer_id: int,
    employment: UUID,
    *,
    from_month: Month,
    components: Mapping[str, int],
    at: datetime,
    by: int | None = None,
) -> bool:
    """
    Pay this from *from_month* until the next change.  The month's own earlier entry is replaced.

    Gives whether anything changed: the wage already in force in that month is not written again.
    """
    lock_roster(session, employer_id)
    row = employment_of(session, employer_id, employment)
    check_wage(components)
    if from_month < month_on(row.from_day) or (row.to_day and from_month > month_on(row.to_day)):
        raise Refused(_("The wage must start in a month of the employment."), field="from_month")
    if same_wage(wage_in(session, row.id, from_month), components):
        return False
    _store_wage(session, row, from_month, components, at)
    audit.record(
        session, Event.WAGE_CHANGED, at=at, by=by, employer=employer_id,
        subject=f"employment:{row.public_id}", employment=row.public_id, from_month=from_month,
    )  # fmt: skip
    return True


def employment_of(session: Session, employer_id: int, employment: UUID) -> Employment:
    """The employer's employment of this name; NotFound when there is none or it is another's."""
    row = session.scalar(
        select(Employment).where(Employment.employer_id == employer_id, Employment.public_id == employment)
    )
    if row is None:
        raise NotFound(employment)
    return row


def employments_of(session: Session, employer_id: int, person_id: int) -> list[Employment]:
    """All employments of the person at this employer, the first one first."""
    query = select(Employment).where(Employment.employer_id == employer_id, Employment.person_id == person_id)
    return list(session.scalars(query.order_by(Employment.from_day)))


def wage_in(session: Session, employment_id: int, month: Month) -> dict[str, int] | None:
    """The components in force in *month*; None before the first wage."""
    query = select(Wage.components).where(Wage.employment_id == employment_id, Wage.from_month <= month)
    return session.scalar(query.order_by(Wage.from_month.desc()).limit(1))


def same_wage(before: Mapping[str, int] | None, after: Mapping[str, int]) -> bool:
    """Whether two wages pay the same; a component that is not there counts as zero."""
    return before is not None and {k: v for k, v in before.items() if v} == {k: v for k, v in after.items() if v}


def day_of(at: datetime) -> date:
    """The day it is at this moment where the fund is."""
    return at.astimezone(ZoneInfo(fund().timezone)).date()


def check_hire(who: PersonFacts | Person, from_day: date, category: str, today: date) -> None:
    """Refused when the days or the category cannot be right."""
    if from_day > today + AHEAD:
        raise Refused(_("The first day is more than a year ahead. Check the year."), field="from_day")
    if who.birth_date >= min(from_day, today):
        raise Refused(_("The birth date must lie before the first day of work. Check both."), field="birth_date")
    if category not in {one.code for one in fund().categories}:
        raise Refused(_("Choose one of the categories in the list."), field="category")


def check_leave(from_day: date, last_day: date, reason: str, today: date) -> None:
    """Refused when the last day or the reason cannot be right."""
    if last_day < from_day:
        words = _("The last day lies before the first one, %(first)s. Check the date.", first=from_day)
        raise Refused(words, field="last_day")
    if last_day > today + AHEAD:
        raise Refused(_("The last day is more than a year ahead. Check the year."), field="last_day")
    if reason not in {one.code for one in fund().leave_reasons}:
        raise Refused(_("Choose one of the reasons in the list."), field="reason")


def check_wage(components: Mapping[str, int]) -> None:
    """Refused when an amount is below zero; a component no scheme counts is our own mistake."""
    for code, amount in components.items():
        if code not in pay_components():
            raise ValueError(f"no scheme of the fund counts {code!r}")
        if amount < 0:
            raise Refused(_("A wage cannot be below zero."), field=code)


def doubts(before: Mapping[str, int] | None, after: Mapping[str, int]) -> dict[str, Words]:
    """What to ask about a wage, by component: far above others, or far from the one before.  It is not held back."""
    found: dict[str, Words] = {}
    limits, currency = fund().limits, fund().currency.code
    for name, amount in after.items():
        paid = (before or {}).get(name)
        if amount > limits.most_wage:
            found[name] = _("This wage is unusually high. Is it for one month?")
        elif paid and abs(amount - paid) > paid * limits.wage_jump:
            was = Amount(paid, currency)
            found[name] = _("The wage was %(before)s until now. Is the new one right?", before=was)
    return found


def _overlap(held: Employment) -> Words:
    if held.to_day is None:
        return _("This person already works for you, since %(first)s.", first=held.from_day)
    return _(
        "This person worked for you from %(first)s to %(last)s; the days overlap.",
        first=held.from_day, last=held.to_day,
    )  # fmt: skip


def _store_wage(
    session: Session, row: Employment, from_month: Month, components: Mapping[str, int], at: datetime
) -> None:
    """Write the wage of one month on; a wage that already starts in that month is corrected."""
    values = {"components": dict(components), "recorded_at": at}
    statement = insert(Wage).values(employer_id=row.employer_id, employment_id=row.id, from_month=from_month, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[Wage.employment_id, Wage.from_month], set_=values))
