"""What the core says of everybody, beside what the portal says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from click.testing import Result
from flask import Flask

from portal import clock, db
from portal.core_commands import core_command
from portal.coverage import sync
from portal.coverage.comparing import DIFFERENT, EXTRA, MISSING, Difference, compare, months_since
from portal.coverage.core_check import RIGHTS
from portal.coverage.core_client import Core, CoverForCore, PersonForCore
from portal.demo.practice_core import PracticeCore
from portal.people.models import Person
from portal.scheme.calendars import Month
from tests.coverage.conftest import AT, AUGUST, JULY, NHIMA, NOVEMBER, OCTOBER, SEPTEMBER, Stage

FOUR = (JULY, AUGUST, SEPTEMBER, OCTOBER)  # they open November
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


def told(stage: Stage, core: Core, count: int = 3) -> list[Person]:
    """People whose November is paid for and told."""
    people = stage.add_people(count)
    stage.pay(*FOUR)
    while sync.send_one(core):
        pass
    return people


def found(core: Core, month: Month = NOVEMBER) -> list[tuple[str, str, bool]]:
    return [(one.kind, one.insurance_number, one.waits) for one in all_of(core, month)]


def all_of(core: Core, month: Month = NOVEMBER) -> list[Difference]:
    with db.reading() as session:
        return compare(session, core, NHIMA, month)


def policy_of(core: Core, person: Person) -> str:
    return core.read_back([person.insurance_number], "NHIMA01", FIRST)[person.insurance_number].policy


def typed(app: Flask, word: str) -> Result:
    """What ``flask core WORD`` does."""
    with app.app_context():
        return app.test_cli_runner().invoke(core_command, [word])


def test_after_telling_the_two_agree_and_only_months_not_over_are_looked_at(stage: Stage, core: Core) -> None:
    told(stage, core)
    assert found(core) == []
    with db.reading() as session:
        assert months_since(session, LAST) == [(NHIMA, NOVEMBER)]
        assert months_since(session, date(2026, 12, 1)) == []


def test_whoever_was_suspended_in_the_core_by_hand_is_missing(stage: Stage, core: Core) -> None:
    people = told(stage, core)
    core.suspend([policy_of(core, people[1])])
    assert found(core) == [(MISSING, people[1].insurance_number, False)]


def test_what_is_still_to_be_told_differs_and_waits(stage: Stage, core: Core) -> None:
    people = told(stage, core, 2)
    stage.take_back(OCTOBER)
    numbers = sorted(one.insurance_number for one in people)
    assert found(core) == [(EXTRA, number, True) for number in numbers]
    while sync.send_one(core):
        pass
    assert found(core) == []


def test_cover_nobody_paid_for_here_is_extra_and_strangers_are_left_alone(stage: Stage, core: Core) -> None:
    told(stage, core, 1)
    with db.writing() as session:
        ours = Person(
            insurance_number="800001", national_id="1", surname="Phiri", first_name="Mary", other_names="", sex="F",
            birth_date=date(1990, 1, 1), phone="", email="", created_at=stage.people[0].created_at,
        )  # fmt: skip
        session.add(ours)
    for number in ("800001", "800002"):
        core.ensure_person(PersonForCore(number, f"id/{number}", "Phiri", "Mary", date(1990, 1, 1), "F"))
        core.cover([CoverForCore(number, "NHIMA01", FIRST, LAST, 1, f"{number}/by hand")], number)
    assert found(core) == [(EXTRA, "800001", False)]


def test_cover_of_fewer_days_is_different_and_says_which(stage: Stage, core: Core, practice: PracticeCore) -> None:
    (person,) = told(stage, core, 1)
    core.suspend([policy_of(core, person)])
    short = CoverForCore(person.insurance_number, "NHIMA01", FIRST, LAST, 1, "short")
    core.cover([replace(short, last_day=date(2026, 11, 20))], "short")
    (one,) = all_of(core)
    assert (one.kind, one.theirs) == (DIFFERENT, (FIRST, date(2026, 11, 20)))


def test_the_command_prints_a_line_a_difference_and_ends_with_1(
    app: Flask, stage: Stage, core: Core, practice: PracticeCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = told(stage, core, 2)
    monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], core_url=practice.url))
    clock.shift(AT - clock.real_now())
    assert typed(app, "compare").exit_code == 0
    core.suspend([policy_of(core, people[0])])
    result = typed(app, "compare")
    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert json.loads(line) | {"theirs": None} == {
        "kind": MISSING, "insurance_number": people[0].insurance_number, "scheme": NHIMA, "month": "2026-11",
        "theirs": None, "waits": False, "policy": "",
    }  # fmt: skip


def test_the_check_names_what_lacks_and_its_exit_code_says_so(
    app: Flask, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert typed(app, "check").exit_code == 2
    for rights, code in ((set(RIGHTS), 0), (set(RIGHTS) - {101202}, 1)):
        with PracticeCore(rights=rights) as practice:
            monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], core_url=practice.url))
            result = typed(app, "check")
        assert (result.exit_code, "right 101202" in result.output) == (code, code == 1)
