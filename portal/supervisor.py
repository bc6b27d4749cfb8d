"""
Starts PostgreSQL, the broker, the practice core, web, worker and timetable; stops them in reverse order.

Every child dies with this process, however it ends.  When one dies by itself, all are stopped,
and a line says which: half a portal would lose nothing, but tell nobody.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path
from types import FrameType

from config import ROOT, BadSetting, Config, from_environment
from portal import migrate
from portal.embedded import Embedded, die_with_parent
from portal.scheme.fund import load_fund
from portal.scheme.reading import PackRefused
from portal.wheels import CannotStart

BIN = Path(sys.prefix) / "bin"


class Stop(Exception):
    """Somebody asked the supervisor to end."""


class Supervisor:
    """The children of one portal, in the order they were started."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.embedded = Embedded(config.var, postgres=not config.database_url, broker=not config.redis_url)
        self.children: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self) -> None:
        """Start everything and wait until the first page answers."""
        config = self.config
        _free(config.port)
        if not config.database_url and self.embedded.running():
            raise CannotStart(f"the portal already runs from this folder ({ROOT}); stop it first.")
        servers = self.embedded.start()
        self.config = config = replace(
            config,
            database_url=config.database_url or servers.database_url,
            owner_url=config.owner_url or servers.owner_url,
            redis_url=config.redis_url or servers.redis_url,
        )
        migrate.upgrade(config.owner_url)
        if config.practice:
            self._practice()
        self._spawn("web", *_web(config))
        self._spawn("worker", *_worker(config))
        self._wait_for_web()

    def _practice(self) -> None:
        if not self.config.core_url:
            port = _any_port()
            products = sorted(set(load_fund(self.config.fund_file).products.values()))
            command = [sys.executable, "-m", "portal.demo.practice_core", "--port", str(port)]
            command += ["--store", str(self.config.var / "practice-core.sqlite")]
            self._spawn("practice core", *command, *(part for product in products for part in ("--product", product)))
            self.config = replace(self.config, core_url=f"http://127.0.0.1:{port}")
        done = subprocess.run([str(BIN / "flask"), "practice", "load"], env=self._environment(), cwd=ROOT, check=False)
        if done.returncode:
            raise CannotStart("the practice fund could not be loaded; the lines above say why.")

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
        self.embedded.stop()

    def _environment(self) -> dict[str, str]:
        config = self.config
        return {
            **os.environ,
            "FLASK_APP": "wsgi",
            "DATABASE_URL": config.database_url,
            "OWNER_URL": config.owner_url,
            "REDIS_URL": config.redis_url,
            "CORE_URL": config.core_url,
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
        until = time.monotonic() + 60
        while time.monotonic() < until:
            for name, child in self.children:
                if child.poll() is not None:
                    raise CannotStart(f"{name} did not start; see {self.config.var / 'log'}.")
            try:
                urllib.request.urlopen(
                    f"http://127.0.0.1:{self.config.port}/healthz", timeout=2
                ).close()  # our own address
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise CannotStart(f"the pages did not answer within a minute; see {self.config.var / 'log'}.")


def run() -> int:
    """Start, say where to look, stay.  The exit code: 0 when asked to stop."""
    supervisor: Supervisor | None = None
    for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wanted, _asked)
    try:
        config = from_environment()
        load_fund(config.fund_file)
        supervisor = Supervisor(config)
        supervisor.start()
        print(
            f"\n  The portal is ready: {supervisor.config.base_url}\n  Ctrl-C stops it; nothing is lost.\n", flush=True
        )
        supervisor.stay()
    except Stop:
        print("\nStopping …", flush=True)
        return 0
    except (BadSetting, CannotStart, PackRefused, OSError) as problem:
        print(f"portal: {problem}", file=sys.stderr, flush=True)
        return 1
    finally:
        for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(wanted, signal.SIG_IGN)
        if supervisor is not None:
            supervisor.stop()
    return 0


def _asked(_number: int, _frame: FrameType | None) -> None:
    raise Stop


def _web(config: Config) -> list[str]:
    bind = os.environ.get("BIND", "127.0.0.1")
    workers = os.environ.get("WEB_WORKERS", "2")
    return [
        *(str(BIN / "gunicorn"), "wsgi:app", "--no-control-socket", "--bind", f"{bind}:{config.port}"),
        *("--workers", workers, "--timeout", "120", "--graceful-timeout", "10", "--preload"),
    ]


def _worker(config: Config) -> list[str]:
    return [
        *(str(BIN / "celery"), "-A", "wsgi:celery", "worker", "-B", "--concurrency", "2", "--loglevel", "INFO"),
        *("-s", str(config.var / "timetable")),
    ]


def _free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CannotStart(f"port {port} is taken; choose another: PORT={port + 1} make run") from None


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
