"""What somebody tried before going live."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base

#: The marks of a backup, made and read through, and of one that was brought back somewhere to try it.
BACKUP, RESTORE = "backup", "restore"


class ReadyMark(Base):
    """One thing that was tried and found right, by its name; trying it again writes over it."""

    __tablename__ = "ready_mark"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    #: What it was tried with, so that a change asks for another try.
    facts: Mapped[dict[str, Any]]
