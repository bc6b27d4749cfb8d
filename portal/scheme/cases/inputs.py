"""Reading what was put in; whatever cannot be read is said with its name, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from portal.scheme.calendars import Calendar, Month, OwnDate
from portal.words import Words, _

#: A whole number; 26.0 is one too.
_WHOLE = re.compile(r"[0-9]{1,10}([.]0+)?", re.ASCII)

Inputs = Mapping[str, Any]
Answer = dict[str, Any]


class BadInput(ValueError):
    """Something in the inputs is missing or of a wrong kind; *words* name it and say what to write."""

    def __init__(self, words: Words) -> None:
        super().__init__(str(words))
        self.words = words


def wrong(key: str, found: object, remedy: Words) -> BadInput:
    """What to raise for a value that cannot be used."""
    shown = repr(found)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return BadInput(_("%(key)s: found %(found)s. %(remedy)s", key=key, found=shown, remedy=remedy))


def needed(inputs: Inputs, key: str) -> Any:
    """What stands under *key*, which may not be left out."""
    found = inputs.get(key)
    if found is None:
        raise BadInput(_("%(key)s is missing from the inputs.", key=key))
    return found


def word(inputs: Inputs, key: str, among: Sequence[str], default: str | None = None) -> str | None:
    """One of a closed list of words; *default* where it is left out."""
    found = inputs.get(key)
    if found is None:
        return default
    if not isinstance(found, str) or found not in among:
        raise wrong(key, found, _("Write one of: %(words)s.", words=", ".join(among)))
    return found


def day(inputs: Inputs, key: str) -> date:
    """A day, as 2026-10-31."""
    return day_from(needed(inputs, key), key)


def day_from(found: object, key: str) -> date:
    """A day that stands in a list or on its own."""
    if isinstance(found, date) and not isinstance(found, datetime):
        return found
    try:
        if isinstance(found, str) and len(found) == 10:
            return date.fromisoformat(found)
    except ValueError:
        pass
    raise wrong(key, found, _("Write a day, such as 2026-10-31."))


def days(inputs: Inputs, key: str) -> list[date] | None:
    """A list of days; None where it is left out."""
    found = inputs.get(key)
    if found is None:
        return None
    return [day_from(one, key) for one in _list(found, key)]


def texts(inputs: Inputs, key: str) -> list[str] | None:
    """A list of texts; None where it is left out."""
    found = inputs.get(key)
    if found is None:
        return None
    listed = _list(found, key)
    for one in listed:
        if not isinstance(one, str):
            raise wrong(key, one, _("Write a text."))
    return listed


def _list(found: object, key: str) -> list[Any]:
    if not isinstance(found, list | tuple):
        raise wrong(key, found, _("Write a list."))
    return list(found)


def month(found: object, key: str, calendar: Calendar) -> Month:
    """A month of the calendar, as 2026-10."""
    try:
        if isinstance(found, str):
            return Month.parse(found, calendar)
    except ValueError:
        pass
    raise wrong(key, found, _("Write a month, such as 2026-10."))


def own_day(found: object, key: str) -> OwnDate:
    """A day of some calendar, as 2081-09-15."""
    try:
        if isinstance(found, str):
            return OwnDate.parse(found)
    except ValueError:
        pass
    raise wrong(key, found, _("Write a day of the calendar, such as 2081-09-15."))


def table(inputs: Inputs, key: str) -> Inputs:
    """A table of names and values; an empty one where it is left out."""
    found = inputs.get(key)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise wrong(key, found, _("Write names and values."))
    return found


def count(found: object, key: str, most: int = 10**9) -> int:
    """A whole number, zero or more."""
    if isinstance(found, str) and len(found) <= 20 and _WHOLE.fullmatch(found):
        found = int(found.partition(".")[0])
    if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= most:
        return found
    raise wrong(key, found, _("Write a whole number from 0 to %(most)s.", most=str(most)))
