"""“Something wrong here?”: from the foot of every page, signed in or not, to a case with a number."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID, uuid4

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as NoSuchPage

from portal import clock, db
from portal.auth.access import anyone, guarded
from portal.auth.views import allowed
from portal.cases import queries, service
from portal.cases.employer_views import bp as employer_bp  # noqa: F401  # the app opens every blueprint it finds here
from portal.cases.forms import ProblemForm, WithPaper
from portal.cases.kinds import PROBLEM
from portal.cases.models import Case, Side
from portal.cases.service import New, Writer
from portal.errors import NotFound, Refused
from portal.web.pages import download
from portal.words import _

bp = guarded(Blueprint("problem", __name__, url_prefix="/problem"), anyone)

TOO_MANY = _("You have told us a lot in the last hour. Wait an hour, or write to the address at the foot of the page.")


@bp.route("", methods=["GET", "POST"])
def tell() -> ResponseReturnValue:
    """Say what is wrong on the page one came from."""
    form = ProblemForm(page=_came_from(), reference=request.args.get("reference", "")[:20], once=str(uuid4()))
    if not form.validate_on_submit():
        return render_template("cases/problem.html", form=form), 422 if form.errors else 200
    try:
        if not allowed(("problem", request.remote_addr or "")):
            raise Refused(TOO_MANY, field="text", status=429)
        with db.writing() as session:
            case = service.open_case(session, _new(form), form.text.data or "", by=_writer(), at=clock.now())
    except Refused as refusal:
        form.refuse(refusal)
        return render_template("cases/problem.html", form=form), refusal.status
    return redirect(url_for(".show", case=case.public_id), 303)


@bp.get("/<uuid:case>")
def show(case: UUID) -> ResponseReturnValue:
    """Its number and how it stands; what was written only to who opened it."""
    with db.reading() as session:
        found = service.case_of(session, case, Case.kind == PROBLEM.code)
        if not _is_mine(found):
            return render_template("cases/problem_told.html", case=found)
        return _page(session, found, WithPaper(formdata=None))


@bp.post("/<uuid:case>")
def write(case: UUID) -> ResponseReturnValue:
    """Add something, or answer."""
    form = WithPaper()
    with db.reading() as session:
        found = service.case_of(session, case, Case.kind == PROBLEM.code)
        if not _is_mine(found):
            raise NotFound(case)
        if not form.validate_on_submit():
            return _page(session, found, form), 422
    try:
        with db.writing() as session:
            found = service.case_of(session, case, lock=True)
            service.write(
                session, found, form.text.data or "", by=_writer(), seen=form.last_seen, at=clock.now(),
                papers=form.sent(),
            )  # fmt: skip
    except Refused as refusal:
        form.refuse(refusal)
        with db.reading() as session:
            return _page(session, service.case_of(session, case), form), refusal.status
    flash(gettext("The fund has your text."), "success")
    return redirect(url_for(".show", case=case))


@bp.get("/<uuid:case>/<uuid:file>")
def file(case: UUID, file: UUID) -> ResponseReturnValue:
    """A document of one's own case."""
    with db.reading() as session:
        found = service.case_of(session, case, Case.kind == PROBLEM.code)
        if not _is_mine(found):
            raise NotFound(case)
        stored = service.file_of(session, found, file, fund_side=False)
        return download(stored.content, stored.name, stored.media_type)


def _page(session: Session, case: Case, form: WithPaper) -> str:
    entries = queries.thread(session, case, fund_side=False)
    form.seen.data = str(entries[-1].entry.id)
    return render_template("cases/problem_told.html", case=case, entries=entries, form=form)


def _new(form: ProblemForm) -> New:
    """Who tells it is known when they are signed in; else they may leave a contact."""
    facts = {"page": _path(form.page.data or ""), "reference": form.reference.data or ""}
    side = {"account": Side.ACCOUNT, "employee": Side.PERSON}.get(_kind(), Side.NOBODY)
    return New(
        PROBLEM, side, facts, contact=form.contact.data or "", name=f"problem/{form.once.data}",
        account=current_user.id if side is Side.ACCOUNT else None,
        person=current_user.person_id if side is Side.PERSON else None,
    )  # fmt: skip


def _kind() -> str:
    return str(current_user.kind) if current_user.is_authenticated else ""


def _writer() -> Writer:
    return Writer(
        service.OTHER, account=current_user.id if _kind() == "account" else None,
        person=current_user.person_id if _kind() == "employee" else None,
    )  # fmt: skip


def _is_mine(case: Case) -> bool:
    if _kind() == "account":
        return case.side == Side.ACCOUNT.value and case.account_id == current_user.id
    return _kind() == "employee" and case.side == Side.PERSON.value and case.person_id == current_user.person_id


def _came_from() -> str:
    """The path of the page the reader came from, where it is one of ours."""
    page = urlsplit(request.referrer or "")
    return _path(page.path) if page.netloc == request.host else ""


def _path(path: str) -> str:
    """A path without what opens doors: where an address carries a token, its rule stands for it."""
    if not path.startswith("/") or path.startswith("//") or not path.isprintable():
        return ""
    path = path.partition("?")[0]
    try:
        adapter = current_app.create_url_adapter(request)
        rule, values = adapter.match(path, method="GET", return_rule=True)  # type: ignore[union-attr]  # in a request
    except NoSuchPage:
        return path[:200]
    except HTTPException:  # only answers a form
        return ""
    return str(rule.rule) if "token" in values else path[:200]
