"""The pages of an employer's people: list, record, hire, leave, wage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import clock
from portal.audit import AuditEvent, Event
from portal.auth.access import Right, acting_for_employer, fresh, guarded, needs
from portal.auth.reads import shown
from portal.db import reading, writing
from portal.employers import roster
from portal.employers.given import asked_of_person
from portal.employers.models import Employment
from portal.employers.roster_answers import change_answers
from portal.employers.roster_forms import (
    HireForm,
    LeaveForm,
    RosterForm,
    WageForm,
    answers_form,
    component_labels,
    field_of,
    month_choices,
    with_pay,
)
from portal.employers.roster_import_views import bp as import_bp  # noqa: F401  # the app opens every blueprint here
from portal.employers.roster_list import CSV, SORTS, XLSX, Asked, as_file, export_roster, list_roster, record_of
from portal.employers.told import Answer, answers_on
from portal.errors import Refused
from portal.installation import calendar, fund, month_from, month_on, month_words, packs
from portal.people.models import Person
from portal.scheme.calendars import Month, months_between
from portal.web.filters import pack_words, say
from portal.web.pages import PER_PAGE, Page, download, order, page_number
from portal.words import Words, _, _n

bp = guarded(Blueprint("roster", __name__, url_prefix="/employers/<employer_number>/roster"), acting_for_employer)

STATES = {"working": _("Working now"), "left": _("Left"), "all": _("Everybody")}


def today() -> date:
    """The day it is where the fund is."""
    return clock.today(fund().timezone)


@bp.get("/")
@needs(Right.VIEW)
def people(employer_number: str) -> ResponseReturnValue:
    """Everybody who works or worked for the employer."""
    asked, number = _asked(), page_number()
    with reading() as session:
        lines, total = list_roster(session, g.employer.id, asked, page=number, per_page=PER_PAGE)
    return render_template(
        "roster/list.html", asked=asked, page=Page(lines, number, total), states=STATES, labels=_labels(),
        sort_url=_sort_url, may_change=Right.PREPARE in g.rights, categories=_names(fund().categories),
        may_manage=Right.MANAGE in g.rights, counted=_n("%(n)s person", "%(n)s people", total),
        currency=fund().currency.code,
    )  # fmt: skip


@bp.get("/export.<any(csv, xlsx):kind>")
@needs(Right.VIEW)
@fresh
def export(employer_number: str, kind: str) -> ResponseReturnValue:
    """Exactly what the list shows, as a file that can be changed and imported."""
    with reading() as session:
        content = export_roster(session, g.employer.id, _asked(), kind)
        shown(list_roster(session, g.employer.id, _asked(), page=1, per_page=1)[1])
    return download(content, f"people-{employer_number}-{today()}.{kind}", XLSX if kind == "xlsx" else CSV)


@bp.get("/template.<any(csv, xlsx):kind>")
@needs(Right.VIEW)
def template(employer_number: str, kind: str) -> ResponseReturnValue:
    """The layout of the import without anybody in it."""
    return download(as_file([], kind), f"people-template.{kind}", XLSX if kind == "xlsx" else CSV)


@bp.get("/<uuid:person>")
@needs(Right.VIEW)
def person(employer_number: str, person: UUID) -> ResponseReturnValue:
    """One person: facts, employments here, wages, and what happened."""
    with reading() as session:
        record = record_of(session, g.employer.id, person)
    return render_template(
        "roster/person.html", record=record, labels=_labels(), currency=fund().currency.code,
        categories=_names(fund().categories), reasons=_names(fund().leave_reasons), today=today(),
        told=_told(record.employments),
        may_change=Right.PREPARE in g.rights, may_manage=Right.MANAGE in g.rights,
        identity=pack_words(fund().identity.kinds[0].name),
        events=[{"what": _what(event), "who": who, "at": event.at} for event, who in record.events],
    )  # fmt: skip


@bp.route("/employment/<uuid:employment>/answers", methods=["GET", "POST"])
@needs(Right.PREPARE)
def answers(employer_number: str, employment: UUID) -> ResponseReturnValue:
    """What the schemes ask about somebody changes from a day on."""
    row, person = _employment(employment)
    form = answers_form(today())
    if form.validate_on_submit():
        try:
            with writing() as session:
                change_answers(
                    session, g.employer.id, row.public_id, form.said(), from_day=form.from_day.taken, at=clock.now(),
                    by=current_user.id,
                )  # fmt: skip
            flash(say(_("%(name)s: it holds from %(day)s.", name=person.full_name, day=form.from_day.taken)), "success")
            return _back_to(person, {})
        except Refused as refusal:
            _refuse(form, refusal)
    return render_template("roster/answers.html", form=form, employment=row, person=person), _status(form)


@bp.route("/hire", methods=["GET", "POST"])
@needs(Right.PREPARE)
def hire(employer_number: str) -> ResponseReturnValue:
    """Take somebody on."""
    form = with_pay(HireForm)(today())
    assert isinstance(form, HireForm)
    if form.validate_on_submit():
        try:
            return _hired(form)
        except Refused as refusal:
            _refuse(form, refusal)
    kind = fund().identity.kinds[0]
    return render_template("roster/hire.html", form=form, kind=kind, currency=fund().currency.code), _status(form)


@bp.route("/employment/<uuid:employment>/leave", methods=["GET", "POST"])
@needs(Right.PREPARE)
def leave(employer_number: str, employment: UUID) -> ResponseReturnValue:
    """Somebody leaves: the last day, and why."""
    row, person = _employment(employment)
    form = LeaveForm(today(), data={"last_day": _typed(row.to_day), "reason": row.leave_reason})
    if form.validate_on_submit():
        try:
            return _left(form, row, person)
        except Refused as refusal:
            _refuse(form, refusal)
    return render_template("roster/leave.html", form=form, employment=row, person=person), _status(form)


@bp.route("/employment/<uuid:employment>/wage", methods=["GET", "POST"])
@needs(Right.PREPARE)
def wage(employer_number: str, employment: UUID) -> ResponseReturnValue:
    """Somebody is paid something else from a month on."""
    row, person = _employment(employment)
    form = with_pay(WageForm)(today(), data={"from_month": str(month_on(today()))})
    form["from_month"].choices = month_choices(_months_of(row))
    if form.validate_on_submit():
        try:
            return _paid(form, row, person)
        except Refused as refusal:
            _refuse(form, refusal)
    with reading() as session:
        now = roster.wage_in(session, row.id, month_on(today()))
    return render_template(
        "roster/wage.html", form=form, employment=row, person=person, now=now, labels=_labels(),
        currency=fund().currency.code,
    ), _status(form)  # fmt: skip


def _hired(form: HireForm) -> ResponseReturnValue:
    pay, facts = form.pay(), form.facts()
    with writing() as session:
        row = roster.hire(
            session, g.employer.id, facts, from_day=form.from_day.taken, category=form.category.data,
            staff_number=form.staff_number.taken or "", components=pay, said=form.said(), at=clock.now(),
            by=current_user.id,
        )  # fmt: skip
        person = session.get_one(Person, row.person_id)
    words = _("%(name)s is on your roster with insurance number %(number)s.",
              name=person.full_name, number=person.insurance_number)  # fmt: skip
    flash(say(words), "success")
    return _back_to(person, roster.doubts(None, pay))


def _left(form: LeaveForm, row: Employment, person: Person) -> ResponseReturnValue:
    with writing() as session:
        roster.leave(
            session, g.employer.id, row.public_id, last_day=form.last_day.taken, reason=form.reason.data,
            at=clock.now(), by=current_user.id,
        )  # fmt: skip
    flash(say(_("%(name)s: last day %(day)s.", name=person.full_name, day=form.last_day.taken)), "success")
    return _back_to(person, {})


def _paid(form: RosterForm, row: Employment, person: Person) -> ResponseReturnValue:
    month, pay = month_from(form["from_month"].data), form.pay()
    with writing() as session:
        before = roster.wage_in(session, row.id, month)
        roster.change_wage(
            session, g.employer.id, row.public_id, from_month=month, components=pay, at=clock.now(), by=current_user.id
        )
    words = _("%(name)s: the wage counts from %(month)s.", name=person.full_name, month=month_words(month))
    flash(say(words), "success")
    return _back_to(person, roster.doubts(before, pay))


def _back_to(person: Person, asked: dict[str, Words]) -> ResponseReturnValue:
    for words in dict.fromkeys(say(words) for words in asked.values()):
        flash(words, "info")
    return redirect(url_for("roster.person", employer_number=g.employer.number, person=person.public_id))


def _employment(name: UUID) -> tuple[Employment, Person]:
    with reading() as session:
        row = roster.employment_of(session, g.employer.id, name)
        return row, session.get_one(Person, row.person_id)


def _refuse(form: RosterForm, refusal: Refused) -> None:
    form.refuse(Refused(refusal.words, field=field_of(refusal.field)))


def _status(form: RosterForm) -> int:
    """422 for a form that came back with something to look at."""
    return 422 if request.method == "POST" else 200


def _months_of(row: Employment) -> list[Month]:
    """The months of an employment whose wage can be changed: three years back to the next one, the last first."""
    next_month = month_on(today()).next(calendar())
    first = max(month_on(row.from_day), next_month.plus(-36, calendar()))
    last = min(next_month, month_on(row.to_day)) if row.to_day else max(next_month, first)
    return list(reversed(months_between(first, last, calendar())))


def _told(employments: Sequence[Employment]) -> dict[int, list[Answer]]:
    """What holds of the person in each employment: today, or on its last day."""
    return {
        row.id: [
            one
            for rules in packs().values()
            for one in answers_on(
                rules, asked_of_person(rules), row.answers, max(row.to_day or today(), row.from_day), f"{rules.id}."
            )
        ]
        for row in employments
    }


def _typed(day: date | None) -> str:
    return f"{day.day}-{day.month}-{day.year}" if day else ""


def _asked() -> Asked:
    """The filters of the address; what makes no sense is left out."""
    state = request.args.get("state", "working")
    return Asked(
        today(),
        request.args.get("search", "")[:100].replace("\0", ""),
        state if state in STATES else "working",
        order(("name", *(sign + name for name in SORTS for sign in ("", "-")))),
    )


def _sort_url(name: str) -> str:
    """The same list sorted by a column, or the other way round when it already is."""
    args: dict[str, Any] = {**request.args.to_dict(), "sort": f"-{name}" if _asked().sort == name else name}
    args.pop("page", None)
    return url_for("roster.people", employer_number=g.employer.number, **args)


def _names(choices: Any) -> dict[str, str]:
    return {one.code: pack_words(one.name) for one in choices}


def _labels() -> dict[str, str]:
    """The pay components by what the reader calls them."""
    return {code: pack_words(label) for code, label in component_labels().items()}


def _what(event: AuditEvent) -> Words:
    """An event of the timeline in words."""
    match event.event:
        case Event.HIRED.label:
            return _("Put on the roster")
        case Event.LEFT.label:
            reason = _names(fund().leave_reasons).get(event.fields["reason"], event.fields["reason"])
            return _("Left: %(reason)s", reason=reason)
        case Event.WAGE_CHANGED.label:
            month = month_words(month_from(event.fields["from_month"]))
            return _("Wage changed from %(month)s", month=month)
        case Event.PERSON_ANSWERED.label:
            day = date.fromisoformat(event.fields["from_day"])
            return _("What the schemes are told changed from %(day)s", day=day)
        case Event.PERSON_ADDED.label:
            return _("Made known to the fund and given an insurance number")
    return _("Another entry: %(event)s", event=event.event)
