"""
A payout of the gateway was joined to the wrong entry: two people undo it, and it can be joined again.

What it moved is moved back beside it; nothing is removed.  The payments stay as the gateway told of them: only the
money behind them at the bank is not known any more.  What people undid is never joined again by itself.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal import approvals, audit
from portal.approvals import Action, Approval, Decider, Row, action
from portal.audit import Event
from portal.bank.matching import deciding
from portal.bank.models import BankEntry
from portal.bank.settling import entry_by_id
from portal.errors import Refused
from portal.gateway import payouts
from portal.gateway.models import GatewayPayout
from portal.ledger import cashbook
from portal.words import Amount, _

UNDO = "bank.undo_payout"


def ask(session: Session, entry_id: UUID, *, reason: str, by: int, at: datetime) -> Approval:
    """Ask a second person to take a payout off the entry it was joined to.  Refused (409) where there is none."""
    entry = entry_by_id(session, entry_id, lock=True)
    payout = payouts.of_entry(session, entry.id)
    if payout is None:
        raise Refused(_("No payout is joined to this entry any more."), status=409)
    return approvals.ask(session, UNDO, entry.subject, shown=_shown(entry, payout), reason=reason, by=by, at=at)


def _shown(entry: BankEntry, payout: GatewayPayout) -> dict[str, Any]:
    """What the second person decides on.  Minor units."""
    return {
        "payout": str(payout.public_id), "number": payout.number, "sent": payout.day.isoformat(),
        "amount": payout.amount, "fee": payout.fee, "currency": payout.currency, "day": entry.booking_day.isoformat(),
        "text": entry.remittance or entry.additional, "bank_reference": entry.bank_reference,
    }  # fmt: skip


def _rows(_session: Session, request: Approval) -> list[Row]:
    shown = request.shown
    return [
        (_("Payout"), shown["number"]),
        (_("Sent to the bank"), date.fromisoformat(shown["sent"])),
        (_("Amount"), Amount(shown["amount"], shown["currency"])),
        (_("The gateway's fee"), Amount(shown["fee"], shown["currency"])),
        (_("Booked by the bank on"), date.fromisoformat(shown["day"])),
        (_("Text of the payer"), shown["text"] or "-"),
        (_("The bank's reference"), shown["bank_reference"] or "-"),
        (_("What follows"), _(
            "The entry is in suspense again, the payout waits for its entry. Payments and receipts of employers stay."
        )),
    ]  # fmt: skip


def _carry_out(session: Session, request: Approval, by: Decider) -> None:
    """Take it off, unless it was already."""
    entry = entry_by_id(session, UUID(request.subject.partition(":")[2]), lock=True)
    payout = payouts.by_id(session, UUID(request.shown["payout"]), lock=True)
    if payout.entry_id != entry.id:
        raise Refused(_("No payout is joined to this entry any more."), status=409)
    payouts.parts_of(session, payout, lock=True)  # what becomes of a payment waits until it is undone
    cashbook.move(session, payouts.moves_back(session, payout), at=by.at, by=by.account)
    session.refresh(entry, ["unsettled", "settled_at"])
    payout.entry_id, payout.joined_at, payout.joined_by, payout.undone = None, None, None, payout.undone + 1
    entry.found, entry.why = "", {}
    audit.record(
        session, Event.BANK_PAYOUT_UNDONE, at=by.at, by=by.account, subject=entry.subject, payout=payout.public_id,
        amount=payout.amount,
    )  # fmt: skip
    session.flush()
    deciding.match_waiting(session)


action(Action(UNDO, "decide", _("Take a payout off an entry of the bank"), _rows, _carry_out))
