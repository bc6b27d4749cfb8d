"""An employee's own pages: am I covered, every month, and saying what is wrong."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal import clock, db
from portal.auth.access import employee, guarded
from portal.cases import queries, service
from portal.cases.forms import WithPaper
from portal.employees import entry, reports
from portal.employees.entry_views import bp as entry_bp  # noqa: F401  # the app opens every blueprint it finds here
from portal.employees.forms import ComplaintForm, ReportForm
from portal.employees.record import Record, month_in, record_of
from portal.employees.slip_views import bp as slip_bp  # noqa: F401
from portal.employees.slip_views import counter_bp  # noqa: F401
from portal.employees.why import cover_story, shown
from portal.errors import NotFound, Refused
from portal.installation import fund, month_from, packs
from portal.people import reach
from portal.scheme.blocks.values import Unknown
from portal.scheme.calendars import Month
from portal.web.filters import month_name, say
from portal.web.pages import PER_PAGE, download

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
    undecided = [(one, one.entitlement.why) for one in packs().values() if isinstance(one.entitlement, Unknown)]
    return render_template(
        "employees/index.html",
        undecided=undecided,
        record=record,
        stories=stories,
        months=months,
        packs=packs(),
        visits=visits,
        sends_texts=current_app.config["PORTAL"].sms_folder is not None,
    )


@bp.post("/texts")
def texts() -> ResponseReturnValue:
    """Agree to text messages at the number on file, or not any more."""
    try:
        with db.writing() as session:
            reach.agree_to_texts(session, g.person_id, request.form.get("agreed") == "yes", at=clock.now())
    except Refused as refusal:
        flash(say(refusal.words), "error")
    else:
        flash(gettext("We write to you as you chose."), "success")
    return redirect(url_for(".index"))


@bp.get("/months/<month>")
def month(month: str) -> ResponseReturnValue:
    """One month: what was declared, how it was computed, who has to act."""
    record = _record()
    wanted = _month(month, record)
    return render_template("employees/month.html", record=record, month=wanted, shown=shown(record, wanted))


@bp.get("/reports")
def report_list() -> ResponseReturnValue:
    """What was reported, and whether the fund answered."""
    with db.reading() as session:
        rows, _total = queries.cases(session, *service.of_person(g.person_id), limit=PER_PAGE)
    return render_template("employees/reports.html", rows=rows)


@bp.get("/reports/<uuid:case>")
def case(case: UUID) -> ResponseReturnValue:
    """One report or complaint with everything written in it."""
    return _case_page(case, WithPaper(formdata=None))


@bp.post("/reports/<uuid:case>")
def write(case: UUID) -> ResponseReturnValue:
    """Answer the fund, or add something."""
    form, mine = WithPaper(), service.of_person(g.person_id)
    if not form.validate_on_submit():
        return _case_page(case, form), 422
    try:
        with db.writing() as session:
            found = service.case_of(session, case, *mine, lock=True)
            service.write(
                session, found, form.text.data or "", by=reports.writer(g.person_id), seen=form.last_seen,
                at=clock.now(), papers=form.sent(),
            )  # fmt: skip
    except Refused as refusal:
        form.refuse(refusal)
        return _case_page(case, form), refusal.status
    flash(gettext("The fund has your text."), "success")
    return redirect(url_for(".case", case=case))


@bp.get("/reports/<uuid:case>/<uuid:file>")
def case_file(case: UUID, file: UUID) -> ResponseReturnValue:
    """A document of one's own case."""
    with db.reading() as session:
        found = service.case_of(session, case, *service.of_person(g.person_id))
        stored = service.file_of(session, found, file, fund_side=False)
        return download(stored.content, stored.name, stored.media_type)


def _case_page(name: UUID, form: WithPaper) -> str:
    with db.reading() as session:
        row = queries.row_of(session, service.case_of(session, name, *service.of_person(g.person_id)))
        entries = queries.thread(session, row.case, fund_side=False)
    form.seen.data = str(entries[-1].entry.id)
    return render_template("employees/case.html", row=row, entries=entries, form=form)


@bp.route("/reports/complain", methods=["GET", "POST"])
def complain() -> ResponseReturnValue:
    """Complain about the fund."""
    form = ComplaintForm()
    if not form.validate_on_submit():
        return render_template("employees/complain.html", form=form), 422 if form.errors else 200
    try:
        with db.writing() as session:
            made = reports.complain(
                session, g.person_id, form.message.data or "", title=form.title.data or "", at=clock.now()
            )
    except Refused as refusal:
        form.refuse(refusal)
        return render_template("employees/complain.html", form=form), refusal.status
    flash(gettext("The fund has it. Its number is %(number)s.", number=made.number), "success")
    return redirect(url_for(".case", case=made.public_id))


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
