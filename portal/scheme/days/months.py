"""
Months and days as a scheme's own calendar counts them.

A :class:`Month` is a year and a number in that calendar, an :class:`OwnDate` a day of it.  Which
Gregorian days they are, only a :class:`Calendar` knows; the Gregorian one is used where none is given.
"""

from __future__ import annotations

import calendar as gregorian
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Protocol

from portal.words import Words, _

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


class OutsideCalendar(ValueError):
    """A day, month or year that this calendar does not have or is not known for; *words* name what is known."""

    def __init__(self, words: Words) -> None:
        super().__init__(str(words))
        self.words = words


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
            raise OutsideCalendar(
                _("There is no month %(month)s of the year %(year)s.", month=self.number, year=str(self.year))
            )

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @classmethod
    def parse(cls, text: str, calendar: Calendar | None = None) -> Month:
        """Read ``2026-10``; ``2017-13`` only in a calendar that has 13 months."""
        found = _MONTH.fullmatch(text.strip())
        if not found or int(found[2]) > (calendar or GREGORIAN).months_in_year:
            raise ValueError(f"not a month: {text!r}")
        return cls(int(found[1]), int(found[2]))

    @property
    def as_int(self) -> int:
        """The month as the database keeps it: 202610.  Sorts as months do."""
        return self.year * 100 + self.number

    @classmethod
    @lru_cache(maxsize=4096)  # every row of every list of months asks
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


@dataclass(frozen=True, slots=True, order=True)
class OwnDate:
    """
    A day as its own calendar writes it: 15 Poush 2081 is ``OwnDate(2081, 9, 15)``.

    Whether there is such a day, the calendar says when it is asked for the Gregorian one.
    """

    year: int
    month: int
    day: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"

    @classmethod
    def parse(cls, text: str) -> OwnDate:
        """Read ``2081-09-15``."""
        found = _DAY.fullmatch(text.strip())
        if not found:
            raise ValueError(f"not a day: {text!r}")
        return cls(int(found[1]), int(found[2]), int(found[3]))


class Calendar(Protocol):
    """
    What a calendar has to know so that months can be counted and dated.

    *language* is that of :meth:`own_name`; *printed_until* the last year whose months are decided and
    not only worked out ahead (None: all of them).
    """

    @property
    def months_in_year(self) -> int:
        """How many months a year has (the Ethiopian one has 13)."""

    @property
    def language(self) -> str:
        """The language of its own names: "en", "ne", "am"."""

    @property
    def printed_until(self) -> int | None:
        """The last year whose months are decided; None where arithmetic decides all of them."""

    def first_day(self, month: Month) -> date:
        """The first day of *month*, as a Gregorian date."""

    def last_day(self, month: Month) -> date:
        """The last day of *month*, as a Gregorian date."""

    def month_of(self, day: date) -> Month:
        """The month of this calendar in which the Gregorian *day* lies."""

    def in_words(self, month: Month) -> Words:
        """The month's name and year, translatable."""

    def day_in_words(self, day: OwnDate) -> Words:
        """A day with its month's name and year, translatable."""

    def own_name(self, month: Month) -> str:
        """The month's name and year in the calendar's own language and script."""


class GregorianCalendar:
    """The calendar of most schemes."""

    months_in_year = 12
    language = "en"
    printed_until = None

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
        return named(_NAMES, month)

    def day_in_words(self, day: OwnDate) -> Words:
        """The day as people say it: 30 November 2026."""
        return dated(self, day)

    def own_name(self, month: Month) -> str:
        """The month in English."""
        return str(self.in_words(month))


_NAMES = (
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


def named(names: tuple[Words, ...], month: Month) -> Words:
    """The name of *month* out of the twelve or thirteen *names*, with its year."""
    return Words(names[month.number - 1].msgid, {"year": str(month.year)})


def dated(calendar: Calendar, day: OwnDate) -> Words:
    """A day and its month: 15 Poush 2081."""
    return _("%(day)s %(month)s", day=str(day.day), month=calendar.in_words(Month(day.year, day.month)))
