"""When nobody works, and the first day on which somebody does."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from portal.scheme.blocks.due import DaysOfRest
from portal.scheme.blocks.values import NotKnown
from portal.scheme.days.rest_days import (
    Rest,
    holidays_of,
    next_working_day,
    nth_working_day_after,
    rest_of,
    weekend_of,
    working_day,
)
from tests.scheme.build import pack_due

SINGAPORE = pack_due(rest=DaysOfRest((5, 6), "SG"))


def test_a_weekend_is_that_of_the_pack() -> None:
    saturday, sunday = date(2025, 6, 14), date(2025, 6, 15)
    nepal = pack_due(rest=DaysOfRest((5,), None))
    assert (working_day(nepal, saturday), working_day(nepal, sunday)) == (False, True)
    assert next_working_day(nepal, saturday) == sunday
    assert working_day(nepal, saturday, weekend=weekend_of(["Fri"]))


def test_public_holidays_of_the_country_are_days_of_rest() -> None:
    national_day = date(2024, 8, 9)
    assert not working_day(SINGAPORE, national_day)
    assert str(rest_of(SINGAPORE).why(national_day)) == "9 August 2024 is a public holiday (National Day)"
    assert next_working_day(SINGAPORE, national_day) == date(2024, 8, 12)


def test_what_is_gazetted_later_stands_in_the_pack() -> None:
    election_day = date(2025, 5, 6)
    assert working_day(SINGAPORE, election_day)
    gazetted = pack_due(rest=DaysOfRest((5, 6), "SG", gazetted=(election_day,)))
    assert not working_day(gazetted, election_day)
    assert next_working_day(gazetted, election_day) == date(2025, 5, 7)


def test_holidays_that_are_given_are_all_there_are() -> None:
    national_day = date(2024, 8, 9)
    assert working_day(SINGAPORE, national_day, holidays=[])
    assert not working_day(SINGAPORE, date(2024, 8, 8), holidays=[date(2024, 8, 8)])


def test_working_days_are_counted_without_the_day_itself() -> None:
    friday = date(2025, 1, 31)
    assert nth_working_day_after(SINGAPORE, friday, 1, holidays=[]) == date(2025, 2, 3)
    assert nth_working_day_after(SINGAPORE, friday, 7, holidays=[]) == date(2025, 2, 11)
    assert nth_working_day_after(SINGAPORE, friday, 7, holidays=[date(2025, 2, 5)]) == date(2025, 2, 12)
    assert nth_working_day_after(SINGAPORE, date(2025, 2, 1), 1, holidays=[]) == date(2025, 2, 3)


def test_going_back_stops_at_the_last_working_day() -> None:
    assert rest_of(SINGAPORE).previous_working(date(2024, 8, 11)) == date(2024, 8, 8)


def test_a_country_or_year_without_known_holidays_is_said_and_not_taken_for_a_country_without_holidays() -> None:
    with pytest.raises(NotKnown, match="The public holidays of QQ are not known"):
        holidays_of("QQ", 2025)
    with pytest.raises(NotKnown, match="The public holidays of NP in 1950 are not known"):
        holidays_of("NP", 1950)


def test_where_nobody_ever_works_the_search_ends() -> None:
    with pytest.raises(NotKnown, match="There is no working day within"):
        Rest(weekend=(0, 1, 2, 3, 4, 5, 6)).next_working(date(2025, 1, 1))


@pytest.mark.parametrize("country", ["NP", "ET", "ZM", "SN", "BD", "TJ", "NG", "TZ", "CM", "GM", "NE", "CG"])
def test_the_countries_of_the_packs_have_holidays_in_the_library(country: str) -> None:
    assert len(holidays_of(country, 2026)) >= 5


def test_a_day_of_the_week_is_read_by_its_name() -> None:
    assert weekend_of(["Fri", "saturday"]) == (4, 5)
    with pytest.raises(ValueError):
        weekend_of(["Someday"])


def test_the_library_is_loaded_only_when_a_working_day_is_asked_for() -> None:
    program = "import sys, portal.scheme.deadlines; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
