"""Which months a payment opens for whom, and what the outbox then holds for the core."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime

from sqlalchemy import event, select

from portal import audit, db
from portal.coverage import service
from portal.coverage.models import CoverageMonth, PaidMonth
from portal.coverage.service import DeclaredPerson
from portal.outbox import Message
from portal.scheme.calendars import Month
from tests.coverage.conftest import AUGUST, JULY, NHIMA, NOVEMBER, OCTOBER, SEPTEMBER, Stage
from tests.factories import make_employer, make_person

FOUR = (JULY, AUGUST, SEPTEMBER, OCTOBER)
DECEMBER = Month(2026, 12)


def messages() -> list[dict[str, object]]:
    with db.reading() as session:
        return [each.payload for each in session.scalars(select(Message).order_by(Message.id))]


def events(label: str) -> list[dict[str, object]]:
    with db.reading() as session:
        found = session.scalars(select(audit.AuditEvent).where(audit.AuditEvent.event == label))
        return [each.fields for each in found]


def test_the_fourth_paid_month_opens_the_next_one_for_everybody(stage: Stage) -> None:
    stage.add_people(3)
    assert stage.pay(JULY, AUGUST, SEPTEMBER) == 0
    assert stage.pay(OCTOBER) == 3
    assert {(row.month, row.paid_month, row.contribution) for row in stage.rows()} == {(NOVEMBER, OCTOBER, 160_00)}
    assert messages() == [{"employer": stage.employer.id, "scheme": NHIMA, "month": "2026-11"}]
    assert events("coverage.opened") == [{"scheme": NHIMA, "month": "2026-11", "people": 3}]


def test_a_month_settled_twice_changes_nothing_the_second_time(stage: Stage) -> None:
    stage.add_people(2)
    assert stage.pay(*FOUR) == 2
    assert stage.pay(*FOUR) == 0
    assert len(stage.rows()) == 2
    assert len(messages()) == 1


def test_a_gap_filled_late_opens_every_month_that_waited_for_it(stage: Stage) -> None:
    stage.add_people(1)
    stage.pay(JULY, SEPTEMBER, OCTOBER, NOVEMBER)
    assert stage.rows() == []
    assert stage.pay(AUGUST) == 2
    assert [row.month for row in stage.rows()] == [NOVEMBER, DECEMBER]
    assert [each["month"] for each in messages()] == ["2026-11", "2026-12"]


def test_months_paid_by_two_employers_count_together(stage: Stage) -> None:
    (person,) = stage.add_people(1)
    with db.writing() as session:
        second = make_employer(session)
    stage.pay(JULY, AUGUST)
    assert stage.pay(SEPTEMBER, OCTOBER, employer=second) == 1
    (row,) = stage.rows()
    assert (row.employer_id, row.month, row.person_id) == (second.id, NOVEMBER, person.id)


def test_a_second_employer_who_pays_for_the_same_months_does_not_double_the_cover(stage: Stage) -> None:
    with db.writing() as session:
        later = make_employer(session)
    stage.add_people(1)
    assert stage.pay(*FOUR, employer=later) == 1
    assert stage.pay(*FOUR) == 0  # the employer with the smaller number comes second
    assert len(stage.rows()) == 1
    assert stage.take_back(*FOUR, employer=later) == 0
    assert [row.state for row in stage.rows()] == ["open"]
    assert stage.take_back(OCTOBER) == 1
    assert [row.state for row in stage.rows()] == ["closed"]


def test_two_employers_paying_at_the_same_moment_open_what_both_have_paid_for(stage: Stage) -> None:
    (person,) = stage.add_people(1)
    with db.writing() as session:
        second = make_employer(session)
    entered, go_on = threading.Event(), threading.Event()

    def first_pays() -> None:
        with db.writing() as session:
            declared = [DeclaredPerson(person.id, person.insurance_number, 1)]
            settled = dict.fromkeys((JULY, AUGUST), declared)
            service.open_months(session, stage.employer.id, NHIMA, settled, at=datetime(2026, 11, 1, tzinfo=UTC))
            entered.set()
            go_on.wait(5)

    one = threading.Thread(target=first_pays)
    one.start()
    entered.wait(5)
    other = threading.Thread(target=stage.pay, args=(SEPTEMBER, OCTOBER), kwargs={"employer": second})
    other.start()
    other.join(0.2)
    assert other.is_alive()  # waits until the first one's months can be seen
    go_on.set()
    one.join(5)
    other.join(5)
    assert [row.month for row in stage.rows()] == [NOVEMBER]


def test_a_payment_taken_back_closes_what_rested_on_it_and_tells_the_core(stage: Stage) -> None:
    stage.add_people(2)
    stage.pay(*FOUR, NOVEMBER)
    assert stage.take_back(AUGUST) == 4
    assert {(row.month, row.state, row.core_state) for row in stage.rows()} == {
        (NOVEMBER, "closed", "waiting"),
        (DECEMBER, "closed", "waiting"),
    }
    assert len(messages()) == 4  # one to open and one to close, for each of two months
    assert stage.take_back(AUGUST) == 0
    assert [each["reason"] for each in events("coverage.closed")] == ["cheque returned"] * 2


def test_paying_again_after_that_opens_the_same_cover_again(stage: Stage) -> None:
    stage.add_people(1)
    stage.pay(*FOUR)
    for _ in range(3):
        stage.take_back(OCTOBER)
        assert stage.pay(OCTOBER) == 1
    (row,) = stage.rows()
    assert (row.state, row.closed_at, row.core_state) == ("open", None, "waiting")
    assert len(row.core_receipt) <= service.LONGEST_RECEIPT


def test_who_is_no_longer_named_in_a_settled_month_loses_what_it_opened(stage: Stage) -> None:
    stays, goes = stage.add_people(2)
    stage.pay(*FOUR)
    assert stage.pay(OCTOBER, people=[stays]) == 0
    assert {row.person_id: row.state for row in stage.rows()} == {stays.id: "open", goes.id: "closed"}
    with db.reading() as session:
        assert service.paid_months_of(session, goes.id, NHIMA) == {JULY, AUGUST, SEPTEMBER}


def test_a_scheme_that_opens_no_cover_leaves_nothing_behind(stage: Stage) -> None:
    (person,) = stage.add_people(1)
    with db.writing() as session:
        declared = {OCTOBER: [DeclaredPerson(person.id, person.insurance_number, 1)]}
        assert service.open_months(session, stage.employer.id, "zm-napsa", declared, at=datetime.now(UTC)) == 0
        assert session.scalars(select(PaidMonth)).all() == []


def test_cover_reaches_from_the_first_to_the_last_month_without_a_gap(stage: Stage) -> None:
    (person,) = stage.add_people(1)
    stage.pay(*FOUR, NOVEMBER)
    stage.pay(*(Month(2025, n) for n in range(1, 5)))

    def on(day: date) -> service.CoverNow:
        with db.reading() as session:
            return service.coverage_of(session, person.id, NHIMA, day)

    assert on(date(2026, 11, 30)) == service.CoverNow(True, date(2026, 12, 31), date(2026, 11, 1))
    assert on(date(2025, 5, 1)) == service.CoverNow(True, date(2025, 5, 31), date(2025, 5, 1))
    assert on(date(2026, 10, 31)) == service.CoverNow(False, date(2025, 5, 31), None)
    assert on(date(2025, 4, 30)) == service.CoverNow(False, None, None)


def test_the_number_of_statements_does_not_grow_with_the_people(stage: Stage) -> None:
    def statements(count: int) -> int:
        with db.writing() as session:
            people = [make_person(session) for _ in range(count)]
        seen: list[str] = []
        event.listen(db.engine(), "before_cursor_execute", lambda *given: seen.append(given[2]))
        opened = stage.pay(*FOUR, people=people, employer=stage.employer if count < 10 else None)
        assert opened == count
        return len(seen)

    few = statements(5)
    with db.writing() as session:
        stage.employer = make_employer(session)
    many = statements(400)
    assert many <= 2 * few  # the first listener hears the second payment, too
    with db.reading() as session:
        assert len({row.core_receipt for row in session.scalars(select(CoverageMonth))}) == 405


def test_a_receipt_that_would_be_too_long_is_shortened_and_stays_its_own() -> None:
    long = "a-scheme-with-quite-a-long-name-in-its-pack"
    made = {service._receipt(f"{n:014}", long, OCTOBER, "EMPLOYER-000001") for n in range(100)}
    assert len(made) == 100
    assert all(len(receipt) <= service.LONGEST_RECEIPT for receipt in made)
