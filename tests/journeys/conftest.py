"""
The whole portal as a browser sees it: a real server, a real database, practice core and gateway, a real Chromium.

A small practice fund is made once, as of the last twenty-first, so that amounts and months of the
stories do not depend on the day they are told; before each story everything is put back.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from portal import clock, db
from portal.auth import service as accounts
from portal.demo import fund_maker, snapshot
from portal.demo.characters import CHARACTERS
from portal.demo.practice_core import PracticeCore
from portal.demo.practice_gateway import PracticeGateway
from portal.demo.stories import card_of
from portal.demo.story import Character, OnTime
from portal.installation import fund
from portal.scheme.calendars import Month, month_of
from tests.conftest import Cluster
from tests.journeys.visitor import Visitor

#: Of the one account that signs in by name: the signatory of Kafue Mining.
PASSWORD = "a long walk to Kafue"
ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: Nobody looks at its windows: no graphics processor is played, and no web pages make up its own bars and buttons.
#: (Only the last list of features counts, so those that would slow or redirect a page are named here again.)
QUIETLY = (
    "--disable-gpu", "--in-process-gpu",
    "--disable-features=WebUIReloadButton,WebUIToolbar,WebUIHomeButton,WebUIBackForwardButton,WebUILocationBar,"
    "WebUIPinnedToolbarActions,WebUISplitTabsButton,WebUIOmniboxPopup,WebUIOmniboxAimPopup,InitialWebUISurfaceSync,"
    "HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,PaintHolding,OptimizationHints,MediaRouter,"
    "DestroyProfileOnBrowserClose,PreconnectToSearch,NetworkTimeServiceQuerying,LensOverlay,AimEnabled",
)  # fmt: skip
#: Employers of three people who each earn 5,000.00 basic and paid all these months in time.
MONTHS = {"kafue-mining": 14, "mosi-transport": 6}
FEW = tuple(
    replace(character, people=3, lowest=5000, highest=5000, pays=(OnTime,), turnover=0, months=MONTHS[character.code])
    for character in CHARACTERS
    if character.code in MONTHS
)


@dataclass(frozen=True)
class Live:
    """The running portal: where it answers, its core, the day the stories begin, and how to put it back."""

    url: str
    core: PracticeCore
    day: date
    put_back: Callable[[], None]
    environment: dict[str, str]

    @property
    def month(self) -> Month:
        """The month the stories begin in."""
        return month_of(self.day)

    @staticmethod
    def month_name(month: Month) -> str:
        """A month as pages write it."""
        return month.first_day().strftime("%B %Y")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium.  Without one the journeys are skipped, except where a merge is decided."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and os.environ.get("CI"):
        pytest.fail("There is no Chromium; the journeys must run here. Type: apt-get install chromium")
    if found is None:
        pytest.skip("There is no Chromium. Type `make setup`, or: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = _launch(playwright, found)
        yield chromium
        chromium.close()


def _launch(playwright: Playwright, path: str) -> Browser:
    # Chromium's own sandbox needs a user of its own; the pages it opens here are ours.
    args = [*QUIETLY, "--no-sandbox"] if os.geteuid() == 0 else list(QUIETLY)
    return playwright.chromium.launch(executable_path=path, args=args)


@pytest.fixture(scope="session")
def running(cluster: Cluster, template: str, _fund: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The portal with the small fund in it, from start to stop."""
    with portal_with(FEW, cluster, template, tmp_path_factory.mktemp("var")) as live:
        yield live


@contextmanager
def portal_with(characters: Sequence[Character], cluster: Cluster, template: str, var: Path) -> Iterator[Live]:
    """A running portal in which these employers live, as of the last twenty-first."""
    name = cluster.create(template)
    address, owner = cluster.app.format(name=name), cluster.owner.format(name=name)
    today = clock.today(fund().timezone)
    day = today.replace(day=21) if today.day >= 21 else month_of(today).previous().first_day().replace(day=21)
    _make(address, day, day - today, characters)
    snapshot.take(owner, var / "practice")
    port = any_port()
    with PracticeCore() as core, PracticeGateway(f"http://127.0.0.1:{port}/gateway/call-back") as gateway:
        environment = {
            **os.environ, "DATABASE_URL": address, "OWNER_URL": owner, "REDIS_URL": cluster.redis, "PRACTICE": "yes",
            "VAR_DIR": str(var), "CORE_URL": core.url, "PORT": str(port), "BASE_URL": f"http://127.0.0.1:{port}",
            "GATEWAY_URL": gateway.url,
        }  # fmt: skip
        server = serve(port, environment, var / "web.log")
        yield Live(f"http://127.0.0.1:{port}", core, day, lambda: _put_back(owner, var, core, gateway), environment)
        server.terminate()
        server.wait(20)
    cluster.drop(name)


def _make(address: str, day: date, moved: timedelta, characters: Sequence[Character]) -> None:
    db.bind(address, pool=2)
    with db.writing() as session:
        card = card_of("signatory")
        accounts.add_account(session, card.email, card.who, at=clock.now(), password=PASSWORD)
    fund_maker.make(day, characters)
    with db.writing() as session:
        db.store_offset(session, moved)
    db.engine().dispose()


def _put_back(owner: str, var: Path, core: PracticeCore, gateway: PracticeGateway) -> None:
    snapshot.put_back(owner, var / "practice")
    core.tell("reset")
    gateway.store.reset()
    shutil.rmtree(var / "mail", ignore_errors=True)


def serve(port: int, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--no-control-socket", "--bind", f"127.0.0.1:{port}"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, "--workers", "2", "--preload"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
            return server
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    server.terminate()
    pytest.fail(f"The portal did not start: {log.read_text()[-2000:]}")


def any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def live(browser: Browser, running: Live) -> Live:
    """The running portal, everything as it was made."""
    running.put_back()
    return running


@pytest.fixture
def worker(live: Live, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Starts a worker beside the pages; it stops with the story."""
    started: list[subprocess.Popen[bytes]] = []
    command = [sys.executable, "-m", "celery", "-A", "wsgi:celery", "worker", "--pool", "solo", "--without-mingle"]

    def start() -> None:
        with (tmp_path / "worker.log").open("wb") as log:
            started.append(subprocess.Popen(command, cwd=ROOT, env=live.environment, stdout=log, stderr=log))

    yield start
    for one in started:
        one.terminate()
        one.wait(30)


@pytest.fixture
def visit(live: Live, browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Somebody opens a browser; ``visit("cashier")`` comes in by that card.  All are checked at the end."""
    visitors: list[Visitor] = []

    def begin(card: str = "", *, script: bool = True) -> Visitor:
        visitors.append(Visitor(browser, live.url, script=script))
        return visitors[-1].come_in_as(card) if card else visitors[-1]

    yield begin
    for visitor in visitors:
        visitor.leave()
