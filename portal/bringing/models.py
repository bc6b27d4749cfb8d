"""A file from the books before, as it came, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, PublicId


class Kind(StrEnum):
    """What a file holds."""

    EMPLOYERS = "employers"
    BALANCES = "balances"


class OpeningFile(Base):
    """One uploaded file; brought over once it has *done_at*, and the same content never again."""

    __tablename__ = "opening_file"
    __table_args__ = (
        CheckConstraint("kind IN ('employers', 'balances')", name="kind"),
        Index("uq_opening_file_done", "kind", "sha256", unique=True, postgresql_where=text("done_at IS NOT NULL")),
        Index(None, "sha256"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    kind: Mapped[str]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    sha256: Mapped[str]
    #: What was typed with it: for balances the day and the control totals in minor units.
    options: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    #: How many rows did what, once it is done.
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
