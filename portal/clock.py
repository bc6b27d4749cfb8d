"""
The only place that asks what time it is.

Views and jobs ask once and pass the answer down.  In practice and in tests an offset, kept in
one database row, is added: ``shift`` is called at the start of each request and each job.
"""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_offset: ContextVar[timedelta] = ContextVar("clock_offset", default=timedelta(0))


def shift(offset: timedelta) -> None:
    """From here on, in this request or job, the clock runs *offset* ahead of (or behind) the real one."""
    _offset.set(offset)


def offset() -> timedelta:
    """How far the clock is moved; zero outside practice and tests."""
    return _offset.get()


def real_now() -> datetime:
    """The unmoved time: for sessions, leases and tokens, which a moved clock must neither end nor revive."""
    return datetime.now(UTC)


def now() -> datetime:
    """The moment, with its time zone (UTC)."""
    return real_now() + _offset.get()


def today(timezone: str) -> date:
    """The day it is in *timezone*, which is the scheme's or the fund's."""
    return now().astimezone(ZoneInfo(timezone)).date()
