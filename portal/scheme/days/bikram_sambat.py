"""
Bikram Sambat, the civil calendar of Nepal.

Its months have 29 to 32 days and follow no arithmetic: a board prints each year's.  They are taken
from the library nepali-datetime, whose table is corrected as the years are printed.
"""

from __future__ import annotations

from datetime import date
from functools import cache

from nepali_datetime import MAXYEAR, MINYEAR
from nepali_datetime import date as NepaliDate

from portal.scheme.days.months import Month, OutsideCalendar, OwnDate, dated, named
from portal.words import Words, _

_NAMES = (
    _("Baishakh %(year)s"),
    _("Jestha %(year)s"),
    _("Ashadh %(year)s"),
    _("Shrawan %(year)s"),
    _("Bhadra %(year)s"),
    _("Ashwin %(year)s"),
    _("Kartik %(year)s"),
    _("Mangsir %(year)s"),
    _("Poush %(year)s"),
    _("Magh %(year)s"),
    _("Falgun %(year)s"),
    _("Chaitra %(year)s"),
)
_NEPALI = (
    "वैशाख", "जेठ", "असार", "साउन", "भदौ", "असोज", "कात्तिक", "मंसिर", "पुस", "माघ", "फागुन", "चैत",
)  # fmt: skip
_DIGITS = str.maketrans("0123456789", "०१२३४५६७८९")

_FIRST, _AFTER = (MINYEAR, 1), (MAXYEAR + 1, 1)


class BikramSambat:
    """The calendar of Nepal, as far as its months are known."""

    months_in_year = 12
    language = "ne"
    printed_until = 2083

    def first_day(self, month: Month) -> date:
        """The first day of *month*, as a Gregorian date."""
        return _first_day(month)

    def last_day(self, month: Month) -> date:
        """The last day of *month*: the 29th to the 32nd."""
        return _last_day(month)

    def month_of(self, day: date) -> Month:
        """The month in which the Gregorian *day* lies."""
        if not _known_from() <= day <= _known_to():
            words = _(
                "The Nepali calendar is known from %(first)s to %(last)s only; %(day)s lies outside.",
                first=_known_from(), last=_known_to(), day=day,
            )  # fmt: skip
            raise OutsideCalendar(words)
        found = NepaliDate.from_datetime_date(day)
        return Month(found.year, found.month)

    def in_words(self, month: Month) -> Words:
        """The month in the letters of English: Poush 2081."""
        return named(_NAMES, month)

    def day_in_words(self, day: OwnDate) -> Words:
        """The day in the letters of English: 15 Poush 2081."""
        return dated(self, day)

    def own_name(self, month: Month) -> str:
        """The month in Nepali: पुस २०८१."""
        return f"{_NEPALI[month.number - 1]} {str(month.year).translate(_DIGITS)}"


@cache
def _first_day(month: Month) -> date:
    if not MINYEAR <= month.year <= MAXYEAR or month.number > 12:
        words = _(
            "The Nepali calendar is known for the years %(first)s to %(last)s only; %(month)s lies outside.",
            first=str(MINYEAR), last=str(MAXYEAR), month=str(month),
        )  # fmt: skip
        raise OutsideCalendar(words)
    day: date = NepaliDate(month.year, month.number, 1).to_datetime_date()
    return day


@cache
def _last_day(month: Month) -> date:
    if (month.year, month.number) == (MAXYEAR, 12):
        return _known_to()
    return date.fromordinal(_first_day(month.next()).toordinal() - 1)


def _known_from() -> date:
    return _first_day(Month(MINYEAR, 1))


def _known_to() -> date:
    last: date = NepaliDate.max.to_datetime_date()
    return last


BIKRAM_SAMBAT = BikramSambat()
