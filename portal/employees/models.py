"""What an employee needs to come in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id


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
