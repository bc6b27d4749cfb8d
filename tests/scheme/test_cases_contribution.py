"""Questions about pay as a file asks them: what is answered, and what is said about inputs that cannot be used."""

from __future__ import annotations

from typing import Any

import pytest

from portal.scheme.cases.contribution import eligibility_on_pay
from portal.scheme.cases.run import attempt
from portal.scheme.pack import find_pack, load_pack
from portal.words import Words


def ask(id: str, category: str = "contribution", **inputs: Any) -> dict[str, Any]:
    answer = attempt(load_pack(find_pack(id), tests=False), category, inputs)
    assert not isinstance(answer, Words), str(answer)
    return answer


def refused(id: str, category: str = "contribution", **inputs: Any) -> str:
    answer = attempt(load_pack(find_pack(id), tests=False), category, inputs)
    assert isinstance(answer, Words), answer
    return str(answer)


@pytest.mark.parametrize("gross", ["-1.00", "abc", "1.005", "1e5", 100.5, None, True, "1" + "0" * 16, ["1"]])
def test_pay_that_cannot_be_is_refused_with_its_field(gross: object) -> None:
    said = refused("zm-napsa", month="2025-01", earnings={"gross": gross})
    assert said.startswith("earnings.gross: found ")
    assert said.endswith("Write an amount of 0 or more, such as 1000.00.")


@pytest.mark.parametrize(
    ("id", "inputs", "words"),
    [
        ("zm-napsa", {"earnings": {"gross": "1"}}, "month is missing"),
        ("zm-napsa", {"month": "2025-13", "earnings": {"gross": "1"}}, "month: found '2025-13'"),
        ("zm-napsa", {"month": "2025-01"}, "Gross pay is missing"),
        ("zm-napsa", {"month": "2025-01", "earnings": {"basic": "1"}}, "Gross pay is missing"),
        ("zm-napsa", {"month": "2025-01", "earnings": {"gross": "1"}, "days": 40}, "Days worked are a whole number"),
        (
            "zm-napsa",
            {"month": "2020-01", "earnings": {"gross": "1"}},
            "The ceiling of Pension is not known on 1 January",
        ),
        ("sg-cpf", {"month": "2026-01", "earnings": {"ordinary": "1"}}, "The date of birth is missing"),
        ("cm-cnps", {"month": "2024-01", "earnings": {"salary": "1"}}, "has to be said. Choose one of: 1.75\u00a0%"),
        (
            "cm-cnps",
            {"month": "2024-01", "earnings": {"salary": "1"}, "employer": {"category": "mine", "risk_rate": "0.05"}},
            "Regime: this answer is not among those possible. Choose one of: general, domestic",
        ),
        ("in-epf", {"month": "2022-04", "people": []}, "people: found []"),
        (
            "in-epf",
            {"month": "2016-04", "people": [{"earnings": {"wages": "1"}}]},
            "minimum administrative charge before",
        ),
        ("bd-ups-pragati", {"month": "2026-01", "earnings": {}, "options": {"instalment": "2500"}}, "2000.00, 3000.00"),
        ("sg-cpf", {"month": "2026-01", "earnings": {}, "earlier": {"from": "1026-01", "to": "2026-01"}}, "same year"),
    ],
)
def test_what_is_missing_or_not_possible_is_named(id: str, inputs: dict[str, Any], words: str) -> None:
    assert words in refused(id, **inputs)


def test_no_pay_at_all_asks_for_the_rates() -> None:
    assert ask("zm-napsa", month="2025-01", earnings={}) == {
        "rates": {"employer": "0.05", "employee": "0.05", "total": "0.1"},
        "due": "2025-02-10",
    }


def test_a_rate_may_be_written_in_per_cent() -> None:
    given = {"month": "2024-01", "earnings": {"salary": "800000"}}
    shares = [
        ask("cm-cnps", **given, employer={"risk_rate": rate})["shares"]["injury"] for rate in ("1.75 %", "0.0175")
    ]
    assert shares[0] == shares[1] == {"employer": "14000", "employee": "0", "total": "14000"}


def test_branches_whose_pay_was_not_given_are_left_out_and_so_are_totals() -> None:
    answer = ask("rw-rssb", month="2026-01", earnings={"basic": "300000"}, options={"medical": True})
    assert answer["shares"] == {"medical": {"employer": "22500", "employee": "22500", "total": "45000"}}
    assert "total" not in answer
    assert "rates" not in answer


def test_what_is_not_published_yet_is_said_to_be_provisional() -> None:
    assert ask("zm-napsa", month="2027-06", earnings={"gross": "100"})["provisional"] is True
    assert "provisional" not in ask("zm-napsa", month="2026-06", earnings={"gross": "100"})


def test_an_establishment_of_two() -> None:
    people = [{"earnings": {"wages": "7000"}}, {"earnings": {"wages": "9000"}, "person": {"eps_member": False}}]
    answer = ask("in-epf", month="2022-04", people=people)
    assert answer["shares"]["EPS_employer"]["employer"] == "583.00"
    assert answer["shares"]["EPF_employer"]["employer"] == "1337.00"
    assert answer["shares"]["admin"] | {} == {
        "employer": "500.00", "employee": "0.00", "total": "500.00", "computed": "80.00", "top_up": "420.00",
    }  # fmt: skip
    assert answer["total"] == "4420.00"


def test_a_second_employer_uses_up_its_part_only_where_the_pack_says_so() -> None:
    given = {"month": "2026-01", "earnings": {"gross": "30000"}}
    alone, shared = ask("zm-napsa", **given), ask("zm-napsa", **given, elsewhere={"gross": "30000"})
    assert alone["total"] == shared["total"] == "3000.00"


def test_who_crossed_the_limit_is_told_until_when() -> None:
    pack = load_pack(find_pack("in-esic"), tests=False)
    answer = eligibility_on_pay(
        pack, {"month": "2025-06", "earnings": {"wages": "22000"}, "person": {"above_ceiling_from": "2025-06-01"}}
    )
    assert (answer["contributions_until"], answer["total"]) == ("2025-09-30", "880.00")


def test_a_line_of_a_file_is_worked_out_from_its_own_pay() -> None:
    record = {"uan": "1", "name": "X", "gross": "20000", "epf": "20000", "eps": "15000", "edli": "15000"}
    whole = record | {"ncp_days": "0", "refund": "0"}
    line = ask("in-epf", "file_format", month="2026-01", format="ECR-2", record=whole)["line"]
    assert line == "1#~#X#~#20000#~#20000#~#15000#~#15000#~#2400#~#1250#~#1150#~#0#~#0"
    assert (
        refused("in-epf", "file_format", month="2026-01", format="ECR-2", record=record)
        == "ncp_days is missing from the inputs."
    )
    assert "does not know the format" in refused("in-epf", "file_format", month="2026-01", format="X", record=whole)


def test_rounding_and_published_figures() -> None:
    assert ask("gb-nic", "rounding", amount="87.4558") == {"rounded": "87.45"}
    assert ask("sg-cpf", "rounding", amount="-0.005") == {"rounded": "-0.01"}
    assert "amount: found" in refused("gb-nic", "rounding", amount="x")
    values = {"national_average_earnings": "8541"}
    assert ask("zm-napsa", "parameter", name="monthly_ceiling", year=2025, values=values) == {"value": "34164.00"}
    assert refused("zm-napsa", "parameter", name="x") == "This pack has no formula for x."
    assert "national_average_earnings" in refused("zm-napsa", "parameter", name="monthly_ceiling")
