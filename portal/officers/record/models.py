"""What officers write down about an employer, for colleagues only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, PublicId


class EmployerNote(Base):
    """A note of an officer.  The database refuses to change or delete it; the employer never reads it."""

    __tablename__ = "employer_note"
    __table_args__ = (Index(None, "employer_id", "id"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    text: Mapped[str]
    #: Told by the page, so that a second click keeps no second note.
    once: Mapped[str] = mapped_column(unique=True)
    written_at: Mapped[datetime]
    written_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
