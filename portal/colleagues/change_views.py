"""What an employer asks the fund to change: legal name, bank account, the last administrator."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, acting_for_employer, fresh, guarded, needs
from portal.colleagues import changes, mandates
from portal.colleagues.changes import LABELS
from portal.colleagues.forms import DetailsForm, LeaveForm
from portal.colleagues.views import link
from portal.employers.service import employer_by_number
from portal.errors import Refused
from portal.installation import fund
from portal.web.filters import say
from portal.words import _

bp = guarded(Blueprint("changes", __name__, url_prefix="/employers/<employer_number>/changes"), acting_for_employer)
ASKED = _("The fund is asked. Until it decides, everything stays as it is.")


@bp.get("/")
@needs(Right.MANAGE)
def index(employer_number: str) -> ResponseReturnValue:
    """What was asked for and is not decided yet."""
    with db.reading() as session:
        asked = [(one, changes.rows_of(session, one)) for one in changes.waiting(session, g.employer.id)]
    may_ask = not any(one.shown["change"] == changes.DETAILS for one, _rows in asked)
    return render_template(
        "colleagues/changes.html", employer=g.employer, asked=asked, me=current_user.id, may_ask=may_ask
    )


@bp.route("/details", methods=["GET", "POST"])
@needs(Right.MANAGE)
@fresh
def details(employer_number: str) -> ResponseReturnValue:
    """Ask for another legal name or bank account."""
    with db.reading() as session:
        employer = employer_by_number(session, g.employer.number)
    form = DetailsForm(obj=employer)
    if form.validate_on_submit():
        try:
            return _asked_for_details(form)
        except Refused as refusal:
            form.refuse(refusal)
            return render_template("colleagues/details.html", form=form, employer=g.employer), refusal.status
    return render_template("colleagues/details.html", form=form, employer=g.employer), 422 if form.errors else 200


def _asked_for_details(form: DetailsForm) -> ResponseReturnValue:
    wanted, reason = {name: form[name].data or "" for name in LABELS}, form.reason.data or ""
    with db.writing() as session:
        employer = employer_by_number(session, g.employer.number)
        changes.ask_details(session, employer, wanted, reason=reason, by=current_user.id, at=clock.now())
    flash(say(ASKED), "success")
    return redirect(url_for(".index", employer_number=g.employer.number))


@bp.route("/administrator/<uuid:mandate>", methods=["GET", "POST"])
@needs(Right.MANAGE)
@fresh
def leave(employer_number: str, mandate: UUID) -> ResponseReturnValue:
    """Ask that the mandate of the last administrator ends."""
    form = LeaveForm()
    if form.validate_on_submit():
        try:
            return _asked_to_leave(form, mandate)
        except Refused as refusal:
            form.refuse(refusal)
            return _leave_page(form, mandate, refusal.status)
    return _leave_page(form, mandate, 422 if form.errors else 200)


def _asked_to_leave(form: LeaveForm, mandate: UUID) -> ResponseReturnValue:
    successor, reason, by = form.successor.data or "", form.reason.data or "", current_user.id
    with db.writing() as session:
        employer = employer_by_number(session, g.employer.number)
        changes.ask_to_end(
            session, employer, mandate, successor, reason=reason, url=link(), by=by, today=_today(), at=clock.now()
        )
    flash(say(ASKED), "success")
    return redirect(url_for(".index", employer_number=g.employer.number))


def _leave_page(form: LeaveForm, mandate: UUID, status: int) -> ResponseReturnValue:
    with db.reading() as session:
        one = mandates.colleague(session, g.employer.id, mandate, _today())
    return render_template("colleagues/leave.html", form=form, employer=g.employer, one=one), status


@bp.post("/<uuid:approval>/take-back")
@needs(Right.MANAGE)
def take_back(employer_number: str, approval: UUID) -> ResponseReturnValue:
    """Whoever asked takes it back."""
    with db.writing() as session:
        employer = employer_by_number(session, g.employer.number)
        changes.take_back(session, employer, approval, by=current_user.id, at=clock.now())
    flash(say(_("The request is taken back. Nothing was changed.")), "success")
    return redirect(url_for(".index", employer_number=employer_number))


def _today() -> date:
    return clock.today(fund().timezone)
