from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.scheme.checkdigits import is_rf_reference, luhn_holds, mod97_holds, printed_reference, rf_reference
from portal.scheme.fund import Fund, load_fund
from portal.scheme.identity import IdentityKind, IdentityRules, NumberRule
from portal.scheme.pack import PackRefused
from tests.funds import fund_file

FUND = Path(__file__).parents[2] / "fund.toml"


@pytest.fixture(scope="module")
def fund() -> Fund:
    return load_fund(FUND)


def test_the_practice_fund_says_everything_the_portal_asks(fund: Fund) -> None:
    assert fund.practice
    assert fund.schemes == ("zm-nhima", "zm-napsa")
    assert fund.pack("zm-napsa").short_name == "NAPSA"
    assert fund.product_of("zm-nhima", "health") == "NHIMA01"
    assert fund.product_of("zm-napsa", "pension") is None
    assert "".join(activity.code for activity in fund.activities) == "ABCDEFGHIJKLMNOPQRSTU"
    assert len(fund.locations) == 10


def test_a_place_is_found_with_all_it_lies_in(fund: Fund) -> None:
    kafue = next(place for place in fund.locations if place.name == "Lusaka").places[3]
    assert [place.name for place in fund.path_to(kafue.code)] == ["Lusaka", "Kafue"]
    assert fund.location(kafue.code) == kafue
    assert (fund.location("nowhere"), fund.path_to("nowhere")) == (None, ())


def test_a_legal_form_brings_its_documents(fund: Fund) -> None:
    assert [document.code for document in fund.documents_for("household")] == ["owner_id", "address"]
    assert all(fund.documents_for(form.code) for form in fund.legal_forms)


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (1, "0 to 30 days"), (30, "0 to 30 days"), (31, "31 to 60 days"), (60, "31 to 60 days"), (90, "61 to 90 days"),
        (180, "91 to 180 days"), (365, "181 to 365 days"), (366, "over 365 days"), (5000, "over 365 days"),
    ],
)  # fmt: skip
def test_arrears_fall_into_the_age_of_their_days(fund: Fund, days: int, name: str) -> None:
    bucket = fund.bucket_of(days)
    assert bucket is not None
    assert str(bucket.name) == name


def test_what_is_not_past_due_has_no_age(fund: Fund) -> None:
    assert fund.bucket_of(0) is None


@pytest.mark.parametrize("text", ["123456/78/1", " 123456 78 1", "123456781", "123456-78-1", "123456/78/1 "])
def test_an_nrc_is_kept_in_one_form_however_it_is_typed(fund: Fund, text: str) -> None:
    assert fund.identity.normalise(text) == "123456/78/1"
    assert fund.identity.problem(text) is None


@pytest.mark.parametrize("text", ["", "12345/78/1", "1234567/78/1", "ABCDEF/78/1", "\uff1123456/78/1"])
def test_an_nrc_that_cannot_be_says_how_one_is_written(fund: Fund, text: str) -> None:
    assert "999999/99/9, for example 123456/78/1" in str(fund.identity.problem(text))


def test_a_number_of_fixed_digits_is_checked_by_luhn() -> None:
    rules = IdentityRules((IdentityKind("id", "identity number", "9" * 11, "luhn", "79927398713"),))
    assert rules.problem("7992 7398 713") is None
    assert rules.normalise("7992 7398 713") == "79927398713"
    assert "two are exchanged" in str(rules.problem("79927398731"))
    assert "Write the identity number as 99999999999" in str(rules.problem("123"))


@pytest.mark.parametrize("rule", ["insurance_number", "employer_number"])
def test_the_numbers_the_fund_gives_catch_one_wrong_digit(fund: Fund, rule: str) -> None:
    numbers: NumberRule = getattr(fund, rule)
    for count in (1, 2, 9, 4711):
        given_out = numbers.issue(count)
        assert numbers.problem(f" {given_out.lower()} ") is None
        for place in range(len(numbers.prefix), len(given_out)):
            wrong = given_out[:place] + str((int(given_out[place]) + 3) % 10) + given_out[place + 1 :]
            assert numbers.problem(wrong) is not None
    assert numbers.problem("") is not None
    assert numbers.problem("ABC") is not None


def test_no_number_begins_with_a_zero_that_a_spreadsheet_would_drop(fund: Fund) -> None:
    assert fund.insurance_number.issue(1)[0] != "0"
    assert fund.employer_number.normalise(fund.employer_number.issue(1)[2:]) == fund.employer_number.issue(1)


def test_a_full_counter_is_refused_and_not_wrapped(fund: Fund) -> None:
    with pytest.raises(ValueError):
        fund.employer_number.issue(10**6)
    with pytest.raises(ValueError):
        fund.employer_number.issue(0)


def test_a_mod_97_number_holds_with_its_prefix() -> None:
    rule = NumberRule("number", "ZM", 6, "mod97", 100001)
    assert rule.problem(rule.issue(12)) is None
    assert rule.problem(rule.issue(12)[:-1] + "0") is not None or rule.issue(12).endswith("0")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0977 123 456", "+260977123456"),
        ("260977123456", "+260977123456"),
        ("+260 977-123-456", "+260977123456"),
        ("00260977123456", "+260977123456"),
        ("977123456", "+260977123456"),
        ("+44 20 7946 0000", "+442079460000"),
    ],
)
def test_a_telephone_number_is_kept_with_its_country(fund: Fund, typed: str, kept: str) -> None:
    assert fund.phone.normalise(typed) == kept
    assert fund.phone.problem(typed) is None


@pytest.mark.parametrize("typed", ["", "0977 123", "call me", "+26097712345"])
def test_a_telephone_number_nobody_answers_is_refused(fund: Fund, typed: str) -> None:
    assert "0977 123 456" in str(fund.phone.problem(typed))


def test_the_published_example_of_a_creditor_reference() -> None:
    assert rf_reference("539007547034") == "RF18539007547034"
    assert is_rf_reference("rf18 5390 0754 7034")
    assert not is_rf_reference("RF18539007547035")
    assert printed_reference("RF18539007547034") == "RF18 5390 0754 7034"


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=21), st.data())
def test_a_digit_taken_for_a_digit_or_a_letter_for_a_letter_is_noticed(body: str, data: st.DataObject) -> None:
    reference = rf_reference(body)
    assert is_rf_reference(reference)
    place = data.draw(st.integers(2, len(reference) - 1))
    alike = "0123456789" if reference[place].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    other = data.draw(st.sampled_from(alike).filter(lambda character: character != reference[place]))
    assert not is_rf_reference(reference[:place] + other + reference[place + 1 :])


def test_check_digits_of_nothing_do_not_hold() -> None:
    assert not luhn_holds("")
    assert not luhn_holds("x1")
    assert not mod97_holds("1")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('brand = "#0b5563"', 'brand = "teal"', "colours.brand"),
        ('from = "31"', 'from = "32"', "ageing[2].from: the age before it ends the day before 31"),
        ('example = "123456/78/1"', 'example = "12/78/1"', "identity.kind[1].example"),
        ('documents = ["owner_id", "address"]', 'documents = ["letter"]', "[[document]] with the code letter"),
        ('branch = "health"', 'branch = "pension"', "zm-nhima has no branch pension"),
        ('schemes = ["zm-nhima", "zm-napsa"]', 'schemes = ["zm-nhima", "zm-none"]', "zm-none.toml"),
        ('bill = "B"', 'bill = "R"', "same prefix"),
        ('first = "100001"', 'first = "1000001"', "employer_number.first"),
        ('code = "A"\n', 'code = "B"\n', "activity[2].code"),
        ('swift = "XXXXZMLX"', "", "bank.swift: this is missing"),
    ],
)
def test_a_mistake_in_the_fund_says_where_it_stands(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = FUND.read_text()
    assert old in text
    path = tmp_path / "fund.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(PackRefused) as refused:
        load_fund(path)
    assert says in str(refused.value)


def test_mistakes_of_fund_and_packs_are_told_together(tmp_path: Path) -> None:
    path = tmp_path / "fund.toml"
    path.write_text(FUND.read_text().replace('"#0b5563"', '"teal"').replace('"zm-napsa"]', '"zm-none"]'))
    with pytest.raises(PackRefused) as refused:
        load_fund(path)
    assert {mistake.file for mistake in refused.value.mistakes} == {"fund.toml", "zm-none.toml"}


def test_a_scheme_without_a_known_due_day_is_refused_with_the_overlay_to_write(tmp_path: Path) -> None:
    path = fund_file(tmp_path, ("tz-nhif",), "TZS", 2, "Africa/Dar_es_Salaam")
    with pytest.raises(PackRefused) as refused:
        load_fund(path)
    [mistake] = refused.value.mistakes
    assert "the day by which to pay is not known" in str(mistake)
    assert "Write [[due.payment]] with its source into overlays/tz-nhif.toml" in str(mistake)


def test_a_fund_that_decides_the_due_day_itself_may_run_the_scheme(tmp_path: Path) -> None:
    own = (
        'overlay_of = "tz-nhif"\n[source.board]\ntitle = "Board resolution 4"\nkind = "decision"\n'
        'date = 2025-12-01\n[[due.payment]]\nfrom = 2026-01-01\nrule = "day_of_month"\nnumber = "15"\n'
        'source = "board"\n'
    )
    path = fund_file(tmp_path, ("tz-nhif",), "TZS", 2, "Africa/Dar_es_Salaam", overlays={"tz-nhif": own})
    assert load_fund(path).schemes == ("tz-nhif",)


def test_schemes_of_two_calendars_cannot_share_a_payroll(tmp_path: Path) -> None:
    path = fund_file(tmp_path, ("tz-nssf", "et-psssa"), "TZS", 2, "Africa/Dar_es_Salaam")
    with pytest.raises(PackRefused, match="several calendars: ethiopian, gregorian"):
        load_fund(path)
