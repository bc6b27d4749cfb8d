"""The pages of the months: begin a payroll, check it, submit it, and the acknowledgement."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Response, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from portal import clock, pdf
from portal.auth.access import Right, needs
from portal.contributions import draft_views, drafts, file_work, intake, queries, service, upload
from portal.contributions.acknowledgement import PDF, attestation, keep_pdf, nil_attestation
from portal.contributions.assessment import problems_from_json
from portal.contributions.basis import load_basis
from portal.contributions.forms import NilForm, SubmitForm, UploadForm
from portal.contributions.models import Declaration
from portal.contributions.months import month_row, schemes_of
from portal.contributions.pages import bp, clean, draft_on_page, here, is_draft, month_in, schemes_on, to, today
from portal.contributions.service import NotReady
from portal.contributions.storage import Stale
from portal.db import reading, writing
from portal.employers.roster import roster_in
from portal.employers.roster_import import money
from portal.errors import Refused
from portal.files import StoredFile
from portal.installation import pack
from portal.scheme.calendars import Month
from portal.tabular.table import FileRefused
from portal.tabular.writing import write_csv, write_xlsx
from portal.web.filters import month_name, say
from portal.web.pages import PER_PAGE, Page, download, page_number

__all__ = ["bp", "draft_views"]

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
    if row.draft is None and row.declared and row.payroll_id is not None:
        return _of_payroll(row.payroll_id)
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


@bp.get("/start/<month>/template.<any(csv, xlsx):kind>")
@needs(Right.VIEW)
def template(employer_number: str, month: str, kind: str) -> Response:
    """Our template for the month, filled in with the people and wages of the roster."""
    wanted = month_in(month)
    with reading() as session:
        packs = [pack(name) for name in schemes_of(session, g.employer.id, wanted)]
        basis = load_basis(session, g.employer.id, wanted, packs, today())
    people = [intake.template_line(one) for one in basis.working]
    header, rows = upload.template(basis.components, people, month=wanted, money=money())
    name = f"payroll-{wanted}.{kind}"
    if kind == "xlsx":
        return download(write_xlsx(header, rows, TEXT_COLUMNS), name, drafts.XLSX)
    return download(write_csv(header, rows), name, "text/csv")


@bp.get("/<uuid:payroll>/check")
@needs(Right.VIEW)
def check(employer_number: str, payroll: UUID) -> ResponseReturnValue:
    """Everything that will happen when the payroll is submitted."""
    with reading() as session:
        row = draft_on_page(session, payroll)
    return _check_page(payroll, SubmitForm(formdata=None)) if is_draft(row) else to("draft", payroll=payroll)


@bp.post("/<uuid:payroll>/submit")
@needs(Right.SUBMIT)
def submit(employer_number: str, payroll: UUID) -> ResponseReturnValue:
    """Make it binding.  A second click shows the same acknowledgement."""
    form = SubmitForm()
    with reading() as session:
        row = draft_on_page(session, payroll)
    if is_draft(row) and not form.agreed(_asked_about(row.checked)):
        return _check_page(payroll, form), 422
    version = form.version.data or ""
    try:
        with writing() as session:
            service.submit_payroll(
                session, g.employer.id, payroll, version=int(version) if version.isdigit() else 0,
                by=current_user.id, at=clock.now(),
            )  # fmt: skip
    except (NotReady, Stale) as refusal:
        return _not_submitted(payroll, refusal)
    return to("acknowledgement", payroll=payroll)


@bp.get("/<uuid:payroll>/acknowledgement")
@needs(Right.VIEW)
def acknowledgement(employer_number: str, payroll: UUID) -> ResponseReturnValue:
    """What was submitted, with the numbers that prove it, and what comes next."""
    with reading() as session:
        row = draft_on_page(session, payroll)
        made = service.declarations_of(session, row)
    if not made:
        return to("draft", payroll=payroll)
    return render_template("contributions/acknowledgement.html", payroll=row, declarations=made, packs=pack)


@bp.get("/declarations/<number>")
@needs(Right.VIEW)
def declaration(employer_number: str, number: str) -> ResponseReturnValue:
    """One declaration with its lines, and what it changed when it revises another."""
    with reading() as session:
        found = service.declaration_by_number(session, g.employer.id, number)
        lines, total = queries.declared_lines(session, found, page_number())
        before = session.get(Declaration, found.supersedes_id) if found.supersedes_id else None
        changed = queries.differences(session, before, found) if before is not None else []
        row = service.payroll_by_id(session, g.employer.id, found.payroll_id)
    return render_template(
        "contributions/declaration.html", declaration=found, rules=pack(found.scheme), before=before, changed=changed,
        page=Page(lines, page_number(), total), may_change=Right.PREPARE in g.rights, payroll=row,
    )  # fmt: skip


@bp.get("/declarations/<number>.pdf")
@needs(Right.VIEW)
def acknowledgement_pdf(employer_number: str, number: str) -> Response:
    """The acknowledgement as PDF: drawn when it is first asked for, the same bytes ever after."""
    with writing() as session:
        found = service.declaration_by_number(session, g.employer.id, number)
        content = _kept_pdf(session, found, clock.now())
    return download(content, f"{number}.pdf", PDF)


def _kept_pdf(session: Session, found: Declaration, at: datetime) -> bytes:
    if found.file_id is None:
        session.refresh(found, with_for_update=True)  # somebody else may be drawing it
    if found.file_id is not None:
        return session.get_one(StoredFile, found.file_id).content
    html = render_template("pdf/acknowledgement.html", **pdf.page(found.snapshot))
    title = gettext("Acknowledgement %(number)s", number=found.number)
    content = pdf.render(html, title=title, language=found.snapshot["language"])
    keep_pdf(session, found, content, at=at)
    return content


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
        nil_words=nil_attestation(wanted), may_change=Right.PREPARE in g.rights, may_submit=Right.SUBMIT in g.rights,
    )  # fmt: skip


def _check_page(payroll: UUID, form: SubmitForm) -> str:
    with reading() as session:
        row = draft_on_page(session, payroll)
        doubtful, total = queries.lines_page(session, row, 1, queries.DOUBTFUL)
        signers = queries.signatories(session, g.employer.id, clock.now())
    form.version.data = str(row.version)
    form.confirm.label.text = say(attestation(row.month))
    asked = [problem for line in doubtful for problem in line.problems]
    return render_template(
        "contributions/check.html", payroll=row, schemes=schemes_on(row), form=form, signers=signers, asked=asked,
        more=total > len(doubtful), missing=problems_from_json(row.checked.get("missing_people", ())),
        may_submit=Right.SUBMIT in g.rights, ready=_ready(row.checked), month=month_name(row.month),
        action=here("submit", payroll=payroll),
    )  # fmt: skip


def _asked_about(checked: dict[str, int]) -> int:
    """How much asks for a look before the payroll may be submitted."""
    return sum(checked.get(name, 0) for name in ("warnings", "missing", "namesakes"))


def _ready(checked: dict[str, int]) -> bool:
    """Whether nothing keeps the payroll from being submitted."""
    return not checked.get("faulty") and not checked.get("blocking") and bool(checked.get("lines"))


def _not_submitted(payroll: UUID, refusal: Refused) -> ResponseReturnValue:
    """Check it again against the roster as it is now, and say what keeps it back."""
    with writing() as session:
        row = draft_on_page(session, payroll)
        if is_draft(row):
            drafts.mend_rows(
                session, g.employer.id, payroll, version=row.version, typed={}, at=clock.now(), by=current_user.id
            )
    flash(say(refusal.words), "error")
    return to("draft", payroll=payroll)
