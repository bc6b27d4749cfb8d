"""
Whoever does something binding has shown not long ago who they are; otherwise the password is asked for again.

What was typed is kept: the page that asks holds the whole form and sends it on together with the password, so that
nothing has to be typed twice and nothing is stored.  Files are the exception: a browser does not give them back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

from flask import current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import HiddenField, PasswordField
from wtforms.validators import Length

from portal import clock, db
from portal.auth import passwords, service
from portal.errors import Refused
from portal.web.forms import PortalForm
from portal.words import _

#: How long a proof holds.
FRESH_FOR = timedelta(minutes=15)
TOO_MANY = _("There were too many tries. Wait five minutes, then try again.")
WRONG = _("That is not your password.")
View = TypeVar("View", bound=Callable[..., Any])


class ProofForm(PortalForm):
    """The password, once more.  The names are of no other form, so that both can be sent together."""

    proof = HiddenField()
    proof_password = PasswordField(
        _l("Your password"), validators=[Length(max=200)], render_kw={"autocomplete": "current-password"}
    )


def fresh(view: View) -> View:
    """
    Ask for the password again when the visit's last proof is older than a quarter of an hour.

    Put it below ``needs``.  Of a view that shows a form and takes it, only the taking is guarded.
    """

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        shows_form = request.method == "GET" and "POST" in (request.url_rule.methods or ())  # type: ignore[union-attr]
        if shows_form or is_fresh():
            return view(*args, **kwargs)
        if request.method == "GET":
            return redirect(url_for("auth.prove", next=request.full_path.rstrip("?")))
        asked = ask_again()
        return view(*args, **kwargs) if asked is None else asked

    checked.fresh = True  # type: ignore[attr-defined]  # read by the tests
    return checked  # type: ignore[return-value]  # same call, one check before it


def is_fresh() -> bool:
    """Whether the visitor has shown who they are within the last quarter of an hour."""
    at = session.get("proved_at")
    row = getattr(session, "row", None)
    proved = datetime.fromisoformat(at) if at else row.created_at if row is not None else None
    return proved is not None and proved > clock.real_now() - FRESH_FOR


def ask_again(back: str | None = None) -> ResponseReturnValue | None:
    """The page that asks, holding what was sent; None when the password came with it and is right."""
    form = ProofForm()
    try:
        if form.proof.data and form.validate():
            prove(form.proof_password.data or "")
            return None
    except Refused as refusal:
        form.refuse(refusal)
    ours = {*form._fields, "csrf_token"}
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in ours]
    shown = render_template("auth/prove.html", form=form, kept=kept, back=back, by_card=by_card())
    return shown, 422 if form.errors else 200


def prove(password: str) -> None:
    """The visitor is who they say.  Refused with a wrong password, and after too many."""
    now = clock.real_now()
    if not by_card():
        with db.writing() as database:
            allowed = service.count_attempt(database, "proof", str(current_user.id), at=now)
        if not allowed:
            raise Refused(TOO_MANY, field="proof_password", status=429)
        if not passwords.fits(current_user.password_hash, password):
            raise Refused(WRONG, field="proof_password", status=422)
    session["proved_at"] = now.isoformat()


def by_card() -> bool:
    """Whether the visitor came in by a card of the practice fund, which has no password."""
    return bool(current_app.config["PRACTICE"]) and session.get("proof") == "card"
