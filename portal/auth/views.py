"""Sign in and out, make an account, confirm an address, choose a new password."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from portal import audit, clock, db
from portal.audit import Event
from portal.auth import factor, service
from portal.auth.access import anyone, guarded
from portal.auth.forms import AccountForm, CodeForm, ForgottenForm, NewPasswordForm, SignInForm
from portal.auth.models import Account
from portal.auth.proof import ask_again
from portal.errors import Refused
from portal.web.filters import say
from portal.web.pages import safe_return
from portal.words import _

bp = guarded(Blueprint("auth", __name__), anyone)

#: How long the second step may take.
HALF_FOR = timedelta(minutes=10)
TOO_MANY_CODES = _("There were too many tries. Wait a quarter of an hour; after fifty tries, a day.")
TOO_MANY = _("There were too many tries. Wait five minutes, then try again, or choose a new password.")


def begin_visit(user: object, proof: str = "password") -> None:
    """
    Start a signed-in visit under a new token, so that one planted before is worth nothing.

    *proof* is what was shown: a password, a code as well, a card of the practice fund.
    """
    session.clear()
    session.renew = True  # type: ignore[attr-defined]  # our own session class
    session["proof"] = proof
    login_user(user)


def allowed(*tries: tuple[str, str]) -> bool:
    """Count a try of each kind, in a transaction of its own, and say whether all are still allowed."""
    now = clock.real_now()
    with db.writing() as database:
        counted = [service.count_attempt(database, kind, who, at=now) for kind, who in tries]  # each is counted
    return all(counted)


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """The sign-in page."""
    form = SignInForm()
    if form.validate_on_submit():
        try:
            return _password_given(form.email.data or "", form.password.data or "")
        except Refused as refusal:
            form.refuse(refusal)
            return render_template("auth/sign_in.html", form=form), refusal.status
    return render_template("auth/sign_in.html", form=form), 422 if form.errors else 200


def _password_given(email: str, password: str) -> ResponseReturnValue:
    """In, or on to the second step; a visit that is half begun has a new token as well."""
    if not allowed(("sign-in-account", email), ("sign-in-address", request.remote_addr or "")):
        raise Refused(TOO_MANY, field="password", status=429)
    back = safe_return(request.args.get("next"))
    with db.writing() as database:
        account = service.check_password(database, email, password)
        two_steps = factor.is_on(database, account.id)
        if not two_steps:
            audit.record(database, Event.SIGNED_IN, at=clock.now(), by=account.id)
    if not two_steps:
        begin_visit(account)
        return redirect(back or url_for("home"))
    session.clear()
    session.renew = True  # type: ignore[attr-defined]  # our own session class
    session["half"] = {"account": account.id, "until": (clock.real_now() + HALF_FOR).isoformat(), "back": back}
    return redirect(url_for(".second_step"))


@bp.route("/sign-in/code", methods=["GET", "POST"])
def second_step() -> ResponseReturnValue:
    """The code of the authenticator, or one of the recovery codes."""
    half = session.get("half")
    if not half or datetime.fromisoformat(half["until"]) < clock.real_now():
        return redirect(url_for(".sign_in"))
    form = CodeForm()
    if form.validate_on_submit():
        try:
            begin_visit(_code_given(half["account"], form.code.data or ""), "code")
            return redirect(half["back"] or url_for("home"))
        except Refused as refusal:
            form.refuse(refusal)
    return render_template("auth/second_step.html", form=form), 422 if form.errors else 200


def _code_given(account_id: int, code: str) -> Account:
    """The account, when the code is its own.  Tries are counted before they are judged."""
    if not allowed(*((kind, str(account_id)) for kind in service.SECOND_STEP_TRIES)):
        raise Refused(TOO_MANY_CODES, field="code", status=429)
    with db.writing() as database:
        account = database.get_one(Account, account_id)
        if account.disabled_at is not None:
            raise Refused(factor.DOES_NOT_FIT, field="code", status=422)
        factor.check(database, account_id, code, key=secret_key(), at=clock.real_now())
        audit.record(database, Event.SIGNED_IN, at=clock.now(), by=account.id)
    return account


@bp.route("/prove", methods=["GET", "POST"])
def prove() -> ResponseReturnValue:
    """The password once more, before a page that shows what concerns many people."""
    back = safe_return(request.args.get("next")) or url_for("home")
    if not current_user.is_authenticated or current_user.kind != "account":
        return redirect(url_for(".sign_in"))
    asked = ask_again(back)
    return redirect(back) if asked is None else asked


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the visit."""
    if current_user.is_authenticated and isinstance(current_user._get_current_object(), Account):
        with db.writing() as database:
            audit.record(database, Event.SIGNED_OUT, at=clock.now(), by=current_user.id)
    logout_user()
    session.clear()
    return redirect(url_for("home"))


@bp.get("/stay")
def stay() -> ResponseReturnValue:
    """Asked for before a visit ends by itself: opening any page keeps it."""
    return render_template("auth/stay.html")


@bp.route("/account/new", methods=["GET", "POST"])
def new_account() -> ResponseReturnValue:
    """Make an account.  The next page is the same whether or not the address is known already."""
    form = AccountForm()
    if form.validate_on_submit():
        try:
            if not allowed(("new-account", request.remote_addr or "")):
                raise Refused(TOO_MANY, field="email", status=429)
            with db.writing() as database:
                service.create_account(
                    database,
                    form.email.data or "",
                    form.name.data or "",
                    form.password.data or "",
                    at=clock.now(),
                    confirm_url=_outside("/account/confirm/"),
                )
            return redirect(url_for(".check_mail"))
        except Refused as refusal:
            form.refuse(refusal)
            return render_template("auth/new_account.html", form=form), refusal.status
    return render_template("auth/new_account.html", form=form), 422 if form.errors else 200


@bp.get("/account/check-mail")
def check_mail() -> ResponseReturnValue:
    """Look into your mail: the same words whatever happened."""
    return render_template("auth/check_mail.html")


@bp.route("/account/confirm/<token>", methods=["GET", "POST"])
def confirm(token: str) -> ResponseReturnValue:
    """The link of the first mail; a button confirms, because mail scanners open links."""
    if request.method == "GET":
        return render_template("auth/confirm.html")
    with db.writing() as database:
        service.confirm_address(database, token, at=clock.now())
    flash(say(_("Your e-mail address is confirmed. Sign in to go on.")), "success")
    return redirect(url_for(".sign_in", next="/registration/"))


@bp.route("/account/forgotten", methods=["GET", "POST"])
def forgotten() -> ResponseReturnValue:
    """Ask for a link to choose a new password."""
    form = ForgottenForm()
    if form.validate_on_submit():
        if allowed(("reset", form.email.data or "")):
            with db.writing() as database:
                service.request_reset(
                    database, form.email.data or "", at=clock.now(), reset_url=_outside("/account/reset/")
                )
        return redirect(url_for(".check_mail"))
    return render_template("auth/forgotten.html", form=form), 422 if form.errors else 200


@bp.route("/account/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> ResponseReturnValue:
    """Choose a new password by the link of a mail."""
    with db.reading() as database:
        form = NewPasswordForm(service.address_behind(database, token))
    if form.validate_on_submit():
        with db.writing() as database:
            service.choose_password(database, token, form.password.data or "", at=clock.now())
        return redirect(url_for(".sign_in"))
    return render_template("auth/reset.html", form=form), 422 if form.errors else 200


def secret_key() -> bytes:
    """The installation's own secret."""
    return str(current_app.config["SECRET_KEY"]).encode()


def _outside(path: str) -> str:
    return str(current_app.config["BASE_URL"]) + path
