"""What the pages of payrolls share: their blueprint, the month in an address, the day it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, g, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal import clock
from portal.auth.access import acting_for_employer, guarded
from portal.contributions import storage
from portal.contributions.acknowledgement import when_late
from portal.contributions.assessment import Sums
from portal.contributions.models import Payroll, PayrollKind, PayrollState
from portal.contributions.reasons import name_of
from portal.employers.given import given_from_json
from portal.errors import NotFound
from portal.installation import fund, month_from, pack
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month
from portal.scheme.deadlines import days_left_in_words
from portal.web.filters import say
from portal.words import Words

bp = guarded(Blueprint("payrolls", __name__, url_prefix="/employers/<employer_number>/payrolls"), acting_for_employer)


@bp.app_template_filter("reason_name")
def reason_name(code: str | None) -> str:
    """Why a line is not a whole month at the wage, in the reader's language."""
    return say(name_of(code))


@dataclass(frozen=True, slots=True)
class SchemeOnPage:
    """One scheme of a payroll: what it comes to, when it is due, what being late costs as far as it is known."""

    rules: Pack
    sums: Sums
    due_day: date
    left: Words
    when_late: Words


def today() -> date:
    """The day it is where the fund is."""
    return clock.today(fund().timezone)


def month_in(text: str) -> Month:
    """The month an address names; NotFound when it names none."""
    try:
        return month_from(text)
    except ValueError:
        raise NotFound(text) from None


def draft_on_page(session: Session, payroll: UUID) -> Payroll:
    """The payroll in the address, of the employer in the address."""
    return storage.payroll_of(session, g.employer.id, payroll)


def is_draft(payroll: Payroll) -> bool:
    """Whether it can still be changed."""
    return payroll.state == PayrollState.DRAFT.value


def schemes_on(payroll: Payroll) -> Sequence[SchemeOnPage]:
    """The schemes of a payroll with what it comes to in each."""
    found = []
    sums = payroll.checked.get("sums", {})
    for scheme in payroll.checked.get("schemes", ()):
        rules, month = pack(scheme), payroll.month
        given = given_from_json(rules, payroll.checked.get("given", {}).get(scheme, {}))
        answers, due = {**given.employer, **given.options}, given.due_day(month)
        left = days_left_in_words(rules, month, today(), given.headcount, answers).words
        found.append(SchemeOnPage(rules, Sums(**sums[scheme]), due, left, when_late(rules, due)))
    return found


def clean(payroll: Payroll) -> bool:
    """Whether nothing in it asks for a look: its next page is the one to submit on."""
    asks = ("faulty", "blocking", "warnings", "missing", "namesakes", "notices")
    return payroll.kind == PayrollKind.REGULAR.value and not any(payroll.checked.get(name) for name in asks)


def to(endpoint: str, **values: object) -> ResponseReturnValue:
    """Go on to another page of the same employer."""
    return redirect(here(endpoint, **values), 303)


def here(endpoint: str, **values: object) -> str:
    """The address of another page of the same employer."""
    return url_for(f"payrolls.{endpoint}", employer_number=g.employer.number, **values)  # type: ignore[arg-type]
