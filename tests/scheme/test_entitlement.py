from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.scheme.calendars import Month
from portal.scheme.entitlement import entitled_months, explain_entitlement, opening_months
from portal.scheme.pack import Pack, load_packs


def months(*texts: str) -> list[Month]:
    return [Month.parse(text) for text in texts]


@pytest.mark.parametrize(
    ("paid", "opened"),
    [
        ((), ()),
        (("2026-07", "2026-08", "2026-09"), ()),
        (("2026-07", "2026-08", "2026-09", "2026-10"), ("2026-11",)),
        (("2026-09", "2026-10", "2026-11", "2026-12", "2027-01"), ("2027-01", "2027-02")),
        (("2026-01", "2026-02", "2026-03", "2026-05", "2026-06", "2026-07"), ()),
        (("2026-01", "2026-02", "2026-03", "2026-04", "2026-06"), ("2026-05",)),
    ],
)
def test_four_successive_paid_months_open_the_next(nhima: Pack, paid: tuple[str, ...], opened: tuple[str, ...]) -> None:
    assert entitled_months(nhima, months(*paid)) == frozenset(months(*opened))


def test_a_late_payment_that_fills_a_gap_opens_the_months_behind_it(nhima: Pack) -> None:
    without = months("2026-01", "2026-02", "2026-04", "2026-05")
    assert entitled_months(nhima, without) == frozenset()
    assert entitled_months(nhima, [*without, Month(2026, 3)]) == frozenset(months("2026-05", "2026-06"))


def test_a_pension_opens_no_months_of_cover(nhima: Pack, napsa: Pack) -> None:
    paid = months("2026-07", "2026-08", "2026-09", "2026-10")
    assert (nhima.opens_coverage, napsa.opens_coverage) == (True, False)
    assert entitled_months(napsa, paid) == frozenset()
    assert opening_months(napsa, Month(2026, 11)) == ()
    assert "credited to the member's account" in str(explain_entitlement(napsa, paid, Month(2026, 11))[0].words)


def test_why_a_month_is_covered_or_not_is_said_by_month(nhima: Pack) -> None:
    paid = months("2026-07", "2026-08", "2026-09", "2026-10")
    covered = explain_entitlement(nhima, paid, Month(2026, 11))
    assert str(covered[0].words) == (
        "Cover in November 2026 because July 2026, August 2026, September 2026 and October 2026 were paid."
    )
    missing = explain_entitlement(nhima, paid[:3], Month(2026, 11))
    assert str(missing[0].words) == (
        "No cover in November 2026: 4 successive months before it must be paid, and October 2026 is not paid."
    )
    assert "Not verified" in str(covered[1].words)


@given(st.frozensets(st.builds(Month, st.integers(2024, 2026), st.integers(1, 12))), st.integers(1, 12))
def test_paying_one_more_month_never_closes_one(paid: frozenset[Month], number: int) -> None:
    pack = load_packs(["zm-nhima"])["zm-nhima"]
    opened = entitled_months(pack, paid)
    assert opened <= entitled_months(pack, paid | {Month(2025, number)})
    assert all(set(opening_months(pack, month)) <= paid for month in opened)
