"""
Reading an export into an empty fund: everything or nothing, and every balance as it was.

Who works at the empty fund already stays: somebody has to be able to sign in, and passwords do not travel.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Table

from portal.audit import Event
from portal.db import Base
from portal.moving.out import BALANCES_FILE, FILES, FORMAT, MANIFEST, TABLES, CannotMove
from portal.moving.policy import NEVER, tables
from portal.moving.statements import BALANCES, coming_in, in_csv
from portal.scheme.fund import Fund

#: While one of these has a row, a fund is not empty.
WORK_IN = ("employer", "person", "registration", "payroll", "charge", "transaction")
#: The triggers that keep rows from being changed or removed call this function.
REFUSE = "refuse_change"
#: A larger manifest is not one of ours.
LARGEST_MANIFEST = 20_000_000


@dataclass(frozen=True, slots=True)
class Brought:
    """What an import did: rows of all tables, documents, accounts whose balance was compared, and what to know."""

    rows: int
    files: int
    balances: int
    notes: tuple[str, ...]


def read(owner_url: str, folder: Path, fund: Fund, *, at: datetime) -> Brought:
    """Everything in *folder* into the empty database of *owner_url*, the owner of its tables.

    `CannotMove` with every reason against it.
    """
    manifest = _manifest(folder)
    wrong = [*_of_another_fund(manifest, fund), *_damaged(folder, manifest)]
    with psycopg.connect(owner_url) as connection:
        wrong += _not_ready(connection, manifest)
        if wrong:
            raise CannotMove("\n".join(wrong))
        persons = bool(manifest["persons"])
        _empty(connection)
        rows = sum(_table(connection, folder, table, manifest, persons) for table in tables(persons=persons))
        _staff_back(connection)
        files = _files(connection, folder) if persons else 0
        _count_on(connection)
        balances = _compared(connection, folder)
        connection.execute(
            "INSERT INTO audit_event (at, event, subject, fields) VALUES (%s, %s, '', %s)",
            (at, Event.FUND_IMPORTED.label, json.dumps({"rows": rows, "persons": persons})),
        )
    return Brought(rows, files, balances, tuple(_to_know(manifest, fund)))


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        if path.stat().st_size > LARGEST_MANIFEST:
            raise ValueError
        found = json.loads(path.read_bytes())
        if found["format"] != FORMAT:
            raise CannotMove(f"{path} is of another format ({found['format']}). Use the portal that wrote it.")
        if not isinstance(found["files"], dict) or not isinstance(found["schemes"], dict):
            raise TypeError
        found["version"], found["persons"], found["fund"]["currency"]  # one without them is none
    except OSError:
        raise CannotMove(f"{folder} holds no export: there is no {MANIFEST} in it.") from None
    except (ValueError, KeyError, TypeError):
        raise CannotMove(f"{path} is not the manifest of an export. Export again.") from None
    return dict(found)


def _of_another_fund(manifest: dict[str, Any], fund: Fund) -> Iterator[str]:
    """What the fund in use would have to be for the export."""
    foreign = [scheme for scheme in manifest["schemes"] if scheme not in fund.schemes]
    if foreign:
        yield f"the export has schemes that this fund does not run: {', '.join(foreign)}. Add them to fund.toml first."
    currency = manifest["fund"]["currency"]
    if currency != fund.currency.code:
        yield f"the export is in {currency}, this fund in {fund.currency.code}. Compare fund/fund.toml of the export."


def _damaged(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Files that are not as they were written."""
    wanted = {f"{TABLES}/{table.name}.csv" for table in tables(persons=bool(manifest["persons"]))} | {BALANCES_FILE}
    for name in sorted(wanted - set(manifest["files"])):
        yield f"{name}: the manifest does not name it. Export again."
    for name, said in manifest["files"].items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            yield f"{name}: it is missing. Copy the whole folder."
        elif _digest(path) != said.get("sha256"):
            yield f"{name}: it was changed after it was written. Copy the folder again."


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _not_ready(connection: psycopg.Connection, manifest: dict[str, Any]) -> Iterator[str]:
    """What keeps the database from taking it."""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    version = str(row[0]) if row else ""
    if version != manifest["version"]:
        yield (f"the export is of version {manifest['version']} of the tables, this database of {version or 'none'}. "
               "Bring both portals to the same version.")  # fmt: skip
        return
    for name in WORK_IN:
        found = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(name))).fetchone()
        if found == (True,):
            yield f"the fund is not empty: there are rows in {name}. Nothing was changed. Name an empty database."


def _empty(connection: psycopg.Connection) -> None:
    """Empty every table; those who work at the fund are kept aside."""
    connection.execute("CREATE TEMP TABLE staff ON COMMIT DROP AS SELECT * FROM account")
    connection.execute("CREATE TEMP TABLE staff_role ON COMMIT DROP AS SELECT * FROM fund_role")
    guarded = connection.execute(
        "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "JOIN pg_proc ON pg_proc.oid = tgfoid WHERE proname = %s", (REFUSE,)
    ).fetchall()  # fmt: skip
    for word in ("DISABLE", "ENABLE"):
        for name, trigger in guarded:
            way = sql.SQL(f"ALTER TABLE {{}} {word} TRIGGER {{}}")  # words of ours
            connection.execute(way.format(sql.Identifier(name), sql.Identifier(trigger)))
        if word == "DISABLE":
            names = [sql.Identifier(table.name) for table in Base.metadata.sorted_tables]
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(sql.SQL(", ").join(names)))


def _table(connection: psycopg.Connection, folder: Path, table: Table, manifest: dict[str, Any], persons: bool) -> int:
    """One table; how many rows.  `CannotMove` when the database refuses them."""
    columns = [one.column for one in in_csv(table, persons=persons)]
    place, copy_in, insert = coming_in(table, columns)
    name = f"{TABLES}/{table.name}.csv"
    try:
        connection.execute(place)
        with (folder / name).open("rb") as file, connection.cursor().copy(copy_in) as copy:
            while block := file.read(1 << 16):
                copy.write(block)
        rows = connection.execute(insert).rowcount
        connection.execute("DROP TABLE incoming")
    except psycopg.Error as problem:
        raise CannotMove(
            f"{name}: the database refuses it: {str(problem).splitlines()[0]}. Nothing was changed."
        ) from None
    if rows != manifest["files"][name].get("rows"):
        raise CannotMove(f"{name}: it holds {rows} rows and not those of the manifest. Nothing was changed.")
    return rows


def _staff_back(connection: psycopg.Connection) -> None:
    """Who worked at the empty fund works here still, with the password they chose."""
    connection.execute(
        "UPDATE account SET password_hash = staff.password_hash, confirmed_at = staff.confirmed_at FROM staff "
        "WHERE lower(account.email) = lower(staff.email)"
    )
    columns = [column.name for column in Base.metadata.tables["account"].columns if column.name != "id"]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    connection.execute(
        sql.SQL(
            "INSERT INTO account (id, {0}) SELECT (SELECT coalesce(max(id), 0) FROM account) + row_number() "
            "OVER (ORDER BY id), {0} FROM staff WHERE lower(email) NOT IN (SELECT lower(email) FROM account)"
        ).format(names)
    )
    connection.execute(
        "INSERT INTO fund_role (id, account_id, role, from_day, to_day) SELECT (SELECT coalesce(max(id), 0) FROM "
        "fund_role) + row_number() OVER (ORDER BY held.id), account.id, held.role, held.from_day, held.to_day "
        "FROM staff_role held JOIN staff ON staff.id = held.account_id JOIN account ON lower(account.email) = "
        "lower(staff.email) ON CONFLICT DO NOTHING"
    )


def _files(connection: psycopg.Connection, folder: Path) -> int:
    """The bytes of every document, compared with their fingerprint."""
    kept = connection.execute("SELECT public_id, sha256 FROM stored_file ORDER BY id").fetchall()
    count = 0
    for public_id, sha256 in kept:
        path = folder / FILES / str(public_id)
        if path.is_file():
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() != sha256:
                raise CannotMove(f"{FILES}/{public_id}: it is not the document of its row. Nothing was changed.")
            connection.execute("UPDATE stored_file SET content = %s WHERE public_id = %s", (content, public_id))
            count += 1
    return count


def _count_on(connection: psycopg.Connection) -> None:
    """Numbers of new rows go on after the highest that came."""
    for table in Base.metadata.sorted_tables:
        if table.name in NEVER or "id" not in table.columns:
            continue
        found = connection.execute("SELECT pg_get_serial_sequence(%s, 'id')", (f'"{table.name}"',)).fetchone()
        if found and found[0]:
            connection.execute(
                sql.SQL("SELECT setval({}, coalesce((SELECT max(id) FROM {}), 0) + 1, false)").format(
                    sql.Literal(found[0]), sql.Identifier(table.name)
                )
            )


def _compared(connection: psycopg.Connection, folder: Path) -> int:
    """How many balances are as they were; `CannotMove` with the first that is not."""
    before = (folder / BALANCES_FILE).read_bytes()
    with connection.cursor().copy(sql.SQL(BALANCES)) as copy:
        after = b"".join(bytes(block) for block in copy)
    if before != after:
        lines = zip(before.decode().splitlines(), after.decode().splitlines(), strict=False)
        first = next((f"{was} became {is_now}" for was, is_now in lines if was != is_now), "a line is missing")
        raise CannotMove(f"the balances are not those of the export: {first}. Nothing was changed.")
    return len(before.splitlines()) - 1


def _to_know(manifest: dict[str, Any], fund: Fund) -> Iterator[str]:
    """What is worth a look afterwards."""
    for scheme, was in manifest["schemes"].items():
        if fund.pack(scheme).hash != was:
            yield f"The rules of {scheme} are another version here. Compare packs/ and fund/overlays/ of the export."
    if manifest["persons"]:
        yield "Passwords and second steps did not come along: everybody chooses a new password by its link."
        yield "What waited to be sent (mail, the core) is sent from here: stop the portal it came from."
    else:
        yield "Personal data did not come along: names, numbers, letters and the log of deeds are not those of anybody."
