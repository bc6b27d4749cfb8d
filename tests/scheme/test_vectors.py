"""The published test vectors, and the tests that the packs carry, each to the smallest coin."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from portal.scheme.blocks.case import Case
from portal.scheme.blocks.pack import Pack
from portal.scheme.cases.file import answers, shipped
from portal.scheme.cases.run import compare, differences
from portal.scheme.pack import find_pack, pack_ids
from portal.scheme.packfile.reading import Section
from portal.scheme.packfile.tree import Report, read_tree
from portal.scheme.packfile.whole import read_pack

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "rules" / "vectors.json"
VECTORS: list[dict[str, Any]] = json.loads(PUBLISHED.read_text())["vectors"] if PUBLISHED.is_file() else []


@cache
def _carried(id: str) -> tuple[Pack, dict[str, Case]]:
    """A pack with its own tests."""
    path = find_pack(id)
    report = Report(path.name)
    tree, _meaning = read_tree(path, report)
    pack, cases = read_pack(Section(tree, report), "", None)
    return pack, {case.id: case for case, _place in cases}


@pytest.mark.skipif(not VECTORS, reason="the published vectors do not lie beside this project")
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_published_vectors_come_out_exactly(vector: dict[str, Any]) -> None:
    (answer,) = answers([{key: vector[key] for key in ("id", "scheme", "category", "inputs")}])
    assert answer.get("error") is None
    assert [str(words) for words in compare(vector["expected"], answer["result"])] == []


@pytest.mark.parametrize(("id", "test"), [(id, test) for id in pack_ids() for test in _carried(id)[1]])
def test_what_a_pack_carries_comes_out(id: str, test: str) -> None:
    pack, cases = _carried(id)
    assert [str(words) for words in differences(pack, cases[test])] == []


@pytest.mark.skipif(not VECTORS, reason="the published vectors do not lie beside this project")
def test_every_published_vector_of_a_scheme_stands_in_its_pack() -> None:
    carried = {test for id in pack_ids() for test in _carried(id)[1]}
    free = ("calendar-", "allocation")
    assert [one["id"] for one in VECTORS if one["id"] not in carried and not one["scheme"].startswith(free)] == []


def test_asking_needs_no_test_of_the_pack_to_pass_first() -> None:
    assert shipped("np-ssf").id == "np-ssf"
