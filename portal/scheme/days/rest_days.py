"""
Days of rest: the weekend, the public holidays of a country, and what is gazetted in the pack.

The holidays come from the library of that name.  It is loaded only when a rule asks for a working
day, because loading it takes longer than all other rules together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.words import Words, _

_ONE_DAY = timedelta(days=1)

#: No country rests longer than this; a longer search means that nobody ever works.
_LONGEST_REST = 60

_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Rest:
    """
    When nobody works: *weekend* (0 is Monday), the public holidays of *country*, and *days* beside them.

    >>> Rest((5, 6)).working(date(2025, 6, 14)), str(Rest((5, 6)).next_working(date(2025, 6, 14)))
    (False, '2025-06-16')
    """

    weekend: tuple[int, ...] = ()
    country: str | None = None
    days: frozenset[date] = field(default_factory=frozenset)

    def why(self, day: date) -> Words | None:
        """Why nobody works on *day*; None where they do."""
        if day.weekday() in self.weekend:
            return _("%(day)s is a day of the weekend", day=day)
        if day in self.days:
            return _("%(day)s is a public holiday", day=day)
        name = holidays_of(self.country, day.year).get(day) if self.country else None
        return _("%(day)s is a public holiday (%(name)s)", day=day, name=name) if name else None

    def working(self, day: date) -> bool:
        """Whether people work on *day*."""
        return self.why(day) is None

    def next_working(self, day: date) -> date:
        """*day* itself, or the first working day after it."""
        return self._search(day, _ONE_DAY)

    def previous_working(self, day: date) -> date:
        """*day* itself, or the last working day before it."""
        return self._search(day, -_ONE_DAY)

    def nth_working_after(self, day: date, number: int) -> date:
        """The *number*th working day after *day*, which is not counted itself."""
        for _each in range(number):
            day = self._search(day + _ONE_DAY, _ONE_DAY)
        return day

    def _search(self, day: date, step: timedelta) -> date:
        for _each in range(_LONGEST_REST):
            if self.working(day):
                return day
            day += step
        raise NotKnown(_("There is no working day within %(days)s days of %(day)s.", days=_LONGEST_REST, day=day))


@lru_cache(maxsize=512)
def holidays_of(country: str, year: int) -> Mapping[date, str]:
    """
    The public holidays of *country* (two letters) in *year* with their names.

    :class:`NotKnown` for a country or a year of which the library knows none.
    """
    import holidays

    try:
        found = holidays.country_holidays(country, years=year, expand=False, language="en_US")
    except NotImplementedError:
        raise NotKnown(_("The public holidays of %(country)s are not known.", country=country)) from None
    if not found:
        raise NotKnown(
            _("The public holidays of %(country)s in %(year)s are not known.", country=country, year=str(year))
        )
    return dict(found.items())


def rest_of(pack: Pack, holidays: Iterable[date] | None = None, weekend: Sequence[int] | None = None) -> Rest:
    """
    The pack's days of rest.

    *holidays*, where given, are all public holidays there are (none of the library, none of the pack);
    *weekend* replaces the pack's.
    """
    rest = pack.rest
    days = tuple(rest.weekend if weekend is None else weekend)
    if holidays is None:
        return Rest(days, rest.country, frozenset(rest.gazetted))
    return Rest(days, None, frozenset(holidays))


def weekend_of(names: Iterable[str]) -> tuple[int, ...]:
    """
    Days of the week by their English names, as packs and tests write them.

    >>> weekend_of(["Sat", "Sunday"])
    (5, 6)
    """
    found = []
    for name in names:
        short = name.strip()[:3].lower()
        if short not in _NAMES:
            raise ValueError(f"not a day of the week: {name!r}")
        found.append(_NAMES.index(short))
    return tuple(found)


def working_day(
    pack: Pack, day: date, *, holidays: Iterable[date] | None = None, weekend: Sequence[int] | None = None
) -> bool:
    """Whether people work on *day* where the pack holds."""
    return rest_of(pack, holidays, weekend).working(day)


def next_working_day(
    pack: Pack, day: date, *, holidays: Iterable[date] | None = None, weekend: Sequence[int] | None = None
) -> date:
    """*day* itself where people work on it, otherwise the first working day after it."""
    return rest_of(pack, holidays, weekend).next_working(day)


def nth_working_day_after(
    pack: Pack, day: date, number: int, *,
    holidays: Iterable[date] | None = None, weekend: Sequence[int] | None = None,
) -> date:  # fmt: skip
    """The *number*th working day after *day*, which is not counted itself."""
    return rest_of(pack, holidays, weekend).nth_working_after(day, number)
