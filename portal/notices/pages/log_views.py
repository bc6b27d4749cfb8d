"""What left the portal and what became of it, for the fund's officers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.errors import Refused
from portal.notices import deliveries, log
from portal.notices.log import CHANNELS, STATES, Wanted
from portal.web.filters import say
from portal.web.pages import PER_PAGE, Page, page_number, safe_return

bp = guarded(Blueprint("sent", __name__, url_prefix="/fund/messages"), fund_staff)

STATE_NAMES = {
    "waiting": _l("waits for the summary of the day"), "queued": _l("on its way"), "sent": _l("sent"),
    "refused": _l("not delivered"),
}  # fmt: skip
CHANNEL_NAMES = {"mail": _l("mail"), "sms": _l("text message"), "digest": _l("summary of the day")}


@bp.get("")
@needs(Right.FUND_VIEW)
def index() -> ResponseReturnValue:
    """The newest first; what was not delivered can be sent again."""
    wanted, number = _wanted(), page_number()
    with db.reading() as session:
        rows, total = log.deliveries(session, wanted, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    return render_template(
        "notices/log.html", page=Page(rows, number, total), fields=_fields(wanted), states=STATE_NAMES,
        channels=CHANNEL_NAMES, may_send=Right.CONTRIBUTIONS in g.rights, here=request.full_path,
    )  # fmt: skip


@bp.post("/<uuid:notice_delivery>/again")
@needs(Right.CONTRIBUTIONS)
def again(notice_delivery: UUID) -> ResponseReturnValue:
    """Send what was not delivered once more."""
    try:
        with db.writing() as session:
            deliveries.send_again(session, notice_delivery, by=current_user.id, at=clock.now())
    except Refused as refusal:
        flash(say(refusal.words), "error")
    else:
        flash(_("It is on its way again."), "success")
    return redirect(safe_return(request.form.get("back")) or url_for(".index"))


def _wanted() -> Wanted:
    """What the address narrows the log to; what makes no sense is left out."""
    state, channel = request.args.get("state", ""), request.args.get("channel", "")
    employer = request.args.get("employer", "").strip()[:40].replace("\x00", "")
    return Wanted(state if state in STATES else "", channel if channel in CHANNELS else "", employer)


def _fields(wanted: Wanted) -> list[dict[str, Any]]:
    return [
        {"name": "state", "label": _("State"), "value": wanted.state,
         "options": [("", _("Everything")), *STATE_NAMES.items()]},
        {"name": "channel", "label": _("Way"), "value": wanted.channel,
         "options": [("", _("Everything")), *CHANNEL_NAMES.items()]},
        {"name": "employer", "label": _("Employer number"), "value": wanted.employer},
    ]  # fmt: skip
