"""Bikram Sambat and the Ethiopian calendar: their tables, their names, and days both ways."""

from __future__ import annotations

from datetime import date, timedelta

import nepali_datetime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.scheme.calendars import (
    CALENDARS,
    Calendar,
    Month,
    OutsideCalendar,
    OwnDate,
    day_in_words,
    days_in,
    fiscal_year,
    gregorian_day,
    month_in_words,
    month_of,
    months_between,
    own_date,
)

NEPALI, ETHIOPIAN = CALENDARS["bikram_sambat"], CALENDARS["ethiopian"]

#: The months as they were printed year by year: a new version of the library must not change the past.
PRINTED = {
    2070: "31 31 31 32 31 31 29 30 30 29 30 30",
    2071: "31 31 32 31 31 31 30 29 30 29 30 30",
    2072: "31 32 31 32 31 30 30 29 30 29 30 30",
    2073: "31 32 31 32 31 30 30 30 29 29 30 31",
    2074: "31 31 31 32 31 31 30 29 30 29 30 30",
    2075: "31 31 32 31 31 31 30 29 30 29 30 30",
    2076: "31 32 31 32 31 30 30 30 29 29 30 30",
    2077: "31 32 31 32 31 30 30 30 29 30 29 31",
    2078: "31 31 31 32 31 31 30 29 30 29 30 30",
    2079: "31 31 32 31 31 31 30 29 30 29 30 30",
    2080: "31 32 31 32 31 30 30 30 29 29 30 30",
    2081: "31 32 31 32 31 30 30 30 29 30 29 31",
    2082: "31 31 32 31 31 31 30 29 30 29 30 30",
    2083: "31 31 32 31 31 31 30 29 30 29 30 30",
}

#: Days that legal texts print in both calendars.
PAIRS = [
    (NEPALI, "2076-07-26", date(2019, 11, 12)),
    (NEPALI, "2082-04-14", date(2025, 7, 30)),
    (NEPALI, "2081-01-01", date(2024, 4, 13)),
    (NEPALI, "2082-01-01", date(2025, 4, 14)),
    (NEPALI, "2081-09-15", date(2024, 12, 30)),
    (ETHIOPIAN, "2016-01-01", date(2023, 9, 12)),
    (ETHIOPIAN, "2003-11-01", date(2011, 7, 8)),
    (ETHIOPIAN, "1998-01-01", date(2005, 9, 11)),
    (ETHIOPIAN, "1996-01-01", date(2003, 9, 12)),
    (ETHIOPIAN, "1992-01-01", date(1999, 9, 12)),
    (ETHIOPIAN, "2015-13-06", date(2023, 9, 11)),
    (ETHIOPIAN, "2017-13-05", date(2025, 9, 10)),
]


@pytest.mark.parametrize("year", PRINTED)
def test_the_months_of_nepal_are_those_that_were_printed(year: int) -> None:
    lengths = [days_in(Month(year, number), NEPALI) for number in range(1, 13)]
    assert " ".join(map(str, lengths)) == PRINTED[year]


@pytest.mark.parametrize(("calendar", "own", "day"), PAIRS)
def test_published_pairs_of_days_agree_both_ways(calendar: Calendar, own: str, day: date) -> None:
    assert gregorian_day(OwnDate.parse(own), calendar) == day
    assert str(own_date(day, calendar)) == own


def test_every_day_of_nepal_from_1975_to_2100_is_the_library_s() -> None:
    day, last = nepali_datetime.date.min.to_datetime_date(), nepali_datetime.date.max.to_datetime_date()
    while day <= last:
        theirs, ours = nepali_datetime.date.from_datetime_date(day), own_date(day, NEPALI)
        assert (ours.year, ours.month, ours.day) == (theirs.year, theirs.month, theirs.day)
        assert gregorian_day(ours, NEPALI) == day
        day += timedelta(days=1)


def test_an_ethiopian_year_begins_on_11_september_or_the_day_after_before_a_leap_year() -> None:
    for year in range(1901, 2100):
        leap_next = (year + 1) % 4 == 0
        begins = Month(year - 7, 1).first_day(ETHIOPIAN)
        assert begins == date(year, 9, 12 if leap_next else 11)


@given(st.dates(date(2012, 1, 1), date(2034, 1, 1)), st.sampled_from(sorted(CALENDARS)))
def test_a_day_said_in_a_calendar_is_the_same_day_again(day: date, name: str) -> None:
    calendar = CALENDARS[name]
    assert gregorian_day(own_date(day, calendar), calendar) == day
    assert month_of(day, calendar).first_day(calendar) <= day <= month_of(day, calendar).last_day(calendar)


@pytest.mark.parametrize(("calendar", "first", "last"), [(NEPALI, 2070, 2090), (ETHIOPIAN, 2005, 2025)])
def test_months_follow_each_other_without_a_hole(calendar: Calendar, first: int, last: int) -> None:
    months = months_between(Month(first, 1), Month(last, calendar.months_in_year), calendar)
    assert len(months) == (last - first + 1) * calendar.months_in_year
    for one in months[:-1]:
        assert one.next(calendar).previous(calendar) == one
        assert one.next(calendar).first_day(calendar) - one.last_day(calendar) == timedelta(days=1)


def test_pagume_comes_between_nehase_and_the_new_year() -> None:
    nehase = Month(2015, 12)
    assert [str(month_in_words(nehase.plus(n, ETHIOPIAN), ETHIOPIAN)) for n in range(3)] == [
        "Nehase 2015",
        "Pagume 2015",
        "Meskerem 2016",
    ]
    assert [days_in(Month(year, 13), ETHIOPIAN) for year in (2014, 2015, 2016)] == [5, 6, 5]


def test_a_thirteenth_month_is_read_only_where_there_is_one() -> None:
    assert Month.parse("2017-13", ETHIOPIAN) == Month(2017, 13)
    for calendar in (None, NEPALI):
        with pytest.raises(ValueError):
            Month.parse("2017-13", calendar)


def test_months_have_names_in_their_own_language() -> None:
    assert NEPALI.own_name(Month(2081, 9)) == "पुस २०८१"
    assert ETHIOPIAN.own_name(Month(2017, 13)) == "ጳጉሜን 2017"
    assert str(day_in_words(date(2024, 12, 30), NEPALI)) == "15 Poush 2081"
    assert str(day_in_words(date(2025, 9, 10), ETHIOPIAN)) == "5 Pagume 2017"
    assert str(day_in_words(date(2025, 9, 10))) == "10 September 2025"


def test_a_fiscal_year_goes_over_the_new_year() -> None:
    year = fiscal_year(date(2025, 7, 30), (4, 1), NEPALI)
    assert (year.name, year.first, year.last) == ("2082/83", date(2025, 7, 17), date(2026, 7, 16))
    day_before = fiscal_year(year.first - timedelta(days=1), (4, 1), NEPALI)
    assert (day_before.name, day_before.last) == ("2081/82", date(2025, 7, 16))
    assert fiscal_year(date(2025, 7, 8), (11, 1), ETHIOPIAN).first == date(2025, 7, 8)
    assert fiscal_year(date(2026, 4, 5), (4, 6)).name == "2025/26"
    assert fiscal_year(date(2026, 4, 5)).name == "2026"


@pytest.mark.parametrize(
    ("calendar", "own", "said"),
    [
        (NEPALI, "2082-08-30", "30 is no day of Mangsir 2082, which has 29 days."),
        (ETHIOPIAN, "2017-13-06", "6 is no day of Pagume 2017, which has 5 days."),
        (NEPALI, "2081-13-01", "There is no month 13 of the year 2081."),
        (NEPALI, "2101-01-01", "known for the years 1975 to 2100 only"),
        (NEPALI, "0000-01-01", "There is no month 1 of the year 0."),
    ],
)
def test_a_day_that_is_not_there_is_refused(calendar: Calendar, own: str, said: str) -> None:
    with pytest.raises(OutsideCalendar, match=said.replace("(", r"\(")):
        gregorian_day(OwnDate.parse(own), calendar)


@pytest.mark.parametrize("day", [date(1918, 4, 12), date(2044, 4, 13), date.min, date.max])
def test_a_day_outside_the_known_table_names_the_range(day: date) -> None:
    with pytest.raises(OutsideCalendar, match="known from 13 April 1918 to 12 April 2044 only"):
        own_date(day, NEPALI)


@pytest.mark.parametrize("text", ["2081-9-15", "2081/09/15", "", "15-09-2081", "२०८१-०९-१५"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        OwnDate.parse(text)
