"""The register of what left the house."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, PublicId, Ref


class FundExport(Base):
    """One export of the whole fund; one with personal data rests on a consent that is used once."""

    __tablename__ = "fund_export"
    __table_args__ = (CheckConstraint("persons = (approval_id IS NOT NULL)", name="consent"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    #: Whether it holds personal data.
    persons: Mapped[bool]
    #: The request that two people agreed to.
    approval_id: Mapped[int | None] = mapped_column(ForeignKey("approval.id"), unique=True)
    #: Rows of all tables together.
    rows: Mapped[Ref]
    #: SHA-256 of manifest.json, which holds those of all other files.
    sha256: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
