"""The papers keep their promises: each requirement names a feature that exists and a test that exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = sorted((ROOT / "docs" / "processes").glob("[0-9]*.md"))
SECTIONS = ["Objective", "Actors", "Rules", "Task flow", "Requirements", "What a country may vary"]
#: Rows of the feature map: numbers, and schemes from S1.
FEATURES = {*(str(number) for number in range(1, 181)), *(f"S{number}" for number in range(1, 16))}
ROW = re.compile(r"^\| (R\d\d-\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.M)
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@cache
def names(path: str) -> frozenset[str]:
    """The tests in a file; of classes and state machines, their names."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = (node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef))
    assigned = (
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    )
    return frozenset((*found, *assigned))


def missing_tests(text: str) -> list[str]:
    """Tests that a page names and that are not there."""
    found = NAMED.findall(text)
    return [
        f"{path}::{name}" if name else path
        for path, name in found
        if not (ROOT / path).is_file() or (name and name not in names(path))
    ]


@pytest.mark.parametrize("page", PROCESSES, ids=lambda page: page.stem)
def test_a_process_is_written_in_the_agreed_form(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.M) == SECTIONS
    assert len(re.findall(r"^# .+$", text, re.M)) == 1
    assert "```mermaid\nflowchart" in text.split("## Task flow")[1]


@pytest.mark.parametrize("page", PROCESSES, ids=lambda page: page.stem)
def test_each_requirement_names_its_feature_and_its_test(page: Path) -> None:
    text = page.read_text(encoding="utf-8").split("## Requirements")[1].split("\n## ")[0]
    rows = ROW.findall(text)
    assert len(rows) == len([line for line in text.splitlines() if line.startswith("| R")]) > 0
    number = page.name[:2]
    assert [row[0] for row in rows] == [f"R{number}-{n}" for n in range(1, len(rows) + 1)]
    for code, _requirement, features, test in rows:
        unknown = [one for one in features.split(", ") if one not in FEATURES]
        assert not unknown, f"{code}: no feature {unknown}"
        assert NAMED.search(test), f"{code} names no test"
    assert missing_tests(text) == []


def test_a_test_that_does_not_exist_is_noticed() -> None:
    assert missing_tests("`tests/test_processes.py::test_of_the_moon`") == ["tests/test_processes.py::test_of_the_moon"]
    assert missing_tests("`tests/no_such_file.py`") == ["tests/no_such_file.py"]


def test_processes_are_numbered_without_doubles() -> None:
    numbers = [page.name[:2] for page in PROCESSES]
    assert len(set(numbers)) == len(numbers) > 0


LINK = re.compile(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)")


@pytest.mark.parametrize(
    "page", sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]), ids=lambda page: str(page.relative_to(ROOT))
)
def test_no_link_of_the_papers_leads_nowhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    dead = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert dead == []


def test_each_check_of_security_names_its_test_or_says_why_there_is_none() -> None:
    text = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| [\d.*\\]+ \| (.+?) \|(?: (.+?))? \|$", text, re.M)
    assert [int(number) for number, _what, _where in rows] == list(range(1, 63))
    assert [number for number, what, where in rows if not where and not what.startswith("Not here")] == []
    assert missing_tests(text) == []


def test_every_wish_of_the_founding_documents_has_its_answer() -> None:
    text = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (Q\d+) \| (.+) \|$", text, re.M))
    assert list(rows) == [f"Q{number}" for number in range(1, 39)]
    for wish, answer in rows.items():
        assert re.search(r"`[^`]+`|\]\(|not here because", answer.split("|")[1]), wish
    named = {path.rstrip("/") for path in re.findall(r"`(tests/[\w/]+(?:\.py)?)`", text)}
    assert [path for path in named if not (ROOT / path).exists()] == []
