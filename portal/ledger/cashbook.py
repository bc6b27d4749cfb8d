"""
The fund's side of the book: its bank accounts, and money that is not yet an employer's.

Each move takes an amount from one account to another, so the accounts balance by themselves.  An entry of a bank moves
money between the bank and suspense when its statement is imported; whose it is is decided later, and moves it on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, case, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.db import Base, Id, Money, PublicId


class CashAccount(StrEnum):
    """The accounts of the fund's side.  A debit adds to the bank; a credit adds to what the others hold."""

    BANK = "bank"
    #: Money at the bank of which nobody has decided yet whose it is.
    SUSPENSE = "suspense"
    #: Money that went on to employers' accounts, where it stands as money received.
    EMPLOYERS = "employers"
    #: Money on its way back to a payer, or that came back from one.
    RETURNED = "returned"
    #: What is no contribution: the bank's charges, interest, moves between the fund's own accounts.
    OTHER = "other"
    #: What an account held before its first statement.
    BEFORE = "before"


class CashMove(Base):
    """An amount that moved from the account *credit* to the account *debit*.  Rows are only ever added."""

    __tablename__ = "cash_move"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("debit <> credit", name="sides"),
        CheckConstraint("debit IN ('bank', 'suspense', 'employers', 'returned', 'other', 'before')", name="debit"),
        CheckConstraint("credit IN ('bank', 'suspense', 'employers', 'returned', 'other', 'before')", name="credit"),
        CheckConstraint("(entry_id IS NULL) = ('before' IN (debit, credit))", name="entry"),
        CheckConstraint("(payment_id IS NOT NULL) = ('employers' IN (debit, credit))", name="payment"),
        Index(None, "bank_account_id", "effective_day"),
        Index(None, "entry_id"),
        Index(None, "payment_id"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    #: What caused it; used once, so that repeating it adds nothing.
    name: Mapped[str] = mapped_column(unique=True)
    bank_account_id: Mapped[int] = mapped_column(ForeignKey("bank_account.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("bank_entry.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
    debit: Mapped[str]
    credit: Mapped[str]
    amount: Mapped[Money]
    #: The day the bank booked it.
    effective_day: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


#: Every move of a list that is not there yet; what entries still have in suspense follows in the same statement.
MOVE = text(
    """
    WITH made AS (
        INSERT INTO cash_move (
            name, bank_account_id, entry_id, payment_id, debit, credit, amount, effective_day, recorded_at, recorded_by
        )
        SELECT said.*, CAST(:at AS timestamptz), CAST(:by AS bigint)
        FROM jsonb_to_recordset(CAST(:said AS jsonb)) AS said(
            name varchar, bank_account_id bigint, entry_id bigint, payment_id bigint, debit varchar, credit varchar,
            amount bigint, effective_day date
        )
        ON CONFLICT (name) DO NOTHING
        RETURNING entry_id, debit, credit, amount
    ), changed AS (
        SELECT entry_id, sum(CASE WHEN credit = 'suspense' THEN amount ELSE -amount END)::bigint AS amount
        FROM made WHERE entry_id IS NOT NULL AND 'suspense' IN (debit, credit) GROUP BY entry_id
    ), followed AS (
        UPDATE bank_entry SET unsettled = unsettled + changed.amount,
            settled_at = CASE WHEN unsettled + changed.amount = 0 THEN CAST(:at AS timestamptz) END
        FROM changed WHERE bank_entry.id = changed.entry_id
    )
    SELECT count(*) FROM made
    """
)


@dataclass(frozen=True, slots=True)
class Move:
    """What moves: *amount* above zero goes into *debit*, below zero out of it; nought is no move."""

    name: str
    bank_account: int
    debit: CashAccount
    credit: CashAccount
    amount: int
    day: date
    entry: int | None = None
    payment: int | None = None


def move(session: Session, moves: Sequence[Move], *, at: datetime, by: int | None) -> int:
    """
    Write the moves and give back how many were new: a name that is there already adds nothing.

    What an entry still has in suspense follows, in the same transaction.
    """
    said = [_row(one) for one in moves if one.amount]
    if not said:
        return 0
    session.flush()
    return int(session.scalar(MOVE, {"said": json.dumps(said), "at": at, "by": by}) or 0)


def _row(one: Move) -> dict[str, Any]:
    debit, credit = (one.debit, one.credit) if one.amount > 0 else (one.credit, one.debit)
    return {
        "name": one.name, "bank_account_id": one.bank_account, "entry_id": one.entry, "payment_id": one.payment,
        "debit": debit.value, "credit": credit.value, "amount": abs(one.amount),
        "effective_day": one.day.isoformat(),
    }  # fmt: skip


def give_back(session: Session, payment: int, *, at: datetime, by: int | None) -> None:
    """What a bank's entry paid belongs to nobody again: the payment it made was taken back.  Again: nothing."""
    wanted = (CashMove.payment_id == payment, CashMove.credit == CashAccount.EMPLOYERS.value)
    moves = [
        Move(
            f"back/{one.id}", one.bank_account_id, CashAccount.EMPLOYERS, CashAccount.SUSPENSE, one.amount,
            one.effective_day, one.entry_id, payment,
        )
        for one in session.scalars(select(CashMove).where(*wanted))
    ]  # fmt: skip
    move(session, moves, at=at, by=by)


def balance(session: Session, bank_account: int, account: CashAccount, on: date | None = None) -> int:
    """What an account holds, minor units, at the end of *on*: a debit counts above zero, a credit below."""
    signed = case((CashMove.debit == account.value, CashMove.amount), else_=-CashMove.amount)
    wanted = [CashMove.bank_account_id == bank_account, (CashMove.debit == account) | (CashMove.credit == account)]
    if on is not None:
        wanted.append(CashMove.effective_day <= on)
    return int(session.scalar(select(func.coalesce(func.sum(signed), 0)).where(*wanted)) or 0)
