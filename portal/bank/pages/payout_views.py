"""An officer says that an entry of the bank is a payout of the payment gateway, or asks to undo that."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.bank import payouts, undoing
from portal.bank.pages.entry_views import done
from portal.bank.pages.forms import ReasonForm
from portal.errors import Refused
from portal.web.filters import say

bp = guarded(Blueprint("bank_payouts", __name__, url_prefix="/fund/bank/entries"), fund_staff)


@bp.post("/<uuid:entry>/payout/<uuid:payout>")
@needs(Right.CASH)
def join(entry: UUID, payout: UUID) -> ResponseReturnValue:
    """It is this payout; pressed twice, nothing more."""
    try:
        with db.writing() as session:
            payouts.join(session, entry, payout, by=current_user.id, at=clock.now())
    except Refused as refusal:
        flash(say(refusal.words), "error")
    return redirect(url_for("bank_entries.show", entry=entry))


@bp.post("/<uuid:entry>/payout/undo")
@needs(Right.CASH)
def undo(entry: UUID) -> ResponseReturnValue:
    """It is not this payout: ask a second person to take it off."""
    form = ReasonForm()
    return done(
        entry,
        lambda session: undoing.ask(session, entry, reason=form.reason.data or "", by=current_user.id, at=clock.now()),
        reason=form,
    )
