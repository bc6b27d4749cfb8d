"""Ready to go live?  For the system administrator: what is missing, why, what to do, and where."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from config import Config
from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.errors import Refused
from portal.installation import fund
from portal.opening import ready
from portal.opening.check import Standing
from portal.web.forms import PortalForm

bp = guarded(Blueprint("ready", __name__, url_prefix="/fund/ready"), fund_staff)


class CodeForm(PortalForm):
    """The code of the test mail."""

    code = StringField(
        _l("Code in the test mail"),
        validators=[InputRequired(_l("Type the six digits of the mail.")), Length(max=20)],
        description=_l("Six digits, good for an hour."),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )


@bp.get("")
@needs(Right.SYSTEM)
def show() -> ResponseReturnValue:
    """Every line, those that are missing first."""
    return _page(CodeForm(formdata=None))


@bp.post("/test-mail")
@needs(Right.SYSTEM)
def send_mail() -> ResponseReturnValue:
    """Send a code to whoever asks, through the mail server that is set."""
    with db.writing() as session:
        ready.send_test_mail(session, _config(), current_user, by=current_user.id)
    flash(_("A mail with a code is on its way to %(email)s.", email=current_user.email), "success")
    return redirect(url_for(".show", _anchor="mail"))


@bp.post("/test-mail/code")
@needs(Right.SYSTEM)
def confirm_mail() -> ResponseReturnValue:
    """The code of the test mail: mail arrives."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        with db.writing() as session:
            ready.confirm_test_mail(session, _config(), form.code.data or "", by=current_user.id, at=clock.now())
    except Refused as refusal:
        form.refuse(refusal)
        return _page(form), refusal.status
    flash(_("Mail arrives."), "success")
    return redirect(url_for(".show"))


def _page(form: CodeForm) -> str:
    config = _config()
    with db.reading() as session:
        found = ready.checks(session, config, fund(), on=clock.today(fund().timezone))
    groups = {standing: [one for one in found if one.standing is standing] for standing in Standing}
    return render_template("opening/ready.html", groups=groups, form=form, has_mail=bool(config.smtp_url))


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    return config
