"""
The Ethiopian calendar: twelve months of 30 days and Pagume of 5, or 6 before a new year that follows a leap day.

Pure arithmetic: every fourth year has 366 days, without the exceptions of the Gregorian calendar, and
1 Meskerem of the year 1 was 27 August 8, or 29 August in the Julian one.
"""

from __future__ import annotations

from datetime import date

from portal.scheme.days.months import Month, OutsideCalendar, OwnDate, dated, named
from portal.words import Words, _

_NAMES = (
    _("Meskerem %(year)s"),
    _("Tikimt %(year)s"),
    _("Hidar %(year)s"),
    _("Tahsas %(year)s"),
    _("Tir %(year)s"),
    _("Yekatit %(year)s"),
    _("Megabit %(year)s"),
    _("Miyazya %(year)s"),
    _("Ginbot %(year)s"),
    _("Sene %(year)s"),
    _("Hamle %(year)s"),
    _("Nehase %(year)s"),
    _("Pagume %(year)s"),
)
_AMHARIC = (
    "መስከረም", "ጥቅምት", "ኅዳር", "ታኅሣሥ", "ጥር", "የካቲት", "መጋቢት", "ሚያዝያ", "ግንቦት", "ሰኔ", "ሐምሌ", "ነሐሴ", "ጳጉሜን",
)  # fmt: skip

#: The day before 1 Meskerem of the year 1, counted as Python counts days.
_BEFORE = date(8, 8, 27).toordinal() - 1

#: Four years, of which the third has a Pagume of 6 days.
_FOUR_YEARS = 4 * 365 + 1

_FIRST_YEAR, _LAST_YEAR = 1, 9990


def leap(year: int) -> bool:
    """Whether Pagume of *year* has 6 days."""
    return year % 4 == 3


class EthiopianCalendar:
    """The calendar of Ethiopia."""

    months_in_year = 13
    language = "am"
    printed_until = None

    def first_day(self, month: Month) -> date:
        """The first day of *month*, as a Gregorian date."""
        if not _FIRST_YEAR <= month.year <= _LAST_YEAR:
            raise _outside(str(month))
        year = month.year
        return date.fromordinal(_BEFORE + 1 + 365 * (year - 1) + year // 4 + 30 * (month.number - 1))

    def last_day(self, month: Month) -> date:
        """The last day of *month*: the 30th, in Pagume the 5th or 6th."""
        length = 30 if month.number < 13 else 6 if leap(month.year) else 5
        return date.fromordinal(self.first_day(month).toordinal() + length - 1)

    def month_of(self, day: date) -> Month:
        """The month in which the Gregorian *day* lies."""
        passed = day.toordinal() - _BEFORE - 1
        if passed < 0 or day.year > _LAST_YEAR:
            raise _outside(day.isoformat())
        # Shifted by a year, so that the long year is the last of its four.
        fours, rest = divmod(passed + 365, _FOUR_YEARS)
        year = 4 * fours + min(rest // 365, 3)
        return Month(year, (day - self.first_day(Month(year, 1))).days // 30 + 1)

    def in_words(self, month: Month) -> Words:
        """The month in the letters of English: Tir 2018."""
        return named(_NAMES, month)

    def day_in_words(self, day: OwnDate) -> Words:
        """The day in the letters of English: 15 Tir 2018."""
        return dated(self, day)

    def own_name(self, month: Month) -> str:
        """The month in Amharic: ጥር 2018, the figures as they are printed today."""
        return f"{_AMHARIC[month.number - 1]} {month.year}"


def _outside(what: str) -> OutsideCalendar:
    words = _(
        "The Ethiopian calendar is counted for the years %(first)s to %(last)s only; %(what)s lies outside.",
        first=str(_FIRST_YEAR), last=str(_LAST_YEAR), what=what,
    )  # fmt: skip
    return OutsideCalendar(words)


ETHIOPIAN = EthiopianCalendar()
