"""
Starts PostgreSQL, the broker, the practice core and gateway, web, worker and timetable; stops them in reverse order.

Every child dies with this process, however it ends.  When one dies by itself, all are stopped,
and a line says which: half a portal would lose nothing, but tell nobody.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import IO

import psycopg
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from config import ROOT, BadSetting, Config, from_environment
from portal import boot, installation, migrate
from portal.boot import any_port, demand_servers, in_time, named_servers_answer, port_is_free
from portal.coverage.core_check import findings
from portal.embedded import Embedded, die_with_parent, writable
from portal.scheme.packfile.tree import PackRefused
from portal.wheels import CannotStart

BIN = Path(sys.prefix) / "bin"
UNTIL_THE_KILLED_ARE_GONE = 25  # seconds; a page that is being made may take ten


class Stop(Exception):
    """Somebody asked the supervisor to end."""


class Supervisor:
    """The children of one portal, in the order they were started."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.embedded = Embedded(config.var, postgres=not config.database_url, broker=not config.redis_url)
        self.children: list[tuple[str, subprocess.Popen[bytes]]] = []
        #: There, and locked, while this one lives.  Left behind and not locked: the last one was killed.
        self.mark = config.var / "running"
        self.marked: IO[str] | None = None
        #: There while the practice fund is being made: half of one is no use to anybody.
        self.unfinished = config.var / "practice-unfinished"

    def start(self) -> None:
        """Start everything and wait until the first page answers."""
        config = self.config
        named_servers_answer(config)
        patience = UNTIL_THE_KILLED_ARE_GONE if self._take_mark() else 0
        if not config.database_url and not in_time(lambda: not self.embedded.running(), patience):
            raise CannotStart(
                f"a command, or what a killed portal left, still works on the data in {config.var}; "
                "start again when it has ended."
            )
        port_is_free(config.bind, config.port, patience)
        servers = self.embedded.start()
        self.config = config = replace(
            config,
            database_url=config.database_url or servers.database_url,
            owner_url=config.owner_url or servers.owner_url,
            redis_url=config.redis_url or servers.redis_url,
        )
        self._migrate()
        if config.practice:
            self._core()
            self._gateway()
        if config.demo != "none" and config.practice:
            self._practice_fund()
        self._spawn("web", *_web(self.config))
        self._spawn("worker", *_celery("worker", "--concurrency", "2"))
        # On its own: the worker's own timetable can outlive a worker that is told to end while it starts.
        self._spawn("timetable", *_celery("beat", "-s", str(config.var / "timetable")))
        self._wait_for_web()

    def _take_mark(self) -> bool:
        """Whether the portal before this one was killed: what it started may still be ending."""
        writable(self.config.var)
        left_behind = self.mark.exists()
        mark = self.mark.open("a")
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            mark.close()
            raise CannotStart(f"the portal already runs on the data in {self.config.var}; stop it first.") from None
        self.marked = mark
        return left_behind

    def _migrate(self) -> None:
        if self.unfinished.exists() and self.embedded.postgres:
            self.embedded.empty()
            self.unfinished.unlink()
        try:
            migrate.upgrade(self.config.owner_url)
        except (DBAPIError, CommandError) as problem:
            why = str(problem.orig if isinstance(problem, DBAPIError) else problem).strip().splitlines()[0]
            whose = " Only its owner may: name it in OWNER_URL." if "permission denied" in why else ""
            raise CannotStart(f"the database could not be brought up to date: {why}.{whose}") from None

    def _core(self) -> None:
        """What answers as the core where none is named: the practice core, or an openIMIS put together here."""
        if self.config.core_url:
            return
        port = any_port()
        if self.config.core == "real":
            print("Starting openIMIS (a few minutes the first time) …", flush=True)
            self._spawn("openimis", sys.executable, "-m", "portal.openimis", "--port", str(port))
            self._wait_for("openimis", f"http://127.0.0.1:{port}/api/api_fhir_r4/", 30 * 60)
        else:
            self._spawn("practice core", *boot.practice_core(self.config, port))
        self.config = replace(self.config, core_url=f"http://127.0.0.1:{port}")

    def _gateway(self) -> None:
        """What answers as the payment gateway where the fund has one and none is named."""
        if self.config.gateway_url or installation.fund().gateway is None:
            return
        port = any_port(self.config.port + 500)  # the same next time: bills keep the address of its page
        self._spawn("practice gateway", *boot.practice_gateway(self.config, port))
        self.config = replace(self.config, gateway_url=f"http://127.0.0.1:{port}")

    def _practice_fund(self) -> None:
        with psycopg.connect(self.config.owner_url) as connection:
            made = connection.execute("SELECT EXISTS (SELECT FROM employer)").fetchone() == (True,)
        if made and self.unfinished.exists():
            raise CannotStart("the practice fund in DATABASE_URL was left half made; start with an empty database.")
        if made:
            return
        self.unfinished.touch()
        done = subprocess.run(
            [str(BIN / "flask"), "practice", "load"],
            env=self._environment(),
            cwd=ROOT,
            check=False,
            preexec_fn=lambda: die_with_parent(signal.SIGKILL),
        )
        if done.returncode:
            raise CannotStart("the practice fund could not be loaded; the lines above say why.")
        self.unfinished.unlink()

    def say_what_the_core_lacks(self) -> None:
        """What an administrator must mend before the core can be told everything."""
        if self.config.core_url:
            for one in findings(self.config, timeout=5):
                if not one.ok:
                    print(f"  The core: {one.words}", flush=True)

    def stay(self) -> None:
        """Watch until asked to stop, or until a child dies by itself."""
        while True:
            for name, child in self.children:
                if child.poll() is not None:
                    raise CannotStart(
                        f"{name} ended by itself (code {child.returncode}); see {self.config.var / 'log'}."
                    )
            dead = self.embedded.died()
            if dead:
                raise CannotStart(f"{dead} ended by itself; see {self.config.var}.")
            time.sleep(0.5)

    def stop(self) -> None:
        """Stop in reverse order: what was accepted is finished, nothing new begins."""
        for _name, child in reversed(self.children):
            if child.poll() is None:
                child.terminate()
        for _name, child in reversed(self.children):
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # what it left behind
        self.embedded.stop()
        if self.marked is not None:
            self.mark.unlink(missing_ok=True)
            self.marked.close()

    def _environment(self) -> dict[str, str]:
        config = self.config
        return {
            **os.environ,
            "FLASK_APP": "wsgi",
            "DATABASE_URL": config.database_url,
            "OWNER_URL": config.owner_url,
            "REDIS_URL": config.redis_url,
            "CORE_URL": config.core_url,
            "GATEWAY_URL": config.gateway_url,
            "PORT": str(config.port),
            "PRACTICE": "yes" if config.practice else "no",
        }

    def _spawn(self, name: str, *command: str) -> None:
        log = self.config.var / "log"
        log.mkdir(parents=True, exist_ok=True)
        with (log / f"{name.replace(' ', '-')}.log").open("ab") as output:
            child = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self._environment(),
                cwd=ROOT,
                process_group=0,
                preexec_fn=lambda: die_with_parent(signal.SIGTERM),
            )
        self.children.append((name, child))

    def _wait_for_web(self) -> None:
        host = "127.0.0.1" if self.config.bind == "0.0.0.0" else self.config.bind  # noqa: S104  # compared only
        self._wait_for("web", f"http://{host}:{self.config.port}/health", 60)

    def _wait_for(self, name: str, address: str, seconds: int) -> None:
        """Until *address* answers; no child may end meanwhile."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for child_name, child in self.children:
                if child.poll() is not None:
                    raise CannotStart(f"{child_name} did not start; see {self.config.var / 'log'}.")
            try:
                urllib.request.urlopen(address, timeout=2).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise CannotStart(f"{name} did not answer within {seconds} seconds; see {self.config.var / 'log'}.")


def run() -> int:
    """Start, say where to look, stay.  The exit code: 0 when asked to stop."""
    supervisor: Supervisor | None = None
    _on_request(_asked)
    try:
        config = from_environment()
        demand_servers(config)
        _fund_is_there(config)
        config = from_environment()  # what was made just now may say more
        installation.use(config.fund_file)
        supervisor = Supervisor(config)
        supervisor.start()
        print(
            f"\n  The portal is ready: {supervisor.config.base_url}\n  Ctrl-C stops it; nothing is lost.\n", flush=True
        )
        supervisor.say_what_the_core_lacks()
        supervisor.stay()
    except Stop:
        print("\nStopping …", flush=True)
        return 0
    except (BadSetting, CannotStart, PackRefused) as problem:
        print(f"portal: {problem}", file=sys.stderr, flush=True)
        return 1
    except OSError as problem:
        print(f"portal: {problem.filename or 'a file or server'}: {problem.strerror or problem}", file=sys.stderr)
        return 1
    finally:
        _on_request(signal.SIG_IGN)
        if supervisor is not None:
            supervisor.stop()
    return 0


def _fund_is_there(config: Config) -> None:
    """An empty fund is made before it is started: with questions where somebody can answer them."""
    if config.demo != "none" or config.fund_file.exists():
        return
    if sys.stdin.isatty():
        environment = {**os.environ, "FLASK_APP": "wsgi"}
        subprocess.run([str(BIN / "flask"), "fund", "create"], env=environment, cwd=ROOT, check=False)
    if not config.fund_file.exists():
        raise CannotStart(f"there is no fund in {config.fund_file}. Type: DEMO=none {BIN / 'flask'} fund create")


def _on_request(answer: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wanted, answer)


def _asked(_number: int, _frame: FrameType | None) -> None:
    _on_request(signal.SIG_IGN)  # the impatient press twice; once is enough
    raise Stop


def _web(config: Config) -> list[str]:
    return [
        *(str(BIN / "gunicorn"), "wsgi:app", "--bind", f"{config.bind}:{config.port}"),
        *("--workers", str(config.web_workers), "--timeout", "120", "--graceful-timeout", "10"),
    ]


def _celery(part: str, *options: str) -> list[str]:
    return [str(BIN / "celery"), "-A", "wsgi:celery", part, "--loglevel", "INFO", *options]
