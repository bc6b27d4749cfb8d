"""
A pack, or a fund's own file laid over one, before anybody uses it: read, checked and tested like the packs in force.

Also the tests that a pack carries, one by one with their results.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from portal.scheme.blocks.case import Case
from portal.scheme.blocks.pack import Pack
from portal.scheme.cases.run import differences
from portal.scheme.pack import find_pack, load_pack
from portal.scheme.packfile.overlay import lay_over
from portal.scheme.packfile.reading import Section
from portal.scheme.packfile.tree import Report, digest_of, read_tree
from portal.scheme.packfile.whole import read_pack
from portal.words import Words


def is_overlay(path: Path) -> bool:
    """Whether the file says which pack it is laid over; what is wrong in it is told when it is read."""
    try:
        return any(line.startswith("overlay_of") for line in path.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return False


def candidate(scheme: str, content: bytes, overlay: Path | None = None) -> Pack:
    """
    The pack that would be in force with this file; ``PackRefused`` with every mistake in it.

    A file laid over the pack takes the place of *overlay*, which the fund uses now; a whole pack gets it laid over it.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "candidate" / f"{scheme}.toml"
        path.parent.mkdir()
        path.write_bytes(content)
        if is_overlay(path):
            return load_pack(find_pack(scheme), path)
        return load_pack(path, overlay)


@dataclass(frozen=True, slots=True)
class Proof:
    """One test of a pack with what is different from what it expects: nothing where it holds."""

    case: Case
    line: int | None
    wrong: tuple[Words, ...]


def proofs(path: Path, overlay: Path | None = None) -> tuple[Proof, ...]:
    """Every test that the pack in the file carries, run now."""
    report = Report(path.name)
    tree, meaning = read_tree(path, report)
    meanings = [meaning]
    if overlay is not None:
        tree, meaning = lay_over(tree, overlay, report)
        meanings.append(meaning)
    pack, cases = read_pack(Section(tree, report), digest_of(*meanings), overlay.name if overlay else None)
    report.refuse_if_any()
    return tuple(Proof(case, place.line, tuple(differences(pack, case))) for case, place in cases)
