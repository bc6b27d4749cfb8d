"""
The core read back, all who are covered on a day at once, beside what the portal says: missing there, extra, different.

Extra is cover of the portal's own persons only: a fund may make policies of the same product for others.  The core
marks what is over as expired in its own time, so months that are over are not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.coverage.core_client import Core
from portal.coverage.core_shapes import CoverSeen
from portal.coverage.models import CoverageMonth
from portal.installation import fund, pack, packs
from portal.people.models import Person
from portal.scheme.calendars import Month, month_of

#: How a cover can differ: not in the core, only in the core, or there for other days.
MISSING, EXTRA, DIFFERENT = "missing", "extra", "different"


@dataclass(frozen=True, slots=True)
class Difference:
    """
    One person's month of which the core says something else than the portal.

    *waits*: the portal knows, and what it must tell the core is still on its way or was refused.
    """

    kind: str
    insurance_number: str
    scheme: str
    month: Month
    theirs: tuple[date | None, date] | None
    waits: bool


@dataclass(frozen=True, slots=True)
class Ours:
    """What the portal says of one person in a month: covered or not any more, and whether the core knows."""

    open: bool
    known: bool


def compare(session: Session, core: Core, scheme: str, month: Month) -> list[Difference]:
    """
    Everything that differs in one month of a scheme, by insurance number; empty when the two agree.

    The core is asked in pages of 100 for those covered on the first day.  Raises `CoreUnavailable`.
    """
    rules = pack(scheme)
    first, last = month.first_day(rules.calendar), month.last_day(rules.calendar)
    ours = _ours(session, scheme, month)
    theirs: dict[str, CoverSeen] = {}
    for product in _products(scheme):
        theirs |= dict(_best(core.covered_on(product, first)))
    nobody_here = Ours(open=False, known=True)
    known = dict.fromkeys(_persons(session, sorted(set(theirs) - set(ours))), nobody_here)
    return list(differences({**known, **ours}, theirs, scheme, month, first, last))


def differences(
    ours: Mapping[str, Ours], theirs: Mapping[str, CoverSeen], scheme: str, month: Month, first: date, last: date
) -> Iterator[Difference]:
    """Person by person, what the one says and the other does not; days are inclusive."""
    for number in sorted(ours):
        mine, seen = ours[number], theirs.get(number)
        days = (seen.first_day, seen.last_day) if seen else None
        kind = _kind(mine, seen, first, last)
        if kind:
            yield Difference(kind, number, scheme, month, days, not mine.known)


def _kind(mine: Ours, seen: CoverSeen | None, first: date, last: date) -> str:
    if not mine.open:
        return EXTRA if seen else ""
    if seen is None:
        return MISSING
    whole = seen.first_day is not None and seen.first_day <= first and seen.last_day >= last
    return "" if whole else DIFFERENT


def _best(seen: Iterable[tuple[str, CoverSeen]]) -> Mapping[str, CoverSeen]:
    """Of several covers of a person the one that reaches furthest."""
    best: dict[str, CoverSeen] = {}
    for number, cover in seen:
        if number not in best or cover.last_day > best[number].last_day:
            best[number] = cover
    return best


def _ours(session: Session, scheme: str, month: Month) -> Mapping[str, Ours]:
    """By insurance number; somebody covered through one employer is covered, whatever closed through another."""
    wanted = (CoverageMonth.scheme == scheme, CoverageMonth.month == month)
    statement = (
        select(Person.insurance_number, CoverageMonth.state, CoverageMonth.core_state)
        .join(Person, Person.id == CoverageMonth.person_id)
        .where(*wanted)
        .order_by(CoverageMonth.state.desc(), CoverageMonth.id)  # the open ones last: they decide
    )
    found: dict[str, Ours] = {}
    for number, state, core_state in session.execute(statement):
        before = found.get(number)
        if before is None or state == "open" or not before.open:
            found[number] = Ours(state == "open", core_state == "known")
    return found


def _persons(session: Session, numbers: Sequence[str]) -> Sequence[str]:
    """Which of these insurance numbers are of persons the portal has."""
    wanted = Person.insurance_number == func.any(list(numbers))
    return session.scalars(select(Person.insurance_number).where(wanted)).all()


def _products(scheme: str) -> list[str]:
    """The core's products of a scheme's branches."""
    return sorted({code for (of, _branch), code in fund().products.items() if of == scheme})


def months_since(session: Session, day: date) -> list[tuple[str, Month]]:
    """By scheme, the months not over on *day* for which the portal has anything to say, in order."""
    found: list[tuple[str, Month]] = []
    for scheme, rules in packs().items():
        since = month_of(day, rules.calendar)
        wanted = (CoverageMonth.scheme == scheme, CoverageMonth.month >= since)
        months = session.scalars(select(CoverageMonth.month).where(*wanted).distinct()).all()
        found += [(scheme, month) for month in sorted(months)]
    return found
