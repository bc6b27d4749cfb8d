"""
Loading scheme packs: every mistake is found at once, and a pack's own tests have to pass.

The blocks stand in ``blocks/``, how a file says them in ``packfile/``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from portal.scheme.blocks.pack import Pack as Pack
from portal.scheme.blocks.values import Missing as Missing
from portal.scheme.blocks.values import NotKnown as NotKnown
from portal.scheme.packfile.overlay import lay_over
from portal.scheme.packfile.reading import Section
from portal.scheme.packfile.tests import PlacedCase
from portal.scheme.packfile.tree import Mistake as Mistake
from portal.scheme.packfile.tree import PackRefused as PackRefused
from portal.scheme.packfile.tree import Report, digest_of, read_tree
from portal.scheme.packfile.whole import ID, read_pack
from portal.words import _

#: Where the packs that come with the portal stand: those of its countries, and beside them the others.
PACKS = Path(__file__).parent / "packs"
#: The folder of each status below :data:`PACKS`.
FOLDERS = {"scheme": "", "reference": "reference", "template": "templates"}


def load_pack(path: Path, overlay: Path | None = None, *, tests: bool = True) -> Pack:
    """
    The pack in the file, with a fund's own file laid over it where there is one, checked and tested.

    :class:`PackRefused` with every mistake otherwise.  Without *tests* its own tests are not run.
    """
    report = Report(path.name)
    tree, meaning = read_tree(path, report)
    meanings = [meaning]
    if overlay is not None:
        tree, meaning = lay_over(tree, overlay, report)
        meanings.append(meaning)
    content = Section(tree, report)
    pack, cases = read_pack(content, digest_of(*meanings), overlay.name if overlay else None)
    if pack.id != path.stem:
        content.wrong("id", _("found %(id)s. It has to be the name of the file.", id=pack.id or "nothing"))
    report.refuse_if_any()
    if tests:
        _run(pack, cases, report)
        report.refuse_if_any()
    return pack


def _run(pack: Pack, cases: Iterable[PlacedCase], report: Report) -> None:
    """Every test of the pack; one that fails is a mistake at its place."""
    from portal.scheme.cases.run import differences  # they work out amounts, which needs packs

    for case, place in cases:
        for words in differences(pack, case):
            report.say(place, _("the test %(id)s fails: %(words)s", id=case.id, words=words))


def load_packs(ids: Iterable[str], overlays: Mapping[str, Path] | None = None) -> dict[str, Pack]:
    """The packs of the portal by id, each read once; the mistakes of all of them are told together."""
    packs: dict[str, Pack] = {}
    mistakes: list[Mistake] = []
    for id in ids:
        try:
            packs[id] = _loaded(find_pack(id), (overlays or {}).get(id))
        except PackRefused as refused:
            mistakes += refused.mistakes
    if mistakes:
        raise PackRefused(tuple(mistakes))
    return packs


@cache
def _loaded(path: Path, overlay: Path | None) -> Pack:
    return load_pack(path, overlay)


def find_pack(id: str) -> Path:
    """The file of a pack that comes with the portal; :class:`PackRefused` when there is none of this id."""
    if re.fullmatch(ID, id):
        for folder in FOLDERS.values():
            path = PACKS / folder / f"{id}.toml"
            if path.is_file():
                return path
    words = _("there is no pack of this name. `flask scheme list` shows those that there are.")
    raise PackRefused((Mistake(f"{id}.toml", "", words),))


def pack_ids(status: str | None = None) -> tuple[str, ...]:
    """The ids of the packs that come with the portal, of one status or of all, in the order of the alphabet."""
    folders = FOLDERS.values() if status is None else (FOLDERS[status],)
    return tuple(sorted(path.stem for folder in folders for path in (PACKS / folder).glob("*.toml")))
