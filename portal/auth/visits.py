"""The visits of an account: where it is signed in, and ending them from here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.auth.models import WebSession

#: A visit ends after so long without a page, and after so long in any case.
IDLE, AT_MOST = timedelta(minutes=30), timedelta(hours=12)


def visits_of(session: Session, account_id: int) -> Sequence[WebSession]:
    """The visits that are open, the one used last first."""
    now = clock.real_now()
    is_open = (WebSession.expires_at > now, WebSession.last_seen_at > now - IDLE)
    mine = select(WebSession).where(WebSession.account_id == account_id, *is_open)
    return session.scalars(mine.order_by(WebSession.last_seen_at.desc())).all()


def end_visit(session: Session, account_id: int, visit: UUID) -> None:
    """End one visit of this account.  Again: nothing more happens."""
    session.execute(delete(WebSession).where(WebSession.account_id == account_id, WebSession.public_id == visit))


def end_visits(session: Session, account_id: int, *, but: str | None = None) -> None:
    """End every visit of this account, except the one whose row is *but*."""
    ended = delete(WebSession).where(WebSession.account_id == account_id)
    session.execute(ended if but is None else ended.where(WebSession.id != but))
