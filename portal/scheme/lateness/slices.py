"""
A charge's history cut into slices: from one day to the next, what was unpaid.

Days are ordinals here.  A slice begins after the last day that does not count and ends with the
last that does; days on which time stands still (a plan that is kept, a court's order) are taken
out, so that all counting works on the days that are left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from portal.scheme.columns import Numbers
from portal.scheme.money import Minor


@dataclass(frozen=True, slots=True)
class Movement:
    """
    A signed change of the unpaid contribution (charge above zero, payment below), from *day* on.

    A charge dated after the due day counts as unpaid from the due day all the same: who declares
    late was late from the start.  With *late_from_posting* an amount above zero counts from its own
    day instead: a late amendment of the law, or the reversal of a payment, which carries the
    payment's own day so that the two cancel.  A correction downwards is dated as the charge it corrects.
    """

    day: date
    amount: Minor
    late_from_posting: bool = False


@dataclass(frozen=True, slots=True)
class ChargeHistory:
    """
    One charge: its due day, and every change of what is unpaid of it (contribution only), in any order.

    *frozen*: from which day to which (both included) no lateness is counted.  *grace*: the last day on
    which paying all costs nothing although the due day has passed (None: what the pack says of a
    charge due on that day).  *parts*: how much of the charge each branch has, for rules that ask a
    part of the branches only (empty: all of it is theirs).  *charged*: all that was charged, for
    rules on the whole amount whether paid or not (None: the charges among the movements).
    """

    due: date
    movements: tuple[Movement, ...]
    frozen: tuple[tuple[date, date], ...] = ()
    grace: date | None = None
    parts: Mapping[str, Minor] = field(default_factory=dict)
    charged: Minor | None = None

    @property
    def whole(self) -> Minor:
        """All that was charged, paid or not."""
        if self.charged is not None:
            return self.charged
        return sum(one.amount for one in self.movements if one.amount > 0 and not one.late_from_posting)


class Level(NamedTuple):
    """What is unpaid from the end of *day* on, until the next level."""

    day: int
    unpaid: Minor


class Piece(NamedTuple):
    """
    An amount that is late from the day after *begins* to *ends*, for one charge or for columns of them.

    *grid*: the day from which its months are counted.  *paid*: the real day of payment (or of asking)
    at its end, where *begins* and *ends* leave out days that do not count.
    """

    begins: Numbers
    ends: Numbers
    amount: Numbers
    grid: Numbers
    paid: Numbers


def counts_from(movement: Movement, due: date) -> date:
    """The day a movement changes what is unpaid: a late charge from the due day, all else from its own day."""
    if movement.amount > 0 and not movement.late_from_posting:
        return min(movement.day, due)
    return movement.day


def unpaid_on(history: ChargeHistory, on: date) -> Minor:
    """What is unpaid of the contribution at the end of day *on*; below zero when more was paid."""
    return sum(each.amount for each in history.movements if counts_from(each, history.due) <= on)


def levels_of(history: ChargeHistory, on: date) -> tuple[Level, ...]:
    """What was unpaid at the end of the due day, and after each later change up to *on*; nothing before the due day."""
    by_day: dict[date, Minor] = {}
    for movement in history.movements:
        day = max(counts_from(movement, history.due), history.due)
        by_day[day] = by_day.get(day, 0) + movement.amount
    unpaid = by_day.pop(history.due, 0)
    levels = [Level(history.due.toordinal(), unpaid)]
    for day in sorted(day for day in by_day if day <= on):
        unpaid += by_day[day]
        levels.append(Level(day.toordinal(), unpaid))
    return tuple(levels)


def late_levels(
    levels: Sequence[Level], *, tolerance: Minor = 0, whole: Minor | None = None, paid_by: int | None = None
) -> tuple[Level, ...]:
    """
    The same as a rule sees them: nothing up to *tolerance*, the *whole* charge while anything is open.

    *paid_by*: a day of grace; where all was paid by then, nothing was late before.
    """
    seen = [(day, unpaid if unpaid > tolerance else 0) for day, unpaid in levels]
    if paid_by is not None and [unpaid for day, unpaid in seen if day <= paid_by][-1:] == [0]:
        seen = [(day, 0 if day <= paid_by else unpaid) for day, unpaid in seen]
    return tuple(Level(day, unpaid if whole is None or not unpaid else whole) for day, unpaid in seen)


class Calm:
    """The days that do not count, and the way from a day to the number of days that do, and back."""

    def __init__(self, due: int, frozen: Sequence[tuple[date, date]]) -> None:
        self.due = due
        self.spans: list[tuple[int, int]] = []
        for since, until in sorted((since.toordinal(), until.toordinal()) for since, until in frozen):
            first = max(since, due + 1, self.spans[-1][1] + 1 if self.spans else 0)
            if first <= until:
                self.spans.append((first, until))

    def counted(self, day: int) -> int:
        """*day* less the days up to it that do not count."""
        return day - sum(min(day, until) - since + 1 for since, until in self.spans if since <= day)

    def real(self, counted: int) -> int:
        """The first day that is the *counted*-th that counts."""
        day = counted
        for since, until in self.spans:
            if since <= day:
                day += until - since + 1
        return day


def slices_of(levels: Sequence[Level], on: int, calm: Calm, *, pay_day: bool) -> list[Piece]:
    """From one change to the next, and from the last to *on*: what was unpaid.  *pay_day*: it counts as late."""
    pieces = []
    for number, (day, unpaid) in enumerate(levels):
        last = number + 1 == len(levels)
        paid = on if last else levels[number + 1].day
        begins = _bound(levels, number, calm, pay_day=pay_day)
        ends = _end(on, calm, pay_day) if last else _bound(levels, number + 1, calm, pay_day=pay_day)
        if unpaid and ends > begins and day < on:
            pieces.append(Piece(begins, ends, unpaid, calm.due, paid))
    return pieces


def portions_of(levels: Sequence[Level], on: int, calm: Calm, *, pay_day: bool) -> list[Piece]:
    """Each amount from the day it was due to the day it was paid, the oldest settled first; the rest to *on*."""
    pieces: list[Piece] = []
    open_now: list[tuple[int, Minor]] = []
    before = 0
    for number, (day, unpaid) in enumerate(levels):
        bound = _bound(levels, number, calm, pay_day=pay_day)
        if unpaid > before:
            open_now.append((bound, unpaid - before))
        else:
            pieces += _settled(open_now, before - unpaid, bound, day)
        before = unpaid
    pieces += _settled(open_now, before, _end(on, calm, pay_day), on)
    return [piece for piece in pieces if piece.ends > piece.begins]


def _settled(open_now: list[tuple[int, Minor]], amount: Minor, ends: int, paid: int) -> list[Piece]:
    """Take *amount* off what is open, the oldest first."""
    pieces = []
    while amount:
        begins, there = open_now[0]
        part = min(amount, there)
        pieces.append(Piece(begins, ends, part, begins, paid))
        amount -= part
        if part < there:
            open_now[0] = (begins, there - part)
        else:
            open_now.pop(0)
    return pieces


def _bound(levels: Sequence[Level], number: int, calm: Calm, *, pay_day: bool) -> int:
    """Where one level ends and the next begins: a payment ends it the day before, where its day does not count."""
    day, unpaid = levels[number]
    lower = number > 0 and unpaid < levels[number - 1].unpaid
    return max(calm.counted(day) - (lower and not pay_day), calm.due)


def _end(on: int, calm: Calm, pay_day: bool) -> int:
    """The last day that counts, when asked for at the end of *on*: as if it were paid then."""
    return max(calm.counted(on) - (not pay_day), calm.due)
