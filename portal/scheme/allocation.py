"""Which charges a payment settles, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from portal.scheme.blocks.cover import AllocationOrder
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month, month_in_words
from portal.scheme.explain import Step
from portal.scheme.money import Minor
from portal.words import Words, _

#: The kinds of debt; "late" is penalty and interest that the book does not hold apart.
CONTRIBUTION, PENALTY, INTEREST, LATE = "contribution", "penalty", "interest", "late"


@dataclass(frozen=True, slots=True)
class OpenCharge:
    """
    What is still open of one month: contribution and late charges, in minor units, neither below zero.

    *late* is penalty and interest together; with *interest* (part of it) the two are settled apart.
    """

    key: str
    month: Month
    due: date
    contribution: Minor
    late: Minor
    interest: Minor | None = None

    def as_debt(self) -> Debt:
        """The charge as the order of allocation reads it."""
        apart = {LATE: self.late}
        if self.interest is not None:
            apart = {PENALTY: self.late - self.interest, INTEREST: self.interest}
        return Debt(self.key, {CONTRIBUTION: self.contribution, **apart})


class Debt(NamedTuple):
    """What is open of one period, by kind, in minor units."""

    key: str
    amounts: Mapping[str, Minor]


@dataclass(frozen=True, slots=True)
class Allocation:
    """The part of a payment that settles one kind of one charge; above zero."""

    key: str
    kind: str
    amount: Minor


class Settled(NamedTuple):
    """What a payment settles, in the order in which it does, and what is left of it."""

    allocations: tuple[Allocation, ...]
    leftover: Minor


class _Cell(NamedTuple):
    key: str
    kind: str
    amount: Minor


def settle(order: AllocationOrder, debts: Sequence[Debt], payment: Minor, first: Sequence[str] = ()) -> Settled:
    """
    Spend *payment* on the *debts*, which stand in the order of their periods.

    *first*: the keys of periods that come before all others, whole: the one the payer named, the current
    one while a plan of instalments is kept.  Never more than the payment and never more than is open.
    """
    if payment < 0:
        raise ValueError(f"a payment of {payment}")
    left = payment
    allocations = []
    for cells in _shared(order, debts, first):
        for cell, part in zip(cells, pro_rata(left, [cell.amount for cell in cells]), strict=True):
            if part > 0:
                allocations.append(Allocation(cell.key, cell.kind, part))
                left -= part
    return Settled(tuple(allocations), left)


def pro_rata(amount: Minor, weights: Sequence[Minor]) -> list[Minor]:
    """
    *amount* split in proportion, never more than each weight, and nothing lost: the largest remainders get one more.

    >>> pro_rata(100, [50, 50, 200]), pro_rata(10, [1, 2])
    ([17, 17, 66], [1, 2])
    """
    total = sum(weights)
    if amount >= total:
        return list(weights)
    parts = [amount * weight // total for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda place: (-(amount * weights[place] % total), place))
    for place in by_rest[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def _shared(order: AllocationOrder, debts: Sequence[Debt], first: Sequence[str]) -> Iterator[list[_Cell]]:
    """What is settled together, in the order in which money reaches it."""
    named = [debt for key in first for debt in debts if debt.key == key]
    others = [debt for debt in debts if debt.key not in first]
    for debt in named:
        yield from ([*_cells(order, number, debt)] for number in range(len(order.order)))
    if order.months_first:
        yield from ([*_cells(order, number, debt)] for debt in others for number in range(len(order.order)))
        return
    for number in range(len(order.order)):
        if order.pro_rata:
            yield [cell for debt in others for cell in _cells(order, number, debt)]
        else:
            yield from ([*_cells(order, number, debt)] for debt in others)


def _cells(order: AllocationOrder, number: int, debt: Debt) -> Iterator[_Cell]:
    """What the class of this number has in one period; late charges not held apart go with the first that has some."""
    kinds = order.order[number]
    late = next((place for place, each in enumerate(order.order) if PENALTY in each or INTEREST in each), None)
    for kind in (*kinds, LATE) if number == late else kinds:
        if amount := debt.amounts.get(kind, 0):
            yield _Cell(debt.key, kind, amount)


def allocate(
    pack: Pack, open_charges: Sequence[OpenCharge], amount: Minor, on: date | None = None, *,
    designated: Month | None = None, current: Month | None = None,
) -> Settled:  # fmt: skip
    """
    Spend *amount* on the open charges in the pack's order of the day *on* (the latest, if none is given).

    *designated*: the month the payer named, where the pack lets them; *current*: the month that comes first
    while a plan is kept, where the pack says so.  What is left is the employer's credit.
    ``allocations, leftover = allocate(...)`` works.
    """
    order = order_on(pack, on)
    months = [designated if order.designation else None, current if order.plan_first else None]
    oldest_first = sorted(open_charges, key=lambda charge: (charge.month, charge.due, charge.key))
    first = [charge.key for month in months if month for charge in oldest_first if charge.month == month]
    return settle(order, [charge.as_debt() for charge in oldest_first], amount, tuple(dict.fromkeys(first)))


def order_on(pack: Pack, on: date | None = None) -> AllocationOrder:
    """The order in force on a day of payment; the latest the pack has when no day is given."""
    series = pack.allocation
    return series.value_at(max(on or date.max, series.values[0].since))


def order_in_words(pack: Pack, on: date | None = None) -> Step:
    """The order as a sentence for the receipt, with its source."""
    dated = pack.allocation.at(max(on or date.max, pack.allocation.values[0].since))
    order = order_on(pack, on)
    words = _order_words(order)
    if order.designation:
        words = _("%(order)s A payment for a month that the payer names goes there first.", order=words)
    if order.plan_first:
        words = _("%(order)s While a plan of instalments is kept, the current month comes first.", order=words)
    return Step(words, source=dated.source)


def _order_words(order: AllocationOrder) -> Words:
    contribution_first = order.order[0] == (CONTRIBUTION,)
    pooled = (PENALTY, INTEREST) in order.order or (INTEREST, PENALTY) in order.order
    if not pooled or order.pro_rata:
        return _classes_in_words(order)
    if order.months_first and contribution_first:
        return _("The oldest month is settled in full before the next; in each month contributions, then late charges.")
    if order.months_first:
        return _("The oldest month is settled in full before the next; in each month late charges, then contributions.")
    if contribution_first:
        return _("Contributions of all months are settled first, oldest month first; then late charges in that order.")
    return _("Late charges of all months are settled first, oldest month first; then contributions in that order.")


def _classes_in_words(order: AllocationOrder) -> Words:
    """An order with more classes, or with months that share."""
    names = [_class_name(kinds) for kinds in order.order]
    listed = names[0]
    for name in names[1:]:
        listed = _("%(first)s, then %(next)s", first=listed, next=name)
    if order.months_first:
        return _("The oldest month is settled in full before the next; in each month %(order)s.", order=listed)
    if order.pro_rata:
        return _("Settled in this order: %(order)s; all months share in proportion to what is open.", order=listed)
    return _("Settled in this order: %(order)s; in each of these the oldest month first.", order=listed)


def _class_name(kinds: tuple[str, ...]) -> Words:
    if len(kinds) > 1:
        return _("penalties and interest in proportion") if CONTRIBUTION not in kinds else _("everything in proportion")
    return {CONTRIBUTION: _("contributions"), PENALTY: _("penalties"), INTEREST: _("interest")}[kinds[0]]


def explain_allocation(
    pack: Pack, open_charges: Sequence[OpenCharge], amount: Minor, on: date | None = None, *,
    designated: Month | None = None, current: Month | None = None,
) -> tuple[Step, ...]:  # fmt: skip
    """What a payment settled, line by line, for the receipt."""
    settled = allocate(pack, open_charges, amount, on, designated=designated, current=current)
    by_key = {charge.key: charge for charge in open_charges}
    steps = [order_in_words(pack, on)]
    for allocation in settled.allocations:
        month = month_in_words(by_key[allocation.key].month, pack.calendar)
        steps.append(Step(_allocated_in_words(allocation.kind, month), allocation.amount))
    if settled.leftover:
        steps.append(Step(_("Nothing more was open; this stays in the account for later months"), settled.leftover))
    return tuple(steps)


def _allocated_in_words(kind: str, month: Words) -> Words:
    match kind:
        case "contribution":
            return _("Contribution for %(month)s", month=month)
        case "penalty":
            return _("Penalty for %(month)s", month=month)
        case "interest":
            return _("Interest for %(month)s", month=month)
    return _("Late charge for %(month)s", month=month)
