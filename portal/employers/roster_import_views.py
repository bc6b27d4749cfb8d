"""The pages of a roster file: choose it, see everything it would do, confirm, mend what was left out."""

from __future__ import annotations

from collections import Counter
from datetime import date
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from portal import clock
from portal.auth.access import Right, acting_for_employer, guarded, needs
from portal.db import reading, writing
from portal.employers.roster_forms import ImportForm, component_labels, month_choices
from portal.employers.roster_import import (
    Reading,
    file_of,
    import_roster,
    imported,
    keep_file,
    plan_import,
    read_file,
)
from portal.employers.roster_list import CSV, XLSX, rows_with_reasons
from portal.employers.roster_plan import Move, Plan
from portal.errors import Refused
from portal.files import StoredFile
from portal.installation import fund
from portal.scheme.calendars import Month, month_in_words, month_of, months_between
from portal.tabular.table import FileRefused
from portal.web.filters import say
from portal.web.pages import PER_PAGE, Page, download, page_number
from portal.words import Amount, Words, _, _n

bp = guarded(
    Blueprint("roster_import", __name__, url_prefix="/employers/<employer_number>/roster/import"), acting_for_employer
)

#: Problems drawn on a page; all of them are in the file to download.
SHOWN = 100


@bp.route("/", methods=["GET", "POST"])
@needs(Right.PREPARE)
def upload(employer_number: str) -> ResponseReturnValue:
    """Choose a file.  It is kept as it came until it is confirmed; one that cannot be read is not kept."""
    form = ImportForm(data={"wages_from": str(month_of(_today()))})
    form.wages_from.choices = month_choices(_months())
    if form.validate_on_submit():
        try:
            return _kept(form)
        except FileRefused as refused:
            form.file.errors = [say(refused.problem.placed)]
    status = 422 if request.method == "POST" else 200
    return render_template("roster/upload.html", form=form), status


@bp.get("/<uuid:file>")
@needs(Right.PREPARE)
def review(employer_number: str, file: UUID) -> ResponseReturnValue:
    """Everything the file would do and every problem in it; once confirmed, what it did and what still waits."""
    with reading() as session:
        row = file_of(session, g.employer.id, file)
        done = imported(session, g.employer.id, row)
        read = _read(row)
        plan = plan_import(session, g.employer.id, read, _wages_from())
    changes, number = [move for move in plan.moves if move.changes], page_number()
    shown = changes[(number - 1) * PER_PAGE : number * PER_PAGE]
    return render_template(
        "roster/review.html", file=row, done=done, plan=plan, wages_from=_wages_from(), shown=SHOWN,
        page=Page([(move, _what(move)) for move in shown], number, len(changes)), groups=_groups(plan),
        summary=_summary(plan.counts), button=_button(plan),
    )  # fmt: skip


@bp.post("/<uuid:file>")
@needs(Right.PREPARE)
def confirm(employer_number: str, file: UUID) -> ResponseReturnValue:
    """Do what the page showed.  A second click does nothing more."""
    here = url_for(".review", employer_number=employer_number, file=file, wages_from=_wages_from())
    try:
        with writing() as session:
            row = file_of(session, g.employer.id, file)
            import_roster(
                session, g.employer.id, row, wages_from=_wages_from(), at=clock.now(), by=current_user.id,
                shown=request.form.get("shown", ""),
            )  # fmt: skip
    except Refused as refusal:
        flash(say(refusal.words), "error")
    return redirect(here)


@bp.get("/<uuid:file>/problems.<any(csv, xlsx):kind>")
@needs(Right.PREPARE)
def problems(employer_number: str, file: UUID, kind: str) -> ResponseReturnValue:
    """The rows that were left out, as they came, each with what to do."""
    with reading() as session:
        row = file_of(session, g.employer.id, file)
        read = _read(row)
        plan = plan_import(session, g.employer.id, read, _wages_from())
    why = {one.row: " ".join(say(problem.words) for problem in one.problems) for one in plan.faulty}
    content = rows_with_reasons(read, why, gettext("What to do"), kind)
    return download(content, f"rows-to-mend.{kind}", XLSX if kind == "xlsx" else CSV)


def _kept(form: ImportForm) -> ResponseReturnValue:
    upload = form.file.data
    content, name = upload.read(), upload.filename or "file"
    read_file(content, name, _today())
    with writing() as session:
        row = keep_file(
            session, g.employer.id, content, name, upload.mimetype or "application/octet-stream",
            at=clock.now(), by=current_user.id,
        )  # fmt: skip
    args = {"employer_number": g.employer.number, "file": row.public_id, "wages_from": form.wages_from.data}
    return redirect(url_for(".review", **args))


def _read(row: StoredFile) -> Reading:
    return read_file(row.content, row.name, _today())


def _today() -> date:
    return clock.today(fund().timezone)


def _months() -> list[Month]:
    """The months from which changed wages may count: a year back to the next one, this one first."""
    now = month_of(_today())
    return [now, now.next(), *reversed(months_between(now.plus(-12), now.previous()))]


def _wages_from() -> Month:
    """The month in the address; this one when there is none that may be chosen."""
    asked = request.args.get("wages_from", "")
    return next((month for month in _months() if str(month) == asked), month_of(_today()))


def _groups(plan: Plan) -> list[tuple[Words, int]]:
    """How many problems stand in which column, most first."""
    found = Counter(problem.column for problem in plan.problems)
    return [
        (_("in the column %(column)s", column=column) if column else _("of the whole row"), n)
        for column, n in found.most_common()
    ]


def _summary(counts: dict[str, int]) -> list[tuple[Words, int]]:
    return [
        (_("Hired"), counts["hired"]),
        (_("Wage changed"), counts["wages"]),
        (_("Left"), counts["left"]),
        (_("Category or staff number corrected"), counts["corrected"]),
        (_("Unchanged"), counts["unchanged"]),
        (_("Rows with problems"), counts["faulty"]),
    ]


def _what(move: Move) -> list[Words]:
    """What a row does, in words."""
    row, done = move.row, []
    if move.hires:
        done.append(_("Hired from %(day)s", day=row.from_day))
    if move.last_day:
        done.append(_("Leaves; last day %(day)s", day=move.last_day))
    if move.wage:
        month, pay = move.wage
        labels, currency = component_labels(), fund().currency.code
        done += [
            _("%(component)s %(amount)s from %(month)s", component=labels[code], amount=Amount(amount, currency),
              month=month_in_words(month))
            for code, amount in pay.items()
        ]  # fmt: skip
    if move.corrects:
        done.append(_("Category or staff number corrected"))
    return done


def _button(plan: Plan) -> Words:
    """What the button says."""
    good = len(plan.moves)
    if plan.faulty:
        return _n("Continue with the good row", "Continue with the %(n)s good rows", good)
    return _("Make these changes")
