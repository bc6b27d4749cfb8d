from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.scheme.calendars import Month
from portal.scheme.contribution import NotKnown, below_minimum, contribution_on, explain_contribution, outside_age
from portal.scheme.pack import Pack, load_packs

OCTOBER = Month(2026, 10)


@pytest.mark.parametrize(
    ("basic", "each"),
    [(0, 0), (49, 0), (50, 1), (149, 1), (150, 2), (8000_00, 80_00), (1234_50, 12_35), (10**15, 10**13)],
)
def test_nhima_takes_one_per_cent_of_basic_pay_from_both_without_a_ceiling(nhima: Pack, basic: int, each: int) -> None:
    found = contribution_on(nhima, OCTOBER, {"basic": basic, "gross": 2 * basic})
    assert (found.employer, found.employee, found.total, found.insurable) == (each, each, 2 * each, basic)
    assert [share.branch for share in found.shares] == ["health"]
    assert not found.provisional


@pytest.mark.parametrize(
    ("month", "gross", "insurable", "each"),
    [
        ("2018-12", 19900_00, 19900_00, 995_00),
        ("2018-12", 19900_01, 19900_00, 995_00),
        ("2024-01", 29816_00, 29816_00, 1490_80),
        ("2024-12", 40000_00, 29816_00, 1490_80),
        ("2025-01", 40000_00, 34164_00, 1708_20),
        ("2025-12", 34163_99, 34163_99, 1708_20),
        ("2026-01", 40000_00, 37236_00, 1861_80),
        ("2026-12", 3500_10, 3500_10, 175_01),
    ],
)
def test_napsa_takes_five_per_cent_up_to_the_ceiling_of_the_year(
    napsa: Pack, month: str, gross: int, insurable: int, each: int
) -> None:
    found = contribution_on(napsa, Month.parse(month), {"gross": gross})
    assert (found.insurable, found.employer, found.employee, found.provisional) == (insurable, each, each, False)


@pytest.mark.parametrize("month", ["2019-01", "2021-06", "2023-12", "2017-12"])
def test_a_month_whose_ceiling_was_not_found_is_refused(napsa: Pack, month: str) -> None:
    with pytest.raises(NotKnown):
        contribution_on(napsa, Month.parse(month), {"gross": 1000_00})


def test_a_year_not_yet_published_uses_the_last_ceiling_and_says_so(napsa: Pack) -> None:
    found = contribution_on(napsa, Month(2027, 1), {"gross": 50000_00})
    assert (found.employer, found.provisional, found.shares[0].provisional) == (1861_80, True, True)
    said = " ".join(str(step.words) for step in explain_contribution(napsa, Month(2027, 1), {"gross": 50000_00}))
    assert "The ceiling for January 2027 is not published yet; the last one, 37,236.00 ZMW, is used provision" in said


@pytest.mark.parametrize("earnings", [{}, {"basic": 100}, {"gross": -1}, {"gross": 10**15 + 1}])
def test_pay_that_cannot_be_is_refused(napsa: Pack, earnings: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        contribution_on(napsa, OCTOBER, earnings)


def test_the_explanation_names_rate_base_amount_and_source(nhima: Pack) -> None:
    steps = explain_contribution(nhima, OCTOBER, {"basic": 8000_00})
    assert [(str(step.words), step.result) for step in steps] == [
        ("Basic pay counts for Health insurance", 8000_00),
        ("Employer share for Health insurance: 1\u00a0% of 8,000.00 ZMW", 80_00),
        ("Employee share for Health insurance: 1\u00a0% of 8,000.00 ZMW", 80_00),
        ("NHIMA for October 2026 in all", 160_00),
    ]
    assert all(step.source for step in steps[:-1])


def test_the_explanation_rounds_before_our_eyes(nhima: Pack) -> None:
    steps = explain_contribution(nhima, OCTOBER, {"basic": 1234_50})
    assert [(str(step.words), step.result) for step in steps[1:3]] == [
        ("Employer share for Health insurance: 1\u00a0% of 1,234.50 ZMW", None),
        ("12.345 ZMW is rounded to the nearest 0.01 ZMW; a half is rounded up.", 12_35),
    ]


@given(st.integers(0, 10**9), st.sampled_from(["2018-03", "2024-03", "2026-03", "2030-03"]))
def test_the_explanation_ends_with_the_amount_that_is_charged(gross: int, text: str) -> None:
    pack, month = load_packs(["zm-napsa"])["zm-napsa"], Month.parse(text)
    steps = explain_contribution(pack, month, {"gross": gross})
    found = contribution_on(pack, month, {"gross": gross})
    assert steps[-1].result == found.total
    assert [step.result for step in steps[2:-1] if step.result is not None] == [found.employer, found.employee]


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.sampled_from(["zm-nhima", "zm-napsa"]))
def test_shares_add_up_and_more_pay_never_costs_less(pay: int, more: int, id: str) -> None:
    pack = load_packs([id])[id]
    lower = contribution_on(pack, OCTOBER, dict.fromkeys(pack.components, pay))
    higher = contribution_on(pack, OCTOBER, dict.fromkeys(pack.components, pay + more))
    assert lower.total == lower.employer + lower.employee == sum(s.employer + s.employee for s in lower.shares)
    assert lower.employer <= higher.employer
    assert lower.insurable <= pay
    assert lower == contribution_on(pack, OCTOBER, dict.fromkeys(pack.components, pay))


def test_a_wage_under_fifteen_kwacha_need_not_be_declared_to_napsa(napsa: Pack, nhima: Pack) -> None:
    assert below_minimum(napsa, OCTOBER, {"gross": 14_99})
    assert not below_minimum(napsa, OCTOBER, {"gross": 15_00})
    assert not below_minimum(nhima, OCTOBER, {"basic": 0})


@pytest.mark.parametrize(
    ("birth", "outside"),
    [
        (date(2008, 10, 31), False),  # turns 18 on the last day of the month
        (date(2008, 11, 1), True),
        (date(1960, 10, 2), False),  # still 65 on the first day of the month
        (date(1960, 10, 1), True),  # turns 66 on it
    ],
)
def test_members_are_eighteen_to_sixty_five(napsa: Pack, birth: date, outside: bool) -> None:
    assert outside_age(napsa, OCTOBER, birth) is outside


def test_a_line_takes_a_tenth_of_a_millisecond_and_mostly_less(nhima: Pack, napsa: Pack) -> None:
    began = time.process_time()
    for number in range(1000):
        earnings = {"basic": 3000_00 + number, "gross": 4000_00 + number}
        contribution_on(nhima, OCTOBER, earnings)
        contribution_on(napsa, OCTOBER, earnings)
    assert time.process_time() - began < 2 * 1000 * 0.000_1
