"""When a month is due: every kind of rule, in every calendar."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.scheme.blocks.due import DUE_RULES, DaysOfRest, Due, DueTerms, Grace
from portal.scheme.blocks.values import Input, NotKnown, Series, Unknown
from portal.scheme.calendars import CALENDARS, Month
from portal.scheme.deadlines import (
    days_left,
    days_left_in_words,
    due_after_pay_day,
    due_day,
    effective_day,
    explain_due,
    frequency,
    grace_after_due,
    grace_until,
    period_of,
)
from tests.scheme.build import LONG_AGO, always, pack_due, versions


def _always(*terms: DueTerms) -> Series[tuple[DueTerms, ...]]:
    return always(terms)


NEPAL = pack_due(
    short_name="SSF",
    calendar_name="bikram_sambat",
    rest=DaysOfRest((5,), "NP"),
    due=Due(
        versions(
            (LONG_AGO, (DueTerms("days_after_month_end", 15),)),
            (date(2025, 7, 30), (DueTerms("days_after_month_end", 25),)),
        )
    ),
)
CPF = pack_due(
    short_name="CPF",
    rest=DaysOfRest((5, 6), "SG"),
    due=Due(always((DueTerms("last_day_of_month"),)), grace=Grace(14, "next", "the fund's page")),
)
SENEGAL = pack_due(DueTerms("day_of_month", 10, from_headcount=20), DueTerms("day_of_month", 10, frequency="quarterly"))
NIGER = pack_due(DueTerms("printed_dates", dates=((4, 30), (7, 31), (10, 31), (1, 30)), frequency="quarterly"))
NIGERIA = pack_due(DueTerms("working_days_after_pay_day", 7, frequency="per_pay_day"))


@pytest.mark.parametrize(
    ("month", "due"),
    [("2026-10", "2026-11-10"), ("2025-12", "2026-01-10"), ("2026-09", "2026-10-10")],
)
def test_due_on_the_tenth_of_the_next_month_even_on_a_saturday(month: str, due: str) -> None:
    assert str(due_day(pack_due(DueTerms("day_of_month", 10)), Month.parse(month))) == due


def test_a_day_that_the_month_does_not_have_becomes_its_last() -> None:
    pack = pack_due(DueTerms("day_of_month", 31))
    assert due_day(pack, Month(2026, 1)) == date(2026, 2, 28)
    assert due_day(pack, Month(2028, 1)) == date(2028, 2, 29)
    assert due_day(pack_due(DueTerms("day_of_month", 15, months_after=2)), Month(2025, 11)) == date(2026, 1, 15)


def test_nepal_counts_from_the_end_of_its_own_month_and_got_ten_days_more() -> None:
    assert due_day(NEPAL, Month(2081, 8)) == date(2024, 12, 30)
    assert due_day(NEPAL, Month(2082, 1)) == date(2025, 5, 29)
    assert due_day(NEPAL, Month(2082, 3)) == date(2025, 7, 31)
    ends = Month(2082, 4).last_day(CALENDARS["bikram_sambat"])
    assert due_day(NEPAL, Month(2082, 4)) == date.fromordinal(ends.toordinal() + 25)


def test_ethiopia_is_due_30_days_after_the_month_and_pagume_counts() -> None:
    pack = pack_due(DueTerms("days_after_month_end", 30), calendar_name="ethiopian")
    assert due_day(pack, Month(2017, 6)) == date(2025, 4, 8)
    assert due_day(pack, Month(2017, 12)) == date(2025, 10, 5)  # 25 Meskerem 2018, after 5 days of Pagume


@pytest.mark.parametrize(("month", "due"), [("2025-01", "2025-02-28"), ("2025-02", "2025-03-31")])
def test_one_month_after_the_end_of_a_month_ends_with_the_next(month: str, due: str) -> None:
    assert str(due_day(pack_due(DueTerms("months_after_month_end", 1)), Month.parse(month))) == due


def test_who_employs_twenty_files_by_the_month_and_others_by_the_quarter() -> None:
    february = Month(2019, 2)
    assert (frequency(SENEGAL, february, 20), due_day(SENEGAL, february, headcount=20)) == (
        "monthly",
        date(2019, 3, 10),
    )
    assert (frequency(SENEGAL, february, 19), due_day(SENEGAL, february, headcount=19)) == (
        "quarterly",
        date(2019, 4, 10),
    )
    assert [str(month) for month in period_of(SENEGAL, february, 19)] == ["2019-01", "2019-02", "2019-03"]
    assert period_of(SENEGAL, february, 20) == (february,)


def test_a_headcount_that_matters_has_to_be_said() -> None:
    with pytest.raises(NotKnown, match="depends on how many people"):
        due_day(SENEGAL, Month(2019, 2))


def test_the_last_ethiopian_quarter_holds_pagume() -> None:
    pack = pack_due(DueTerms("day_of_month", 10, frequency="quarterly"), calendar_name="ethiopian")
    assert [month.number for month in period_of(pack, Month(2017, 11))] == [10, 11, 12, 13]


def test_printed_dates_follow_their_quarter_into_the_next_year() -> None:
    dues = [str(due_day(NIGER, Month(2025, number))) for number in (2, 6, 9, 12)]
    assert dues == ["2025-04-30", "2025-07-31", "2025-10-31", "2026-01-30"]


def test_working_days_after_the_salary_was_paid() -> None:
    assert due_after_pay_day(NIGERIA, date(2025, 1, 31), holidays=[]) == date(2025, 2, 11)
    assert due_after_pay_day(NIGERIA, date(2025, 1, 31), holidays=[], weekend=(4,)) == date(2025, 2, 8)
    with pytest.raises(NotKnown, match="the day on which the salary is paid"):
        due_day(NIGERIA, Month(2025, 1))


def test_where_the_pay_day_does_not_matter_its_month_does() -> None:
    assert due_after_pay_day(NEPAL, date(2024, 11, 20)) == due_day(NEPAL, Month(2081, 8))


def test_a_day_of_rest_moves_the_due_day_only_where_the_rule_says_so() -> None:
    rolled = pack_due(DueTerms("day_of_month", 14, roll="next"), rest=DaysOfRest((5, 6), "SG"))
    assert due_day(rolled, Month(2025, 5)) == date(2025, 6, 16)
    assert due_day(rolled, Month(2025, 5), roll="none") == date(2025, 6, 14)
    assert due_day(rolled, Month(2025, 5), roll="previous") == date(2025, 6, 13)
    assert due_day(rolled, Month(2025, 5), holidays=[date(2025, 6, 16)]) == date(2025, 6, 17)
    assert due_day(pack_due(DueTerms("day_of_month", 14)), Month(2025, 5)) == date(2025, 6, 14)


def test_grace_moves_to_a_working_day_and_belongs_to_the_month_before() -> None:
    assert due_day(CPF, Month(2025, 5)) == date(2025, 5, 31)
    assert grace_until(CPF, Month(2025, 5), holidays=[]) == date(2025, 6, 16)
    assert grace_until(CPF, Month(2025, 11), holidays=[]) == date(2025, 12, 15)
    assert grace_until(CPF, Month(2025, 5), roll="none") == date(2025, 6, 14)
    assert grace_after_due(CPF, date(2025, 5, 31)) == date(2025, 6, 16)
    assert grace_until(NEPAL, Month(2082, 1)) is None
    assert grace_after_due(NEPAL, date(2025, 5, 29)) is None


def test_declarations_have_their_own_day_or_that_of_the_payment() -> None:
    payment, declaration = _always(DueTerms("day_of_month", 15)), _always(DueTerms("day_of_month", 5))
    both = pack_due(due=Due(payment, declaration))
    assert due_day(both, Month(2026, 1), kind="declaration") == date(2026, 2, 5)
    assert due_day(pack_due(due=Due(payment)), Month(2026, 1), kind="declaration") == date(2026, 2, 15)
    silent = pack_due(due=Due(payment, Unknown("no page prints it")))
    with pytest.raises(NotKnown, match="the day by which to declare is not known: no page prints it"):
        due_day(silent, Month(2026, 1), kind="declaration")


def test_a_day_nobody_published_is_not_invented() -> None:
    with pytest.raises(NotKnown, match="TEST: the day by which to pay is not known: no page says it"):
        due_day(pack_due(), Month(2026, 1))
    young = pack_due(due=Due(versions((date(2019, 10, 1), (DueTerms("day_of_month", 10),)))))
    with pytest.raises(NotKnown, match="the first value in the pack is that of 1 October 2019"):
        due_day(young, Month(2019, 8))


def test_the_answer_to_an_input_can_decide() -> None:
    electronic = Input("electronic", "options", "yes_no", "Pays electronically", default="yes")
    pack = pack_due(
        DueTerms("day_of_month", 22, when={"electronic": ("yes",)}),
        DueTerms("day_of_month", 19, when={"electronic": ("no",)}),
        inputs=MappingProxyType({"electronic": electronic}),
    )
    assert due_day(pack, Month(2026, 1)) == date(2026, 2, 22)
    assert due_day(pack, Month(2026, 1), options={"electronic": False}) == date(2026, 2, 19)


def test_a_payment_counts_from_the_day_the_scheme_says() -> None:
    ordered, credited = date(2025, 4, 14), date(2025, 4, 16)
    cameroon = pack_due(due=Due(always((DueTerms("day_of_month", 15),)), effective="credited"))
    assert effective_day(cameroon, ordered, credited) == credited
    assert effective_day(NEPAL, ordered, credited) == ordered
    with pytest.raises(NotKnown):
        effective_day(cameroon, ordered, None)


def test_a_due_day_explains_itself_in_both_calendars() -> None:
    said = [str(step.words) for step in explain_due(NEPAL, Month(2081, 8))]
    assert said == [
        "Due 15 days after the last day of the period.",
        "SSF for Mangsir 2081 has to be paid by 15 Poush 2081 (30 December 2024).",
    ]
    assert "worked out ahead" in str(explain_due(NEPAL, Month(2085, 1))[-1].words)


def test_a_moved_day_and_its_grace_are_explained() -> None:
    rolled = pack_due(DueTerms("day_of_month", 14, roll="next"), rest=DaysOfRest((5, 6), None))
    assert [str(step.words) for step in explain_due(rolled, Month(2025, 5))] == [
        "Due on day 14 of the month after the period.",
        "14 June 2025 is a day of the weekend, so the due day moves to 16 June 2025.",
        "TEST for May 2025 has to be paid by 16 June 2025.",
    ]
    assert str(explain_due(CPF, Month(2025, 11))[-1].words) == (
        "Nothing is charged when all is paid by 15 December 2025. After that day the charge counts from the due day."
    )
    pay_day = explain_due(NIGERIA, Month(2025, 1), salary_paid=date(2025, 1, 31), holidays=[])
    assert str(pay_day[-1].words) == "TEST for January 2025 has to be paid by 11 February 2025."


@pytest.mark.parametrize("rule", DUE_RULES)
def test_every_rule_can_be_said(rule: str) -> None:
    terms = DueTerms(rule, 5, dates=((4, 30), (7, 31), (10, 31), (1, 30)))
    assert str(explain_due(pack_due(terms), Month(2026, 1))[0].words).startswith("Due ")


def test_days_left_run_out_and_below() -> None:
    pack, october = pack_due(DueTerms("day_of_month", 10)), Month(2026, 10)
    assert [days_left(pack, october, date(2026, 11, day)) for day in (1, 10, 13)] == [9, 0, -3]
    assert str(days_left_in_words(pack, october, date(2026, 11, 11)).words) == "due on 10 November 2026, 1 day ago"
    assert str(days_left_in_words(pack, october, date(2026, 11, 10)).words) == "due today, 10 November 2026"


@given(
    st.sampled_from([rule for rule in DUE_RULES if rule != "working_days_after_pay_day"]),
    st.integers(1, 31),
    st.sampled_from(["monthly", "quarterly"]),
    st.sampled_from(sorted(CALENDARS)),
    st.integers(0, 200),
)
def test_nothing_is_due_before_its_period_ends_and_a_later_month_is_never_due_earlier(
    rule: str, number: int, every: str, calendar: str, months: int
) -> None:
    terms = DueTerms(rule, number, dates=((4, 5), (7, 5), (10, 5), (1, 5)), frequency=every)
    pack = pack_due(terms, calendar_name=calendar)
    month = Month({"bikram_sambat": 2070, "ethiopian": 2005}.get(calendar, 2013), 1).plus(months, pack.calendar)
    due = due_day(pack, month)
    assert due >= (month if every == "monthly" else period_of(pack, month)[-1]).last_day(pack.calendar)
    assert due_day(pack, month.next(pack.calendar)) >= due
