"""Whether a receipt or a bill is genuine, for whoever holds it: nothing else is told."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal import db, restoring
from portal.auth.access import anyone, guarded
from portal.payments.receipts import verdict_on

bp = guarded(Blueprint("verify", __name__, url_prefix="/verify"), anyone)


@bp.get("/<uuid:document>")
def verify(document: UUID) -> ResponseReturnValue:
    """Genuine, taken back, replaced, or not known to us."""
    with db.reading() as session:
        verdict = verdict_on(session, document)
        gap = restoring.last_time(session) if verdict is None else None
    return render_template("payments/verify.html", verdict=verdict, gap=gap), 200 if verdict else 404
