"""What stands in the book, as plain values: entries, and a charge as it grows with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.calendars import Month
from portal.scheme.late import ChargeHistory, Movement, counts_from, late_charges_on, unpaid_on

#: Money by charge and account.
Parts = Mapping[tuple[int, str], int]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of an entry, minor units."""

    account: str
    charge: int | None
    amount: int


@dataclass(frozen=True, slots=True)
class Written:
    """One entry as it stands in the book; *kind* and *day* are those of what it takes back, where it takes one back."""

    name: str
    kind: str
    day: date
    own_day: date
    takes_back: bool
    at: datetime
    rules: str | None
    sides: Sequence[Side]

    def settled(self) -> Parts:
        """What it settles, by charge and account."""
        due = [one for one in self.sides if one.account in ("contribution_due", "late_due") and one.charge]
        return {(one.charge or 0, one.account): -one.amount for one in due}


@dataclass(slots=True)
class Grown:
    """One charge as it grows: open contribution, open late charge, late charges added, and its history."""

    id: int
    month: Month
    due: date
    contribution: int = 0
    late: int = 0
    added: int = 0
    reckoned: date = date.min
    movements: list[Movement] = field(default_factory=list)

    def owed_late(self, rules: Pack, on: date, movements: Sequence[Movement] | None = None) -> int | None:
        """What lateness costs by the rule at the end of *on*; None where the rule does not say."""
        history = ChargeHistory(self.due, tuple(self.movements if movements is None else movements))
        try:
            late = late_charges_on(rules, history, on)
        except NotKnown:
            return None
        return late.amount if late.known else None

    def in_time(self, on: date) -> bool:
        """Whether nothing was unpaid at the end of the due day or of any later one up to *on*."""
        history = ChargeHistory(self.due, tuple(self.movements))
        days = {on, self.due, *(counts_from(one, self.due) for one in self.movements)}
        return all(unpaid_on(history, day) <= 0 for day in days if day == on or self.due <= day < on)

    def take(self, entry: Written, side: Side) -> None:
        """What one side of an entry changes."""
        if side.account == "contribution_due":
            self.contribution += side.amount
            self.movements.append(self._movement(entry, side.amount))
        elif side.account == "late_due":
            self.late += side.amount
        elif side.account == "late_income":
            self.added -= side.amount
            self.reckoned = max(self.reckoned, entry.own_day)

    def _movement(self, entry: Written, amount: int) -> Movement:
        """What was declared is owed from the due day on; money counts from its day, and so does its taking back."""
        if entry.kind == "declaration" or (entry.kind == "amendment" and amount < 0):
            return Movement(min(entry.day, self.due), amount)
        return Movement(entry.day, amount, late_from_posting=amount > 0)
