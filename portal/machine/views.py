"""The machine room, for the system administrator."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from portal import db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.installation import fund
from portal.machine import room

bp = guarded(Blueprint("machine", __name__, url_prefix="/fund/machine"), fund_staff)


@bp.get("")
@needs(Right.SYSTEM)
def show() -> ResponseReturnValue:
    """How everything stands now, with what each line means and what to do."""
    with db.reading() as session:
        found = room.look(session, current_app.config["PORTAL"], fund().timezone)
    return render_template("machine/room.html", room=found)
