"""The pages of a draft: its lines, the rows to mend, the amounts to change."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import Response, flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from portal import clock
from portal.approvals import Decision
from portal.auth.access import Right, needs
from portal.auth.models import Account
from portal.contributions import changes, forms, queries
from portal.contributions.assessment import problems_from_json
from portal.contributions.corrections import lowering
from portal.contributions.intake import label_of
from portal.contributions.models import Payroll
from portal.contributions.pages import bp, clean, draft_on_page, here, is_draft, schemes_on, to
from portal.contributions.storage import Stale
from portal.db import reading, writing
from portal.installation import calendar, fund, pack
from portal.scheme.calendars import days_in
from portal.tabular.writing import write_csv
from portal.web.filters import pack_words, say
from portal.web.pages import Page, download, page_number


@bp.get("/<uuid:payroll>")
@needs(Right.VIEW)
def draft(employer_number: str, payroll: UUID) -> ResponseReturnValue:
    """A draft: what it comes to, what asks for a look, its lines; a submitted one shows its acknowledgement."""
    look = request.args.get("look", "")
    with reading() as session:
        row = draft_on_page(session, payroll)
        if row.submitted_at is not None:
            return to("acknowledgement", payroll=payroll)
        if row.waits:
            return _asked_page(session, row)
        if not is_draft(row):
            return to("month", month=row.month)
        answered = lowering.request_of(session, row) if row.revises else None
        begun_by = session.get(Account, row.created_by) if row.created_by else None
        lines, total = queries.lines_page(session, row, page_number(), look)
    notices = problems_from_json(row.checked.get("notices", ()))
    return render_template(
        "contributions/draft.html", payroll=row, schemes=schemes_on(row), page=Page(lines, page_number(), total),
        labels=labels(row), notices=notices, missing=problems_from_json(row.checked.get("missing_people", ())),
        look=look if look in queries.LOOKS else "", currency=fund().currency.code, clean=clean(row),
        may_change=Right.PREPARE in g.rights, begun_by=begun_by.name if begun_by else "",
        answer=answered if answered is not None and answered.decision == Decision.REFUSED else None,
    )  # fmt: skip


def _asked_page(session: Session, row: Payroll) -> str:
    """A revision that waits for the fund."""
    asked = lowering.request_of(session, row)
    assert asked is not None  # it waits because it was asked for
    maker = session.get_one(Account, asked.asked_by)
    return render_template(
        "contributions/asked.html", payroll=row, asked=asked, maker=maker.name, own=maker.id == current_user.id,
        packs=pack,
    )  # fmt: skip


@bp.get("/<uuid:payroll>/lines")
@needs(Right.PREPARE)
def lines(employer_number: str, payroll: UUID) -> ResponseReturnValue:
    """A page of lines as inputs."""
    return _lines_page(payroll, None)


@bp.post("/<uuid:payroll>/lines")
@needs(Right.PREPARE)
def save_lines(employer_number: str, payroll: UUID) -> ResponseReturnValue:
    """Save every amount of the page at once; what cannot be read comes back as typed."""
    typed, version = _typed()
    with reading() as session:
        row = draft_on_page(session, payroll)
        shown, _total = queries.lines_page(session, row, page_number())
    inputs = forms.line_inputs(shown, labels(row), typed)
    typed_in = forms.changes_in(inputs, shown, labels(row), days_in(row.month, calendar()))
    if inputs.errors:
        return _lines_page(payroll, typed, inputs=inputs), 422
    try:
        with writing() as session:
            changes.change_lines(
                session, g.employer.id, payroll, version=version, changes=typed_in, leave_out=inputs.left_out,
                at=clock.now(), by=current_user.id,
            )  # fmt: skip
    except Stale as stale:
        flash(say(stale.words), "error")
        return _lines_page(payroll, typed), 409
    flash(gettext("Saved and checked."), "success")
    return to("draft", payroll=payroll, page=page_number())


@bp.get("/<uuid:payroll>/rows")
@needs(Right.PREPARE)
def rows(employer_number: str, payroll: UUID) -> ResponseReturnValue:
    """The rows that wait to be mended, as inputs."""
    return _rows_page(payroll, None)


@bp.post("/<uuid:payroll>/rows")
@needs(Right.PREPARE)
def save_rows(employer_number: str, payroll: UUID) -> ResponseReturnValue:
    """Read the rows again as they were typed; what is in order joins the good ones."""
    typed, version = _typed()
    try:
        with writing() as session:
            row = changes.mend_rows(
                session, g.employer.id, payroll, version=version, typed=forms.typed_rows(typed),
                leave_out=forms.rows_out(typed), at=clock.now(), by=current_user.id,
            )  # fmt: skip
    except Stale as stale:
        flash(say(stale.words), "error")
        return _rows_page(payroll, typed), 409
    if row.checked["faulty"]:
        flash(gettext("Saved and checked. Some rows still have to be mended."), "info")
        return to("rows", payroll=payroll)
    flash(gettext("Saved and checked. No row waits to be mended."), "success")
    return to("draft", payroll=payroll)


@bp.get("/<uuid:payroll>/problems.csv")
@needs(Right.VIEW)
def problems(employer_number: str, payroll: UUID) -> Response:
    """Everything that is wrong or asked about, as a file to take along."""
    with reading() as session:
        row = draft_on_page(session, payroll)
        found = queries.all_problems(session, row)
    header = [gettext("Row"), gettext("Column"), gettext("Found"), gettext("Kind"), gettext("What to do")]
    return download(write_csv(header, forms.problem_rows(found)), f"problems-{row.month}.csv", "text/csv")


@bp.post("/<uuid:payroll>/missing")
@needs(Right.PREPARE)
def add_missing(employer_number: str, payroll: UUID) -> ResponseReturnValue:
    """Add everybody of the roster who is in no line."""
    with writing() as session:
        changes.add_missing(session, g.employer.id, payroll, version=_typed()[1], at=clock.now(), by=current_user.id)
    flash(gettext("The people who were missing are added with the wage on your roster."), "success")
    return to("draft", payroll=payroll)


@bp.post("/<uuid:payroll>/give-up")
@needs(Right.PREPARE)
def give_up(employer_number: str, payroll: UUID) -> ResponseReturnValue:
    """Give a draft up."""
    with writing() as session:
        row = changes.cancel(session, g.employer.id, payroll, at=clock.now(), by=current_user.id)
    flash(gettext("The draft is given up. Nothing was submitted."), "success")
    return to("month", month=row.month)


def labels(payroll: Payroll) -> dict[str, str]:
    """The pay components of a payroll, each with its name."""
    codes = dict.fromkeys(code for name in payroll.checked.get("schemes", ()) for code in pack(name).components)
    return {code: pack_words(label_of(code)) for code in codes}


def _typed() -> tuple[dict[str, str], int]:
    """What was typed on the page, and the version of the payroll that it showed."""
    typed = request.form.to_dict()
    version = typed.pop("version", "")
    return typed, int(version) if version.isdigit() else 0


def _lines_page(payroll: UUID, typed: Mapping[str, str] | None, inputs: forms.Inputs | None = None) -> str:
    with reading() as session:
        row = draft_on_page(session, payroll)
        shown, total = queries.lines_page(session, row, page_number())
    return render_template(
        "contributions/lines.html", payroll=row, page=Page(shown, page_number(), total), labels=labels(row),
        inputs=inputs or forms.line_inputs(shown, labels(row), typed), currency=fund().currency.code,
        action=here("save_lines", payroll=payroll, page=page_number()),
    )  # fmt: skip


def _rows_page(payroll: UUID, typed: Mapping[str, str] | None) -> str:
    with reading() as session:
        row = draft_on_page(session, payroll)
        shown, total = queries.rows_to_mend(session, row, page_number())
    return render_template(
        "contributions/rows.html", payroll=row, page=Page(shown, page_number(), total),
        inputs=forms.mend_inputs(shown, typed), column_label=forms.column_label,
        columns=row.checked.get("columns", {}), action=here("save_rows", payroll=payroll, page=page_number()),
    )  # fmt: skip
