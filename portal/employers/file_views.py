"""The file of an employer: what the fund has on it, and who may act for it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, acting_for_employer, guarded, needs
from portal.auth.models import EmployerRole
from portal.employers import answers as asked
from portal.employers import forms, review, service
from portal.employers.given import asked_of_employer
from portal.employers.models import Enrolment
from portal.employers.told import Answer, answers_on
from portal.errors import Refused
from portal.installation import fund, packs
from portal.web.filters import pack_words, say
from portal.words import _

bp = guarded(Blueprint("employer_file", __name__, url_prefix="/employers/<employer_number>/file"), acting_for_employer)


@bp.get("")
@needs(Right.VIEW)
def show_file(employer_number: str) -> ResponseReturnValue:
    """What the fund has on file."""
    with db.reading() as session:
        employer = service.employer_by_number(session, g.employer.number)
        enrolments = service.enrolments_of(session, employer.id)
        mandates = service.mandates_of(session, employer.id, _today())
    place = pack_words(asked.place_in_words(fund(), employer.location) or employer.location)
    codes = {"legal_form": employer.legal_form, "activity": employer.activity}
    named = {field: review.written(codes, field) for field in codes}
    return render_template(
        "employers/file.html", employer=employer, enrolments=enrolments, mandates=mandates, place=place, named=named,
        packs=packs(), told=_told(enrolments), role_names=forms.ROLE_NAMES, may_manage=Right.MANAGE in g.rights,
    )  # fmt: skip


@bp.route("/people", methods=["GET", "POST"])
@needs(Right.MANAGE)
def invite(employer_number: str) -> ResponseReturnValue:
    """Let somebody act for the employer.  The answer is the same whether or not they have an account."""
    form = forms.InviteForm()
    if not form.validate_on_submit():
        shown = render_template("employers/invite.html", form=form, employer=g.employer)
        return shown, 422 if form.errors else 200
    email, role = form.email.data or "", EmployerRole(form.role.data)
    with db.writing() as session:
        employer = service.employer_by_number(session, g.employer.number)
        by, url = current_user.id, str(current_app.config["BASE_URL"])
        service.invite(session, employer, email, role, by=by, today=_today(), at=clock.now(), url=url)
    flash(say(_("We have written to %(email)s.", email=email)), "success")
    return redirect(url_for(".show_file", employer_number=employer_number))


@bp.post("/people/end")
@needs(Right.MANAGE)
def end_mandate(employer_number: str) -> ResponseReturnValue:
    """Somebody may no longer act for the employer."""
    try:
        account, role = UUID(request.form.get("account", "")), EmployerRole(request.form.get("role", ""))
    except ValueError:
        abort(404)
    try:
        with db.writing() as session:
            employer = service.employer_by_number(session, g.employer.number)
            at, today = clock.now(), _today()
            service.end_mandate(session, employer, account, role, by=current_user.id, today=today, at=at)
    except Refused as refusal:
        flash(say(refusal.words), "error")
    return redirect(url_for(".show_file", employer_number=employer_number))


def _told(enrolments: list[Enrolment]) -> list[Answer]:
    """What the schemes are told about the employer today."""
    return [
        answer
        for one in enrolments
        if one.scheme in packs() and (one.to_day is None or one.to_day >= _today())
        for answer in answers_on(
            packs()[one.scheme], asked_of_employer(packs()[one.scheme]), one.answers, max(_today(), one.from_day)
        )
    ]


def _today() -> date:
    return clock.today(fund().timezone)
