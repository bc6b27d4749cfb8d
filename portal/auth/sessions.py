"""
Visits kept in PostgreSQL; the browser holds a random token and nothing else.

They run on the real clock: moving the practice clock must neither end a visit nor revive one.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Request, Response, g, request
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from werkzeug.datastructures import CallbackDict

from portal import clock, db
from portal.auth.devices import device_of
from portal.auth.models import Account, WebSession
from portal.auth.visits import AT_MOST, IDLE

#: How stale `last_seen_at` may be: not every page writes.
SEEN_EVERY = timedelta(minutes=1)
#: What is the same for everybody, whatever cookie they bring.
WITHOUT_VISIT = ("/static/", "/health", "/ready", "/metrics")


class Visit(CallbackDict[str, Any], SessionMixin):
    """The session of one visit, as Flask sees it."""

    def __init__(self, content: dict[str, Any], token: str | None, row: WebSession | None) -> None:
        def changed(_: Any) -> None:
            self.modified = True

        super().__init__(content, changed)
        self.token, self.row = token, row
        self.modified = False
        self.renew = False


class StoredSessions(SessionInterface):
    """Flask's sessions, one row each."""

    def get_cookie_name(self, app: Flask) -> str:
        """Behind TLS the name itself forbids other hosts and paths to set it."""
        return "__Host-session" if app.config["SESSION_COOKIE_SECURE"] else "session"

    def open_session(self, app: Flask, request: Request) -> Visit:
        """The visit the cookie names, or a new one that is stored when something is put into it."""
        token = request.cookies.get(self.get_cookie_name(app))
        if not token or request.path.startswith(WITHOUT_VISIT):
            return Visit({}, None, None)
        now = clock.real_now()
        try:
            with db.reading() as session:
                row = session.get(WebSession, _digest(token))
        except DBAPIError as lost:
            g.lost = lost  # Flask needs a visit even to say so
            return Visit({}, None, None)
        if row is None or row.expires_at < now or row.last_seen_at < now - IDLE:
            return Visit({}, None, None)
        return Visit(dict(row.content), token, row)

    def save_session(self, app: Flask, visit: SessionMixin, response: Response) -> None:
        """Store what changed; give the browser a new token at sign-in, so that a planted one is worth nothing."""
        assert isinstance(visit, Visit)
        now = clock.real_now()
        if visit.renew and visit.token:
            end(visit.token)
            visit.token = None
        if not visit:
            if visit.modified and visit.token:
                end(visit.token)
                response.delete_cookie(self.get_cookie_name(app), path="/")
            return
        if visit.token and not visit.modified:
            if visit.row is not None and visit.row.last_seen_at < now - SEEN_EVERY:
                _seen(visit.token, visit.row.account_id, now)
            return
        token = visit.token or secrets.token_urlsafe(32)
        _store(token, dict(visit), now, device_of(request.user_agent.string))
        if token != visit.token:
            response.set_cookie(
                self.get_cookie_name(app),
                token,
                httponly=True,
                secure=app.config["SESSION_COOKIE_SECURE"],
                samesite="Lax",
                path="/",
            )


def demand_visit() -> None:
    """Before each request: nobody is taken for a stranger because the database did not answer."""
    lost: DBAPIError | None = g.get("lost")
    if lost is not None:
        raise lost


def end(token: str) -> None:
    """End the visit this token names."""
    with db.writing() as session:
        session.execute(delete(WebSession).where(WebSession.id == _digest(token)))


def _seen(token: str, account: int | None, now: datetime) -> None:
    with db.writing() as session:
        session.execute(update(WebSession).where(WebSession.id == _digest(token)).values(last_seen_at=now))
        _account_seen(session, account, now)


def _store(token: str, content: dict[str, Any], now: datetime, device: str) -> None:
    user = str(content.get("_user_id", ""))
    account = int(user.removeprefix("account:")) if user.startswith("account:") else None
    row = {"content": content, "last_seen_at": now, "account_id": account}
    made = {"id": _digest(token), "created_at": now, "expires_at": now + AT_MOST, "device": device}
    statement = insert(WebSession).values(**made, **row)
    with db.writing() as session:
        session.execute(statement.on_conflict_do_update(index_elements=[WebSession.id], set_=row))
        _account_seen(session, account, now)


def _account_seen(session: Session, account: int | None, now: datetime) -> None:
    if account is not None:
        long_ago = Account.last_seen_at.is_(None) | (Account.last_seen_at < now - SEEN_EVERY)
        session.execute(update(Account).where(Account.id == account, long_ago).values(last_seen_at=now))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
