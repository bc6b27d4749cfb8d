from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.scheme.calendars import Month, anniversary, month_in_words, month_of, months_between

months = st.builds(Month, st.integers(1900, 2200), st.integers(1, 12))


def test_a_month_reads_and_writes_itself() -> None:
    october = Month.parse("2026-10")
    assert (str(october), october.as_int, Month.from_int(202610)) == ("2026-10", 202610, october)
    assert str(month_in_words(october)) == "October 2026"


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-1", "10-2026", "", "2026-10-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Month.parse(text)


def test_the_year_turns_both_ways() -> None:
    assert Month(2026, 12).next() == Month(2027, 1)
    assert Month(2027, 1).previous() == Month(2026, 12)
    assert Month(2026, 1).plus(-13) == Month(2024, 12)


@pytest.mark.parametrize(("text", "last"), [("2024-02", 29), ("2100-02", 28), ("2026-04", 30), ("2026-12", 31)])
def test_the_last_day_of_a_month(text: str, last: int) -> None:
    assert Month.parse(text).last_day().day == last


def test_months_between_are_counted_with_both_ends() -> None:
    assert [str(month) for month in months_between(Month(2025, 11), Month(2026, 2))] == [
        "2025-11",
        "2025-12",
        "2026-01",
        "2026-02",
    ]
    assert months_between(Month(2026, 2), Month(2026, 1)) == ()


@given(months, st.integers(-500, 500))
def test_going_and_coming_back_ends_where_it_began(month: Month, steps: int) -> None:
    assert month.plus(steps).plus(-steps) == month
    assert (month.plus(steps) > month) == (steps > 0)


@given(months)
def test_months_follow_each_other_without_a_hole(month: Month) -> None:
    assert month.next().first_day() - month.last_day() == timedelta(days=1)
    assert month_of(month.first_day()) == month_of(month.last_day()) == month


def test_a_month_end_comes_back_after_a_short_month() -> None:
    due = date(2026, 1, 31)
    assert [anniversary(due, months).isoformat() for months in range(4)] == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
    ]
