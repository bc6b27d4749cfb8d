"""
Day by day: what the book says the fund's account holds, beside what the bank says; and which entries tell them apart.

The book holds an entry on the day the bank booked it.  What the bank says of a day is in the statement that ends on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from portal.bank.models import BankAccount, BankEntry, BankStatement
from portal.gateway.models import GatewayPayment
from portal.ledger import cashbook
from portal.ledger.cashbook import CashAccount, CashMove
from portal.payments.models import Payment, PaymentReversal, Receipt

#: More days than these are not asked for at once.
MOST_DAYS = 92
#: Methods by which money recorded by hand has to come in at the bank.
BY_BANK = ("bank", "cheque", "mobile")


@dataclass(frozen=True, slots=True)
class Day:
    """One day of an account, minor units: by the book and by the bank (None: no statement ends on it), and suspense."""

    day: date
    into: int
    out: int
    book: int
    bank: int | None
    suspense: int

    @property
    def difference(self) -> int | None:
        """The book less the bank; None where the bank does not say."""
        return None if self.bank is None else self.book - self.bank


@dataclass(frozen=True, slots=True)
class NotSeen:
    """Money recorded by hand that no entry of the bank stands behind."""

    receipt: Receipt
    payment: Payment


def days(session: Session, account: BankAccount, first: date, last: date) -> list[Day]:
    """Every day from *first* to *last*, both included, at most `MOST_DAYS` of them."""
    first = max(first, last - timedelta(days=MOST_DAYS - 1))
    book = cashbook.balance(session, account.id, CashAccount.BANK, first - timedelta(days=1))
    suspense = -cashbook.balance(session, account.id, CashAccount.SUSPENSE, first - timedelta(days=1))
    moved, said = _moved(session, account, first, last), _said(session, account, first, last)
    found = []
    for nth in range((last - first).days + 1):
        day = first + timedelta(days=nth)
        into, out, held, net = moved.get(day, (0, 0, 0, 0))
        book, suspense = book + net, suspense + held
        found.append(Day(day, into, out, book, said.get(day), suspense))
    return found


def _moved(session: Session, account: BankAccount, first: date, last: date) -> dict[date, tuple[int, int, int, int]]:
    """By day: what came into the bank by the book and went out, and by how much suspense and the bank changed."""
    bank = CashAccount.BANK.value
    entry = CashMove.entry_id.is_not(None)  # what the account held before its first statement did not come in that day
    into = func.sum(case((entry & (CashMove.debit == bank), CashMove.amount), else_=0))
    out = func.sum(case((entry & (CashMove.credit == bank), CashMove.amount), else_=0))
    net = func.sum(
        case((CashMove.debit == bank, CashMove.amount), (CashMove.credit == bank, -CashMove.amount), else_=0)
    )
    suspense = CashAccount.SUSPENSE.value
    held = func.sum(case((CashMove.credit == suspense, CashMove.amount), (CashMove.debit == suspense, -CashMove.amount),
                         else_=0))  # fmt: skip
    wanted = (CashMove.bank_account_id == account.id, CashMove.effective_day.between(first, last))
    rows = session.execute(
        select(CashMove.effective_day, into, out, held, net).where(*wanted).group_by(CashMove.effective_day)
    )
    return {day: (int(came), int(went), int(stays), int(change)) for day, came, went, stays, change in rows}


def _said(session: Session, account: BankAccount, first: date, last: date) -> dict[date, int]:
    """By day: the closing balance of the last statement that ends on it."""
    wanted = (
        BankStatement.bank_account_id == account.id, BankStatement.closing.is_not(None),
        BankStatement.to_day.between(first, last),
    )  # fmt: skip
    rows = session.execute(
        select(BankStatement.to_day, BankStatement.closing)
        .where(*wanted)
        .order_by(BankStatement.to_day, BankStatement.id)
    )
    return {day: closing for day, closing in rows if closing is not None}


def only_notified(session: Session, account: BankAccount, last: date) -> Sequence[BankEntry]:
    """Entries in the book that no statement with balances holds yet, up to *last*."""
    wanted = (
        BankEntry.bank_account_id == account.id, BankEntry.statement_id.is_(None), BankEntry.booking_day <= last
    )  # fmt: skip
    return session.scalars(select(BankEntry).where(*wanted).order_by(BankEntry.booking_day, BankEntry.id)).all()


def gaps(session: Session, account: BankAccount, last: date) -> list[tuple[BankStatement, BankStatement]]:
    """Pairs of statements after each other where the second does not begin with what the first ended with."""
    wanted = (
        BankStatement.bank_account_id == account.id, BankStatement.closing.is_not(None), BankStatement.to_day <= last
    )  # fmt: skip
    found = session.scalars(select(BankStatement).where(*wanted).order_by(BankStatement.to_day, BankStatement.id)).all()
    return [
        (before, after)
        for before, after in pairwise(found)
        if before.closing != after.opening and after.known < after.entries
    ]


def not_seen(session: Session, currency: str, last: date, limit: int = 50) -> list[NotSeen]:
    """
    Money recorded by hand as come in at a bank, up to *last*, that no bank has shown yet: the oldest first.

    What the payment gateway told of is left out: its payouts tell.  What was recorded before the first statement of any
    account in this currency cannot have been shown.
    """
    first = session.scalar(select(func.min(BankStatement.from_day)).where(BankStatement.currency == currency))
    if first is None:
        return []
    statement = (
        select(Receipt, Payment)
        .join(Payment, Payment.id == Receipt.payment_id)
        .where(Payment.currency == currency, Payment.paid_on.between(first, last), Payment.method.in_(BY_BANK))
        .where(~select(PaymentReversal.id).where(PaymentReversal.payment_id == Payment.id).exists())
        .where(~select(CashMove.id).where(CashMove.payment_id == Payment.id).exists())
        .where(~select(GatewayPayment.id).where(GatewayPayment.payment_id == Payment.id).exists())
        .order_by(Payment.paid_on, Payment.id)
        .limit(limit)
    )
    return [NotSeen(receipt, payment) for receipt, payment in session.execute(statement)]
