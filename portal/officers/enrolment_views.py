"""What a scheme asks about an employer, as the fund enters and changes it: from a day on, with a reason."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.employers.answer_forms import AnswersForm, by_code, of_employer, question_fields, with_questions
from portal.employers.given import asked_of_employer, in_words
from portal.employers.models import Employer, Enrolment
from portal.employers.service import answer, employer_by_number, enrolments_of
from portal.employers.told import answers_on
from portal.errors import NotFound, Refused
from portal.installation import fund, pack
from portal.web.filters import say
from portal.words import Words, _

bp = guarded(Blueprint("enrolments", __name__, url_prefix="/fund/employers/<employer_number>/enrolments"), fund_staff)


@bp.route("/<scheme>", methods=["GET", "POST"])
@needs(Right.REGISTER)
def answers(employer_number: str, scheme: str) -> ResponseReturnValue:
    """What the scheme was told, since when, and a form to change it."""
    with db.reading() as session:
        employer, enrolment = _enrolment(session, employer_number, scheme)
    form = with_questions(AnswersForm, question_fields(of_employer([scheme]), with_default=False))()
    if form.validate_on_submit():
        try:
            return _changed(form, employer_number, scheme)
        except Refused as refusal:
            form.refuse(_placed(refusal, scheme))
    rules, day = pack(scheme), max(clock.today(fund().timezone), enrolment.from_day)
    shown = render_template(
        "officers/enrolment.html", employer=employer, enrolment=enrolment, rules=rules, form=form,
        holding=answers_on(rules, asked_of_employer(rules), enrolment.answers, day), history=_history(enrolment),
    )  # fmt: skip
    return shown, 422 if request.method == "POST" else 200


def _changed(form: AnswersForm, employer_number: str, scheme: str) -> ResponseReturnValue:
    said, from_day, reason = by_code(scheme, form.said()), form.day(), form.why()
    with db.writing() as session:
        _employer, enrolment = _enrolment(session, employer_number, scheme)
        changed = answer(
            session, enrolment, said, from_day=from_day, reason=reason, at=clock.now(), by=current_user.id
        )  # fmt: skip
    words = _("It holds from %(day)s.", day=from_day) if changed else _("Nothing was changed.")
    flash(say(words), "success" if changed else "info")
    return redirect(url_for(".answers", employer_number=employer_number, scheme=scheme), 303)


def _enrolment(session: Session, employer_number: str, scheme: str) -> tuple[Employer, Enrolment]:
    """The employer's latest enrolment in an active scheme; NotFound when there is none."""
    pack(scheme)
    employer = employer_by_number(session, employer_number)
    found = [one for one in enrolments_of(session, employer.id) if one.scheme == scheme]
    if not found:
        raise NotFound(scheme)
    return employer, found[-1]


def _placed(refusal: Refused, scheme: str) -> Refused:
    """The refusal beside the field of the form it is about."""
    field = f"{scheme}.{refusal.field}" if refusal.field in pack(scheme).inputs else refusal.field
    return Refused(refusal.words, field=field, status=refusal.status)


def _history(enrolment: Enrolment) -> list[tuple[date, list[tuple[str, Words]], str]]:
    """Everything that was ever said: from which day, what, and why; what was recorded last comes first."""
    rules = pack(enrolment.scheme)
    return [
        (
            date.fromisoformat(entry["from"]),
            [
                (rules.inputs[code].label, _("%(answer)s", answer=in_words(rules, code, text)))
                for code, text in entry["said"].items()
                if code in rules.inputs
            ],
            entry["reason"],
        )
        for entry in reversed(enrolment.answers)
    ]
