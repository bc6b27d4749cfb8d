"""Applications to be registered, as the registrar sees and decides them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import Session
from wtforms import TextAreaField
from wtforms.validators import Length

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.auth.models import Account
from portal.employers import answers as asked
from portal.employers import decisions, registration, review
from portal.employers.answer_forms import by_code, fields_of, of_employer, question_fields, said_in, with_questions
from portal.employers.models import Employer, Registration, RegistrationState
from portal.employers.registration import document_field
from portal.employers.service import first_day_of
from portal.errors import Refused
from portal.installation import fund, packs
from portal.scheme.fund import Choice
from portal.web.filters import say
from portal.web.forms import PortalForm
from portal.web.pages import PER_PAGE, Page, download, page_number
from portal.words import Words, _

bp = guarded(Blueprint("registrations", __name__, url_prefix="/fund/registrations"), fund_staff)

#: What the list can be narrowed to, in words; without a choice: who waits for a decision.
STATE_NAMES = {
    RegistrationState.SUBMITTED.value: _("Waiting for a decision"),
    RegistrationState.RETURNED.value: _("Returned to the applicant"),
    RegistrationState.APPROVED.value: _("Approved"),
    RegistrationState.REJECTED.value: _("Rejected"),
    "all": _("All"),
}


class RejectForm(PortalForm):
    """Why an application is turned down."""

    reason = TextAreaField(
        _l("Reason"),
        validators=[Length(max=decisions.LONGEST_REMARK)],
        description=_l("The applicant gets to read it."),
        render_kw={"rows": 4},
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One application in the list; *days* since it was sent."""

    public_id: UUID
    number: str
    name: str
    form: str
    people: str
    state: str
    sent: date | None
    days: int


@bp.get("")
@needs(Right.FUND_VIEW)
def index() -> ResponseReturnValue:
    """The applications that wait, the longest first; filters stay in the address."""
    state = request.args.get("state", RegistrationState.SUBMITTED.value)
    state = state if state in STATE_NAMES else RegistrationState.SUBMITTED.value
    words, number = asked.clean(request.args.get("q", "")), page_number()
    with db.reading() as session:
        first = (number - 1) * PER_PAGE
        found, total = review.registrations(session, state=state, words=words, first=first, most=PER_PAGE)
    page = Page([_row(one) for one in found], number, total)
    return render_template("officers/registrations.html", page=page, state=state, words=words, states=STATE_NAMES)


@bp.get("/<uuid:number>")
@needs(Right.FUND_VIEW)
def show(number: UUID) -> ResponseReturnValue:
    """One application: its answers, documents, likely duplicates and what happened."""
    with db.reading() as session:
        row = _sent(session, number)
        sent = registration.documents_of(session, row)
        duplicates = review.likely_duplicates(session, row)
        happened = review.history(session, row, officers=True)
        applicant = session.get_one(Account, row.account_id)
        employer = session.get(Employer, row.employer_id) if row.employer_id else None
    may_decide = row.state == RegistrationState.SUBMITTED and Right.REGISTER in g.rights
    return render_template(
        "officers/registration.html", row=row, pages=asked.PAGES, written=review.written, wanted=_wanted(row),
        sent=sent, duplicates=duplicates, happened=happened, applicant=applicant, employer=employer,
        may_decide=may_decide, own=row.account_id == current_user.id, days=_days(row), field_of=document_field,
    )  # fmt: skip


@bp.get("/<uuid:number>/documents/<kind>")
@needs(Right.FUND_VIEW)
def document(number: UUID, kind: str) -> ResponseReturnValue:
    """One of the papers, to save; never shown inside the portal."""
    with db.reading() as session:
        row = _sent(session, number)
        file = registration.document(session, row, kind)
        return download(file.content, f"{row.tracking_number} {kind} {file.name}", file.media_type)


@bp.route("/<uuid:number>/approve", methods=["GET", "POST"])
@needs(Right.REGISTER)
def approve(number: UUID) -> ResponseReturnValue:
    """What approving does, then doing it.  Whoever comes second is told who was first."""
    if request.method == "GET":
        return _approve_page(number, None)
    form = _questions_form(number)
    said = {scheme: by_code(scheme, said_in(form)) for scheme in packs()}
    try:
        with db.writing() as session:
            row = _sent(session, number, lock=True)
            employer = decisions.approve(session, row, by=current_user.id, at=clock.now(), said=said)
    except Refused as refusal:
        if refusal.field not in form:
            raise
        form.refuse(refusal)
        return _approve_page(number, form), refusal.status
    flash(say(_("%(name)s is employer %(number)s.", name=employer.legal_name, number=employer.number)), "success")
    return redirect(url_for(".show", number=number))


def _questions_form(number: UUID) -> PortalForm:
    """What the schemes the enterprise asked for ask about it."""
    with db.reading() as session:
        row = _sent(session, number)
    made: PortalForm = with_questions(PortalForm, question_fields(of_employer(asked.schemes_of(row.answers))))()
    return made


def _approve_page(number: UUID, form: PortalForm | None) -> str:
    with db.reading() as session:
        row = _sent(session, number)
        applicant = session.get_one(Account, row.account_id)
        duplicates = review.likely_duplicates(session, row)
    form = form or _questions_form(number)
    return render_template(
        "officers/registration_approve.html", row=row, applicant=applicant, duplicates=duplicates, form=form,
        enrolments=_enrolments(row), name=review.written(row.answers, "legal_name"), questions=fields_of(form),
    )  # fmt: skip


@bp.route("/<uuid:number>/return", methods=["GET", "POST"])
@needs(Right.REGISTER)
def give_back(number: UUID) -> ResponseReturnValue:
    """A remark beside each answer that has to be looked at again."""
    with db.reading() as session:
        row = _sent(session, number)
    form = _remarks_form(row)
    if not form.validate_on_submit():
        return _shown("officers/registration_return.html", form, row)
    remarks = {name: field.data or "" for name, field in form._fields.items() if name != "csrf_token"}
    try:
        with db.writing() as session:
            locked, at = _sent(session, number, lock=True), clock.now()
            decisions.give_back(session, locked, remarks, by=current_user.id, at=at)
    except Refused as refusal:
        return _shown("officers/registration_return.html", form, row, refusal)
    flash(say(_("The applicant has been asked to look at it again.")), "success")
    return redirect(url_for(".index"))


@bp.route("/<uuid:number>/reject", methods=["GET", "POST"])
@needs(Right.REGISTER)
def reject(number: UUID) -> ResponseReturnValue:
    """Turn an application down, with a reason."""
    form = RejectForm()
    with db.reading() as session:
        row = _sent(session, number)
    if not form.validate_on_submit():
        return _shown("officers/registration_reject.html", form, row)
    try:
        with db.writing() as session:
            locked, at = _sent(session, number, lock=True), clock.now()
            decisions.reject(session, locked, form.reason.data or "", by=current_user.id, at=at)
    except Refused as refusal:
        return _shown("officers/registration_reject.html", form, row, refusal)
    flash(say(_("The application was rejected and the applicant told why.")), "success")
    return redirect(url_for(".index"))


def _shown(template: str, form: PortalForm, row: Registration, refusal: Refused | None = None) -> ResponseReturnValue:
    """A form as it was left, with what is wrong; too late for any form is a page of its own."""
    if refusal is not None and refusal.status != 422:
        raise refusal
    if refusal is not None:
        form.refuse(refusal)
    name = review.written(row.answers, "legal_name")
    shown = render_template(
        template, form=form, row=row, name=name, pages=asked.PAGES, written=review.written, wanted=_wanted(row),
        field_of=document_field,
    )  # fmt: skip
    return shown, 422 if form.errors or refusal else 200


def _sent(session: Session, number: UUID, *, lock: bool = False) -> Registration:
    """An application the fund may see: a draft belongs to its applicant alone."""
    row = registration.registration_of(session, number, lock=lock)
    return row if row.state != RegistrationState.DRAFT else abort(404)


def _wanted(row: Registration) -> tuple[Choice, ...]:
    return fund().documents_for(asked.text_of(row.answers, "legal_form"))


def _row(row: Registration) -> Row:
    sent = row.submitted_at.astimezone(ZoneInfo(fund().timezone)).date() if row.submitted_at else None
    said = {field: say(review.written(row.answers, field)) for field in ("legal_name", "legal_form", "headcount")}
    return Row(
        row.public_id,
        row.tracking_number,
        said["legal_name"],
        said["legal_form"],
        said["headcount"],
        row.state,
        sent,
        _days(row),
    )


def _days(row: Registration) -> int:
    """Days since the application was sent, for as long as it waits."""
    if row.submitted_at is None or row.state != RegistrationState.SUBMITTED:
        return 0
    zone = ZoneInfo(fund().timezone)
    return max(0, (clock.today(fund().timezone) - row.submitted_at.astimezone(zone).date()).days)


def _enrolments(row: Registration) -> list[tuple[str, date]]:
    """The schemes the enterprise will be enrolled in, and from which day."""
    first = asked.read_day(asked.text_of(row.answers, "first_employment_day")) or date.max
    chosen = asked.schemes_of(row.answers)
    return [(pack.name, max(first, first_day_of(scheme))) for scheme, pack in packs().items() if scheme in chosen]


def _remarks_form(row: Registration) -> PortalForm:
    """A box for a remark beside each answer and each document."""
    labels: dict[str, Words | str] = {one.name: one.label for page in asked.PAGES for one in page.asked}
    labels |= {document_field(choice.code): choice.name for choice in _wanted(row)}
    fields: dict[str, Any] = {
        name: TextAreaField(
            say(_("Remark on: %(field)s", field=label)),
            validators=[Length(max=decisions.LONGEST_REMARK)],
            render_kw={"rows": 2},
        )
        for name, label in labels.items()
    }
    made: PortalForm = type("RemarksForm", (PortalForm,), fields)()
    return made
