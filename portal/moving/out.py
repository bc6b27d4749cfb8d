"""
Writing the whole fund into a folder, seen as of one moment.

It is written beside its place and named only when it is whole; only its owner may enter.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from portal.moving import dictionary
from portal.moving.policy import left_out, tables
from portal.moving.statements import BALANCES, SCRUB, going_out
from portal.scheme.fund import Fund
from portal.scheme.fund_schemes import OVERLAYS
from portal.scheme.pack import find_pack
from portal.tabular.writing import write_csv

#: What a reader of the manifest has to know how to read.
FORMAT = 1
MANIFEST, BALANCES_FILE, TABLES, FILES = "manifest.json", "balances.csv", "tables", "files"
README = """\
The whole fund as files.

manifest.json     when it was written, from which version, every file with its rows and its fingerprint
dictionary.json   every table and column: type, meaning, and what became of it (dictionary.csv: the same as a table)
tables/           a file a table: UTF-8, commas, amounts in minor units, JSON where a column holds a structure.
                  An empty field is "nothing", "" is an empty text. A text that a spreadsheet could run begins with
                  an apostrophe, which is not part of it.
balances.csv      what every account of every employer holds, month by month
files/            documents, by the public_id of their row in stored_file (only with personal data)
fund/, packs/     the fund's own files, and the rules that were in use

`flask fund import FOLDER` reads it into an empty fund and compares every balance.
"""


class CannotMove(Exception):
    """An export cannot be written or read; the text says every reason, a line each."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """When an export is made, by which *version* of the tables; with a *consent* (its request) also who is who."""

    at: datetime
    version: str
    consent: str = ""

    @property
    def persons(self) -> bool:
        """Whether personal data leaves."""
        return bool(self.consent)


@dataclass(slots=True)
class Written:
    """An export as it is being written: its folder, and each file with its fingerprint and rows."""

    folder: Path
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of all tables together."""
        return sum(one["rows"] for name, one in self.files.items() if name.startswith(f"{TABLES}/"))

    def keep(self, name: str, content: bytes) -> None:
        """One small file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.files[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def free_place(folder: Path) -> Path:
    """Where an export into *folder* is written first; `CannotMove` when the folder holds something."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CannotMove(f"{folder} is there already and holds something. Name a folder that is not there yet.")
    return folder.with_name(f"{folder.name}.unfinished")


def write(url: str, folder: Path, fund: Fund, fund_file: Path, wanted: Wanted) -> Written:
    """Everything into *folder*, which is not there yet; the manifest last.  *url* is the portal's own database."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True, mode=0o700)
        (folder / TABLES).mkdir()
        written = Written(folder)
        with psycopg.connect(url) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            _tables(connection, written, persons=wanted.persons)
            connection.rollback()  # nothing was changed but the function that blanked texts
        _explanations(written, fund, fund_file, wanted)
    except OSError as problem:
        raise CannotMove(f"{folder} cannot be written to ({problem.strerror}).") from None
    return written


def _explanations(written: Written, fund: Fund, fund_file: Path, wanted: Wanted) -> None:
    """What the tables mean, the fund's own files and the rules in use; the manifest over all of it."""
    described = dictionary.dictionary(persons=wanted.persons)
    header, *lines = dictionary.rows(described)
    written.keep("dictionary.json", _json(described))
    written.keep("dictionary.csv", write_csv(header, lines))
    for name, path in _own_files(fund, fund_file):
        written.keep(name, path.read_bytes())
    written.keep("README.txt", README.encode())
    manifest = {
        "format": FORMAT,
        "version": wanted.version,
        "fund": {"name": fund.name, "currency": fund.currency.code, "practice": fund.practice},
        "schemes": {scheme: fund.pack(scheme).hash for scheme in fund.schemes},
        "written_at": wanted.at.isoformat(),
        "persons": wanted.persons,
        "consent": wanted.consent,
        "left_out": left_out(persons=wanted.persons),
        "files": written.files,
    }
    (written.folder / MANIFEST).write_bytes(_json(manifest))


def put(written: Written, folder: Path) -> None:
    """Name a whole export."""
    if folder.is_dir():
        folder.rmdir()  # it was empty
    written.folder.rename(folder)


def manifest_hash(written: Written) -> str:
    """SHA-256 of the manifest, which holds those of all other files."""
    return hashlib.sha256((written.folder / MANIFEST).read_bytes()).hexdigest()


def _tables(connection: psycopg.Connection, written: Written, *, persons: bool) -> None:
    if not persons:
        connection.execute(SCRUB)
    for table in tables(persons=persons):
        count = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name))).fetchone()
        assert count is not None
        name = f"{TABLES}/{table.name}.csv"
        written.files[name] = {**_copied(connection, going_out(table, persons=persons), written.folder / name),
                               "rows": count[0]}  # fmt: skip
    written.files[BALANCES_FILE] = _copied(connection, sql.SQL(BALANCES), written.folder / BALANCES_FILE)
    if persons:
        for name, content in _stored(connection):
            written.keep(f"{FILES}/{name}", content)


def _copied(connection: psycopg.Connection, statement: sql.SQL | sql.Composed, path: Path) -> dict[str, Any]:
    """Write what a COPY gives; its fingerprint and size."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file, connection.cursor().copy(statement) as copy:
        for block in copy:
            file.write(block)
            digest.update(block)
            size += len(block)
    return {"sha256": digest.hexdigest(), "bytes": size}


def _stored(connection: psycopg.Connection) -> Iterator[tuple[str, bytes]]:
    """Every kept file, one at a time."""
    with connection.cursor(name="files") as cursor:
        cursor.itersize = 1
        cursor.execute("SELECT public_id, content FROM stored_file WHERE content IS NOT NULL ORDER BY id")
        for public_id, content in cursor:
            yield str(public_id), bytes(content)


def _own_files(fund: Fund, fund_file: Path) -> Iterator[tuple[str, Path]]:
    """The fund's own files, and the rules in use."""
    yield "fund/fund.toml", fund_file
    said = tomllib.loads(fund_file.read_text(encoding="utf-8"))
    named = [said["location_file"]] if "location_file" in said else []
    named += [f"{OVERLAYS}/{path.name}" for path in sorted((fund_file.parent / OVERLAYS).glob("*.toml"))]
    named += said.get("overlay", {}).values()
    for name in dict.fromkeys(named):
        if os.path.normpath(name) == name and not name.startswith(("/", "..")):  # one that lies elsewhere stays there
            yield f"fund/{name}", fund_file.parent / name
    for scheme in fund.schemes:
        yield f"packs/{scheme}.toml", find_pack(scheme)


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
