"""PostgreSQL for all runs, with real writes; killed and started again on the same files."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from portal import migrate
from portal.embedded import APP, DATABASE, OWNER, Embedded
from portal.wheels import CannotStart

#: Seconds for a program to come up.
PATIENCE = 90


class Server:
    """PostgreSQL with real writes, and a database with all migrations to copy for each run."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="portal-chaos-"))
        self.folder.chmod(0o755)
        self.embedded = Embedded(self.folder / "server", broker=False)
        migrate.upgrade(self.embedded.start().owner_url)
        self.made = 0

    def address(self, database: str, role: str) -> str:
        """Where *role* reaches a database."""
        return f"postgresql://{role}@/{database}?host={self.embedded.sockets}"

    def admin(self) -> psycopg.Connection[Any]:
        """A connection of the server's administrator."""
        return psycopg.connect(host=str(self.embedded.sockets), user="postgres", dbname="postgres", autocommit=True)

    def database(self, settings: Sequence[tuple[str, str]]) -> str:
        """A new database, with PostgreSQL set as a run wants it."""
        self.made += 1
        name = f"chaos_{self.made}"
        with self.admin() as connection:
            for setting in ("synchronous_commit", "wal_writer_delay"):
                connection.execute(f"ALTER SYSTEM RESET {setting}")
            for setting, value in settings:
                connection.execute(f"ALTER SYSTEM SET {setting} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {DATABASE}")
        return name

    def keep(self) -> None:
        """What was stored so far outlives whatever a run does to the server."""
        with self.admin() as connection:
            connection.execute("CHECKPOINT")

    def kill(self) -> None:
        """``kill -9`` of the postmaster, and a new one on the same files: PostgreSQL itself says when it may start."""
        if number := self.embedded.pid("postgres"):
            os.killpg(number, signal.SIGKILL)
            while not self.embedded.died():  # which also buries it: a dead one that has its number looks alive
                time.sleep(0.01)
        until = time.monotonic() + PATIENCE
        while True:
            self.embedded = Embedded(self.folder / "server", broker=False)
            try:
                self.embedded.start()
                return
            except (CannotStart, psycopg.Error):
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def backends(self, database: str) -> list[int]:
        """The processes that serve a run's programs."""
        with self.admin() as connection:
            asked = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND usename = %s"
            return [row[0] for row in connection.execute(asked, (database, APP))]

    def terminate(self, backend: int) -> None:
        """End one of them the way an administrator does."""
        with self.admin() as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", (backend,))

    def stop(self) -> None:
        """Stop, and leave nothing behind."""
        self.embedded.stop()
        for folder in (self.folder, self.embedded.sockets, self.embedded.outside):
            shutil.rmtree(folder, ignore_errors=True)
