"""The work queues: how each stands, what is in one, taking and giving, and the next one."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy.orm import Session

from portal import clock, db, taken
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.installation import fund
from portal.officers import queues
from portal.officers.colleagues import colleagues
from portal.officers.queues import QUEUES, Queue
from portal.web.pages import PER_PAGE, Page, page_number

bp = guarded(Blueprint("queues", __name__, url_prefix="/fund/queues"), fund_staff)


def _today() -> date:
    return clock.today(fund().timezone)


def _queue(code: str) -> Queue:
    """The queue, for those whose work it is; 403 for the fund's other people."""
    found = QUEUES.get(code) or abort(404)
    if not found.rights & g.rights:
        abort(403)
    return found


@bp.get("")
@needs(Right.FUND_VIEW)
def index() -> ResponseReturnValue:
    """How each queue stands that is the reader's work."""
    with db.reading() as session:
        found = [queues.standing(session, one, me=current_user.id, today=_today()) for one in queues.open_to(g.rights)]
    return render_template("officers/queues.html", standings=found)


@bp.get("/<queue>")
@needs(Right.FUND_VIEW)
def show(queue: str) -> ResponseReturnValue:
    """What waits in one queue, the oldest first."""
    one, number, whose = _queue(queue), page_number(), request.args.get("owner", "")
    with db.reading() as session:
        stands = queues.standing(session, one, me=current_user.id, today=_today())
        rows = queues.lines(
            session, one, owner=current_user.id if whose == "me" else None, free=whose == "nobody",
            limit=PER_PAGE, offset=(number - 1) * PER_PAGE,
        )  # fmt: skip
        others = colleagues(session, one.rights, _today())
    total = {"me": stands.mine, "nobody": stands.free}.get(whose, stands.count)
    return render_template(
        "officers/queue.html", queue=one, stands=stands, page=Page(rows, number, total), colleagues=others,
        today=_today(), whose=whose, me=current_user.id,
    )  # fmt: skip


@bp.post("/<queue>")
@needs(Right.FUND_VIEW)
def give(queue: str) -> ResponseReturnValue:
    """Take what is chosen, give it to a colleague, or give it back; what was taken meanwhile is left alone."""
    one, chosen, to = _queue(queue), request.form.getlist("subject")[:200], request.form.get("to", "")
    with db.writing() as session:
        done = _given(session, one, queues.waiting_among(session, one, chosen), to)
    if not chosen:
        flash(_("Tick at least one line first."), "error")
    elif done:
        flash(ngettext("%(num)s line changed hands.", "%(num)s lines changed hands.", done), "success")
    else:
        flash(_("Nothing was changed: a colleague was quicker, or it is done already."), "info")
    return redirect(url_for(".show", queue=queue))


def _given(session: Session, one: Queue, subjects: list[str], to: str) -> int:
    by, at = current_user.id, clock.now()
    if to == "me":
        return sum(taken.take_if_free(session, subject, by=by, at=at) for subject in subjects)
    if to == "nobody":
        for subject in subjects:
            taken.release(session, subject, by=by, at=at)
        return len(subjects)
    if to not in {str(colleague.id) for colleague in colleagues(session, one.rights, _today())}:
        return 0
    for subject in subjects:
        taken.assign(session, subject, int(to), by=by, at=at)
    return len(subjects)


@bp.post("/<queue>/next")
@needs(Right.FUND_VIEW)
def next_one(queue: str) -> ResponseReturnValue:
    """Take the oldest thing nobody has, and open it."""
    one = _queue(queue)
    with db.writing() as session:
        line = queues.take_next(session, one, by=current_user.id, at=clock.now())
    if line is None:
        flash(_("Nothing waits here that nobody has taken."), "info")
        return redirect(url_for(".show", queue=queue))
    return redirect(line.url)
