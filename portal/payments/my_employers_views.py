"""The employers one account may act for, each with what is due there: the desk of an accountant's office."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from portal import clock, db
from portal.auth.access import guarded, signed_in
from portal.auth.models import Mandate
from portal.auth.roles import named
from portal.contributions.months import months_to_declare
from portal.contributions.reviewing.service import given_back
from portal.employers.models import Employer
from portal.employers.service import mandates_held
from portal.installation import fund
from portal.payments.account import accounts_of
from portal.payments.home_views import Now, people_on, what_matters
from portal.web.pages import PER_PAGE, Page, page_number
from portal.words import Words

bp = guarded(Blueprint("my_employers", __name__, url_prefix="/employers"), signed_in)


@dataclass(frozen=True, slots=True)
class Desk:
    """One employer, what one may do there, until which day (None: no end), and what it has to turn to first."""

    employer: Employer
    roles: Sequence[Words]
    to_day: date | None
    now: Now


@bp.get("/")
def index() -> ResponseReturnValue:
    """The employers one may act for, by name; only those that fit what was searched for."""
    today, number = clock.today(fund().timezone), page_number()
    text = request.args.get("q", "").strip()[:100]
    with db.reading() as session:
        held = mandates_held(session, current_user.id, today)
        found = [one for one in held if _fits(one[0], text)]
        shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
        rows = [_desk(session, employer, mandates, today) for employer, mandates in shown]
    page = Page(rows, number, len(found))
    return render_template("payments/my_employers.html", page=page, all=len(held), text=text)


def _fits(employer: Employer, text: str) -> bool:
    return text.lower() in f"{employer.legal_name}\n{employer.trade_name}\n{employer.number}".lower()


def _desk(session: Session, employer: Employer, mandates: Sequence[Mandate], today: date) -> Desk:
    rows, accounts = months_to_declare(session, employer.id, today), accounts_of(session, employer.id, today)
    now = what_matters(rows, accounts, people_on(session, employer.id, today), today, given_back(session, employer.id))
    ends = [one.to_day for one in mandates if one.to_day is not None]
    last = max(ends) if len(ends) == len(mandates) else None
    return Desk(employer, named(one.role for one in mandates), last, now)
