"""A whole payroll worked out in columns comes to what it does line by line; who is at fault is found among many."""

from __future__ import annotations

import random
from datetime import date
from time import perf_counter
from typing import Any

import pytest

from portal.contributions.basis import Basis, Line
from portal.contributions.working_out import Worked, worked_out
from portal.employers.given import Given, asked_of_employer, asked_of_person, of_person, read
from portal.employers.roster import RosterPerson
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month, month_of
from portal.scheme.contribution import Contribution, Earlier, contribution_on
from portal.scheme.pack import load_packs, pack_ids

DAY = date(2026, 3, 15)
#: Answers where a pack asks one without a default.
SAID = {"cm-cnps": {"risk_rate": "2.5 %"}, "sn-css-ipres": {"risk_rate": "3 %"}}


def serving(pack: Pack, people: int, *, seed: int = 1, answers: dict[str, list[str]] | None = None) -> Basis:
    """A roster of so many people with pay, ages and answers of all sorts, in the pack's own month."""
    month, chance = month_of(DAY, pack.calendar), random.Random(seed)
    roster = {}
    for number in range(1, people + 1):
        said = {f"{pack.id}.{code}": chance.choice(texts) for code, texts in (answers or {}).items()}
        kept = [{"from": "2020-01-01", "said": said}] if said and number % 3 else []
        roster[number] = RosterPerson(
            number, str(number), str(number), "Banda", "Agnes", "", number, "", "permanent", date(2020, 1, 1), None,
            date(1960, 1, 1).replace(year=1950 + number % 55), kept, {},
        )  # fmt: skip
    given = Given(pack, SAID.get(pack.id, {}), 25, None)
    return Basis(month, (pack,), roster, {}, {pack.id: given})


def payroll(basis: Basis, *, seed: int = 2) -> list[Line]:
    chance = random.Random(seed)
    codes = basis.packs[0].components
    return [
        Line(row, row, {code: chance.randrange(0, 900_000) for code in codes}, chance.choice([None, None, 0, 12, 30]))
        for row in basis.people
    ]


def one_by_one(basis: Basis, line: Line) -> Contribution:
    [given] = basis.given.values()
    who = basis.people[line.person_id]
    earlier = [Earlier(*one) for one in basis.earlier.get((given.rules.id, line.person_id), ())]
    return contribution_on(
        given.rules, basis.month, line.components, employer=given.employer, options=given.options,
        person=read(given.rules, of_person(given.rules, who.answers, basis.month, who.from_day)), days=line.days,
        birth=who.birth_date, earlier=earlier,
    )  # fmt: skip


def alone(worked: Worked, id: str) -> list[Contribution | None]:
    return [found.get(id) for found in worked.contributions]


@pytest.mark.parametrize("id", sorted({*pack_ids("scheme")} - {"tz-zssf"}))
def test_columns_come_to_what_single_lines_come_to_in_every_pack(id: str) -> None:
    pack = load_packs([id])[id]
    asked = {one.code: list(one.choices) or ["2000.00", "5000.00"] for one in asked_of_person(pack)}
    basis = serving(pack, 60, answers=asked)
    if id == "bd-ups-pragati":
        for one in basis.people.values():  # nobody may leave the instalment out
            one.answers[:] = [{"from": "2020-01-01", "said": {f"{id}.instalment": "5000.00"}}]
    lines = payroll(basis)
    worked = worked_out(basis, lines, {})
    assert worked.problems == {}
    assert alone(worked, id) == [one_by_one(basis, line) for line in lines]


def test_a_scheme_that_does_not_know_its_rate_says_so_at_every_line() -> None:
    pack = load_packs(["tz-zssf"])["tz-zssf"]
    basis = serving(pack, 40)
    worked = worked_out(basis, payroll(basis), {})
    assert {problem.code for found in worked.problems.values() for problem in found} == {"E_NOT_KNOWN"}
    assert len(worked.problems) == 40


def test_earlier_months_of_the_year_count_in_columns_too() -> None:
    pack = load_packs(["ne-cnss"])["ne-cnss"]
    basis = serving(pack, 40)
    given = Given(pack, {"ceiling_basis": "yearly"}, 25, None)
    months = [Month(2026, 1), Month(2026, 2)]
    earlier: dict[Any, Any] = {
        (pack.id, number): [(month, {"salary": 2_500_000 + number}) for month in months[: number % 3]]
        for number in basis.people
    }
    basis = Basis(basis.month, basis.packs, basis.people, {}, {pack.id: given}, earlier)
    lines = [Line(row, row, {"salary": 2_000_000}) for row in basis.people]
    worked = worked_out(basis, lines, {})
    assert alone(worked, pack.id) == [one_by_one(basis, line) for line in lines]
    assert len({found.employer for found in alone(worked, pack.id) if found}) > 1


def test_two_people_who_have_not_said_what_is_needed_are_named_and_nobody_else() -> None:
    pack = load_packs(["bd-ups-pragati"])["bd-ups-pragati"]
    basis = serving(pack, 500)
    for number, one in basis.people.items():
        if number not in (3, 444):
            one.answers[:] = [{"from": "2020-01-01", "said": {f"{pack.id}.instalment": "5000.00"}}]
    worked = worked_out(basis, payroll(basis), {})
    assert sorted(worked.problems) == [3, 444]
    [problem] = worked.problems[444]
    assert (problem.code, problem.column, problem.blocking) == ("E_NOT_SAID", "Chosen monthly instalment", True)
    assert "Enter it on your roster" in str(problem.words)
    assert sum(found is not None for found in alone(worked, pack.id)) == 498


def test_an_answer_that_the_rules_no_longer_take_is_a_problem_and_no_crash() -> None:
    pack = load_packs(["et-psssa"])["et-psssa"]
    basis = serving(pack, 30)
    basis.people[7].answers[:] = [{"from": "2020-01-01", "said": {"et-psssa.category": "sailor"}}]
    worked = worked_out(basis, payroll(basis), {})
    assert list(worked.problems) == [7]
    assert "this answer is not among those possible" in str(worked.problems[7][0].words)


def test_what_the_employer_has_not_said_is_said_at_every_line_and_sent_to_the_fund() -> None:
    pack = load_packs(["cm-cnps"])["cm-cnps"]
    basis = serving(pack, 50)
    basis = Basis(basis.month, basis.packs, basis.people, {}, {pack.id: Given(pack)})
    worked = worked_out(basis, payroll(basis), {})
    assert len(worked.problems) == 50
    assert "Ask the fund to enter it in your enrolment" in str(worked.problems[1][0].words)
    assert "risk_rate" in {one.code for one in asked_of_employer(pack)}


def test_twenty_thousand_lines_take_well_under_a_second() -> None:
    pack = load_packs(["zm-napsa"])["zm-napsa"]
    basis = serving(pack, 20_000)
    lines = payroll(basis)
    worked_out(basis, lines[:100], {})
    best = min(_seconds(basis, lines) for _each in range(3))
    assert best < 0.8


def _seconds(basis: Basis, lines: list[Line]) -> float:
    start = perf_counter()
    worked_out(basis, lines, {})
    return perf_counter() - start
