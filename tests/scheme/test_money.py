from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.scheme.money import (
    MODES,
    Currency,
    Rounding,
    exact_in_words,
    format_amount,
    parse_amount,
    parse_rate,
    rate_in_words,
)
from portal.scheme.money import round_to as rounded

ZMW = Currency("ZMW", 2)


@pytest.mark.parametrize(
    ("value", "half_up", "half_down", "half_even", "floor", "ceil"),
    [
        ("0", 0, 0, 0, 0, 0),
        ("1/2", 1, 0, 0, 0, 1),
        ("3/2", 2, 1, 2, 1, 2),
        ("5/2", 3, 2, 2, 2, 3),
        ("249/100", 2, 2, 2, 2, 3),
        ("251/100", 3, 3, 3, 2, 3),
        ("-1/2", -1, 0, 0, -1, 0),
        ("-5/2", -3, -2, -2, -3, -2),
        ("-249/100", -2, -2, -2, -3, -2),
    ],
)
def test_each_mode_takes_the_half_its_own_way(
    value: str, half_up: int, half_down: int, half_even: int, floor: int, ceil: int
) -> None:
    expected = {"half_up": half_up, "half_down": half_down, "half_even": half_even, "floor": floor, "ceil": ceil}
    assert {mode: rounded(Fraction(value), Rounding(mode)) for mode in MODES} == expected


@pytest.mark.parametrize(("value", "expected"), [(1242, 1240), (1243, 1245), (-1243, -1245), (1240, 1240)])
def test_rounding_to_five_ngwee(value: int, expected: int) -> None:
    assert rounded(Fraction(value), Rounding("half_up", unit=5)) == expected


def test_a_mode_nobody_defined_is_refused() -> None:
    with pytest.raises(ValueError):
        rounded(Fraction(1, 2), Rounding("about"))


@given(st.fractions(), st.sampled_from(MODES), st.sampled_from([1, 5, 100]))
def test_what_is_rounded_is_a_multiple_of_the_unit_and_nearer_than_one(value: Fraction, mode: str, unit: int) -> None:
    result = rounded(value, Rounding(mode, unit))
    assert result % unit == 0
    assert abs(result - value) < unit


@pytest.mark.parametrize(
    ("text", "rate"),
    [("1 %", Fraction(1, 100)), ("8.33%", Fraction(833, 10000)), ("0 %", Fraction(0)), ("5\u00a0%", Fraction(1, 20))],
)
def test_a_rate_is_read_exactly(text: str, rate: Fraction) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["1", "0.05", "1,5 %", "-1 %", "% 1", "", "one %"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_rate(text)


@given(st.integers(0, 10_000_000))
def test_a_rate_survives_being_written_and_read(millionths: int) -> None:
    rate = Fraction(millionths, 1_000_000)
    assert parse_rate(rate_in_words(rate)) == rate


@given(st.integers(-(10**15), 10**15), st.sampled_from([0, 2, 3]))
def test_an_amount_survives_being_written_and_read(minor: int, digits: int) -> None:
    currency = Currency("XXX", digits)
    assert parse_amount(format_amount(minor, currency), currency) == minor


def test_a_third_of_a_ngwee_is_no_amount() -> None:
    with pytest.raises(ValueError):
        parse_amount("1.005", ZMW)


@pytest.mark.parametrize(
    ("pounds", "pence"), [("87.4558", 8745), ("87.4568", 8746), ("52.6558", 5265), ("52.6562", 5266), ("87.495", 8749)]
)
def test_a_british_share_is_cut_to_three_decimals_and_a_halfpenny_is_disregarded(pounds: str, pence: int) -> None:
    assert rounded(Fraction(pounds) * 100, Rounding("half_down", truncate=1)) == pence


def test_where_the_law_says_how_to_round_does_not_make_it_another_rounding() -> None:
    assert Rounding("floor", source="the act") == Rounding("floor")


@pytest.mark.parametrize(
    ("minor", "digits", "text"),
    [
        ("8745.58", 2, "87.4558 ZMW"),
        ("100", 2, "1.00 ZMW"),
        ("100/3", 2, "0.33333333\u2026 ZMW"),
        ("-1234567", 2, "-12,345.67 ZMW"),
        ("1500", 0, "1,500 ZMW"),
        ("0.5", 0, "0.5 ZMW"),
    ],
)
def test_an_amount_not_rounded_yet_shows_its_decimals(minor: str, digits: int, text: str) -> None:
    assert exact_in_words(Fraction(minor), Currency("ZMW", digits)) == text
