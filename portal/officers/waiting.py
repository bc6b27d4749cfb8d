"""What waits for the fund's officers now, read-only: the numbers on their home page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal import outbox
from portal.cases.kinds import REPORT
from portal.cases.models import Case, CaseState
from portal.employers.due import month_fallen_due
from portal.employers.given import latest_due_day
from portal.employers.models import Employer, Enrolment, Registration, RegistrationState
from portal.gateway.models import GatewayOddity, GatewayPayment
from portal.gateway.refusals import lately
from portal.installation import fund, packs
from portal.officers.queries import declares, enrolled_in
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of one thing wait for an officer, and since when the oldest does."""

    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class SchemeMonth:
    """How the latest month that fell due went in one scheme: employers enrolled, and those that declared."""

    scheme: str
    month: Month
    due_day: date
    enrolled: int
    declared: int

    @property
    def silent(self) -> int:
        """Employers that did not declare it."""
        return self.enrolled - self.declared


@dataclass(frozen=True, slots=True)
class Home:
    """What waits for the fund's officers now."""

    registrations: Waiting
    reports: Waiting
    refused: Waiting
    #: Payments of the gateway that wait for an officer; and call-backs refused in the last two days.
    gateway: Waiting
    calls_refused: int
    #: Messages of the gateway about a known payment that say something else.
    odd: int
    months: tuple[SchemeMonth, ...]


def home(session: Session, today: date, *, at: datetime) -> Home:
    """Everything that waits, in as many queries as there are kinds and schemes.  *at* is the real time."""
    registrations = (Registration.submitted_at, Registration.state == RegistrationState.SUBMITTED.value)
    refused = (outbox.Message.created_at, outbox.Message.state == "refused", outbox.Message.topic == "core")
    return Home(
        registrations=_waiting(session, *registrations),
        reports=_waiting(session, Case.opened_at, Case.kind == REPORT.code, Case.state == CaseState.OPEN.value),
        refused=_waiting(session, *refused),
        gateway=_waiting(session, GatewayPayment.told_at, GatewayPayment.state.in_(("waiting", "stuck"))),
        calls_refused=lately(session, at) if fund().gateway else 0,
        odd=session.scalar(select(func.count()).where(GatewayOddity.closed_at.is_(None))) or 0,
        months=tuple(_scheme_month(session, rules, today) for rules in packs().values()),
    )


def _waiting(session: Session, since: Any, *conditions: ColumnElement[bool]) -> Waiting:
    count, oldest = session.execute(select(func.count(), func.min(since)).where(*conditions)).one()
    return Waiting(count, oldest)


def _scheme_month(session: Session, rules: Pack, today: date) -> SchemeMonth:
    month = month_fallen_due(rules, today)
    declared = func.count().filter(declares(rules.id, month, Enrolment.employer_id))
    enrolled, done = session.execute(
        select(func.count(), declared)
        .select_from(Enrolment)
        .join(Employer, Employer.id == Enrolment.employer_id)
        .where(Employer.state == "active", *enrolled_in(rules, month))
    ).one()
    return SchemeMonth(rules.id, month, latest_due_day(rules, month) or month.last_day(rules.calendar), enrolled, done)
