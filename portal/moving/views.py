"""Everything that left the portal as a whole, and asking for a second person before personal data does."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from portal import clock, db
from portal.approvals import LONGEST_REASON
from portal.auth.access import Right, fresh, fund_staff, guarded, needs
from portal.errors import Refused
from portal.moving import consent
from portal.web.forms import PortalForm

bp = guarded(Blueprint("moving", __name__, url_prefix="/fund/export"), fund_staff)


class AskForm(PortalForm):
    """Why personal data has to leave."""

    reason = TextAreaField(
        _l("Why personal data has to leave the portal"),
        validators=[InputRequired(_l("Write why this should be done.")), Length(max=LONGEST_REASON)],
        description=_l("Who gets the files, what for, and how they are kept."),
        render_kw={"rows": 3},
    )


@bp.get("")
@needs(Right.SYSTEM)
def index() -> ResponseReturnValue:
    """What left so far, and whether a consent waits or stands."""
    return _page(AskForm(formdata=None))


@bp.post("")
@needs(Right.SYSTEM)
@fresh
def ask() -> ResponseReturnValue:
    """Ask a second person to agree to an export with personal data."""
    form = AskForm()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        with db.writing() as session:
            consent.ask(session, reason=form.reason.data or "", by=current_user.id, at=clock.now())
    except Refused as refusal:
        form.refuse(refusal)
        return _page(form), refusal.status
    flash(_("Somebody else has to agree now. Nothing leaves before."), "success")
    return redirect(url_for(".index"))


def _page(form: AskForm) -> str:
    with db.reading() as session:
        standing, exports = consent.standing(session, clock.now()), consent.exports(session)
    return render_template("moving/index.html", form=form, standing=standing, exports=exports)
