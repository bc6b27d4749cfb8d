"""A stage for stories about cover: employers, people, months paid for them, and a practice core to tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from portal import db
from portal.coverage import service
from portal.coverage.core_client import Core
from portal.coverage.models import CoverageMonth
from portal.coverage.service import DeclaredPerson
from portal.demo.practice_core import PracticeCore
from portal.employers.models import Employer
from portal.people.models import Person
from portal.scheme.calendars import Month
from tests.factories import make_employer, make_person

NHIMA = "zm-nhima"
AT = datetime(2026, 11, 12, 9, 0, tzinfo=UTC)
JULY, AUGUST, SEPTEMBER, OCTOBER, NOVEMBER = (Month(2026, n) for n in range(7, 12))


class Stage:
    """One database with one employer and its people; `pay` settles months for them."""

    def __init__(self) -> None:
        with db.writing() as session:
            self.employer = make_employer(session, legal_name="Kafue Mining Limited")
        self.people: list[Person] = []

    def add_people(self, count: int) -> list[Person]:
        with db.writing() as session:
            added = [make_person(session) for _ in range(count)]
        self.people += added
        return added

    def pay(
        self,
        *months: Month,
        people: Sequence[Person] | None = None,
        employer: Employer | None = None,
        at: datetime = AT,
    ) -> int:
        """Settle these months for these people (all of them); how many person-months opened."""
        declared = [DeclaredPerson(p.id, p.insurance_number, 160_00) for p in people or self.people]
        with db.writing() as session:
            settled = dict.fromkeys(months, declared)
            return service.open_months(session, (employer or self.employer).id, NHIMA, settled, at=at)

    def take_back(self, *months: Month, employer: Employer | None = None) -> int:
        with db.writing() as session:
            whose = (employer or self.employer).id
            return service.close_months(session, whose, NHIMA, months, at=AT, reason="cheque returned")

    def rows(self, state: str | None = None) -> list[CoverageMonth]:
        with db.reading() as session:
            found = session.scalars(select(CoverageMonth).order_by(CoverageMonth.month, CoverageMonth.person_id)).all()
        return [row for row in found if state in (None, row.state)]

    def core_states(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.rows():
            found[row.core_state] = found.get(row.core_state, 0) + 1
        return found


@pytest.fixture
def stage(database: str, _fund: None) -> Stage:
    return Stage()


@pytest.fixture
def practice() -> Iterator[PracticeCore]:
    with PracticeCore() as core:
        yield core


def client_of(practice: PracticeCore, **changes: Any) -> Core:
    told = {"timeout": 5, "patience": 0.1, **changes}
    return Core(practice.url, "portal", told.pop("password", "practice"), **told)


@pytest.fixture
def core(practice: PracticeCore) -> Core:
    return client_of(practice)
