"""An employer says that it paid, and that the money is not on its account."""

from __future__ import annotations

from uuid import uuid4

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, acting_for_employer, guarded, needs
from portal.bank import claims
from portal.bank.pages.forms import ClaimForm
from portal.errors import Refused
from portal.installation import fund
from portal.web.typed import name_of

bp = guarded(Blueprint("claims", __name__, url_prefix="/employers/<employer_number>/unposted"), acting_for_employer)


@bp.route("", methods=["GET", "POST"])
@needs(Right.PREPARE)
def claim(employer_number: str) -> ResponseReturnValue:
    """What was paid and when, with the slip; the fund looks for it among what the bank sent."""
    form = ClaimForm(once=str(uuid4()))
    if not form.validate_on_submit() or form.paid_on.data is None:
        return render_template("bank/claim.html", form=form, employer=g.employer), 422 if form.errors else 200
    try:
        with db.writing() as session:
            case = claims.claim(
                session, g.employer.id, amount=form.minor, currency=str(form.currency.data),
                paid_on=form.paid_on.data, text=form.text.data or "", papers=form.sent(),
                key=name_of(form.once.data) or uuid4(), by=current_user.id,
                today=clock.today(fund().timezone), at=clock.now(),
            )  # fmt: skip
    except Refused as refusal:
        form.refuse(refusal)
        return render_template("bank/claim.html", form=form, employer=g.employer), refusal.status
    flash(_("The fund has it. Its number is %(number)s.", number=case.number), "success")
    return redirect(url_for("questions.show", employer_number=employer_number, case=case.public_id))
