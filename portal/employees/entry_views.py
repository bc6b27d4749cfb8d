"""The public door for employees: who they are, then a code.  It never says whether a number exists."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import clock, db
from portal.auth.access import EmployeeVisit, anyone, guarded
from portal.auth.views import allowed, begin_visit
from portal.employees import entry
from portal.employees.forms import CodeForm, WhoForm
from portal.errors import Refused
from portal.installation import fund
from portal.words import _

bp = guarded(Blueprint("entry", __name__, url_prefix="/cover"), anyone)

#: Where the visit keeps who somebody says they are, between the two pages.
WHO = "entry"
TOO_MANY = _("There were too many tries. Wait fifteen minutes, then try again, or call the fund.")


@bp.route("", methods=["GET", "POST"])
def who() -> ResponseReturnValue:
    """Who are you, and how do you get your code?"""
    if current_user.is_authenticated and current_user.kind == "employee":
        return redirect("/me/")
    form = WhoForm()
    if not form.validate_on_submit():
        return render_template("employees/who.html", form=form), 422 if form.errors else 200
    number = fund().insurance_number.normalise(form.number.data or "")
    try:
        _count(number, "number")
    except Refused as refusal:
        form.refuse(refusal)
        return render_template("employees/who.html", form=form), refusal.status
    if form.way.data == "mail":
        with db.writing() as database:
            entry.send_code(database, number, form.born, key=secret_key(), at=clock.now())
    session[WHO] = {"number": number, "born": form.born.isoformat(), "way": form.way.data}
    return redirect(url_for(".code"))


@bp.route("/code", methods=["GET", "POST"])
def code() -> ResponseReturnValue:
    """Type the code; the record opens."""
    known = session.get(WHO)
    if not known:
        return redirect(url_for(".who"))
    form = CodeForm()
    if form.validate_on_submit():
        try:
            _count(known["number"], "code")
            with db.writing() as database:
                person = entry.come_in(
                    database, known["number"], date.fromisoformat(known["born"]), form.code.data or "",
                    key=secret_key(), at=clock.now(),
                )  # fmt: skip
            begin_visit(EmployeeVisit(person))
            return redirect("/me/")
        except Refused as refusal:
            form.refuse(refusal)
            return render_template("employees/code.html", form=form, way=known["way"]), refusal.status
    return render_template("employees/code.html", form=form, way=known["way"]), 422 if form.errors else 200


def secret_key() -> bytes:
    """What keys the digests of codes."""
    return str(current_app.config["SECRET_KEY"]).encode()


def _count(number: str, field: str) -> None:
    """Every try counts, for the number and for where it comes from, whether or not there is such a number."""
    if not allowed(("employee-number", number), ("employee-address", request.remote_addr or "")):
        raise Refused(TOO_MANY, field=field, status=429)
