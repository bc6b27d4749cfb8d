"""
A test openIMIS: its published packages, unmodified, as a process of its own that answers over HTTP.

Packages lie in an environment of their own, its database on an embedded PostgreSQL under ``var/core``, or in
CORE_DATABASE_URL.  What our side of it is stands in ``core/``; nothing of openIMIS is imported by the portal.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from config import Config
from portal import installation
from portal.boot import any_port
from portal.coverage.core_check import RIGHTS
from portal.embedded import Embedded, die_with_parent
from portal.openimis.packages import PINS, PROJECT, PYTHON, install
from portal.scheme.institution import Location
from portal.wheels import CannotStart

#: Its role and its database on an embedded server, and the database new ones are copied from.
NAME, SEEDED = "openimis", "openimis_seeded"
#: Who may do everything in it.  The portal's own account is named in the portal's settings.
ADMINISTRATOR = {"Admin": "practice-admin"}
#: What a database notes of its rows when they are made, and whether it has tables.
NOTED = SQL("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()")
MADE = SQL("SELECT to_regclass('\"tblLocations\"')::text")
PATIENCE = 90  # seconds until it answers; five on a machine that has nothing else to do


class OpenImis:
    """
    One test openIMIS with its data under *var*; `start` and `stop`, or a with-statement that gives its address.

    *fresh*: on a new database, removed at the end.  *settings* are environment variables of an openIMIS (MODE=PROD).
    """

    def __init__(self, config: Config, port: int = 0, *, fresh: bool = False, **settings: str) -> None:
        self.config, self.port, self.fresh = config, port or any_port(), fresh
        self.var = config.var / "core"
        self.database = f"{NAME}_{os.getpid()}" if fresh else NAME
        self.settings = settings
        self.servers = Embedded(self.var, broker=False, durable=not fresh)
        self.child: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> str:
        """Put together what is missing and wait until it answers; its address."""
        install()
        self._database()
        log = self.var / "openimis.log"
        command = [str(PYTHON), "-m", "waitress", f"--listen=127.0.0.1:{self.port}"]
        with log.open("ab") as output:
            self.child = subprocess.Popen(
                [*command, "--threads=4", "--channel-timeout=300", "openIMIS.wsgi:application"],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=PROJECT,
                env=self.environment(self.database),
                preexec_fn=lambda: die_with_parent(signal.SIGKILL),
            )
        self._wait(log)
        return self.url

    def stop(self) -> None:
        """Stop it, then its database."""
        if self.child is not None:
            self.child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(10)
            self.child.kill()
            self.child.wait()
        if self.fresh and self.child is not None:
            self._as_postgres(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(self.database)))
        self.servers.stop()

    def died(self) -> bool:
        """Whether it, or its database, ended by itself."""
        return (self.child is not None and self.child.poll() is not None) or self.servers.died() is not None

    def __enter__(self) -> str:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _wait(self, log: Path) -> None:
        until = time.monotonic() + PATIENCE
        while not answers(self.url):
            if self.died() or time.monotonic() > until:
                raise CannotStart(f"openIMIS did not start; see {log}.")
            time.sleep(0.2)

    # -- its database ----------------------------------------------------------------

    def _database(self) -> None:
        if self.config.core_database_url:
            self._fill(self.database, self.config.core_database_url)
            return
        if not self.servers.running():
            self.servers.start()
        elif not self.fresh:
            raise CannotStart(f"an openIMIS already runs on the data in {self.var}; stop it, or name it in CORE_URL.")
        if not self._as_postgres(SQL("SELECT 1 FROM pg_roles WHERE rolname = {}").format(Literal(NAME))):
            self._as_postgres(SQL("CREATE ROLE {} LOGIN").format(Identifier(NAME)))
        self._seeded()
        if not self._exists(self.database):
            self._make(self.database, SEEDED)
            self._note(self._dsn(self.database))
        self._fill(self.database)

    def _seeded(self) -> None:
        """The database that others are copied from; made anew when packages or rows have changed."""
        if self._exists(SEEDED) and self._says(self._dsn(SEEDED), NOTED) == self._digest():
            return
        self._as_postgres(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(SEEDED)))
        self._make(SEEDED, "template1")
        self._fill(SEEDED)

    def _fill(self, database: str, address: str = "") -> None:
        """Tables and rows, unless the database says that it has them."""
        address = address or self._dsn(database)
        if self._says(address, NOTED) == self._digest():
            return
        print("Making openIMIS's tables and first rows …", flush=True)
        if not self._says(address, MADE):
            self._manage(database, "manage.py", "migrate", "--run-syncdb")
        self._manage(database, "seed.py", told=json.dumps(self.rows()))
        self._note(address)

    def _note(self, address: str) -> None:
        """Have a database say which rows it has."""
        comment = SQL("COMMENT ON DATABASE {} IS {}")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(comment.format(Identifier(connection.info.dbname), Literal(self._digest())))

    def _says(self, address: str, question: SQL) -> str:
        """A text that a database answers; empty when it has none."""
        try:
            with psycopg.connect(address) as connection:
                row = connection.execute(question).fetchone()
        except psycopg.Error as problem:
            raise CannotStart(f"the database of openIMIS does not answer: {str(problem).splitlines()[0]}") from None
        return str(row[0] or "") if row else ""

    def _exists(self, database: str) -> bool:
        return bool(self._as_postgres(SQL("SELECT 1 FROM pg_database WHERE datname = {}").format(Literal(database))))

    def _make(self, database: str, template: str) -> None:
        made = SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
        self._as_postgres(made.format(Identifier(database), Identifier(NAME), Identifier(template)))

    def _as_postgres(self, statement: Any) -> list[tuple[Any, ...]]:
        host = str(self.servers.sockets)
        with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as connection:
            done = connection.execute(statement)
            return done.fetchall() if done.description else []

    def _dsn(self, database: str) -> str:
        return f"host={self.servers.sockets} user={NAME} dbname={database}"

    def rows(self) -> dict[str, Any]:
        """What `core/seed.py` makes: the fund's products and places, the portal's account and an administrator."""
        fund, config = installation.fund(), self.config
        account = {"password": config.core_password, "rights": sorted(RIGHTS)}
        administrators = {name: {"password": password, "rights": "all"} for name, password in ADMINISTRATOR.items()}
        return {
            "products": {code: f"{code} ({fund.short_name})" for code in sorted(set(fund.products.values()))},
            "places": _places(fund.locations),
            "users": {**administrators, config.core_user: account},
        }

    def _digest(self) -> str:
        """Changes when packages, our side of them or the rows do."""
        parts = [PINS.read_bytes(), (PROJECT / "seed.py").read_bytes(), json.dumps(self.rows()).encode()]
        return hashlib.sha256(b"".join(parts)).hexdigest()[:16]

    # -- its commands ----------------------------------------------------------------

    def _manage(self, database: str, *command: str, told: str = "") -> None:
        done = subprocess.run(
            [str(PYTHON), *command],
            cwd=PROJECT,
            env=self.environment(database),
            input=told.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            print(done.stdout.decode(errors="replace")[-2000:], file=sys.stderr)
            raise CannotStart(f"{command[0]} of openIMIS did not end well; the lines above say why.")

    def environment(self, database: str) -> dict[str, str]:
        """All its processes may know of this machine."""
        named = _parts(self.config.core_database_url) if self.config.core_database_url else None
        own = {"DB_HOST": str(self.servers.sockets), "DB_USER": NAME, "DB_NAME": database}
        return {
            "PATH": os.defpath,
            "HOME": str(self.var),
            "USER_AGENT_CSRF_BYPASS": self.config.core_agent,
            "TZ": installation.fund().timezone,
            **(named or own),
            **self.settings,
        }


def answers(url: str) -> bool:
    """Whether an openIMIS answers at *url*."""
    try:
        urllib.request.urlopen(f"{url}/api/api_fhir_r4/", timeout=5).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


def _places(locations: Sequence[Location]) -> list[dict[str, Any]]:
    return [{"code": one.code, "name": one.name, "places": _places(one.places)} for one in locations]


def _parts(address: str) -> Mapping[str, str]:
    """A database's address as openIMIS takes it."""
    parts = urlsplit(address)
    found = {
        "DB_HOST": parts.hostname, "DB_PORT": str(parts.port or ""), "DB_USER": parts.username,
        "DB_PASSWORD": parts.password, "DB_NAME": parts.path.lstrip("/"),
    }  # fmt: skip
    return {name: unquote(value or "") for name, value in found.items()}
