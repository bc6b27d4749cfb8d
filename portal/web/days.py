"""
Days, moments and months as people write them: in the fund's calendar first, the Gregorian one in brackets.

Whether a language needs the brackets its translators say: in Nepali a day is one of Bikram Sambat.
"""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import format_date, format_time, get_translations, gettext, to_user_timezone

from portal import installation
from portal.scheme.calendars import GREGORIAN, Calendar, Month, OutsideCalendar, own_date
from portal.scheme.calendars import month_in_words as in_words
from portal.web.numbers import locale, own_digits


def day(when: date | str | None) -> str:
    """
    A day, or its ISO 8601 text, as in "15 November 2026"; None is "not known yet".

    In a fund that counts in another calendar: "25 Kartik 2083 (11 November 2026)".  Of a moment: the day it is
    in the fund's zone.
    """
    found = date.fromisoformat(when) if isinstance(when, str) else when
    if found is None:
        return gettext("not known yet")
    if isinstance(found, datetime):
        found = to_user_timezone(found).date()
    own = _own(found)
    return gregorian(found) if own is None else gettext("%(day)s (%(gregorian)s)", day=own, gregorian=gregorian(found))


def moment(when: datetime | str | None) -> str:
    """A moment, or its ISO 8601 text, in the fund's zone: "15 November 2026, 14:05"."""
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    if when is None:
        return gettext("not known yet")
    return gettext("%(day)s, %(time)s", day=day(when), time=own_digits(format_time(when, "HH:mm")))


def month_name(month: Month | str | None, calendar: Calendar | None = None) -> str:
    """A month of *calendar* (the fund's when none is given), or its text "2026-10", as in "October 2026"."""
    calendar = calendar or installation.calendar()
    if isinstance(month, str):
        month = Month.parse(month, calendar)
    return gettext("not known yet") if month is None else _named(month, calendar)


def _named(month: Month, calendar: Calendar) -> str:
    words = in_words(month, calendar)
    return str(get_translations().ugettext(words.msgid)) % {"year": own_digits(str(month.year))}


def _own(when: date) -> str | None:
    """The day in the fund's calendar; None where that is the Gregorian one, or does not reach so far."""
    calendar = installation.calendar()
    if calendar is GREGORIAN:
        return None
    try:
        own = own_date(when, calendar)
    except OutsideCalendar:
        return None
    named = _named(Month(own.year, own.month), calendar)
    return str(get_translations().ugettext("%(day)s %(month)s")) % {"day": own_digits(str(own.day)), "month": named}


def gregorian(when: date) -> str:
    """A day of the Gregorian calendar, whatever the fund's is."""
    written = own_digits(str(format_date(when, "d MMMM y")))
    # In French the first day of a month is an ordinal, and only that one: 1er mars, 2 mars.
    return f"1er{written[1:]}" if written.startswith("1 ") and locale().language == "fr" else written
