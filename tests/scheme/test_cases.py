"""One question at a time: what is compared, and that nothing put in ever ends the others."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from portal.scheme.blocks.case import Case
from portal.scheme.blocks.due import DueTerms
from portal.scheme.cases.file import answers, read_questions
from portal.scheme.cases.inputs import BadInput
from portal.scheme.cases.run import attempt, compare, differences
from portal.words import Words
from tests.scheme.build import pack_due

TENTH = pack_due(DueTerms("day_of_month", 10))


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ({"late": {"penalty": "28"}}, {"late": {"penalty": "28.00", "interest": "1"}, "units": 3}),
        ({"units": 1}, {"units": "1"}),
        ({"rate": {"penalty": "0.20"}}, {"rate": {"penalty": "0.2"}}),
        ({"is_late": True}, {"is_late": True}),
        ({"periods": [{"period": "2025-01", "penalty": "5"}]}, {"periods": [{"period": "2025-01", "penalty": "5.00"}]}),
    ],
)
def test_only_what_is_expected_is_compared_and_numbers_as_numbers(expected: Any, answer: Any) -> None:
    assert list(compare(expected, answer)) == []


@pytest.mark.parametrize(
    ("expected", "answer", "where"),
    [
        ({"late": {"penalty": "28"}}, {"late": {"penalty": "28.01"}}, "late.penalty"),
        ({"late": {"penalty": "0"}}, {}, "late.penalty"),
        ({"is_late": True}, {"is_late": 1}, "is_late"),
        ({"periods": [1, 2]}, {"periods": [1]}, "periods"),
        ({"periods": [{"a": "1"}, {"a": "2"}]}, {"periods": [{"a": "1"}, {"a": "3"}]}, "periods[2].a"),
        ({"covered": "2081-08"}, {"covered": "2081-09"}, "covered"),
    ],
)
def test_a_difference_says_where_it_is(expected: Any, answer: Any, where: str) -> None:
    (words,) = compare(expected, answer)
    assert str(words).startswith(f"{where} is ")


def test_a_failing_test_of_a_pack_says_what_came_out() -> None:
    case = Case("due", "due_date", {"period": "2026-01"}, {"due": "2026-02-11"})
    assert [str(words) for words in differences(TENTH, case)] == ["due is 2026-02-10, expected 2026-02-11."]


@pytest.mark.parametrize(
    ("category", "inputs", "said"),
    [
        ("due_date", {}, "period is missing from the inputs."),
        ("due_date", {"period": 7}, "period: found 7. Write a month, such as 2026-10."),
        ("due_date", {"period": "2026-13"}, "period: found '2026-13'."),
        ("due_date", {"period": "9999-12"}, "There is no month 1 of the year 10000."),
        ("due_date", {"period": "2026-01", "employer": []}, "employer: found []. Write names and values."),
        (
            "due_date",
            {"period": "2026-01", "employer": {"headcount": -1}},
            "headcount: found -1.",
        ),
        ("due_date", {"period": "2026-01", "holidays": "2026-02-10"}, "holidays: found '2026-02-10'. Write a list."),
        ("due_date", {"period": "2026-01", "holidays": ["soon"]}, "holidays: found 'soon'. Write a day"),
        ("due_date", {"period": "2026-01", "weekend": ["Someday"]}, "weekend: found ['Someday']."),
        ("due_date", {"period": "2026-01", "roll": "sideways"}, "roll: found 'sideways'. Write one of: none, next"),
        ("due_date", {"salary_paid": "2026-02-30"}, "salary_paid: found '2026-02-30'. Write a day"),
        ("due_date", "2026-01", "The inputs have to be names and values."),
        ("weather", {}, "There is no category weather."),
        (["due_date"], {}, "There is no category ['due_date']."),
    ],
)
def test_inputs_that_cannot_be_read_are_named(category: Any, inputs: Any, said: str) -> None:
    found = attempt(TENTH, category, inputs)
    assert isinstance(found, Words)
    assert str(found).startswith(said)


def test_a_question_without_a_scheme_is_answered_only_where_none_is_needed() -> None:
    asked = {"calendar": "ET", "gregorian": "2025-09-10"}
    found = attempt(None, "calendar", asked)
    assert not isinstance(found, Words)
    assert (found["date"], found["month_name"]) == ("2017-13-05", "Pagume 2017")
    assert str(attempt(None, "due_date", {"period": "2026-01"})) == "This needs a scheme: due_date."


def _file(folder: Path, content: str) -> Path:
    path = folder / "questions.json"
    path.write_text(content, encoding="utf-8")
    return path


def test_one_bad_question_does_not_end_the_others(tmp_path: Path) -> None:
    good = {"id": "good", "scheme": "NP-SSF", "category": "due_date", "inputs": {"period": "2081-08"}}
    bad: list[Any] = [
        None,
        7,
        [],
        {},
        {"id": "x"},
        {**good, "scheme": "QQ-NONE"},
        {**good, "scheme": "../../etc/passwd"},
        {**good, "scheme": 5},
        {**good, "category": None},
        {**good, "inputs": None},
        {**good, "inputs": {"period": {"a": 1}}},
        {**good, "inputs": {"period": "2199-01"}},
    ]
    path = _file(tmp_path, json.dumps([*bad, good]))
    found = list(answers(read_questions(path)))
    assert [("error" in one) for one in found] == [True] * len(bad) + [False]
    assert found[-1]["result"]["due"] == "2024-12-30"
    assert found[0] == {"id": None, "number": 1, "error": "This is no question: names and values are needed."}


def test_a_bare_list_and_a_file_with_vectors_are_the_same(tmp_path: Path) -> None:
    question = {"category": "calendar", "scheme": "calendar-BS", "inputs": {"date": "2076-07-26"}}
    for content in ([question], {"vectors": [question], "meta": {}}, question):
        (found,) = answers(read_questions(_file(tmp_path, json.dumps(content))))
        assert found["result"]["gregorian"] == "2019-11-12"


def test_figures_keep_their_digits(tmp_path: Path) -> None:
    path = _file(tmp_path, '\ufeff[{"a": 5000.10, "b": 1e400, "c": NaN, "d": ' + "9" * 5000 + "}]")
    (found,) = read_questions(path)
    assert (found["a"], found["b"], found["c"]) == ("5000.10", "1e400", "NaN")
    assert found["d"] == "9" * 5000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON"),
        ("", "is not JSON"),
        ("7", "holds no list of questions"),
        ('{"vectors": 5}', "holds no list of questions"),
        ("[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_questions(_file(tmp_path, content))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_questions(tmp_path / "nothing.json")
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="is not JSON"):
        read_questions(binary)


@pytest.mark.parametrize(
    ("scheme", "category", "inputs"),
    [
        ("GB-NIC", "rounding", {"amount": "1e999999999"}),
        ("GH-SSNIT", "penalty", {"month": "2026-01", "charge": "100.00", "months_late": 999_999_999}),
        ("BS-NIB", "instalment", {"arrears": "1.00", "down_payment_share": "1e999999999", "months": 24}),
        ("CM-CNPS", "contribution", {"month": "2024-01", "earnings": {"salary": "1"},
                                     "employer": {"category": "general", "risk_rate": "1e999999999"}}),
        ("SG-CPF", "contribution", {"month": "9998-12", "earnings": {"ordinary": "1", "additional": "0"},
                                    "earlier": {"from": "0001-01", "to": "9998-11", "earnings": {"ordinary": "1"}}}),
        ("RW-RSSB", "penalty", {"month": "2026-01", "charge": "1", "months_late": 1,
                                "options": {"declaration_months_late": "soon"}}),
    ],
)  # fmt: skip
def test_a_question_that_would_never_be_answered_is_refused_at_once(scheme: str, category: str, inputs: Any) -> None:
    began = time.monotonic()
    (found,) = answers([{"id": "x", "scheme": scheme, "category": category, "inputs": inputs}])
    assert "error" in found
    assert "Error" not in found["error"]
    assert time.monotonic() - began < 2
