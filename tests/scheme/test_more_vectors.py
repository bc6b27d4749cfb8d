"""
Test vectors worked out from the texts of the rules alone, apart from the portal's own arithmetic.

They have the form of the published vectors; ``rule`` says why the answer is the one expected.  Where it is
``{"error": true}`` the portal has to say in a sentence why it does not answer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from portal.scheme.cases.file import answers, read_questions
from portal.scheme.cases.run import compare

FILE = Path(__file__).parent / "data" / "more_vectors.json"
RULES = {one["id"]: one for one in json.loads(FILE.read_text(encoding="utf-8"))["vectors"]}

#: As a file given to the command is read: figures keep the digits they were written with.
ASKED: dict[str, Any] = {one["id"]: one for one in read_questions(FILE)}


def test_the_file_asks_about_every_kind_of_question() -> None:
    asked = {one["category"] for one in RULES.values()}
    assert asked >= {
        "allocation", "calendar", "contribution", "due_date", "eligibility", "file_format", "instalment", "interest",
        "parameter", "penalty", "rounding", "waiver",
    }  # fmt: skip
    assert len(RULES) == len(json.loads(FILE.read_text(encoding="utf-8"))["vectors"]) >= 300


@pytest.mark.parametrize("id", RULES)
def test_an_answer_follows_from_the_text_of_the_rule(id: str) -> None:
    expected = RULES[id]["expected"]
    (answer,) = answers([{key: ASKED[id][key] for key in ("id", "scheme", "category", "inputs")}])
    if expected == {"error": True}:
        assert "result" not in answer
        assert "Error" not in answer["error"]
        return
    assert answer.get("error") is None, RULES[id]["rule"]
    assert [str(words) for words in compare(expected, answer["result"])] == [], RULES[id]["rule"]
