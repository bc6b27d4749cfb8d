"""Very many charges and their movements as columns, and what was unpaid of each, level after level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

import numpy as np

from portal.scheme.columns import ROOM
from portal.scheme.lateness.slices import ChargeHistory, Movement

#: A column of whole numbers, or of yes and no.
Column: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Charges:
    """
    Charges and their movements as columns; days are ordinals, amounts minor units.

    *due*: one a charge.  *of*: to which charge (its place in *due*) each movement belongs; *day*, *amount* and
    *late_from_posting* of the movements, in any order.  *failures_before*: earlier failures in the year, one a
    charge.  *frozen*: by place, the days that do not count.
    """

    due: Column
    of: Column
    day: Column
    amount: Column
    late_from_posting: Column
    failures_before: Column | None = None
    frozen: Mapping[int, tuple[tuple[date, date], ...]] = field(default_factory=dict)

    def histories(self, places: Column) -> Iterator[tuple[int, ChargeHistory]]:
        """Single charges out of the columns, with their places."""
        order = np.argsort(self.of, kind="stable")
        of = self.of[order]
        for place in places.tolist():
            moves = order[np.searchsorted(of, place) : np.searchsorted(of, place, side="right")]
            columns = (self.day[moves], self.amount[moves], self.late_from_posting[moves])
            movements = tuple(
                Movement(date.fromordinal(day), amount, bool(posted))
                for day, amount, posted in zip(*(column.tolist() for column in columns), strict=True)
            )
            due = date.fromordinal(int(self.due[place]))
            yield place, ChargeHistory(due, movements, self.frozen.get(place, ()))

    def whole(self) -> Column:
        """All that was charged, paid or not, one a charge."""
        counted = np.where((self.amount > 0) & ~self.late_from_posting, self.amount, 0)
        order = np.argsort(self.of, kind="stable")
        sums = np.append(0, np.cumsum(summable(counted[order])))
        places, of = np.arange(len(self.due)), self.of[order]
        return sums[np.searchsorted(of, places, side="right")] - sums[np.searchsorted(of, places)]


@dataclass(frozen=True, slots=True)
class Levels:
    """
    What was unpaid, level after level, the levels of one charge beside each other.

    *first*: where the levels of each charge begin.  *of*, *day*, *unpaid*: of each level; *after*: the day it ends.
    """

    first: Column
    of: Column
    day: Column
    unpaid: Column
    after: Column

    def last(self) -> Column:
        """Whether a level is the last of its charge."""
        return np.append(self.of[1:] != self.of[:-1], True)


def levels_of_all(charges: Charges, on: int) -> Levels:
    """The levels of every charge: one from the due day, and one from each later day with a change."""
    due = charges.due[charges.of]
    early = (charges.amount > 0) & ~charges.late_from_posting
    day = np.where(early, due, np.maximum(charges.day, due))
    seen = (day <= on) | (day == due)
    places = np.arange(len(charges.due))
    of = np.concatenate([charges.of[seen], places])
    days = np.concatenate([day[seen], charges.due])
    amounts = np.concatenate([summable(charges.amount[seen]), np.zeros(len(places), dtype=np.int64)])
    order = np.lexsort((days, of))
    of, days, running = of[order], days[order], np.cumsum(amounts[order])
    kept = np.append((of[1:] != of[:-1]) | (days[1:] != days[:-1]), True)
    of, days, running = of[kept], days[kept], running[kept]
    first = np.searchsorted(of, places)
    before = np.append(0, running)[first]
    after = np.append(days[1:], on)
    after[np.append(of[1:] != of[:-1], True)] = on
    return Levels(first, of, days, running - before[of], after)


def summable(amounts: Column) -> Column:
    """The amounts, as Python's own numbers where their sum might not fit into 64 bits."""
    if amounts.dtype == object or not len(amounts):
        return amounts
    reach = max(abs(int(amounts.min())), abs(int(amounts.max()))) * len(amounts)
    return amounts if reach < ROOM else amounts.astype(object)


def added(values: Column, starts: Column) -> Column:
    """The sum for each charge; *starts* are the places where each begins."""
    return np.add.reduceat(summable(values), starts)
