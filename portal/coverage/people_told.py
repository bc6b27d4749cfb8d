"""
Telling people that they gained or lost cover, and employers how many of theirs did.

A person is told when cover begins after a month without it and reaches today, when today is taken from it, and when
it ran out and the contributions that would have carried it on are overdue.  One notice stands for all people of an
employer who are told the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from portal.coverage.cover import Row
from portal.coverage.models import CoverageMonth
from portal.notices import service as notices
from portal.notices.kinds import Kind
from portal.notices.service import Telling
from portal.notices.told.people import NOT_DECLARED, NOT_SETTLED, TAKEN_BACK, UNPAID
from portal.people.reach import reachable
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month, month_of
from portal.words import Words, _n

#: Why cover was closed, as it is kept, in words for those who lose it.
WHY: Mapping[str, Words] = {"no longer declared": NOT_DECLARED, "payment taken back": TAKEN_BACK}
#: People by what is to be said to them: their employer, and the month from which it holds.
Groups = Mapping[tuple[int, Month], Collection[int]]


def gained(session: Session, rules: Pack, opened: Sequence[Row], *, at: datetime) -> None:
    """Tell the people whose cover begins with a month in *opened* and reaches today.  Two statements at most."""
    if not opened:
        return
    today = _today(rules, at)
    before = min(row.month for row in opened).previous(rules.calendar)
    open_now = _open_months(session, rules, {row.person_id for row in opened}, before)
    groups: dict[tuple[int, Month], set[int]] = defaultdict(set)
    for row in opened:
        months = open_now.get(row.person_id, set())
        begins = row.month in months and row.month.previous(rules.calendar) not in months
        if begins and _end(row.month, months, rules) >= today:
            groups[row.employer_id, row.month].add(row.person_id)
    notices.tell_many(session, _to_people(Kind.COVER_GAINED, rules, groups, str(at)), at=at)


def lost(session: Session, rules: Pack, closed: Sequence[Row], *, reason: str, at: datetime) -> None:
    """Tell the people, and their employers, whose cover of today is among what was *closed*.  Three statements."""
    this = month_of(_today(rules, at), rules.calendar)
    months: dict[int, set[Month]] = defaultdict(set)
    for row in closed:
        months[row.person_id].add(row.month)
    groups: dict[tuple[int, Month], set[int]] = defaultdict(set)
    for row in closed:
        if row.month == this:
            groups[row.employer_id, _begin(this, months[row.person_id], rules)].add(row.person_id)
    _tell_lost(session, rules, groups, WHY.get(reason, NOT_SETTLED), name=str(at), at=at)


def ran_out(session: Session, rules: Pack, last: Month, employers: Collection[int], *, at: datetime) -> None:
    """
    Tell those whose cover through these employers ended with the month *last*, because nothing carried it on.

    To be asked once the contributions of *last* are overdue.  Again: nobody is told twice.
    """
    since, onward = last.next(rules.calendar), aliased(CoverageMonth)
    goes_on = select(onward.id).where(
        onward.scheme == rules.id, onward.person_id == CoverageMonth.person_id, onward.month == since,
        onward.state == "open",
    )  # fmt: skip
    ended = select(CoverageMonth.employer_id, CoverageMonth.person_id).where(
        CoverageMonth.scheme == rules.id, CoverageMonth.month == last, CoverageMonth.state == "open",
        CoverageMonth.employer_id == func.any(sorted(employers)), ~goes_on.exists(),
    )  # fmt: skip
    groups: dict[tuple[int, Month], set[int]] = defaultdict(set)
    for employer, person in session.execute(ended):
        groups[employer, since].add(person)
    _tell_lost(session, rules, groups, UNPAID, name="ran out", at=at)


def _tell_lost(session: Session, rules: Pack, groups: Groups, why: Words, *, name: str, at: datetime) -> None:
    if not groups:
        return
    can = reachable(session, {one for people in groups.values() for one in people})
    persons = {key: can.intersection(people) for key, people in groups.items()}
    tellings = [*_to_people(Kind.COVER_LOST, rules, persons, name, why=why)]
    tellings += _to_employers(rules, groups, name, why)
    notices.tell_many(session, tellings, at=at)


def _to_people(kind: Kind, rules: Pack, groups: Groups, name: str, **values: object) -> Iterable[Telling]:
    for (employer, since), people in sorted(groups.items()):
        if people:
            yield Telling(
                kind, f"{employer}/{rules.id}/{since}/{name}",
                {"scheme": rules.short_name, "since": since.first_day(rules.calendar), **values}, employer,
                about={"people": ",".join(map(str, sorted(people)))},
            )  # fmt: skip


def _to_employers(rules: Pack, groups: Groups, name: str, why: Words) -> Iterable[Telling]:
    for (employer, since), people in sorted(groups.items()):
        values = {
            "scheme": rules.short_name, "since": since.first_day(rules.calendar), "why": why,
            "people": _n("%(n)s person", "%(n)s people", len(people)),
        }  # fmt: skip
        yield Telling(Kind.COVER_OF_PEOPLE, f"{employer}/{rules.id}/{since}/{name}", values, employer)


def _open_months(session: Session, rules: Pack, people: Collection[int], first: Month) -> dict[int, set[Month]]:
    """The open months from *first* on of those of *people* who can be written to."""
    found: dict[int, set[Month]] = defaultdict(set)
    wanted = (
        CoverageMonth.scheme == rules.id, CoverageMonth.state == "open", CoverageMonth.month >= first,
        CoverageMonth.person_id == func.any(sorted(reachable(session, people))),
    )  # fmt: skip
    for person, month in session.execute(select(CoverageMonth.person_id, CoverageMonth.month).where(*wanted)):
        found[person].add(month)
    return found


def _end(month: Month, months: Collection[Month], rules: Pack) -> date:
    """The last day of the months without a gap that begin with *month*."""
    while month.next(rules.calendar) in months:
        month = month.next(rules.calendar)
    return month.last_day(rules.calendar)


def _begin(month: Month, months: Collection[Month], rules: Pack) -> Month:
    """The first of the months without a gap that end with *month*."""
    while month.previous(rules.calendar) in months:
        month = month.previous(rules.calendar)
    return month


def _today(rules: Pack, at: datetime) -> date:
    return at.astimezone(ZoneInfo(rules.timezone)).date()
