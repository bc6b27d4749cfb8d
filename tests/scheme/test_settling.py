"""Orders in which a payment settles debts, as laws have them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.scheme.allocation import (
    Allocation,
    Debt,
    OpenCharge,
    allocate,
    explain_allocation,
    order_in_words,
    pro_rata,
    settle,
)
from portal.scheme.blocks.cover import AllocationOrder
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Dated, Series
from portal.scheme.calendars import Month
from portal.words import _

PENALTIES_FIRST = AllocationOrder((("penalty",), ("interest",), ("contribution",)), months_first=True)
CALIFORNIA = AllocationOrder((("contribution",), ("penalty", "interest")), months_first=False, pro_rata=True)
CURRENT_FIRST = AllocationOrder(
    (("contribution",), ("interest",), ("penalty",)), months_first=True, designation=True, plan_first=True
)


def debt(period: str, penalty: int, interest: int, contribution: int) -> Debt:
    return Debt(period, {"penalty": penalty, "interest": interest, "contribution": contribution})


JANUARY, FEBRUARY = debt("2025-01", 50_00, 20_00, 400_00), debt("2025-02", 30_00, 10_00, 400_00)


def spent(order: AllocationOrder, payment: int, *first: str) -> list[tuple[str, str, int]]:
    return [one_of(each) for each in settle(order, [JANUARY, FEBRUARY], payment, first).allocations]


def one_of(each: Allocation) -> tuple[str, str, int]:
    return each.key, each.kind, each.amount


def with_order(pack: Pack, *orders: tuple[date, AllocationOrder]) -> Pack:
    ends = [date.fromordinal(since.toordinal() - 1) for since, _order in orders[1:]]
    values = [
        Dated(since, until, order, f"The order of {since.year}")
        for (since, order), until in zip(orders, [*ends, None], strict=True)
    ]
    return replace(pack, allocation=Series(_("the order"), tuple(values)))


def test_penalties_then_interest_then_contribution_of_the_oldest_month() -> None:
    assert spent(PENALTIES_FIRST, 480_00) == [
        ("2025-01", "penalty", 50_00),
        ("2025-01", "interest", 20_00),
        ("2025-01", "contribution", 400_00),
        ("2025-02", "penalty", 10_00),
    ]


def test_a_month_that_the_payer_names_comes_first_and_the_rest_goes_to_the_oldest() -> None:
    assert spent(PENALTIES_FIRST, 300_00, "2025-02") == [
        ("2025-02", "penalty", 30_00),
        ("2025-02", "interest", 10_00),
        ("2025-02", "contribution", 260_00),
    ]
    assert spent(PENALTIES_FIRST, 500_00, "2025-02")[3:] == [
        ("2025-01", "penalty", 50_00),
        ("2025-01", "interest", 10_00),
    ]


def test_contributions_of_all_months_share_in_proportion_then_penalties_and_interest_together() -> None:
    assert spent(CALIFORNIA, 500_01) == [
        ("2025-01", "contribution", 250_01),
        ("2025-02", "contribution", 250_00),
    ]
    assert spent(CALIFORNIA, 855_00) == [
        ("2025-01", "contribution", 400_00),
        ("2025-02", "contribution", 400_00),
        ("2025-01", "penalty", 25_00),
        ("2025-01", "interest", 10_00),
        ("2025-02", "penalty", 15_00),
        ("2025-02", "interest", 5_00),
    ]


def test_with_a_plan_the_current_month_comes_first(napsa: Pack) -> None:
    pack = with_order(napsa, (date(2020, 1, 1), CURRENT_FIRST))
    charges = [
        OpenCharge("a", Month(2026, 1), date(2026, 2, 10), 100_00, 30_00, 10_00),
        OpenCharge("b", Month(2026, 3), date(2026, 4, 10), 100_00, 0, 0),
    ]
    settled = allocate(pack, charges, 120_00, current=Month(2026, 3))
    assert list(map(one_of, settled.allocations)) == [("b", "contribution", 100_00), ("a", "contribution", 20_00)]
    named = allocate(pack, charges, 125_00, designated=Month(2026, 1))
    assert list(map(one_of, named.allocations)) == [
        ("a", "contribution", 100_00), ("a", "interest", 10_00), ("a", "penalty", 15_00),
    ]  # fmt: skip
    without = replace(CURRENT_FIRST, designation=False, plan_first=False)
    strict = with_order(napsa, (date(2020, 1, 1), without))
    found = allocate(strict, charges, 120_00, designated=Month(2026, 3), current=Month(2026, 3)).allocations
    assert [one.key for one in found] == ["a", "a", "a"]


def test_late_charges_that_the_book_does_not_hold_apart_stand_where_the_first_of_them_stands(napsa: Pack) -> None:
    pack = with_order(napsa, (date(2020, 1, 1), CURRENT_FIRST))
    charge = OpenCharge("a", Month(2026, 1), date(2026, 2, 10), 100_00, 30_00)
    assert list(map(one_of, allocate(pack, [charge], 120_00).allocations)) == [
        ("a", "contribution", 100_00), ("a", "late", 20_00),
    ]  # fmt: skip


def test_the_order_of_the_day_of_payment_holds(napsa: Pack) -> None:
    contributions_first = AllocationOrder((("contribution",), ("penalty", "interest")), months_first=False)
    pack = with_order(napsa, (date(2020, 1, 1), PENALTIES_FIRST), (date(2026, 1, 1), contributions_first))
    charge = OpenCharge("a", Month(2025, 1), date(2025, 2, 10), 100_00, 30_00, 10_00)
    kinds = [
        [one.kind for one in allocate(pack, [charge], 50_00, day).allocations]
        for day in (date(2025, 12, 31), date(2026, 1, 1))
    ]
    assert kinds == [["penalty", "interest", "contribution"], ["contribution"]]
    assert order_in_words(pack, date(2025, 12, 31)).source == "The order of 2020"


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (
            PENALTIES_FIRST,
            "The oldest month is settled in full before the next; in each month penalties, then interest, then "
            "contributions.",
        ),
        (
            CALIFORNIA,
            "Settled in this order: contributions, then penalties and interest in proportion; all months share in "
            "proportion to what is open.",
        ),
        (
            CURRENT_FIRST,
            "The oldest month is settled in full before the next; in each month contributions, then interest, then "
            "penalties. A payment for a month that the payer names goes there first. While a plan of instalments is "
            "kept, the current month comes first.",
        ),
    ],
)
def test_every_order_can_be_read_on_a_receipt(napsa: Pack, order: AllocationOrder, words: str) -> None:
    pack = with_order(napsa, (date(2020, 1, 1), order))
    assert str(order_in_words(pack).words) == words
    charge = OpenCharge("a", Month(2025, 1), date(2025, 2, 10), 100_00, 30_00, 10_00)
    steps = explain_allocation(pack, [charge], 1000_00)
    assert {str(step.words) for step in steps[1:-1]} == {
        "Contribution for January 2025", "Penalty for January 2025", "Interest for January 2025",
    }  # fmt: skip
    assert sum(step.result or 0 for step in steps) == 1000_00


amounts = st.integers(0, 10**6)
debts = st.lists(st.tuples(amounts, amounts, amounts), min_size=1, max_size=6).map(
    lambda listed: [debt(f"2025-{number:02d}", *one) for number, one in enumerate(listed, 1)]
)


@given(debts, st.integers(0, 10**7), st.sampled_from([PENALTIES_FIRST, CALIFORNIA, CURRENT_FIRST]))
def test_nothing_is_lost_and_nothing_is_settled_twice(listed: list[Debt], payment: int, order: AllocationOrder) -> None:
    settled = settle(order, listed, payment, (listed[-1].key,))
    assert sum(one.amount for one in settled.allocations) + settled.leftover == payment
    open_now = {(each.key, kind): amount for each in listed for kind, amount in each.amounts.items()}
    assert len({(one.key, one.kind) for one in settled.allocations}) == len(settled.allocations)
    assert all(0 < one.amount <= open_now[one.key, one.kind] for one in settled.allocations)
    assert not settled.leftover or sum(one.amount for one in settled.allocations) == sum(open_now.values())


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
def test_a_proportion_is_fair_to_the_minor_unit(amount: int, weights: list[int]) -> None:
    parts = pro_rata(amount, weights)
    assert sum(parts) == min(amount, sum(weights))
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
    if 0 < amount < sum(weights):
        assert all(
            abs(part * sum(weights) - amount * weight) < sum(weights)
            for part, weight in zip(parts, weights, strict=True)
        )
