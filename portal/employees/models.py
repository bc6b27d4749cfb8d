"""What an employee needs to come in, and what they report."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, PublicId
from portal.scheme.calendars import Month


class EntryCode(Base):
    """A code that lets an employee in, good once: sent to the contact on file, or printed on a slip."""

    __tablename__ = "entry_code"
    __table_args__ = (
        Index(None, "person_id"),
        CheckConstraint("sent_by IN ('phone', 'email', 'slip')", name="sent_by"),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    code_hash: Mapped[str]
    sent_by: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Report(Base):
    """An employee says a month is not declared, or the wage is wrong; an officer answers."""

    __tablename__ = "report"
    __table_args__ = (
        CheckConstraint("kind IN ('not_declared', 'wrong_wage')", name="kind"),
        CheckConstraint("state IN ('open', 'answered')", name="state"),
        Index(None, "state", "created_at"),
        Index(None, "person_id"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    scheme: Mapped[str]
    month: Mapped[Month]
    kind: Mapped[str]
    message: Mapped[str]
    state: Mapped[str]
    answer: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
