"""The steps of a calculation read aloud: each with its rule, what went in, what was done, and its source."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.shares import MinimumContribution, ShareRounding, ShareTerms
from portal.scheme.blocks.values import Dated, Input, Series
from portal.scheme.calendars import Month
from portal.scheme.contribution import Earlier, People, work_out
from portal.scheme.explain import Step
from portal.scheme.money import Rounding
from portal.scheme.pack import find_pack, load_pack
from portal.scheme.pay.establishment import establishment_on
from portal.words import _
from tests.scheme.build import always
from tests.scheme.build_pay import CENT, band, branch, pack_of, rate, table

JUNE = Month(2026, 6)
Told = list[tuple[str, int | None]]


def told(pack: Pack, gross: int = 1000_00, **people: object) -> Told:
    steps: list[Step] = []
    work_out(pack, JUNE, People({"gross": gross}, **people), steps=steps)  # type: ignore[arg-type]
    assert all(step.source for step in steps[:-1])
    return [(str(step.words).replace("\u00a0", " "), step.result) for step in steps]


def published(id: str, month: Month, people: People) -> Told:
    steps: list[Step] = []
    work_out(load_pack(find_pack(id), tests=False), month, people, steps=steps)
    return [(str(step.words).replace("\u00a0", " "), step.result) for step in steps]


def test_a_low_wage_in_singapore() -> None:
    young = "born on 15 June 1985, the person does not count as 55 yet in January 2026. The rate is"
    born = date(1985, 6, 15).toordinal()
    assert published("sg-cpf", Month(2026, 1), People({"ordinary": 650_00}, birth=born)) == [
        ("Ordinary wages counts for Provident fund", 650_00),
        ("Pay counts up to the ceiling for January 2026, which is 8,000.00 SGD", 650_00),
        (f"Employee share: {young} 20 %", None),
        ("Pay of 650.00 SGD falls in the band from 500.00 SGD to 750.00 SGD, 750.00 SGD included", None),
        ("Employee share for Provident fund: 3 times 20 % of what 650.00 SGD is above 500.00 SGD", 90_00),
        (f"Employer share: {young} 17 %", None),
        ("Pay of 650.00 SGD falls in the highest band, above 50.00 SGD", None),
        ("Employer share for Provident fund: 17 % of 650.00 SGD", 110_50),
        ("Both shares for Provident fund together", 200_50),
        ("200.50 SGD is rounded to the nearest 1.00 SGD; a half is rounded up.", 201_00),
        ("Employee share for Provident fund", 90_00),
        ("Employer share for Provident fund: the total of 201.00 SGD less the other share of 90.00 SGD", 111_00),
        ("CPF for January 2026 in all", 201_00),
    ]  # fmt: skip


def test_a_bonus_and_what_the_months_of_the_year_leave_for_it() -> None:
    before = [Earlier(Month(2026, number), {"ordinary": 9000_00, "additional": 10_000_00}) for number in (1, 2)]
    people = People({"ordinary": 9000_00, "additional": 5_000_00}, birth=date(1960, 1, 1).toordinal(), earlier=before)
    assert published("sg-cpf", Month(2026, 3), people)[2:5] == [
        (
            "Additional wages (bonus, leave pay) of a year counts up to 102,000.00 SGD less the monthly pay that"
            " counts: 24,000.00 SGD to the end of March 2026 and 72,000.00 SGD in the months to come",
            6_000_00,
        ),
        (
            "Additional wages (bonus, leave pay) paid in the year up to now: 25,000.00 SGD, of which 6,000.00 SGD"
            " counted before. This counts now",
            0,
        ),
        (
            "Employee share: born on 1 January 1960, the person counts as 65 in March 2026, not as 70 yet. The rate is"
            " 7.5 %",
            None,
        ),
    ]  # fmt: skip


def test_bands_of_pay_in_britain() -> None:
    assert published("gb-nic", Month(2026, 3), People({"gross": 1000_30})) == [
        ("Earnings of the pay period counts for Class 1", 1000_30),
        ("15 % of the 583.30 GBP of pay above 417.00 GBP is 87.495 GBP", None),
        ("Employer share for Class 1: all bands of pay together", None),
        ("87.495 GBP is cut after 3 decimals.", None),
        ("87.495 GBP is rounded to the nearest 0.01 GBP; a half is rounded down.", 87_49),
        ("Employee share for Class 1: all bands of pay together", 0),
        ("NIC for March 2026 in all", 87_49),
    ]


def test_who_bears_what_is_short_of_the_least_contribution() -> None:
    least = always(MinimumContribution(None, 401_76, "employer"))
    shared = branch(employer=rate("10 %"), employee=rate("3.5 %"), minimum=least)
    assert told(pack_of(shared), 300_00)[3:] == [
        ("The least contribution for Pension is what the least wage of 401.76 SGD would give", 54_24),
        ("40.50 SGD falls short of it; the employer bears the difference", 13_74),
        ("Employer share for Pension with the difference", 43_74),
        ("TEST for June 2026 in all", 54_24),
    ]
    assert "the employee bears the difference" in str(told(pack_of(branch(
        employee=rate("1 %"), minimum=always(MinimumContribution(100_00, None, "employee"))
    ))))  # fmt: skip


def test_limits_of_a_month_a_day_and_a_share() -> None:
    limited = branch(floor=always(900_00), ceiling=always(3000_00), part_month=True, shared_ceiling=True,
                     employee=rate("5 %", most=40_00))  # fmt: skip
    assert told(pack_of(limited), 1500_00, days=10, elsewhere={"gross": 500_00}) == [
        ("Gross counts for Pension", 1500_00),
        ("The pay is not below the least that counts, 300.00 SGD", 1500_00),
        ("Worked on 10 days only: the ceiling of 3,000.00 SGD is taken for 10 of 30 days", 1000_00),
        (
            "Another employer pays 500.00 SGD, and one ceiling of 1,000.00 SGD holds for both. This employer's part of"
            " it is in proportion to its 1,500.00 SGD of the 2,000.00 SGD in all",
            750_00,
        ),
        ("Pay counts up to the ceiling for June 2026, which is 750.00 SGD", 750_00),
        ("Employee share for Pension: 5 % of 750.00 SGD", 37_50),
        ("TEST for June 2026 in all", 37_50),
    ]
    assert told(pack_of(limited), 100_00)[1] == (
        "The least pay that counts for June 2026 is 900.00 SGD; it counts instead of the pay", 900_00,
    )  # fmt: skip
    assert told(pack_of(limited), 3000_00)[3:5] == [
        ("Employee share for Pension: 5 % of 3,000.00 SGD", 150_00),
        ("Employee share for Pension: this is more than 40.00 SGD, the most that is due", 40_00),
    ]
    low = pack_of(branch(employee=rate("5 %", nil_up_to_daily=176_00)))
    assert told(low, 4550_00, days=26)[1] == (
        "Employee share for Pension: nothing, because 4,550.00 SGD for 26 days is not more than 176.00 SGD a day", 0,
    )  # fmt: skip


def test_what_a_years_ceiling_has_left() -> None:
    pack = pack_of(branch(year_ceiling=always(6000_00), employee=rate("5 %")))
    assert told(pack, 2000_00, earlier=[Earlier(Month(2026, 5), {"gross": 5000_00})])[1:3] == [
        ("Pay of the whole year counts up to 6,000.00 SGD. Earlier months used up 5,000.00 SGD; this is left", 1000_00),
        ("Employee share for Pension: 5 % of 1,000.00 SGD", 50_00),
    ]


def test_an_amount_a_table_a_given_rate() -> None:
    risk = Input("risk", "employer", "rate", "Risk class")
    pack = pack_of(
        branch("flat", employee=always(ShareTerms(amount=200))),
        branch("injury", employer=always(ShareTerms(given="risk"))),
        branch("old", employee=table("age", _0="5 %", _60="1 %")),
        branch("level", employee=always(ShareTerms(bands=(band(0, amount=150), band(100_00, amount=300))))),
        inputs=(risk,),
    )
    said = told(pack, answers={"risk": Fraction(3, 100)}, birth=date(1950, 1, 1).toordinal())
    assert ("Employee share for Flat: the same amount for everybody", 200) in said
    assert ("Employer share: the rate was given (Risk class), 3 %", None) in said
    assert (
        "Employee share: born on 1 January 1950, the person counts as 60 or older in June 2026. The rate is 1 %",
        None,
    ) in said
    assert ("Pay of 1,000.00 SGD falls in the highest band, from 100.00 SGD", None) in said
    assert ("Employee share for Level: the amount of this band", 300) in said


def test_a_branch_that_asks_for_nothing_says_only_that() -> None:
    pack = pack_of(branch("old", employee=rate("0 %")), branch(employee=rate("1 %")))
    assert told(pack)[:2] == [("Old asks for nothing in June 2026.", 0), ("Gross counts for Pension", 1000_00)]


def test_what_is_not_published_yet_is_told() -> None:
    repeated = ShareTerms(rate=Fraction(1, 10))
    late = Series(_("The rate"), (Dated(date(2026, 1, 1), None, repeated, "the act", provisional=True),))
    assert told(pack_of(branch(employee=late)))[0] == (
        "Not all that Pension asks for June 2026 is published yet; what held before is used provisionally.", None,
    )  # fmt: skip


def test_steps_are_told_for_one_person_only() -> None:
    with pytest.raises(ValueError, match="one person"):
        work_out(pack_of(branch(employee=rate("1 %"))), JUNE, People({"gross": [1, 2]}), steps=[])


def test_an_establishment_is_told_as_sums() -> None:
    rupee = ShareRounding(Rounding("half_up", 100), CENT)
    charge = branch(
        "admin", rounding=rupee, employer=rate("0.5 %"), establishment_minimum=always(500_00), per_establishment=True
    )
    steps: list[Step] = []
    establishment_on(pack_of(charge), JUNE, People({"gross": [7000_00, 12_345_00]}), steps=steps)
    assert [(str(step.words), step.result) for step in steps] == [
        ("Admin: the rounded shares of 2 people, added", 97_00),
        ("Admin: an establishment pays at least 500.00 SGD; the employer bears the difference", 500_00),
        ("TEST for the establishment in all", 500_00),
    ]
