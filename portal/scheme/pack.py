"""
Loading scheme packs: every mistake is found at once, and a pack's own tests have to pass.

The blocks stand in ``blocks.py``, how a file says them in ``packfile.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from portal.scheme import cases
from portal.scheme.blocks import Missing as Missing
from portal.scheme.blocks import NotKnown as NotKnown
from portal.scheme.blocks import Pack as Pack
from portal.scheme.packfile import read_pack
from portal.scheme.reading import Mistake as Mistake
from portal.scheme.reading import PackRefused as PackRefused
from portal.scheme.reading import Report, read_file
from portal.words import _

#: Where the packs that come with the portal stand.
PACKS = Path(__file__).parent / "packs"


def load_pack(path: Path) -> Pack:
    """The pack in the file, checked and tested; :class:`PackRefused` with every mistake otherwise."""
    report = Report(path.name)
    content, digest = read_file(path, report)
    pack, tests = read_pack(content, digest)
    if pack.id != path.stem:
        content.wrong("id", _("found %(id)s. It has to be the name of the file.", id=pack.id or "nothing"))
    report.refuse_if_any()
    for case in tests:
        for words in cases.differences(pack, case):
            report.say(f"test {case.id}", words)
    report.refuse_if_any()
    return pack


def load_packs(ids: Iterable[str]) -> dict[str, Pack]:
    """The packs of the portal by id, each read once; the mistakes of all of them are told together."""
    packs: dict[str, Pack] = {}
    mistakes: list[Mistake] = []
    for id in ids:
        try:
            packs[id] = _loaded(id)
        except PackRefused as refused:
            mistakes += refused.mistakes
    if mistakes:
        raise PackRefused(tuple(mistakes))
    return packs


@cache
def _loaded(id: str) -> Pack:
    return load_pack(PACKS / f"{id}.toml")
