"""
Money that goes back: an entry the bank took back, and money in suspense that is sent back or is no contribution.

A returned entry takes its payment back by the two people every payment needs; once they did, the return and what it
returns leave suspense together.  What leaves suspense for anybody but an employer needs two people, too.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import approvals
from portal.approvals import Action, Approval, Decider, Row, action
from portal.bank.models import BankEntry
from portal.bank.settling import entry_by_id, nobodys, told
from portal.errors import Refused
from portal.ledger import cashbook
from portal.ledger.cashbook import CashAccount, CashMove, Move
from portal.payments.models import Receipt
from portal.payments.taking_back import ask_to_take_back, once_taken_back
from portal.words import Amount, Words, _

SEND_BACK, NOT_OURS = "bank.send_back", "bank.not_ours"
TITLES: dict[str, Words] = {
    SEND_BACK: _("Send money in suspense back to who paid it"),
    NOT_OURS: _("Money in suspense is no contribution"),
}
FOLLOWS: dict[str, Words] = {
    SEND_BACK: _("It leaves suspense now; the bank is told by the fund, and its entry is matched when it comes."),
    NOT_OURS: _("It leaves suspense and counts among the fund's other money."),
}


def ask_for_return(session: Session, public_id: UUID, *, by: int, at: datetime) -> Approval | None:
    """
    Ask that the payment a returned entry made is taken back; None when nobody was paid with it and both are settled.

    Refused when the entry does not return another one.
    """
    entry = entry_by_id(session, public_id, lock=True)
    if entry.found_entry_id is None:
        raise Refused(_("It is not known which entry this one takes back."), status=409)
    first = session.get_one(BankEntry, entry.found_entry_id)
    receipt = session.scalar(select(Receipt).where(Receipt.payment_id == entry.found_payment_id))
    if receipt is None or first.unsettled == -entry.unsettled:
        pair(session, entry, first, by=by, at=at)
        return None
    reason = _("The bank returned it on %(day)s: %(reason)s", day=entry.booking_day, reason=entry.return_reason or "-")
    return ask_to_take_back(session, receipt.public_id, reason=str(reason), by=by, at=at)


def pair(session: Session, entry: BankEntry, first: BankEntry, *, by: int | None, at: datetime) -> None:
    """A return and what it returns leave suspense together.  Refused while the first one is booked to somebody."""
    left = entry.unsettled
    if not left:
        return
    sent_back = not first.unsettled and _sent_back(session, first) == -left
    if first.unsettled != -left and not sent_back:
        words = _("The entry it takes back is booked. Take its receipts back first, then come back here.")
        raise Refused(words, status=409)
    moves = [
        Move(f"returned/{entry.id}/{one.id}", one.bank_account_id, CashAccount.SUSPENSE, CashAccount.RETURNED,
             one.unsettled, entry.booking_day, one.id)
        for one in ((entry,) if sent_back else (first, entry))
    ]  # fmt: skip
    cashbook.move(session, moves, at=at, by=by)
    for one in (entry,) if sent_back else (first, entry):
        told(session, one, "returned", abs(left), by=by, at=at)


def _sent_back(session: Session, first: BankEntry) -> int:
    """What of an entry two people sent back and the bank has not carried out yet."""
    name = CashMove.name
    out = func.coalesce(func.sum(CashMove.amount).filter(name.startswith(f"{SEND_BACK}/")), 0)
    sent = session.scalar(select(out).where(CashMove.entry_id == first.id)) or 0
    done = select(CashMove.id).join(BankEntry, BankEntry.id == CashMove.entry_id)
    done = done.where(BankEntry.found_entry_id == first.id, CashMove.debit == CashAccount.RETURNED.value)
    return 0 if session.scalar(done.limit(1)) else int(sent)


def _follow(session: Session, payment: int, by: Decider) -> None:
    """Once a payment was taken back because the bank returned it, both entries leave suspense."""
    wanted = (BankEntry.found_payment_id == payment, BankEntry.found == "return", BankEntry.unsettled != 0)
    for entry in session.scalars(select(BankEntry).where(*wanted).with_for_update()):
        first = session.get(BankEntry, entry.found_entry_id or 0, populate_existing=True, with_for_update=True)
        if first is not None and first.unsettled == -entry.unsettled:
            pair(session, entry, first, by=by.account, at=by.at)


once_taken_back(_follow)


def ask(session: Session, code: str, public_id: UUID, *, reason: str, by: int, at: datetime) -> Approval:
    """Ask a second person to send what is left of an entry back, or to count it as no contribution."""
    entry = entry_by_id(session, public_id, lock=True)
    if entry.unsettled <= 0:
        raise Refused(_("Nothing of this entry is in suspense any more."), status=409)
    nobodys(session, entry)
    shown = {
        "amount": entry.unsettled, "currency": entry.currency, "day": entry.booking_day.isoformat(),
        "payer": entry.payer_name, "account": entry.payer_account, "bank_reference": entry.bank_reference,
    }  # fmt: skip
    return approvals.ask(session, code, entry.subject, shown=shown, reason=reason, by=by, at=at)


def waiting(session: Session, entry: BankEntry) -> Approval | None:
    """The open request about an entry."""
    asked = select(Approval).where(Approval.subject == entry.subject, Approval.decision.is_(None))
    return session.scalar(asked.order_by(Approval.id).limit(1))


def _rows(_session: Session, request: Approval) -> list[Row]:
    shown = request.shown
    return [
        (_("Amount"), Amount(shown["amount"], shown["currency"])),
        (_("Booked by the bank on"), date.fromisoformat(shown["day"])),
        (_("Who paid"), shown["payer"] or "-"),
        (_("Account of who paid"), shown["account"] or "-"),
        (_("The bank's reference"), shown["bank_reference"] or "-"),
        (_("What follows"), FOLLOWS[request.action]),
    ]


def _leaves(to: CashAccount) -> Any:
    def carry_out(session: Session, request: Approval, by: Decider) -> None:
        entry = entry_by_id(session, UUID(request.subject.partition(":")[2]), lock=True)
        amount = int(request.shown["amount"])
        nobodys(session, entry)
        if entry.unsettled != amount:
            raise Refused(_("What is left of the entry changed meanwhile. Refuse this request and look at it again."))
        one = Move(
            f"{request.action}/{request.public_id}", entry.bank_account_id, CashAccount.SUSPENSE, to, amount,
            entry.booking_day, entry.id,
        )  # fmt: skip
        cashbook.move(session, [one], at=by.at, by=by.account)
        told(session, entry, "sent_back" if to is CashAccount.RETURNED else "not_ours", amount, by=by.account, at=by.at)

    return carry_out


action(Action(SEND_BACK, "decide", TITLES[SEND_BACK], _rows, _leaves(CashAccount.RETURNED)))
action(Action(NOT_OURS, "decide", TITLES[NOT_OURS], _rows, _leaves(CashAccount.OTHER)))
