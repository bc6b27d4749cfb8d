"""Invitations to act for an employer, or to work at the fund."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, PublicId


class Invitation(Base):
    """
    A link to one address, good once and for a week: act for an employer, or (without one) work at the fund.

    The days are those of the mandate or roles it gives, both inclusive.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint("accepted_at IS NULL OR withdrawn_at IS NULL", name="ended_once"),
        Index(
            "uq_invitation_open", text("coalesce(employer_id, 0)"), text("lower(email)"), unique=True,
            postgresql_where=text("accepted_at IS NULL AND withdrawn_at IS NULL"),
        ),
        Index(None, "employer_id", "id"),
    )  # fmt: skip

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    email: Mapped[str]
    roles: Mapped[list[Any]]
    #: Codes of the places an officer is to work for; empty means the whole fund.
    districts: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    from_day: Mapped[date]
    to_day: Mapped[date | None]
    #: SHA-256 of the secret in the link.
    digest: Mapped[str] = mapped_column(unique=True)
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    invited_at: Mapped[datetime]
    #: On the real clock, like every link.
    expires_at: Mapped[datetime]
    accepted_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        """Whether it was neither accepted nor withdrawn; it may be too old."""
        return self.accepted_at is None and self.withdrawn_at is None
