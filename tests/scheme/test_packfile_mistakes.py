"""A wrong pack is refused with all its mistakes: file, line, place, what was found and what to write."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path

import pytest

from portal.scheme.pack import PackRefused, load_pack
from tests.scheme.packs import DATA, WIDE, changed, mistakes_of, read

MISTAKES = tomllib.loads((DATA / "mistakes.toml").read_text(encoding="utf-8"))["mistake"]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case["where"])
def test_each_mistake_says_where_it_stands_and_what_to_do(tmp_path: Path, case: dict[str, str]) -> None:
    found = mistakes_of(changed(tmp_path, WIDE, (case["old"], case["new"])))
    assert any(one.split(": ")[1] == case["where"] and case["says"] in one for one in found), found
    assert all(one.startswith("xx-wide.toml:") and one.rstrip().endswith((".", '".', "]")) for one in found), found


def test_a_mistake_names_the_line_it_stands_on(tmp_path: Path) -> None:
    path = changed(tmp_path, WIDE, ('{ above = "750", times = "1" }', '{ above = "250", times = "1" }'))
    line = next(number for number, text in enumerate(path.read_text().split("\n"), 1) if '"250"' in text)
    place = f"xx-wide.toml:{line}: branch.provident.total[1].bands[3].above"
    assert mistakes_of(path) == [f"{place}: it begins no higher than the band before it. Put the bands in order."]


def test_what_is_missing_is_told_at_the_section_it_is_missing_from(tmp_path: Path) -> None:
    path = changed(tmp_path, WIDE, ('borne_by = "employer"', ""))
    line = next(n for n, text in enumerate(path.read_text().split("\n"), 1) if text == "[[branch.provident.minimum]]")
    assert mistakes_of(path) == [
        f"xx-wide.toml:{line}: branch.provident.minimum[1].borne_by: this is missing. Write one of: employer, employee."
    ]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        WIDE,
        ('order = ["contribution", "late"]', 'order = ["late"]'),
        ('rate = "5 %"', "rate = 0.05"),
        ('short_name = "WIDE"', ""),
        ("to = 2020-12-31", "to = 2020-06-30"),
    )
    assert [one.split(": ")[1] for one in mistakes_of(path)] == [
        "short_name",
        "branch.pension.ceiling[3].from",
        "branch.pension.employee[1].rate",
        "allocation[1].order",
    ]


def test_a_second_test_of_the_same_id_is_a_mistake(tmp_path: Path) -> None:
    path = changed(tmp_path, WIDE)
    path.write_text(path.read_text() + "\n" + "[[test]]" + path.read_text().split("[[test]]")[1])
    assert [one.partition(": ")[2] for one in mistakes_of(path)] == [
        "test[2].id: another test has this id. Give it its own."
    ]


def test_a_pack_without_tests_is_not_loaded(tmp_path: Path) -> None:
    path = changed(tmp_path, WIDE)
    path.write_text(path.read_text().split("[[test]]")[0])
    assert any("there is no test" in one for one in mistakes_of(path))


def test_a_test_that_fails_is_told_with_its_line(tmp_path: Path) -> None:
    path = changed(tmp_path, WIDE)
    line = next(number for number, text in enumerate(path.read_text().split("\n"), 1) if text == "[[test]]")
    (only,) = mistakes_of(path, tests=True)
    assert only.startswith(f"xx-wide.toml:{line}: test[1]: the test first fails: ")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"id = ", ":1: this is not TOML"),
        (b'id = "x"\n[branch\n', ":2: this is not TOML"),
        (b'[source.a]\ntitle = "x"\n[source.a]\n', "this is not TOML: Cannot declare ('source', 'a') twice"),
        (b"[test]\n[[test]]\n", "this is not TOML"),
        (b"\xff\xfe", "not in UTF-8"),
        (b"a = " + b"[" * 50_000, "not TOML that can be read"),
        (b"a = " + b"9" * 5_000, "not TOML that can be read"),
    ],
)
def test_a_file_that_is_no_pack_is_refused_with_the_reason(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    (only,) = mistakes_of(path)
    assert says in only


def test_a_file_of_a_hundred_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.toml"
    with path.open("wb") as opened:
        opened.truncate(100_000_000)
    assert mistakes_of(path) == ["huge.toml: this file is too large to be a pack. Check that it is the right file."]


def test_a_file_that_is_not_there_is_a_mistake_and_not_a_crash(tmp_path: Path) -> None:
    assert "cannot be read" in mistakes_of(tmp_path / "zz-none.toml")[0]
    assert "cannot be read" in mistakes_of(tmp_path)[0]


def test_whatever_is_written_the_answer_is_a_pack_or_its_mistakes(tmp_path: Path) -> None:
    lines, drawn = WIDE.read_text().split("\n"), random.Random(7)
    values = [
        '"5 %"', '"x"', "true", "2026-01-01", "[]", '["a"]', "{}", '{ a = "b" }', '[ { from = "0" } ]', '""', '"-1"',
        "1.5", '"150 %"', '[[["a"]]]', '"0"', '"04-31"', "9999-12-31", "0001-01-01", '"999999999999999999999"',
    ]  # fmt: skip
    refused = 0
    for _round in range(150):
        text = list(lines)
        for _change in range(drawn.randint(1, 3)):
            at = drawn.randrange(len(text))
            if " = " in text[at]:
                text[at] = f"{text[at].split(' = ')[0]} = {drawn.choice(values)}"
            else:
                del text[at]
        path = tmp_path / "xx-wide.toml"
        path.write_text("\n".join(text))
        try:
            read(path)
        except PackRefused:
            refused += 1
    assert refused > 100


def test_the_whole_language_is_read(tmp_path: Path) -> None:
    pack = load_pack(changed(tmp_path, WIDE), tests=False)
    assert pack.branch("provident").rounding.rest == "employer"
    assert pack.fiscal_year == (4, 1)
    assert pack.formulas[0].code == "monthly_ceiling"
    assert pack.file_lines[0].fields == ("uan", "pension.employee")
    assert pack.rest.weekend == (5,)
