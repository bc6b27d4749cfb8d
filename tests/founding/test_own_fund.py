"""
docs/implementing.md, typed as it stands: from `flask fund create` to the first receipt of a fund of one's own.

Commands and files come out of the page; only what a browser would do is told here.
"""

from __future__ import annotations

import html
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from config import from_environment
from portal import cli, db, fund_commands
from portal.ledger.models import Posting
from portal.outbox import Message
from portal.payments.models import Receipt
from tests.conftest import ROOT, Cluster
from tests.funds import serving

PAGE = (ROOT / "docs" / "implementing.md").read_text(encoding="utf-8")
FILES = re.compile(r"^`(own/[\w./-]+)`:\n\n```\w+\n(.*?)^```$", re.M | re.S)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
PASSWORD = "a long walk to Kasama"
#: The employer whose first month it is.
BASE = "/employers/K-17"


class Machine:
    """An empty machine on which the page's commands are typed, in their order."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment, self.link = folder, environment, ""
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
    return Machine(tmp_path, {
        **{name: value for name, value in os.environ.items() if not name.endswith("_URL")},
        "FLASK_APP": str(ROOT / "wsgi.py"), "DEMO": "none", "VAR_DIR": str(tmp_path / "var"), "DATABASE_URL": database,
        "OWNER_URL": owner, "REDIS_URL": cluster.redis, "BASE_URL": "http://localhost",
    })  # fmt: skip


@pytest.fixture
def portal(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The portal of the new fund, as `make run DEMO=none` serves it."""
    from portal.app import create_app

    machine.link = re.search(r"http://localhost(/account/reset/\S+)", machine.type_next("fund create"))[1]
    config = from_environment(machine.environment)
    with serving(config.fund_file):
        app = create_app(replace(config, testing=True))
        app.config["WTF_CSRF_ENABLED"] = False
        cli.register(app, app.config["PORTAL"])
        fund_commands.register(app)
        monkeypatch.chdir(machine.folder)
        machine.app = app
        yield app


def words_of(page: str) -> str:
    """What a reader sees of a page."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


class Person:
    """Somebody with a browser, who opens addresses and presses buttons."""

    def __init__(self, app: Flask, email: str = "") -> None:
        self.client: FlaskClient = app.test_client()
        self.at, self.page = "", ""
        if email:
            self.opens("/sign-in").presses("Sign in", email=email, password=PASSWORD)

    @property
    def text(self) -> str:
        """What stands on the page."""
        return words_of(self.page)

    def opens(self, address: str, *words: str) -> Person:
        """A page, on which these words stand."""
        return self._on(self.client.get(address, follow_redirects=True), words)

    def presses(self, button: str, *words: str, **fields: object) -> Person:
        """The form with this button, what stands in it, and what is typed; then the page with these words."""
        forms = re.findall(r"<form\b([^>]*)>(.*?)</form>", self.page, re.S)
        found = [(head, body) for head, body in forms if button in words_of(body)]
        assert found, (button, self.text)
        head, body = found[0]
        there = {
            one[1]: html.unescape(value[1]) if (value := re.search(r'\bvalue="([^"]*)"', tag)) else ""
            for tag in re.findall(r"<input\b[^>]*>", body)
            if (one := re.search(r'\bname="([^"]*)"', tag))
            and ("checked" in tag or not re.search(r'type="(radio|checkbox|file|submit)"', tag))
        }
        action = re.search(r'\baction="([^"]*)"', head)
        address = html.unescape(action[1]) if action else self.at
        if 'method="post"' in head:
            return self._on(self.client.post(address, data={**there, **fields}, follow_redirects=True), words)
        return self._on(self.client.get(address, query_string={**there, **fields}, follow_redirects=True), words)

    def _on(self, answer: TestResponse, words: tuple[str, ...]) -> Person:
        self.at, self.page = answer.request.path, answer.text
        assert answer.status_code == 200, (self.at, answer.status_code, self.text)
        assert [one for one in words if one not in self.text] == [], self.text
        return self


def invited(app: Flask, email: str, name: str) -> Person:
    """Whoever got the mail opens its link, and has an account."""
    with db.reading() as session:
        mails = session.scalars(select(Message).where(Message.topic == "mail").order_by(Message.id.desc())).all()
    text = next(str(one.payload) for one in mails if email in str(one.payload))
    link = re.search(r"/invitations/[\w-]+", text)[0]
    return Person(app).opens(link).presses("Make the account", name=name, password=PASSWORD)


def test_the_page_leads_from_an_empty_machine_to_the_first_receipt(machine: Machine, portal: Flask) -> None:
    staff_comes(machine, portal)
    books_come(machine, portal)
    owner = employer_comes(machine, portal)
    first_receipt(portal, owner, first_month(machine, owner))
    told = machine.type_next("fund export")
    assert "without personal data" in told
    assert (machine.folder / "own" / "export" / "balances.csv").is_file()
    assert machine.commands == []  # every command of the page was typed


def staff_comes(machine: Machine, app: Flask) -> None:
    Person(app).opens(machine.link).presses("password", password=PASSWORD)
    machine.type_next("clock set")
    assert "The fund is not for practice" in machine.type_next("fund ready", code=1)
    Person(app, "ruth@chambeshi.example").opens("/fund/ready", "5 September 2026", "NHIMA: every value is decided")
    for name in ("grace", "moses", "esther", "john"):
        machine.type_next("fund staff")
        invited(app, f"{name}@chambeshi.example", name.capitalize()).opens("/fund/", "Chambeshi")


def books_come(machine: Machine, app: Flask) -> None:
    assert "2 to add" in machine.type_next("fund import-employers")
    assert "2 employers were added" in machine.type_next("fund import-employers")
    assert "2 rows about 1 employers" in machine.type_next("fund import-balances")
    asked = re.search(r"/fund/approvals/\S+", machine.type_next("fund import-balances"))[0]
    Person(app, "esther@chambeshi.example").opens(asked, "ZMW 1,375.00", "ZMW 30.00").presses("Approve", "approved")
    with db.reading() as session:
        assert sum(session.scalars(select(Posting.amount).where(Posting.account == "contribution_due"))) == 1250_00


def employer_comes(machine: Machine, app: Flask) -> Person:
    assert "nobody invited yet" in machine.type_next("fund invite-employers")
    assert "2 of 2 employers are invited" in machine.type_next("fund invite-employers")
    return invited(app, "owner@kasama-bakers.example", "Thandiwe Banda").opens(f"{BASE}/", "Kasama Bakers Limited")


def first_month(machine: Machine, owner: Person) -> str:
    """People from the file, August from the roster, a bill; gives its reference."""
    people = (io.BytesIO((machine.folder / "own" / "people.csv").read_bytes()), "people.csv")
    owner.opens(f"{BASE}/roster/import/").presses("Look at the file", "Nothing is done yet.", file=people)
    owner.presses("Make these changes", "The file was imported")
    owner.opens(f"{BASE}/payrolls/start/2026-08").presses("from the roster", "ZMW 180.00", "ZMW 900.00")
    owner.opens(f"{owner.at.removesuffix('/check')}/check").presses("Submit", "10 September 2026", confirm="yes")
    owner.opens(f"{BASE}/account/", "You owe ZMW 180.00").presses("Get the bill", "ZMW 180.00")
    return re.search(r"RF\d\d(?: [A-Z0-9]{1,4}\b)+", owner.text)[0]


def first_receipt(app: Flask, owner: Person, reference: str) -> None:
    john = Person(app, "john@chambeshi.example").opens("/fund/payments/")
    john.presses("Find the employer", "Kasama Bakers", find=reference)
    john.presses("Check before recording", amount="180.00", method="bank", bank_reference="PB7")
    john.presses("Record ZMW 180.00", "Payment recorded")
    with db.reading() as session:
        receipt = session.scalars(select(Receipt)).one()
    assert receipt.number == "R-2026-000001"
    owner.opens(f"{BASE}/account/receipts/", receipt.number)
    assert owner.client.get(f"{BASE}/account/receipts/{receipt.public_id}.pdf").data.startswith(b"%PDF")
