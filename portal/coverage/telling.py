"""
One batch of person-months told to the core: looked up, sent, ended, read back.

Knows nothing of the database: what is to be told comes in as plain values, what became of it goes out.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from portal.coverage import core_shapes as shapes
from portal.coverage.core_client import Core, CoreRefused, CoverForCore, CoverSeen, PersonForCore
from portal.words import Words, _

#: States of a policy in the core, beside active.
SUSPENDED, EXPIRED = 4, 8
#: What the log says of a mutation that was taken in and not worked on: it may still be.
NOT_YET = shapes.outcome({"status": shapes.RECEIVED, "error": None})
NO_PRODUCT = _("The fund's settings name no product of the core for this scheme. Add it, then send this again.")
NOT_WORKED_ON = _("The core has received this and not worked on it yet.")
NOT_SHOWN = _("The core took this, but does not show the cover yet.")


@dataclass(frozen=True, slots=True)
class EmployerForCore:
    """An employer as the core should know it."""

    number: str
    name: str
    phone: str
    email: str
    address: str


@dataclass(frozen=True, slots=True)
class PersonMonth:
    """
    One person's month of cover to tell of: to begin (*open*) or to end.

    *tried*: it was sent before, so the core may know *receipt*.  *amount* is in minor units.
    """

    id: int
    person: PersonForCore
    receipt: str
    open: bool
    tried: bool
    amount: int


@dataclass(frozen=True, slots=True)
class Batch:
    """
    Person-months of one employer, scheme and month; days are inclusive.  *label* names them in the core's log.

    *over*: today is the month's last day or after it, and the core may have marked its covers expired.
    """

    employer: EmployerForCore
    product: str | None
    label: str
    first_day: date
    last_day: date
    over: bool
    decimals: int
    months: tuple[PersonMonth, ...]


@dataclass(slots=True)
class Told:
    """What became of each, by id: known with the core's policy, refused or still waiting with the reason."""

    known: dict[int, str] = field(default_factory=dict)
    refused: dict[int, Words] = field(default_factory=dict)
    waiting: dict[int, Words] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the core has of what was sent before: covers by receipt, and receipts it has not worked on."""

    seen: Mapping[str, CoverSeen]
    pending: Collection[str]


#: Says that these are about to be sent, under these receipts; raises when somebody else has taken over.
Hold = Callable[[Iterable[PersonMonth]], None]


def tell(core: Core, batch: Batch, hold: Hold) -> Told:
    """Tell the core of *batch* and read back.  Raises `CoreUnavailable` when it cannot be used now."""
    told = Told()
    found = _look_up(core, batch)
    _end(core, [one for one in batch.months if not one.open], found, told)
    _begin(core, batch, [one for one in batch.months if one.open], found, told, hold)
    return told


def _look_up(core: Core, batch: Batch) -> _Found:
    """What was sent before may have been applied, whatever we heard of it."""
    receipts = [one.receipt for one in batch.months if one.tried]
    if not receipts:
        return _Found({}, ())
    log = core.outcomes(batch.label)
    return _Found(core.cover_by_receipt(receipts), {r for r in receipts if log.get(r) == NOT_YET})


def _end(core: Core, months: list[PersonMonth], found: _Found, told: Told) -> None:
    """End the covers that should not be.  One the core never had is as good as ended."""
    standing: dict[str, PersonMonth] = {}
    for one in months:
        cover = found.seen.get(one.receipt)
        if cover is None and one.receipt in found.pending:
            told.waiting[one.id] = NOT_WORKED_ON
        elif cover is None or cover.status == SUSPENDED:
            told.known[one.id] = cover.policy if cover else ""
        else:
            standing[one.receipt] = one
    if not standing:
        return
    reason = ""
    try:
        core.suspend([found.seen[receipt].policy for receipt in standing])
    except CoreRefused as refused:
        reason = refused.detail
    after = core.cover_by_receipt(standing)
    for receipt, one in standing.items():
        if receipt in after and after[receipt].status != SUSPENDED:
            told.refused[one.id] = _("The core did not end the cover: %(reason)s", reason=reason or "-")
        else:
            told.known[one.id] = found.seen[receipt].policy


def _begin(core: Core, batch: Batch, months: list[PersonMonth], found: _Found, told: Told, hold: Hold) -> None:
    """Send what the core does not have, and check that it shows what it should."""
    if batch.product is None:
        told.refused |= {one.id: NO_PRODUCT for one in months}
        return
    there: list[PersonMonth] = []
    to_send: list[PersonMonth] = []
    for one in months:
        cover = found.seen.get(one.receipt)
        if cover is None and one.receipt in found.pending:
            told.waiting[one.id] = NOT_WORKED_ON
        elif cover is None:
            to_send.append(one)
        elif cover.status == SUSPENDED or (cover.status == EXPIRED and not batch.over):
            # Ended there, by us or by hand; the core refuses a receipt it has seen.
            to_send.append(replace(one, receipt=another_receipt(one.receipt), tried=False))
        else:
            there.append(one)
    there += _send(core, batch, batch.product, to_send, told, hold)
    _read_back(core, batch, batch.product, there, told)


def another_receipt(receipt: str) -> str:
    """
    A new name for a cover that was ended and begins again.

    >>> len(another_receipt("10000001/zm-nhima/2026-11/ZE1000016/rabcdef"))
    43
    """
    return re.sub(r"/r[0-9a-f]{6}$", "", receipt) + f"/r{secrets.token_hex(3)}"


def _send(
    core: Core, batch: Batch, product: str, months: list[PersonMonth], told: Told, hold: Hold
) -> list[PersonMonth]:
    """Those the core says it took."""
    if not months:
        return []
    one = batch.employer
    core.ensure_employer(one.number, one.name, one.phone, one.email, one.address)
    people = core.ensure_people([month.person for month in months])
    ready = []
    for month in months:
        if isinstance(refused := people[month.person.insurance_number], CoreRefused):
            told.refused[month.id] = _refusal(refused)
        else:
            ready.append(month)
    hold(ready)
    covers = [_cover(batch, product, month) for month in ready]
    outcomes = core.cover(covers, batch.label) if covers else {}
    taken = []
    for month in ready:
        outcome = outcomes[month.receipt]
        if outcome.ok:
            taken.append(month)
        elif outcome.again:
            told.waiting[month.id] = (
                NOT_WORKED_ON if outcome == NOT_YET else _("Not done yet: %(why)s", why=outcome.error)
            )
        else:
            told.refused[month.id] = _("The core did not take the cover: %(reason)s", reason=outcome.error)
    return taken


def _refusal(refused: CoreRefused) -> Words:
    if not refused.detail:
        return refused.words
    return _("The core did not take the person: %(reason)s", reason=refused.detail)


def _cover(batch: Batch, product: str, month: PersonMonth) -> CoverForCore:
    return CoverForCore(
        month.person.insurance_number, product, batch.first_day, batch.last_day, month.amount, month.receipt,
        batch.decimals,
    )  # fmt: skip


def _read_back(core: Core, batch: Batch, product: str, months: list[PersonMonth], told: Told) -> None:
    """Only what the core shows as cover on the first day of the month, up to its last, is known to it."""
    if not months:
        return
    seen = core.read_back([one.person.insurance_number for one in months], product, batch.first_day)
    for one in months:
        cover = seen.get(one.person.insurance_number)
        if cover is not None and _whole(cover, batch):
            told.known[one.id] = cover.policy
        else:
            told.waiting[one.id] = NOT_SHOWN


def _whole(cover: CoverSeen, batch: Batch) -> bool:
    """Whether the cover holds (or held: the core marks it expired later) for the whole month."""
    starts = cover.first_day is not None and cover.first_day <= batch.first_day
    return starts and cover.last_day >= batch.last_day and (cover.covered or (batch.over and cover.status == EXPIRED))
