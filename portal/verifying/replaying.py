"""
One employer's account in one scheme lived through again, entry by entry, in the order in which they were written.

Before each entry that settles something, what the rules of the scheme say of it is worked out from all that stood
there until then.  Only the pure rules of the scheme are asked; nothing here knows how the book does it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from portal.scheme.allocation import CONTRIBUTION, OpenCharge, allocate
from portal.scheme.blocks.pack import Pack
from portal.verifying.faults import Fault
from portal.verifying.written import Grown, Parts, Written

#: Kinds of entry after which nothing is reckoned at once: the worker settles them, or the night.
WAITING = ("declaration", "amendment", "opening")


@dataclass(slots=True)
class Account:
    """One employer in one scheme as it stands after the entries so far; *lots* is credit by the day it came in."""

    employer: str
    rules: Pack
    charges: Mapping[int, Grown]
    lots: dict[date, int] = field(default_factory=dict)
    last: Written | None = None
    since: list[Written] = field(default_factory=list)
    not_compared: int = 0

    def live(self, entries: Sequence[Written]) -> Iterator[Fault]:
        """Every entry judged, then taken; at the end what is left is judged."""
        for entry in entries:
            if not entry.takes_back:
                yield from self._judge(entry)
            self._take(entry)
        yield from self._left()

    def _take(self, entry: Written) -> None:
        for side in entry.sides:
            if side.charge is not None and side.charge in self.charges:
                self.charges[side.charge].take(entry, side)
            if side.account == "credit":
                self.lots[entry.day] = self.lots.get(entry.day, 0) - side.amount
        if entry.kind in WAITING and not entry.takes_back:
            self.since.append(entry)
        else:
            self.last, self.since = entry, []

    def _judge(self, entry: Written) -> Iterator[Fault]:
        """What an entry settles, against the order of the rules; against what was overpaid, where it frees that."""
        if entry.kind == "payment" or entry.name.startswith("credit/use/"):
            if entry.rules != self.rules.hash:
                self.not_compared += 1
            elif entry.settled() not in (wanted := self._wanted(entry)):
                yield self._differs("allocation.order", entry.name, wanted[0], entry.settled())
        elif entry.name.startswith("credit/overpaid/"):
            yield from self._released(entry)

    def _wanted(self, entry: Written) -> list[Parts]:
        """What money settles by the rules: a payment as of its day, credit as of its own or of the day it was used."""
        if entry.kind == "payment":
            opened = [self._open(one, entry.day) for one in self.charges.values()]
            money = sum(one.amount for one in entry.sides if one.account == "money_received")
            return [self._spent(opened, money, entry)]
        lot, used_on = self.lots.get(entry.day, 0), entry.at.astimezone(ZoneInfo(self.rules.timezone)).date()
        return [
            self._spent([self._open_within(one, day) for one in self.charges.values()], lot, entry)
            for day in (entry.day, used_on)
        ]

    def _spent(self, opened: Sequence[OpenCharge], money: int, entry: Written) -> Parts:
        there = [one for one in opened if one.contribution or one.late]
        found: dict[tuple[int, str], int] = {}
        for part in allocate(self.rules, there, money, entry.day).allocations:
            account = "contribution_due" if part.kind == CONTRIBUTION else "late_due"
            found[int(part.key), account] = found.get((int(part.key), account), 0) + part.amount
        return found

    def _open(self, one: Grown, on: date) -> OpenCharge:
        """A charge as a payment of a day finds it: what the rule asks by then, less what was settled of it."""
        owed = self._owed(one, on)
        late = one.late if owed is None else owed - one.added + one.late
        return OpenCharge(str(one.id), one.month, one.due, max(one.contribution, 0), max(late, 0))

    def _open_within(self, one: Grown, on: date) -> OpenCharge:
        """A charge as credit finds it: what stands in the book, without what the rule added after a day."""
        owed, there = self._owed(one, on), max(one.late, 0)
        late = there if owed is None else min(max(there - (one.added - owed), 0), there)
        return OpenCharge(str(one.id), one.month, one.due, max(one.contribution, 0), late)

    def _owed(self, one: Grown, on: date) -> int | None:
        owed = one.owed_late(self.rules, on)
        return 0 if owed is None and one.in_time(on) else owed

    def _released(self, entry: Written) -> Iterator[Fault]:
        """Exactly what a charge held too much."""
        for (charge, account), amount in entry.settled().items():
            one = self.charges.get(charge)
            if one is None:
                continue  # a charge of another account: the comparison with what is on file tells it
            over = max(-(one.contribution if account == "contribution_due" else one.late), 0)
            if -amount != over:
                yield Fault("credit.released", self.employer, entry.name, over, -amount)

    def _left(self) -> Iterator[Fault]:
        """What must hold once everything is written."""
        for day, left in self.lots.items():
            if left < 0:
                yield Fault("credit.overdrawn", self.employer, f"{self.rules.id} {day}", 0, left)
        for one in self.charges.values():
            least = min(one.contribution, one.late)
            if least < 0 and not self.since:
                yield Fault("charge.overpaid", self.employer, self._name(one), 0, least)
            yield from self._late(one)
        unpaid = sum(max(one.contribution, 0) for one in self.charges.values())
        if unpaid and not self.since and sum(self.lots.values()) > 0:
            yield Fault("credit.idle", self.employer, self.rules.id, 0, sum(self.lots.values()))

    def _late(self, one: Grown) -> Iterator[Fault]:
        """
        What lateness costs, as of the last day on which it was reckoned.

        What was declared or brought over since then may be reckoned already, or may still wait for the night.
        """
        if self.last is None or (self.last.rules or self.rules.hash) != self.rules.hash:
            self.not_compared += bool(one.added)
            return
        day = max(one.reckoned, self.last.at.astimezone(ZoneInfo(self.rules.timezone)).date())
        before = one.movements[: len(one.movements) - self._waiting(one)]
        may_be = [one.owed_late(self.rules, day), one.owed_late(self.rules, day, before)]
        if None not in may_be and one.added not in may_be:
            yield Fault("late.amount", self.employer, self._name(one), may_be[0] or 0, one.added)

    def _waiting(self, one: Grown) -> int:
        return sum(side.charge == one.id and side.account == "contribution_due"
                   for entry in self.since for side in entry.sides)  # fmt: skip

    def _differs(self, code: str, about: str, wanted: Parts, found: Parts) -> Fault:
        """The first charge on which the two differ."""
        place = min(key for key in {*wanted, *found} if wanted.get(key, 0) != found.get(key, 0))
        month = self._name(self.charges[place[0]]) if place[0] in self.charges else ""
        return Fault(code, self.employer, f"{about} {month} {place[1]}", wanted.get(place, 0), found.get(place, 0))

    def _name(self, one: Grown) -> str:
        return f"{self.rules.id} {one.month}"
