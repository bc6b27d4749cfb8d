"""What the jobs did: for the officer who asks, and for the visitor of the practice fund."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id


class JobRun(Base):
    """One part of one job, from start to finish; a part that never finished shows as such."""

    __tablename__ = "job_run"
    __table_args__ = (Index(None, "job", "day"),)

    id: Mapped[Id]
    job: Mapped[str]
    day: Mapped[date]
    part: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    #: Employers looked at, charges changed, and late charges posted in minor units by currency:
    #: {"employers": 12, "charges": 3, "amounts": {"ZMW": 45000}}
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
