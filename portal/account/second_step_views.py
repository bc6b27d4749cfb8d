"""Setting up the second step of signing in, and its recovery codes."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import clock, db
from portal.auth import factor, visits
from portal.auth.access import fresh, guarded, signed_in
from portal.auth.forms import CodeForm
from portal.auth.service import SECOND_STEP_TRIES
from portal.auth.views import TOO_MANY_CODES, allowed, secret_key
from portal.errors import Refused
from portal.installation import fund
from portal.pdf import qr_svg
from portal.web.filters import say
from portal.web.forms import PortalForm
from portal.words import _

bp = guarded(Blueprint("second_step", __name__, url_prefix="/account/second-step"), signed_in)


@bp.get("")
def show() -> ResponseReturnValue:
    """What the second step is, whether it is on, and where it is set up."""
    with db.reading() as database:
        is_on, left = factor.is_on(database, current_user.id), factor.codes_left(database, current_user.id)
    return render_template("account/second_step.html", is_on=is_on, left=left, form=PortalForm())


@bp.post("/begin")
@fresh
def begin() -> ResponseReturnValue:
    """Make an authenticator's secret."""
    with db.writing() as database:
        factor.begin(database, current_user.id, at=clock.real_now())
    return redirect(url_for(".set_up"))


@bp.get("/set-up")
@fresh
def set_up() -> ResponseReturnValue:
    """The secret as a QR code and in letters, and the field for a first code."""
    return _set_up_page(CodeForm(formdata=None))


def _set_up_page(form: CodeForm) -> ResponseReturnValue:
    with db.reading() as database:
        secret = factor.secret_of(database, current_user.id, key=secret_key())
    if secret is None:
        return redirect(url_for(".show"))
    address = factor.address_of(secret, name=current_user.email, issuer=fund().short_name)
    letters = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    shown = render_template("account/set_up.html", form=form, letters=letters, address=address, qr=qr_svg(address))
    return shown, 422 if form.errors else 200


@bp.post("/confirm")
@fresh
def confirm() -> ResponseReturnValue:
    """A first code: from now on signing in takes one.  The recovery codes are shown here and nowhere else."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _set_up_page(form)
    try:
        if not allowed(*((kind, str(current_user.id)) for kind in SECOND_STEP_TRIES)):
            raise Refused(TOO_MANY_CODES, field="code", status=429)
        with db.writing() as database:
            account, at = database.merge(current_user, load=False), clock.real_now()
            codes = factor.confirm(database, account, form.code.data or "", key=secret_key(), at=at)
            visits.end_visits(database, account.id, but=session.row.id)  # type: ignore[attr-defined]  # our own class
    except Refused as refusal:
        form.refuse(refusal)
        return _set_up_page(form)
    session["proof"] = "code"
    session.renew = True  # type: ignore[attr-defined]  # our own session class: more may be done now, under a new token
    return render_template("account/recovery_codes.html", codes=codes)


@bp.post("/recovery-codes")
@fresh
def recovery_codes() -> ResponseReturnValue:
    """Ten new recovery codes, shown once; the old ones end."""
    with db.writing() as database:
        if not factor.is_on(database, current_user.id):
            return redirect(url_for(".show"))
        codes = factor.new_codes(database, current_user, at=clock.real_now())
    return render_template("account/recovery_codes.html", codes=codes)


@bp.post("/off")
@fresh
def turn_off() -> ResponseReturnValue:
    """No second step any more; where it is asked for, a new authenticator has to be set up at once."""
    with db.writing() as database:
        factor.end(database, current_user, by=current_user.id, at=clock.real_now())
    if session.get("proof") == "code":
        session["proof"] = "password"
    flash(say(_("Signing in takes no code any more.")), "success")
    return redirect(url_for(".show"))
