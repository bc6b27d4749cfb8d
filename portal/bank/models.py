"""The fund's bank accounts, their statements, and the entries in them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, Money, PublicId


class BankAccount(Base):
    """An account of the fund at a bank.  Its CSV layout is what an officer told last (see `Layout`)."""

    __tablename__ = "bank_account"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    bank: Mapped[str]
    #: As printed; *plain* is the same as it is compared: letters and digits only.
    number: Mapped[str]
    plain: Mapped[str] = mapped_column(unique=True)
    currency: Mapped[str]
    #: The scheme whose money comes here; None where it is for several.
    scheme: Mapped[str | None]
    layout: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class BankStatement(Base):
    """A statement or notification as it was imported.  Minor units; no balances where the bank sends none."""

    __tablename__ = "bank_statement"
    __table_args__ = (
        CheckConstraint("format IN ('csv', 'mt940', 'camt.053', 'camt.054')", name="format"),
        CheckConstraint("(opening IS NULL) = (closing IS NULL)", name="balances"),
        CheckConstraint("from_day <= to_day", name="days"),
        UniqueConstraint("bank_account_id", "key"),
        Index(None, "bank_account_id", "to_day"),
        Index(None, "sha256"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    bank_account_id: Mapped[int] = mapped_column(ForeignKey("bank_account.id"))
    #: Format, number and days: the bank gives it once.
    key: Mapped[str]
    format: Mapped[str]
    number: Mapped[str]
    from_day: Mapped[date]
    to_day: Mapped[date]
    currency: Mapped[str]
    opening: Mapped[int | None] = mapped_column(BigInteger)
    closing: Mapped[int | None] = mapped_column(BigInteger)
    #: Entries in it, and how many of them were known from another statement.
    entries: Mapped[int]
    known: Mapped[int]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    sha256: Mapped[str]
    imported_at: Mapped[datetime]
    imported_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class BankEntry(Base):
    """
    One entry of a bank account, once, in however many statements it stands.  *amount* is below zero for money out.

    *unsettled* is what of it lies in suspense; only the cash book changes it.
    """

    __tablename__ = "bank_entry"
    __table_args__ = (
        UniqueConstraint("bank_account_id", "key"),
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint("(unsettled = 0) = (settled_at IS NOT NULL)", name="settled"),
        # What waits in a payout of the gateway is more than the entry where the gateway kept a fee.
        CheckConstraint("unsettled = 0 OR sign(unsettled) = sign(amount) OR found = 'payout'", name="unsettled"),
        CheckConstraint("abs(unsettled) <= abs(amount) OR found = 'payout'", name="within"),
        Index(None, "bank_account_id", "booking_day"),
        Index(None, "statement_id", "position"),
        Index(None, "notice_id"),
        Index(None, "payer_account"),
        Index("ix_bank_entry_waiting", "booking_day", "id", postgresql_where=text("unsettled <> 0")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    bank_account_id: Mapped[int] = mapped_column(ForeignKey("bank_account.id"))
    #: What makes it this entry and no other: the bank's reference, days, amount; see `importing`.
    key: Mapped[str]
    #: The statement with balances it stands in; the notification that told it before.
    statement_id: Mapped[int | None] = mapped_column(ForeignKey("bank_statement.id"))
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("bank_statement.id"))
    position: Mapped[int]
    amount: Mapped[Money]
    currency: Mapped[str]
    booking_day: Mapped[date]
    value_day: Mapped[date]
    #: The day the payer gave the order, where the bank tells it.
    ordered_day: Mapped[date | None]
    reversal: Mapped[bool]
    return_reason: Mapped[str]
    bank_reference: Mapped[str]
    creditor_reference: Mapped[str]
    end_to_end: Mapped[str]
    instruction: Mapped[str]
    remittance: Mapped[str]
    additional: Mapped[str]
    payer_name: Mapped[str]
    payer_account: Mapped[str]
    code: Mapped[str]
    recorded_at: Mapped[datetime]
    unsettled: Mapped[Money]
    settled_at: Mapped[datetime | None]
    #: What matching found (see `matching.deciding`): how sure, why in words, and whose it may be.
    found: Mapped[str] = mapped_column(default="")
    why: Mapped[dict[str, Any]]
    found_employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    found_bill_id: Mapped[int | None] = mapped_column(ForeignKey("bill.id"))
    found_payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
    found_entry_id: Mapped[int | None] = mapped_column(ForeignKey("bank_entry.id"))
    found_scheme: Mapped[str | None]
    #: Left in suspense on purpose, and why.
    parked: Mapped[str] = mapped_column(default="")

    @property
    def subject(self) -> str:
        """How requests, the audit log and the list of what is taken name it."""
        return f"bank_entry:{self.public_id}"


class BankConfirmation(Base):
    """Proposals that an officer confirmed in one go.  *name* is that of the form: sent twice, it is one of these."""

    __tablename__ = "bank_confirmation"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    name: Mapped[UUID] = mapped_column(unique=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))

    @property
    def subject(self) -> str:
        """How the audit log names it."""
        return f"bank_confirmation:{self.public_id}"


class BankConfirmed(Base):
    """
    One proposal of a `BankConfirmation`: what was ticked, why it was proposed, and what became of it.

    waiting: its turn comes; done: booked as proposed; left: it was not, and *said* tells why.
    """

    __tablename__ = "bank_confirmed"
    __table_args__ = (
        UniqueConstraint("confirmation_id", "entry_id"),
        CheckConstraint("outcome IN ('waiting', 'done', 'left')", name="outcome"),
        CheckConstraint("(outcome = 'waiting') = (done_at IS NULL)", name="done"),
        Index("ix_bank_confirmed_waiting", "entry_id", postgresql_where=text("outcome = 'waiting'")),
    )

    id: Mapped[Id]
    confirmation_id: Mapped[int] = mapped_column(ForeignKey("bank_confirmation.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("bank_entry.id"))
    #: The mark of the proposal as the page showed it; another mark is another proposal.
    seen: Mapped[str]
    #: Why it was proposed, as kept words.
    why: Mapped[dict[str, Any]]
    outcome: Mapped[str] = mapped_column(default="waiting")
    #: Why it was left, as kept words.
    said: Mapped[dict[str, Any]]
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
    done_at: Mapped[datetime | None]
