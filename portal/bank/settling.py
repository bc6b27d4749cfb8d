"""
An entry leaves suspense: to an employer as a payment with its receipt, or to a payment that was recorded by hand.

Books are locked before entries, as everywhere; an entry is locked while what is left of it is decided, so two officers
at once book it once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Event
from portal.bank.claiming.rules import refuse_alone
from portal.bank.matching import keeping
from portal.bank.models import BankEntry
from portal.db import by_public_id
from portal.errors import Refused
from portal.gateway.payouts import of_entry
from portal.installation import pack
from portal.ledger import book, cashbook
from portal.ledger.cashbook import CashAccount, CashMove, Move
from portal.payments import service
from portal.payments.models import Bill, Payment, PaymentReversal, Receipt
from portal.scheme.deadlines import effective_day
from portal.words import Amount, _

#: Longest reason why an entry is left in suspense, in characters.
LONGEST_REASON = 300


def entry_by_id(session: Session, public_id: UUID, *, lock: bool = False) -> BankEntry:
    """One entry; NotFound when there is none."""
    return by_public_id(session, BankEntry, public_id, lock=lock)


def settle(
    session: Session, public_id: UUID, employer_id: int, *, scheme: str, amount: int, bill: str | None = None,
    key: UUID, checked: bool = False, by: int | None, at: datetime,
) -> Receipt:  # fmt: skip
    """
    Book *amount* (minor units) of an entry as a payment of an employer, and give its receipt.

    *checked*: matching is sure, or two people agreed; else what the employer claims may have to go by its claim.

    *key* names the form: sent twice, the first receipt.  The day that counts is the one the scheme's rule says: that of
    the order, or that on which the bank counts the money.  Refused for more than is left, or another currency.
    """
    book.lock(session, employer_id)
    entry = entry_by_id(session, public_id, lock=True)
    first = service.receipt_of_key(session, employer_id, key)
    if first is not None:
        return first
    nobodys(session, entry)
    fits(entry, amount, scheme)
    if not checked:
        refuse_alone(session, entry, employer_id, amount)
    receipt = service.record_payment(
        session, employer_id, scheme=scheme, amount=amount, method="bank", bill_reference=bill, key=key, by=by, at=at,
        paid_on=effective_day(pack(scheme), entry.ordered_day, entry.value_day),
        bank_reference=entry.bank_reference or entry.end_to_end,
    )  # fmt: skip
    _post(session, entry, receipt.payment_id, amount, way="paid", by=by, at=at)
    return receipt


def link(session: Session, public_id: UUID, receipt: Receipt, *, by: int | None, at: datetime) -> None:
    """
    The entry is the money of a payment that was recorded by hand.  Again: nothing.

    Refused when the payment was taken back, has an entry behind it already, or is over more than is left of this one.
    """
    book.lock(session, receipt.employer_id)
    entry = entry_by_id(session, public_id, lock=True)
    payment = session.get_one(Payment, receipt.payment_id)
    linked = list(session.scalars(select(CashMove.entry_id).where(CashMove.payment_id == payment.id)))
    if entry.id in linked and not _taken_back(session, payment):
        return
    if linked or _taken_back(session, payment):
        words = _("Receipt %(number)s was taken back, or another entry stands behind it.", number=receipt.number)
        raise Refused(words, field="receipt")
    nobodys(session, entry)
    fits(entry, payment.amount, payment.scheme)
    _post(session, entry, payment.id, payment.amount, way="recorded", by=by, at=at)


def nobodys(session: Session, entry: BankEntry) -> None:
    """Refuse to give away what is left of a payout: it is that of payments the gateway told of and that wait."""
    payout = of_entry(session, entry.id)
    if payout is not None:
        words = _(
            "This entry is payout %(number)s of the payment gateway. What is left of it is of payments that wait: say "
            "on the page of the gateway whose they are.", number=payout.number,
        )  # fmt: skip
        raise Refused(words, status=409)


def _taken_back(session: Session, payment: Payment) -> bool:
    return session.scalar(select(PaymentReversal.id).where(PaymentReversal.payment_id == payment.id)) is not None


def fits(entry: BankEntry, amount: int, scheme: str) -> None:
    """Refused when this much (minor units) of an entry cannot be booked in a scheme: currency, or what is left."""
    currency = pack(scheme).currency.code
    if currency != entry.currency:
        words = _(
            "The entry is in %(found)s, the scheme counts in %(currency)s.", found=entry.currency, currency=currency
        )
        raise Refused(words, field="scheme", status=422)
    if not 0 < amount <= entry.unsettled:
        left = Amount(max(entry.unsettled, 0), entry.currency)
        words = _("Of this entry %(left)s is left. Write an amount above zero and up to that.", left=left)
        raise Refused(words, field="amount", status=409)


def _post(
    session: Session, entry: BankEntry, payment: int, amount: int, *, way: str, by: int | None, at: datetime
) -> None:
    one = Move(
        f"settled/{entry.id}/{payment}", entry.bank_account_id, CashAccount.SUSPENSE, CashAccount.EMPLOYERS, amount,
        entry.booking_day, entry.id, payment,
    )  # fmt: skip
    cashbook.move(session, [one], at=at, by=by)
    entry.parked = ""
    told(session, entry, way, amount, by=by, at=at)


def told(session: Session, entry: BankEntry, way: str, amount: int, *, by: int | None, at: datetime) -> None:
    """Write down that an entry left suspense, and how; what is left of it is read anew."""
    audit.record(
        session, Event.BANK_ENTRY_SETTLED, at=at, by=by, subject=entry.subject, way=way, amount=amount
    )  # fmt: skip
    session.flush()
    session.refresh(entry, ["unsettled", "settled_at"])
    if not entry.unsettled:
        for follow in _FOLLOWING:
            follow(session, entry, way, by, at)


#: What is done once all of an entry left suspense, in the same transaction.
_FOLLOWING: list[Callable[[Session, BankEntry, str, int | None, datetime], None]] = []


def once_settled(follow: Callable[[Session, BankEntry, str, int | None, datetime], None]) -> None:
    """Let *follow* be told of every entry that left suspense, in which way (see `told`), by whom and when."""
    _FOLLOWING.append(follow)


def out(session: Session, public_id: UUID, *, by: int | None, at: datetime) -> None:
    """Money that went out and is no employer's: the bank's charge, a transfer of the fund.  Again: nothing."""
    entry = entry_by_id(session, public_id, lock=True)
    if not entry.unsettled:
        return
    nobodys(session, entry)
    if entry.amount > 0:
        raise Refused(_("Money that came in leaves suspense with two people only."), status=422)
    left = entry.unsettled
    one = Move(
        f"other/{entry.id}", entry.bank_account_id, CashAccount.SUSPENSE, CashAccount.OTHER, left, entry.booking_day,
        entry.id,
    )  # fmt: skip
    cashbook.move(session, [one], at=at, by=by)
    told(session, entry, "out", left, by=by, at=at)


def park(session: Session, public_id: UUID, reason: str, *, by: int, at: datetime) -> None:
    """Leave an entry in suspense on purpose; *reason* says what is waited for."""
    entry = entry_by_id(session, public_id, lock=True)
    if not reason.strip():
        raise Refused(_("Write what you are waiting for."), field="reason", status=422)
    if entry.parked != reason.strip()[:LONGEST_REASON]:
        entry.parked = reason.strip()[:LONGEST_REASON]
        audit.record(session, Event.BANK_ENTRY_PARKED, at=at, by=by, subject=entry.subject)


# -- what is booked by itself ------------------------------------------------------------


def book_sure(session: Session, chosen: Sequence[tuple[int, int]], *, by: int | None, at: datetime) -> list[int]:
    """
    Book the entries that matching is sure of (rows and employers of `keeping.sure_ones`); gives those refused.

    Every book is locked before the first entry, in the order of the employers: nobody waits for us while we wait.
    """
    for employer in sorted({employer for _row, employer in chosen}):
        book.lock(session, employer)
    rows = session.scalars(
        select(BankEntry).where(BankEntry.id == func.any([row for row, _employer in chosen])).order_by(BankEntry.id)
    ).all()
    refused = []
    for entry in rows:
        try:
            with session.begin_nested():
                _book_one(session, entry, by=by, at=at)
        except Refused:  # a day to come, an employer no longer enrolled: an officer looks at it
            session.info.pop(book.HELD, None)  # what was read of the book may be undone with it
            refused.append(entry.id)
    return refused


def _book_one(session: Session, entry: BankEntry, *, by: int | None, at: datetime) -> None:
    if entry.found not in keeping.SURE or entry.found_employer_id is None or entry.unsettled != entry.amount:
        return
    if entry.found == "recorded":
        receipt = session.scalars(select(Receipt).where(Receipt.payment_id == entry.found_payment_id)).one()
        link(session, entry.public_id, receipt, by=by, at=at)
        return
    bill = session.get(Bill, entry.found_bill_id) if entry.found_bill_id else None
    settle(
        session, entry.public_id, entry.found_employer_id, scheme=entry.found_scheme or "", amount=entry.unsettled,
        bill=bill.reference if bill else None, key=uuid5(entry.public_id, "sure"), checked=True, by=by, at=at,
    )  # fmt: skip
