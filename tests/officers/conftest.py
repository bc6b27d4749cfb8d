"""A small fund in November 2026: one employer that pays, one that owes two months, one that says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from portal import clock, db
from portal.auth.models import Account, FundRoleName
from portal.contributions.drafts import start_from_roster
from portal.contributions.service import submit_payroll
from portal.employers.models import Employer
from portal.ledger import arrears
from portal.payments.service import record_payment
from portal.scheme.calendars import Month
from tests.factories import hire, make_employer, make_officer, sign_in

TODAY = date(2026, 11, 21)
#: Due on 10 October and 10 November.
AUGUST, SEPTEMBER = Month(2026, 8), Month(2026, 9)
SINCE = date(2026, 8, 1)


def at(day: date) -> datetime:
    """Nine o'clock of a day."""
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def set_today(day: date) -> None:
    """Move the clock to a day, for views and services."""
    offset = timedelta(days=(day - clock.real_now().date()).days)
    clock.shift(offset)
    with db.writing() as session:
        db.store_offset(session, offset)  # practice pages ask the database


def declare(employer: Employer, month: Month, on: date) -> None:
    """Declare a month from the roster, to every scheme."""
    with db.writing() as session:
        draft = start_from_roster(session, employer.id, month, at=at(on), by=None)
        submit_payroll(session, employer.id, draft.public_id, version=draft.version, by=None, at=at(on))


def pay(employer: Employer, scheme: str, amount: int, on: date) -> None:
    """Pay into one scheme."""
    with db.writing() as session:
        record_payment(
            session, employer.id, scheme=scheme, amount=amount, paid_on=on, method="bank", bank_reference="TT-1",
            by=None, at=at(on),
        )  # fmt: skip


def accrue(on: date, *employers: Employer) -> None:
    """The night job of a day."""
    for employer in employers:
        with db.writing() as session:
            arrears.accrue(session, employer.id, on=on, at=at(on))


class Fund:
    """The officer's view: who signs in, and the employers."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        with db.writing() as session:
            self.supervisor = make_officer(session, name="Mutinta Phiri")
            self.model = self.employer(session, "Model Farms")
            self.late = self.employer(session, "Kafue Mining", number="T900001")
            self.silent = self.employer(session, "Silent Traders")
        sign_in(client, self.supervisor)

    @staticmethod
    def employer(session: Any, name: str, people: int = 1, **changes: Any) -> Employer:
        """An employer enrolled since August, with people at 5,000.00 basic and 6,000.00 gross."""
        made = make_employer(session, schemes=(), legal_name=name, first_employment_day=SINCE, **changes)
        enrol(session, made)
        for _person in range(people):
            hire(session, made, from_day=SINCE)
        return made

    def sign_in(self, role: FundRoleName) -> Account:
        """Somebody else of the fund comes."""
        with db.writing() as session:
            account = make_officer(session, role)
        sign_in(self.client, account)
        return account

    def get(self, path: str, status: int = 200) -> str:
        """A page as text."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text


def enrol(session: Any, employer: Employer) -> None:
    """In both schemes since August 2026."""
    from portal.employers.models import Enrolment

    for scheme in ("zm-nhima", "zm-napsa"):
        session.add(Enrolment(employer_id=employer.id, scheme=scheme, from_day=SINCE, to_day=None))
    session.flush()


@pytest.fixture
def fund_of_three(client: FlaskClient, once: Callable[[str, Callable[[], Fund]], Fund]) -> Fund:
    """
    Model Farms declared and paid; Kafue Mining declared both months and paid nothing but a part of August.

    One person at 6,000.00 gross owes NAPSA 600.00 and (5,000.00 basic) NHIMA 100.00 a month.
    """
    made = copy(once("fund of three", lambda: _of_three(client)))
    made.client = client
    sign_in(client, made.supervisor)
    set_today(TODAY)
    return made


def _of_three(client: FlaskClient) -> Fund:
    made = Fund(client)
    for month, on in ((AUGUST, date(2026, 9, 5)), (SEPTEMBER, date(2026, 10, 5))):
        for employer in (made.model, made.late):
            declare(employer, month, on)
        pay(made.model, "zm-napsa", 600_00, on)
        pay(made.model, "zm-nhima", 100_00, on)
    pay(made.late, "zm-napsa", 200_00, date(2026, 9, 8))
    accrue(TODAY, made.model, made.late, made.silent)
    return made


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    yield sent
    event.remove(db.engine(), "before_cursor_execute", note)
