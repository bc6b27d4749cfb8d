from __future__ import annotations

import subprocess
import sys

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.scheme import columns
from portal.scheme.columns import (
    any_of,
    choose,
    column,
    either,
    every,
    least,
    most,
    opposite,
    pick,
    pick_truth,
    spread,
    times,
    together,
)
from portal.scheme.money import MODES, Rounding, round_ratio, truncated

NUMBERS = st.lists(st.integers(-(10**20), 10**20), min_size=1, max_size=6)


@given(NUMBERS, st.integers(-(10**20), 10**20))
def test_a_column_gives_what_each_number_alone_gives(values: list[int], other: int) -> None:
    there = column(values)
    assert least(there, other).tolist() == [least(one, other) for one in values]
    assert most(other, there).tolist() == [most(other, one) for one in values]
    assert times(there, other).tolist() == [one * other for one in values]
    assert times(there, there).tolist() == [one * one for one in values]
    assert together(there) == sum(values)
    assert choose(there > 0, there, 0).tolist() == [max(one, 0) for one in values]


@given(NUMBERS, st.integers(1, 10**19), st.sampled_from(MODES), st.integers(1, 10**4))
def test_rounding_a_column_is_rounding_each_number(values: list[int], below: int, mode: str, unit: int) -> None:
    for truncate in (None, 2, 0, -1):
        rounding = Rounding(mode, unit, truncate)
        assert round_ratio(column(values), below, rounding).tolist() == [
            round_ratio(one, below, rounding) for one in values
        ]


@pytest.mark.parametrize("edge", [2**61 - 1, 2**61, 2**62, 2**63 - 1, 2**63, 10**19, 10**30])
def test_amounts_at_the_end_of_64_bits_stay_exact(edge: int) -> None:
    values = [edge, -edge, 0, 1]
    for by in (1, 2, 833, edge):
        assert times(column(values), by).tolist() == [one * by for one in values]
    assert together(column(values * 3)) == 3
    for mode in MODES:
        expected = [round_ratio(one, 7, Rounding(mode, 3)) for one in values]
        assert round_ratio(column(values), 7, Rounding(mode, 3)).tolist() == expected


def test_a_small_column_times_a_huge_number_does_not_run_over() -> None:
    assert times(column([0, 0]), 10**30).tolist() == [0, 0]
    assert times(column([0, 3]), 10**30).tolist() == [0, 3 * 10**30]


@pytest.mark.parametrize("bad", [[1, 2.5], [1, "2"], [1, None], [True, 1], numpy.array([1.0]), numpy.array([True])])
def test_what_is_no_whole_number_makes_no_column(bad: list[object]) -> None:
    with pytest.raises(TypeError):
        column(bad)  # type: ignore[arg-type]


def test_a_column_already_made_is_not_copied() -> None:
    made = numpy.arange(5)
    assert column(made) is made
    assert column(numpy.array([1, 2], dtype=numpy.int32)).dtype == numpy.int64


def test_yes_and_no_work_for_one_and_for_many() -> None:
    some = column([1, 0, 1]) > 0
    assert [any_of(True), any_of(False), any_of(some), any_of(opposite(some) & some)] == [True, False, True, False]
    assert opposite(True) is False
    assert opposite(some).tolist() == [False, True, False]
    assert every(()) is True
    assert every((True, some)).tolist() == some.tolist()
    assert every((True, False)) is False
    assert either((False, some)).tolist() == some.tolist()
    assert pick((5, 7), 1) == 7
    assert pick((5, 10**30), column([1, 0])).tolist() == [10**30, 5]
    assert pick_truth((True, False), 1) is False
    assert pick_truth((True, False), column([1, 0])).tolist() == [False, True]


def test_one_number_for_all_becomes_a_column_when_there_are_many() -> None:
    assert spread(3, None) == 3
    assert spread(3, 2).tolist() == [3, 3]
    assert spread(10**30, 2).tolist() == [10**30, 10**30]
    assert spread(None, 2) is None


def test_one_person_needs_no_numpy() -> None:
    code = (
        "import sys; from portal.scheme.pack import find_pack, load_pack; from portal.scheme.calendars import Month;"
        "from portal.scheme.contribution import explain_contribution;"
        "pack = load_pack(find_pack('zm-napsa'), tests=False);"
        "explain_contribution(pack, Month(2026, 1), {'gross': 100}); assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=columns.__file__.rsplit("/portal/", 1)[0])


def test_truncation_goes_towards_zero() -> None:
    assert truncated(-874558, 100, 1) == (-87455, 10)
    assert [truncated(one, 100, 0) for one in (-150, 150, 199)] == [(-1, 1), (1, 1), (1, 1)]
