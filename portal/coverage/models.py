"""Who is covered in which month, and whether the core knows."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, Money, PublicId
from portal.scheme.calendars import Month


class PaidMonth(Base):
    """A person's contribution month that is paid in full, through one employer: what entitlement is read from."""

    __tablename__ = "paid_month"
    __table_args__ = (Index(None, "person_id", "scheme", "month"),)

    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"), primary_key=True)
    scheme: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[Month] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    #: What was declared for this person in the month, both shares, minor units.
    contribution: Mapped[Money]


class CoverageMonth(Base):
    """One person covered in one month of one scheme, through one employer."""

    __tablename__ = "coverage_month"
    __table_args__ = (
        UniqueConstraint("employer_id", "person_id", "scheme", "month"),
        Index(None, "person_id", "scheme", "month"),
        # Who is covered in a month is counted without opening the rows.
        Index("ix_coverage_month_open", "scheme", "month", "employer_id", postgresql_where=text("state = 'open'")),
        Index(None, "scheme", "paid_month"),
        CheckConstraint("state IN ('open', 'closed')", name="state"),
        CheckConstraint("core_state IN ('waiting', 'known', 'refused')", name="core_state"),
    )

    id: Mapped[Id]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    scheme: Mapped[str]
    branch: Mapped[str]
    month: Mapped[Month]
    #: The contribution month whose payment opened it, and the contribution of this person in it.
    paid_month: Mapped[Month]
    contribution: Mapped[Money]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    core_state: Mapped[str] = mapped_column(default="waiting")
    #: The receipt under which the core knows it: the natural key of the message.
    core_receipt: Mapped[str] = mapped_column(unique=True)
    core_policy: Mapped[str] = mapped_column(default="")
    core_problem: Mapped[str] = mapped_column(default="")
    #: When it was first sent: from then on it is looked up before it is sent again.
    core_tried_at: Mapped[datetime | None]
    core_known_at: Mapped[datetime | None]


class CoreDifference(Base):
    """
    One person's month of which the core said something else than the portal, from the comparison that found it first
    until one that did not find it any more.
    """

    __tablename__ = "core_difference"
    __table_args__ = (
        CheckConstraint("kind IN ('missing', 'extra', 'different', 'doubled')", name="kind"),
        CheckConstraint("(repair_approval IS NULL) = (repaired_at IS NULL)", name="repaired"),
        Index(
            "uq_core_difference_open",
            "scheme",
            "month",
            "person_id",
            unique=True,
            postgresql_where=text("gone_at IS NULL"),
        ),
        Index(None, "person_id"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    scheme: Mapped[str]
    month: Mapped[Month]
    kind: Mapped[str]
    #: The core's days of cover, inclusive, and its name of the policy; empty where it has none.
    theirs_first: Mapped[date | None]
    theirs_last: Mapped[date | None]
    policy: Mapped[str] = mapped_column(default="")
    #: The portal knows: what it must tell the core is on its way, or was refused.
    waits: Mapped[bool]
    found_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    #: The request by which two people had it put right; seen again by a later comparison, it can be asked for anew.
    repair_approval: Mapped[int | None] = mapped_column(ForeignKey("approval.id"))
    repaired_at: Mapped[datetime | None]
