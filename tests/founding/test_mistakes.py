"""A fund's file with every kind of mistake: each is told with its file, line, what was found and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal.founding.fund_text import fund_toml, places_csv
from portal.founding.questions import answered
from portal.scheme.fund import load_fund
from portal.scheme.pack import Mistake, PackRefused
from tests.founding.test_create import SAID

#: What stands in the file, what somebody wrote instead, where the mistake stands, and what is said of it.
MISTAKES = [
    ('short_name = "Copperbelt Fund"', "", "short_name", "this is missing"),
    ("practice = false", 'practice = "no"', "practice", "Write true or false"),
    ('logo = "img/fund.svg"', 'logo = "https://elsewhere.example/logo.gif"', "logo", "path of an SVG or PNG"),
    ('languages = ["en"]', 'languages = ["english", "fr", "fr"]', "languages", "found english"),
    ('timezone = "Africa/Lusaka"', 'timezone = "Africa/Kitwe"', "timezone", "Write a zone such as"),
    ('schemes = ["zm-napsa", "zm-nhima"]', 'schemes = ["zm-napsa", "zm-nhima", "zm-none"]', "", "no pack of this name"),
    ('location_levels = ["Province", "District"]', 'location_levels = "Province"', "location_levels", "list of texts"),
    ('location_file = "places.csv"', 'location_file = "villages.csv"', "", "cannot be read"),
    ('code = "ZMW"', 'code = "kwacha"', "currency.code", "three letters of ISO 4217"),
    ('digits = "2"', "digits = 2", "currency.digits", 'stands without quotes. Write "2"'),
    ('brand = "#0b5563"', 'brand = "teal"', "colours.brand", "six digits or letters"),
    ('email = "contributions@copperbelt.example"', 'email = "contributions"', "contact.email", "Write an e-mail"),
    ('swift = "to be decided"', "", "bank.swift", "this is missing"),
    ('name = "national identity number"', 'name = "national identity number"\nlenght = "9"', "identity.kind[1].lenght",
     "this word means nothing here"),
    ('example = "123456/78/9"', 'example = "12/34"', "identity.kind[1].example", "not a number of this kind"),
    ("[[tax_number.kind]]", "[[tax_number.kinds]]", "tax_number.kind", "no kind of number is allowed"),
    ('first = "10000001"', 'first = "100000001"', "insurance_number.first", "more digits than"),
    ('check = "luhn"\ngiven_by_portal = true\n\n[phone]', 'check = "verhoeff"\ngiven_by_portal = true\n\n[phone]',
     "employer_number.check", "Write one of: luhn, mod97, none"),
    ('example = "0977 123 456"', 'example = "0977"', "phone.example", "not a number of this kind"),
    ('bill = "B"', 'bill = "R"', "series.receipt", "two series have the same prefix"),
    ('wage_jump = "50 %"', 'wage_jump = "half"', "limits.wage_jump", "Write a rate between"),
    ('branch = "health"', 'branch = "dental"', "product[1].branch", "zm-nhima has no branch dental"),
    ('from = "61"', 'from = "65"', "ageing[3].from", "the age before it ends the day before 61"),
    ('code = "tax"\nname = "Tax registration', 'code = "owners"\nname = "Tax registration', "document[7].code",
     "another entry has this code"),
    ('documents = ["owner_id", "address"]', 'documents = ["letter"]', "legal_form[8].documents",
     "no [[document]] with the code letter"),
    ('[[category]]\ncode = "permanent"', '[[catgory]]\ncode = "permanent"', "catgory", "this word means nothing here"),
]  # fmt: skip


def files_in(folder: Path) -> Path:
    """A fund without a mistake."""
    given, wrong = answered(SAID)
    assert not wrong
    (folder / "places.csv").write_text(places_csv(given))
    path = folder / "fund.toml"
    path.write_text(fund_toml(given))
    return path


def mistakes_in(path: Path) -> tuple[Mistake, ...]:
    """Everything that is told about the file."""
    with pytest.raises(PackRefused) as refused:
        load_fund(path)
    return refused.value.mistakes


def with_mistake(text: str, right: str, wrong: str) -> str:
    assert right in text, right
    return text.replace(right, wrong, 1)


@pytest.mark.parametrize(("right", "wrong", "where", "says"), MISTAKES)
def test_a_mistake_says_where_it_stands_and_what_to_do(
    tmp_path: Path, right: str, wrong: str, where: str, says: str
) -> None:
    path = files_in(tmp_path)
    path.write_text(with_mistake(path.read_text(), right, wrong))
    told = [mistake for mistake in mistakes_in(path) if mistake.where == where and says in str(mistake.words)]
    assert told, [str(mistake) for mistake in mistakes_in(path)]
    assert re.search(r"[.\d]$", str(told[0]))


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    path = files_in(tmp_path)
    for right, wrong, _where, _says in MISTAKES:
        path.write_text(with_mistake(path.read_text(), right, wrong))
    told = mistakes_in(path)
    for _right, _wrong, where, says in MISTAKES:
        assert any(one.where == where and says in str(one.words) for one in told), (where, says)
    without = {one.where for one in told if one.file == "fund.toml" and one.line is None}
    assert without == {"short_name"}  # it does not stand in the file at all


def test_a_file_that_is_no_toml_says_in_which_line(tmp_path: Path) -> None:
    path = files_in(tmp_path)
    path.write_text(path.read_text().replace('digits = "2"', "digits = ", 1))
    [mistake] = mistakes_in(path)
    assert mistake.line == path.read_text().splitlines().index("digits = ") + 1


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("code,name,in\nZM,Zambia,\nZM,Zambia again,\n", "places.csv:3: code: another place has this code"),
        ("code,name,in\nZM-09,Lusaka,ZM\n", "places.csv:2: in: there is no place ZM around it"),
        ("code,name,in\nA,One,B\nB,Two,A\n", "places.csv:2: in: there is no place B around it"),
        ("code,name,in\nZM,,\n", "places.csv:2: code: a place needs a code and a name"),
        ("place,province\nLusaka,Lusaka\n", "places.csv:1: the first row has to name the columns"),
        ("code,name,in\n", "places.csv: the list is empty"),
        ("", "places.csv:1: the first row has to name the columns"),
    ],
)
def test_a_table_of_places_with_a_mistake_names_its_row(tmp_path: Path, rows: str, says: str) -> None:
    path = files_in(tmp_path)
    (tmp_path / "places.csv").write_text(rows)
    assert any(str(mistake).startswith(says) for mistake in mistakes_in(path))


def test_places_come_from_a_table_that_a_spreadsheet_wrote(tmp_path: Path) -> None:
    path = files_in(tmp_path)
    rows = "\ufeffCode;Name;In\r\nZM-09;Lusaka;\r\nZM-09-01;Kafue;ZM-09\r\n;;\r\n"
    (tmp_path / "places.csv").write_text(rows, encoding="utf-8")
    fund = load_fund(path)
    assert [place.name for place in fund.path_to("ZM-09-01")] == ["Lusaka", "Kafue"]


def test_a_fund_changes_a_pack_by_a_file_in_its_folder_of_own_values(tmp_path: Path) -> None:
    path = files_in(tmp_path)
    own = tmp_path / "overlays"
    own.mkdir()
    (own / "zm-napsa.toml").write_text(
        'overlay_of = "zm-napsa"\n[source.board]\ntitle = "Resolution 4 of the board"\nkind = "decision"\n'
        'date = 2026-01-15\n[[due.payment]]\nfrom = 2027-01-01\nrule = "day_of_month"\nnumber = "20"\n'
        'source = "board"\n'
    )
    assert load_fund(path).pack("zm-napsa").overlay == "zm-napsa.toml"
    (own / "np-ssf.toml").write_text('overlay_of = "np-ssf"\n')
    assert "overlays/np-ssf.toml is for a scheme that the fund does not run" in str(mistakes_in(path)[0])
