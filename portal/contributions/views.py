"""The pages of the months: what is to be declared, and every way to begin a payroll."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import clock
from portal.auth.access import Right, fresh, needs
from portal.contributions import (
    declared_views,
    draft_views,
    drafts,
    file_work,
    intake,
    line_views,
    service,
    submit_views,
    upload,
)
from portal.contributions.acknowledgement import nil_attestation
from portal.contributions.basis import load_basis
from portal.contributions.corrections import views as correction_views
from portal.contributions.forms import NilForm, UploadForm
from portal.contributions.found import returns_of
from portal.contributions.models import Declaration
from portal.contributions.months import MonthRow, month_row, schemes_of
from portal.contributions.pages import bp, clean, here, month_in, to, today
from portal.db import reading, writing
from portal.employers.roster import roster_in
from portal.employers.roster_import import money
from portal.errors import Refused
from portal.installation import fund, pack
from portal.scheme.calendars import Month
from portal.tabular.table import FileRefused
from portal.tabular.writing import write_csv, write_xlsx
from portal.web.pages import PER_PAGE, Page, download, page_number

__all__ = ["bp", "correction_views", "declared_views", "draft_views", "line_views", "submit_views"]

#: Columns of the template that a spreadsheet must keep as text.
TEXT_COLUMNS = ("national_id", "insurance_number", "staff_number", "month")


@bp.get("/")
@needs(Right.VIEW)
def months(employer_number: str) -> ResponseReturnValue:
    """Every month, the one that matters now first in a sentence."""
    with reading() as session:
        found = service.months_to_declare(session, g.employer.id, today())
    number = page_number()
    shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    return render_template(
        "contributions/months.html", page=Page(shown, number, len(found)), next=service.next_month(found),
        today=today(), may_change=Right.PREPARE in g.rights,
    )  # fmt: skip


@bp.get("/start/<month>")
@needs(Right.VIEW)
def month(employer_number: str, month: str) -> ResponseReturnValue:
    """One month: begin its payroll, go on with it, or see what was declared."""
    with reading() as session:
        row = month_row(session, g.employer.id, month_in(month), today())
        returns = returns_of(session, g.employer.id, row.month)
    if row.asked is not None:
        return to("draft", payroll=row.asked)
    if row.draft is None and row.declared and returns:
        return _declared_page(row, returns)
    return _month_page(month_in(month), UploadForm(), NilForm())


@bp.post("/start/<month>/roster")
@needs(Right.PREPARE)
def from_roster(employer_number: str, month: str) -> ResponseReturnValue:
    """Begin from the roster, or go on with the draft there is."""
    with writing() as session:
        draft = drafts.start_from_roster(session, g.employer.id, month_in(month), at=clock.now(), by=current_user.id)
    return to("check" if clean(draft) else "draft", payroll=draft.public_id)


@bp.post("/start/<month>/file")
@needs(Right.PREPARE)
def from_file(employer_number: str, month: str) -> ResponseReturnValue:
    """Begin from a file, a long one in the background; one that is refused leaves nothing behind."""
    form = UploadForm()
    chosen = form.chosen()
    total = form.declared_total()
    if chosen is not None and not form.total.errors:
        name, content = chosen
        if file_work.is_long(content):
            return _in_background(month_in(month), name, content, total)
        try:
            with writing() as session:
                draft = drafts.save_upload(
                    session, g.employer.id, month_in(month), content=content, name=name, total=total,
                    at=clock.now(), by=current_user.id,
                )  # fmt: skip
            return to("check" if clean(draft) else "draft", payroll=draft.public_id)
        except FileRefused as refused:
            form.refuse_file(name, refused)
    return _month_page(month_in(month), form, NilForm(formdata=None)), 422


def _in_background(month: Month, name: str, content: bytes, total: int | None) -> ResponseReturnValue:
    with writing() as session:
        work = file_work.begin_upload(
            session, g.employer.id, month, content=content, name=name, total=total, by=current_user.id,
            back=here("month", month=month),
        )  # fmt: skip
    return redirect(url_for("work.show", employer_number=g.employer.number, work=work.public_id), 303)


@bp.post("/start/<month>/nil")
@needs(Right.SUBMIT)
@fresh
def nil(employer_number: str, month: str) -> ResponseReturnValue:
    """Declare that nobody was paid."""
    form = NilForm()
    try:
        with writing() as session:
            made = service.submit_nil(
                session, g.employer.id, month_in(month), by=current_user.id, at=clock.now(),
                nobody_paid=bool(form.nobody_paid.data),
            )  # fmt: skip
    except Refused as refusal:
        if refusal.field is None:
            raise
        form.refuse(refusal)
        return _month_page(month_in(month), UploadForm(formdata=None), form), refusal.status
    return _of_payroll(made[0].payroll_id)


@bp.post("/start/<month>/revise")
@needs(Right.PREPARE)
def revise(employer_number: str, month: str) -> ResponseReturnValue:
    """Begin a revision of what was declared."""
    with writing() as session:
        draft = drafts.revise_payroll(session, g.employer.id, month_in(month), at=clock.now(), by=current_user.id)
    return to("draft", payroll=draft.public_id)


@bp.post("/start/<month>/forgotten")
@needs(Right.PREPARE)
def forgotten(employer_number: str, month: str) -> ResponseReturnValue:
    """Begin a supplementary return for people who were forgotten."""
    with writing() as session:
        draft = drafts.start_supplement(session, g.employer.id, month_in(month), at=clock.now(), by=current_user.id)
    return to("draft", payroll=draft.public_id)


@bp.get("/start/<month>/template.<any(csv, xlsx):kind>")
@needs(Right.VIEW)
@fresh
def template(employer_number: str, month: str, kind: str) -> Response:
    """Our template for the month, filled in with the people and wages of the roster."""
    wanted = month_in(month)
    with reading() as session:
        packs = [pack(name) for name in schemes_of(session, g.employer.id, wanted)]
        basis = load_basis(session, g.employer.id, wanted, packs, today())
    people = [intake.template_line(basis, one) for one in basis.working]
    header, rows = upload.template(basis.components, people, month=wanted, money=money())
    name = f"payroll-{wanted}.{kind}"
    if kind == "xlsx":
        return download(write_xlsx(header, rows, TEXT_COLUMNS), name, drafts.XLSX)
    return download(write_csv(header, rows), name, "text/csv")


def _declared_page(row: MonthRow, returns: Sequence[Declaration]) -> str:
    """A month that is declared: what counts, every return there was, and what can be put right."""
    only_nil = all(one.declaration is None or one.declaration.kind == "nil" for one in row.schemes)
    return render_template(
        "contributions/declared.html", row=row, returns=returns, packs=pack, only_nil=only_nil,
        may_change=Right.PREPARE in g.rights,
    )  # fmt: skip


def _of_payroll(payroll_id: int) -> ResponseReturnValue:
    with reading() as session:
        row = service.payroll_by_id(session, g.employer.id, payroll_id)
    return to("acknowledgement", payroll=row.public_id)


def _month_page(wanted: Month, form: UploadForm, nil_form: NilForm) -> str:
    with reading() as session:
        row = month_row(session, g.employer.id, wanted, today())
        people = len(roster_in(session, g.employer.id, wanted))
        works = file_work.works_of(session, g.employer.id, wanted)
    return render_template(
        "contributions/month.html", row=row, people=people, works=works, form=form, nil_form=nil_form, today=today(),
        nil_words=nil_attestation(wanted), schemes=fund().schemes, may_change=Right.PREPARE in g.rights,
        may_submit=Right.SUBMIT in g.rights,
    )  # fmt: skip
