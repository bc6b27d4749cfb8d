"""Which charges a payment settles, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from portal.scheme.blocks import AllocationOrder, Pack
from portal.scheme.calendars import Month, month_in_words
from portal.scheme.explain import Step
from portal.scheme.money import Minor
from portal.words import Words, _


@dataclass(frozen=True, slots=True)
class OpenCharge:
    """What is still open of one month: contribution and late charges, in minor units, neither below zero."""

    key: str
    month: Month
    due: date
    contribution: Minor
    late: Minor


@dataclass(frozen=True, slots=True)
class Allocation:
    """The part of a payment that settles one kind ("contribution" or "late") of one charge; above zero."""

    key: str
    kind: str
    amount: Minor


class Settled(NamedTuple):
    """What a payment settles, in the order in which it does, and what is left of it."""

    allocations: tuple[Allocation, ...]
    leftover: Minor


def allocate(pack: Pack, open_charges: Sequence[OpenCharge], amount: Minor, on: date | None = None) -> Settled:
    """
    Spend *amount* on the open charges in the pack's order of the day *on* (the latest, if none is given).

    Never more than the amount and never more than is open; what is left is the employer's credit.
    ``allocations, leftover = allocate(...)`` works.
    """
    if amount < 0:
        raise ValueError(f"a payment of {amount}")
    left = amount
    allocations = []
    for charge, kind in _in_order(order_on(pack, on), open_charges):
        part = min(left, charge.contribution if kind == "contribution" else charge.late)
        if part > 0:
            allocations.append(Allocation(charge.key, kind, part))
            left -= part
    return Settled(tuple(allocations), left)


def order_on(pack: Pack, on: date | None = None) -> AllocationOrder:
    """The order in force on a day of payment; the latest the pack has when no day is given."""
    series = pack.allocation
    return series.value_at(max(on or date.max, series.values[0].since))


def _in_order(order: AllocationOrder, charges: Sequence[OpenCharge]) -> Iterator[tuple[OpenCharge, str]]:
    """Every pair of charge and kind, in the order in which money reaches them."""
    oldest_first = sorted(charges, key=lambda charge: (charge.month, charge.due, charge.key))
    if order.months_first:
        yield from ((charge, kind) for charge in oldest_first for kind in order.order)
    else:
        yield from ((charge, kind) for kind in order.order for charge in oldest_first)


def order_in_words(pack: Pack, on: date | None = None) -> Step:
    """The order as a sentence for the receipt, with its source."""
    order = order_on(pack, on)
    dated = pack.allocation.at(max(on or date.max, pack.allocation.values[0].since))
    return Step(_order_words(order), source=dated.source)


def _order_words(order: AllocationOrder) -> Words:
    contribution_first = order.order[0] == "contribution"
    if order.months_first and contribution_first:
        return _("The oldest month is settled in full before the next; in each month contributions, then late charges.")
    if order.months_first:
        return _("The oldest month is settled in full before the next; in each month late charges, then contributions.")
    if contribution_first:
        return _("Contributions of all months are settled first, oldest month first; then late charges in that order.")
    return _("Late charges of all months are settled first, oldest month first; then contributions in that order.")


def explain_allocation(
    pack: Pack, open_charges: Sequence[OpenCharge], amount: Minor, on: date | None = None
) -> tuple[Step, ...]:
    """What a payment settled, line by line, for the receipt."""
    settled = allocate(pack, open_charges, amount, on)
    by_key = {charge.key: charge for charge in open_charges}
    steps = [order_in_words(pack, on)]
    for allocation in settled.allocations:
        month = month_in_words(by_key[allocation.key].month, pack.calendar)
        if allocation.kind == "contribution":
            words = _("Contribution for %(month)s", month=month)
        else:
            words = _("Late charge for %(month)s", month=month)
        steps.append(Step(words, allocation.amount))
    if settled.leftover:
        steps.append(Step(_("Nothing more was open; this stays in the account for later months"), settled.leftover))
    return tuple(steps)
