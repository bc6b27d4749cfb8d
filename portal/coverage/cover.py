"""Whether somebody is covered on a day, read from the months of cover that are open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.coverage.models import CoverageMonth
from portal.installation import pack
from portal.scheme.calendars import Calendar, Month, month_of


class Paid(NamedTuple):
    """A person's month that is paid in full, through one employer."""

    employer_id: int
    person_id: int
    month: Month
    contribution: int


class Row(NamedTuple):
    """What of a person-month of cover decides here."""

    id: int
    employer_id: int
    person_id: int
    month: Month
    state: str


@dataclass(frozen=True, slots=True)
class CoverNow:
    """
    Whether somebody is covered on a day; both days are inclusive.

    Covered: since when and until when the open months reach without a gap.  Not covered: *until*
    is the last day there was cover, None when there never was.
    """

    covered: bool
    until: date | None
    since: date | None


def coverage_of(session: Session, person_id: int, scheme: str, day: date) -> CoverNow:
    """Whether a person is covered on *day*, since when and until when without a gap."""
    wanted = (CoverageMonth.person_id == person_id, CoverageMonth.scheme == scheme, CoverageMonth.state == "open")
    return cover_now(set(session.scalars(select(CoverageMonth.month).where(*wanted))), day, pack(scheme).calendar)


def cover_now(months: Collection[Month], day: date, calendar: Calendar) -> CoverNow:
    """The same from the months of cover that are open."""
    this = month_of(day, calendar)
    if this not in months:
        last = max((month for month in months if month < this), default=None)
        return CoverNow(False, last.last_day(calendar) if last else None, None)
    first = last_month = this
    while first.previous(calendar) in months:
        first = first.previous(calendar)
    while last_month.next(calendar) in months:
        last_month = last_month.next(calendar)
    return CoverNow(True, last_month.last_day(calendar), first.first_day(calendar))
