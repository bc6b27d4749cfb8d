"""One effect in the core for each deed, whoever dies, hangs, is away or fails; nobody waits for another in trouble."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from flask import Flask
from sqlalchemy import select, update

from portal import breaker, clock, db, outbox
from portal.breaker import Breaker
from portal.coverage import setting_aside, sync
from portal.coverage.core_client import Core
from portal.coverage.core_line import CoreUnavailable
from portal.coverage.setting_aside import Subject
from portal.demo.practice_core import PracticeCore
from portal.employers.models import Employer
from portal.jobs.celery_app import make_celery
from portal.outbox import Message
from portal.people.models import Person
from tests.conftest import Cluster
from tests.coverage.conftest import AT, AUGUST, JULY, NHIMA, NOVEMBER, OCTOBER, SEPTEMBER, Stage, client_of
from tests.coverage.test_sync import active, all_policies, hurry, numbers, send_all
from tests.factories import make_employer

FOUR = (JULY, AUGUST, SEPTEMBER, OCTOBER)
#: No employer's number is so long in openIMIS: it answers 500 with the reason, each time.
TOO_LONG = "X" * 40


def messages() -> list[Message]:
    with db.reading() as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def other_employer(stage: Stage, *, paid: bool = True) -> tuple[Employer, Person]:
    """One more employer with one person, whose months are paid."""
    with db.writing() as session:
        employer = make_employer(session)
    (person,) = stage.add_people(1)
    if paid:
        stage.pay(*FOUR, people=[person], employer=employer)
    return employer, person


def change(**values: Any) -> None:
    """As if time or an accident had changed all messages."""
    with db.writing() as session:
        session.execute(update(Message).values(**values))


def now_after(core: Core, method: str, meanwhile: Callable[[], None]) -> None:
    """Let *meanwhile* happen once, just before the core is asked to do *method*."""
    theirs = getattr(core, method)

    def paused(*given: Any, **named: Any) -> Any:
        setattr(core, method, theirs)
        meanwhile()
        return theirs(*given, **named)

    setattr(core, method, paused)


# -- the lease ------------------------------------------------------------------------


def test_a_sender_that_slept_does_not_end_cover_that_is_paid_for_again(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    people = stage.add_people(2)
    stage.pay(*FOUR)
    send_all(core, 1)
    stage.take_back(OCTOBER)

    def asleep() -> None:
        stage.pay(OCTOBER)  # paid again, and another sender, who finds the lease run out, says so
        send_all(client_of(practice), 1)

    now_after(core, "suspend", asleep)
    sync.send_one(core)
    send_all(core, 1)
    assert active(practice) == numbers(people)
    assert stage.core_states() == {"known": 2}


def test_a_sender_that_stood_still_behind_the_fence_sends_nothing(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    """Longer than an exchange may take: by then the lease may have lapsed, and another be at work."""
    people = stage.add_people(1)
    stage.pay(*FOUR)
    send_all(core, 1)
    policies = [policy["uuid"] for policy in practice.tell("state")["policies"]]
    slow = client_of(practice, timeout=0.5)
    slow.line.before_change = lambda: time.sleep(0.6)
    with pytest.raises(CoreUnavailable) as lost:
        slow.suspend(policies)
    assert not lost.value.ambiguous  # so it need not rest before it is tried again
    assert active(practice) == numbers(people)
    slow.line.before_change = None
    slow.suspend(policies)
    assert active(practice) == []


def test_the_lease_is_renewed_before_each_change_so_a_long_telling_is_not_taken_over(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    people = stage.add_people(2)
    stage.pay(*FOUR)
    taken_over: list[Message | None] = []

    def another_tries() -> None:
        with db.writing() as session:
            taken_over.append(outbox.claim(session, "core", at=clock.real_now()))

    now_after(core, "cover", lambda: change(lease_until=clock.real_now() - timedelta(seconds=1)))
    now_after(core, "read_back", another_tries)
    sync.send_one(core)
    assert taken_over == [None]
    assert active(practice) == numbers(people)
    assert all_policies(practice) == 2


def test_a_time_limit_that_outlasts_the_lease_is_not_accepted(stage: Stage, practice: PracticeCore) -> None:
    stage.add_people(1)
    stage.pay(*FOUR)
    with pytest.raises(ValueError, match="lease must be longer"):
        sync.send_one(client_of(practice, timeout=90))
    assert all_policies(practice) == 0
    assert outbox.LEASE.total_seconds() > 60 * sync.LIMITS  # what is set by itself


def test_while_one_message_of_an_employer_is_sent_no_other_of_it_is_even_an_older_one(stage: Stage) -> None:
    """Two deeds of one employer can be stored in another order than they were numbered."""
    employer, _person = other_employer(stage, paid=False)
    subject = Subject(employer.id, NHIMA, NOVEMBER)
    with db.writing() as session:
        setting_aside.ask_anew(session, subject)
        setting_aside.ask_anew(session, subject)
    older, younger = messages()
    with db.writing() as session:
        session.execute(update(Message).where(Message.id == younger.id).values(
            state="leased", lease_until=clock.real_now() + timedelta(minutes=1)
        ))  # fmt: skip
    with db.writing() as session:
        assert outbox.claim(session, "core", at=clock.real_now()) is None
    with db.writing() as session:  # but a dead sender does not keep both for ever
        claimed = outbox.claim(session, "core", at=clock.real_now() + timedelta(minutes=2))
        assert claimed is not None
        assert claimed.id == older.id


def test_what_was_sent_and_not_answered_rests_because_the_core_may_still_be_at_work_on_it(stage: Stage) -> None:
    """It applies after the portal has stopped waiting; who looks too early finds nothing, and sends it twice."""
    stage.add_people(1)
    stage.pay(*FOUR)
    with PracticeCore(takes_everything=True) as practice:
        core = client_of(practice, timeout=0.5)
        practice.tell("failures", mode="slow", after=2, times=1, seconds=1)  # signed in, asked, told of the employer
        at = clock.real_now()
        assert sync.send_one(core)
        (message,) = messages()
        assert message.next_try_at >= at + outbox.LEASE
        assert not sync.send_one(core)
        time.sleep(1)
        send_all(core)
        assert len(practice.store.rows("select code from employer")) == 1
    assert stage.core_states() == {"known": 1}


# -- waiting, and giving up -----------------------------------------------------------


def test_the_waits_grow_from_a_second_to_a_quarter_of_an_hour_and_fill_two_days() -> None:
    message = Message(tries=0, state="leased")
    at = datetime.fromisoformat("2026-11-12T09:00:00+00:00")
    waits, shares = [], []
    while not outbox.worn_out(message):
        outbox.again(message, "The core did not answer in time.", at=at)
        waits.append((message.next_try_at - at).total_seconds())
        shares.append(waits[-1] / outbox.wait_after(message.tries).total_seconds())
    assert 0.8 <= waits[0] <= 1.2
    assert 15 * 60 * 0.8 <= waits[-1] == pytest.approx(15 * 60, rel=0.2)
    assert sum(waits) == pytest.approx(48 * 3600, rel=0.05)
    assert 0.8 <= min(shares) < 0.9 < 1.1 < max(shares) <= 1.2  # many at once do not come back at once


def test_what_fails_for_two_days_is_set_aside_with_the_reason_and_sent_again_once_however_often_pressed(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    people = stage.add_people(2)
    stage.pay(*FOUR)
    number = stage.employer.number
    with db.writing() as session:
        session.execute(update(Employer).values(number=TOO_LONG))
    sync.send_one(core)
    change(tries=outbox.MOST_TRIES - 1)
    send_all(core, 1)
    assert [each.state for each in messages()] == ["queued"]  # one try is left
    send_all(core, 1)
    assert [each.state for each in messages()] == ["refused"]
    assert stage.core_states() == {"refused": 2}
    assert "The core does not take employer" in stage.rows()[0].core_problem
    with db.writing() as session:
        session.execute(update(Employer).values(number=number))
    for _press in range(5):
        with db.writing() as session:
            setting_aside.send_again(session, Subject(stage.employer.id, NHIMA, NOVEMBER), by=None, at=AT)
        send_all(core, 1)
    assert active(practice) == numbers(people)
    assert all_policies(practice) == 2
    assert stage.core_states() == {"known": 2}


def test_sent_again_a_message_has_two_days_anew(stage: Stage, core: Core) -> None:
    stage.add_people(1)
    stage.pay(*FOUR)
    with db.writing() as session:
        session.execute(update(Employer).values(number=TOO_LONG))
    change(tries=outbox.MOST_TRIES)
    sync.send_one(core)
    with db.writing() as session:
        setting_aside.send_again(session, Subject(stage.employer.id, NHIMA, NOVEMBER), by=None, at=AT)
    sync.send_one(core)
    assert [(each.state, each.tries) for each in messages()] == [("queued", 1)]


# -- poison, and turns ----------------------------------------------------------------


def test_an_employer_that_always_fails_delays_nobody(stage: Stage, core: Core, practice: PracticeCore) -> None:
    stage.add_people(1)
    stage.pay(*FOUR)
    with db.writing() as session:
        session.execute(update(Employer).values(number=TOO_LONG))
    for _round in range(breaker.MOST_FAILURES + 1):  # it does not count as the core being away
        hurry()
        sync.send_one(core)
    _employer, person = other_employer(stage)
    while sync.send_one(core):
        pass
    assert active(practice) == [person.insurance_number]


def test_a_message_nobody_understands_delays_nobody_and_is_set_aside(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    stage.add_people(1)
    stage.pay(*FOUR)
    change(payload={"from": "a version to come"})
    _employer, person = other_employer(stage)
    while sync.send_one(core):
        pass
    assert active(practice) == [person.insurance_number]
    change(tries=outbox.MOST_TRIES)
    send_all(core, 1)
    assert [each.state for each in messages()] == ["refused", "done"]


def test_an_employer_with_much_to_tell_takes_turns_with_the_others(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    (person,) = stage.add_people(1)
    stage.pay(*FOUR, people=[person])
    for ahead in range(1, 4):
        stage.pay(OCTOBER.plus(ahead), people=[person])
    small, _other = other_employer(stage)
    while sync.send_one(core):
        pass
    order = sorted(messages(), key=lambda each: each.done_at or AT)
    assert [each.employer_id for each in order][:2] == [stage.employer.id, small.id]
    assert [each.id for each in order if each.employer_id == stage.employer.id] == sorted(
        each.id for each in order if each.employer_id == stage.employer.id
    )


# -- the core is away -----------------------------------------------------------------


def how_it_stands() -> Breaker | None:
    with db.reading() as session:
        return breaker.state(session, setting_aside.CORE)


def probe_is_due() -> None:
    with db.writing() as session:
        session.execute(update(Breaker).values(next_probe_at=clock.real_now() - timedelta(seconds=1)))


def test_a_core_that_is_away_is_left_alone_but_for_one_probe_and_found_again(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    everybody = [other_employer(stage)[1] for _ in range(8)]
    practice.tell("failures", mode="down")
    send_all(core, 2)
    stands = how_it_stands()
    assert stands is not None
    assert stands.open_since is not None
    assert sum(each.attempts for each in messages()) == breaker.MOST_FAILURES
    hurry()
    assert not sync.send_one(core)  # nothing is sent
    probe_is_due()
    first, second = sync._claim(), sync._claim()
    assert first is not None
    assert second is None  # one probes, the others wait
    hurry()
    probe_is_due()
    for _round in range(20):  # away for long: the probes wear nobody out
        assert sync.send_one(core)
        assert not sync.send_one(core)
        probe_is_due()
    assert max(each.tries for each in messages()) <= 1
    practice.tell("failures", mode="none")
    while sync.send_one(core):
        pass
    stands = how_it_stands()
    assert stands is not None
    assert stands.open_since is None
    assert active(practice) == numbers(everybody)
    assert all_policies(practice) == 8


def test_a_wrong_password_stops_the_sending_too_and_sets_nothing_aside(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    people = [other_employer(stage)[1] for _ in range(7)]
    wrong = client_of(practice, password="wrong")
    for _try in people:
        sync.send_one(wrong)
    stands = how_it_stands()
    assert stands is not None
    assert stands.problem == "The core does not accept the portal's user name or password."
    probe_is_due()
    send_all(core, 1)
    assert active(practice) == numbers(people)


# -- the broker -----------------------------------------------------------------------


def test_all_of_the_broker_may_be_lost_the_timetable_finds_what_waits(
    app: Flask, stage: Stage, practice: PracticeCore, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(app.config["PORTAL"], core_url=practice.url, redis_url=cluster.redis)
    monkeypatch.setitem(app.config, "PORTAL", config)
    celery = make_celery(app, config)
    broker = redis.Redis.from_url(cluster.redis)
    try:
        people = stage.add_people(3)
        stage.pay(*FOUR)
        assert broker.llen("celery") > 0  # it was woken
        broker.flushdb()
        assert broker.llen("celery") == 0
        tick = celery.conf.beat_schedule["send what is waiting"]
        assert tick["schedule"] <= 10
        celery.tasks[tick["task"]]()
    finally:
        db.on_wake(None)
        broker.flushdb()
        celery.close()
    assert active(practice) == numbers(people)
    assert stage.core_states() == {"known": 3}
