"""Every shape of late charge that a law has; published examples first, the others worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.scheme.blocks.late import FailureCount, Phase
from portal.scheme.blocks.values import Dated, NotKnown, Series
from portal.scheme.calendars import GREGORIAN, Month
from portal.scheme.late import ChargeHistory, Given, LateCharge, Movement, late_charges_on, late_for
from portal.scheme.lateness.terms import Ratio, finish
from portal.words import _
from tests.scheme.build_late import (
    CNPS,
    COMPOUND,
    CPF,
    DAMAGES_14B,
    INTEREST_7Q,
    PAYE_DEFAULT,
    PAYE_INTEREST,
    SHAPES,
    WCF,
    due_at_month_end,
    pack_with,
    phase,
    rule,
    story,
)  # fmt: skip

SPRING = date(2025, 4, 15)


def said(late: LateCharge) -> list[str]:
    return [str(step.words) for step in late.steps]


@pytest.mark.parametrize(
    ("charge", "due", "paid", "days", "interest", "damages"),
    [
        (10193_00, date(2007, 11, 15), date(2008, 5, 15), 182, 610_00, 1271_00),  # the worksheet, in a leap year
        (11145_00, date(2007, 12, 15), date(2008, 4, 15), 122, 447_00, 559_00),
        (804_00, date(2008, 1, 15), date(2008, 3, 15), 60, 16_00, 13_00),  # two months to the day: the higher slab
        (10880_00, date(2008, 2, 15), date(2008, 3, 14), 28, 100_00, 42_00),
    ],
)
def test_the_published_worksheet_of_india(
    charge: int, due: date, paid: date, days: int, interest: int, damages: int
) -> None:
    late = late_charges_on(pack_with(INTEREST_7Q, DAMAGES_14B), story(due, charge, (paid, charge)), paid)
    assert (late.by_rule, late.units) == ({"7Q": interest, "14B": damages}, days)
    assert late.amount == interest + damages


def test_damages_are_never_more_than_the_arrears() -> None:
    due, paid = date(2015, 1, 15), date(2020, 1, 15)
    late = late_charges_on(pack_with(INTEREST_7Q, DAMAGES_14B), story(due, 10000_00, (paid, 10000_00)), paid)
    assert late.by_rule == {"7Q": 6003_00, "14B": 10000_00}
    assert late.before_cap == {"14B": 12507_00}
    assert any("Not more than 100\u00a0% of what was paid late" in each for each in said(late))


def test_each_part_paid_has_the_slab_of_its_own_delay() -> None:
    due = date(2016, 1, 15)
    late = late_charges_on(
        pack_with(DAMAGES_14B), story(due, 1000_00, (date(2016, 2, 14), 600_00), (date(2016, 7, 15), 400_00)),
        date(2016, 8, 1),
    )  # fmt: skip
    assert [(period.units, period.rate, period.unpaid) for period in late.periods] == [
        (30, Fraction(5, 100), 600_00),
        (182, Fraction(25, 100), 400_00),
    ]
    assert late.rate == {}


def test_interest_in_singapore_leaves_out_the_day_of_payment_and_drops_the_cents() -> None:
    pack = due_at_month_end(pack_with(CPF))
    due, paid = date(2025, 10, 31), date(2025, 11, 20)
    late = late_charges_on(pack, story(due, 3000_00, (paid, 3000_00)), paid)
    assert (late.amount, late.units, late.before_rounding) == (28_00, 19, {"interest": Fraction(2850)})
    assert late.periods[0].month_days == 30
    assert "19 days, from 1 November 2025 to 19 November 2025" in " ".join(said(late))
    assert late_charges_on(pack, story(due, 100_00, (paid, 100_00)), paid).amount == 5_00


@pytest.mark.parametrize(
    ("due", "last", "then"),
    [
        (date(2025, 10, 31), date(2025, 11, 14), 14),  # a Friday
        (date(2025, 5, 31), date(2025, 6, 16), 16),  # the 14th is a Saturday
    ],
)
def test_days_of_grace_are_lost_once_missed(due: date, last: date, then: int) -> None:
    pack, missed = due_at_month_end(pack_with(CPF)), last + timedelta(days=1)
    assert late_charges_on(pack, story(due, 3000_00, (last, 3000_00)), missed).amount == 0
    assert late_charges_on(pack, story(due, 3000_00), last).amount == 0
    late = late_charges_on(pack, story(due, 3000_00, (missed, 3000_00)), missed)
    assert late.units == then
    assert late.before_rounding["interest"] == Fraction(3000_00 * 15 * then, 1000 * 30)


def test_a_grace_that_is_missed_counts_from_the_due_day_and_part_payments_within_it_help() -> None:
    pack, due = due_at_month_end(pack_with(CPF)), date(2025, 10, 31)
    late = late_charges_on(pack, story(due, 3000_00, (date(2025, 11, 10), 2000_00)), date(2025, 11, 20))
    # 2,000.00 for 9 days and 1,000.00 for 19
    assert late.before_rounding["interest"] == Fraction(2000_00 * 9 * 15 + 1000_00 * 19 * 15, 30 * 1000)


@pytest.mark.parametrize(
    ("paid", "amount", "quarters"),
    [
        (date(2025, 4, 15), 0, 0),
        (date(2025, 4, 16), 100_000, 0),
        (date(2025, 7, 15), 100_000, 0),  # exactly three months
        (date(2025, 7, 16), 130_000, 1),
        (date(2025, 10, 15), 130_000, 1),
        (date(2025, 11, 20), 160_000, 2),
    ],
)
def test_ten_per_cent_at_once_and_three_for_each_quarter_begun_after_three_months(
    paid: date, amount: int, quarters: int
) -> None:
    late = late_charges_on(pack_with(CNPS), story(SPRING, 1_000_000, (paid, 1_000_000)), paid)
    assert (late.amount, late.units) == (amount, quarters)


@pytest.mark.parametrize(
    ("before", "amount"), [(0, 0), (1, 205_00), (3, 205_00), (4, 410_00), (7, 615_00), (10, 820_00), (30, 820_00)]
)
def test_how_often_somebody_was_late_in_the_year_decides(before: int, amount: int) -> None:
    late = late_charges_on(
        pack_with(PAYE_DEFAULT), story(SPRING, 20500_00), SPRING + timedelta(1), options={"failures_before": before}
    )
    assert (late.amount, late.is_late) == (amount, True)


@pytest.mark.parametrize(("open_amount", "late"), [(100_00, False), (100_01, True)])
def test_a_small_shortfall_counts_as_paid(open_amount: int, late: bool) -> None:
    found = late_charges_on(
        pack_with(PAYE_DEFAULT), story(SPRING, 10000_00, (SPRING, 10000_00 - open_amount)), date(2025, 5, 1),
        options={"failures_before": 1},
    )  # fmt: skip
    assert (found.is_late, found.amount > 0) == (late, late)


def test_interest_follows_the_rate_of_each_day() -> None:
    due, paid = date(2025, 5, 22), date(2025, 6, 22)
    late = late_charges_on(pack_with(PAYE_INTEREST), story(due, 36500_00, (paid, 36500_00)), paid)
    # 5 days at 8.5 %, from the 28th on 26 days at 8.25 %
    assert [(str(each.begins), str(each.ends), each.units, each.amount) for each in late.periods] == [
        ("2025-05-23", "2025-05-27", 5, 42_50),
        ("2025-05-28", "2025-06-22", 26, 214_50),
    ]
    assert late.amount == 257_00
    assert "A new rate holds for the days from its first day on." in said(late)


def test_interest_of_days_before_the_first_known_rate_is_refused() -> None:
    with pytest.raises(NotKnown):
        late_charges_on(pack_with(PAYE_INTEREST), story(date(2025, 2, 20), 1000_00), date(2025, 3, 1))


def test_a_rate_that_is_not_known_after_the_payment_does_not_matter() -> None:
    series = PAYE_INTEREST.terms
    gap: Dated[tuple[Phase, ...]] = Dated(date(2025, 8, 27), None, None, "", unknown="not published")
    floating = rule(axis="calendar_day", terms=Series(_("the rate"), (*series.values[:3], gap)))
    paid = story(date(2025, 6, 22), 36500_00, (date(2025, 7, 22), 36500_00))
    assert late_charges_on(pack_with(floating), paid, date(2026, 1, 1)).amount == 247_50
    with pytest.raises(NotKnown):
        late_charges_on(pack_with(floating), story(date(2025, 6, 22), 36500_00), date(2026, 1, 1))


def test_a_month_counts_by_the_rate_of_its_first_day() -> None:
    late = late_charges_on(pack_with(WCF), story(date(2021, 7, 20), 1000_00), date(2021, 11, 20))
    assert [(str(each.begins), each.rate) for each in late.periods] == [
        ("2021-07-21", Fraction(1, 10)), ("2021-08-21", Fraction(1, 10)),
        ("2021-09-21", Fraction(2, 100)), ("2021-10-21", Fraction(2, 100)),
    ]  # fmt: skip
    assert late.amount == 240_00


def test_full_months_need_their_last_day() -> None:
    due = date(2021, 9, 30)
    owed = [late_charges_on(pack_with(WCF), story(due, 1000_00), date(2021, 10, day)).amount for day in (29, 30, 31)]
    assert owed == [0, 20_00, 20_00]


def test_calendar_months_or_months_from_the_due_day() -> None:
    due, on = date(2026, 1, 20), date(2026, 2, 3)
    anniversaries, calendar = SHAPES["month or part"], SHAPES["calendar month or part"]
    assert late_charges_on(pack_with(anniversaries), story(due, 1000_00), on).amount == 50_00
    assert late_charges_on(pack_with(calendar), story(due, 1000_00), on).amount == 100_00
    whole = SHAPES["full calendar month"]
    assert late_charges_on(pack_with(whole), story(due, 1000_00), date(2026, 2, 27)).amount == 0
    assert late_charges_on(pack_with(whole), story(due, 1000_00), date(2026, 2, 28)).amount == 100_00


def test_months_are_those_of_the_schemes_own_calendar() -> None:
    nepal = pack_with(SHAPES["calendar month or part"], calendar_name="bikram_sambat")
    due = date(2025, 8, 10)  # 25 Shrawan 2082; Bhadra begins on 17 August
    assert late_charges_on(nepal, story(due, 1000_00), date(2025, 8, 16)).amount == 50_00
    assert late_charges_on(nepal, story(due, 1000_00), date(2025, 8, 17)).amount == 100_00


def test_compound_charges_bear_charges() -> None:
    due = date(2025, 1, 14)
    late = late_charges_on(pack_with(COMPOUND), story(due, 1000_00), date(2025, 7, 14))
    assert late.amount == 194_05  # the newspaper: about 19.5 % after six months
    assert late_charges_on(pack_with(COMPOUND), story(due, 1000_00), date(2026, 1, 14)).amount == 425_76
    assert "had been added before" in " ".join(said(late))


def test_the_whole_charge_bears_it_while_anything_is_open() -> None:
    pack = pack_with(SHAPES["whole charge"])
    partly = story(SPRING, 1000_00, (date(2025, 4, 20), 999_99), (date(2025, 6, 1), 1))
    assert late_charges_on(pack, partly, date(2025, 12, 1)).amount == 100_00
    assert late_charges_on(pack, story(SPRING, 1000_00, (SPRING, 1000_00)), date(2025, 12, 1)).amount == 0


def test_only_the_part_of_some_branches_bears_it() -> None:
    pensions_only = rule(phase("month_or_part", "1.5"), branches=("pension", "injury"))
    charged = story(SPRING, 100_000, parts={"pension": 50_000, "injury": 10_000, "medical": 40_000})
    late = late_charges_on(pack_with(pensions_only), charged, date(2025, 4, 16))
    assert late.amount == 900
    assert "Only the branches that the rule names bear it: 3/5 of what is unpaid" in said(late)


def test_the_late_list_and_the_late_payment_are_two_defaults() -> None:
    late_list = rule(
        phase("month_or_part", "1.5"), code="late_declaration", trigger="late_return", base="charge",
        option="declaration_months_late",
    )  # fmt: skip
    pack = pack_with(late_list, rule(phase("month_or_part", "1.5"), code="late_payment"))
    told = {"declaration_months_late": 2}
    late = late_charges_on(pack, story(SPRING, 60_000), date(2025, 4, 20), options=told)
    assert late.by_rule == {"late_declaration": 1800, "late_payment": 900}
    in_time = late_charges_on(pack, story(SPRING, 60_000, (SPRING, 60_000)), date(2025, 6, 1), options=told)
    assert in_time.by_rule == {"late_declaration": 1800, "late_payment": 0}
    assert late_charges_on(pack, story(SPRING, 60_000), date(2025, 4, 20)).by_rule["late_declaration"] == 0


@pytest.mark.parametrize(("people", "amount"), [(1, 100_00), (9, 100_00), (10, 200_00), (49, 200_00), (250, 400_00)])
def test_a_late_return_costs_by_the_size_of_the_employer(people: int, amount: int) -> None:
    sizes = ((1, 100_00), (10, 200_00), (50, 300_00), (250, 400_00))
    late_return = rule(
        Phase("month_or_part", by_headcount=sizes), trigger="late_return", failures=FailureCount(4, 6, 1)
    )
    once = Given("periods", 1, SPRING)
    found = late_for(pack_with(late_return), 0, once, employer={"headcount": people}, options={"failures_before": 1})
    assert found.amount == amount
    assert late_for(pack_with(late_return), 0, once, employer={"headcount": people}).amount == 0
    with pytest.raises(NotKnown):
        late_for(pack_with(late_return), 0, once)


def test_units_told_instead_of_dates() -> None:
    def owed(name: str, kind: str, number: int) -> int:
        return late_for(pack_with(SHAPES[name]), 1000_00, Given(kind, number, SPRING)).amount

    assert owed("month or part", "months", 3) == 150_00
    assert owed("day", "days", 10) == 10_00
    assert owed("once", "periods", 1) == 30_00
    assert (owed("two phases", "months", 3), owed("two phases", "months", 4)) == (100_00, 130_00)
    assert [owed("after half a year and a year", "months", number) for number in (5, 6, 11, 12)] == [
        0, 50_00, 50_00, 100_00,
    ]  # fmt: skip
    assert owed("at least and no more", "months", 1) == 50_00
    assert owed("at least and no more", "months", 24) == 300_00
    assert owed("compound", "months", 2) == 60_90
    with pytest.raises(NotKnown):
        owed("annual interest", "months", 3)


def test_days_under_a_plan_do_not_count() -> None:
    plan = ((date(2025, 5, 1), date(2025, 6, 30)),)
    daily, monthly = pack_with(SHAPES["day"]), pack_with(SHAPES["month or part"])
    on = date(2025, 7, 10)
    assert late_charges_on(daily, story(SPRING, 1000_00), on).amount == 86_00
    assert late_charges_on(daily, story(SPRING, 1000_00, frozen=plan), on).amount == 25_00
    late = late_charges_on(monthly, story(SPRING, 1000_00, frozen=plan), on)
    assert (late.amount, late.next_begins) == (50_00, date(2025, 7, 16))
    assert "The days from 1 May 2025 to 30 June 2025 do not count." in said(late)
    inside = story(SPRING, 1000_00, (date(2025, 6, 3), 1000_00), frozen=plan)
    before = story(SPRING, 1000_00, (date(2025, 4, 30), 1000_00))
    assert late_charges_on(daily, inside, on).amount == late_charges_on(daily, before, on).amount == 15_00


def test_spans_that_overlap_are_not_taken_out_twice() -> None:
    spans = ((date(2025, 5, 1), date(2025, 5, 31)), (date(2025, 5, 10), date(2025, 6, 5)), (date(2025, 4, 1), SPRING))
    late = late_charges_on(pack_with(SHAPES["day"]), story(SPRING, 1000_00, frozen=spans), date(2025, 6, 10))
    assert late.amount == 20_00


def test_a_law_of_today_does_not_make_yesterday_late() -> None:
    pack = pack_with(SHAPES["once"])
    more = Movement(date(2025, 6, 1), 500_00, late_from_posting=True)
    charged = ChargeHistory(SPRING, (Movement(SPRING, 3000_00), Movement(SPRING, -3000_00), more))
    assert late_charges_on(pack, charged, date(2025, 6, 1)).amount == 0
    assert late_charges_on(pack, charged, date(2025, 6, 2)).amount == 15_00


def test_a_rate_known_only_later_is_not_held_against_who_asked_before() -> None:
    before = (Dated(date(2020, 1, 1), None, (phase("once", "3"),), "The old law"),)
    now = (
        Dated(date(2020, 1, 1), date(2025, 3, 31), (phase("once", "3"),), "The old law"),
        Dated(date(2025, 4, 1), None, (phase("once", "10"),), "The new law", known=date(2025, 6, 28)),
    )
    series = Series(_("the penalty"), now, ((date(2025, 6, 28), before),))
    pack = pack_with(rule(terms=series))
    unpaid, on = story(SPRING, 1000_00), date(2025, 5, 1)
    assert late_charges_on(pack, unpaid, on).amount == 100_00
    assert late_charges_on(pack, unpaid, on, known_on=date(2025, 6, 27)).amount == 30_00


def test_who_gets_it_is_said() -> None:
    pack = pack_with(rule(phase("month_or_part", "2"), beneficiary="the employee's account"))
    late = late_charges_on(pack, story(SPRING, 1000_00), date(2025, 5, 1))
    assert late.beneficiary == "the employee's account"
    assert "It goes to: the employee's account" in said(late)


def test_penalty_and_interest_are_told_apart() -> None:
    due, paid = date(2007, 11, 15), date(2008, 5, 15)
    late = late_charges_on(pack_with(INTEREST_7Q, DAMAGES_14B), story(due, 10193_00, (paid, 10193_00)), paid)
    assert late.by_kind == {"interest": 610_00, "penalty": 1271_00}
    only = late_charges_on(pack_with(INTEREST_7Q, DAMAGES_14B), story(due, 10193_00), paid, rules=("14B",))
    assert only.by_rule == {"14B": 1271_00}
    with pytest.raises(NotKnown):
        late_charges_on(pack_with(INTEREST_7Q), story(due, 1), paid, rules=("15",))


@pytest.mark.parametrize(
    ("name", "on", "following"),
    [
        ("day", date(2025, 5, 1), date(2025, 5, 2)),
        ("once", date(2025, 5, 1), None),
        ("month or part", date(2025, 5, 1), date(2025, 5, 16)),
        ("full month", date(2025, 5, 1), date(2025, 5, 15)),
        ("two phases", date(2025, 5, 1), date(2025, 7, 16)),
        ("after half a year and a year", date(2025, 5, 1), date(2025, 10, 16)),
        ("calendar month or part", date(2025, 4, 20), date(2025, 5, 1)),
        ("pay day not counted", date(2025, 5, 1), date(2025, 5, 17)),
        ("at least and no more", date(2028, 5, 1), None),
    ],
)
def test_the_day_on_which_more_is_added(name: str, on: date, following: date | None) -> None:
    pack = pack_with(SHAPES[name])
    late = late_charges_on(pack, story(SPRING, 1000_00), on)
    assert late.next_begins == following
    if following is not None:
        before = late_charges_on(pack, story(SPRING, 1000_00), following - timedelta(days=1))
        assert before.amount == late.amount < late_charges_on(pack, story(SPRING, 1000_00), following).amount


payments = st.lists(st.tuples(st.integers(-20, 500), st.integers(1, 2000_00)), max_size=4)
shapes = st.sampled_from(sorted(set(SHAPES) - {"days of a month", "floating"}))
DUE = date(2021, 3, 15)


def owed(name: str, days: int, paid: list[tuple[int, int]]) -> LateCharge:
    history = story(DUE, 3000_00, *((DUE + timedelta(days=day), amount) for day, amount in paid))
    return late_charges_on(pack_with(SHAPES[name]), history, DUE + timedelta(days=days))


@given(shapes, payments, st.integers(-10, 600), st.integers(0, 200))
def test_time_never_lowers_what_is_owed(name: str, paid: list[tuple[int, int]], days: int, more: int) -> None:
    assert 0 <= owed(name, days, paid).amount <= owed(name, days + more, paid).amount


@given(shapes, payments, st.integers(-10, 600), st.integers(0, 60))
def test_paying_earlier_never_costs_more(name: str, paid: list[tuple[int, int]], days: int, earlier: int) -> None:
    sooner = [(day - earlier, amount) for day, amount in paid]
    assert owed(name, days, sooner).amount <= owed(name, days, paid).amount


@given(shapes, st.integers(0, 300), st.integers(1, 3000_00), st.integers(0, 3000_00), st.integers(0, 200))
def test_splitting_a_payment_never_helps(name: str, day: int, amount: int, part: int, later: int) -> None:
    assume(part <= amount)
    whole = owed(name, 600, [(day, amount)]).amount
    assert owed(name, 600, [(day, part), (day, amount - part)]).amount == whole
    assert owed(name, 600, [(day, part), (day + later, amount - part)]).amount >= whole


@given(st.sampled_from(sorted(SHAPES)), st.lists(st.integers(1, 3000_00), max_size=3), st.integers(0, 500))
def test_paid_by_the_due_day_costs_nothing(name: str, parts: list[int], days: int) -> None:
    paid = [(-number, part) for number, part in enumerate(parts)]
    assert owed(name, days, [*paid, (0, 3000_00)]).amount == 0


@given(shapes, payments, st.integers(-10, 600))
def test_the_explanation_comes_to_the_amount(name: str, paid: list[tuple[int, int]], days: int) -> None:
    late = owed(name, days, paid)
    assert late == owed(name, days, paid[::-1])
    assert [step.result for step in late.steps if step.result is not None][-1] == late.amount
    one = late.rules[0]
    if one.reckoned:
        exact = sum((period.exact for period in late.periods), Fraction(0))
        assert exact == Fraction(*one.reckoned.owed.exact)
        arrears = Ratio(sum(piece.amount for piece in one.reckoned.portions), 1)
        again = finish(one.rule, one.reckoned.rounding, Ratio(exact.numerator, exact.denominator), arrears)
        assert int(again.amount) == late.amount


@given(st.integers(0, 28), st.integers(0, 28))
def test_in_the_month_of_payment_singapore_never_charges_more_for_less(day: int, earlier: int) -> None:
    pack, due = pack_with(SHAPES["days of a month"]), date(2025, 10, 31)
    first, second = (
        late_charges_on(pack, story(due, 3000_00, (due + timedelta(days=each), 3000_00)), date(2025, 12, 31)).amount
        for each in (min(day, earlier), max(day, earlier))
    )
    assert first <= second


def test_months_of_a_whole_year_are_counted_the_same_way_by_any_way_of_asking() -> None:
    for number in range(1, 13):
        due = Month(2024, number).last_day(GREGORIAN)
        late = late_charges_on(pack_with(SHAPES["month or part"]), story(due, 1000_00), due + timedelta(days=366))
        assert late.amount == len(late.periods) * 50_00
        assert late.periods[0].begins == due + timedelta(days=1)
        assert all(
            after.begins == before.ends + timedelta(days=1)
            for before, after in zip(late.periods, late.periods[1:], strict=False)
        )
