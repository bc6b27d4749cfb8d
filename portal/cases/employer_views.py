"""An employer's questions to the fund and the fund's to the employer: read, answered, asked."""

from __future__ import annotations

from uuid import UUID, uuid4

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, acting_for_employer, guarded, needs
from portal.cases import queries, service
from portal.cases.forms import AskForm, WithPaper
from portal.cases.kinds import KINDS
from portal.cases.models import Side
from portal.cases.service import New, Writer
from portal.errors import Refused
from portal.web.pages import PER_PAGE, Page, download, page_number

bp = guarded(Blueprint("questions", __name__, url_prefix="/employers/<employer_number>/cases"), acting_for_employer)


def _writer() -> Writer:
    return Writer(service.OTHER, account=current_user.id)


@bp.get("/")
@needs(Right.VIEW)
def listed(employer_number: str) -> ResponseReturnValue:
    """Every case between the employer and the fund, those that wait first."""
    number = page_number()
    with db.reading() as session:
        of_employer = service.of_employer(g.employer.id)
        rows, total = queries.cases(session, *of_employer, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    return render_template(
        "cases/employer_list.html", page=Page(rows, number, total), employer=g.employer,
        may_write=Right.PREPARE in g.rights,
    )  # fmt: skip


@bp.route("/new", methods=["GET", "POST"])
@needs(Right.PREPARE)
def ask(employer_number: str) -> ResponseReturnValue:
    """Ask the fund something, or complain."""
    form = AskForm(once=str(uuid4()))
    if not form.validate_on_submit():
        return render_template("cases/ask.html", form=form, employer=g.employer), 422 if form.errors else 200
    new = New(
        KINDS[form.kind.data], Side.EMPLOYER, {"title": form.title.data or ""}, employer=g.employer.id,
        account=current_user.id, name=f"ask/{g.employer.id}/{form.once.data}",
    )  # fmt: skip
    try:
        with db.writing() as session:
            case = service.open_case(
                session, new, form.text.data or "", by=_writer(), at=clock.now(), papers=form.sent()
            )
    except Refused as refusal:
        form.refuse(refusal)
        return render_template("cases/ask.html", form=form, employer=g.employer), refusal.status
    flash(_("The fund has it. Its number is %(number)s.", number=case.number), "success")
    return redirect(url_for(".show", employer_number=employer_number, case=case.public_id))


@bp.get("/<uuid:case>")
@needs(Right.VIEW)
def show(employer_number: str, case: UUID) -> ResponseReturnValue:
    """One case with everything written in it."""
    return _page(case, None)


@bp.post("/<uuid:case>")
@needs(Right.PREPARE)
def write(employer_number: str, case: UUID) -> ResponseReturnValue:
    """Answer the fund, or add something."""
    form = WithPaper()
    with db.reading() as session:
        service.case_of(session, case, *service.of_employer(g.employer.id))
    if not form.validate_on_submit():
        return _page(case, form), 422
    try:
        with db.writing() as session:
            found = service.case_of(session, case, *service.of_employer(g.employer.id), lock=True)
            service.write(
                session, found, form.text.data or "", by=_writer(), seen=form.last_seen, at=clock.now(),
                papers=form.sent(),
            )  # fmt: skip
    except Refused as refusal:
        form.refuse(refusal)
        return _page(case, form), refusal.status
    flash(_("The fund has your text."), "success")
    return redirect(url_for(".show", employer_number=employer_number, case=case))


@bp.get("/<uuid:case>/<uuid:file>")
@needs(Right.VIEW)
def file(employer_number: str, case: UUID, file: UUID) -> ResponseReturnValue:
    """A document of the case."""
    with db.reading() as session:
        found = service.case_of(session, case, *service.of_employer(g.employer.id))
        stored = service.file_of(session, found, file, fund_side=False)
        return download(stored.content, stored.name, stored.media_type)


def _page(case: UUID, form: WithPaper | None) -> str:
    with db.reading() as session:
        row = queries.row_of(session, service.case_of(session, case, *service.of_employer(g.employer.id)))
        entries = queries.thread(session, row.case, fund_side=False)
    form = form or WithPaper(formdata=None)
    form.seen.data = str(entries[-1].entry.id)
    return render_template(
        "cases/employer_case.html", row=row, entries=entries, form=form, employer=g.employer,
        may_write=Right.PREPARE in g.rights,
    )  # fmt: skip
