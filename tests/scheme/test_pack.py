"""A wrong pack is refused with all its mistakes; a gap is an answer with a reason, never zero."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from portal.scheme import cases
from portal.scheme.calendars import Month
from portal.scheme.contribution import contribution_on
from portal.scheme.pack import PACKS, NotKnown, Pack, PackRefused, load_pack, load_packs

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors_zm.json").read_text())["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_the_published_examples_come_out_to_the_ngwee(vector: dict[str, Any]) -> None:
    pack = load_packs([vector["scheme"].lower()])[vector["scheme"].lower()]
    case = cases.Case(vector["id"], vector["category"], vector["inputs"], vector["expected"])
    assert [str(words) for words in cases.differences(pack, case)] == []


def test_a_wrong_expectation_is_noticed(napsa: Pack) -> None:
    vector = next(one for one in VECTORS if one["id"] == "ZM-NAPSA-2025-CAP")
    case = cases.Case("wrong", vector["category"], vector["inputs"], {"shares": {"pension": {"employer": "1708.21"}}})
    assert [str(words) for words in cases.differences(napsa, case)] == [
        "shares.pension.employer is 1708.20, expected 1708.21. Correct the rule or the test."
    ]


def changed(tmp_path: Path, id: str, *changes: tuple[str, str]) -> Path:
    """A copy of a pack with some of its text replaced."""
    text = (PACKS / f"{id}.toml").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = tmp_path / f"{id}.toml"
    path.write_text(text)
    return path


def mistakes_of(path: Path) -> list[str]:
    with pytest.raises(PackRefused) as refused:
        load_pack(path)
    return [str(mistake) for mistake in refused.value.mistakes]


CEILING_OF_2025 = '[[branch.pension.ceiling]]\nyear = "2025"\n'


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ('value = "5 %"', "value = 0.05", "branch.pension.employer_rate[1].value", "without quotes"),
        ('value = "5 %"', "value = 5", "branch.pension.employer_rate[1].value", 'Write "5"'),
        ('value = "5 %"', 'value = "150 %"', "branch.pension.employer_rate[1].value", "between 0 and 100 %"),
        ('value = "5 %"', 'value = "-5 %"', "branch.pension.employer_rate[1].value", "between 0 and 100 %"),
        ("to = 2023-12-31", "to = 2022-12-31", "branch.pension.ceiling[3].from", "no value"),
        ("to = 2023-12-31", "to = 2024-01-31", "branch.pension.ceiling[3].from", "still holds"),
        ('year = "2025"', 'year = "2023"', "branch.pension.ceiling[4].from", "order of time"),
        ("from = 2018-01-01", "from = 2018-01-01T00:00:00", "branch.pension.employer_rate[1].from", "Write a day"),
        ('value = "29816.00"', 'value = "29816.01"', "branch.pension.ceiling[3].value", "4 times the average"),
        ('value = "29816.00"', 'value = "29,816.00"', "branch.pension.ceiling[3].value", "Write an amount"),
        ('base = ["gross"]', 'base = ["net"]', "branch.pension.base", "[component.net]"),
        ('base = ["gross"]', "base = []", "branch.pension.base", "list of texts"),
        ('mode = "half_up"', 'mode = "nearest"', "rounding.mode", "half_up, half_down"),
        ('rule = "per_month_or_part"', 'rule = "per_week"', "late.rule", "per_month_or_part"),
        ('rule = "day_of_next_month"\nday = "10"', 'rule = "day_of_next_month"\nday = "32"', "due[1].day", "such day"),
        ('source = "practice"\nunverified', 'source = "hearsay"\nunverified', "due[1].source", "[source.hearsay]"),
        ('order = ["contribution", "late"]', 'order = ["late"]', "allocation[1].order", "each of these once"),
        ('short_name = "NAPSA"', "", "short_name", "missing"),
        ('short_name = "NAPSA"', 'shortname = "NAPSA"', "shortname", "means nothing here"),
        ('timezone = "Africa/Lusaka"', 'timezone = "Lusaka time"', "timezone", "Africa/Lusaka"),
        ('id = "the-maximum-of-2026"', 'id = "ZM-NAPSA-2018-CAP"', "test[4].id", "another test"),
        ('id = "zm-napsa"', 'id = "zm-pensions"', "id", "name of the file"),
    ],
)
def test_each_mistake_says_where_it_stands_and_what_to_do(
    tmp_path: Path, old: str, new: str, where: str, says: str
) -> None:
    found = mistakes_of(changed(tmp_path, "zm-napsa", (old, new)))
    assert any(one.startswith(f"zm-napsa.toml: {where}: ") and says in one for one in found), found


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        "zm-napsa",
        ('value = "5 %"', "value = 0.05"),
        ('short_name = "NAPSA"', ""),
        ("to = 2023-12-31", "to = 2022-12-31"),
    )
    assert {one.split(": ")[1] for one in mistakes_of(path)} == {
        "branch.pension.employer_rate[1].value",
        "short_name",
        "branch.pension.ceiling[3].from",
    }


def test_rounding_cannot_be_left_out(tmp_path: Path) -> None:
    path = changed(tmp_path, "zm-nhima", ("[rounding]", "[roundness]"))
    assert any("rounding: this section is missing" in one for one in mistakes_of(path))


def test_a_pack_whose_own_test_fails_is_not_loaded(tmp_path: Path) -> None:
    path = changed(tmp_path, "zm-nhima", ('value = "1 %"', 'value = "2 %"'))
    expected = "test ZM-NHIMA-8000: employer is 160.00, expected 80.00. Correct the rule or the test."
    assert f"zm-nhima.toml: {expected}" in mistakes_of(path)


def test_a_pack_without_tests_is_not_loaded(tmp_path: Path) -> None:
    path = changed(tmp_path, "zm-nhima")
    path.write_text(path.read_text().split("[[test]]")[0])
    assert any("there is no test" in one for one in mistakes_of(path))


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"id = ", "not TOML"), (b"\xff\xfe", "not in UTF-8"), (b"#" * 1_000_001, "too large")],
)
def test_a_file_that_is_no_pack_is_refused_with_the_reason(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    (only,) = mistakes_of(path)
    assert says in only


def test_a_pack_that_is_not_there_is_a_mistake_and_not_a_crash(tmp_path: Path) -> None:
    assert "cannot be read" in mistakes_of(tmp_path / "zz-none.toml")[0]


def test_a_refused_pack_leaves_the_loaded_ones_working(nhima: Pack) -> None:
    with pytest.raises(PackRefused):
        load_packs(["zm-nhima", "zz-none"])
    assert load_packs(["zm-nhima"])["zm-nhima"] is nhima


def test_comments_do_not_change_the_hash_but_values_do(tmp_path: Path, nhima: Pack) -> None:
    commented = load_pack(changed(tmp_path, "zm-nhima", ("[rounding]", "# said again\n\n[rounding]")))
    assert commented.hash == nhima.hash
    renamed = load_pack(changed(tmp_path, "zm-nhima", ("Basic pay", "Basic salary")))
    assert renamed.hash != nhima.hash


def test_what_the_fund_has_to_tell_us_is_listed_with_its_reason(nhima: Pack, napsa: Pack) -> None:
    assert (nhima.missing[0].what, nhima.missing[0].where) == ("What being late costs", "late")
    assert ("The ceiling of Pension", "branch.pension.ceiling[2]") in [(one.what, one.where) for one in napsa.missing]
    assert any("from memory" in one.why and one.what == "The due day" for one in napsa.unverified)
    assert all(one.why for pack in (nhima, napsa) for one in (*pack.missing, *pack.unverified))


def test_every_value_in_force_names_its_source(nhima: Pack, napsa: Pack) -> None:
    for pack in (nhima, napsa):
        for branch in pack.branches:
            for series in (branch.employer_rate, branch.employee_rate, branch.ceiling):
                for dated in series.values if series else ():
                    assert dated.source or dated.unknown
    assert napsa.source_of("section-15").kind == "page"


def test_the_gap_names_the_rule_the_day_and_the_reason(napsa: Pack) -> None:
    with pytest.raises(NotKnown) as gap:
        contribution_on(napsa, Month(2021, 6), {"gross": 100_00})
    assert str(gap.value.words) == (
        "The ceiling of Pension is not known on 1 June 2021: the ceilings of 2019 to 2023 were not found"
    )


def test_before_the_first_value_nothing_is_guessed(nhima: Pack) -> None:
    with pytest.raises(NotKnown) as gap:
        contribution_on(nhima, Month(2019, 9), {"basic": 100_00})
    assert "the first value in the pack is that of 1 October 2019" in str(gap.value)


def test_a_yearly_value_ends_with_its_year(tmp_path: Path) -> None:
    pack = load_pack(
        changed(tmp_path, "zm-napsa", ("from = 2027-01-01\nprovisional = true", "year = '2027'\nunknown = 'x'"))
    )
    assert pack.branches[0].ceiling is not None
    with pytest.raises(NotKnown) as gap:
        pack.branches[0].ceiling.at(date(2028, 1, 1))
    assert "the last value in the pack ends on 31 December 2027" in str(gap.value)
