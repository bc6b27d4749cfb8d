"""Every place of a file has its line, whatever the layout."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from portal.scheme.pack import find_pack, pack_ids
from portal.scheme.packfile.lines import inside, lines_of
from tests.scheme.packs import DATA, WIDE

AWKWARD = """\
# a comment with [brackets] and "quotes"
title = "a # that is no comment" # and one that is
"quoted.key" = 'literal \\'
text = \"\"\"
[not.a.table]
with "quotes" and \\\"\"\" inside\"\"\"
raw = '''
key = "no"
'''
list = [ "a,]", # inside
  "b",
  { inner = "x", more = [ { deep = "y" } ] },
]
dotted.key . here = 2026-01-01
day = 2026-01-01 # bare

[ table . "with space" ]
key = true
[[entry]]
[[entry.inner]]
name = "1.1"
[[entry.inner]]
name = "1.2"
[[entry]]
[[entry.inner]]
name = "2.1"
"""


def places(content: Any, where: str = "") -> Iterator[str]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield inside(where, key)
            yield from places(value, inside(where, key))
    elif isinstance(content, list):
        for number, value in enumerate(content, 1):
            yield f"{where}[{number}]"
            yield from places(value, f"{where}[{number}]")


def test_a_place_is_on_the_line_on_which_it_is_written() -> None:
    found = lines_of(AWKWARD)
    lines = {where: AWKWARD.split("\n")[number - 1] for where, number in found.items()}
    assert lines["quoted.key"].startswith('"quoted.key"')
    assert lines["raw"].startswith("raw")
    assert lines["list[2]"] == '  "b",'
    assert lines["list[3].more[1].deep"].startswith("  { inner")
    assert lines["dotted.key.here"].startswith("dotted")
    assert lines["table.with space"].startswith("[ table")
    assert lines["entry[1].inner[2].name"] == 'name = "1.2"'
    assert lines["entry[2].inner[1].name"] == 'name = "2.1"'
    assert not any("not" in where for where in found)


@pytest.mark.parametrize("text", [AWKWARD, AWKWARD.replace("\n", "\r\n")], ids=["unix", "windows"])
def test_no_place_is_left_out_of_an_awkward_text(text: str) -> None:
    found = lines_of(text)
    lists = {"dotted", "dotted.key", "table", "entry", "entry[1].inner", "entry[2].inner"}
    assert set(places(tomllib.loads(text))) - set(found) <= lists


@pytest.mark.parametrize("path", [WIDE, DATA / "za-uif.toml", *map(find_pack, pack_ids())], ids=lambda path: path.stem)
def test_the_line_of_a_key_holds_the_key(path: Any) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    for where, number in lines_of(text).items():
        key = where.rpartition(".")[2].partition("[")[0].strip()
        assert key in lines[number - 1] or lines[number - 1].lstrip().startswith(("{", '"')), (where, number)


@pytest.mark.parametrize("text", ["", "\n", "a", "=", '"', "[", "[[", "a = [", "a = {", "a = '''", "[a", "a = \\"])
def test_what_is_no_toml_does_not_hang_it(text: str) -> None:
    with contextlib.suppress(ValueError):
        lines_of(text)
