"""What holds for every pack, whatever its law: drawn people, one by one and in columns, with and without words."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Input
from portal.scheme.calendars import Month, month_of
from portal.scheme.contribution import Earlier, NotKnown, People, Shares, Unusable, work_out
from portal.scheme.explain import Step, steps_from_json, steps_to_json
from portal.scheme.pack import find_pack, load_pack, pack_ids
from portal.scheme.pay.additional import months_of_year

WIDE = load_pack(Path(__file__).parent / "data" / "xx-wide.toml", tests=False)
PACKS = {id: load_pack(find_pack(id), tests=False) for status in ("scheme", "reference") for id in pack_ids(status)}
PACKS = {id: pack for id, pack in PACKS.items() if pack.branches} | {"xx-wide": WIDE}
DAYS = (
    date(2019, 6, 20),
    date(2023, 2, 20),
    date(2024, 9, 20),
    date(2025, 9, 20),
    date(2026, 3, 20),
    date(2027, 6, 20),
)

#: Where the pack says itself that more pay may cost less: a limit above which nobody is insured, a lower rate for all.
FALLS = {"in-esic", "my-epf", "xx-wide"}

PAY = st.one_of(
    st.integers(0, 10**7), st.integers(0, 10**9), st.integers(10**14, 10**15),
    st.sampled_from([0, 1, 50_00, 500_00, 750_00, 6_000_00, 15_000_00, 21_000_00, 63_000, 432_000, 750_000, 34_164_00]),
)  # fmt: skip


def answers(asked: Input) -> st.SearchStrategy[Any]:
    """What somebody might answer."""
    match asked.kind:
        case "choice":
            return st.sampled_from(list(asked.choices))
        case "rate":
            return st.sampled_from(asked.rates or (Fraction(1, 50), Fraction(15, 200)))
        case "amount":
            return st.sampled_from(asked.amounts or (0, 1000_00))
        case "yes_no":
            return st.sampled_from(["yes", "no"])
        case "date":
            return st.none() | st.dates(date(2019, 1, 1), date(2027, 1, 1)).map(date.toordinal)
    return st.integers(0, 12)


Person = dict[str, Any]


@st.composite
def persons(draw: st.DrawFn, pack: Pack, count: int) -> list[Person]:
    """So many people, each with all that the pack may ask."""
    found = []
    for _number in range(count):
        found.append(
            {
                "earnings": {code: draw(PAY) for code in pack.components},
                "elsewhere": {code: draw(PAY) for code in pack.components},
                "earlier": {code: draw(PAY) for code in pack.components},
                "answers": {code: draw(answers(asked)) for code, asked in pack.inputs.items()},
                "birth": draw(st.dates(date(1950, 1, 1), date(2007, 1, 1))).toordinal(),
                "days": draw(st.integers(1, 31)),
            }
        )
    return found


def month_on(pack: Pack, day: date) -> Month:
    return month_of(day, pack.calendar)


def one_of(pack: Pack, month: Month, person: Person) -> People:
    before = [one for one in months_of_year(pack, month) if one < month][-3:]
    return People(
        person["earnings"], person["answers"], person["birth"], person["days"],
        [Earlier(one, person["earlier"]) for one in before], person["elsewhere"],
    )  # fmt: skip


def together(pack: Pack, month: Month, each: list[Person]) -> People:
    """The same people as columns."""

    def columns(key: str) -> dict[str, list[Any]]:
        return {code: [one[key][code] for one in each] for code in each[0][key]}

    before = [one for one in months_of_year(pack, month) if one < month][-3:]
    return People(
        columns("earnings"), columns("answers"), [one["birth"] for one in each], [one["days"] for one in each],
        [Earlier(one, columns("earlier")) for one in before], columns("elsewhere"),
    )  # fmt: skip


def figures(shares: Shares, place: int | None = None) -> list[object]:
    """Every figure of a result, for one person."""

    def at(numbers: Any) -> Any:
        return numbers if place is None or numbers is None or isinstance(numbers, int) else int(numbers[place])

    def limit(numbers: Any) -> Any:  # nobody's least contribution is as good as none
        return at(numbers) or 0

    found: list[object] = [at(shares.employer), at(shares.employee), at(shares.total)]
    for one in shares.branches:
        names = ("insurable", "employer", "employee", "total", "base")
        found += [one.branch, *(at(getattr(one, name)) for name in names), limit(one.computed), limit(one.top_up)]
        if one.additional is not None:
            found += [at(one.additional.counts), at(one.additional.limit)]
    return found


def attempted(pack: Pack, month: Month, people: People, steps: list[Step] | None = None) -> Shares | None:
    """The shares, None where the pack has no value for somebody."""
    try:
        return work_out(pack, month, people, steps=steps)
    except (NotKnown, Unusable):
        return None


FEW = settings(max_examples=4, deadline=None)
MANY = settings(max_examples=150, deadline=None)


def columns_agree(pack: Pack, data: st.DataObject) -> None:
    """People in columns get what each gets alone."""
    each = data.draw(persons(pack, 4))
    month = month_on(pack, data.draw(st.sampled_from(DAYS)))
    alone = [attempted(pack, month, one_of(pack, month, person)) for person in each]
    found = attempted(pack, month, together(pack, month, each))
    assert (found is None) == any(one is None for one in alone)
    if found is not None:
        for place, one in enumerate(alone):
            assert one is not None
            assert figures(found, place) == figures(one)
        assert found.provisional == any(one.provisional for one in alone if one is not None)


def words_agree(pack: Pack, data: st.DataObject) -> None:
    """The words are those of the calculation that is charged, each with its source, and can be kept."""
    (person,) = data.draw(persons(pack, 1))
    month = month_on(pack, data.draw(st.sampled_from(DAYS)))
    steps: list[Step] = []
    told = attempted(pack, month, one_of(pack, month, person), steps)
    silent = attempted(pack, month, one_of(pack, month, person))
    if told is None or silent is None:
        assert told is silent
        return
    assert figures(told) == figures(silent)
    assert steps[-1].result == told.total
    said = {step.result for step in steps}
    for one in told.branches:
        assert {one.employer, one.employee, one.total} - {None, 0} <= said | {(one.employer or 0) + (one.employee or 0)}
    assert all(str(step.words) for step in steps)
    assert all(step.source for step in steps[:-1]), [str(step.words) for step in steps if not step.source]
    assert steps_from_json(steps_to_json(steps)) == tuple(steps)


def sums_agree(pack: Pack, data: st.DataObject) -> None:
    """Shares add up to the total, by branch and in all."""
    (person,) = data.draw(persons(pack, 1))
    month = month_on(pack, data.draw(st.sampled_from(DAYS)))
    found = attempted(pack, month, one_of(pack, month, person))
    if found is None:
        return
    assert found.total == sum(one.total for one in found.branches)
    if found.employer is not None:
        assert found.total == found.employer + found.employee
        assert min(found.employer, found.employee) >= 0
    for one in found.branches:
        if one.employer is not None:
            assert one.total == one.employer + one.employee
        if one.top_up is not None:
            assert one.total == one.computed + one.top_up


def more_pay_never_costs_less(pack: Pack, data: st.DataObject) -> None:
    """
    A higher wage never lowers the contribution, unless the pack says so.

    Apart: what is taken off the pay; a bonus, of which a higher wage leaves less of the year's limit; and
    another employer's pay, which shares the ceiling.
    """
    (person,) = data.draw(persons(pack, 1))
    month = month_on(pack, data.draw(st.sampled_from(DAYS)))
    bonuses = {one.additional.component for one in pack.branches if one.additional}
    off = {code for one in pack.branches for dated in one.base.values if dated.value for code in dated.value.minus}
    lower = person | {"elsewhere": {}}
    for key in ("earnings", "earlier"):
        lower[key] = {code: 0 if code in bonuses else pay for code, pay in person[key].items()}
    raised = {code: data.draw(st.integers(0, 10**6)) for code in lower["earnings"] if code not in off | bonuses}
    higher = lower | {"earnings": {code: pay + raised.get(code, 0) for code, pay in lower["earnings"].items()}}
    before, after = (attempted(pack, month, one_of(pack, month, one)) for one in (lower, higher))
    if before is not None and after is not None and pack.id not in FALLS:
        assert before.total <= after.total


PROPERTIES = (columns_agree, words_agree, sums_agree, more_pay_never_costs_less)


@pytest.mark.parametrize("holds", PROPERTIES)
@FEW
@given(st.data())
def test_every_pack_keeps_its_promises_for_some_people(holds: Any, data: st.DataObject) -> None:
    for pack in PACKS.values():
        holds(pack, data)


@pytest.mark.long
@pytest.mark.parametrize("holds", PROPERTIES)
@pytest.mark.parametrize("id", PACKS)
@MANY
@given(st.data())
def test_every_pack_keeps_its_promises_for_many_people(id: str, holds: Any, data: st.DataObject) -> None:
    holds(PACKS[id], data)
