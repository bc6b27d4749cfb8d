from __future__ import annotations

from datetime import date

import pytest

from portal.scheme.calendars import Month
from portal.scheme.deadlines import days_left, due_day, explain_due
from portal.scheme.pack import NotKnown, Pack


@pytest.mark.parametrize(
    ("month", "due"),
    [("2026-10", date(2026, 11, 10)), ("2025-12", date(2026, 1, 10)), ("2026-09", date(2026, 10, 10))],
)
def test_both_schemes_are_due_on_the_tenth_of_the_next_month_even_on_a_saturday(
    nhima: Pack, napsa: Pack, month: str, due: date
) -> None:
    assert due_day(nhima, Month.parse(month)) == due_day(napsa, Month.parse(month)) == due


def test_the_day_of_napsa_says_that_it_is_from_memory(nhima: Pack, napsa: Pack) -> None:
    said = [str(step.words) for step in explain_due(napsa, Month(2026, 10))]
    assert said[0].startswith("NAPSA for October 2026 has to be paid by 10 November 2026, in the month after")
    assert "from memory" in said[1]
    assert len(explain_due(nhima, Month(2026, 10))) == 1


def test_days_left_run_out_and_below(napsa: Pack) -> None:
    october = Month(2026, 10)
    assert [days_left(napsa, october, date(2026, 11, day)) for day in (1, 10, 13)] == [9, 0, -3]


def test_no_due_day_before_the_scheme_is_known(nhima: Pack) -> None:
    with pytest.raises(NotKnown):
        due_day(nhima, Month(2019, 9))
