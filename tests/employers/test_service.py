"""Employers on file: found by number, enrolled in schemes from day to day, and who acts for them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from portal import db
from portal.audit import AuditEvent
from portal.employers import service
from portal.errors import NotFound, Refused
from portal.scheme.calendars import Month
from tests.factories import make_employer

AT = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 3)


@pytest.fixture(autouse=True)
def _stage(_fund: None, database: str) -> None:
    """Every story plays at the practice fund, on a fresh database."""


def test_enrolling_twice_makes_one_enrolment() -> None:
    with db.writing() as session:
        employer = make_employer(session, schemes=())
        first = service.enrol(session, employer.id, "zm-nhima", date(2026, 9, 1), at=AT)
        assert service.enrol(session, employer.id, "zm-nhima", date(2026, 10, 1), at=AT) is first
        recorded = session.scalars(select(AuditEvent).where(AuditEvent.event == "employer.enrolled")).all()
        assert [event.fields for event in recorded] == [{"scheme": "zm-nhima", "from_day": "2026-09-01"}]


def test_nobody_is_enrolled_before_the_schemes_own_first_day() -> None:
    with db.writing() as session:
        employer = make_employer(session, schemes=())
        enrolment = service.enrol(session, employer.id, "zm-nhima", date(1964, 10, 24), at=AT)
        assert enrolment.from_day == service.first_day_of("zm-nhima")
        assert enrolment.from_day.year >= 2018


def test_an_enrolment_before_a_later_one_is_refused_with_the_day() -> None:
    with db.writing() as session:
        employer = make_employer(session, schemes=())
        service.enrol(session, employer.id, "zm-napsa", date(2026, 9, 1), at=AT)
        with pytest.raises(Refused, match="enrolled in NAPSA from 1 September 2026"):
            service.enrol(session, employer.id, "zm-napsa", date(2026, 1, 1), at=AT)


def test_a_scheme_that_the_fund_does_not_run_is_not_found() -> None:
    with db.writing() as session:
        employer = make_employer(session, schemes=())
        with pytest.raises(NotFound):
            service.enrol(session, employer.id, "zm-lotto", date(2026, 9, 1), at=AT)


@pytest.mark.parametrize(
    ("month", "schemes"),
    [
        (Month(2026, 2), []),
        (Month(2026, 3), ["zm-napsa"]),  # from the last day of March on
        (Month(2026, 5), ["zm-nhima", "zm-napsa"]),  # NHIMA from 31 May, NAPSA until 1 May
        (Month(2026, 6), ["zm-nhima"]),
    ],
)
def test_one_day_in_a_month_makes_the_whole_month_count(month: Month, schemes: list[str]) -> None:
    with db.writing() as session:
        employer = make_employer(session, schemes=())
        service.enrol(session, employer.id, "zm-napsa", date(2026, 3, 31), at=AT).to_day = date(2026, 5, 1)
        service.enrol(session, employer.id, "zm-nhima", date(2026, 5, 31), at=AT)
        session.flush()
        assert [one.scheme for one in service.enrolments_in(session, employer.id, month)] == schemes


def test_an_employer_is_found_by_its_number_and_a_wrong_one_is_not() -> None:
    with db.writing() as session:
        employer = make_employer(session, number="ZE1000017")
        assert service.employer_by_number(session, "ZE1000017") is employer
        with pytest.raises(NotFound):
            service.employer_by_number(session, "ZE1000018")
