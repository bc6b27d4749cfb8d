"""
Whom the figures are about: a scheme's employers, all of them or those of some places, and how they are grouped.

Every query of this room begins with `LOOKED_AT`, so that a list of places narrows all figures alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeAlias

from portal.contributions.standing import GONE
from portal.installation import fund
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month
from portal.scheme.institution import Location

#: A month and the code of a group in it; None is all groups together, "" whoever is in none of them.
Key: TypeAlias = tuple[Month, str | None]

#: The employers looked at with the group each belongs to, and the months with their first and last days.
LOOKED_AT = """
    WITH looked_at AS (
        SELECT employer.id AS employer_id, coalesce(grouped.code, '') AS place
        FROM employer
        LEFT JOIN unnest(CAST(:inside AS varchar[]), CAST(:codes AS varchar[])) AS grouped(inside, code)
            ON grouped.inside = CASE :by WHEN 'sector' THEN employer.activity ELSE employer.location END
        WHERE CAST(:places AS varchar[]) IS NULL OR employer.location = ANY(CAST(:places AS varchar[]))
    ), wanted AS (
        SELECT * FROM unnest(CAST(:months AS integer[]), CAST(:firsts AS date[]), CAST(:lasts AS date[]))
            AS one(month, first_day, last_day)
    )
"""


class By(StrEnum):
    """How the employers of a scope are grouped."""

    FUND = "fund"
    REGION = "region"
    SECTOR = "sector"


@dataclass(frozen=True, slots=True)
class Group:
    """A region, a district or a sector; *inside* are the codes that employers carry who belong to it."""

    code: str
    name: str
    inside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """
    The employers of one scheme that figures are about.

    *places*: codes of locations; whoever lies in one of them, or in a part of it, is looked at; None: all.
    """

    rules: Pack
    places: tuple[str, ...] | None = None
    by: By = By.FUND
    groups: tuple[Group, ...] = ()

    def parameters(self, months: Iterable[Month], **more: Any) -> dict[str, Any]:
        """What the queries of this room are asked with."""
        calendar, wanted = self.rules.calendar, list(months)
        pairs = [(code, group.code) for group in self.groups for code in group.inside]
        return {
            "scheme": self.rules.id, "zone": self.rules.timezone, "by": self.by.value,
            "inside": [inside for inside, _code in pairs], "codes": [code for _inside, code in pairs],
            "places": None if self.places is None else list(self.places),
            "months": [month.as_int for month in wanted],
            "firsts": [month.first_day(calendar) for month in wanted],
            "lasts": [month.last_day(calendar) for month in wanted],
            "gone": list(GONE),
            **more,
        }  # fmt: skip

    def grouped(self, by: By, within: str = "") -> Scope:
        """The same employers grouped: by the widest places (or the parts of the place *within*), or by sector."""
        groups = sectors() if by is By.SECTOR else regions(within)
        return replace(self, by=by, groups=tuple(groups))

    def inside(self, code: str) -> Scope:
        """Only those of them who lie in one place."""
        here = inside_of([code])
        return replace(self, places=here if self.places is None else tuple(one for one in here if one in self.places))


def fund_scope(rules: Pack, places: Iterable[str] | None = None) -> Scope:
    """All employers of a scheme, or those of some places with everything that lies in them."""
    return Scope(rules, None if places is None else inside_of(places))


def inside_of(codes: Iterable[str]) -> tuple[str, ...]:
    """The codes of these places and of every place in them; an unknown code is kept as it is."""
    found: dict[str, None] = {}
    for code in codes:
        place = fund().location(code)
        found |= dict.fromkeys(_codes(place) if place else (code,))
    return tuple(found)


def regions(within: str = "") -> list[Group]:
    """The widest places of the fund; of a place *within*, its parts, and itself for who names no part of it."""
    if not within:
        return [Group(place.code, place.name, _codes(place)) for place in fund().locations]
    place = fund().location(within)
    if place is None:
        return []
    parts = [Group(part.code, part.name, _codes(part)) for part in place.places]
    return [*parts, Group(place.code, place.name, (place.code,))]


def sectors() -> list[Group]:
    """The sections of economic activity that the fund knows."""
    return [Group(one.code, one.name, (one.code,)) for one in fund().activities]


def _codes(place: Location) -> tuple[str, ...]:
    return (place.code, *(code for part in place.places for code in _codes(part)))


def key_of(row: Any) -> Key:
    """The key of a row that carries month, place and whole (one for all places together)."""
    return Month.from_int(row.month), None if row.whole else row.place


def year_of_months(month: Month, rules: Pack) -> list[Month]:
    """*month* and those before it, back to the same month of the year before, oldest first."""
    a_year = rules.calendar.months_in_year
    return [month.plus(back, rules.calendar) for back in range(-a_year, 1)]
