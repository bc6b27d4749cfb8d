"""The book: charges, transactions and their postings.  Rows are only ever added."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, Money, PublicId
from portal.scheme.calendars import Month


class AccountName(StrEnum):
    """The accounts of an employer in one scheme.  A debit is positive, a credit negative."""

    #: Contributions the employer owes (debit: charged; credit: paid or taken back).
    CONTRIBUTION_DUE = "contribution_due"
    #: Late charges the employer owes.
    LATE_DUE = "late_due"
    #: What the fund has earned in contributions, and in late charges.
    CONTRIBUTION_INCOME = "contribution_income"
    LATE_INCOME = "late_income"
    #: Money that reached the fund.
    MONEY_RECEIVED = "money_received"
    #: Money of the employer that settles nothing yet; of it, what is on its way back to the employer.
    CREDIT = "credit"
    SET_ASIDE = "set_aside"
    #: Money the fund gave back.
    MONEY_REFUNDED = "money_refunded"
    #: The other side of what was brought over from the books before: earned and received there.
    BOOKS_BEFORE = "books_before"


class Charge(Base):
    """What is owed for one month of one scheme, due on one day.  Its amount is the sum of its postings."""

    __tablename__ = "charge"
    __table_args__ = (UniqueConstraint("employer_id", "scheme", "month"), Index(None, "scheme", "month"))

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    scheme: Mapped[str]
    month: Mapped[Month]
    due_day: Mapped[date]
    currency: Mapped[str]
    pack_hash: Mapped[str]
    created_at: Mapped[datetime]


class Transaction(Base):
    """One event in the book, under a name used once: repeating it adds nothing."""

    __tablename__ = "transaction"
    __table_args__ = (
        UniqueConstraint("employer_id", "name"),
        CheckConstraint(
            "kind IN ('declaration', 'amendment', 'payment', 'late', 'credit', 'refund', 'opening', 'reversal')",
            name="kind",
        ),
        Index(None, "employer_id", "effective_day"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    scheme: Mapped[str]
    currency: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    #: The day the entry counts from; when it was written is `recorded_at`.
    effective_day: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    #: The calculation behind it: {"steps": [...], "pack": hash, ...}
    explanation: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("transaction.id"), unique=True)


class Posting(Base):
    """One side of a transaction.  The database itself sees to it that the postings of a transaction sum to zero."""

    __tablename__ = "posting"
    __table_args__ = (Index(None, "employer_id", "charge_id"), Index(None, "transaction_id"))

    id: Mapped[Id]
    transaction_id: Mapped[int] = mapped_column(ForeignKey("transaction.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    account: Mapped[str]
    charge_id: Mapped[int | None] = mapped_column(ForeignKey("charge.id"))
    amount: Mapped[Money]
