"""What docs/scheme.md teaches is what the language takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from portal.scheme.blocks.case import CATEGORIES
from portal.scheme.blocks.due import DUE_RULES
from portal.scheme.blocks.late import EACH
from tests.scheme.packs import DATA, WIDE, read

PAGE = (Path(__file__).parents[2] / "docs" / "scheme.md").read_text(encoding="utf-8")
TUTORIAL, REST = PAGE.split("## The language")
REFERENCE, OVERLAY = REST.split("## A fund's own values: the overlay")


def blocks(text: str) -> list[str]:
    return re.findall(r"```toml\n(.*?)```", text, re.DOTALL)


def test_the_blocks_of_the_tutorial_are_a_whole_pack() -> None:
    written = tomllib.loads("\n".join(blocks(TUTORIAL)))
    assert written == tomllib.loads((DATA / "za-uif.toml").read_text(encoding="utf-8"))


def test_every_example_of_the_reference_stands_in_a_pack_that_is_read() -> None:
    packs = Path(__file__).parents[2] / "portal" / "scheme" / "packs"
    known = {line.strip() for path in [WIDE, *packs.rglob("*.toml")] for line in path.read_text("utf-8").split("\n")}
    told = {"known = 2025-03-28", "from = 2025-03-01", 'rate = "6 %"'}  # the pack for the tests amends nothing
    for block in blocks(REFERENCE):
        tomllib.loads(block)
        assert {line.strip() for line in block.split("\n")} - known <= told, block


def test_the_example_of_an_overlay_can_be_laid_over_its_pack(tmp_path: Path) -> None:
    fund, overlay = blocks(OVERLAY)
    path = tmp_path / tomllib.loads(fund)["overlay"]["np-ssf"]
    path.parent.mkdir()
    path.write_text(overlay, encoding="utf-8")
    packs = Path(__file__).parents[2] / "portal" / "scheme" / "packs"
    employer = read(packs / "np-ssf.toml", path).branch("provident").employer
    assert employer is not None
    assert employer.values[-1].source == "Board resolution 12"


def test_every_word_of_the_closed_lists_is_explained() -> None:
    for word in (*CATEGORIES, *DUE_RULES, *EACH):
        assert f"`{word}`" in PAGE, word
