"""Changing packs for a test: a copy of a file with some of its text replaced, and what loading it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.scheme.pack import Pack, PackRefused, load_pack

DATA = Path(__file__).parent / "data"
WIDE = DATA / "xx-wide.toml"


def changed(tmp_path: Path, source: Path, *changes: tuple[str, str]) -> Path:
    """A copy of a pack with some of its text replaced, each at its first place."""
    text = source.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = tmp_path / source.name
    path.write_text(text, encoding="utf-8")
    return path


def read(path: Path, overlay: Path | None = None) -> Pack:
    """The pack, without running its tests."""
    return load_pack(path, overlay, tests=False)


def mistakes_of(path: Path, overlay: Path | None = None, *, tests: bool = False) -> list[str]:
    """Every mistake of a pack that is refused, as it is printed."""
    with pytest.raises(PackRefused) as refused:
        load_pack(path, overlay, tests=tests)
    return [str(mistake) for mistake in refused.value.mistakes]
