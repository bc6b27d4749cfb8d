"""
The core read back, all who are covered on a day at once, beside what the portal says: missing there, extra, different,
doubled.

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

#: How a cover can differ: not in the core, only in the core, there for other days, or there twice.
MISSING, EXTRA, DIFFERENT, DOUBLED = "missing", "extra", "different", "doubled"


@dataclass(frozen=True, slots=True)
class Difference:
    """
    One person's month of which the core says something else than the portal.

    *waits*: the portal knows, and what it must tell the core is still on its way or was refused.  *policy* is the
    core's name of what it has instead, or beside it; empty where it has nothing.
    """

    kind: str
    insurance_number: str
    scheme: str
    month: Month
    theirs: tuple[date | None, date] | None
    waits: bool
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Ours:
    """
    What the portal says of one person in a month: covered or not any more, and whether the core knows.

    *policy* is the core's name of the cover that was read back; empty before.
    """

    open: bool
    known: bool
    policy: str = ""


def compare(session: Session, core: Core, scheme: str, month: Month) -> list[Difference]:
    """
    Everything that differs in one month of a scheme, by insurance number; empty when the two agree.

    The core is asked in pages of 100 for those covered on the first day.  Raises `CoreUnavailable`.
    """
    rules = pack(scheme)
    first, last = month.first_day(rules.calendar), month.last_day(rules.calendar)
    ours = _ours(session, scheme, month)
    theirs: dict[str, list[CoverSeen]] = {}
    for product in _products(scheme):
        theirs |= _by_person(core.covered_on(product, first))
    nobody_here = Ours(open=False, known=True)
    known = dict.fromkeys(_persons(session, sorted(set(theirs) - set(ours))), nobody_here)
    return list(differences({**known, **ours}, theirs, scheme, month, first, last))


def differences(
    ours: Mapping[str, Ours],
    theirs: Mapping[str, Sequence[CoverSeen]],
    scheme: str,
    month: Month,
    first: date,
    last: date,
) -> Iterator[Difference]:
    """Person by person, what the one says and the other does not; days are inclusive."""
    for number in sorted(ours):
        mine, seen = ours[number], _ours_first(theirs.get(number, ()), ours[number])
        kind = _kind(mine, seen, first, last)
        if kind:
            one = seen[-1] if seen else None  # of a doubled cover the other one is named
            days = (one.first_day, one.last_day) if one else None
            yield Difference(kind, number, scheme, month, days, not mine.known, one.policy if one else "")


def _ours_first(seen: Sequence[CoverSeen], mine: Ours) -> list[CoverSeen]:
    """The core's covers of a person: the one it was told of, else the longest, then the others."""
    return sorted(seen, key=lambda cover: (cover.policy == mine.policy, cover.last_day), reverse=True)


def _kind(mine: Ours, seen: Sequence[CoverSeen], first: date, last: date) -> str:
    if not mine.open:
        return EXTRA if seen else ""
    if not seen:
        return MISSING
    if len(seen) > 1:
        return DOUBLED
    cover = seen[0]
    whole = cover.first_day is not None and cover.first_day <= first and cover.last_day >= last
    return "" if whole else DIFFERENT


def _by_person(seen: Iterable[tuple[str, CoverSeen]]) -> dict[str, list[CoverSeen]]:
    found: dict[str, list[CoverSeen]] = {}
    for number, cover in seen:
        found.setdefault(number, []).append(cover)
    return found


def _ours(session: Session, scheme: str, month: Month) -> Mapping[str, Ours]:
    """By insurance number; somebody covered through one employer is covered, whatever closed through another."""
    wanted = (CoverageMonth.scheme == scheme, CoverageMonth.month == month)
    statement = (
        select(Person.insurance_number, CoverageMonth.state, CoverageMonth.core_state, CoverageMonth.core_policy)
        .join(Person, Person.id == CoverageMonth.person_id)
        .where(*wanted)
        .order_by(CoverageMonth.state.desc(), CoverageMonth.id)  # the open ones last: they decide
    )
    found: dict[str, Ours] = {}
    for number, state, core_state, policy in session.execute(statement):
        before = found.get(number)
        if before is None or state == "open" or not before.open:
            found[number] = Ours(state == "open", core_state == "known", policy)
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
