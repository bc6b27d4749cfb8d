"""Bills, payments and receipts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, Money, PublicId


class Bill(Base):
    """What to pay for one charge, with the reference to quote.  A later bill for the same charge replaces it."""

    __tablename__ = "bill"
    __table_args__ = (Index(None, "employer_id", "charge_id"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    number: Mapped[str] = mapped_column(unique=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    charge_id: Mapped[int] = mapped_column(ForeignKey("charge.id"))
    scheme: Mapped[str]
    #: ISO 11649 creditor reference, "RF…"
    reference: Mapped[str] = mapped_column(unique=True)
    currency: Mapped[str]
    amount: Mapped[Money]
    issued_at: Mapped[datetime]
    snapshot: Mapped[dict[str, Any]]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))


class Payment(Base):
    """Money received from an employer for one scheme.  A mistake is reversed, never edited."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("method IN ('cash', 'cheque', 'bank', 'mobile')", name="method"),
        Index(None, "employer_id", "paid_on"),
        Index(None, "scheme", "paid_on"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    scheme: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[Money]
    #: The day that counts for being on time, by the scheme's rule.
    paid_on: Mapped[date]
    method: Mapped[str]
    bank_reference: Mapped[str] = mapped_column(default="")
    bill_id: Mapped[int | None] = mapped_column(ForeignKey("bill.id"))
    transaction_id: Mapped[int] = mapped_column(ForeignKey("transaction.id"), unique=True)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class PaymentReversal(Base):
    """A payment taken back (a bounced cheque, a wrong employer), with its reason."""

    __tablename__ = "payment_reversal"

    id: Mapped[Id]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), unique=True)
    transaction_id: Mapped[int] = mapped_column(ForeignKey("transaction.id"), unique=True)
    reason: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Receipt(Base):
    """Proof that money was received: a number without gaps and a frozen snapshot."""

    __tablename__ = "receipt"
    __table_args__ = (Index(None, "employer_id", "issued_at"),)

    id: Mapped[Id]
    #: The name in its address and, for the public page, the secret that proves one holds it.
    public_id: Mapped[PublicId]
    number: Mapped[str] = mapped_column(unique=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), unique=True)
    issued_at: Mapped[datetime]
    snapshot: Mapped[dict[str, Any]]


class ReceiptFile(Base):
    """The PDF of a receipt, drawn when first asked for and kept byte for byte."""

    __tablename__ = "receipt_file"

    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipt.id"), primary_key=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))


class Refund(Base):
    """Credit that was given back to the employer: a number without gaps and a frozen snapshot of its note."""

    __tablename__ = "refund"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"), Index(None, "employer_id", "id"))

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    number: Mapped[str] = mapped_column(unique=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    scheme: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[Money]
    approval_id: Mapped[int] = mapped_column(ForeignKey("approval.id"), unique=True)
    transaction_id: Mapped[int] = mapped_column(ForeignKey("transaction.id"), unique=True)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: What its note says, the bank account it goes to included.
    snapshot: Mapped[dict[str, Any]]


class RefundFile(Base):
    """The PDF of the note of a refund, drawn when first asked for and kept byte for byte."""

    __tablename__ = "refund_file"

    refund_id: Mapped[int] = mapped_column(ForeignKey("refund.id"), primary_key=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
