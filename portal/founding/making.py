"""
A new fund's folder: written beside its place, read as the portal reads it, and only then put there.

What exists is never overwritten, and a fund that would be refused is not left behind.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.founding.fund_text import PLACES, fund_toml, overlays_readme, places_csv
from portal.founding.questions import answered
from portal.scheme.fund import load_fund
from portal.scheme.fund_schemes import OVERLAYS
from portal.scheme.packfile.tree import MOST_BYTES, PackRefused


class CannotMake(Exception):
    """A fund cannot be made; the text says every reason, a line each."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A fund's folder that was read without a mistake, before it is put in its place."""

    folder: Path
    fund_file: Path


def answers_in(path: Path) -> dict[str, str]:
    """What a file answers: one line each, such as ``name = "Zambezi Fund"``.  `CannotMake` with every mistake in it."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CannotMake(f"{path}: this file is too large to hold answers. Check that it is the right file.")
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise CannotMake(f"{path}: this file cannot be read. Check that it is there and may be read.") from None
    except ValueError as fault:
        raise CannotMake(f"{path}: this is not TOML: {fault}. Correct that place.") from None
    wrong = [f"{path}: {name}: write a text in quotes." for name, text in said.items() if not isinstance(text, str)]
    given, problems = answered({name: text for name, text in said.items() if isinstance(text, str)})
    if wrong or problems:
        raise CannotMake("\n".join([*wrong, *(f"{path}: {line}" for line in problems)]))
    return given


def refuse_if_there(fund_file: Path) -> None:
    """`CannotMake` when there is a fund already."""
    if fund_file.exists():
        raise CannotMake(
            f"there is a fund in {fund_file} already. Nothing was changed. Name another place: FUND_FILE=…"
        )


@contextmanager
def prepared(given: Mapping[str, str], fund_file: Path, overlays: Path | None = None) -> Iterator[Prepared]:
    """
    The folder of a fund with these answers, beside its place; it is gone at the end of the block unless `put`.

    *overlays* is a folder with the fund's own values, copied in.  `CannotMake` with every mistake that the portal
    finds in it.
    """
    refuse_if_there(fund_file)
    try:
        fund_file.parent.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="fund-", dir=fund_file.parent.parent))
    except OSError as problem:
        raise CannotMake(f"{fund_file.parent} cannot be written to ({problem.strerror}). Choose another.") from None
    try:
        _write(folder, fund_file.name, given, overlays)
        try:
            load_fund(folder / fund_file.name)
        except PackRefused as refused:
            raise CannotMake(str(refused)) from None
        yield Prepared(folder, fund_file)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(folder: Path, name: str, given: Mapping[str, str], overlays: Path | None) -> None:
    (folder / name).write_text(fund_toml(given), encoding="utf-8")
    (folder / PLACES).write_text(places_csv(given), encoding="utf-8")
    own = folder / OVERLAYS
    own.mkdir()
    for path in sorted(overlays.glob("*.toml")) if overlays else ():
        shutil.copyfile(path, own / path.name)
    (own / "README.txt").write_text(overlays_readme(), encoding="utf-8")


def put(one: Prepared) -> None:
    """Put a prepared fund in its place: every file, the fund's own last."""
    target = one.fund_file.parent
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(one.folder.rglob("*")):
        if path.is_file() and path.name != one.fund_file.name:
            there = target / path.relative_to(one.folder)
            there.parent.mkdir(parents=True, exist_ok=True)
            if not there.exists():
                shutil.copyfile(path, there)
    fresh = target / f".{one.fund_file.name}.new"
    shutil.copyfile(one.folder / one.fund_file.name, fresh)
    os.link(fresh, one.fund_file)  # refuses to overwrite, whoever came in between
    fresh.unlink()


def keep_secret(path: Path) -> None:
    """Make this machine's secret, readable by its owner only, unless there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
    except FileExistsError:
        return
