"""What the jobs did: for the officer who asks, and for the visitor of the practice fund."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index
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


class JobState(Base):
    """How one job of the timetable, or one that is asked for, went the last time, and how often it went."""

    __tablename__ = "job_state"

    job: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    #: Before *started_at*: it is running, or whoever ran it was killed.
    ended_at: Mapped[datetime | None]
    #: The class of what went wrong when it ended last; empty: nothing did.
    problem: Mapped[str] = mapped_column(default="")
    milliseconds: Mapped[int] = mapped_column(default=0)
    runs: Mapped[int] = mapped_column(BigInteger, default=0)
    failures: Mapped[int] = mapped_column(BigInteger, default=0)
    #: Of all its runs together.
    total_milliseconds: Mapped[int] = mapped_column(BigInteger, default=0)


class Heartbeat(Base):
    """That a worker, or the timetable, was alive at a moment: written twice a minute."""

    __tablename__ = "heartbeat"

    #: "worker" or "timetable".
    what: Mapped[str] = mapped_column(primary_key=True)
    #: Which one, on which machine.
    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Tally(Base):
    """How often something happened in all workers, since the beginning."""

    __tablename__ = "tally"

    name: Mapped[str] = mapped_column(primary_key=True)
    total: Mapped[int] = mapped_column(BigInteger)


class Sighting(Base):
    """What a worker found when it last looked at something outside, so that no page has to wait for that."""

    __tablename__ = "sighting"

    #: "core", "mail" or "scanner".
    what: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    well: Mapped[bool]
    #: In words that are kept (`words_to_json`).
    found: Mapped[dict[str, Any]]
