"""The pages of a roster file: choose it, see everything it would do, confirm, mend what was left out."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_login import current_user

from portal import clock
from portal.auth.access import Right, acting_for_employer, guarded, needs
from portal.db import reading, writing
from portal.employers import roster_work
from portal.employers.roster_forms import ImportForm, month_choices
from portal.employers.roster_import import (
    Reading,
    file_of,
    import_roster,
    imported,
    keep_file,
    plan_import,
    read_file,
)
from portal.employers.roster_list import CSV, XLSX
from portal.employers.roster_review import review_of
from portal.errors import Refused
from portal.files import StoredFile
from portal.installation import calendar, fund, month_on
from portal.scheme.calendars import Month, months_between
from portal.tabular.table import FileRefused
from portal.web.filters import say
from portal.web.pages import PER_PAGE, Page, download, page_number
from portal.work import Work

bp = guarded(
    Blueprint("roster_import", __name__, url_prefix="/employers/<employer_number>/roster/import"), acting_for_employer
)


@bp.route("/", methods=["GET", "POST"])
@needs(Right.PREPARE)
def upload(employer_number: str) -> ResponseReturnValue:
    """Choose a file.  It is kept as it came until it is confirmed; one that cannot be read is not kept."""
    form = ImportForm(data={"wages_from": str(month_on(_today()))})
    form.wages_from.choices = month_choices(_months())
    if form.validate_on_submit():
        try:
            return _kept(form)
        except FileRefused as refused:
            form.file.errors = [say(refused.problem.placed)]
    with reading() as session:
        works = roster_work.works_of(session, g.employer.id)
    status = 422 if request.method == "POST" else 200
    return render_template("roster/upload.html", form=form, works=works), status


@bp.get("/<uuid:file>")
@needs(Right.PREPARE)
def review(employer_number: str, file: UUID) -> ResponseReturnValue:
    """Everything the file would do and every problem in it; once confirmed, what it did and what still waits."""
    number, months = page_number(), _wages_from()
    part = slice((number - 1) * PER_PAGE, number * PER_PAGE)
    with reading() as session:
        row = file_of(session, g.employer.id, file)
        done = imported(session, g.employer.id, row)
        if roster_work.is_large(row):
            shown = roster_work.looked(session, g.employer.id, row, months, part)
        else:
            shown = review_of(plan_import(session, g.employer.id, _read(row), months), part)
    page = Page(shown.changes, number, shown.all_changes) if shown else None
    return render_template("roster/review.html", file=row, done=done, review=shown, wages_from=months, page=page)


@bp.post("/<uuid:file>/look")
@needs(Right.PREPARE)
def look(employer_number: str, file: UUID) -> ResponseReturnValue:
    """Look at a large file again, in the background."""
    with writing() as session:
        row = file_of(session, g.employer.id, file)
        work = roster_work.begin_look(session, row, _wages_from(), by=current_user.id, **_visit())
    return _to_work(work)


@bp.post("/<uuid:file>")
@needs(Right.PREPARE)
def confirm(employer_number: str, file: UUID) -> ResponseReturnValue:
    """Do what the page showed, a large file in the background.  A second click does nothing more."""
    here, shown = _review_url(file, _wages_from()), request.form.get("shown", "")
    try:
        with writing() as session:
            row = file_of(session, g.employer.id, file)
            if roster_work.is_large(row) and not imported(session, g.employer.id, row):
                asked = {**_visit(), "shown": shown, "by": current_user.id, "back": here}
                return _to_work(roster_work.begin_import(session, row, _wages_from(), **asked))
            import_roster(
                session, g.employer.id, row, wages_from=_wages_from(), at=clock.now(), by=current_user.id, shown=shown
            )
    except Refused as refusal:
        flash(say(refusal.words), "error")
    return redirect(here)


@bp.get("/<uuid:file>/problems.<any(csv, xlsx):kind>")
@needs(Right.PREPARE)
def problems(employer_number: str, file: UUID, kind: str) -> ResponseReturnValue:
    """The rows that were left out, as they came, each with what to do."""
    with reading() as session:
        row = file_of(session, g.employer.id, file)
        content = roster_work.kept_problems(session, g.employer.id, row, _wages_from(), kind)
        if content is None:
            read = _read(row)
            content = roster_work.problems_of(read, plan_import(session, g.employer.id, read, _wages_from()), kind)
    return download(content, f"rows-to-mend.{kind}", XLSX if kind == "xlsx" else CSV)


def _kept(form: ImportForm) -> ResponseReturnValue:
    upload = form.file.data
    content, name, months = upload.read(), upload.filename or "file", _wages_from(form.wages_from.data)
    large = roster_work.is_long(content)
    if not large:
        read_file(content, name, _today())
    with writing() as session:
        row = keep_file(
            session, g.employer.id, content, name, upload.mimetype or "application/octet-stream",
            at=clock.now(), by=current_user.id,
        )  # fmt: skip
        if large:
            return _to_work(roster_work.begin_look(session, row, months, by=current_user.id, **_visit()))
    return redirect(_review_url(row.public_id, months))


def _visit() -> dict[str, str]:
    """Where the work was asked for, and in which language its words are to be."""
    back = url_for(".upload", employer_number=g.employer.number)
    return {"back": back, "language": str(get_locale() or "en")}


def _to_work(work: Work) -> ResponseReturnValue:
    return redirect(url_for("work.show", employer_number=g.employer.number, work=work.public_id), 303)


def _review_url(file: UUID, wages_from: Month) -> str:
    return url_for(".review", employer_number=g.employer.number, file=file, wages_from=str(wages_from))


def _read(row: StoredFile) -> Reading:
    return read_file(row.content, row.name, _today())


def _today() -> date:
    return clock.today(fund().timezone)


def _months() -> list[Month]:
    """The months from which changed wages may count: a year back to the next one, this one first."""
    now = month_on(_today())
    own = calendar()
    return [now, now.next(own), *reversed(months_between(now.plus(-12, own), now.previous(own), own))]


def _wages_from(asked: str | None = None) -> Month:
    """The month asked for, or in the address; this one when there is none that may be chosen."""
    asked = request.args.get("wages_from", "") if asked is None else asked
    return next((month for month in _months() if str(month) == asked), month_on(_today()))
