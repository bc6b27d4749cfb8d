"""
A small fund whose September 2026 was worked out by hand.

Everybody earns 5,000.00 basic (NHIMA 100.00 a month) and 6,000.00 gross (NAPSA 600.00); September is due on 10 October.

* Lusaka Farms (ZM-09-01, A), Rose and Moses: declared June to September and paid NHIMA each time.  September was
  declared and NHIMA paid on the due day; NAPSA on 25 October.
* Kitwe Mines (ZM-08-02, B), Rose again and old Isaac: declared on 10 October at 22:30 UTC, the 11th in Lusaka.  A
  payment of 150.00 to NHIMA was taken back, another of 100.00 stands.  A revision raised Isaac's basic pay to 6,000.00.
* Ndola Traders (ZM-08-01, G), Ruth: declared August, not September.
* Kitwe Builders (ZM-08-02, B): enrolled in September, never declared anything.
* Lusaka Holding (ZM-09, A): a nil declaration on 3 October.
* Chingola Shop (ZM-08-04, G): enrolled since October only.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal import clock, db
from portal.contributions import drafts
from portal.contributions import service as contributions
from portal.contributions.changes import Change, change_lines
from portal.coverage.models import CoverageMonth
from portal.employers.models import Employer, Enrolment
from portal.ledger import arrears
from portal.payments import service as payments
from portal.people.models import Person
from portal.scheme.calendars import Month
from tests.conftest import Cluster
from tests.factories import hire, make_employer, make_officer, make_person, sign_in

NHIMA, NAPSA = "zm-nhima", "zm-napsa"
JUNE, JULY, AUGUST, SEPTEMBER, OCTOBER = (Month(2026, number) for number in range(6, 11))
TODAY = date(2026, 11, 21)


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of a day, in UTC."""
    return datetime.combine(day, time(hour, minute), UTC)


def enrolled(session: Session, name: str, location: str, activity: str, since: date) -> Employer:
    """An employer in both schemes from a day on."""
    made = make_employer(
        session, schemes=(), legal_name=name, location=location, activity=activity, first_employment_day=since
    )  # fmt: skip
    for scheme in (NHIMA, NAPSA):
        session.add(Enrolment(employer_id=made.id, scheme=scheme, from_day=since, to_day=None))
    session.flush()
    return made


def person(session: Session, name: str, sex: str, birth: date) -> Person:
    """Somebody of a known age."""
    return make_person(session, first_name=name, sex=sex, birth_date=birth)


def declare(employer: Employer, month: Month, moment: datetime) -> None:
    """Declare a month from the roster, to both schemes."""
    with db.writing() as session:
        draft = drafts.start_from_roster(session, employer.id, month, at=moment, by=None)
        contributions.submit_payroll(session, employer.id, draft.public_id, version=draft.version, by=None, at=moment)


def pay(employer: Employer, scheme: str, amount: int, on: date) -> payments.Receipt:
    """Pay into one scheme, recorded on the day itself."""
    with db.writing() as session:
        return payments.record_payment(
            session, employer.id, scheme=scheme, amount=amount, paid_on=on, method="bank", bank_reference="TT", by=None,
            at=at(on, 10),
        )  # fmt: skip


def revise(employer: Employer, month: Month, row: int, components: dict[str, int], moment: datetime) -> None:
    """Declare a month again with other pay on one line."""
    with db.writing() as session:
        draft = drafts.revise_payroll(session, employer.id, month, at=moment, by=None)
    with db.writing() as session:
        draft = change_lines(
            session, employer.id, draft.public_id, version=draft.version, changes={row: Change(components)},
            at=moment, by=None,
        )  # fmt: skip
        contributions.submit_payroll(session, employer.id, draft.public_id, version=draft.version, by=None, at=moment)


def set_today(day: date) -> None:
    """Move the clock to a day, for views and services."""
    offset = timedelta(days=(day - clock.real_now().date()).days)
    clock.shift(offset)
    with db.writing() as session:
        db.store_offset(session, offset)


class SmallFund:
    """The story above, lived through the services, in the order of its days."""

    client: FlaskClient

    def __init__(self) -> None:
        with db.writing() as session:
            self._stage(session)
        self._until_september()
        self._september()
        self._afterwards()

    def _stage(self, session: Session) -> None:
        self.officer = make_officer(session)
        self.farms = enrolled(session, "Lusaka Farms", "ZM-09-01", "A", date(2026, 6, 1))
        self.mines = enrolled(session, "Kitwe Mines", "ZM-08-02", "B", date(2026, 9, 1))
        self.traders = enrolled(session, "Ndola Traders", "ZM-08-01", "G", date(2026, 8, 1))
        self.builders = enrolled(session, "Kitwe Builders", "ZM-08-02", "B", date(2026, 9, 1))
        self.holding = enrolled(session, "Lusaka Holding", "ZM-09", "A", date(2026, 9, 1))
        self.shop = enrolled(session, "Chingola Shop", "ZM-08-04", "G", date(2026, 10, 1))
        # Rose is 25 on the last day of September, Moses is 25 on the next day, Isaac 65 on the same day as Rose.
        rose = person(session, "Rose", "F", date(2001, 9, 30))
        moses = person(session, "Moses", "M", date(2001, 10, 1))
        isaac = person(session, "Isaac", "M", date(1961, 9, 30))
        ruth = person(session, "Ruth", "F", date(1980, 1, 1))
        hire(session, self.farms, rose, from_day=date(2026, 6, 1))
        hire(session, self.farms, moses, from_day=date(2026, 6, 1))
        hire(session, self.mines, rose, from_day=date(2026, 9, 1))
        hire(session, self.mines, isaac, from_day=date(2026, 9, 1))
        hire(session, self.traders, ruth, from_day=date(2026, 8, 1))

    def _until_september(self) -> None:
        for month in (JUNE, JULY, AUGUST):
            on = month.next().first_day() + timedelta(days=4)
            declare(self.farms, month, at(on))
            pay(self.farms, NHIMA, 200_00, on)
            pay(self.farms, NAPSA, 1_200_00, on)
        declare(self.traders, AUGUST, at(date(2026, 9, 5)))

    def _september(self) -> None:
        with db.writing() as session:
            contributions.submit_nil(session, self.holding.id, SEPTEMBER, by=None, at=at(date(2026, 10, 3)))
        declare(self.farms, SEPTEMBER, at(date(2026, 10, 10)))
        pay(self.farms, NHIMA, 200_00, date(2026, 10, 10))
        declare(self.mines, SEPTEMBER, at(date(2026, 10, 10), 22, 30))
        wrong = pay(self.mines, NHIMA, 150_00, date(2026, 10, 12))
        self.take_back(wrong, date(2026, 10, 14))
        pay(self.mines, NHIMA, 100_00, date(2026, 10, 15))
        revise(self.mines, SEPTEMBER, 1, {"basic": 6_000_00, "gross": 6_000_00}, at(date(2026, 10, 20)))
        pay(self.farms, NAPSA, 1_200_00, date(2026, 10, 25))

    def take_back(self, receipt: payments.Receipt, on: date) -> None:
        """Take a payment of Kitwe Mines back."""
        with db.writing() as session:
            payments.reverse_payment(
                session, self.mines.id, receipt.public_id, reason="The cheque bounced", by=None, at=at(on)
            )  # fmt: skip

    def _afterwards(self) -> None:
        for employer in (self.farms, self.mines, self.traders, self.holding):
            with db.writing() as session:
                arrears.accrue(session, employer.id, on=TODAY, at=at(TODAY))
        with db.writing() as session:  # the core was seen to hold Rose's cover of October two days after it opened
            hers = (CoverageMonth.employer_id == self.farms.id, CoverageMonth.month == OCTOBER)
            first = min(row.id for row in session.query(CoverageMonth).filter(*hers))
            known = {"core_state": "known", "core_known_at": at(date(2026, 10, 12))}
            session.execute(update(CoverageMonth).where(CoverageMonth.id == first).values(known))

    def get(self, path: str, status: int = 200) -> str:
        """A page as text."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text


@pytest.fixture(scope="session")
def lived(app: Flask, cluster: Cluster, template: str) -> Iterator[tuple[str, SmallFund]]:
    """The story lived once: the name of its database, which tests copy, and who is in it."""
    name = cluster.create(template)
    db.bind(cluster.app.format(name=name), pool=2)
    made = SmallFund()
    db.engine().dispose()
    yield name, made
    cluster.drop(name)


@pytest.fixture
def small(app: Flask, cluster: Cluster, lived: tuple[str, SmallFund]) -> Iterator[SmallFund]:
    """The small fund, on 21 November 2026, with a supervisor signed in."""
    name, made = cluster.create(lived[0]), lived[1]
    db.bind(cluster.app.format(name=name), pool=2)
    made.client = app.test_client()
    sign_in(made.client, made.officer)
    set_today(TODAY)
    yield made
    db.engine().dispose()
    cluster.drop(name)
