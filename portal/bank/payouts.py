"""
An entry of the bank that is a payout of the payment gateway: many payments in one sum, less the gateway's fee.

It is nobody's payment: the payments in it were booked when the gateway told of them.  Where its text names the payout
and the amount is the same, it is joined by itself; else an officer says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.bank.matching.references import PLACES, squashed
from portal.bank.models import BankEntry
from portal.bank.settling import entry_by_id, told
from portal.errors import Refused
from portal.gateway import payouts
from portal.gateway.models import GatewayPayout
from portal.ledger import cashbook
from portal.scheme.explain import words_to_json
from portal.words import _

#: Payouts looked at in one go, the latest.
MOST = 200


def join(session: Session, entry_id: UUID, payout_id: UUID, *, by: int | None, at: datetime) -> None:
    """
    The entry is this payout: what its payments brought stands behind them, the fee is the bank's.  Again: nothing.

    Refused when the amounts or currencies differ, something of the entry is settled, or a part cannot be booked.
    """
    entry, payout = entry_by_id(session, entry_id, lock=True), payouts.by_id(session, payout_id, lock=True)
    if payout.entry_id == entry.id:
        return
    if payout.entry_id is not None or payouts.of_entry(session, entry.id) is not None:
        raise Refused(_("Another entry is this payout, or the entry is another payout."), status=409)
    if (entry.amount, entry.unsettled, entry.currency) != (payout.amount, payout.amount, payout.currency):
        raise Refused(_("The entry is not of the amount of this payout, or part of it is settled."), status=409)
    parts = payouts.parts_of(session, payout, lock=True)
    problem = payouts.problem(session, payout, parts)
    if problem is not None:
        raise Refused(problem, status=409)
    payout.entry_id, payout.joined_at, payout.joined_by = entry.id, at, by
    entry.parked, entry.found, entry.found_employer_id = "", "payout", None
    entry.why = words_to_json(_("It is payout %(number)s of the payment gateway.", number=payout.number))
    moves = payouts.moves(payout, parts, entry.bank_account_id, entry.id, entry.booking_day)
    cashbook.move(session, moves, at=at, by=by)
    told(session, entry, "payout", abs(entry.amount), by=by, at=at)


def join_waiting(session: Session, *, by: int | None, at: datetime) -> int:
    """
    Join every payout whose number stands in an entry of its amount; how many.

    What cannot be booked waits, and so does what two people took off an entry: an officer joins it again.
    """
    waiting = session.scalars(
        select(GatewayPayout)
        .where(GatewayPayout.entry_id.is_(None), GatewayPayout.undone == 0)
        .order_by(GatewayPayout.id.desc())
        .limit(MOST)
    ).all()
    joined = 0
    for payout in waiting:
        named = [one for one in _of_amount(session, payout) if _names(one, payout)]
        if len(named) != 1:
            continue
        try:
            with session.begin_nested():
                join(session, named[0].public_id, payout.public_id, by=by, at=at)
                joined += 1
        except Refused:  # a payment in it is not known yet: the next comparison brings it
            continue
    return joined


def candidates(session: Session, entry: BankEntry) -> Sequence[GatewayPayout]:
    """Payouts an entry may be: of its amount, and not found at the bank yet."""
    if entry.unsettled != entry.amount:
        return []
    wanted = (
        GatewayPayout.entry_id.is_(None), GatewayPayout.amount == entry.amount,
        GatewayPayout.currency == entry.currency,
    )  # fmt: skip
    return session.scalars(select(GatewayPayout).where(*wanted).order_by(GatewayPayout.id.desc()).limit(5)).all()


def _of_amount(session: Session, payout: GatewayPayout) -> Sequence[BankEntry]:
    taken = select(GatewayPayout.entry_id).where(GatewayPayout.entry_id.is_not(None))
    wanted = (
        BankEntry.amount == payout.amount, BankEntry.unsettled == BankEntry.amount, BankEntry.id.not_in(taken),
        BankEntry.currency == payout.currency, func.abs(BankEntry.unsettled) > 0,
    )  # fmt: skip
    return session.scalars(select(BankEntry).where(*wanted).order_by(BankEntry.id)).all()


def _names(entry: BankEntry, payout: GatewayPayout) -> bool:
    """Whether the number of the payout stands in a text of the entry, however it is written."""
    number = squashed(payout.number)
    return len(number) >= 4 and any(number in squashed(getattr(entry, place)) for place in PLACES)
