"""A declaration that an officer should look at, or has looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id


class DeclarationReview(Base):
    """
    One look at one declaration: what the rules found odd (nothing, where an officer came by themselves), and what was
    decided: fine, or returned with a reason.
    """

    __tablename__ = "declaration_review"
    __table_args__ = (
        CheckConstraint("decision IN ('fine', 'returned')", name="decision"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided"),
        CheckConstraint("decision <> 'returned' OR reason <> ''", name="reason"),
        Index(None, "employer_id"),
        Index("ix_declaration_review_waiting", "found_at", postgresql_where=text("decision IS NULL")),
    )

    id: Mapped[Id]
    declaration_id: Mapped[int] = mapped_column(ForeignKey("declaration.id"), unique=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    #: What seemed odd, as kept words.
    findings: Mapped[list[Any]]
    found_at: Mapped[datetime]
    decision: Mapped[str | None]
    reason: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
