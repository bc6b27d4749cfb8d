"""Opening the books: employers and balances brought over from a file, looked at before anything is done."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal import approvals, clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.bringing import balances, balances_file, employers_file, employers_import, uploads
from portal.bringing.forms import AskForm, BalancesForm, EmployersForm
from portal.bringing.models import Kind
from portal.bringing.uploads import Upload
from portal.errors import Refused
from portal.installation import fund
from portal.tabular.reading import read
from portal.tabular.table import FileRefused
from portal.tabular.writing import write_csv, write_xlsx
from portal.web.filters import say
from portal.web.pages import download

bp = guarded(Blueprint("bringing", __name__, url_prefix="/fund/opening"), fund_staff)

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Problems drawn on a page; all others are counted.
SHOWN = 200
RIGHTS = {Kind.EMPLOYERS: Right.REGISTER, Kind.BALANCES: Right.CONTRIBUTIONS}


@bp.get("")
@needs(Right.FUND_VIEW)
def index() -> ResponseReturnValue:
    """What can be brought over, and every file so far."""
    with db.reading() as session:
        files = uploads.uploads(session)
    return render_template("bringing/index.html", files=files, rights=RIGHTS)


@bp.get("/template/<any(employers, balances):kind>.<any(csv, xlsx):ending>")
@needs(Right.FUND_VIEW)
def template(kind: str, ending: str) -> ResponseReturnValue:
    """An empty file with the columns."""
    module = employers_file if kind == "employers" else balances_file
    header, text = module.COLUMNS, module.TEXT_COLUMNS
    content = write_xlsx(header, [], text) if ending == "xlsx" else write_csv(header, [])
    return download(content, f"{kind}.{ending}", XLSX if ending == "xlsx" else CSV)


@bp.route("/employers", methods=["GET", "POST"])
@needs(Right.REGISTER)
def employers() -> ResponseReturnValue:
    """Choose a register; one that cannot be read is not kept."""
    form = EmployersForm()
    if form.validate_on_submit():
        return _kept(form, Kind.EMPLOYERS, {})
    return _choose(form, Kind.EMPLOYERS)


@bp.route("/balances", methods=["GET", "POST"])
@needs(Right.CONTRIBUTIONS)
def balances_upload() -> ResponseReturnValue:
    """Choose balances, with the day they are of and the control totals."""
    form = BalancesForm()
    if form.validate_on_submit():
        owed, credit, as_of = form.minor("owed"), form.minor("credit"), form.as_of.data
        if as_of is not None and as_of > _today():
            form.as_of.errors = [_("This day is still to come.")]
        elif owed is not None and credit is not None and as_of is not None:
            return _kept(form, Kind.BALANCES, {"as_of": as_of.isoformat(), "owed": owed, "credit": credit})
    return _choose(form, Kind.BALANCES)


@bp.get("/files/<uuid:file>")
@needs(Right.FUND_VIEW)
def show(file: UUID) -> ResponseReturnValue:
    """Everything the file would do and every problem in it; once it is done, what it did."""
    return _show(file, AskForm(formdata=None))


@bp.post("/files/<uuid:file>/employers")
@needs(Right.REGISTER)
def bring_employers(file: UUID) -> ResponseReturnValue:
    """Add the employers of a register.  Pressed twice, they are added once."""
    try:
        with db.writing() as session:
            _of_kind(uploads.upload_of(session, file), Kind.EMPLOYERS)
            employers_import.bring(session, file, by=current_user.id, at=clock.now(), today=_today())
    except Refused as refusal:
        flash(say(refusal.words), "error")
    return redirect(url_for(".show", file=file))


@bp.post("/files/<uuid:file>/balances")
@needs(Right.CONTRIBUTIONS)
def ask(file: UUID) -> ResponseReturnValue:
    """Ask a second person to agree to the balances."""
    form = AskForm()
    if not form.validate_on_submit():
        return _show(file, form), 422
    try:
        with db.writing() as session:
            _of_kind(uploads.upload_of(session, file), Kind.BALANCES)
            made = balances.ask(session, file, reason=form.reason.data or "", by=current_user.id, at=clock.now())
    except Refused as refusal:
        form.refuse(refusal)
        return _show(file, form), refusal.status
    flash(_("Somebody else has to agree now. Nothing is posted before."), "success")
    return redirect(url_for("approvals.show", approval=made.public_id))


def _kept(form: EmployersForm | BalancesForm, kind: Kind, options: dict[str, object]) -> ResponseReturnValue:
    upload = form.file.data
    content, name = upload.read(), upload.filename or "file"
    try:
        read(content, name)
    except FileRefused as refused:
        form.file.errors = [say(refused.problem.placed)]
        return _choose(form, kind)
    with db.writing() as session:
        row = uploads.keep(session, kind, content, name, options=options, by=current_user.id, at=clock.now())
    return redirect(url_for(".show", file=row.public_id))


def _choose(form: EmployersForm | BalancesForm, kind: Kind) -> ResponseReturnValue:
    status = 422 if request.method == "POST" else 200
    return render_template(f"bringing/{kind.value}.html", form=form), status


def _show(file: UUID, form: AskForm) -> str:
    with db.reading() as session:
        upload = uploads.upload_of(session, file)
        kind, trouble, plan, waiting = Kind(upload.row.kind), None, None, None
        if upload.row.done_at is None:
            try:
                plan = (
                    employers_import.plan(session, upload, _today())
                    if kind is Kind.EMPLOYERS
                    else balances.plan(session, upload)
                )
                waiting = approvals.open_about(session, balances.POST, f"opening:{file}")
            except FileRefused as refused:
                trouble = refused.problem.placed
            except Refused as refusal:
                trouble = refusal.words
    may = RIGHTS[kind] in g.rights
    return render_template(
        f"bringing/{kind.value}_file.html", upload=upload, plan=plan, trouble=trouble, form=form, may=may,
        waiting=waiting, shown=SHOWN, fund_currency=fund().currency.code,
    )  # fmt: skip


def _of_kind(upload: Upload, kind: Kind) -> None:
    if upload.row.kind != kind.value:
        abort(404)


def _today() -> date:
    return clock.today(fund().timezone)
