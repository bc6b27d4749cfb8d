"""What needs two people: the list, one request with everything it would do, and the decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import Session
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length

from portal import approvals, clock, db
from portal.approvals import ACTIONS, LONGEST_REASON, Approval
from portal.auth.access import Right, fresh, fund_staff, guarded, needs
from portal.errors import Refused
from portal.installation import fund
from portal.officers.approval_lists import STATES, Request, Wanted, request_on_page, requests
from portal.scheme.calendars import Month
from portal.web.filters import day, moment, money, month_name, say
from portal.web.forms import PortalForm
from portal.web.pages import PER_PAGE, Page, page_number
from portal.words import Amount

bp = guarded(Blueprint("approvals", __name__, url_prefix="/fund/approvals"), fund_staff)


class DecisionForm(PortalForm):
    """What the checker was shown, and a note for the maker."""

    fingerprint = HiddenField()
    note = TextAreaField(
        _l("Note"),
        validators=[Length(max=LONGEST_REASON)],
        description=_l("The person who asked reads it. It is needed when you refuse."),
        render_kw={"rows": 3},
    )


@bp.get("")
@needs(Right.FUND_VIEW)
def index() -> ResponseReturnValue:
    """What waits for a second person; what was decided on demand.  Filters stay in the address."""
    wanted, number = _wanted(), page_number()
    with db.reading() as session:
        rows, total = requests(session, wanted, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    page, today = Page(rows, number, total), clock.today(fund().timezone)
    return render_template("officers/approvals.html", page=page, today=today, wanted=wanted, fields=_fields(wanted))


@bp.get("/<uuid:approval>")
@needs(Right.FUND_VIEW)
def show(approval: UUID) -> ResponseReturnValue:
    """One request: what it is about, why, what it would do, and the way to decide it."""
    return _show(approval, DecisionForm())


@bp.post("/<uuid:approval>/approve")
@needs(Right.FUND_VIEW)
@fresh
def approve(approval: UUID) -> ResponseReturnValue:
    """Approve it and do it; pressed twice, it is done once."""
    return _decide(approval, approvals.approve, gettext("It is approved and done."))


@bp.post("/<uuid:approval>/refuse")
@needs(Right.FUND_VIEW)
def refuse(approval: UUID) -> ResponseReturnValue:
    """Refuse it, with a note that says why."""
    return _decide(approval, approvals.refuse, gettext("It is refused. Nothing was changed."))


@bp.post("/<uuid:approval>/withdraw")
@needs(Right.FUND_VIEW)
def withdraw(approval: UUID) -> ResponseReturnValue:
    """The person who asked takes it back."""
    try:
        with db.writing() as session:
            approvals.withdraw(session, approval, by=current_user.id, at=clock.now())
    except Refused as refusal:
        return _show(approval, DecisionForm(), refusal)
    flash(gettext("The request is taken back. Nothing was changed."), "success")
    return redirect(url_for(".show", approval=approval))


def _decide(approval: UUID, deed: Callable[..., Approval], done: str) -> ResponseReturnValue:
    form = DecisionForm()
    try:
        with db.writing() as session:
            _allowed(session, approval)
            if not form.validate():
                return _show(approval, form)
            note, shown = form.note.data or "", form.fingerprint.data or ""
            deed(session, approval, fingerprint=shown, note=note, by=current_user.id, at=clock.now())
    except Refused as refusal:
        return _show(approval, form, refusal)
    flash(done, "success")
    return redirect(url_for(".show", approval=approval))


def _allowed(session: Session, approval: UUID) -> None:
    """403 for somebody without the right that this very action asks for."""
    if ACTIONS[approvals.approval_by_id(session, approval).action].right not in g.rights:
        abort(403)


def _show(approval: UUID, form: DecisionForm, refusal: Refused | None = None) -> ResponseReturnValue:
    with db.reading() as session:
        found, rows = request_on_page(session, approval)
    if refusal:
        form.refuse(refusal)
    form.fingerprint.data = found.approval.fingerprint
    status = refusal.status if refusal else (422 if form.errors else 200)
    return render_template(
        "officers/approval.html", found=found, form=form, rows=[(say(label), written(value)) for label, value in rows],
        today=clock.today(fund().timezone), own=found.maker.id == current_user.id, may_decide=_may_decide(found),
    ), status  # fmt: skip


def _may_decide(found: Request) -> bool:
    return found.approval.is_open and found.right in g.rights and found.maker.id != current_user.id


def written(value: Any) -> str:
    """A value of a request as people write it, in the reader's language."""
    match value:
        case Amount():
            return money(value.minor, value.currency)
        case datetime():
            return moment(value)
        case date():
            return day(value)
        case Month():
            return month_name(value)
    return say(value)


def _wanted() -> Wanted:
    """What the address narrows the list to; what it does not know is left out."""
    state, action = request.args.get("state", ""), request.args.get("action", "")
    return Wanted(state if state in STATES else "open", action if action in ACTIONS else "")


def _fields(wanted: Wanted) -> list[dict[str, Any]]:
    actions = sorted((say(one.title), one.code) for one in ACTIONS.values())
    every = [("", gettext("Everything")), *((code, title) for title, code in actions)]
    states = [(state, say(words)) for state, words in STATES.items()]
    return [
        {"name": "state", "label": gettext("State"), "value": wanted.state, "options": states},
        {"name": "action", "label": gettext("What is asked for"), "value": wanted.action, "options": every},
    ]
