"""Messages in the portal: those of an employer, and one's own."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from portal import clock, db
from portal.auth.access import Right, acting_for_employer, guarded, needs, signed_in
from portal.auth.service import mandates
from portal.installation import fund
from portal.notices import choices, inbox
from portal.notices.inbox import Scope
from portal.web.language import reader
from portal.web.pages import PER_PAGE, Page, page_number

bp = guarded(
    Blueprint("messages", __name__, url_prefix="/employers/<employer_number>/messages"), acting_for_employer
)  # fmt: skip
own_bp = guarded(Blueprint("my_messages", __name__, url_prefix="/messages"), signed_in)


@bp.get("/")
@needs(Right.VIEW)
def listed(employer_number: str) -> ResponseReturnValue:
    """What the employer was told, the newest first."""
    return _list(url_for(".read", employer_number=employer_number))


@bp.post("/read")
@needs(Right.VIEW)
def read(employer_number: str) -> ResponseReturnValue:
    """Mark what was shown as read, for this reader only."""
    _mark()
    return redirect(url_for(".listed", employer_number=employer_number))


@own_bp.get("/")
def mine() -> ResponseReturnValue:
    """What one was told oneself: steps of a registration, and at the fund what waits."""
    return _list(url_for(".mark"))


@own_bp.post("/read")
def mark() -> ResponseReturnValue:
    """Mark what was shown as read."""
    _mark()
    return redirect(url_for(".mine"))


def _list(mark_url: str) -> str:
    number = page_number()
    with db.reading() as session:
        scope = _scope(session)
        rows, total = inbox.messages(
            session, scope, current_user.id, reader(), limit=PER_PAGE, offset=(number - 1) * PER_PAGE
        )
        unread = inbox.unread(session, scope, current_user.id)
    newest = max((one.notice.id for one in rows), default=0)
    return render_template(
        "notices/messages.html", page=Page(rows, number, total), unread=unread, newest=newest, mark_url=mark_url,
        employer=g.get("employer"),
    )  # fmt: skip


def _mark() -> None:
    upto = request.form.get("upto", "")
    newest = int(upto) if upto.isascii() and upto.isdigit() and len(upto) < 19 else 0
    with db.writing() as session:
        inbox.mark_read(session, _scope(session), current_user.id, upto=newest, at=clock.now())


def _scope(session: Session) -> Scope:
    today = clock.today(fund().timezone)
    if g.get("employer") is not None:
        return inbox.to_employer(g.employer.id, mandates(session, current_user.id, g.employer.id, today))
    return inbox.to_account(current_user.id, choices.roles_of(session, current_user.id, today))
