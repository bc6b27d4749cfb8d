"""
The practice fund as it was when it was made, kept as files, and put back in one transaction.

Only the tables' owner may empty the book, and only in practice.  The portal may have become newer since: tables and
columns it got meanwhile begin empty.
"""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
from psycopg import sql

from portal.errors import Refused
from portal.tables import metadata
from portal.words import _

#: Kept across a reset: visits go on, and the clock returns to today by itself.
LEFT_ALONE = {"web_session", "attempt"}
#: The triggers that keep rows from being changed or removed call this function.
REFUSE = "refuse_change"
#: Beside the tables: which columns each of them had.
COLUMNS = "columns.json"


def _tables() -> list[str]:
    return [table.name for table in metadata.sorted_tables if table.name not in LEFT_ALONE]


def _columns(connection: psycopg.Connection, table: str) -> list[str]:
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s "
        "ORDER BY ordinal_position",
        (table,),
    )
    return [row[0] for row in found]


def take(owner_url: str, folder: Path) -> None:
    """Write every table of the practice fund into *folder*, seen as of one moment."""
    folder.mkdir(parents=True, exist_ok=True)
    with psycopg.connect(owner_url) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        columns = {table: _columns(connection, table) for table in _tables()}
        for table in columns:
            with (folder / f"{table}.copy").open("wb") as file, cursor.copy(_copy(table, "TO STDOUT")) as copy:
                for block in copy:
                    file.write(block)
    (folder / COLUMNS).write_text(json.dumps(columns), encoding="utf-8")


def put_back(owner_url: str, folder: Path) -> None:
    """
    Empty every table and fill it as `take` found it; all of it or nothing.

    `Refused` (409) when the files are of a version whose rows do not fit any more.
    """
    try:
        _put_back(owner_url, folder)
    except (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError):
        words = _(
            "The practice fund was made by an older version of the portal and cannot be put back. Stop the portal, "
            "remove its folder var, and start it again."
        )
        raise Refused(words, status=409) from None


def _put_back(owner_url: str, folder: Path) -> None:
    tables = _tables()
    kept = json.loads((folder / COLUMNS).read_text(encoding="utf-8")) if (folder / COLUMNS).exists() else {}
    names = [sql.Identifier(table) for table in tables]
    with psycopg.connect(owner_url) as connection, connection.cursor() as cursor:
        guarded = _guarded(connection)
        for table in guarded:
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
        # web_session points at accounts, which come back with the same numbers.
        cursor.execute("ALTER TABLE web_session DROP CONSTRAINT fk_web_session_account_id")
        cursor.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(sql.SQL(", ").join(names)))
        for table in tables:
            if (folder / f"{table}.copy").exists():
                _fill(cursor, table, folder / f"{table}.copy", kept.get(table))
            _count_on(connection, table)
        cursor.execute("DELETE FROM web_session WHERE account_id NOT IN (SELECT id FROM account)")
        cursor.execute(
            "ALTER TABLE web_session ADD CONSTRAINT fk_web_session_account_id "
            "FOREIGN KEY (account_id) REFERENCES account (id)"
        )
        for table in guarded:
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(table)))


def _fill(cursor: psycopg.Cursor, table: str, path: Path, columns: list[str] | None) -> None:
    with path.open("rb") as file, cursor.copy(_copy(table, "FROM STDIN", columns)) as copy:
        while block := file.read(1 << 16):
            copy.write(block)


def _copy(table: str, way: str, columns: list[str] | None = None) -> sql.Composed:
    named = sql.SQL("({}) ").format(sql.SQL(", ").join(map(sql.Identifier, columns))) if columns else sql.SQL("")
    return sql.SQL("COPY {} {}" + way).format(sql.Identifier(table), named)


def _guarded(connection: psycopg.Connection) -> list[str]:
    found = connection.execute(
        "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "JOIN pg_proc ON pg_proc.oid = tgfoid WHERE proname = %s",
        (REFUSE,),
    )
    return [row[0] for row in found]


def _count_on(connection: psycopg.Connection, table: str) -> None:
    """Numbers of new rows go on after the highest that came back."""
    sequence = (
        connection.execute("SELECT pg_get_serial_sequence(%s, 'id')", (f'"{table}"',))
        if "id" in _columns(connection, table)
        else None
    )
    name = sequence.fetchone() if sequence else None
    if name and name[0]:
        connection.execute(
            sql.SQL("SELECT setval({}, coalesce((SELECT max(id) FROM {}), 0) + 1, false)").format(
                sql.Literal(name[0]), sql.Identifier(table)
            )
        )
