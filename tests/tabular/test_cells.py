"""Single cells: amounts, numbers, names, dates, contacts, and the properties that hold for all of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.tabular.amounts import AmountRule, amount_reader
from portal.tabular.contacts import phone_reader, read_email
from portal.tabular.dates import date_reader
from portal.tabular.identity import LuhnNumber, ShapedNumber, identity_reader
from portal.tabular.names import read_name
from portal.tabular.table import Fault, Noted, Problem, masked, shown
from tests.tabular import catalogue as bad

KWACHA = AmountRule("ZMW")
read_amount = amount_reader(KWACHA)
read_day = date_reader(bad.TODAY)


def code(result: object) -> str:
    """OK, the code of a fault, or the codes of what was noted."""
    if isinstance(result, Fault):
        return result.code
    return " ".join(fault.code for fault in result.faults) if isinstance(result, Noted) else "OK"


def value(result: object) -> object:
    return result.value if isinstance(result, Noted) else result


@given(st.integers(0, KWACHA.maximum))
def test_an_amount_written_by_us_is_read_back_to_the_same_minor_units(minor: int) -> None:
    assert read_amount(KWACHA.written(minor)) == minor


SPACES = [",", " ", "\u00a0", "\u202f"]
ZEROS = ["0", "\u0660", "\u0966", "\uff10"]  # also Arabic-Indic, Devanagari, full-width


@given(st.integers(0, KWACHA.maximum), st.sampled_from(SPACES), st.sampled_from(ZEROS))
def test_grouping_and_foreign_digits_never_change_an_amount(minor: int, space: str, zero: str) -> None:
    written = f"{minor // 100:,}".replace(",", space) + f".{minor % 100:02d}"
    written = "".join(chr(ord(zero) + int(letter)) if letter.isdigit() else letter for letter in written)
    assert value(read_amount(written)) == minor


@settings(max_examples=300)
@given(st.text(alphabet="0123456789.,-+ ()'KeE_\u0660\u0665\u0966\u2212$", max_size=14))
def test_whatever_is_typed_gives_an_amount_or_a_fault(text: str) -> None:
    result = value(read_amount(text))
    assert result is None or isinstance(result, Fault) or (type(result) is int and 0 <= result <= KWACHA.maximum)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12500", 1250000),
        ("12500.5", 1250050),
        (".50", 50),
        ("1,234,567", 123456700),
        ("12,500.00", 1250000),
        ("1,5", "E_AMOUNT_AMBIGUOUS"),
        ("12,50", "E_AMOUNT_AMBIGUOUS"),
        ("1.250,00", "E_AMOUNT"),
        ("12 50", "E_AMOUNT"),
        ("1,23,45", "E_AMOUNT"),
        ("K12,500.00", "E_CURRENCY"),
        ("12500 ZMW", "E_CURRENCY"),
        ("€ 5", "E_CURRENCY"),
        ("1e5", "E_AMOUNT"),
        ("0x10", "E_AMOUNT"),
        ("--5", "E_NEGATIVE"),
        ("0.000", "E_DECIMALS"),
        ("  ", None),
    ],
)
def test_amounts(text: str, expected: object) -> None:
    result = read_amount(text)
    assert (code(result) if isinstance(result, Fault) else value(result)) == expected


def test_currencies_without_or_with_three_decimals_keep_their_own() -> None:
    yen, dinar = AmountRule("JPY", 0), AmountRule("KWD", 3)
    assert amount_reader(yen)("12500") == 12500
    assert code(amount_reader(yen)("12500.5")) == "E_DECIMALS"
    assert value(amount_reader(dinar)("1.2")) == 1200
    assert (yen.written(7), dinar.written(-7), KWACHA.written(5)) == ("7", "-0.007", "0.05")


def test_a_zambian_registration_card_is_read_however_its_strokes_were_typed() -> None:
    read = identity_reader(ShapedNumber("######/##/#"))
    assert read("123456/78/1") == "123456/78/1"
    for typed in (
        "123456 78 1",
        "123456-78-1",
        "123456781",
        " 123456/78/1 ",
        "\u0661\u0662\u0663\u0664\u0665\u0666/\u0667\u0668/\u0661",
    ):
        assert value(read(typed)) == "123456/78/1", typed
    found = {typed: code(read(typed)) for typed in ("23456/78/1", "000000/00/0", "12345A/78/1", "Mary Banda", "1.2E+8")}
    assert found == {
        "23456/78/1": "E_ID_LENGTH",
        "000000/00/0": "E_ID_RESERVED",
        "12345A/78/1": "E_ID_FORMAT",
        "Mary Banda": "E_COLUMNS_SWAPPED",
        "1.2E+8": "E_ID_SCIENTIFIC",
    }


class AnyCase:
    """A rule that finds nothing wrong with a number before it is normalised."""

    def normalise(self, text: str) -> str:
        return text.upper()

    def problem(self, text: str) -> None:
        return None


def test_a_number_is_stored_in_its_one_form_even_where_the_rule_is_lenient() -> None:
    result = identity_reader(AnyCase())("ab12")
    assert (value(result), code(result)) == ("AB12", "W_NORMALISED")


@given(st.integers(1, 10**11 - 1), st.integers(0, 11), st.integers(1, 9))
def test_a_single_wrong_digit_never_passes_the_check_digit(number: int, at: int, step: int) -> None:
    right = bad.with_check_digit(f"{number:011d}")
    wrong = right[:at] + str((int(right[at]) + step) % 10) + right[at + 1 :]
    rule = LuhnNumber(12)
    assert rule.problem(right) is None
    assert rule.problem(wrong) is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-31", "OK"),
        ("2026/7/31", "W_NORMALISED"),
        ("31/07/2026", "W_NORMALISED"),
        ("07/07/2026", "W_NORMALISED"),
        ("03/04/2026", "E_DATE_AMBIGUOUS"),
        ("3/4/90", "E_DATE_AMBIGUOUS"),
        ("07/31/2026", "E_DATE"),
        ("46204", "E_DATE_SERIAL"),
        ("1899-12-31", "E_DATE_RANGE"),
        ("2083-04-01", "E_CALENDAR"),
        ("1405-05-01", "E_CALENDAR"),
        ("next week", "E_DATE"),
    ],
)
def test_days(text: str, expected: str) -> None:
    assert code(read_day(text)) == expected


def test_a_layout_that_writes_day_first_is_not_asked_back() -> None:
    read = date_reader(bad.TODAY, past=True, day_first=True)
    assert read("03/04/1990") == date(1990, 4, 3)
    assert code(read("11/08/2026")) == "E_DATE_FUTURE"


FORM_READERS = {"email": read_email, "phone": phone_reader(), "waiver_amount": read_amount}
#: The amount a form sends may be well written and still be above somebody's limit.
FORMS = [case for case in bad.CASES if case["field"] in FORM_READERS and case["expect"].get("code") != "E_LIMIT"]


@pytest.mark.parametrize("case", FORMS, ids=lambda case: case["id"])
def test_form_fields_of_the_catalogue_that_our_readers_decide(case: dict[str, Any]) -> None:
    expect = case["expect"]
    result = FORM_READERS[case["field"]](case["value"])
    if expect["outcome"] == "normalise":
        assert (value(result), code(result)) == (expect["stored"], "W_NORMALISED")
    else:
        assert code(result) == expect.get("code", "OK")


def test_a_telephone_without_its_country_is_completed() -> None:
    read = phone_reader("+260")
    assert [value(read(typed)) for typed in ("0977 123 456", "977123456", "+260977123456")] == ["+260977123456"] * 3


@given(st.text(max_size=60))
def test_any_text_is_a_name_a_fault_or_blank_and_what_is_taken_is_taken_again(text: str) -> None:
    result = value(read_name(text))
    if isinstance(result, str):
        assert value(read_name(result)) == result
        assert not isinstance(read_name(result), Fault)
    else:
        assert result is None or isinstance(result, Fault)


def test_a_problem_says_where_what_and_what_to_do_and_hides_identity_numbers() -> None:
    fault = read_amount("12,5")
    assert isinstance(fault, Fault)
    problem = fault.at(7, "Basic Pay", "12,5")
    assert str(problem.placed) == "Row 7, Basic Pay: “12,5” can be read two ways. Write it like 1234.00 or 1.23."
    assert problem == Problem("E_AMOUNT_AMBIGUOUS", problem.words, 7, "Basic Pay", "12,5", True)
    assert masked("123456/78/1") == "…78/1"
    assert len(shown("x" * 1000)) == 40
    assert shown("a\nb") == "a\N{REPLACEMENT CHARACTER}b"
