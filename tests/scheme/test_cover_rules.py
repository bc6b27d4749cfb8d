"""How paid months open cover: with a run-off, out of more months, by periods, by the day they came in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.scheme.blocks.cover import OpensAfterPaidMonths, OpensByPeriod, OpensWhenReceived, Period
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Unknown
from portal.scheme.calendars import Month
from portal.scheme.entitlement import (
    active_after,
    benefit_period_of,
    covered_on,
    covered_through,
    entitled_months,
    explain_entitlement,
    needs_all,
    opener_of,
    opening_months,
)
from portal.scheme.pack import load_packs

RUN_OFF = OpensAfterPaidMonths(3, 3, "after_last", 3, "The scheme")
THREE_OF_SIX = OpensAfterPaidMonths(3, 6, "next_month", 0, "The amendment")
HALF_YEARS = OpensByPeriod(
    (Period((4, 1), (9, 30), (1, 1), (6, 30)), Period((10, 1), (3, 31), (7, 1), (12, 31))), "The Act"
)
RECEIVED = OpensWhenReceived("The circular")
YEAR = [Month(2025, number) for number in range(1, 13)]


def by(rule: object) -> Pack:
    return replace(load_packs(["zm-nhima"])["zm-nhima"], entitlement=rule)


def months(*texts: str) -> list[Month]:
    return [Month.parse(text) for text in texts]


def test_cover_goes_on_three_months_after_the_last_paid_one() -> None:
    pack = by(RUN_OFF)
    paid = months("2025-01", "2025-02", "2025-03", "2025-04", "2025-05")
    assert (active_after(pack, paid), covered_through(pack, paid)) == (Month(2025, 3), Month(2025, 8))
    assert entitled_months(pack, paid) == set(months("2025-04", "2025-05", "2025-06", "2025-07", "2025-08"))
    assert opener_of(pack, paid, Month(2025, 8)) == Month(2025, 5)
    words = str(explain_entitlement(pack, paid, Month(2025, 8))[0].words)
    assert words == (
        "Cover in August 2025 because May 2025 was paid: cover goes on for 3 months after the last paid one."
    )


def test_two_months_open_nothing_and_a_month_within_the_run_off_carries_cover_on() -> None:
    pack = by(RUN_OFF)
    assert active_after(pack, months("2025-01", "2025-02")) is None
    kept = months("2025-01", "2025-02", "2025-03", "2025-06")
    assert covered_through(pack, kept) == Month(2025, 9)
    lapsed = months("2025-01", "2025-02", "2025-03", "2025-08")
    assert covered_through(pack, lapsed) == Month(2025, 6)
    again = [*lapsed, *months("2025-09", "2025-10")]
    assert (active_after(pack, again), covered_through(pack, again)) == (Month(2025, 10), Month(2026, 1))


def test_some_of_the_last_months_are_enough_where_the_law_says_so() -> None:
    pack = by(THREE_OF_SIX)
    paid = months("2025-01", "2025-03", "2025-06")
    assert entitled_months(pack, paid) == {Month(2025, 7)}
    assert not needs_all(pack)
    assert str(explain_entitlement(pack, paid, Month(2025, 8))[0].words) == (
        "No cover in August 2025: 3 of the 6 months before it must be paid, and only 2 are."
    )


def test_a_half_year_of_contributions_buys_a_later_half_year() -> None:
    pack = by(HALF_YEARS)
    contribution, benefit = benefit_period_of(pack, Month(2025, 11))
    assert (contribution.first, contribution.last) == (date(2025, 10, 1), date(2026, 3, 31))
    assert (benefit.first, benefit.last) == (date(2026, 7, 1), date(2026, 12, 31))
    contribution, benefit = benefit_period_of(pack, Month(2026, 2))
    assert (contribution.first, benefit.last) == (date(2025, 10, 1), date(2026, 12, 31))
    contribution, benefit = benefit_period_of(pack, Month(2025, 5))
    assert (contribution.last, benefit.first) == (date(2025, 9, 30), date(2026, 1, 1))
    assert entitled_months(pack, months("2025-11")) == {Month(2026, number) for number in range(7, 13)}
    assert opening_months(pack, Month(2026, 8))[0] == Month(2025, 10)
    assert opener_of(pack, months("2025-11"), Month(2026, 8)) == Month(2025, 11)
    assert str(explain_entitlement(pack, [], Month(2026, 8))[0].words) == (
        "No cover in August 2026: one month from October 2025 to March 2026 must be paid, and none is."
    )


@pytest.mark.parametrize(
    ("day", "received", "covered"),
    [
        (date(2026, 3, 10), None, True),  # the due day of February itself; January had come
        (date(2026, 3, 11), None, False),
        (date(2026, 3, 11), date(2026, 3, 10), True),
        (date(2026, 3, 20), date(2026, 3, 25), False),
        (date(2026, 3, 25), date(2026, 3, 25), True),
    ],
)
def test_who_was_not_received_by_the_due_day_is_blocked_until_it_comes(
    day: date, received: date | None, covered: bool
) -> None:
    came = {Month(2026, 1): date(2026, 2, 9)} | ({Month(2026, 2): received} if received else {})
    assert covered_on(by(RECEIVED), day, came).covered is covered


def test_the_employer_is_told_whether_to_declare_or_to_pay() -> None:
    pack = by(OpensAfterPaidMonths(2, 2, "next_month", 0, "The law"))
    steps = explain_entitlement(pack, [], Month(2026, 4), declared=[Month(2026, 2)])
    assert [str(step.words) for step in steps] == [
        "No cover in April 2026: 2 successive months before it must be paid, and February 2026 and March 2026 are not "
        "paid.",
        "February 2026 is declared; the employer has to pay for it.",
        "March 2026 is not declared; the employer has to declare and pay for it.",
    ]


def test_a_rule_that_was_not_found_opens_nothing_and_says_so() -> None:
    pack = by(Unknown("no page says it"))
    assert not pack.opens_coverage
    assert entitled_months(pack, YEAR) == frozenset()
    assert opening_months(pack, Month(2026, 1)) == ()
    assert str(explain_entitlement(pack, YEAR, Month(2026, 1))[0].words) == (
        "What opens cover in NHIMA is not known: no page says it"
    )


paid_months = st.frozensets(st.builds(Month, st.integers(2024, 2026), st.integers(1, 12)))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([RUN_OFF, THREE_OF_SIX, HALF_YEARS, RECEIVED]), paid_months, st.sampled_from(YEAR))
def test_paying_one_more_month_never_closes_one(rule: object, paid: frozenset[Month], more: Month) -> None:
    pack = by(rule)
    opened = entitled_months(pack, paid)
    assert opened <= entitled_months(pack, paid | {more})
    for month in sorted(opened)[:3]:
        opener = opener_of(pack, paid, month)
        assert opener in paid
        assert str(explain_entitlement(pack, paid, month)[0].words).startswith("Cover in")
