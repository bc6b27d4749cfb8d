"""
Counting days, months and quarters after a due day: for one day or for a column of days, by one implementation.

Days are ordinals (``date.toordinal()``).  Months are those of the scheme's own calendar, found by
their place in the row of all months, so no calendar needs arithmetic of its own here.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import lcm

from portal.scheme.calendars import CALENDARS, Month, OutsideCalendar, days_in
from portal.scheme.columns import Numbers, choose, column, is_one, most
from portal.words import _

#: The years of a calendar that are looked for on either side of today's: debts are not older, plans not longer.
_YEARS = 120
_MIDDLE = date(2010, 6, 1)

#: What is counted in months, and how many months one unit has.
MONTHS_OF = {"month": 1, "month_or_part": 1, "quarter": 3, "quarter_or_part": 3}
#: What is counted in days.
BY_DAYS = ("day", "year_by_days", "month_by_days")


@dataclass(frozen=True, slots=True, eq=False)
class Months:
    """The months of a calendar in a row: *firsts* are their first days, the last one closes the row."""

    firsts: tuple[int, ...]
    lengths: frozenset[int]

    def place(self, day: Numbers) -> Numbers:
        """The place in the row of the month in which *day* lies."""
        if is_one(day):
            self._inside(day)
            return bisect_right(self.firsts, day) - 1
        if len(day):
            self._inside(int(day.min()))
            self._inside(int(day.max()))
        return _column(self).searchsorted(day, side="right") - 1

    def first(self, place: Numbers) -> Numbers:
        """The first day of the month at this place."""
        return self.firsts[place] if is_one(place) else _column(self)[place]

    def length(self, place: Numbers) -> Numbers:
        """How many days the month at this place has."""
        return self.first(place + 1) - self.first(place)

    def same_day(self, day: Numbers, months: Numbers) -> Numbers:
        """The same day of the month so many *months* later, or that month's last day where it has no such day."""
        place = self.place(day)
        day_of_month = day - self.first(place)
        last = self.length(place + months) - 1
        return self.first(place + months) + choose(day_of_month < last, day_of_month, last)

    def _inside(self, day: int) -> None:
        if not self.firsts[0] <= day < self.firsts[-1]:
            first, last = (date.fromordinal(each) for each in (self.firsts[0], self.firsts[-1] - 1))
            raise OutsideCalendar(
                _("Months are known from %(first)s to %(last)s only; a later or earlier day cannot be counted to.",
                  first=first, last=last)
            )  # fmt: skip


@cache
def _column(months: Months) -> Numbers:
    """The first days as a column, made when the first column is counted."""
    return column(months.firsts)


@cache
def months_of(name: str) -> Months:
    """The row of months of the calendar of this name, as far as it knows them."""
    calendar = CALENDARS[name]
    middle = calendar.month_of(_MIDDLE).year
    firsts: list[int] = []
    after, lengths = 0, set()
    for year in range(middle - _YEARS, middle + _YEARS):
        for number in range(1, calendar.months_in_year + 1):
            try:
                first, length = (month := Month(year, number)).first_day(calendar), days_in(month, calendar)
            except OutsideCalendar:
                continue
            firsts.append(first.toordinal())
            after = firsts[-1] + length
            lengths.add(length)
    return Months((*firsts, after), frozenset(lengths))


@dataclass(frozen=True, slots=True)
class Counting:
    """
    How a rule counts: by months from the due day to the same day, or *by_calendar* months.

    *grid* is everywhere the last day that is not late, from which months are counted.
    """

    months: Months
    by_calendar: bool = False

    @property
    def days_of_months(self) -> int:
        """A number that every length of a month divides, so that thirtieths and thirty-firsts can be added."""
        return lcm(*self.months.lengths)

    def end_of(self, grid: Numbers, number: Numbers) -> Numbers:
        """The last day of month *number* after *grid*; *grid* itself for 0."""
        if not self.by_calendar:
            return self.months.same_day(grid, number)
        place = self.months.place(grid + 1)
        return choose(number == 0, grid, self.months.first(place + number) - 1)

    def begun(self, grid: Numbers, day: Numbers) -> Numbers:
        """How many months have begun by *day*; the first begins the day after *grid*."""
        if self.by_calendar:
            apart = self.months.place(day) - self.months.place(grid + 1) + 1
            return choose(day > grid, apart, 0)
        apart = most(self.months.place(day) - self.months.place(grid), 0)
        return choose(day > grid, apart + (self.months.same_day(grid, apart) < day), 0)

    def full(self, grid: Numbers, day: Numbers) -> Numbers:
        """How many months are complete at the end of *day*; of calendar months only whole ones."""
        if self.by_calendar:
            place = self.months.place(grid + 1)
            broken = self.months.first(place) < grid + 1
            return most(self.months.place(day + 1) - place - broken, 0)
        apart = most(self.months.place(day) - self.months.place(grid), 0)
        return most(apart - (self.months.same_day(grid, apart) > day), 0)

    def units(self, each: str, after: int, grid: Numbers, day: Numbers) -> Numbers:
        """How many units (of those named in ``EACH``) count at the end of *day*, the first *after* months left out."""
        if each in BY_DAYS:
            return most(day - (self.end_of(grid, after) if after else grid), 0)
        if each == "once":
            return (self.begun(grid, day) > after) * 1 if after else (day > grid) * 1
        count = self.begun(grid, day) if each.endswith("_or_part") else self.full(grid, day)
        return units_of(each, after, count)

    def begins(self, each: str, after: int, grid: int, number: int) -> int:
        """The first day of unit *number* (from 1) of a single charge."""
        if each in BY_DAYS:
            return int(self.end_of(grid, after)) + number
        if each == "once":
            return int(self.end_of(grid, after)) + 1
        return int(self.end_of(grid, after + MONTHS_OF[each] * (number - 1) + self._broken(each, grid))) + 1

    def ends(self, each: str, after: int, grid: int, number: int) -> int:
        """The last day of unit *number* of a single charge."""
        if each in BY_DAYS:
            return int(self.end_of(grid, after)) + number
        return int(self.end_of(grid, after + MONTHS_OF[each] * number + self._broken(each, grid)))

    def reached(self, each: str, after: int, grid: int, number: int) -> int:
        """The day on which unit *number* counts: the first day of one that counts begun, the last of a whole one."""
        whole = each in ("month", "quarter")
        return self.ends(each, after, grid, number) if whole else self.begins(each, after, grid, number)

    def _broken(self, each: str, grid: int) -> int:
        """1 where whole calendar months are counted and the first one had begun already."""
        if not self.by_calendar or each.endswith("_or_part"):
            return 0
        return int(self.months.first(self.months.place(grid + 1)) < grid + 1)


def units_of(each: str, after: int, months: Numbers) -> Numbers:
    """
    The units in so many *months* (begun or full, as the unit asks), the first *after* left out.

    >>> units_of("quarter_or_part", 3, 8), units_of("quarter", 3, 8)
    (2, 1)
    """
    left = most(months - after, 0)
    if each == "once":
        return (months >= most(after, 1)) * 1
    if MONTHS_OF[each] == 1:
        return left
    return (left + 2) // 3 if each == "quarter_or_part" else left // 3
