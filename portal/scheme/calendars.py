"""
The calendars a pack can name, and counting with them.

Months and days themselves stand in ``months.py``; ``bikram_sambat.py`` and ``ethiopian.py`` know
theirs.  Nothing here needs to know which calendar it is asked about.
"""

from __future__ import annotations

import calendar as gregorian
from dataclasses import dataclass
from datetime import date, timedelta

from portal.scheme.days.bikram_sambat import BIKRAM_SAMBAT
from portal.scheme.days.ethiopian import ETHIOPIAN
from portal.scheme.days.months import GREGORIAN as GREGORIAN
from portal.scheme.days.months import Calendar as Calendar
from portal.scheme.days.months import Month as Month
from portal.scheme.days.months import OutsideCalendar as OutsideCalendar
from portal.scheme.days.months import OwnDate as OwnDate
from portal.words import Words, _

_ONE_DAY = timedelta(days=1)

#: The calendars a pack can name.
CALENDARS: dict[str, Calendar] = {"gregorian": GREGORIAN, "bikram_sambat": BIKRAM_SAMBAT, "ethiopian": ETHIOPIAN}


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


def own_date(day: date, calendar: Calendar | None = None) -> OwnDate:
    """
    The Gregorian *day* as the calendar writes it.

    >>> str(own_date(date(2024, 12, 30), BIKRAM_SAMBAT))
    '2081-09-15'
    """
    month = month_of(day, calendar)
    return OwnDate(month.year, month.number, (day - month.first_day(calendar)).days + 1)


def gregorian_day(own: OwnDate, calendar: Calendar | None = None) -> date:
    """
    The Gregorian date of a day of the calendar; :class:`OutsideCalendar` where it has no such day.

    >>> gregorian_day(OwnDate(2017, 13, 5), ETHIOPIAN)
    datetime.date(2025, 9, 10)
    """
    chosen = calendar or GREGORIAN
    month = Month(own.year, own.month)
    if own.month > chosen.months_in_year:
        words = _("There is no month %(month)s of the year %(year)s.", month=own.month, year=str(own.year))
        raise OutsideCalendar(words)
    length = days_in(month, chosen)
    if not 1 <= own.day <= length:
        name = month_in_words(month, chosen)
        raise OutsideCalendar(
            _("%(day)s is no day of %(month)s, which has %(days)s days.", day=own.day, month=name, days=length)
        )
    return month.first_day(chosen) + timedelta(days=own.day - 1)


def day_in_words(day: date, calendar: Calendar | None = None) -> Words:
    """The Gregorian *day* as the calendar says it: 15 Poush 2081."""
    return (calendar or GREGORIAN).day_in_words(own_date(day, calendar))


def days_in(month: Month, calendar: Calendar | None = None) -> int:
    """How many days the month has: 28 to 32, and 5 or 6 in Pagume."""
    return (month.last_day(calendar) - month.first_day(calendar)).days + 1


@dataclass(frozen=True, slots=True)
class FiscalYear:
    """A year of accounts; both days belong to it.  *name* is "2026", or "2081/82" where it goes over a new year."""

    first: date
    last: date
    name: str


def fiscal_year(day: date, begins: tuple[int, int] = (1, 1), calendar: Calendar | None = None) -> FiscalYear:
    """
    The fiscal year in which *day* lies; *begins* is its first month and day in the calendar.

    >>> fiscal_year(date(2025, 7, 30), (4, 1), BIKRAM_SAMBAT).name
    '2082/83'
    """
    own = own_date(day, calendar)
    year = own.year if (own.month, own.day) >= begins else own.year - 1
    first, after = (gregorian_day(OwnDate(each, *begins), calendar) for each in (year, year + 1))
    name = str(year) if begins == (1, 1) else f"{year}/{(year + 1) % 100:02d}"
    return FiscalYear(first, after - _ONE_DAY, name)


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
    return day + _ONE_DAY
