"""Bills as the gateway knows them, what it told of payments and payouts, what does not fit, each day's comparison."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, Money, PublicId


class GatewayBill(Base):
    """One bill at the gateway: asked for, open with a number to quote there, withdrawn, or refused by it."""

    __tablename__ = "gateway_bill"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'open', 'withdrawn', 'refused')", name="state"),
        CheckConstraint("state <> 'open' OR control_number IS NOT NULL", name="number"),
        Index(None, "employer_id"),
        Index("ix_gateway_bill_enquiry", "next_enquiry_at", postgresql_where=text("next_enquiry_at IS NOT NULL")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    bill_id: Mapped[int] = mapped_column(ForeignKey("bill.id"), unique=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    state: Mapped[str]
    #: What a payer quotes at the gateway; the gateway gives it.
    control_number: Mapped[str | None] = mapped_column(unique=True)
    #: The page where it is paid; empty where there is none.
    pay_url: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    #: How often the gateway was to be told something of it; only the last still counts.
    turn: Mapped[int]
    problem: Mapped[str] = mapped_column(default="")
    #: Real time at which the gateway is asked what became of it, once somebody went there to pay.
    next_enquiry_at: Mapped[datetime | None]
    enquiries: Mapped[int] = mapped_column(default=0)
    #: When the gateway answered last that nothing was paid, since somebody went there.
    nothing_at: Mapped[datetime | None]


class GatewayPayment(Base):
    """
    A payment the gateway told of.  What it said never changes; *state* and the employer do.

    booked: there is a payment with a receipt; waiting: an officer must say whose it is; reversed: taken back, or never
    booked; stuck: the gateway took it back, and the book cannot.
    """

    __tablename__ = "gateway_payment"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("state IN ('booked', 'waiting', 'reversed', 'stuck')", name="state"),
        CheckConstraint("way IN ('call', 'enquiry', 'list')", name="way"),
        CheckConstraint("state NOT IN ('booked', 'stuck') OR payment_id IS NOT NULL", name="payment"),
        UniqueConstraint("provider", "transaction"),
        Index(None, "paid_at"),
        Index("ix_gateway_payment_open", "id", postgresql_where=text("state IN ('waiting', 'stuck')")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    provider: Mapped[str]
    #: The gateway's own number of it.
    transaction: Mapped[str]
    reference: Mapped[str]
    amount: Mapped[Money]
    currency: Mapped[str]
    paid_at: Mapped[datetime]
    channel: Mapped[str]
    #: How the portal heard of it first.
    way: Mapped[str]
    state: Mapped[str]
    #: Why it waits or is stuck, as kept words.
    why: Mapped[dict[str, Any]]
    bill_id: Mapped[int | None] = mapped_column(ForeignKey("bill.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), unique=True)
    told_at: Mapped[datetime]
    reversed_at: Mapped[datetime | None]
    #: How often it was booked and taken back by the fund: each booking has a name of its own.
    bookings: Mapped[int] = mapped_column(default=0)

    @property
    def subject(self) -> str:
        """How the audit log names it."""
        return f"gateway_payment:{self.public_id}"


class GatewayOddity(Base):
    """A signed message that says something else of a payment we know.  It changed nothing; an officer looks at it."""

    __tablename__ = "gateway_oddity"
    __table_args__ = (
        UniqueConstraint("gateway_payment_id", "amount", "currency", "reference"),
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    gateway_payment_id: Mapped[int] = mapped_column(ForeignKey("gateway_payment.id"))
    amount: Mapped[Money]
    currency: Mapped[str]
    reference: Mapped[str]
    told_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class GatewayPayout(Base):
    """
    What the gateway paid to the fund's bank in one sum: *amount* is the parts less the *fee*.

    *entry_id* is the bank's entry of it, once it is known.
    """

    __tablename__ = "gateway_payout"
    __table_args__ = (
        CheckConstraint("fee >= 0", name="fee"),
        CheckConstraint("(entry_id IS NULL) = (joined_at IS NULL)", name="joined"),
        UniqueConstraint("provider", "number"),
        Index("ix_gateway_payout_waiting", "amount", postgresql_where=text("entry_id IS NULL")),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    provider: Mapped[str]
    #: The gateway's own number of it, which stands in the text of the bank's entry.
    number: Mapped[str]
    day: Mapped[date]
    #: What reached the bank; below zero where more was taken back than came in.
    amount: Mapped[Money]
    fee: Mapped[Money]
    currency: Mapped[str]
    told_at: Mapped[datetime]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("bank_entry.id"), unique=True)
    joined_at: Mapped[datetime | None]
    joined_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    #: How often two people took it off an entry: each joining has names of its own in the cash book.
    undone: Mapped[int] = mapped_column(default=0)


class GatewayPart(Base):
    """One payment in a payout, or below zero one that was taken back and is deducted."""

    __tablename__ = "gateway_part"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount"),
        UniqueConstraint("payout_id", "transaction", "amount"),
        Index(None, "transaction"),
    )

    id: Mapped[Id]
    payout_id: Mapped[int] = mapped_column(ForeignKey("gateway_payout.id"))
    transaction: Mapped[str]
    amount: Mapped[Money]


class GatewayRefusal(Base):
    """Call-backs refused on a day of the fund for the same reason, counted.  Real time."""

    __tablename__ = "gateway_refusal"
    __table_args__ = (UniqueConstraint("day", "status", "reason"), Index(None, "last_at"))

    id: Mapped[Id]
    day: Mapped[date]
    #: As in HTTP.
    status: Mapped[int]
    reason: Mapped[str]
    times: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class GatewayDay(Base):
    """One day of the fund beside the gateway's list of it, compared again each time it is asked for."""

    __tablename__ = "gateway_day"

    id: Mapped[Id]
    day: Mapped[date] = mapped_column(unique=True)
    compared_at: Mapped[datetime]
    listed: Mapped[int]
    same: Mapped[int]
    #: Each {"kind": missing, extra, different, reversed or payout, "transaction", "ours", "theirs", "currency"}; minor
    #: units.
    differences: Mapped[list[Any]]
