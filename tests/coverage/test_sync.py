"""Telling the core, against the practice core over real HTTP: nothing lost and nothing doubled, however it fails."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text, update

from portal import audit, clock, db, outbox
from portal.coverage import setting_aside, sync, telling
from portal.coverage.core_client import Core
from portal.coverage.models import CoverageMonth
from portal.coverage.setting_aside import Subject
from portal.demo.practice_core import PracticeCore
from portal.demo.practice_core_failures import MODES
from portal.employers.models import Employer
from portal.outbox import Message
from portal.people.models import Person
from portal.scheme.calendars import Month
from tests.coverage.conftest import AT, AUGUST, JULY, NHIMA, NOVEMBER, OCTOBER, SEPTEMBER, Stage, client_of
from tests.factories import make_employer

FOUR = (JULY, AUGUST, SEPTEMBER, OCTOBER)
ACTIVE, SUSPENDED = 2, 4


def hurry() -> None:
    """As if the waiting between two tries were over, and every lease had run out."""
    with db.writing() as session:
        session.execute(update(Message).values(next_try_at=text("now() - interval '1 hour'")))
        session.execute(
            update(Message).where(Message.state == "leased").values(lease_until=text("now() - interval '1 hour'"))
        )


def send_all(core: Core, rounds: int = 12) -> None:
    for _ in range(rounds):
        hurry()
        for _message in range(60):
            if not sync.send_one(core):
                break


def active(practice: PracticeCore) -> list[str]:
    """Who is covered according to the core, once for each policy that holds."""
    return sorted(p["chf_id"] for p in practice.tell("state")["policies"] if p["status"] == ACTIVE)


def all_policies(practice: PracticeCore) -> int:
    return int(practice.tell("state")["counts"]["policies"])


def numbers(people: list[Person]) -> list[str]:
    return sorted(person.insurance_number for person in people)


def message_states() -> list[str]:
    with db.reading() as session:
        return [each.state for each in session.scalars(select(Message).order_by(Message.id))]


def test_a_paid_month_becomes_known_to_the_core(stage: Stage, core: Core, practice: PracticeCore) -> None:
    people = stage.add_people(3)
    stage.pay(*FOUR)
    assert sync.send_one(core)
    assert not sync.send_one(core)
    assert active(practice) == numbers(people)
    state = practice.tell("state")
    assert [each["code"] for each in state["employers"]] == [stage.employer.number]
    policy = state["policies"][0]
    assert (policy["product"], policy["start_date"], policy["expiry_date"], policy["value"]) == (
        "NHIMA01",
        "2026-11-01",
        "2026-11-30",
        "160.00",
    )
    assert stage.core_states() == {"known": 3}
    assert all(row.core_policy and row.core_known_at and not row.core_problem for row in stage.rows())
    assert message_states() == ["done"]


def test_no_request_more_than_needed_is_made_the_first_time(stage: Stage, core: Core, practice: PracticeCore) -> None:
    stage.add_people(2)
    stage.pay(*FOUR)
    asked: list[str] = []
    exchange = core.line.ask

    def counted(method: str, path: str, body: object = None, *, writes: bool) -> tuple[int, object]:
        asked.append(str(body))
        return exchange(method, path, body, writes=writes)  # type: ignore[arg-type]

    core.line.ask = counted  # type: ignore[method-assign]
    sync.send_one(core)
    assert not any("premiums" in body for body in asked)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("after", [0, 3])
def test_however_the_core_fails_nobody_is_lost_and_nobody_doubled(stage: Stage, mode: str, after: int) -> None:
    people = stage.add_people(4)
    stage.pay(*FOUR)
    with PracticeCore() as practice:
        core = client_of(practice, timeout=0.3)
        practice.tell("failures", mode=mode, times=3, after=after, seconds=0.5)
        send_all(core, 4)
        practice.tell("catch-up")
        practice.tell("failures", mode="none")
        if mode == "refuse_receipt":  # an answer that lasts: an officer looks and sends again
            with db.writing() as session:
                setting_aside.send_again(session, Subject(stage.employer.id, NHIMA, NOVEMBER), by=None, at=AT)
        send_all(core, 3)
        assert active(practice) == numbers(people)
        assert all_policies(practice) == 4
    assert stage.core_states() == {"known": 4}
    assert set(message_states()) == {"done"}


def test_a_core_that_is_down_is_asked_again_later_and_later(stage: Stage, core: Core, practice: PracticeCore) -> None:
    stage.add_people(1)
    stage.pay(*FOUR)
    practice.tell("failures", mode="down")
    waits = []
    for _ in range(3):
        hurry()
        assert sync.send_one(core)
        with db.reading() as session:
            (message,) = session.scalars(select(Message)).all()
        waits.append(message.next_try_at - clock.real_now())
    assert (message.state, message.attempts) == ("queued", 3)
    assert message.last_problem == "The core answered with error 503."
    assert waits[0] < waits[1] < waits[2]
    assert not sync.send_one(core)
    assert stage.core_states() == {"waiting": 1}


def test_a_sender_killed_before_sending_costs_nothing(stage: Stage, core: Core, practice: PracticeCore) -> None:
    people = stage.add_people(2)
    stage.pay(*FOUR)
    with db.writing() as session:
        assert outbox.claim(session, "core", at=clock.real_now()) is not None
    assert not sync.send_one(core)  # leased: nobody else may send it
    hurry()
    assert sync.send_one(core)
    assert active(practice) == numbers(people)
    assert all_policies(practice) == 2


def test_a_sender_killed_after_sending_has_its_work_found(
    stage: Stage, core: Core, practice: PracticeCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = stage.add_people(3)
    stage.pay(*FOUR)
    with monkeypatch.context() as killed:
        killed.setattr(telling, "_read_back", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            sync.send_one(core)
    assert all_policies(practice) == 3
    assert stage.core_states() == {"waiting": 3}
    send_all(core, 2)
    assert active(practice) == numbers(people)
    assert all_policies(practice) == 3
    assert stage.core_states() == {"known": 3}


def test_a_sender_that_was_too_slow_sends_nothing_once_another_has_taken_over(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    people = stage.add_people(2)
    stage.pay(*FOUR)
    ensure = core.ensure_people

    def slowly(asked: list[object]) -> object:
        core.ensure_people = ensure  # type: ignore[method-assign]
        done = ensure(asked)  # type: ignore[arg-type]
        hurry()
        assert sync.send_one(client_of(practice))  # the other sender finds the lease run out, and does the work
        return done

    core.ensure_people = slowly  # type: ignore[method-assign,assignment]
    assert sync.send_one(core)
    assert active(practice) == numbers(people)
    assert all_policies(practice) == 2
    assert message_states() == ["done"]


def test_a_refused_person_does_not_hold_up_the_others(stage: Stage, core: Core, practice: PracticeCore) -> None:
    people = stage.add_people(3)
    other = Core(practice.url, "portal", "practice")
    stage.pay(*FOUR)
    stranger = sync._person_month(stage.rows()[0], people[0]).person
    other.ensure_person(type(stranger)(stranger.insurance_number, "1", "Zulu", "Other", date(1980, 1, 1), "M"))
    sync.send_one(core)
    assert stage.core_states() == {"refused": 1, "known": 2}
    (refused,) = [row for row in stage.rows() if row.core_state == "refused"]
    assert refused.person_id == people[0].id
    assert "another birth date" in refused.core_problem
    assert message_states() == ["refused"]
    with db.reading() as session:
        events = session.scalars(select(audit.AuditEvent).where(audit.AuditEvent.event == "core.refused")).all()
    assert [each.fields["problem"] for each in events] == ["1 refused"]


def test_once_the_reason_is_mended_an_officer_sends_again(stage: Stage, core: Core, practice: PracticeCore) -> None:
    people = stage.add_people(2)
    stage.pay(*FOUR)
    practice.tell("failures", mode="refuse_receipt", times=2)
    sync.send_one(core)
    assert stage.core_states() == {"refused": 2}
    subject = Subject(stage.employer.id, NHIMA, NOVEMBER)
    with db.writing() as session:
        assert setting_aside.send_again(session, subject, by=None, at=AT) == 2
    with db.writing() as session:
        assert setting_aside.send_again(session, subject, by=None, at=AT) == 0  # a double click
    sync.send_one(core)
    assert active(practice) == numbers(people)
    assert message_states() == ["done"]


def test_a_fund_without_a_product_for_the_scheme_is_told_so(stage: Stage, core: Core, practice: PracticeCore) -> None:
    stage.add_people(1)
    stage.pay(*FOUR)
    with db.writing() as session:
        session.execute(update(CoverageMonth).values(branch="a branch nobody mapped"))
    sync.send_one(core)
    (row,) = stage.rows()
    assert row.core_state == "refused"
    assert "no product" in row.core_problem
    assert all_policies(practice) == 0


def test_cover_taken_back_is_ended_in_the_core(stage: Stage, core: Core, practice: PracticeCore) -> None:
    stage.add_people(2)
    stage.pay(*FOUR)
    send_all(core, 1)
    stage.take_back(OCTOBER)
    send_all(core, 1)
    assert active(practice) == []
    assert {(row.state, row.core_state) for row in stage.rows()} == {("closed", "known")}


def test_cover_taken_back_before_it_was_told_never_reaches_the_core(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    stage.add_people(2)
    stage.pay(*FOUR)
    stage.take_back(OCTOBER)
    send_all(core, 1)
    assert all_policies(practice) == 0
    assert stage.core_states() == {"known": 2}
    assert message_states() == ["done", "done"]


def test_cover_that_opens_again_gets_a_new_receipt_in_the_core(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    people = stage.add_people(2)
    stage.pay(*FOUR)
    for _ in range(3):
        send_all(core, 1)
        stage.take_back(OCTOBER)
        send_all(core, 1)
        stage.pay(OCTOBER)
    send_all(core, 1)
    assert active(practice) == numbers(people)
    receipts = [policy["receipt"] for policy in practice.tell("state")["policies"]]
    assert len(set(receipts)) == 8
    assert max(map(len, receipts)) <= 50
    assert stage.core_states() == {"known": 2}


def test_cover_closed_and_opened_again_before_the_core_heard_stays_as_it_is(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    people = stage.add_people(2)
    stage.pay(*FOUR)
    send_all(core, 1)
    stage.take_back(OCTOBER)
    stage.pay(OCTOBER)
    send_all(core, 1)
    assert active(practice) == numbers(people)
    assert all_policies(practice) == 2


def test_cover_taken_back_while_it_is_being_told_is_ended_afterwards(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    stage.add_people(2)
    stage.pay(*FOUR)
    cover = core.cover

    def meanwhile(*given: object, **named: object) -> object:
        core.cover = cover  # type: ignore[method-assign]
        done = cover(*given, **named)  # type: ignore[arg-type]
        stage.take_back(OCTOBER)
        return done

    core.cover = meanwhile  # type: ignore[method-assign,assignment]
    sync.send_one(core)
    assert len(active(practice)) == 2
    send_all(core, 1)
    assert active(practice) == []
    assert stage.core_states() == {"known": 2}


def test_many_people_are_told_in_parts_and_every_part_counts(
    stage: Stage, core: Core, practice: PracticeCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "AT_ONCE", 4)
    people = stage.add_people(10)
    stage.pay(*FOUR)
    sent = 0
    while sync.send_one(core):
        sent += 1
    assert sent == 3
    assert active(practice) == numbers(people)
    assert message_states() == ["done"]


def test_messages_of_one_employer_go_in_order_and_another_is_not_held_up(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    first, second = stage.add_people(2)
    with db.writing() as session:
        other: Employer = make_employer(session)
    stage.pay(*FOUR, people=[first])
    stage.pay(NOVEMBER, people=[first])
    stage.pay(*FOUR, people=[second], employer=other)
    practice.tell("failures", mode="down", times=1)
    sync.send_one(core)  # November of the first employer has to wait, and so has December
    while sync.send_one(core):
        pass
    assert active(practice) == [second.insurance_number]
    send_all(core, 1)
    assert active(practice) == sorted([first.insurance_number] * 2 + [second.insurance_number])


def test_a_person_month_the_core_never_decides_is_set_aside_after_a_day(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    stage.add_people(1)
    stage.pay(*FOUR)
    stage.pay(NOVEMBER)
    practice.tell("failures", mode="log_stays_received", times=1)
    sync.send_one(core)
    assert stage.core_states() == {"waiting": 2}
    with db.writing() as session:
        session.execute(update(Message).values(tries=sync.PATIENCE))
    send_all(core, 1)
    assert {row.month: row.core_state for row in stage.rows()} == {NOVEMBER: "refused", Month(2026, 12): "known"}
    practice.tell("catch-up")
    with db.writing() as session:
        setting_aside.send_again(session, Subject(stage.employer.id, NHIMA, NOVEMBER), by=None, at=AT)
    send_all(core, 1)
    assert stage.core_states() == {"known": 2}
    assert all_policies(practice) == 2


def test_cover_of_a_month_still_to_come_is_told_with_the_day_it_is(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    ahead = Month(clock.today("UTC").year + 1, 6)
    practice.tell("day", day=clock.today("Africa/Lusaka").isoformat())
    people = stage.add_people(1)
    stage.pay(*(ahead.plus(-back) for back in range(1, 5)))
    sync.send_one(core)
    assert active(practice) == numbers(people)
