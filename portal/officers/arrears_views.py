"""What is overdue, and the way down: fund, employer, month, posting, and the calculation in words."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import clock, db
from portal.auth.access import Right, fund_staff, guarded, needs
from portal.auth.reads import note_read
from portal.contributions.basis import earlier_pay
from portal.employers.service import employer_by_number
from portal.installation import fund, pack, packs
from portal.ledger.statement import ageing
from portal.officers import queries, records
from portal.officers.explained import ACCOUNTS, KINDS, entry_steps, line_explained
from portal.officers.shown import arrears_csv, by_scheme
from portal.web.filters import say
from portal.web.pages import PER_PAGE, Page, download, order, page_number

bp = guarded(Blueprint("arrears", __name__, url_prefix="/fund"), fund_staff)


def wanted_arrears() -> queries.ArrearsWanted:
    """What the address narrows the page to; what it does not know is left out."""
    today = clock.today(fund().timezone)
    scheme, age = request.args.get("scheme", ""), request.args.get("age", "")
    buckets = {str(bucket.first): bucket for bucket in fund().ageing}
    return queries.ArrearsWanted(
        on=_day(request.args.get("on", ""), today),
        scheme=scheme if scheme in packs() else "",
        bucket=buckets.get(age),
        sort=order(("amount", "oldest", "name")),
    )


def _day(text: str, today: date) -> date:
    """The day asked for; today when there is none, or when it has not come yet."""
    try:
        return min(date.fromisoformat(text), today)
    except ValueError:
        return today


@bp.get("/arrears")
@needs(Right.FUND_VIEW)
def arrears() -> ResponseReturnValue:
    """What is overdue by age, each scheme apart, and the employers behind it."""
    wanted, number = wanted_arrears(), page_number()
    with db.reading() as session:
        ages = by_scheme(ageing(session, wanted.on, wanted.scheme or None))
        rows, total = queries.in_arrears(session, wanted, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    return render_template(
        "officers/arrears.html",
        ages=ages,
        page=Page(rows, number, total),
        wanted=wanted,
        packs=packs(),
        filters=_filter_fields(wanted),
        export=url_for(".arrears_file", **_narrowed(wanted)),
        address=lambda **changes: url_for(".arrears", **{**_narrowed(wanted), **changes}),
    )


def _narrowed(wanted: queries.ArrearsWanted) -> dict[str, Any]:
    """The same choice as an address carries it."""
    age = str(wanted.bucket.first) if wanted.bucket else ""
    kept = {"scheme": wanted.scheme, "age": age, "on": wanted.on.isoformat(), "sort": wanted.sort}
    return {name: value for name, value in kept.items() if value}


def _filter_fields(wanted: queries.ArrearsWanted) -> list[dict[str, object]]:
    """The fields of the filter, with what is chosen."""
    schemes = [("", _("All schemes")), *((one.id, one.short_name) for one in packs().values())]
    ages = [("", _("Any age")), *((str(bucket.first), say(bucket.name)) for bucket in fund().ageing)]
    chosen = str(wanted.bucket.first) if wanted.bucket else ""
    return [
        {"name": "scheme", "label": _("Scheme"), "value": wanted.scheme, "options": schemes},
        {"name": "age", "label": _("Overdue for"), "value": chosen, "options": ages},
        {"name": "on", "label": _("At the end of"), "value": wanted.on.isoformat(), "kind": "date"},
    ]


@bp.get("/arrears.csv")
@needs(Right.FUND_VIEW)
def arrears_file() -> ResponseReturnValue:
    """Exactly the list that is shown, all its pages, as a file."""
    wanted = wanted_arrears()
    with db.reading() as session:
        rows, _total = queries.in_arrears(session, wanted)
    return download(arrears_csv(rows), f"arrears-{wanted.on}.csv", "text/csv")


@bp.get("/employers/<employer_number>/charges/<uuid:charge>")
@needs(Right.FUND_VIEW)
def charge(employer_number: str, charge: UUID) -> ResponseReturnValue:
    """One month: what was charged and paid, every posting, and the late charge to this day."""
    today, number = clock.today(fund().timezone), page_number()
    with db.reading() as session:
        employer = employer_by_number(session, employer_number)
        record = records.charge_record(session, employer.id, charge, today)
        lines, declared = [], record.declared
        if declared is not None and _sees_wages():
            lines = records.lines(session, declared, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    if lines:
        note_read("lines", subject=f"charge:{charge}", employer=employer.id, persons=len(lines))
    return render_template(
        "officers/calculation_charge.html",
        employer=employer,
        record=record,
        rules=pack(record.charge.scheme),
        page=Page(lines, number, declared.people if declared is not None and lines else 0),
        kinds=KINDS,
        account_names=ACCOUNTS,
        today=today,
    )


@bp.get("/employers/<employer_number>/entries/<uuid:transaction>")
@needs(Right.FUND_VIEW)
def entry(employer_number: str, transaction: UUID) -> ResponseReturnValue:
    """One transaction: its postings, and the calculation behind it in words, step by step."""
    with db.reading() as session:
        employer = employer_by_number(session, employer_number)
        record = records.entry_record(session, employer.id, transaction)
    return render_template(
        "officers/calculation_entry.html",
        employer=employer,
        record=record,
        rules=pack(record.transaction.scheme),
        steps=entry_steps(record),
        kinds=KINDS,
        account_names=ACCOUNTS,
    )


@bp.get("/employers/<employer_number>/declarations/<uuid:declaration>/lines/<uuid:person>")
@needs(Right.FUND_VIEW)
def line(employer_number: str, declaration: UUID, person: UUID) -> ResponseReturnValue:
    """One person's contribution, computed again from the rules and set beside what was declared."""
    if not _sees_wages():
        abort(403)
    with db.reading() as session:
        employer = employer_by_number(session, employer_number)
        declared = records.declaration_record(session, employer.id, declaration)
        of_person, who = records.line(session, declared, person)
        behind = records.charge_of(session, declared)
        rules = [pack(declared.scheme)]
        before = earlier_pay(session, employer.id, declared.month, rules, of_person.person_id)
    note_read("line", subject=f"person:{person}", employer=employer.id)
    return render_template(
        "officers/calculation_line.html",
        employer=employer,
        declaration=declared,
        line=of_person,
        who=who,
        charge=behind,
        rules=pack(declared.scheme),
        names={one.code: one.label for one in pack(declared.scheme).pay},
        explained=line_explained(
            declared, of_person, who.birth_date, before.get((declared.scheme, of_person.person_id), ())
        ),
    )


def _sees_wages() -> bool:
    """Whether the reader's work needs what single people earn."""
    return bool(g.rights & {Right.CONTRIBUTIONS, Right.AUDIT})
