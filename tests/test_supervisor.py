"""One command starts everything, says where to look, and leaves nothing behind, however it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import make_url

from portal.embedded import Embedded
from tests.conftest import Cluster

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Portal:
    """A portal started as a newcomer starts it, in a folder of its own; no practice fund, which takes longer."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[str] | None = None
        self.code: int | None = None

    def start(self, **changes: str) -> str:
        """Start it; what it printed once it was ready or had ended."""
        environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        environment |= {"PORT": str(self.port), "VAR_DIR": str(self.folder), "PRACTICE": "no", **changes}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "portal"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        printed = ""
        for line in self.process.stdout:
            printed += line
            if "Ctrl-C" in line:
                return printed
        self.end(0)
        return printed

    def answers(self) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
            return bool(answer.read() == b"ok\n")

    def end(self, with_signal: int = signal.SIGINT) -> int:
        """Send a signal to the supervisor alone and wait."""
        assert self.process is not None
        if with_signal:
            self.process.send_signal(with_signal)
        code = self.process.wait(40)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.code = code
        return code

    def children(self) -> list[str]:
        """What still runs of this portal."""
        found = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
        return [line for line in found if str(self.folder) in line or f":{self.port}" in line]


@pytest.fixture
def portal() -> Iterator[Portal]:
    folder = Path(tempfile.mkdtemp(prefix="portal-run-"))
    folder.chmod(0o755)
    made = Portal(folder)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.end(signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def gone(portal: Portal) -> bool:
    until = time.monotonic() + 15
    while portal.children() and time.monotonic() < until:
        time.sleep(0.1)
    return not portal.children()


@dataclass(frozen=True)
class Ran:
    """A portal that was started as by a newcomer and stopped: what it said and did, and its folder, database made."""

    portal: Portal
    printed: str
    answered: bool
    code: int
    left_nothing: bool


@pytest.fixture(scope="module")
def ran() -> Iterator[Ran]:
    folder = Path(tempfile.mkdtemp(prefix="portal-ran-"))
    folder.chmod(0o755)
    first = Portal(folder)
    yield Ran(first, first.start(), first.answers(), first.end(), gone(first))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def again(portal: Portal, ran: Ran) -> Portal:
    """A portal that ran before, in a folder of its own: starting it spares making the database."""
    subprocess.run(["cp", "-a", f"{ran.portal.folder}/.", str(portal.folder)], check=True)
    return portal


def test_it_starts_says_where_to_look_and_stops_on_ctrl_c(ran: Ran) -> None:
    assert f"http://localhost:{ran.portal.port}" in ran.printed
    assert ran.answered
    assert ran.code == 0
    assert ran.left_nothing


def test_pressing_ctrl_c_again_and_again_still_stops_in_order(again: Portal) -> None:
    again.start()
    assert again.process is not None
    assert again.process.stdout is not None
    for _press in range(20):
        again.process.send_signal(signal.SIGINT)
        time.sleep(0.005)
    said = again.process.stdout.read()
    assert said.strip() == "Stopping …"
    assert again.end(0) == 0
    assert gone(again)


def test_a_hard_kill_leaves_no_process_and_a_new_start_has_everything(again: Portal) -> None:
    began = time.monotonic()
    again.start()
    usual = time.monotonic() - began
    servers = Embedded(again.folder).servers
    with psycopg.connect(servers.database_url) as connection:
        connection.execute("INSERT INTO series (name, last) VALUES ('kept', 41)")
    again.end(signal.SIGKILL)
    assert gone(again)
    began = time.monotonic()
    assert "ready" in again.start()
    assert again.answers()
    assert time.monotonic() - began < max(10, 2 * usual)  # where the machine is busy, every start takes longer
    with psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT last FROM series WHERE name = 'kept'").fetchone() == (41,)
    again.end()


@pytest.mark.long
def test_who_starts_again_at_once_after_a_hard_kill_need_not_wait_for_what_it_left(again: Portal) -> None:
    for _time in range(3):
        assert "ready" in again.start()
        again.end(signal.SIGKILL)  # and nobody looks whether its children are gone
    assert "ready" in again.start()
    assert again.answers()
    assert again.end() == 0
    assert gone(again)


def test_it_listens_where_bind_says(again: Portal) -> None:
    assert "ready" in again.start(BIND="127.0.0.2")
    with urllib.request.urlopen(f"http://127.0.0.2:{again.port}/healthz", timeout=5) as answer:
        assert answer.read() == b"ok\n"
    again.end()


def test_an_address_that_is_not_of_this_machine_is_one_clear_line(portal: Portal) -> None:
    assert re.fullmatch(
        r"portal: BIND=203\.0\.113\.9 is no address of this machine .+\n", portal.start(BIND="203.0.113.9")
    )


def test_who_is_not_the_databases_owner_is_told_how_to_name_it(portal: Portal) -> None:
    with Embedded(portal.folder) as servers, psycopg.connect(servers.owner_url, autocommit=True) as owner:
        owner.execute("REVOKE CREATE ON SCHEMA public FROM public")
        printed = portal.start(DATABASE_URL=servers.database_url, REDIS_URL=servers.redis_url)
    assert printed.startswith("portal: the database could not be brought up to date: permission denied")
    assert printed.endswith("name it in OWNER_URL.\n")


def test_a_taken_port_is_one_clear_line(portal: Portal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", portal.port))
        taken.listen()
        printed = portal.start()
    assert re.fullmatch(rf"portal: port {portal.port} is taken; choose another: PORT=\d+ make run\n", printed)
    assert not portal.children()


def test_a_broken_setting_is_one_clear_line(portal: Portal) -> None:
    assert portal.start(PORT="eighty") == "portal: PORT must be a number from 1 to 65535, not 'eighty'.\n"


def test_a_mistake_in_the_funds_file_is_named_and_nothing_starts(portal: Portal) -> None:
    broken = portal.folder / "fund.toml"
    broken.write_text((ROOT / "fund.toml").read_text().replace('timezone = "Africa/Lusaka"', "timezone = 1.5"))
    printed = portal.start(FUND_FILE=str(broken))
    assert "timezone" in printed
    assert not portal.children()


@pytest.mark.parametrize(
    ("setting", "address"),
    [
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing"),
        ("REDIS_URL", "redis://127.0.0.1:1/0"),
        ("REDIS_URL", "127.0.0.1"),
    ],
)
def test_a_named_server_that_does_not_answer_is_one_clear_line_and_nothing_starts(
    portal: Portal, setting: str, address: str
) -> None:
    printed = portal.start(**{setting: address})
    assert re.fullmatch(rf"portal: the \w+ of {setting} does not answer: .+\n", printed)
    assert portal.code == 1
    assert not portal.children()


def test_named_servers_are_used_and_none_is_started(portal: Portal, cluster: Cluster, database: str) -> None:
    owner = cluster.owner.format(name=make_url(database).database)
    spelled = database.replace("postgresql://", "postgresql+psycopg://", 1)
    broker = f"{cluster.redis.partition('?')[0]}?db=8"  # no message of another story
    assert "ready" in portal.start(DATABASE_URL=spelled, OWNER_URL=owner, REDIS_URL=broker)
    assert portal.answers()
    until = time.monotonic() + 30
    while not (heard := ready(portal)) and time.monotonic() < until:
        time.sleep(0.2)
    assert heard  # the worker and the timetable
    assert not any((portal.folder / name).exists() for name in ("postgres", "broker"))
    assert portal.end() == 0
    assert gone(portal)


def ready(portal: Portal) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{portal.port}/ready", timeout=5) as answer:
            told = json.load(answer)
    except urllib.error.HTTPError:
        return False
    return bool(told["worker"] and told["timetable"])


def test_in_production_no_server_of_its_own_is_started(portal: Portal) -> None:
    printed = portal.start(PORTAL_ENV="production", SECRET_KEY="x" * 40)
    assert printed == "portal: DATABASE_URL and REDIS_URL must be set when PORTAL_ENV=production.\n"


def test_told_to_end_while_everything_still_starts_it_leaves_nothing(again: Portal) -> None:
    """The worker's processes come a second after the pages answer: the moment most likely to lose one."""
    again.start()
    time.sleep(0.7)
    assert again.end(signal.SIGTERM) == 0
    assert gone(again)


@pytest.mark.long
def test_a_database_half_full_of_practice_is_made_anew(again: Portal) -> None:
    again.start()
    with psycopg.connect(Embedded(again.folder).servers.database_url) as connection:
        connection.execute("INSERT INTO series (name, last) VALUES ('half a fund', 41)")
    again.end()
    (again.folder / "practice-unfinished").touch()
    again.start()
    with psycopg.connect(Embedded(again.folder).servers.database_url) as connection:
        assert connection.execute("SELECT last FROM series WHERE name = 'half a fund'").fetchone() is None
    again.end()


def test_a_second_start_in_the_same_folder_is_refused(again: Portal) -> None:
    again.start()
    second = Portal(again.folder)
    assert "already runs" in second.start()
    assert again.answers()
    again.end()
