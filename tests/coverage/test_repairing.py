"""What the core has otherwise is found each day, kept by person and month, and put right by two people, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from portal import approvals, audit, clock, db
from portal.auth.models import Account, FundRoleName
from portal.coverage import findings, repairing, sync
from portal.coverage.comparing import DIFFERENT, DOUBLED, EXTRA, MISSING
from portal.coverage.core_client import Core, CoverForCore, PersonForCore
from portal.coverage.models import CoreDifference, CoverageMonth
from portal.demo.practice_core import PracticeCore
from portal.errors import Refused
from portal.jobs.comparing import compare_once
from portal.jobs.models import JobRun
from portal.outbox import Message
from portal.people.models import Person
from tests.coverage.conftest import AT, NHIMA, NOVEMBER, OCTOBER, Stage, client_of
from tests.coverage.test_comparing import FIRST, LAST, policy_of, told
from tests.coverage.test_sync import active, all_policies, numbers, send_all
from tests.factories import make_officer

TODAY = date(2026, 11, 12)
#: Of November, at which a core may be a day ahead.
LAST_EVENING = datetime(2026, 11, 30, 21, tzinfo=UTC)


class Officers:
    """Two people of the fund."""

    def __init__(self) -> None:
        with db.writing() as session:
            self.maker: Account = make_officer(session, FundRoleName.CONTRIBUTION_OFFICER)
            self.checker: Account = make_officer(session, FundRoleName.SUPERVISOR)

    def ask(self, only: CoreDifference | None = None) -> approvals.Approval:
        with db.writing() as session:
            return repairing.ask_to_repair(
                session, NHIMA, NOVEMBER, only=only.public_id if only else None, reason="Found by the comparison",
                by=self.maker.id, at=AT,
            )  # fmt: skip

    def approve(self, asked: approvals.Approval) -> None:
        with db.writing() as session:
            approvals.approve(
                session, asked.public_id, fingerprint=asked.fingerprint, by=self.checker.id, at=AT
            )  # fmt: skip

    def repair(self) -> None:
        self.approve(self.ask())


@pytest.fixture
def officers(stage: Stage) -> Officers:
    return Officers()


def compare(core: Core, days: int = 0) -> list[tuple[str, int, bool]]:
    """The comparison of a day, and what differs after it."""
    compare_once(core, TODAY + timedelta(days=days))
    return [(row.kind, row.person_id, row.waits) for row in differing()]


def differing() -> list[CoreDifference]:
    with db.reading() as session:
        now = select(CoreDifference).where(CoreDifference.gone_at.is_(None))
        return list(session.scalars(now.order_by(CoreDifference.person_id)))


def by_hand(core: Core, number: str, last: date = LAST) -> None:
    """Somebody makes a policy in the core that the portal knows nothing of."""
    core.cover([CoverForCore(number, "NHIMA01", FIRST, last, 1, f"{number}/by hand")], number)


def a_stranger_of_ours(core: Core) -> Person:
    """A person the portal knows and nobody paid for, covered in the core by hand."""
    with db.writing() as session:
        person = Person(
            insurance_number="800001", national_id="1", surname="Phiri", first_name="Mary", other_names="", sex="F",
            birth_date=date(1990, 1, 1), phone="", email="", created_at=AT,
        )  # fmt: skip
        session.add(person)
    core.ensure_person(PersonForCore("800001", "id/1", "Phiri", "Mary", date(1990, 1, 1), "F"))
    by_hand(core, "800001")
    return person


def break_all_three(stage: Stage, core: Core) -> tuple[Person, Person, Person]:
    """One missing in the core, one there for fewer days, one there though nobody paid."""
    missing, short, _well = told(stage, core, 3)
    core.suspend([policy_of(core, missing), policy_of(core, short)])
    by_hand(core, short.insurance_number, date(2026, 11, 20))
    return missing, short, a_stranger_of_ours(core)


def test_each_day_what_differs_is_kept_by_person_and_month_and_ends_when_it_is_gone(stage: Stage, core: Core) -> None:
    missing, short, extra = break_all_three(stage, core)
    expected = [(MISSING, missing.id, False), (DIFFERENT, short.id, False), (EXTRA, extra.id, False)]
    assert compare(core) == expected
    first = differing()
    assert first[1].theirs_last == date(2026, 11, 20)
    assert compare(core, 1) == expected
    assert [(row.id, row.found_at) for row in differing()] == [(row.id, row.found_at) for row in first]
    core.suspend([policy_of(core, extra)])
    assert compare(core, 2) == expected[:2]
    with db.reading() as session:
        gone = session.scalars(select(CoreDifference).where(CoreDifference.gone_at.is_not(None))).one()
    assert gone.person_id == extra.id


def test_what_is_still_to_be_told_is_kept_as_waiting_and_cannot_be_repaired(
    stage: Stage, core: Core, officers: Officers
) -> None:
    told(stage, core, 1)
    stage.take_back(OCTOBER)
    assert [(kind, waits) for kind, _person, waits in compare(core)] == [(EXTRA, True)]
    with pytest.raises(Refused, match="Nothing of this is left"):
        officers.ask()


def test_two_people_put_all_three_right_and_the_next_comparison_finds_nothing(
    stage: Stage, core: Core, practice: PracticeCore, officers: Officers
) -> None:
    break_all_three(stage, core)
    compare(core)
    officers.repair()
    send_all(core, 2)
    assert active(practice) == numbers(stage.people)
    assert stage.core_states() == {"known": 3}
    assert compare(core, 1) == []
    with db.reading() as session:
        events = session.scalars(select(audit.AuditEvent).where(audit.AuditEvent.event == "core.repaired")).all()
    assert [each.fields["people"] for each in events] == [3]


def test_however_often_it_is_pressed_a_repair_is_one_effect(
    stage: Stage, core: Core, practice: PracticeCore, officers: Officers
) -> None:
    break_all_three(stage, core)
    compare(core)
    before = all_policies(practice)
    first, second = officers.ask(), officers.ask()
    assert first.id == second.id
    for _press in range(3):
        officers.approve(first)
        send_all(core, 1)
    with pytest.raises(Refused, match="Nothing of this is left"):
        officers.ask()
    assert active(practice) == numbers(stage.people)
    assert all_policies(practice) == before + 2  # the two who lacked cover, once each


@pytest.mark.parametrize(("day", "policies"), [(AT, 3), (LAST_EVENING, 2)])
def test_a_cover_the_core_says_is_expired_begins_again_unless_its_month_is_over(
    stage: Stage, core: Core, practice: PracticeCore, officers: Officers, day: datetime, policies: int
) -> None:
    people = told(stage, core, 2)
    practice.store.rows("update policy set status=8 where uuid=?", policy_of(core, people[0]))
    clock.shift(day - clock.real_now())
    compare(core)
    officers.repair()
    send_all(core, 2)
    assert all_policies(practice) == policies
    assert stage.core_states() == {"known": 2}


def test_who_asked_does_not_decide(stage: Stage, core: Core, practice: PracticeCore, officers: Officers) -> None:
    break_all_three(stage, core)
    compare(core)
    asked = officers.ask()
    officers.checker = officers.maker
    with pytest.raises(Refused, match="Somebody else has to decide"):
        officers.approve(asked)
    assert not any(row.repaired_at for row in differing())


def test_one_person_alone_can_be_put_right(
    stage: Stage, core: Core, practice: PracticeCore, officers: Officers
) -> None:
    missing, short, extra = break_all_three(stage, core)
    compare(core)
    officers.approve(officers.ask(only=differing()[0]))
    send_all(core, 2)
    assert missing.insurance_number in active(practice)
    assert [person for _kind, person, _waits in compare(core, 1)] == [short.id, extra.id]


@pytest.mark.parametrize("approved_first", [True, False])
def test_what_was_paid_for_meanwhile_is_not_ended(
    stage: Stage, core: Core, practice: PracticeCore, officers: Officers, approved_first: bool
) -> None:
    (person,) = told(stage, core, 1)
    stage.take_back(OCTOBER)
    with db.writing() as session:  # as if the core had been told, and somebody had begun the cover again there
        session.execute(update(Message).values(state="done"))
        session.execute(update(CoverageMonth).values(core_state="known"))
    compare(core)
    asked = officers.ask()
    if approved_first:
        officers.approve(asked)
        stage.pay(OCTOBER)
    else:
        stage.pay(OCTOBER)
        send_all(core, 1)
        officers.approve(asked)
        while sync.send_one(core):
            pass
        assert all_policies(practice) == 1  # the core's cover is the one that is paid for now: nothing to do
    send_all(core, 2)
    assert active(practice) == [person.insurance_number]
    assert stage.core_states() == {"known": 1}
    assert compare(core, 1) == []


@pytest.mark.parametrize("mode", ["applied_then_500", "applied_then_no_answer", "slow", "down"])
def test_a_repair_survives_a_core_that_fails_in_the_middle(
    stage: Stage, core: Core, practice: PracticeCore, officers: Officers, mode: str
) -> None:
    people = told(stage, core, 2)
    core.suspend([policy_of(core, one) for one in people])
    compare(core)
    officers.repair()
    practice.tell("failures", mode=mode, times=3, after=2, seconds=0.5)
    send_all(client_of(practice, timeout=0.3), 4)
    practice.tell("catch-up")
    practice.tell("failures", mode="none")
    send_all(core, 3)
    assert active(practice) == numbers(people)
    assert all_policies(practice) == 4


def test_a_core_that_is_away_at_night_is_compared_an_hour_later_and_once_a_day(
    stage: Stage, core: Core, practice: PracticeCore
) -> None:
    people = told(stage, core, 2)
    core.suspend([policy_of(core, people[0])])
    practice.tell("failures", mode="down")
    run = compare_once(core, TODAY)
    assert run is not None
    assert run.finished_at is None
    assert run.result["problem"] == "The core answered with error 503."
    assert differing() == []
    practice.tell("failures", mode="none")
    run = compare_once(core, TODAY)
    assert run is not None
    assert (run.finished_at is not None, run.result) == (True, {"differ": 1, "wait": 0, "gone": 0})
    assert compare_once(core, TODAY) is None


def test_two_workers_do_not_read_the_core_back_at_once_and_one_that_was_killed_holds_nobody_up(
    stage: Stage, core: Core
) -> None:
    told(stage, core, 1)
    now = clock.real_now()
    for minutes, begins in ((29, False), (31, True)):
        with db.writing() as session:
            session.add(JobRun(job=findings.JOB, day=TODAY, started_at=now - timedelta(minutes=minutes)))
        assert (compare_once(core, TODAY) is not None) == begins


def test_cover_that_was_doubled_is_found_and_the_other_one_is_ended(
    stage: Stage, core: Core, practice: PracticeCore, officers: Officers
) -> None:
    people = told(stage, core, 3)
    ours = {row.core_policy for row in stage.rows()}
    by_hand(core, people[0].insurance_number)
    by_hand(core, people[2].insurance_number, date(2026, 11, 20))
    assert compare(core) == [(DOUBLED, people[0].id, False), (DOUBLED, people[2].id, False)]
    officers.repair()
    send_all(core, 1)
    assert active(practice) == numbers(people)
    assert {p["uuid"] for p in practice.tell("state")["policies"] if p["status"] == 2} == ours
    assert compare(core, 1) == []


def test_of_fifty_planted_differences_all_are_found(stage: Stage, core: Core) -> None:
    people = told(stage, core, 60)
    core.suspend([policy_of(core, one) for one in people[:50]])
    assert [person for _kind, person, _waits in compare(core)] == [one.id for one in people[:50]]
