"""Call-backs that were refused: limited by where they come from, counted by day and reason, shown to officers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.auth.service import count_attempt
from portal.gateway.models import GatewayRefusal
from portal.gateway.providers.provider import CallRefused
from portal.installation import fund

#: How long a refused call is a reason to look: real time.
LATELY = timedelta(days=2)
#: Reasons shown.
MOST = 30


def note(session: Session, refusal: CallRefused, address: str, *, at: datetime) -> CallRefused:
    """
    Count a refused call from *address* at the real time *at*; gives back what to answer.

    Too many from one address hear 429 and are counted no more.  A call that is signed is never limited.
    """
    if not count_attempt(session, "call-back", address, at=at):
        return CallRefused(429, "too many refused calls; wait five minutes")
    day = at.astimezone(ZoneInfo(fund().timezone)).date()
    statement = insert(GatewayRefusal).values(
        day=day, status=refusal.status, reason=refusal.reason, times=1, first_at=at, last_at=at
    )
    again = {"times": GatewayRefusal.times + 1, "last_at": at}
    session.execute(statement.on_conflict_do_update(index_elements=["day", "status", "reason"], set_=again))
    return refusal


def lately(session: Session, at: datetime) -> int:
    """How many were refused in the last two days."""
    return session.scalar(select(func.sum(GatewayRefusal.times)).where(GatewayRefusal.last_at > at - LATELY)) or 0


def by_day(session: Session) -> Sequence[GatewayRefusal]:
    """What was refused and how often, the latest first."""
    return session.scalars(select(GatewayRefusal).order_by(GatewayRefusal.last_at.desc()).limit(MOST)).all()
