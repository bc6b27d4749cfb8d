"""An employee's own pages: am I covered, every month, and saying what is wrong."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal import clock, db
from portal.auth.access import employee, guarded
from portal.employees import entry, reports
from portal.employees.entry_views import bp as entry_bp  # noqa: F401  # the app opens every blueprint it finds here
from portal.employees.forms import ReportForm
from portal.employees.record import Record, month_in, record_of
from portal.employees.slip_views import bp as slip_bp  # noqa: F401
from portal.employees.slip_views import counter_bp  # noqa: F401
from portal.employees.why import cover_story, shown
from portal.errors import NotFound, Refused
from portal.installation import fund, month_from, packs
from portal.scheme.calendars import Month
from portal.web.filters import month_name

bp = guarded(Blueprint("employee", __name__, url_prefix="/me"), employee)


def _record() -> Record:
    with db.reading() as session:
        return record_of(session, g.person_id, clock.today(fund().timezone))


@bp.get("/")
def index() -> ResponseReturnValue:
    """Covered until when, why, and every month."""
    today = clock.today(fund().timezone)
    with db.reading() as session:
        record = record_of(session, g.person_id, today)
        visits = entry.visits(session, g.person_id)
    stories = [cover_story(rules, record) for rules in packs().values() if rules.opens_coverage]
    months = [(one, shown(record, one)) for one in record.months]
    return render_template(
        "employees/index.html", record=record, stories=stories, months=months, packs=packs(), visits=visits
    )


@bp.get("/months/<month>")
def month(month: str) -> ResponseReturnValue:
    """One month: what was declared, how it was computed, who has to act."""
    record = _record()
    wanted = _month(month, record)
    return render_template("employees/month.html", record=record, month=wanted, shown=shown(record, wanted))


@bp.get("/reports")
def report_list() -> ResponseReturnValue:
    """What was reported, and what the fund answered."""
    with db.reading() as session:
        found = reports.own_reports(session, g.person_id)
    return render_template("employees/reports.html", reports=found, kinds=reports.KINDS)


@bp.route("/reports/new", methods=["GET", "POST"])
def report() -> ResponseReturnValue:
    """Say what is wrong with a month."""
    record = _record()
    form = ReportForm(data=request.args.to_dict())
    form.offer([(str(one), month_name(one)) for one in record.months], record.employers)
    if form.validate_on_submit():
        try:
            with db.writing() as session:
                reports.send(
                    session, g.person_id, form.employer.data, month_from(form.month.data), kind=form.kind.data,
                    message=form.message.data or "", at=clock.now(),
                )  # fmt: skip
        except Refused as refusal:
            form.refuse(refusal)
            return render_template("employees/report.html", form=form, record=record), refusal.status
        flash(gettext("The fund has your report. The answer will stand on this page."), "success")
        return redirect(url_for(".report_list"))
    return render_template("employees/report.html", form=form, record=record), 422 if form.errors else 200


def _month(text: str, record: Record) -> Month:
    wanted = month_in(text, record)
    if wanted is None:
        raise NotFound("month")
    return wanted
