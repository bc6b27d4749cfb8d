"""Your account: name, address, password, and the visits that are open."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from portal import audit, clock, db
from portal.account import service
from portal.account.forms import AddressForm, DetailsForm, PasswordForm
from portal.audit import Event
from portal.auth import factor, visits
from portal.auth.access import anyone, fresh, guarded, signed_in
from portal.auth.views import allowed
from portal.errors import Refused
from portal.web.filters import say
from portal.web.forms import PortalForm
from portal.words import _

bp = guarded(Blueprint("my_account", __name__, url_prefix="/account"), signed_in)
#: The link to a new address may be opened in another browser.
link_bp = guarded(Blueprint("new_address", __name__, url_prefix="/account"), anyone)

TOO_MANY = _("There were too many tries. Wait five minutes, then try again.")


@bp.get("/")
def show() -> ResponseReturnValue:
    """Everything about one's account on one page."""
    with db.reading() as database:
        open_visits = visits.visits_of(database, current_user.id)
        two_steps = factor.is_on(database, current_user.id)
        left = factor.codes_left(database, current_user.id)
    return render_template(
        "account/show.html",
        account=current_user,
        visits=open_visits,
        this=_this_visit(),
        two_steps=two_steps,
        left=left,
    )


@bp.route("/details", methods=["GET", "POST"])
def details() -> ResponseReturnValue:
    """Name and office."""
    form = DetailsForm(obj=current_user)
    if not form.validate_on_submit():
        return _form_page("account/details.html", form)
    with db.writing() as database:
        name, office = form.name.data or "", form.office.data or ""
        service.change_details(database, current_user.id, name, office, at=clock.now())
    flash(say(_("Your account is changed.")), "success")
    return redirect(url_for(".show"))


@bp.route("/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """A new password; every other visit ends."""
    form = PasswordForm()
    if not form.validate_on_submit():
        return _form_page("account/password.html", form)
    try:
        if not allowed(("proof", str(current_user.id))):
            raise Refused(TOO_MANY, field="old", status=429)
        with db.writing() as database:
            old, new = form.old.data or "", form.password.data or ""
            service.change_password(database, current_user.id, old, new, visit=_this_visit(), at=clock.now())
    except Refused as refusal:
        form.refuse(refusal)
        return _form_page("account/password.html", form)
    session["proved_at"] = clock.real_now().isoformat()
    flash(say(_("Your password is changed. You were signed out everywhere else.")), "success")
    return redirect(url_for(".show"))


@bp.route("/address", methods=["GET", "POST"])
@fresh
def address() -> ResponseReturnValue:
    """Another e-mail address: it is used once the link in a mail to it is opened."""
    form = AddressForm()
    if not form.validate_on_submit():
        return _form_page("account/address.html", form)
    if allowed(("reset", current_user.email)):
        url = str(current_app.config["BASE_URL"]) + "/account/address/"
        with db.writing() as database:
            service.ask_for_address(database, current_user.id, form.email.data or "", url=url)
    flash(say(_("We have written to %(email)s.", email=form.email.data or "")), "success")
    return redirect(url_for(".show"))


@link_bp.route("/address/<token>", methods=["GET", "POST"])
def use_address(token: str) -> ResponseReturnValue:
    """The link of that mail; a button confirms, because mail scanners open links."""
    form = PortalForm()
    if not form.validate_on_submit():
        return render_template("account/use_address.html", form=form)
    with db.writing() as database:
        service.use_address(database, token, at=clock.now())
    flash(say(_("Your e-mail address is changed. Sign in with the new one.")), "success")
    return redirect(url_for("auth.sign_in"))


@bp.post("/visits/<uuid:visit>/end")
def end_visit(visit: UUID) -> ResponseReturnValue:
    """End one visit."""
    with db.writing() as database:
        visits.end_visit(database, current_user.id, visit)
        _visits_ended(database)
    return redirect(url_for(".show"))


@bp.post("/visits/end-others")
def end_others() -> ResponseReturnValue:
    """End every visit but this one."""
    with db.writing() as database:
        visits.end_visits(database, current_user.id, but=_this_visit())
        _visits_ended(database)
    flash(say(_("You are signed out everywhere else.")), "success")
    return redirect(url_for(".show"))


def _visits_ended(database: Session) -> None:
    account = str(current_user.public_id)
    audit.record(database, Event.VISITS_ENDED, at=clock.now(), by=current_user.id, account=account)


def _this_visit() -> str | None:
    row = getattr(session, "row", None)
    return row.id if row is not None else None


def _form_page(template: str, form: PortalForm) -> ResponseReturnValue:
    return render_template(template, form=form, account=current_user), 422 if form.errors else 200
