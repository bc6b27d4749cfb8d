"""The registration wizard, for anybody with an account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from portal import clock, db, files
from portal.auth.access import guarded, signed_in
from portal.employers import answers as asked
from portal.employers import forms, registration, review
from portal.employers.answers import Page
from portal.employers.file_views import bp as file_bp  # noqa: F401  # the app opens every blueprint it finds here
from portal.employers.models import Employer, Registration
from portal.employers.registration import document_field
from portal.errors import Refused
from portal.installation import fund
from portal.scheme.fund import Choice
from portal.web.forms import PortalForm
from portal.web.pages import download
from portal.words import Words, _

bp = guarded(Blueprint("registration", __name__, url_prefix="/registration"), signed_in)


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the task list."""

    title: Words | str
    hint: Words | str
    state: str
    words: Words | None
    url: str


@bp.get("/")
def start() -> ResponseReturnValue:
    """What registering takes, and the applications begun so far."""
    with db.reading() as session:
        own = registration.registrations_of(session, current_user.id)
    return render_template("employers/start.html", own=own, name_of=_name_of)


@bp.post("/")
def begin() -> ResponseReturnValue:
    """Begin an application, or go on with the one begun."""
    with db.writing() as session:
        row = registration.start(session, current_user, at=clock.now())
    return redirect(url_for(".show", number=row.public_id))


@bp.get("/<uuid:number>")
def show(number: UUID) -> ResponseReturnValue:
    """The task list while there is something to do; after that, how the application stands."""
    with db.reading() as session:
        row = _own(session, number)
        happened = review.history(session, row, officers=False)
        if row.state in registration.OPEN:
            points = registration.open_points(session, row, _today())
            tasks = list(_tasks(row, points))
            return render_template("employers/tasks.html", row=row, tasks=tasks, ready=not points, happened=happened)
        employer = _number_of_employer(session, row)
    return render_template("employers/status.html", row=row, happened=happened, employer=employer)


@bp.route("/<uuid:number>/<page_name>", methods=["GET", "POST"])
def page(number: UUID, page_name: str) -> ResponseReturnValue:
    """One topic.  What is typed is kept, right or wrong; a page without problems leads on to the next."""
    asked_page = asked.page_named(page_name) or abort(404)
    with db.writing() if request.method == "POST" else db.reading() as session:
        row = _own(session, number, lock=request.method == "POST")
        form = forms.page_form(asked_page, row.answers)
        if request.method == "POST":
            typed = forms.typed_into(form, asked_page)
            forms.say_beside(form, registration.save_answers(row, asked_page, typed, today=_today()))
    if request.method == "POST" and not form.errors:
        return redirect(_after(number, asked_page))
    return _shown("employers/page.html", form, row, page=asked_page, back=_before(number, asked_page))


@bp.route("/<uuid:number>/documents", methods=["GET", "POST"])
def documents(number: UUID) -> ResponseReturnValue:
    """The papers the legal form asks for.  A good one is kept even when another is refused."""
    with db.writing() if request.method == "POST" else db.reading() as session:
        row = _own(session, number, lock=request.method == "POST")
        wanted = fund().documents_for(asked.text_of(row.answers, "legal_form"))
        form = forms.documents_form(wanted)
        if request.method == "POST":
            for choice in wanted:
                _keep_document(session, row, form, choice)
        session.flush()
        sent = registration.documents_of(session, row)
    if request.method == "POST" and not form.errors:
        return redirect(url_for(".check", number=number))
    return _shown("employers/documents.html", form, row, wanted=wanted, sent=sent, field_of=document_field)


@bp.get("/<uuid:number>/documents/<kind>")
def document(number: UUID, kind: str) -> ResponseReturnValue:
    """One of the papers, to save."""
    with db.reading() as session:
        file = registration.document(session, _own(session, number), kind)
        return download(file.content, file.name, file.media_type)


@bp.route("/<uuid:number>/check", methods=["GET", "POST"])
def check(number: UUID) -> ResponseReturnValue:
    """Everything that was answered, and the button that sends it."""
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            with db.writing() as session:
                row = _own(session, number, lock=True)
                registration.submit(session, row, by=current_user.id, at=clock.now())
            return redirect(url_for(".show", number=number))
        except Refused as problem:
            refusal = problem
    with db.reading() as session:
        row = _own(session, number)
        if row.state not in registration.OPEN:
            return redirect(url_for(".show", number=number))
        points = registration.open_points(session, row, _today())
        sent = registration.documents_of(session, row)
    wanted = fund().documents_for(asked.text_of(row.answers, "legal_form"))
    shown = render_template(
        "employers/check.html", row=row, pages=asked.PAGES, points=points, sent=sent, wanted=wanted,
        written=review.written, field_of=document_field, page_of=asked.page_of, refusal=refusal,
    )  # fmt: skip
    return shown, refusal.status if refusal else 200


def _own(session: Session, number: UUID, *, lock: bool = False) -> Registration:
    return registration.registration_of(session, number, account_id=current_user.id, lock=lock)


def _today() -> date:
    return clock.today(fund().timezone)


def _name_of(row: Registration) -> str:
    return asked.text_of(row.answers, "trade_name") or asked.text_of(row.answers, "legal_name")


def _number_of_employer(session: Session, row: Registration) -> str:
    employer = session.get(Employer, row.employer_id) if row.employer_id else None
    return employer.number if employer else ""


def _shown(template: str, form: PortalForm, row: Registration, **more: Any) -> ResponseReturnValue:
    """A page of the wizard: as it was left, or with what is wrong beside the fields."""
    if row.state not in registration.OPEN:
        return redirect(url_for(".show", number=row.public_id))
    return render_template(template, form=form, row=row, **more), 422 if form.errors else 200


def _from_check() -> bool:
    return request.args.get("from") == "check"


def _before(number: UUID, page: Page) -> str:
    """Where the back link leads."""
    place = asked.PAGES.index(page)
    if _from_check():
        return url_for(".check", number=number)
    if place == 0:
        return url_for(".show", number=number)
    return url_for(".page", number=number, page_name=asked.PAGES[place - 1].name)


def _after(number: UUID, page: Page) -> str:
    """Where "Save and continue" leads."""
    following = asked.PAGES[asked.PAGES.index(page) + 1 :]
    if _from_check():
        return url_for(".check", number=number)
    if following:
        return url_for(".page", number=number, page_name=following[0].name)
    return url_for(".documents", number=number)


def _tasks(row: Registration, points: Mapping[str, Words]) -> Iterator[Task]:
    """One task a page, and one for the documents; what was remarked upon stands out."""
    for page in asked.PAGES:
        names = {one.name for one in page.asked}
        typed = any(row.answers.get(name) for name in names)
        url = url_for(".page", number=row.public_id, page_name=page.name)
        yield Task(page.title, _hint(row, names), *_state(row, names, points, typed), url)
    wanted = fund().documents_for(asked.text_of(row.answers, "legal_form"))
    names = {document_field(choice.code) for choice in wanted}
    hint = _hint(row, names) if wanted else _("Which ones depends on the legal form.")
    state, words = _state(row, names, points, True) if wanted else ("blocked", None)
    yield Task(_("Documents"), hint, state, words, url_for(".documents", number=row.public_id) if wanted else "")


def _hint(row: Registration, names: set[str]) -> Words | str:
    return _("The fund has a remark here.") if names & set(row.remarks) else ""


def _state(row: Registration, names: set[str], points: Mapping[str, Words], typed: bool) -> tuple[str, Words | None]:
    if names & set(points):
        return "todo", None
    if names & set(row.remarks):
        return "returned", _("Look again")
    return ("done", None) if typed else ("not_started", _("Optional"))


def _keep_document(session: Session, row: Registration, form: PortalForm, choice: Choice) -> None:
    """Keep one paper, or say beside its field why not."""
    field = form[document_field(choice.code)]
    if not field.data:
        return
    content = field.data.stream.read(files.LARGEST_DOCUMENT + 1)
    name = field.data.filename or choice.code
    try:
        registration.add_document(session, row, choice.code, name, content, by=current_user.id, at=clock.now())
    except Refused as refusal:
        form.refuse(refusal)
