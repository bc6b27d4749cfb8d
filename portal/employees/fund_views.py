"""The fund's side of employees' reports: the list, one report beside what the portal knows, and the answer."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.employees import reports
from portal.employees.forms import AnswerForm
from portal.employees.record import record_of
from portal.employees.why import shown
from portal.errors import Refused
from portal.installation import fund
from portal.web.pages import PER_PAGE, Page, page_number

bp = guarded(Blueprint("reports", __name__, url_prefix="/fund/reports"), fund_staff)


@bp.get("")
@needs(Right.FUND_VIEW)
def listed() -> ResponseReturnValue:
    """Those that wait first, the oldest at the top."""
    number = page_number()
    with db.reading() as session:
        found, total = reports.reports(session, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    ages = {one.report.id: (clock.now() - one.report.created_at).days for one in found}
    return render_template(
        "employees/fund_reports.html", page=Page(found, number, total), ages=ages, kinds=reports.KINDS,
        may_print=Right.CONTRIBUTIONS in g.rights,
    )  # fmt: skip


@bp.get("/<uuid:report>")
@needs(Right.FUND_VIEW)
def show(report: UUID) -> ResponseReturnValue:
    """One report beside what was declared and paid."""
    return _page(report, AnswerForm(formdata=None))


@bp.post("/<uuid:report>")
@needs(Right.CONTRIBUTIONS)
def answer(report: UUID) -> ResponseReturnValue:
    """Answer it."""
    form = AnswerForm()
    if not form.validate_on_submit():
        return _page(report, form), 422
    try:
        with db.writing() as session:
            reports.answer(session, report, form.answer.data or "", by=current_user.id, at=clock.now())
    except Refused as refusal:
        form.refuse(refusal)
        return _page(report, form), refusal.status
    flash(gettext("The employee can read your answer now."), "success")
    return redirect(url_for(".listed"))


def _page(report: UUID, form: AnswerForm) -> str:
    with db.reading() as session:
        found = reports.report_of(session, report)
        record = record_of(session, found.person.id, clock.today(fund().timezone))
    months = shown(record, found.report.month, employer=found.employer.number)
    return render_template(
        "employees/fund_report.html", one=found, kinds=reports.KINDS, form=form, shown=months,
        may_answer=Right.CONTRIBUTIONS in g.rights,
    )  # fmt: skip
