"""Each shape that a rule on pay can have, with figures one can check on paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from portal.scheme.blocks.cover import OpensByPeriod, Period
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.shares import (
    AdditionalPay,
    Base,
    MinimumContribution,
    Other,
    ShareRounding,
    ShareTerms,
    Split,
    WageLimit,
)
from portal.scheme.blocks.values import Dated, Input, Series
from portal.scheme.calendars import Month
from portal.scheme.contribution import (
    Earlier,
    NotKnown,
    People,
    Unusable,
    contribution_on,
    pay_that_counts,
    rates_on,
    work_out,
)
from portal.scheme.money import Currency, Rounding
from portal.scheme.pay.counted import insured_until
from portal.scheme.pay.establishment import establishment_on
from portal.words import _
from tests.scheme.build import always, versions
from tests.scheme.build_pay import CENT, HALF, band, branch, choice, pack_of, rate, table

JUNE = Month(2026, 6)


def counts(pack: Pack, gross: int, month: Month = JUNE, **more: object) -> int:
    """The pay that counts for the only branch."""
    return contribution_on(pack, month, {"gross": gross}, **more).shares[0].insurable  # type: ignore[arg-type]


# Which pay counts


def test_parts_of_pay_are_added_taken_off_and_never_fall_below_the_contract() -> None:
    base = Base(plus=("gross",), minus=("transport",), not_below=("basic", "housing"))
    pack = pack_of(branch(base=always(base), employer=rate("10 %")))

    def pay(**earnings: int) -> int:
        return contribution_on(pack, JUNE, earnings).shares[0].insurable

    assert pay(gross=1000, transport=300) == 700
    assert pay(gross=1000, transport=3000) == 0
    assert pay(gross=1000, transport=300, basic=500, housing=250) == 750
    with pytest.raises(Unusable, match="gross: Gross is missing"):
        pay(basic=500)


def test_a_slice_between_two_limits() -> None:
    tier = branch(ceiling=always(108_000_00), above=always(9_000_00), employee=rate("6 %"))
    pack = pack_of(tier)
    assert [counts(pack, pay) for pay in (0, 9_000_00, 50_000_00, 250_000_00)] == [0, 0, 41_000_00, 99_000_00]


def test_the_least_pay_that_counts_is_not_known_but_known_not_to_matter() -> None:
    gap = Series(_("The minimum wage"), (Dated(date(2026, 1, 1), None, None, "", unknown="no notice", at_most=300_00),))
    pack = pack_of(branch(floor=gap, employee=rate("5 %")))
    assert counts(pack, 300_00) == 300_00
    with pytest.raises(NotKnown, match="The minimum wage is not known on 30 June 2026: no notice"):
        counts(pack, 299_99)
    with pytest.raises(NotKnown):
        work_out(pack, JUNE, People({"gross": [300_00, 299_99]}))


def test_a_part_month_takes_floor_and_ceiling_in_thirtieths() -> None:
    pack = pack_of(branch(floor=always(300_00), ceiling=always(3000_00), part_month=True, employee=rate("5 %")))
    assert [counts(pack, 5000_00, days=days) for days in (0, 1, 10, 29, 30, None)] == [
        0, 100_00, 1000_00, 2900_00, 3000_00, 3000_00,
    ]  # fmt: skip
    assert counts(pack, 10_00, days=10) == 100_00
    february = Month(2026, 2)
    assert [counts(pack, 5000_00, february, days=days) for days in (27, 28)] == [2700_00, 3000_00]


def test_a_years_ceiling_is_used_up_by_the_months_before() -> None:
    pack = pack_of(branch(year_ceiling=always(6_000_000), employee=rate("5.25 %")))
    before = [Earlier(Month(2026, number), {"gross": 1_100_000}) for number in range(1, 6)]
    last_year = Earlier(Month(2025, 12), {"gross": 9_000_000})
    assert counts(pack, 1_100_000, earlier=before) == 500_000
    assert counts(pack, 1_100_000, earlier=[*before, last_year]) == 500_000
    assert counts(pack, 400_000, earlier=before) == 400_000
    assert counts(pack, 1_100_000, earlier=[last_year]) == 1_100_000


def test_a_fiscal_year_does_not_begin_in_january() -> None:
    pack = pack_of(branch(year_ceiling=always(1000), employee=rate("5 %")), fiscal_year=(7, 1))
    in_june = [Earlier(Month(2025, 7), {"gross": 700})]
    assert counts(pack, 500, JUNE, earlier=in_june) == 300
    assert counts(pack, 500, Month(2026, 7), earlier=in_june) == 500


def test_two_employers_share_one_ceiling_in_proportion() -> None:
    pack = pack_of(branch(ceiling=always(37_236_00), shared_ceiling=True, employee=rate("5 %")))
    here = counts(pack, 30_000_00, elsewhere={"gross": 20_000_00})
    there = counts(pack, 20_000_00, elsewhere={"gross": 30_000_00})
    assert (here, there, here + there) == (22_341_60, 14_894_40, 37_236_00)
    assert counts(pack, 10_000_00, elsewhere={"gross": 20_000_00}) == 10_000_00
    assert counts(pack, 0, elsewhere={"gross": 90_000_00}) == 0
    odd = [
        counts(pack, 40_000_01, elsewhere={"gross": 80_000_03}),
        counts(pack, 80_000_03, elsewhere={"gross": 40_000_01}),
    ]
    assert 37_236_00 - 1 <= sum(odd) <= 37_236_00
    alone = replace(pack, branches=(replace(pack.branches[0], shared_ceiling=False),))
    assert counts(alone, 30_000_00, elsewhere={"gross": 20_000_00}) == 30_000_00


def test_a_ceiling_that_holds_only_where_it_was_chosen() -> None:
    monthly = {"basis": ("monthly",)}
    asked = choice("basis", "monthly", "yearly", of="options", default="yearly")
    pack = pack_of(branch(ceiling=always(500), ceiling_when=monthly, employee=rate("10 %")), inputs=(asked,))
    assert counts(pack, 900, options={"basis": "monthly"}) == 500
    assert counts(pack, 900) == 900
    both = work_out(pack, JUNE, People({"gross": [900, 900]}), options={"basis": ["monthly", "yearly"]})
    assert both.branches[0].insurable.tolist() == [500, 900]


# Additional wages


def cpf(*ceilings: tuple[date, int]) -> Pack:
    """Ordinary wages up to a month's ceiling, a bonus up to 102,000 a year less these."""
    rule = AdditionalPay("bonus", always(102_000_00))
    wages = branch("provident", "wages", ceiling=versions(*ceilings), additional=rule, employee=rate("10 %"))
    leaves = Input("last_month", "person", "date", "Leaves after this month")
    return pack_of(wages, inputs=(leaves,))


IN_2023 = cpf((date(2016, 1, 1), 6_000_00), (date(2023, 9, 1), 6_300_00))


def bonus(
    pack: Pack, month: Month, wages: int, paid: int, *earlier: Earlier, leaves: int | None = None
) -> tuple[int, int]:
    """What counts of the bonus, and the year's limit for it."""
    people = People({"wages": wages, "bonus": paid}, {"last_month": leaves}, earlier=earlier)
    found = work_out(pack, month, people).branches[0].additional
    assert found is not None
    return found.counts, found.limit


def months(first: int, last: int, **earnings: int) -> list[Earlier]:
    return [Earlier(Month(2023, number), earnings) for number in range(first, last + 1)]


def test_months_to_come_are_taken_at_their_own_ceilings() -> None:
    assert bonus(IN_2023, Month(2023, 1), 8_000_00, 50_000_00) == (28_800_00, 28_800_00)
    assert bonus(IN_2023, Month(2023, 12), 8_000_00, 0, *months(1, 11, wages=8_000_00))[1] == 28_800_00
    assert (
        bonus(IN_2023, Month(2023, 12), 6_100_00, 0, *months(1, 11, wages=6_100_00))[1]
        == 102_000_00 - 8 * 6_000_00 - 4 * 6_100_00
    )


def test_who_leaves_in_may_has_the_difference_collected() -> None:
    """In January 28,800 of 60,000 counted; when the person goes in May the rest does too."""
    january = Earlier(Month(2023, 1), {"wages": 8_000_00, "bonus": 60_000_00})
    before = [january, *months(2, 4, wages=8_000_00)]
    goes = date(2023, 5, 31).toordinal()
    assert bonus(IN_2023, Month(2023, 5), 8_000_00, 0, *before) == (0, 28_800_00)
    assert bonus(IN_2023, Month(2023, 5), 8_000_00, 0, *before, leaves=goes) == (60_000_00 - 28_800_00, 72_000_00)
    assert bonus(IN_2023, Month(2023, 5), 8_000_00, 20_000_00, *before, leaves=goes) == (
        72_000_00 - 28_800_00,
        72_000_00,
    )
    later = date(2023, 8, 31).toordinal()
    assert bonus(IN_2023, Month(2023, 5), 8_000_00, 0, *before, leaves=later)[1] == 102_000_00 - 8 * 6_000_00


def test_a_second_bonus_counts_what_the_first_left() -> None:
    march = Earlier(Month(2023, 3), {"wages": 8_000_00, "bonus": 20_000_00})
    before = [*months(1, 2, wages=8_000_00), march]
    assert bonus(IN_2023, Month(2023, 4), 8_000_00, 20_000_00, *before) == (8_800_00, 28_800_00)


def test_bonuses_of_many_people_are_those_of_each() -> None:
    wages, paid = [8_000_00, 3_000_00, 0], [50_000_00, 90_000_00, 10]
    leaves = [None, date(2023, 3, 31).toordinal(), None]
    people = People(
        {"wages": wages, "bonus": paid}, {"last_month": leaves}, earlier=months(1, 2, wages=1_000_00, bonus=5)
    )
    many = work_out(IN_2023, Month(2023, 3), people).branches[0].additional
    assert many is not None
    alone = [
        bonus(IN_2023, Month(2023, 3), *one[:2], *months(1, 2, wages=1_000_00, bonus=5), leaves=one[2])
        for one in zip(wages, paid, leaves, strict=True)
    ]
    assert list(zip(many.counts.tolist(), many.limit.tolist(), strict=True)) == alone


# Wage limits


def esic() -> Pack:
    """Insured up to 21,000, on the whole pay to the end of the contribution period."""
    since = Input("above_since", "person", "date", "Above the limit since")
    insured = branch(wage_limit=WageLimit(always(21_000_00), "above_since"), employer=rate("3.25 %"))
    periods = OpensByPeriod(
        (Period((4, 1), (9, 30), (1, 1), (6, 30)), Period((10, 1), (3, 31), (7, 1), (12, 31))), "the rules"
    )
    return pack_of(insured, inputs=(since,), entitlement=periods)


@pytest.mark.parametrize(
    ("month", "pay", "since", "due"),
    [
        (Month(2025, 6), 21_000_00, None, 682_50),
        (Month(2025, 6), 21_000_01, None, 0),
        (Month(2025, 6), 22_000_00, date(2025, 6, 1), 715_00),
        (Month(2025, 9), 22_000_00, date(2025, 6, 1), 715_00),
        (Month(2025, 10), 22_000_00, date(2025, 6, 1), 0),
        (Month(2026, 3), 22_000_00, date(2025, 11, 15), 715_00),
        (Month(2025, 4), 22_000_00, date(2025, 4, 1), 0),  # above on the first day of a period: not insured in it
        (Month(2025, 4), 22_000_00, date(2025, 4, 2), 715_00),
    ],
)
def test_who_was_insured_stays_so_to_the_end_of_the_period(
    month: Month, pay: int, since: date | None, due: int
) -> None:
    person = {} if since is None else {"above_since": since}
    assert contribution_on(esic(), month, {"gross": pay}, person=person).employer == due


def test_the_end_of_a_period_over_new_year() -> None:
    assert insured_until(esic(), date(2025, 12, 5)) == insured_until(esic(), date(2026, 1, 5)) == date(2026, 3, 31)


# Rates


@pytest.mark.parametrize(
    ("counts_from", "months"),
    [
        ("month_after_birthday", {Month(2024, 7): 20, Month(2024, 8): 16}),
        ("month_of_birthday", {Month(2024, 6): 20, Month(2024, 7): 16}),
        ("year_of_birthday", {Month(2023, 12): 20, Month(2024, 1): 16}),
    ],
)
def test_a_new_age_counts_from_the_day_the_pack_says(counts_from: str, months: dict[Month, int]) -> None:
    by_age = branch(employee=table("age", _0="20 %", _55="16 %"))
    pack = pack_of(by_age, age_counts=counts_from)
    born = date(1969, 7, 7)
    assert {month: contribution_on(pack, month, {"gross": 100}, birth=born).employee for month in months} == months


def test_without_a_date_of_birth_no_age_is_guessed() -> None:
    pack = pack_of(branch(employee=table("age", _0="20 %", _55="16 %")))
    with pytest.raises(Unusable, match="date_of_birth"):
        contribution_on(pack, JUNE, {"gross": 100})
    with pytest.raises(Unusable, match="date_of_birth"):
        work_out(pack, JUNE, People({"gross": [100, 100]}, birth=[730000, None]))
    young = pack_of(branch(employee=table("age", _18="20 %")))
    with pytest.raises(NotKnown, match="younger than 18"):
        contribution_on(young, JUNE, {"gross": 100}, birth=date(2010, 1, 1))


def test_a_regime_a_given_rate_and_what_is_not_among_them() -> None:
    regime = choice("regime", "general", "farm", default="general")
    risk = Input("risk", "employer", "rate", "Risk class", rates=(Fraction(175, 10000), Fraction(5, 100)))
    pack = pack_of(
        branch("family", employer=table("regime", general="7 %", farm="5.65 %")),
        branch("injury", employer=always(ShareTerms(given="risk"))),
        inputs=(regime, risk),
    )

    def due(**employer: object) -> int:
        return contribution_on(pack, JUNE, {"gross": 1_000_000}, employer=employer).employer

    assert due(risk=Fraction(5, 100)) == 120_000
    assert due(risk=Fraction(175, 10000), regime="farm") == 74_000
    with pytest.raises(Unusable, match=r"regime: Regime: this answer is not .* Choose one of: general, farm\."):
        due(risk=Fraction(5, 100), regime="mine")
    with pytest.raises(Unusable, match=r"risk: Risk class has to be said\. Choose one of: 1\.75\u00a0%, 5\u00a0%"):
        due()
    with pytest.raises(Unusable, match="risk"):
        due(risk=Fraction(2, 100))
    people = People({"gross": [1_000_000, 1_000_000]})
    both = work_out(
        pack, JUNE, people, {"risk": [Fraction(5, 100), Fraction(175, 10000)], "regime": ["farm", "general"]}
    )
    assert both.employer.tolist() == [106_500, 87_500]
    assert rates_on(pack, JUNE, People({}), {"risk": Fraction(5, 100)}) == (Fraction(12, 100), 0)


def test_a_branch_is_for_some_only() -> None:
    kind = choice("kind", "cadre", "other", of="person", default="other")
    pack = pack_of(
        branch("general", employer=rate("8 %")),
        branch("cadre", applies={"kind": ("cadre",)}, employer=always(ShareTerms(amount=500))),
        inputs=(kind,),
    )
    assert contribution_on(pack, JUNE, {"gross": 1000}).employer == 80
    assert contribution_on(pack, JUNE, {"gross": 1000}, person={"kind": "cadre"}).employer == 580
    both = work_out(pack, JUNE, People({"gross": [1000, 1000]}, {"kind": ["cadre", "other"]}))
    assert (both.employer.tolist(), both.branch("cadre").insurable.tolist()) == ([580, 80], [1000, 0])


# Bands


def test_a_band_of_pay_asks_one_amount() -> None:
    bands = (band(0, amount=150), band(6000, amount=300), band(8000, inclusive=False, amount=400))
    pack = pack_of(branch(employee=always(ShareTerms(bands=bands))))
    paid = [0, 5999, 6000, 8000, 8001]
    assert [contribution_on(pack, JUNE, {"gross": pay}).employee for pay in paid] == [150, 150, 300, 300, 400]
    assert work_out(pack, JUNE, People({"gross": paid})).employee.tolist() == [150, 150, 300, 300, 400]


def test_a_band_decides_for_all_of_the_pay_or_only_for_its_slice() -> None:
    bands = (band(0, percent="10 %"), band(1000, inclusive=False, percent="20 %", amount=7))
    whole = pack_of(branch(employee=always(ShareTerms(bands=bands))))
    slices = pack_of(branch(employee=always(ShareTerms(bands=bands, marginal=True))))
    paid = [0, 1000, 1001, 2000]
    assert [contribution_on(whole, JUNE, {"gross": pay}).employee for pay in paid] == [0, 100, 207, 407]
    assert [contribution_on(slices, JUNE, {"gross": pay}).employee for pay in paid] == [0, 100, 107, 307]
    assert work_out(whole, JUNE, People({"gross": paid})).employee.tolist() == [0, 100, 207, 407]
    assert work_out(slices, JUNE, People({"gross": paid})).employee.tolist() == [0, 100, 107, 307]


def test_below_the_first_band_nothing_is_due() -> None:
    pack = pack_of(branch(employee=always(ShareTerms(bands=(band(500, amount=50),)))))
    assert [contribution_on(pack, JUNE, {"gross": pay}).employee for pay in (499, 500)] == [0, 50]


def test_a_taper_phases_the_share_in() -> None:
    bands = (band(0, times=Fraction(0)), band(500_00, inclusive=False, times=Fraction(3), less=500_00),
             band(750_00, inclusive=False))  # fmt: skip
    pack = pack_of(branch(employee=rate("20 %", bands=bands)))
    paid = [500_00, 600_00, 750_00, 750_01, 1000_00]
    expected = [0, 60_00, 150_00, 150_00, 200_00]
    assert [contribution_on(pack, JUNE, {"gross": pay}).employee for pay in paid] == expected
    assert work_out(pack, JUNE, People({"gross": paid})).employee.tolist() == expected


def test_each_band_is_cut_before_they_are_added() -> None:
    """The United Kingdom: bands to four decimals, their sum to three, a halfpenny disregarded."""
    bands = (band(0, percent="0 %"), band(417_00, inclusive=False, percent="15 %"))
    nic = Rounding("half_down", 1, truncate=1)
    cut = ShareRounding(nic, nic, bands=Rounding("floor", 1, truncate=2))
    pack = pack_of(branch(rounding=cut, employer=always(ShareTerms(bands=bands, marginal=True))))
    assert contribution_on(pack, JUNE, {"gross": 1000_30}).employer == 87_49
    assert contribution_on(pack, JUNE, {"gross": 1000_31}).employer == 87_50


def test_no_share_from_a_low_average_wage() -> None:
    pack = pack_of(branch(employer=rate("3 %"), employee=rate("1 %", nil_up_to_daily=176_00)))
    days = {26: 176 * 26 * 100, None: 176 * 30 * 100}
    for worked, edge in days.items():
        shares = [contribution_on(pack, JUNE, {"gross": pay}, days=worked).employee for pay in (edge, edge + 100)]
        assert shares == [0, (edge + 100 + 50) // 100]
        assert contribution_on(pack, JUNE, {"gross": edge}, days=worked).employer == edge * 3 // 100


def test_the_least_and_the_most_of_a_share() -> None:
    pack = pack_of(branch(employee=rate("2.75 %", least=300_00, most=5000_00)))
    paid = [0, 10_000_00, 20_000_00, 900_000_00]
    assert work_out(pack, JUNE, People({"gross": paid})).employee.tolist() == [300_00, 300_00, 550_00, 5000_00]


# One share from another


def test_what_the_employer_pays_is_the_employees_share_less_the_pension_part() -> None:
    rupee = Rounding("half_up", 100)
    whole = ShareRounding(rupee, rupee)
    taken = ShareTerms(same_as=Other("own", "employee"), less=Other("pension", "employer"))
    pack = pack_of(
        branch("rest", rounding=whole, employer=always(taken)),  # stands before what it leans on
        branch("own", rounding=whole, employee=rate("12 %")),
        branch("pension", rounding=whole, ceiling=always(15_000_00), employer=rate("8.33 %")),
    )
    found = work_out(pack, JUNE, People({"gross": 12_345_00}))
    assert [one.branch for one in found.branches] == ["rest", "own", "pension"]
    assert [found.branch(code).total for code in ("own", "pension", "rest")] == [1481_00, 1028_00, 453_00]


def test_the_total_is_rounded_first_and_the_rest_is_the_employers() -> None:
    dollar = ShareRounding(CENT, Rounding("floor", 100), total=Rounding("half_up", 100), rest="employer")
    pack = pack_of(branch(rounding=dollar, employer=rate("17 %"), employee=rate("20 %")))
    found = contribution_on(pack, JUNE, {"gross": 1_251_50})
    assert (found.total, found.employee, found.employer) == (463_00, 250_00, 213_00)
    other = replace(pack.branches[0], rounding=replace(dollar, rest="employee", employer=Rounding("floor", 100)))
    found = contribution_on(replace(pack, branches=(other,)), JUNE, {"gross": 1_251_50})
    assert (found.total, found.employee, found.employer) == (463_00, 251_00, 212_00)


def test_half_of_an_odd_total() -> None:
    halves = branch(
        total=rate("6 %"),
        employee=always(ShareTerms(of_total=HALF)),
        rounding=ShareRounding(CENT, CENT, rest="employer"),
    )
    found = contribution_on(pack_of(halves), JUNE, {"gross": 50})
    assert (found.total, found.employee, found.employer) == (3, 2, 1)
    assert rates_on(pack_of(halves), JUNE, People({})) == (Fraction(3, 100), Fraction(3, 100))


def test_a_total_whose_split_was_not_published() -> None:
    gap = Series(_("The split"), (Dated(date(2020, 1, 1), None, None, "", unknown="not found"),))
    pack = pack_of(branch(total=rate("14 %"), employee=gap))
    found = work_out(pack, JUNE, People({"gross": 500_000}))
    assert (found.total, found.employer, found.employee) == (70_000, None, None)
    with pytest.raises(NotKnown, match="How TEST shares the total"):
        contribution_on(pack, JUNE, {"gross": 500_000})


def ghana(**minimum: object) -> Pack:
    """13.5 % and 5 % in all, of which the employee bears 5.5 %; the least contribution is the employer's."""
    least = always(MinimumContribution(**{"amount": None, "wage": None, "borne_by": "employer"} | minimum))  # type: ignore[arg-type]
    return pack_of(
        branch("tier1", ceiling=always(61_000_00), total=rate("13.5 %"), minimum=least),
        branch("tier2", ceiling=always(61_000_00), total=rate("5 %")),
        split=Split("tier1", rate("5.5 %")),
    )


def test_a_scheme_that_splits_only_the_whole() -> None:
    found = contribution_on(ghana(amount=66_16), JUNE, {"gross": 4000_00})
    assert (found.employer, found.employee, found.total) == (520_00, 220_00, 740_00)
    assert [(share.total, share.employer) for share in found.shares] == [(540_00, None), (200_00, None)]


def test_the_shortfall_to_the_least_contribution_is_the_employers() -> None:
    found = work_out(ghana(wage=401_76), JUNE, People({"gross": [300_00, 401_76, 4000_00]}))
    tier1 = found.branch("tier1")
    assert tier1.computed.tolist() == [40_50, 54_24, 540_00]
    assert tier1.top_up.tolist() == [13_74, 0, 0]
    assert tier1.total.tolist() == [54_24, 54_24, 540_00]
    assert found.employee.tolist() == [16_50, 22_10, 220_00]
    assert (found.employer + found.employee).tolist() == found.total.tolist()


def test_the_shortfall_may_be_the_employees() -> None:
    least = always(MinimumContribution(100, None, "employee"))
    pack = pack_of(branch(employer=rate("5 %"), employee=rate("5 %"), minimum=least))
    found = contribution_on(pack, JUNE, {"gross": 200})
    assert (found.employer, found.employee) == (10, 90)


# An establishment


def test_an_establishment_pays_at_least_so_much_for_all_its_people() -> None:
    rupee = ShareRounding(Rounding("half_up", 100), Rounding("half_up", 100))
    pack = pack_of(
        branch("own", rounding=rupee, employee=rate("12 %"), employer=rate("12 %")),
        branch(
            "admin",
            rounding=rupee,
            employer=rate("0.5 %"),
            establishment_minimum=always(500_00),
            per_establishment=True,
        ),
    )
    assert [one.branch for one in work_out(pack, JUNE, People({"gross": 7000_00})).branches] == ["own"]
    few = establishment_on(pack, JUNE, People({"gross": [7000_00, 12_345_00]}))
    assert (few.branch("admin").total, few.branch("admin").computed, few.branch("admin").top_up) == (
        500_00,
        97_00,
        403_00,
    )
    assert (few.employer, few.employee, few.total) == (2321_00 + 500_00, 2321_00, 2 * 2321_00 + 500_00)
    many = establishment_on(pack, JUNE, People({"gross": [15_000_00] * 10}))
    assert (many.branch("admin").total, many.branch("admin").top_up) == (750_00, 0)
    assert establishment_on(pack, JUNE, People({"gross": 7000_00})).total == 840_00 * 2 + 500_00


# What was known, and what is known now


def test_an_amendment_changes_the_month_only_for_who_knew() -> None:
    day = date(2025, 1, 1)
    old, new = Dated(day, None, 52_000_00, "old"), Dated(day, None, 61_000_00, "new", known=date(2025, 1, 28))
    ceiling = Series(_("The ceiling"), (new,), ((date(2025, 1, 28), (old,)),))
    pack = pack_of(branch(ceiling=ceiling, employee=rate("10 %")))
    month = Month(2025, 1)
    assert counts(pack, 99_000_00, month, known_on=date(2025, 1, 27)) == 52_000_00
    assert counts(pack, 99_000_00, month, known_on=date(2025, 1, 28)) == 61_000_00
    assert counts(pack, 99_000_00, month) == 61_000_00


@pytest.mark.parametrize(
    ("month", "words"),
    [
        (
            Month(2019, 12),
            "The rule is not known on 31 December 2019: the first value in the pack is that of 1 January 2020",
        ),
        (Month(2022, 6), "The rule is not known on 30 June 2022: the page is gone"),
        (
            Month(2024, 1),
            "The rule is not known on 31 January 2024: the last value in the pack ends on 31 December 2023",
        ),
    ],
)
def test_before_the_first_value_in_a_gap_and_after_the_last_the_rule_is_named(month: Month, words: str) -> None:
    values = (
        Dated(date(2020, 1, 1), date(2021, 12, 31), 100, "law"),
        Dated(date(2022, 1, 1), date(2022, 12, 31), None, "", unknown="the page is gone"),
        Dated(date(2023, 1, 1), date(2023, 12, 31), 300, "law"),
    )
    pack = pack_of(branch(ceiling=Series(_("The rule"), values), employee=rate("10 %")))
    assert counts(pack, 1000, Month(2021, 12)) == 100
    with pytest.raises(NotKnown, match=words):
        counts(pack, 1000, month)


def test_a_gap_in_a_branch_that_does_not_apply_refuses_nobody() -> None:
    gap = Series(_("The rate"), (Dated(date(2020, 1, 1), None, None, "", unknown="not found"),))
    kind = choice("kind", "a", "b", default="a")
    pack = pack_of(
        branch("one", employer=rate("1 %")), branch("two", applies={"kind": ("b",)}, employer=gap), inputs=(kind,)
    )
    assert contribution_on(pack, JUNE, {"gross": 100}).employer == 1
    with pytest.raises(NotKnown, match="The rate is not known"):
        contribution_on(pack, JUNE, {"gross": 100}, employer={"kind": "b"})


# What cannot be


@pytest.mark.parametrize(
    "bad", [-1, 10**15 + 1, 1.5, "100", None, True, [100, -1], [100, 2.0], [100, None], [10**15 + 1, 1]]
)
def test_pay_that_cannot_be_names_the_component(bad: object) -> None:
    pack = pack_of(branch(employee=rate("5 %")))
    with pytest.raises(Unusable, match="gross: Gross: give an amount of pay from 0 to 10,000,000,000,000") as refused:
        work_out(pack, JUNE, People({"gross": bad}))
    assert refused.value.field == "gross"


def test_columns_of_two_lengths_are_refused() -> None:
    pack = pack_of(branch(employee=rate("5 %")))
    with pytest.raises(Unusable, match="days has 3 values for 2 people"):
        work_out(pack, JUNE, People({"gross": [1, 2]}, days=[1, 2, 3]))
    with pytest.raises(Unusable, match="days: Days worked are a whole number from 0 to 32"):
        work_out(pack, JUNE, People({"gross": 1}, days=33))


def test_an_amount_chosen_may_be_the_base() -> None:
    chosen = Input("instalment", "options", "amount", "Instalment", amounts=(2000_00, 3000_00))
    pack = pack_of(
        branch("pension", "instalment", total=rate("100 %"), employee=always(ShareTerms(of_total=HALF))),
        inputs=(chosen,),
    )
    found = contribution_on(pack, JUNE, {}, options={"instalment": 3000_00})
    assert (found.employer, found.employee) == (1500_00, 1500_00)
    with pytest.raises(Unusable, match=r"Choose one of: 2000\.00, 3000\.00"):
        contribution_on(pack, JUNE, {}, options={"instalment": 2500_00})
    with pytest.raises(Unusable, match="Instalment has to be said"):
        contribution_on(pack, JUNE, {})


def test_francs_have_no_smaller_coin() -> None:
    pack = pack_of(branch(employee=rate("4.2 %")), currency=Currency("XAF", 0))
    assert contribution_on(pack, JUNE, {"gross": 750_011}).employee == 31_500
    assert pay_that_counts(pack, JUNE, People({"gross": 750_011}))["pension"].pay == 750_011
