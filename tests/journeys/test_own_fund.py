"""
docs/implementing.md, followed as it stands: from `flask fund create` to the first receipt of a fund of one's own.

Commands and files come out of the page; what it tells of pages is done in a browser, on the server `make run DEMO=none`
would start, and the mails are read where the page says they are.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import select

from config import from_environment
from portal import cli, db, fund_commands
from portal.ledger.models import Posting
from tests.conftest import ROOT, Cluster
from tests.funds import serving
from tests.journeys.conftest import any_port, serve
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

PAGE = (ROOT / "docs" / "implementing.md").read_text(encoding="utf-8")
FILES = re.compile(r"^`(own/[\w./-]+)`:\n\n```\w+\n(.*?)^```$", re.M | re.S)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
PASSWORD = "a long walk to Kasama"


class Machine:
    """An empty machine on which the page's commands are typed, in their order."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.app: Flask | None = None
        lines = [line for block in COMMANDS.findall(PAGE) for line in block.splitlines()]
        self.commands = [line for line in lines if line.startswith(".venv/bin/flask ")]
        (folder / ".venv").mkdir()
        (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
        for name, content in FILES.findall(PAGE):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    def type_next(self, begins: str, *, code: int = 0) -> str:
        """The next command of the page, which has to be this one; what it answers."""
        line = self.commands.pop(0)
        assert line.startswith(f".venv/bin/flask {begins}"), line
        words = shlex.split(line)
        if self.app is None:  # there is no fund yet to serve
            done = subprocess.run(
                words, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == code, done.stderr
            return done.stdout
        with self.app.app_context():
            found = self.app.test_cli_runner().invoke(args=words[1:])
        assert found.exit_code == code, found.output
        return found.output


@pytest.fixture
def machine(cluster: Cluster, database: str, tmp_path: Path) -> Machine:
    """A folder and an empty database; the settings are those of the page, with the servers of the tests."""
    owner = cluster.owner.format(name=re.split(r"[/?]", database.rpartition("@")[2])[1])
    port = str(any_port())
    return Machine(tmp_path, {
        **{name: value for name, value in os.environ.items() if not name.endswith("_URL")},
        "FLASK_APP": str(ROOT / "wsgi.py"), "DEMO": "none", "VAR_DIR": str(tmp_path / "var"), "DATABASE_URL": database,
        "OWNER_URL": owner, "REDIS_URL": cluster.redis, "PORT": port, "BASE_URL": f"http://127.0.0.1:{port}",
    })  # fmt: skip


@pytest.fixture
def first_link(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The link of the first administrator of a fund that was made and is served; further commands know of it."""
    from portal.app import create_app

    link = re.search(r"http://127.0.0.1:\d+(/account/reset/\S+)", machine.type_next("fund create"))
    assert link
    config = from_environment(machine.environment)
    server = serve(config.port, machine.environment, machine.folder / "web.log")
    with serving(config.fund_file):
        machine.app = create_app(replace(config, testing=True))
        cli.register(machine.app, config)
        fund_commands.register(machine.app)
        monkeypatch.chdir(machine.folder)
        yield link[1]
    server.terminate()
    server.wait(20)


@pytest.fixture
def somebody(machine: Machine, browser: Browser) -> Iterator[Callable[[], Visitor]]:
    """Somebody opens a browser."""
    opened: list[Visitor] = []

    def begin() -> Visitor:
        opened.append(Visitor(browser, machine.environment["BASE_URL"]))
        return opened[-1]

    yield begin
    for one in opened:
        one.leave()


def invited(visitor: Visitor, email: str, name: str) -> Visitor:
    """Whoever got the mail opens its link, and has an account."""
    mail = visitor.open("/practice/mail").page.locator("article").filter(has_text=email)
    visitor.follow("Open the link", within=mail.first).fill(name=name, password=PASSWORD)
    return visitor.press("Make the account")


def test_the_page_leads_from_an_empty_machine_to_the_first_receipt(
    machine: Machine, first_link: str, somebody: Callable[[], Visitor]
) -> None:
    ruth = somebody().open(first_link).fill(password=PASSWORD).press("Use this password")
    practice = somebody()
    staff_comes(machine, ruth, practice)
    _grace, _moses, esther, john = (
        invited(somebody(), f"{name.lower()}@chambeshi.example", name).sees("What matters now")
        for name in ("Grace", "Moses", "Esther", "John")
    )
    books_come(machine, esther)
    owner = employer_comes(machine, practice, somebody())
    first_receipt(john, owner, first_month(machine, owner))
    assert "without personal data" in machine.type_next("fund export")
    assert (machine.folder / "own" / "export" / "balances.csv").is_file()
    assert machine.commands == []  # every command of the page was typed


def staff_comes(machine: Machine, ruth: Visitor, practice: Visitor) -> None:
    """Ruth comes in and reads what is missing; four colleagues are written to."""
    machine.type_next("clock set")
    assert "The fund is not for practice" in machine.type_next("fund ready", code=1)
    ruth.open("/sign-in").fill(email="ruth@chambeshi.example", password=PASSWORD).press("Sign in")
    assert "5 September 2026" in ruth.page.locator("body").inner_text()
    ruth.more().follow("Ready?").sees("NHIMA: every value is decided")
    for _colleague in range(4):
        machine.type_next("fund staff")
    practice.night()


def books_come(machine: Machine, supervisor: Visitor) -> None:
    """The employers of the old register, and what they owe, after a second person agreed."""
    assert "2 to add" in machine.type_next("fund import-employers")
    assert "2 employers were added" in machine.type_next("fund import-employers")
    assert "2 rows about 1 employers" in machine.type_next("fund import-balances")
    asked = re.search(r"/fund/approvals/\S+", machine.type_next("fund import-balances"))
    assert asked
    supervisor.open(asked[0]).sees("ZMW 1,375.00", "ZMW 30.00").press("Approve").sees("approved")
    with db.reading() as session:
        assert sum(session.scalars(select(Posting.amount).where(Posting.account == "contribution_due"))) == 1250_00


def employer_comes(machine: Machine, practice: Visitor, owner: Visitor) -> Visitor:
    """The owner of Kasama Bakers is written to, and comes in."""
    assert "nobody invited yet" in machine.type_next("fund invite-employers")
    assert "2 of 2 employers are invited" in machine.type_next("fund invite-employers")
    practice.night()
    return invited(owner, "owner@kasama-bakers.example", "Thandiwe Banda").sees("Kasama Bakers Limited").open("/")


def first_month(machine: Machine, owner: Visitor) -> str:
    """People from the file, August from the roster, a bill; gives its reference."""
    people = (machine.folder / "own" / "people.csv").read_bytes()
    owner.follow("People").follow("Import a file").attach("file", "people.csv", people, "text/csv")
    owner.press("Look at the file").sees("Nothing is done yet.").press("Make these changes").sees("was imported")
    owner.follow("Payroll").press("Start August 2026 from the roster").sees("ZMW 180.00", "ZMW 900.00")
    owner.tick_all().press("Submit").sees("10 September 2026")
    owner.follow("Account").sees("You owe", "ZMW 180.00").press("Get the bill").sees("ZMW 180.00")
    reference = re.search(r"RF\d\d(?: [A-Z0-9]{1,4}\b)+", owner.text)
    assert reference
    return reference[0]


def first_receipt(cashier: Visitor, owner: Visitor, reference: str) -> None:
    """The cashier records what the bank says; the employer finds the receipt, and anybody may check it."""
    cashier.follow("Payments").fill(find=reference).press("Find the employer").sees("Kasama Bakers")
    cashier.fill(amount="180.00", method="bank", bank_reference="PB7").press("Check before recording")
    cashier.press("Record ZMW 180.00").sees("Payment recorded", "R-2026-000001")
    owner.follow("Account").follow("Receipts").follow("R-2026-000001").sees("ZMW 180.00")
    assert owner.download("Download the receipt").startswith(b"%PDF")
    owner.follow("Check it").sees("is genuine")
