"""
The values in force for one month, looked up once and kept, with every rate as plain whole numbers.

A value that the pack does not know stays here as a gap; only a rule that needs it raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Generic, TypeVar

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.shares import Band, Base, Branch, MinimumContribution, ShareTerms
from portal.scheme.blocks.values import NotKnown, Series
from portal.scheme.calendars import Month
from portal.scheme.money import Minor
from portal.words import Words

T = TypeVar("T")

#: The two sides of a share, and both together.
SIDES = ("employer", "employee", "total")


@dataclass(frozen=True, slots=True)
class InForce(Generic[T]):
    """One rule's value on the deciding day, or the *gap*: why there is none."""

    found: T | None
    gap: Words | None
    source: str | None
    provisional: bool
    at_most: Minor | None

    @property
    def value(self) -> T:
        """The value; :class:`NotKnown` in a gap."""
        if self.found is None:
            assert self.gap is not None
            raise NotKnown(self.gap)
        return self.found


@dataclass(frozen=True, slots=True)
class Rates:
    """
    The rates that a share chooses among, as *numerators* over one *denominator*.

    *by*: None for a single rate; "age", where *reached* are the days before which one has to be born
    to have reached the age of each; otherwise an input, and *keys* its answers.
    """

    numerators: tuple[int, ...]
    denominator: int
    by: str | None = None
    keys: tuple[str, ...] = ()
    reached: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bands:
    """Bands of pay, and what holds in each: *rates* as numerators over one denominator, or *times* the share's rate."""

    bands: tuple[Band, ...]
    edges: tuple[tuple[int, bool], ...]
    rates: tuple[int, ...]
    denominator: int
    amounts: tuple[int, ...]
    times: tuple[int, ...]
    times_of: int
    less: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SideTerms:
    """How one share is made, ready to calculate; *nothing*: a rate of zero, whatever the pay."""

    in_force: InForce[ShareTerms]
    rates: Rates | None
    bands: Bands | None
    nothing: bool


@dataclass(frozen=True, slots=True)
class BranchTerms:
    """All that one branch asks in one month."""

    branch: Branch
    base: InForce[Base]
    floor: InForce[Minor] | None
    ceiling: InForce[Minor] | None
    year_ceiling: InForce[Minor] | None
    above: InForce[Minor] | None
    year_limit: InForce[Minor] | None
    wage_limit: InForce[Minor] | None
    employer: SideTerms | None
    employee: SideTerms | None
    total: SideTerms | None
    minimum: InForce[MinimumContribution] | None
    establishment_minimum: InForce[Minor] | None
    provisional: bool


@dataclass(frozen=True, slots=True)
class MonthTerms:
    """All that a pack asks in one month; *branches* in an order in which each leans only on those before it."""

    branches: tuple[BranchTerms, ...]
    split: SideTerms | None


@lru_cache(maxsize=2048)
def terms_of(pack: Pack, month: Month, known_on: date | None) -> MonthTerms:
    """The values for *month*, as they were known on *known_on*."""
    look = _Looking(pack, month, known_on)
    branches = _in_order([look.branch(branch) for branch in pack.branches])
    return MonthTerms(branches, look.side(pack.split.employee) if pack.split else None)


def _in_order(branches: list[BranchTerms]) -> tuple[BranchTerms, ...]:
    """Each branch after those whose shares it takes over."""
    ordered: list[BranchTerms] = []
    waiting = list(branches)
    while waiting:
        there = {terms.branch.code for terms in ordered}
        ready = next((terms for terms in waiting if _leans_on(terms) <= there | {terms.branch.code}), waiting[0])
        waiting.remove(ready)
        ordered.append(ready)
    return tuple(ordered)


def _leans_on(terms: BranchTerms) -> set[str]:
    """The branches whose shares this one is made from."""
    found: set[str] = set()
    for side in (terms.employer, terms.employee, terms.total):
        if side is not None and side.in_force.found is not None:
            share = side.in_force.found
            found |= {other.branch for other in (share.same_as, share.less) if other is not None}
    return found


class _Looking:
    """Looks up the values of one pack and month."""

    def __init__(self, pack: Pack, month: Month, known_on: date | None) -> None:
        self.pack, self.month, self.known_on = pack, month, known_on
        self.day = pack.deciding_day(month)

    def branch(self, branch: Branch) -> BranchTerms:
        """Everything a branch asks."""
        limits = {
            "floor": self.maybe(branch.floor),
            "ceiling": self.maybe(branch.ceiling),
            "year_ceiling": self.maybe(branch.year_ceiling),
            "above": self.maybe(branch.above),
            "year_limit": self.maybe(branch.additional.year_limit if branch.additional else None),
            "wage_limit": self.maybe(branch.wage_limit.limit if branch.wage_limit else None),
            "establishment_minimum": self.maybe(branch.establishment_minimum),
        }
        base, minimum = self.value(branch.base), self.maybe(branch.minimum)
        sides = {name: self.side(series) for name in SIDES if (series := getattr(branch, name)) is not None}
        used = [base, minimum, *limits.values(), *(side.in_force for side in sides.values())]
        return BranchTerms(
            branch=branch, base=base, minimum=minimum,
            employer=sides.get("employer"), employee=sides.get("employee"), total=sides.get("total"),
            provisional=any(one is not None and one.provisional for one in used),
            **limits,
        )  # fmt: skip

    def maybe(self, series: Series[T] | None) -> InForce[T] | None:
        """The value of a rule that not every branch has."""
        return None if series is None else self.value(series)

    def value(self, series: Series[T]) -> InForce[T]:
        """The value, or why there is none."""
        try:
            entry = series.dated(self.day, self.known_on)
        except NotKnown as outside:
            return InForce(None, outside.words, None, False, None)
        if entry.value is None:
            return InForce(None, series.not_known(entry, self.day).words, None, False, entry.at_most)
        return InForce(entry.value, None, entry.source, entry.provisional, None)

    def side(self, series: Series[ShareTerms]) -> SideTerms:
        """A share, ready to calculate."""
        found = self.value(series)
        share = found.found
        if share is None:
            return SideTerms(found, None, None, False)
        nothing = share.rate == 0 and not share.bands and share.least is None
        return SideTerms(found, self.rates(share), _bands(share.bands) if share.bands else None, nothing)

    def rates(self, share: ShareTerms) -> Rates | None:
        """The share's rate, or its table of rates."""
        if share.rate is not None:
            return Rates((share.rate.numerator,), share.rate.denominator)
        if share.of_total is not None:
            return Rates((share.of_total.numerator,), share.of_total.denominator)
        if share.by is None:
            return None
        keys = tuple(sorted(share.table, key=int)) if share.by == "age" else tuple(share.table)
        numerators, denominator = over_one(share.table[key] for key in keys)
        reached = tuple(self.reached(int(key)) for key in keys) if share.by == "age" else ()
        return Rates(numerators, denominator, share.by, keys, reached)

    def reached(self, age: int) -> int:
        """The first day of birth on which one is too young for *age* to count in this month; later ones are too."""
        if age == 0:
            return date.max.toordinal()
        calendar, counts = self.pack.calendar, self.pack.age_counts
        if counts == "month_after_birthday":
            day = self.month.first_day(calendar)
        elif counts == "month_of_birthday":
            day = self.month.last_day(calendar) + timedelta(days=1)
        else:
            last = Month(self.month.year, calendar.months_in_year)
            day = last.last_day(calendar) + timedelta(days=1)
        return _years_before(day, age).toordinal()


def _years_before(day: date, years: int) -> date:
    """The same day so many years earlier; the first of March where there is no 29 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)


def over_one(rates: Iterable[Fraction]) -> tuple[tuple[int, ...], int]:
    """Rates as numerators over one denominator."""
    listed = tuple(rates)
    denominator = lcm(*(rate.denominator for rate in listed))
    return tuple(rate.numerator * (denominator // rate.denominator) for rate in listed), denominator


def _bands(bands: tuple[Band, ...]) -> Bands:
    rates, denominator = over_one(band.rate or Fraction(0) for band in bands)
    times, times_of = over_one(band.times for band in bands)
    return Bands(
        bands, tuple((band.edge, band.inclusive) for band in bands),
        rates, denominator, tuple(band.amount or 0 for band in bands),
        times, times_of, tuple(band.less for band in bands),
    )  # fmt: skip
