"""A stage for stories of employees: an employer that declares and pays, on a clock that is moved from day to day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from portal import clock, db
from portal.contributions.drafts import start_from_roster
from portal.contributions.service import submit_payroll
from portal.employers.models import Employer
from portal.payments.service import record_payment
from portal.people.models import Person
from portal.scheme.calendars import Month
from tests.factories import hire, make_employer, make_person

TODAY = date(2026, 11, 21)
JULY, AUGUST, SEPTEMBER, OCTOBER, NOVEMBER = (Month(2026, n) for n in range(7, 12))
#: Both shares of 5,000.00 and 6,000.00: 1 % + 1 %, and 5 % + 5 %.
NHIMA, NAPSA = 100_00, 600_00


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


@pytest.fixture
def today(database: str, _fund: None) -> date:
    """It is 21 November 2026, whatever day it is."""
    clock.shift(timedelta(days=(TODAY - clock.real_now().date()).days))
    with db.writing() as session:
        db.store_offset(session, clock.offset())
    return TODAY


class Workplace:
    """One employer with one employee, Chanda Mulenga."""

    def __init__(self, from_day: date = date(2026, 7, 1), name: str = "Kafue Mining Limited") -> None:
        with db.writing() as session:
            self.employer: Employer = make_employer(session, legal_name=name)
            self.person: Person = make_person(
                session, surname="Mulenga", first_name="Chanda", email="chanda@example.org"
            )
            hire(session, self.employer, self.person, from_day=from_day)

    def declare(self, *months: Month) -> None:
        for month in months:
            when = at(month.next().first_day())
            with db.writing() as session:
                draft = start_from_roster(session, self.employer.id, month, at=when, by=None)
                submit_payroll(session, self.employer.id, draft.public_id, version=draft.version, by=None, at=when)

    def pay(self, *months: Month, amount: int = NHIMA, scheme: str = "zm-nhima") -> None:
        for month in months:
            day = month.next().first_day() + timedelta(days=4)
            with db.writing() as session:
                record_payment(
                    session, self.employer.id, scheme=scheme, amount=amount, paid_on=day, method="bank",
                    bank_reference="TT-1", by=None, at=at(day),
                )  # fmt: skip


@pytest.fixture
def workplace(today: date) -> Workplace:
    return Workplace()


def text_of(html: str) -> str:
    """What a page says, as one line."""
    inside = html[html.index("<main") : html.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", inside)).replace("\u00a0", " ").replace("&#39;", "'")


def page(client: FlaskClient, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    return text_of(response.get_data(as_text=True))
