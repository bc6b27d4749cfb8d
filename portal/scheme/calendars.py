"""
Months, the unit in which contributions are declared.

A :class:`Month` is a year and a number in its scheme's own calendar.  What a month's days are,
only a :class:`Calendar` knows; the Gregorian one is used where none is given.
"""

from __future__ import annotations

import calendar as gregorian
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from portal.words import Words, _

_TEXT = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """
    One month of one year, both counted from 1.  Earlier months are smaller.

    >>> str(Month(2026, 12).next()), Month(2026, 10).as_int
    ('2027-01', 202610)
    """

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (1 <= self.number <= 13 and 1 <= self.year <= 9999):
            raise ValueError(f"there is no month {self.number} of the year {self.year}")

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read ``2026-10``."""
        found = _TEXT.fullmatch(text.strip())
        if not found or found[2] == "13":
            raise ValueError(f"not a month: {text!r}")
        return cls(int(found[1]), int(found[2]))

    @property
    def as_int(self) -> int:
        """The month as the database keeps it: 202610.  Sorts as months do."""
        return self.year * 100 + self.number

    @classmethod
    def from_int(cls, stored: int) -> Month:
        """The month the database keeps as 202610."""
        return cls(*divmod(stored, 100))

    def plus(self, months: int, calendar: Calendar | None = None) -> Month:
        """This many months later; earlier when below zero."""
        a_year = (calendar or GREGORIAN).months_in_year
        year, number = divmod(self.year * a_year + self.number - 1 + months, a_year)
        return Month(year, number + 1)

    def next(self, calendar: Calendar | None = None) -> Month:
        """The month after this one."""
        return self.plus(1, calendar)

    def previous(self, calendar: Calendar | None = None) -> Month:
        """The month before this one."""
        return self.plus(-1, calendar)

    def first_day(self, calendar: Calendar | None = None) -> date:
        """Its first day, as a Gregorian date."""
        return (calendar or GREGORIAN).first_day(self)

    def last_day(self, calendar: Calendar | None = None) -> date:
        """Its last day, as a Gregorian date; it belongs to the month."""
        return (calendar or GREGORIAN).last_day(self)


class Calendar(Protocol):
    """What a calendar has to know so that months can be counted and dated."""

    @property
    def months_in_year(self) -> int:
        """How many months a year has (the Ethiopian one has 13)."""

    def first_day(self, month: Month) -> date:
        """The first day of *month*, as a Gregorian date."""

    def last_day(self, month: Month) -> date:
        """The last day of *month*, as a Gregorian date."""

    def month_of(self, day: date) -> Month:
        """The month of this calendar in which the Gregorian *day* lies."""

    def in_words(self, month: Month) -> Words:
        """The month's name and year."""


class GregorianCalendar:
    """The calendar of most schemes."""

    months_in_year = 12

    def first_day(self, month: Month) -> date:
        """The first day of *month*."""
        return date(month.year, month.number, 1)

    def last_day(self, month: Month) -> date:
        """The last day of *month*: the 28th to the 31st."""
        return date(month.year, month.number, gregorian.monthrange(month.year, month.number)[1])

    def month_of(self, day: date) -> Month:
        """The month in which *day* lies."""
        return Month(day.year, day.month)

    def in_words(self, month: Month) -> Words:
        """The month as people say it: November 2026."""
        return Words(_GREGORIAN_NAMES[month.number - 1].msgid, {"year": str(month.year)})


_GREGORIAN_NAMES = (
    _("January %(year)s"),
    _("February %(year)s"),
    _("March %(year)s"),
    _("April %(year)s"),
    _("May %(year)s"),
    _("June %(year)s"),
    _("July %(year)s"),
    _("August %(year)s"),
    _("September %(year)s"),
    _("October %(year)s"),
    _("November %(year)s"),
    _("December %(year)s"),
)

GREGORIAN = GregorianCalendar()

#: The calendars a pack can name.
CALENDARS: dict[str, Calendar] = {"gregorian": GREGORIAN}


def month_of(day: date, calendar: Calendar | None = None) -> Month:
    """The month in which *day* lies."""
    return (calendar or GREGORIAN).month_of(day)


def month_in_words(month: Month, calendar: Calendar | None = None) -> Words:
    """
    The month as a translatable sentence part.

    >>> str(month_in_words(Month(2026, 11)))
    'November 2026'
    """
    return (calendar or GREGORIAN).in_words(month)


def months_between(first: Month, last: Month, calendar: Calendar | None = None) -> tuple[Month, ...]:
    """Every month from *first* to *last*, both included; none when *last* is earlier."""
    a_year = (calendar or GREGORIAN).months_in_year
    count = (last.year - first.year) * a_year + last.number - first.number + 1
    return tuple(first.plus(number, calendar) for number in range(count))


def anniversary(day: date, months: int) -> date:
    """
    The same day of the month, *months* later, or that month's last day where it has no such day.

    Always counted from the original day, so that 31 January does not become the 28th for ever.

    >>> anniversary(date(2026, 1, 31), 1), anniversary(date(2026, 1, 31), 2)
    (datetime.date(2026, 2, 28), datetime.date(2026, 3, 31))
    """
    year, index = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = gregorian.monthrange(year, index + 1)[1]
    return date(year, index + 1, min(day.day, last))


def day_after(day: date) -> date:
    """The next day."""
    return day + timedelta(days=1)
