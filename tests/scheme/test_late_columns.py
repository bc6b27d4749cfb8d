"""Many charges at once cost what each of them costs alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.scheme.blocks.late import LateRule
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown, Unknown
from portal.scheme.late import ChargeHistory, Movement, late_charges_on
from portal.scheme.lateness.bulk import Charges, late_charges_of
from tests.scheme.build_late import (
    CPF,
    DAMAGES_14B,
    INTEREST_7Q,
    PAYE_INTEREST,
    SHAPES,
    due_at_month_end,
    pack_with,
    phase,
    rule,
    story,
)  # fmt: skip

DUE = date(2025, 6, 30)
ON = date(2026, 3, 20)


def columns(histories: Sequence[ChargeHistory], **more: object) -> Charges:
    moves = [(place, move) for place, history in enumerate(histories) for move in history.movements]
    frozen = {place: history.frozen for place, history in enumerate(histories) if history.frozen}
    return Charges(
        due=np.array([history.due.toordinal() for history in histories], dtype=np.int64),
        of=np.array([place for place, _move in moves], dtype=np.int64),
        day=np.array([move.day.toordinal() for _place, move in moves], dtype=np.int64),
        amount=np.array([move.amount for _place, move in moves]),
        late_from_posting=np.array([move.late_from_posting for _place, move in moves], dtype=bool),
        frozen=frozen,
        **more,  # type: ignore[arg-type]
    )


def one_by_one(pack: Pack, histories: Sequence[ChargeHistory], on: date) -> list[int | None]:
    found: list[int | None] = []
    for history in histories:
        try:
            found.append(late_charges_on(pack, history, on).amount)
        except NotKnown:
            found.append(None)
    return found


def at_once(pack: Pack, histories: Sequence[ChargeHistory], on: date) -> list[int | None]:
    found = late_charges_of(pack, columns(histories), on)
    return [
        amount if known else None for amount, known in zip(found.amount.tolist(), found.all_known.tolist(), strict=True)
    ]


movements = st.lists(
    st.builds(
        Movement,
        st.integers(-40, 300).map(lambda days: DUE + timedelta(days=days)),
        st.integers(-2000_00, 2000_00),
        st.booleans(),
    ),
    max_size=5,
).map(tuple)
histories = st.builds(
    lambda day, charge, moves: ChargeHistory(
        DUE + timedelta(days=day), (Movement(DUE + timedelta(days=day), charge), *moves)
    ),
    st.integers(-120, 60), st.integers(0, 3000_00), movements,
)  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=25, deadline=None)
@given(charges=st.lists(histories, min_size=1, max_size=6), days=st.integers(-20, 400))
def test_any_charges_of_any_shape(name: str, charges: list[ChargeHistory], days: int) -> None:
    pack, on = pack_with(SHAPES[name]), DUE + timedelta(days=days)
    assert at_once(pack, charges, on) == one_by_one(pack, charges, on)


@settings(max_examples=40, deadline=None)
@given(charges=st.lists(histories, min_size=1, max_size=6), days=st.integers(-20, 100))
def test_days_of_grace(charges: list[ChargeHistory], days: int) -> None:
    pack, on = due_at_month_end(pack_with(CPF)), DUE + timedelta(days=days)
    assert at_once(pack, charges, on) == one_by_one(pack, charges, on)


def test_a_change_of_nothing_on_the_day_asked_about_is_no_day_late() -> None:
    pack, on = due_at_month_end(pack_with(CPF)), DUE
    unchanged = ChargeHistory(on - timedelta(days=1), (Movement(on - timedelta(days=1), 1), Movement(on, 0)))
    assert at_once(pack, [unchanged], on) == one_by_one(pack, [unchanged], on) == [0]


def test_several_rules_stand_apart_and_together() -> None:
    paid_late = story(date(2015, 10, 15), 11145_00, (date(2016, 2, 15), 11145_00))
    found = late_charges_of(pack_with(INTEREST_7Q, DAMAGES_14B), columns([paid_late]), ON)
    one = late_charges_on(pack_with(INTEREST_7Q, DAMAGES_14B), paid_late, ON)
    assert {code: column.tolist() for code, column in found.by_rule.items()} == {
        code: [amount] for code, amount in one.by_rule.items()
    }
    assert found.amount.tolist() == [one.amount]


def test_a_charge_under_a_plan_is_worked_out_by_itself() -> None:
    pack = pack_with(SHAPES["day"])
    charges = [story(DUE, 1000_00), story(DUE, 1000_00, frozen=((date(2025, 8, 1), date(2025, 8, 31)),))]
    on = date(2025, 9, 30)
    assert late_charges_of(pack, columns(charges), on).amount.tolist() == [92_00, 61_00]


def test_amounts_beyond_64_bits_stay_exact() -> None:
    pack = pack_with(SHAPES["month or part"])
    huge = 10**17
    charges = [story(DUE, huge), story(DUE, huge + 1, (date(2025, 7, 5), 7))]
    assert at_once(pack, charges, ON) == one_by_one(pack, charges, ON)


def test_earlier_failures_are_a_column_too() -> None:
    charges = [story(DUE, 20_000_00)] * 4
    found = late_charges_of(
        pack_with(SHAPES["failures"]), columns(charges, failures_before=np.array([0, 1, 4, 12])), DUE + timedelta(1)
    )
    assert found.amount.tolist() == [0, 200_00, 400_00, 800_00]


def test_what_is_not_known_is_not_zero() -> None:
    before_the_series = story(date(2024, 6, 22), 1000_00)
    in_time = story(date(2024, 6, 22), 1000_00, (date(2024, 6, 22), 1000_00))
    later = story(date(2025, 6, 22), 36_500_00, (date(2025, 7, 22), 36_500_00))
    found = late_charges_of(pack_with(PAYE_INTEREST), columns([before_the_series, in_time, later]), ON)
    assert found.all_known.tolist() == [False, True, True]
    assert found.amount.tolist() == [0, 0, 247_50]


def test_a_scheme_that_does_not_know_its_late_charge_says_so_for_everybody() -> None:
    pack = pack_with()
    object.__setattr__(pack, "late", Unknown("nothing was found"))
    found = late_charges_of(pack, columns([story(DUE, 1000_00)]), ON)
    assert (found.amount.tolist(), found.all_known.tolist()) == ([0], [False])


def test_no_charges_at_all() -> None:
    assert late_charges_of(pack_with(SHAPES["once"]), columns([]), ON).amount.tolist() == []


def test_a_late_return_is_not_asked_of_charges() -> None:
    late_list: LateRule = rule(phase("month_or_part", "1.5"), trigger="late_return", option="declaration_months_late")
    assert late_charges_of(pack_with(late_list), columns([story(DUE, 1000_00)]), ON).amount.tolist() == [0]


def test_a_part_of_a_cent_of_many_payments_is_rounded_once() -> None:
    paid = [(DUE + timedelta(days=number), 33) for number in range(1, 10)]
    charges = [story(DUE, 297, *paid)]
    pack = pack_with(SHAPES["annual interest"])
    assert at_once(pack, charges, ON) == one_by_one(pack, charges, ON) == [0]
    assert late_charges_on(pack, charges[0], ON).before_rounding["7Q"] == Fraction(33 * 45 * 12, 36500)
