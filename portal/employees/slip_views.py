"""Slips with a code: printed by the employer's administrator for their people, or at the fund's counter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid4

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock, db
from portal.auth.access import Right, acting_for_employer, fresh, fund_staff, guarded, needs
from portal.auth.reads import note_read
from portal.employees.entry import SLIP_FOR, Slip, make_slips
from portal.employees.entry_views import secret_key
from portal.employees.forms import FindForm
from portal.employees.slip_work import AT_ONCE, PDF, Printing, begin_slips, printings
from portal.employees.slips import slip_pdf
from portal.employers.roster import RosterPerson, roster_in
from portal.errors import NotFound
from portal.installation import fund, month_on
from portal.people.models import Person
from portal.people.service import person_by_insurance_number
from portal.web.pages import PER_PAGE, Page, download, page_number

bp = guarded(Blueprint("slips", __name__, url_prefix="/employers/<employer_number>/slips"), acting_for_employer)
counter_bp = guarded(Blueprint("counter", __name__, url_prefix="/fund/slips"), fund_staff)


@bp.get("/")
@needs(Right.MANAGE)
def choose(employer_number: str) -> ResponseReturnValue:
    """The people on the roster, to tick those who get a slip."""
    return _choice()


@bp.post("/")
@needs(Right.MANAGE)
@fresh
def print_slips(employer_number: str) -> ResponseReturnValue:
    """The slips of those ticked, of everybody on the page shown, or of everybody the search found."""
    today = clock.today(fund().timezone)
    with db.writing() as session:
        people = _chosen(session, today)
        if len(people) > AT_ONCE:
            here = url_for(".choose", employer_number=employer_number, q=_needle() or None)
            printing = _printing(today)
            work = begin_slips(session, people, printing, employer=g.employer.id, by=current_user.id, back=here)
            return redirect(url_for("work.show", employer_number=employer_number, work=work.public_id), 303)
        slips = _new_slips(session, people, today, g.employer.id)
    if not slips:
        return _choice(_("Tick at least one person, or print for everybody.")), 422
    content = _drawn(slips, today, (g.employer.number, g.employer.name))
    return download(content, f"slips-{g.employer.number}.pdf", PDF)


def _chosen(session: Session, today: date) -> Sequence[Person]:
    """The people the button that was pressed means, by name."""
    found: Sequence[RosterPerson] = _found(session, today)
    if "all" not in request.form:
        found = _page_of(found, page_number()).rows
    wanted = set(request.form.getlist("person")) if not {"all", "everybody"} & set(request.form) else None
    chosen = [one.person_id for one in found if wanted is None or one.insurance_number in wanted]
    people = select(Person).where(Person.id == func.any(chosen)).order_by(Person.surname, Person.first_name, Person.id)
    return session.scalars(people).all()


def _printing(today: date) -> Printing:
    employer = (g.employer.number, g.employer.name)
    return Printing(_named(), _number(), today, today + SLIP_FOR, employer, _language())


def _choice(problem: str = "") -> str:
    with db.reading() as session:
        page = _page_of(_found(session, clock.today(fund().timezone)), page_number())
        works = printings(session, g.employer.id)
    return render_template(
        "employees/slips.html", page=page, token=uuid4(), problem=problem, days=SLIP_FOR.days, needle=_needle(),
        works=works,
    )  # fmt: skip


def _needle() -> str:
    return request.args.get("q", "").strip()


def _found(session: Session, today: date) -> list[RosterPerson]:
    """The people on the roster this month, searched by name or number."""
    needle = _needle().casefold()
    return [one for one in roster_in(session, g.employer.id, month_on(today)) if needle in _searched(one)]


def _page_of(people: Sequence[RosterPerson], number: int) -> Page:
    return Page(people[(number - 1) * PER_PAGE : number * PER_PAGE], number, len(people))


def _searched(one: RosterPerson) -> str:
    names = (one.first_name, one.other_names, one.surname, one.first_name, one.surname, one.insurance_number)
    return " ".join(name for name in names if name).casefold()


def _new_slips(session: Session, people: Sequence[Person], today: date, employer_id: int | None) -> list[Slip]:
    """A code for each, or those of the same printing again."""
    return make_slips(
        session, people, token=_named(), key=secret_key(), by=current_user.id, at=clock.now(),
        last_day=today + SLIP_FOR, employer=employer_id,
    )  # fmt: skip


def _drawn(slips: Sequence[Slip], today: date, employer: tuple[str, str] | None) -> bytes:
    address = str(current_app.config["BASE_URL"])
    return slip_pdf(slips, number=_number(), employer=employer, issued_on=today, base_url=address, language=_language())


def _named() -> str:
    """The name of this printing; nobody else's is like it."""
    return f"{current_user.id}/{_token()}"


def _number() -> str:
    return f"S-{str(_token())[:8].upper()}"


def _language() -> str:
    return str(get_locale() or "en")


def _token() -> UUID:
    """The name of this printing, from the page; without one every click prints anew."""
    try:
        return UUID(request.form.get("token", ""))
    except ValueError:
        return uuid4()


@counter_bp.route("", methods=["GET", "POST"])
@needs(Right.CONTRIBUTIONS)
def find() -> ResponseReturnValue:
    """At the counter: whose slip?"""
    form = FindForm()
    if form.validate_on_submit():
        with db.reading() as session:
            person = person_by_insurance_number(session, form.number.data or "")
        if person is not None:
            return redirect(url_for(".check", person=person.public_id))
        form.number.errors = [_("Nobody has this insurance number. Compare it with the card.")]
    return render_template("employees/counter.html", form=form, person=None), 422 if form.errors else 200


@counter_bp.get("/<uuid:person>")
@needs(Right.CONTRIBUTIONS)
def check(person: UUID) -> ResponseReturnValue:
    """Compare the person at the counter with who is on file, then print."""
    with db.reading() as session:
        found = _person(session, person)
    note_read("person", subject=f"person:{person}")
    return render_template("employees/counter_check.html", person=found, token=uuid4(), days=SLIP_FOR.days)


@counter_bp.post("/<uuid:person>")
@needs(Right.CONTRIBUTIONS)
def print_one(person: UUID) -> ResponseReturnValue:
    """The slip of one person."""
    today = clock.today(fund().timezone)
    with db.writing() as session:
        slips = _new_slips(session, [_person(session, person)], today, None)
    return download(_drawn(slips, today, None), "slip.pdf", PDF)


def _person(session: Session, public_id: UUID) -> Person:
    found = session.scalar(select(Person).where(Person.public_id == public_id))
    if found is None:
        raise NotFound("person")
    return found
