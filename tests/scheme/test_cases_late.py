"""Questions about late charges, cover and settling in the form of the vectors, also those that are not among them."""

from __future__ import annotations

from typing import Any

import pytest

from portal.scheme.blocks.values import NotKnown
from portal.scheme.cases.inputs import BadInput
from portal.scheme.cases.run import compare, run
from portal.scheme.pack import Pack, find_pack, load_pack

HOWARD = [
    ("2014-05-05", "20000.00"), ("2014-06-05", "20500.00"), ("2014-08-05", "20000.00"), ("2014-11-05", "10000.00"),
    ("2015-01-05", "17000.00"), ("2015-04-05", "12000.00"),
]  # fmt: skip


def loaded(id: str) -> Pack:
    return load_pack(find_pack(id), tests=False)


def answer(id: str | None, category: str, **inputs: Any) -> dict[str, Any]:
    return run(loaded(id) if id else None, category, inputs)


def expect(found: dict[str, Any], **expected: Any) -> None:
    assert [str(words) for words in compare(expected, found)] == []


def periods(*listed: tuple[str, str]) -> list[dict[str, str]]:
    return [{"period_end": end, "charge": charge} for end, charge in listed]


def test_howard_of_the_tax_office_was_late_six_times() -> None:
    found = answer("gb-paye", "penalty", kind="default", periods=periods(*HOWARD))
    expect(found, late={"default": "1085"}, by_period=["0", "205", "200", "100", "340", "240"], total="1085")


def test_a_new_tax_year_begins_with_a_free_failure_and_small_shortfalls_are_none() -> None:
    listed = periods(("2015-03-05", "1000"), ("2015-04-05", "1000"), ("2015-05-05", "100"), ("2015-06-05", "1000"))
    found = answer("gb-paye", "penalty", kind="default", periods=listed)
    expect(found, by_period=["0", "10", "0", "0"])


def test_further_penalties_need_six_and_twelve_full_months() -> None:
    six = answer("gb-paye", "penalty", charge="20000.00", due="2025-05-22", months_late=6)
    expect(six, late={"6m": "1000", "12m": "0"})
    five = answer("gb-paye", "penalty", charge="20000.00", due="2025-05-22", months_late=5)
    expect(five, late={"6m": "0", "12m": "0"})
    assert "interest" not in five["late"]
    assert "total" not in five


@pytest.mark.parametrize(("part", "late"), [("9900.00", False), ("9899.99", True)])
def test_a_shortfall_of_a_hundred_is_none(part: str, late: bool) -> None:
    parts = [{"date": "2025-05-22", "amount": part}]
    found = answer("gb-paye", "penalty", charge="10000", due="2025-05-22", kind="default", part_payments=parts)
    expect(found, is_late=late)


def test_interest_in_singapore_with_everything_that_can_be_asked() -> None:
    found = answer("sg-cpf", "penalty", charge="3000.00", due="2025-10-31", paid="2025-11-20")
    expect(
        found, late={"interest": "28"}, units=19, days_in_month=30, before_rounding={"interest": "28.50"},
        rate={"interest": "0.015"}, is_late=True, total="28.00",
    )  # fmt: skip


def test_days_told_are_days_that_count() -> None:
    month = {"month": "2025-10", "charge": "3000.00", "days_late": 19}
    expect(answer("sg-cpf", "interest", **month), late={"interest": "28"}, units=19)
    gulf = answer("ae-gpssa", "penalty", month="2026-01", charge="100000.00", days_late=10)
    expect(gulf, late={"penalty": "1000.00"}, units=10)


def test_which_day_of_a_payment_counts_is_the_schemes_word() -> None:
    days = {"ordered": "2025-04-14", "credited": "2025-04-16", "due": "2025-04-15", "charge": "1000000"}
    expect(answer("cm-cnps", "penalty", **days), is_late=True, late={"penalty": "100000"})
    expect(answer("ke-nssf", "penalty", **days), is_late=False, late={"penalty": "0"})


def test_the_due_day_follows_from_the_month() -> None:
    found = answer("ke-nssf", "penalty", month="2026-02", charge="12960.00", paid="2026-03-10")
    expect(found, late={"penalty": "648.00"}, units=1)


def test_part_payments_cut_the_delay() -> None:
    parts = [{"date": "2026-01-20", "amount": "1000.00"}]
    found = answer("zm-napsa", "penalty", charge="3000.00", due="2026-01-10", paid="2026-02-11", part_payments=parts)
    expect(found, late={"penalty": "500.00"}, units=2, rate={"penalty": "0.1"})


def test_a_scheme_without_a_known_charge_says_so() -> None:
    with pytest.raises(NotKnown, match="NHIMA"):
        answer("zm-nhima", "penalty", charge="100.00", due="2026-01-10", paid="2026-02-11")
    with pytest.raises(NotKnown):
        answer("zm-napsa", "penalty", kind="interest", charge="100.00", due="2026-01-10", paid="2026-02-11")
    with pytest.raises(NotKnown):
        answer("in-epf", "penalty", kind="7Q", month="2026-01", charge="100", months_late=3)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("charge", "-1"), ("charge", "1e6"), ("charge", "twelve"), ("charge", None), ("charge", "9" * 20),
        ("charge", 1.5), ("paid", "2026-02-30"), ("due", 20260110), ("part_payments", [5]), ("part_payments", "x"),
        ("part_payments", [{"date": "2026-01-20"}]), ("months_late", -1), ("months_late", 10**6),
        ("periods", [1]), ("employer", "big"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_its_name(key: str, value: object) -> None:
    inputs = {"charge": "3000.00", "due": "2026-01-10", "paid": "2026-02-11", key: value}
    with pytest.raises((BadInput, NotKnown)):
        answer("gb-paye" if key == "periods" else "zm-napsa", "penalty", **inputs)


def test_four_successive_months_in_zambia() -> None:
    paid = ["2026-07", "2026-08", "2026-09", "2026-10"]
    found = answer("zm-nhima", "eligibility", paid_months=paid)
    expect(
        found, covered=True, active_after="2026-10", covered_through="2026-11", covered_months=["2026-11"]
    )  # fmt: skip
    expect(answer("zm-nhima", "eligibility", paid_months=paid[:3]), covered=False, covered_months=[])
    expect(answer("zm-nhima", "eligibility", paid_months=paid, month="2026-12"), covered=False)


def test_cover_that_is_not_known_is_not_no_cover() -> None:
    for id in ("zm-napsa", "tz-nhif"):
        with pytest.raises(NotKnown):
            answer(id, "eligibility", paid_months=["2026-01"])
    with pytest.raises(NotKnown):
        answer("np-ssf", "eligibility", branch="accident_disability", paid_months=["2081-01"])
    with pytest.raises(BadInput):
        answer("zm-nhima", "eligibility")


DEBTS = [
    {"period": "2025-02", "penalty": "30.00", "interest": "10.00", "contribution": "400.00"},
    {"period": "2025-01", "penalty": "50.00", "interest": "20.00", "contribution": "400.00"},
]


def test_the_orders_of_other_countries() -> None:
    pooled = ["contribution", "penalty_and_interest"]
    found = answer(
        None, "allocation", payment="855.00", order=pooled, period_order="pro_rata", debts=DEBTS
    )  # fmt: skip
    expect(
        found, unapplied="0",
        periods=[
            {"period": "2025-02", "contribution": "400", "penalty": "15", "interest": "5"},
            {"period": "2025-01", "contribution": "400", "penalty_and_interest": "35"},
        ],
    )  # fmt: skip
    current = answer(
        None, "allocation", payment="405.00", order=["contribution", "interest", "penalty"],
        period_order="current_first", debts=DEBTS,
    )  # fmt: skip
    expect(current, periods=[{"contribution": "400", "interest": "5"}, {"contribution": "0"}])
    over = answer(None, "allocation", payment="1000", order=pooled, period_order="oldest_first", debts=DEBTS)
    expect(over, unapplied="90.00")


def test_the_order_of_a_scheme_where_none_is_told() -> None:
    found = answer("zm-napsa", "allocation", payment="450.00", debts=DEBTS)
    expect(found, periods=[{"contribution": "50"}, {"contribution": "400"}], unapplied="0")
    with pytest.raises(BadInput):
        answer(None, "allocation", payment="450.00", debts=DEBTS)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("debts", None), ("debts", [DEBTS[0], DEBTS[0]]), ("debts", [{"penalty": "1"}]), ("order", ["fees"]),
        ("order", ["penalty", "penalty"]), ("payment", "-5"), ("period_order", "youngest"),
    ],
)  # fmt: skip
def test_a_settlement_that_cannot_be_read_is_refused(key: str, value: object) -> None:
    inputs = {"payment": "450.00", "order": ["penalty", "interest", "contribution"], "debts": DEBTS, key: value}
    with pytest.raises(BadInput):
        answer(None, "allocation", **inputs)


def test_instalments_outside_the_terms_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="at most 24 months"):
        answer("bs-nib", "instalment", arrears="10000.00", down_payment_share="0.40", months=36)
    with pytest.raises(ValueError, match="at most 1200 months"):
        answer("zm-napsa", "instalment", arrears="10000.00", months=10**8)
    with pytest.raises(BadInput):
        answer("bs-nib", "instalment", arrears="10000.00", down_payment_share="forty", months=24)
