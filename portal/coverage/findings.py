"""What comparing with the core found, kept by person and month until it is found no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, column, func, insert, select, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from portal.coverage.comparing import EXTRA, Difference
from portal.coverage.models import CoreDifference, CoverageMonth
from portal.db import WAKE
from portal.people.models import Person
from portal.scheme.calendars import Month

#: How a comparison stands in the list of jobs.
JOB = "core compared"
#: That somebody did not want to wait for the next day's.
ASKED = "core comparison asked"
# The jobs' room stands above this one and is not imported.
_run = table(
    "job_run", *map(column, ("id", "job", "day", "part", "started_at", "finished_at")), column("result", JSONB)
)


@dataclass(frozen=True, slots=True)
class Found:
    """What one month's comparison found: how many differ, of these how many wait to be told, and how many are gone."""

    differ: int
    wait: int
    gone: int


def keep(session: Session, scheme: str, month: Month, found: Sequence[Difference], *, at: datetime) -> Found:
    """
    Store what differs in one month now.  The same again changes nothing but when it was last seen.

    While the core was read the portal went on: what has changed here since is left to the next comparison.
    """
    people = _people(session, [one.insurance_number for one in found])
    covered = _covered(session, scheme, month, list(people.values()))
    current = {
        people[one.insurance_number]: one
        for one in found
        if one.insurance_number in people and (one.kind == EXTRA) == (people[one.insurance_number] not in covered)
    }
    wanted = (CoreDifference.scheme == scheme, CoreDifference.month == month, CoreDifference.gone_at.is_(None))
    gone = 0
    for row in session.scalars(select(CoreDifference).where(*wanted).order_by(CoreDifference.id).with_for_update()):
        one = current.pop(row.person_id, None)
        if one is None:
            row.gone_at = at
            gone += 1
        else:
            _seen_again(row, one, at)
    session.flush()
    session.add_all(_fresh(person, one, at) for person, one in current.items())
    session.flush()
    open_now = session.scalars(select(CoreDifference.waits).where(*wanted)).all()
    return Found(len(open_now), sum(open_now), gone)


def _fresh(person: int, one: Difference, at: datetime) -> CoreDifference:
    row = CoreDifference(person_id=person, scheme=one.scheme, month=one.month, found_at=at)
    _note(row, one, at)
    return row


def _seen_again(row: CoreDifference, one: Difference, at: datetime) -> None:
    """It still differs: what was done about it did not help, or something else differs now."""
    if row.repaired_at is not None and not one.waits:
        row.repair_approval, row.repaired_at = None, None
    _note(row, one, at)


def _note(row: CoreDifference, one: Difference, at: datetime) -> None:
    row.kind, row.waits, row.policy, row.seen_at = one.kind, one.waits, one.policy, at
    row.theirs_first, row.theirs_last = one.theirs or (None, None)


def _people(session: Session, numbers: Sequence[str]) -> Mapping[str, int]:
    wanted = Person.insurance_number == func.any(list(numbers))
    return dict(session.execute(select(Person.insurance_number, Person.id).where(wanted)).all())


def _covered(session: Session, scheme: str, month: Month, people: Sequence[int]) -> frozenset[int]:
    """Who of these is covered now, as the portal says."""
    wanted: tuple[ColumnElement[bool], ...] = (
        CoverageMonth.scheme == scheme, CoverageMonth.month == month, CoverageMonth.state == "open",
        CoverageMonth.person_id == func.any(list(people)),
    )  # fmt: skip
    return frozenset(session.scalars(select(CoverageMonth.person_id).where(*wanted)))


# -- asked for between two days --------------------------------------------------------


def ask(session: Session, *, day: date, at: datetime) -> None:
    """Have the core read back soon, also where *day*'s comparison is done; pressed again before it begins, once."""
    if not is_asked(session):
        told = {"job": ASKED, "day": day, "part": "", "started_at": at, "finished_at": at, "result": {}}
        session.execute(insert(_run).values(told))
    session.info[WAKE] = True


def is_asked(session: Session) -> bool:
    """Whether a comparison is asked for that no worker has begun yet."""
    latest = select(_run.c.job).where(_run.c.job.in_((JOB, ASKED))).order_by(_run.c.id.desc()).limit(1)
    return session.scalar(latest) == ASKED


# -- for the page ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """One finding with the person it is about."""

    row: CoreDifference
    insurance_number: str
    name: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The latest comparison: when it began, whether it came to its end, and what kept it from it."""

    started_at: datetime
    ended: bool
    problem: str


def last_comparison(session: Session) -> Comparison | None:
    """The latest comparison that was begun; None before the first."""
    found = session.execute(select(_run).where(_run.c.job == JOB).order_by(_run.c.id.desc()).limit(1)).first()
    if found is None:
        return None
    return Comparison(found.started_at, found.finished_at is not None, (found.result or {}).get("problem", ""))


def listed(session: Session, *, limit: int, offset: int = 0) -> tuple[list[Listed], int]:
    """What differs now, the latest month first, by insurance number; and how many there are."""
    now = CoreDifference.gone_at.is_(None)
    total = session.scalar(select(func.count()).select_from(CoreDifference).where(now)) or 0
    statement = (
        select(CoreDifference, Person)
        .join(Person, Person.id == CoreDifference.person_id)
        .where(now)
        .order_by(CoreDifference.month.desc(), CoreDifference.scheme, Person.insurance_number)
        .limit(limit)
        .offset(offset)
    )
    rows: Sequence[Any] = session.execute(statement).all()
    return [Listed(row, who.insurance_number, f"{who.first_name} {who.surname}") for row, who in rows], total


@dataclass(frozen=True, slots=True)
class Left:
    """A month of a scheme in which something differs that nobody does anything about, and how many people."""

    scheme: str
    month: Month
    people: int


def left_to_repair(session: Session) -> list[Left]:
    """Month by month, the latest first, how much is left to put right."""
    left = (CoreDifference.gone_at.is_(None), CoreDifference.waits.is_(False), CoreDifference.repaired_at.is_(None))
    of = (CoreDifference.scheme, CoreDifference.month)
    counted = select(*of, func.count()).where(*left).group_by(*of).order_by(CoreDifference.month.desc(), of[0])
    return [Left(*row) for row in session.execute(counted)]


def to_repair(session: Session, scheme: str, month: Month) -> list[CoreDifference]:
    """What differs in a month and nobody does anything about: neither the outbox, nor two people."""
    wanted = (
        CoreDifference.scheme == scheme, CoreDifference.month == month, CoreDifference.gone_at.is_(None),
        CoreDifference.waits.is_(False), CoreDifference.repaired_at.is_(None),
    )  # fmt: skip
    return list(session.scalars(select(CoreDifference).where(*wanted).order_by(CoreDifference.id)))
