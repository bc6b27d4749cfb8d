"""Days and months of the Gregorian calendar as people write them; another calendar's day is asked back, not moved."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from portal.tabular.cells import Reader, ascii_digits, noted, tidied
from portal.tabular.table import Fault
from portal.words import _

LONGEST = 40
EARLIEST = date(1900, 1, 1)

_DAY = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})")
_SERIAL = re.compile(r"[2-6]\d{4}(?:\.\d+)?")
_MONTH = re.compile(r"(\d{4})[-/. ]?(\d{2})|(\d{4})[-/. ](\d)")
_MONTH_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{4})")
_SHORT_YEAR = re.compile(r"\d{1,2}[-/. ]\d{2}|[A-Za-z]{3,9}[-/. ']{1,2}\d{2}|\d{2}[-/. ][A-Za-z]{3,9}")
_NAMED = re.compile(r"([A-Za-z]{3,9})\.?[-/, ]{1,2}(\d{4})|(\d{4})[-/, ]{1,2}([A-Za-z]{3,9})\.?")
_OTHER_LETTERS = re.compile(r"[^\W\d_]")
_NAMES = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)

WRONG = Fault("E_DATE", _("“%(found)s” is not a date. Write it like 2026-07-31."))
AMBIGUOUS = Fault("E_DATE_AMBIGUOUS", _("“%(found)s” can be read two ways. Write it like 2026-07-31."))
SERIAL = Fault("E_DATE_SERIAL", _("“%(found)s” is a spreadsheet's day number. Format the column as a date."))
FUTURE = Fault("E_DATE_FUTURE", _("“%(found)s” is in the future. Check the year."))
CALENDAR = Fault(
    "E_CALENDAR",
    _("“%(found)s” looks like a date of another calendar (Ethiopian, Bikram Sambat, Hijri …). Use the Gregorian one."),
)
WRONG_MONTH = Fault("E_MONTH", _("“%(found)s” is not a month. Write it like 2026-07."))
AMBIGUOUS_MONTH = Fault("E_MONTH_AMBIGUOUS", _("“%(found)s” can be read two ways. Write it like 2026-07."))


def other_calendar(year: int, today: date) -> bool:
    """Does *year* count from another beginning?  Years of a working life are never taken for one."""
    ahead = year - today.year
    return 50 <= ahead <= 60 or 540 <= ahead <= 546 or 1300 <= year <= 1500


def date_reader(
    today: date, *, earliest: date = EARLIEST, latest: date | None = None, past: bool = False, day_first: bool = False
) -> Reader:
    """
    Reads a day between *earliest* and *latest* (both included; by default next year's end), or of the *past*.

    *day_first*: the file's layout writes 31/07/2026, so 03/04/1990 has one meaning.
    """
    outside = bounds(today, earliest, latest or date(today.year + 1, 12, 31), past)

    @lru_cache(maxsize=8192)
    def read(text: str) -> object:
        clean = tidied(text, LONGEST)
        if isinstance(clean, Fault) or not clean:
            return clean or None
        plain = ascii_digits(clean)
        day = WRONG if plain is None else day_of(plain, today, day_first)
        if isinstance(day, Fault):
            return day
        if fault := outside(day):
            return fault
        written = f"{day:%d/%m/%Y}" if day_first and "/" in text else day.isoformat()
        return noted(day, written, text)

    return read


def bounds(today: date, earliest: date, latest: date, past: bool) -> Callable[[date], Fault | None]:
    """What is wrong with a day by when it is."""
    words = _("“%(found)s” must be a day between %(earliest)s and %(latest)s.", earliest=earliest, latest=latest)
    far = Fault("E_DATE_RANGE", words)

    def outside(day: date) -> Fault | None:
        if earliest <= day <= latest and not (past and day > today):
            return None
        if other_calendar(day.year, today):
            return CALENDAR
        return FUTURE if past and day > today else far

    return outside


def day_of(text: str, today: date, day_first: bool) -> date | Fault:
    """The day written in ASCII digits."""
    if match := _DAY.fullmatch(text) or _COMPACT.fullmatch(text):
        return gregorian(int(match[1]), int(match[2]), int(match[3]), today)
    if _SERIAL.fullmatch(text):
        return SERIAL
    match = _DAY_LAST.fullmatch(text)
    if not match:
        return WRONG
    day, month = int(match[1]), int(match[2])
    if len(match[3]) == 2:
        return AMBIGUOUS
    if not day_first and day != month and day <= 12 and month <= 12:
        return AMBIGUOUS
    return gregorian(int(match[3]), month, day, today)


def gregorian(year: int, month: int, day: int, today: date) -> date | Fault:
    """The day, unless the calendar has no such day; one that another calendar has is named as such."""
    try:
        return date(year, month, day)
    except ValueError:
        thirteenth = month == 13 and 1 <= day <= 6 and 6 <= today.year - year <= 120
        return CALENDAR if thirteenth or other_calendar(year, today) else WRONG


def month_reader(
    today: date, judge: Callable[[tuple[int, int]], Fault | None], months: int = 12, *, is_gregorian: bool = True
) -> Reader:
    """
    Reads a month as (year, number); *judge* says whether it is one the file may be for.

    *months* a year has in the calendar of who reads; where that is the Gregorian one, a month of another is named.
    """

    @lru_cache(maxsize=1024)
    def read(text: str) -> object:
        clean = tidied(text, LONGEST)
        if isinstance(clean, Fault) or not clean:
            return clean or None
        plain = ascii_digits(clean)
        month = WRONG_MONTH if plain is None else month_of(plain, months)
        if isinstance(month, Fault):
            return month
        fault = judge(month)
        if fault and is_gregorian and _elsewhere(month, fault, today):
            return CALENDAR
        return fault or noted(month, f"{month[0]:04d}-{month[1]:02d}", text)

    return read


def _elsewhere(month: tuple[int, int], fault: Fault, today: date) -> bool:
    """Is a month that is not taken here one of another calendar?"""
    return other_calendar(month[0], today) or (fault.code == "E_MONTH_CLOSED" and ethiopian(month, today))


def ethiopian(month: tuple[int, int], today: date) -> bool:
    """Is this the present or the last year of the Ethiopian calendar, seven or eight years behind?"""
    return today.year - month[0] in (7, 8)


def month_of(text: str, months: int = 12) -> tuple[int, int] | Fault:
    """Year and number of a month written in ASCII digits or in English."""
    if match := _MONTH.fullmatch(text):
        return checked(int(match[1] or match[3]), int(match[2] or match[4]), months)
    if match := _DAY.fullmatch(text):
        return checked(int(match[1]), int(match[2]), months) if int(match[3]) == 1 else WRONG_MONTH
    if match := _MONTH_FIRST.fullmatch(text):
        return checked(int(match[2]), int(match[1]), months)
    if _SHORT_YEAR.fullmatch(text):
        return AMBIGUOUS_MONTH
    if match := _NAMED.fullmatch(text):
        return named(int(match[2] or match[3]), (match[1] or match[4]).lower())
    letters = _OTHER_LETTERS.findall(text)
    return CALENDAR if letters and not any(letter.isascii() for letter in letters) else WRONG_MONTH


def named(year: int, name: str) -> tuple[int, int] | Fault:
    """A month by its English name or the first letters of it."""
    for number, full in enumerate(_NAMES, 1):
        if full.startswith(name) or name == "sept" == full[:4]:
            return checked(year, number)
    return WRONG_MONTH


def checked(year: int, number: int, months: int = 12) -> tuple[int, int] | Fault:
    """A month of a year in living memory; the thirteenth is Ethiopian."""
    if not 1 <= number <= months or year < 1000:
        return WRONG_MONTH
    return year, number
