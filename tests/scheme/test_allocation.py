from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.scheme.allocation import Allocation, OpenCharge, allocate, explain_allocation, order_in_words
from portal.scheme.calendars import Month
from portal.scheme.pack import PACKS, Pack, load_pack, load_packs


def charge(number: int, contribution: int, late: int) -> OpenCharge:
    month = Month(2026, number)
    return OpenCharge(str(month), month, date(2026, number + 1, 10), contribution, late)


OPEN = (charge(3, 400_00, 20_00), charge(1, 400_00, 100_00), charge(2, 400_00, 50_00))


def spent(pack: Pack, amount: int) -> list[tuple[str, str, int]]:
    return [(one.key, one.kind, one.amount) for one in allocate(pack, OPEN, amount).allocations]


def test_contributions_of_all_months_come_before_any_late_charge(napsa: Pack) -> None:
    assert spent(napsa, 1250_00) == [
        ("2026-01", "contribution", 400_00),
        ("2026-02", "contribution", 400_00),
        ("2026-03", "contribution", 400_00),
        ("2026-01", "late", 50_00),
    ]


@pytest.mark.parametrize(
    ("amount", "settled", "leftover"),
    [
        (0, 0, 0),
        (1, 1, 0),
        (400_00, 400_00, 0),
        (1370_00, 1370_00, 0),
        (1370_01, 1370_00, 1),
        (5000_00, 1370_00, 3630_00),
    ],
)
def test_what_is_left_over_is_kept_apart(napsa: Pack, amount: int, settled: int, leftover: int) -> None:
    allocations, left = allocate(napsa, OPEN, amount)
    assert (sum(one.amount for one in allocations), left) == (settled, leftover)


def test_a_payment_below_zero_is_a_mistake(napsa: Pack) -> None:
    with pytest.raises(ValueError):
        allocate(napsa, OPEN, -1)


def test_a_pack_can_settle_month_by_month_with_late_charges_first(tmp_path: Path) -> None:
    text = (PACKS / "zm-napsa.toml").read_text()
    text = text.replace(
        'order = ["contribution", "late"]\nfirst = "kinds"', 'order = ["late", "contribution"]\nfirst = "months"'
    )
    path = tmp_path / "zm-napsa.toml"
    path.write_text(text)
    pack = load_pack(path)
    assert spent(pack, 520_00) == [
        ("2026-01", "late", 100_00),
        ("2026-01", "contribution", 400_00),
        ("2026-02", "late", 20_00),
    ]
    assert "in each month late charges, then contributions" in str(order_in_words(pack).words)


def test_the_receipt_says_the_order_and_where_it_comes_from(nhima: Pack) -> None:
    steps = explain_allocation(nhima, OPEN, 1400_00)
    assert str(steps[0].words).startswith("Contributions of all months are settled first, oldest month first")
    assert steps[0].source == "Default of this portal; the scheme publishes no order"
    assert (str(steps[1].words), steps[1].result) == ("Contribution for January 2026", 400_00)
    assert steps[-1].result == 30_00


open_charges = st.lists(
    st.builds(charge, st.integers(1, 11), st.integers(0, 10**6), st.integers(0, 10**6)),
    max_size=8,
    unique_by=lambda one: one.key,
)


@given(open_charges, st.integers(0, 10**7))
def test_never_more_than_was_paid_and_never_more_than_is_open(charges: list[OpenCharge], amount: int) -> None:
    pack = load_packs(["zm-napsa"])["zm-napsa"]
    allocations, leftover = allocate(pack, charges, amount)
    assert sum(one.amount for one in allocations) + leftover == amount
    left = {(one.key, kind): part for one in charges for kind, part in parts(one)}
    for one in allocations:
        assert 0 < one.amount <= left[one.key, one.kind]
    assert leftover == 0 or sum(one.amount for one in allocations) == sum(left.values())
    assert len({(one.key, one.kind) for one in allocations}) == len(allocations)


@given(open_charges, st.integers(0, 10**6), st.integers(0, 10**6))
def test_two_payments_settle_what_one_of_their_sum_does(charges: list[OpenCharge], first: int, second: int) -> None:
    pack = load_packs(["zm-nhima"])["zm-nhima"]
    done = allocate(pack, charges, first).allocations
    rest = [after(one, done) for one in charges]
    together = totals(allocate(pack, charges, first + second).allocations)
    assert totals((*done, *allocate(pack, rest, second).allocations)) == together


def parts(one: OpenCharge) -> list[tuple[str, int]]:
    return [("contribution", one.contribution), ("late", one.late)]


def after(one: OpenCharge, done: tuple[Allocation, ...]) -> OpenCharge:
    paid = {allocation.kind: allocation.amount for allocation in done if allocation.key == one.key}
    return OpenCharge(
        one.key, one.month, one.due, one.contribution - paid.get("contribution", 0), one.late - paid.get("late", 0)
    )


def totals(allocations: tuple[Allocation, ...]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for one in allocations:
        found[one.key, one.kind] = found.get((one.key, one.kind), 0) + one.amount
    return found
