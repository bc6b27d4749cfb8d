"""Penalties as a function of a charge's whole history; the amounts here were worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.scheme.late import ChargeHistory, LateCharge, Movement, late_charges_on
from portal.scheme.pack import NotKnown, Pack, load_packs

DUE = date(2026, 1, 10)


def history(*movements: tuple[date, int], due: date = DUE, charge: int = 3000_00) -> ChargeHistory:
    return ChargeHistory(due, (Movement(due - timedelta(days=8), charge), *(Movement(*one) for one in movements)))


def owed(pack: Pack, on: date, *movements: tuple[date, int], due: date = DUE) -> int:
    return late_charges_on(pack, history(*movements, due=due), on).amount


@pytest.mark.parametrize(
    ("on", "amount"),
    [
        (date(2026, 1, 10), 0),
        (date(2026, 1, 11), 300_00),
        (date(2026, 2, 10), 300_00),  # exactly one month is one month
        (date(2026, 2, 11), 600_00),
        (date(2026, 3, 10), 600_00),
        (date(2026, 12, 31), 12 * 300_00),
    ],
)
def test_each_month_or_part_of_a_month_costs_ten_per_cent(napsa: Pack, on: date, amount: int) -> None:
    assert owed(napsa, on) == amount


def test_one_day_late_costs_a_month_under_the_old_rate(napsa: Pack) -> None:
    due = date(2022, 11, 10)
    assert owed(napsa, date(2022, 11, 11), (date(2022, 11, 11), -3000_00), due=due) == 600_00
    assert owed(napsa, date(2022, 11, 11), (date(2022, 11, 10), -3000_00), due=due) == 0


@pytest.mark.parametrize(("due", "rate_of_3000"), [(date(2022, 11, 10), 600_00), (date(2022, 12, 10), 300_00)])
def test_a_default_keeps_the_rate_of_its_day_however_long_it_lasts(napsa: Pack, due: date, rate_of_3000: int) -> None:
    late = late_charges_on(napsa, history(due=due), date(2023, 6, 10))
    assert {period.amount for period in late.periods} == {rate_of_3000}
    assert len(late.periods) in (6, 7)


def test_the_change_of_december_2022_goes_by_the_day_of_default(napsa: Pack) -> None:
    assert owed(napsa, date(2022, 12, 6), due=date(2022, 12, 4)) == 600_00
    assert owed(napsa, date(2022, 12, 6), due=date(2022, 12, 5)) == 300_00


def test_a_part_payment_lowers_the_months_that_begin_after_it(napsa: Pack) -> None:
    assert owed(napsa, date(2026, 2, 11), (date(2026, 1, 20), -1000_00)) == 300_00 + 200_00
    assert owed(napsa, date(2026, 2, 11), (date(2026, 2, 10), -1000_00)) == 300_00 + 200_00
    assert owed(napsa, date(2026, 2, 11), (date(2026, 2, 11), -1000_00)) == 300_00 + 300_00


def test_a_back_dated_payment_lowers_the_penalty(napsa: Pack) -> None:
    on = date(2026, 3, 15)
    assert owed(napsa, on) == 900_00
    assert owed(napsa, on, (date(2026, 1, 10), -3000_00)) == 0
    assert owed(napsa, on, (date(2026, 2, 1), -3000_00)) == 300_00


def test_once_all_is_paid_it_stops(napsa: Pack) -> None:
    paid = history((date(2026, 2, 1), -3000_00))
    late = late_charges_on(napsa, paid, date(2030, 1, 1))
    assert (late.amount, late.next_begins, len(late.periods)) == (300_00, None, 1)
    assert "nothing more is added" in " ".join(str(step.words) for step in late.steps)


def test_until_it_is_paid_the_next_month_is_announced(napsa: Pack) -> None:
    assert late_charges_on(napsa, history(), date(2026, 1, 5)).next_begins == date(2026, 1, 11)
    assert late_charges_on(napsa, history(), date(2026, 1, 10)).next_begins == date(2026, 1, 11)
    assert late_charges_on(napsa, history(), date(2026, 1, 11)).next_begins == date(2026, 2, 11)


def test_who_declares_late_was_late_from_the_due_day(napsa: Pack) -> None:
    declared_in_april = ChargeHistory(DUE, (Movement(date(2026, 4, 2), 3000_00),))
    assert late_charges_on(napsa, declared_in_april, date(2026, 4, 2)).amount == 900_00


def test_a_difference_that_counts_from_its_posting_costs_nothing_for_the_time_before(napsa: Pack) -> None:
    more = Movement(date(2026, 3, 1), 500_00, late_from_posting=True)
    charged = ChargeHistory(DUE, (Movement(DUE, 3000_00), Movement(DUE, -3000_00), more))
    assert late_charges_on(napsa, charged, date(2026, 3, 10)).amount == 0
    assert late_charges_on(napsa, charged, date(2026, 3, 11)).amount == 50_00


def test_a_reversed_payment_leaves_things_as_if_it_never_was(napsa: Pack) -> None:
    day = date(2026, 2, 1)
    bounced = (Movement(day, -3000_00), Movement(day, 3000_00, late_from_posting=True))
    with_it = ChargeHistory(DUE, (Movement(DUE, 3000_00), *bounced))
    on = date(2026, 4, 1)
    assert late_charges_on(napsa, with_it, on) == late_charges_on(napsa, ChargeHistory(DUE, with_it.movements[:1]), on)


def test_a_correction_downwards_dated_as_its_charge_lowers_every_month(napsa: Pack) -> None:
    assert owed(napsa, date(2026, 2, 11), (DUE, -1000_00)) == 400_00


def test_penalties_bear_no_penalty(napsa: Pack) -> None:
    late = late_charges_on(napsa, history(), date(2027, 1, 10))
    assert late.amount == 12 * 300_00
    assert {period.unpaid for period in late.periods} == {3000_00}


def test_months_are_counted_from_the_original_due_day_at_month_ends(napsa: Pack) -> None:
    late = late_charges_on(napsa, history(due=date(2026, 1, 31)), date(2026, 4, 15))
    assert [(str(p.begins), str(p.ends)) for p in late.periods] == [
        ("2026-02-01", "2026-02-28"),
        ("2026-03-01", "2026-03-31"),
        ("2026-04-01", "2026-04-30"),
    ]


def test_each_month_is_rounded_on_its_own(napsa: Pack) -> None:
    late = late_charges_on(napsa, history(charge=1_05), date(2026, 3, 1))
    assert [period.amount for period in late.periods] == [11, 11]


def test_the_calculation_can_be_read_aloud(napsa: Pack) -> None:
    late = late_charges_on(
        napsa, history((date(2026, 1, 20), -1000_00), (date(2026, 2, 12), -2000_00)), date(2026, 5, 1)
    )
    said = [(str(step.words), step.result) for step in late.steps]
    assert said[:5] == [
        (
            "10\u00a0% of what is unpaid is added for each month or part of a month after the due day, "
            "10 January 2026.",
            None,
        ),
        (
            "Month 1, from 11 January 2026 to 10 February 2026: 3,000.00 ZMW was unpaid when it began; 10\u00a0% of it",
            300_00,
        ),
        (
            "Month 2, from 11 February 2026 to 10 March 2026: 2,000.00 ZMW was unpaid when it began; 10\u00a0% of it",
            200_00,
        ),
        ("2 months begun by 1 May 2026, added up", 500_00),
        ("The contribution is paid; nothing more is added.", None),
    ]
    assert "Simple, not compound" in said[5][0]
    assert all("Zambian Observer" in (step.source or "") for step in late.steps[:3])


def test_nhima_says_that_its_late_charge_is_not_known(nhima: Pack) -> None:
    late = late_charges_on(nhima, history(), date(2026, 12, 31))
    assert (late.amount, late.known, late.periods) == (0, False, ())
    assert str(late.steps[0].words).startswith("What NHIMA charges for paying late is not known: No public page")
    assert "does not mean that nothing is owed" in str(late.steps[0].words)


def test_a_default_before_the_first_known_rate_is_refused(napsa: Pack) -> None:
    with pytest.raises(NotKnown):
        late_charges_on(napsa, history(due=date(2017, 12, 10)), date(2018, 6, 1))


payments = st.lists(st.tuples(st.integers(-20, 300), st.integers(1, 2000_00)), max_size=5)


def after(days: int, paid: list[tuple[int, int]], *, earlier: int = 0) -> LateCharge:
    pack = load_packs(["zm-napsa"])["zm-napsa"]
    moves = tuple((DUE + timedelta(days=day - earlier), -amount) for day, amount in paid)
    return late_charges_on(pack, history(*moves), DUE + timedelta(days=days))


@given(payments, st.integers(-10, 400), st.integers(0, 200))
def test_time_never_lowers_what_is_owed(paid: list[tuple[int, int]], days: int, more: int) -> None:
    assert 0 <= after(days, paid).amount <= after(days + more, paid).amount


@given(payments, st.integers(-10, 400), st.integers(0, 60))
def test_paying_earlier_never_costs_more(paid: list[tuple[int, int]], days: int, earlier: int) -> None:
    assert after(days, paid, earlier=earlier).amount <= after(days, paid).amount


@given(st.lists(st.integers(1, 3000_00), max_size=4), st.integers(0, 500))
def test_paid_in_full_by_the_due_day_costs_nothing(parts: list[int], days: int) -> None:
    paid = [(-number, part) for number, part in enumerate(parts)]
    assert after(days, [*paid, (0, 3000_00)]).amount == 0


@given(payments, st.integers(-10, 400))
def test_the_same_question_has_the_same_answer_in_any_order(paid: list[tuple[int, int]], days: int) -> None:
    assert after(days, paid) == after(days, paid) == after(days, paid[::-1])
    late = after(days, paid)
    assert late.amount == sum(period.amount for period in late.periods)
