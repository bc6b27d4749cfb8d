"""
Late charges of very many charges at once, for nightly jobs: the same rules on columns instead of on one charge.

What cannot stand in columns (a charge that grows again after its due day under a rule that asks how long each
amount was late, days that do not count, compound charges) is worked out charge by charge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from portal.scheme.blocks.late import LateRule
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Dated, NotKnown, Unknown
from portal.scheme.columns import Numbers, choose
from portal.scheme.deadlines import grace_after_due
from portal.scheme.lateness.given import version_of
from portal.scheme.lateness.levels import Charges as Charges
from portal.scheme.lateness.levels import Column, Levels, added, levels_of_all
from portal.scheme.lateness.rule import assess
from portal.scheme.lateness.slices import Piece
from portal.scheme.lateness.terms import (
    Facts,
    Ratio,
    Version,
    by_portion,
    common,
    counting_of,
    finish,
    rounding_of,
    take,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LateColumns:
    """What each rule asks, by its code, one amount a charge; and for which charges its rate is known."""

    by_rule: Mapping[str, Column]
    known: Mapping[str, Column]
    count: int

    @property
    def amount(self) -> Column:
        """All rules together; where one is not known, its part is missing."""
        return sum(self.by_rule.values(), np.zeros(self.count, dtype=np.int64))

    @property
    def all_known(self) -> Column:
        """For which charges every rule is known."""
        return np.logical_and.reduce([np.ones(self.count, dtype=bool), *self.known.values()])


def late_charges_of(
    pack: Pack,
    charges: Charges,
    on: date,
    *,
    known_on: date | None = None,
    employer: Mapping[str, object] | None = None,
) -> LateColumns:
    """
    What is owed for lateness at the end of day *on*, for every charge.

    The same amounts as :func:`portal.scheme.late.late_charges_on` gives one by one; where that would raise
    ``NotKnown`` the amount is 0 and *known* is false.  Rules on late returns ask nothing here: charges do not
    say when a return came in.
    """
    count = len(charges.due)
    if isinstance(pack.late, Unknown):
        return LateColumns({"": np.zeros(count, dtype=np.int64)}, {"": np.zeros(count, dtype=bool)}, count)
    levels = levels_of_all(charges, on.toordinal()) if count else None
    amounts, known = {}, {}
    for rule in pack.late:
        amounts[rule.code] = np.zeros(count, dtype=np.int64)
        known[rule.code] = np.ones(count, dtype=bool)
        if levels is not None and rule.trigger == "late_payment":
            night = _Night(pack, rule, charges, levels, on, known_on)
            amounts[rule.code], known[rule.code] = night.reckon()
    return LateColumns(amounts, known, count)


@dataclass(frozen=True, slots=True)
class _Night:
    """One rule put to all charges."""

    pack: Pack
    rule: LateRule
    charges: Charges
    levels: Levels
    on: date
    known_on: date | None

    def reckon(self) -> tuple[Column, Column]:
        """The amounts, and for which charges the rule is known."""
        count = len(self.charges.due)
        amounts, known = np.zeros(count, dtype=np.int64), np.ones(count, dtype=bool)
        unpaid = self._seen()
        late = np.add.reduceat((unpaid > 0) * 1, self.levels.first) > 0
        apart = self._apart(unpaid) & late
        for entry, rows in self._versions(late & ~apart, unpaid):
            if entry is None:
                known[rows] = False
            else:
                found = self._of_version(entry, rows, unpaid)
                amounts = amounts.astype(found.dtype) if found.dtype == object else amounts
                amounts[rows] = found
        for place, amount in self._one_by_one(np.flatnonzero(apart)):
            known[place], amounts[place] = amount is not None, amount or 0
        return amounts, known

    def _one_by_one(self, places: Column) -> Iterator[tuple[int, int | None]]:
        """The amounts of single charges; None where the rule is not known."""
        before = self.charges.failures_before
        for place, history in self.charges.histories(places):
            options = {} if before is None else {"failures_before": int(before[place])}
            try:
                found = assess(self.pack, self.rule, history, self.on, {}, options, self.known_on)
            except NotKnown:
                yield place, None
            else:
                yield place, found.amount

    def _seen(self) -> Column:
        """What the rule sees as unpaid at each level: with its tolerance, its grace, on the whole charge."""
        levels, rule = self.levels, self.rule
        unpaid = np.where(levels.unpaid > rule.tolerance, levels.unpaid, 0)
        if self.pack.due.grace is not None:
            unpaid = self._after_grace(unpaid)
        if rule.base == "charge":
            unpaid = np.where(unpaid > 0, self.charges.whole()[levels.of], 0)
        return unpaid

    def _after_grace(self, unpaid: Column) -> Column:
        """Nothing was late before the day of grace where all was paid by then, or where it has not passed."""
        days, place = np.unique(self.charges.due, return_inverse=True)
        graces = [grace_after_due(self.pack, date.fromordinal(int(day))) for day in days]
        none = np.array([0 if grace is None else grace.toordinal() for grace in graces])[place][self.levels.of]
        before = self.levels.day <= none
        at_grace = before & (self.levels.after > none)
        paid = np.add.reduceat((at_grace & (unpaid == 0)) * 1, self.levels.first)[self.levels.of] > 0
        still = none >= self.on.toordinal()
        return np.where(before & (paid | still), 0, unpaid)

    def _apart(self, unpaid: Column) -> Column:
        """Which charges have to be worked out one by one."""
        count = len(self.charges.due)
        apart = np.full(count, self.rule.compound)
        apart[list(self.charges.frozen)] = True
        phases = [phase for entry in self.rule.terms.believed(self.known_on) for phase in entry.value or ()]
        if self.rule.maximum is not None or any(map(by_portion, phases)):
            grows = np.append(unpaid[1:] > unpaid[:-1], False) & ~self.levels.last()
            apart[self.levels.of[grows]] = True
        return apart

    def _versions(self, wanted: Column, unpaid: Column) -> Iterator[tuple[tuple[Version, ...] | None, Column]]:
        """The charges of each version of the terms; None with those whose terms are not known."""
        values = self.rule.terms.believed(self.known_on)
        first = self.charges.due + (0 if self.rule.axis == "due_date" else 1)
        covered = np.zeros(len(wanted), dtype=bool)
        if self.rule.axis == "calendar_day":
            ends = np.maximum.reduceat(np.where(unpaid > 0, self.levels.after, 0), self.levels.first)
            known = wanted & self._within(values, first, np.maximum(first, ends))
            covered |= known
            yield self._by_day(values), np.flatnonzero(known)
        else:
            for entry in values:
                here = wanted & (first >= entry.since.toordinal()) & (first <= _until(entry))
                covered |= here
                if here.any():
                    yield None if entry.value is None else (version_of(entry),), np.flatnonzero(here)
        yield None, np.flatnonzero(wanted & ~covered)

    def _within(self, values: tuple[Dated[Any], ...], first: Column, last: Column) -> Column:
        """Whether the rates of all days from *first* to *last* are known."""
        known = (first >= values[0].since.toordinal()) & (last <= _until(values[-1]))
        for entry in values:
            if entry.value is None:
                known &= (last < entry.since.toordinal()) | (first > _until(entry))
        return known

    def _by_day(self, values: tuple[Dated[Any], ...]) -> tuple[Version, ...]:
        """Every version with the days on which it holds, as far as that matters here."""
        first, last = int(self.charges.due.min()) + 1, self.on.toordinal()
        found = []
        for entry in values:
            since, until = entry.since.toordinal(), _until(entry)
            if entry.value is not None and since <= last:
                version = version_of(entry)
                found.append(version._replace(since=since if since > first else None,
                                              until=until if until < last else None))  # fmt: skip
        return tuple(found)

    def _of_version(self, versions: tuple[Version, ...], rows: Column, unpaid: Column) -> Column:
        """The amounts of the charges in these *rows*."""
        if not len(rows) or not versions:
            return np.zeros(len(rows), dtype=np.int64)
        inside = np.zeros(len(self.charges.due), dtype=bool)
        inside[rows] = True
        picked = np.flatnonzero(inside[self.levels.of])
        of = self.levels.of[picked]
        starts = np.searchsorted(of, rows)
        slices, portions = self._pieces(picked, unpaid)
        before = self.charges.failures_before
        facts = Facts(failures_before=0 if before is None else before[of])
        counting, rounding = counting_of(self.pack, self.rule), rounding_of(self.pack, self.rule)
        under = common(versions, counting)
        late = choose(portions.ends > portions.begins, portions.amount, 0)
        taken: Numbers = late * 0
        for version in versions:
            taken = taken + take(self.rule, version, counting, [slices], [portions], facts, under)
        exact = Ratio(added(taken, starts), 1 if self.rule.round_each else under)
        return np.asarray(finish(self.rule, rounding, exact, Ratio(added(late, starts), 1)).amount)

    def _pieces(self, picked: Column, unpaid: Column) -> tuple[Piece, Piece]:
        """Slices and portions of the picked levels; levels without an end after them have no length."""
        levels, skip = self.levels, 0 if self.rule.count_pay_day else 1
        of, last = levels.of[picked], levels.last()[picked]
        grid, amount = self.charges.due[of], unpaid[picked]
        following = np.where(last, 0, np.append(amount[1:], 0))
        lower = following < amount
        after = np.maximum(levels.after[picked], levels.day[picked])
        ends = np.maximum(after - (skip * (lower | last)), grid)
        starts = np.append(False, ~last[:-1])
        begins = np.where(starts, np.append(0, ends[:-1]), grid)
        portions = Piece(grid, ends, amount - following, grid, after)
        return Piece(begins, np.maximum(ends, begins), amount, grid, after), portions


def _until(entry: Dated[Any]) -> int:
    return (entry.until or date.max).toordinal()
