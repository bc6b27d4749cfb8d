"""Pay now: from the employer's bill to the gateway's page."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue

from portal import clock, db
from portal.auth.access import Right, acting_for_employer, guarded, needs
from portal.errors import Refused
from portal.gateway import billing
from portal.web.filters import say

bp = guarded(
    Blueprint("gateway_pay", __name__, url_prefix="/employers/<employer_number>/account/bills"), acting_for_employer
)


@bp.post("/<uuid:bill>/pay")
@needs(Right.PREPARE)
def pay(employer_number: str, bill: UUID) -> ResponseReturnValue:
    """Lead to the gateway's page of this bill; pressed twice, it leads there twice."""
    try:
        with db.writing() as session:
            address = billing.go(session, bill, g.employer.id, at=clock.now())
    except Refused as refusal:
        flash(say(refusal.words), "error")
        return redirect(url_for("account.bill", employer_number=employer_number, bill=bill))
    return redirect(address, 303)
