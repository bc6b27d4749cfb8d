"""What an applicant types, and what is said about it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from portal.employers import answers as asked
from portal.scheme.fund import load_fund

FUND = load_fund(Path(__file__).resolve().parents[2] / "fund.toml")
TODAY = date(2026, 11, 3)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("tax_number", "1" * 100),
        ("tax_number", "10012"),
        ("phone", "12"),
        ("email", "abebe.example.et"),
        ("email", "a@b.et\r\nBcc: x@y.z"),
        ("email", "Abebe <a@b.et>"),
        ("email", '"a b"@c.et'),
        ("email", "a@b.et."),
        ("email", "admin@fund.g\u043ev.et"),  # one letter is Cyrillic
        ("first_employment_day", "31 2 2026"),
        ("first_employment_day", "1 1 26"),
        ("first_employment_day", "1 1 99999"),
        ("first_employment_day", "1 1 2031"),
        ("first_employment_day", "next week"),
        ("headcount", "0"),
        ("headcount", "-5"),
        ("headcount", "a dozen"),
        ("headcount", "99999999999999999999"),
        ("legal_form", "admin"),
        ("activity", "ZZ"),
        ("location", "ZM-09"),  # a province is not a place one can be found in
        ("bank_account", "12"),
        ("legal_name", "x" * 201),
        ("legal_name", "\u200b\u2060"),
    ],
)
def test_an_answer_that_cannot_be_right_is_asked_about(field: str, typed: str) -> None:
    page = asked.page_of(field)
    assert page is not None
    problems = asked.problems({field: asked.clean(typed)}, FUND, TODAY, [page])
    assert field in problems
    assert "invalid" not in str(problems[field]).lower()


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("tax_number", "1001 234-567", "1001234567"),
        ("phone", "0977 123 456", "+260977123456"),
        ("email", "a+b@EXAMPLE.ET", "a+b@example.et"),
        ("first_employment_day", "1 9 2026", "1 9 2026"),
        ("legal_name", "<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("legal_name", "=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("legal_name", "%s%s%n", "%s%s%n"),
        ("legal_name", "नेपाल\u200dकम्पनी", "नेपाल\u200dकम्पनी"),
        ("location", "ZM-09-04", "ZM-09-04"),
    ],
)
def test_a_good_answer_is_kept_in_its_usual_form(field: str, typed: str, stored: str) -> None:
    kept = asked.kept(field, asked.clean(typed), FUND)
    page = asked.page_of(field)
    assert page is not None
    assert kept == stored
    assert field not in asked.problems({field: kept}, FUND, TODAY, [page])


def test_a_bank_without_an_account_number_is_of_no_use_and_neither_is_the_reverse() -> None:
    (bank,) = (page for page in asked.PAGES if page.name == "bank")
    assert set(asked.problems({"bank_name": "Practice Bank"}, FUND, TODAY, [bank])) == {"bank_account"}
    assert set(asked.problems({"bank_account": "0012345678"}, FUND, TODAY, [bank])) == {"bank_name"}
    assert asked.problems({}, FUND, TODAY, [bank]) == {}


def test_only_schemes_of_the_fund_can_be_chosen() -> None:
    (page,) = (page for page in asked.PAGES if page.name == "schemes")
    assert asked.problems({"schemes": ["zm-nhima"]}, FUND, TODAY, [page]) == {}
    assert set(asked.problems({"schemes": ["zm-lotto"]}, FUND, TODAY, [page])) == {"schemes"}
    assert set(asked.problems({"schemes": []}, FUND, TODAY, [page])) == {"schemes"}


def test_a_place_is_named_with_all_it_lies_in() -> None:
    assert asked.place_in_words(FUND, "ZM-09-04") == "Kafue, Lusaka"
    assert ("ZM-09-04", "Kafue") in asked.places(FUND)["Lusaka"]
