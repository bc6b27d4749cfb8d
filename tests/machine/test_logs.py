"""One line an event, one reference from the click to the core, and nobody in it."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from celery import Celery
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql
from sqlalchemy import select

from config import ROOT
from portal import clock, db, logs, outbox, trace
from portal.auth.models import EmployerRole
from portal.coverage import sync
from portal.coverage.core_client import Core
from portal.jobs import mail
from portal.jobs.celery_app import make_celery
from portal.outbox import Message
from portal.words import _
from tests.conftest import Cluster
from tests.coverage.conftest import AUGUST, JULY, OCTOBER, SEPTEMBER, Stage
from tests.employers.test_roster_pages import TYPED
from tests.factories import give_mandate, hire, make_account, make_employer, make_person, sign_in

Line = dict[str, Any]


@dataclass
class Written:
    """What the portal wrote since it was set up to write as in production."""

    stream: io.StringIO

    def text(self) -> str:
        return self.stream.getvalue()

    def lines(self, event: str = "") -> list[Line]:
        found = [json.loads(line) for line in self.text().splitlines()]
        return [line for line in found if event in ("", line["event"])]


@pytest.fixture(params=[True])
def written(request: pytest.FixtureRequest) -> Iterator[Written]:
    """The log of a production, or (False) one to be read on a screen; afterwards everything is as it was."""
    names = ["", *logs.LEVELS]
    before = {name: (logging.getLogger(name).handlers, logging.getLogger(name).level) for name in names}
    made = Written(io.StringIO())
    logs.set_up(production=request.param, stream=made.stream)
    yield made
    logging.captureWarnings(False)
    for name, (handlers, level) in before.items():
        logging.getLogger(name).handlers = handlers
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def stage(database: str, _fund: None) -> Stage:
    """An employer whose people are covered."""
    return Stage()


@pytest.fixture
def celery(app: Flask, cluster: Cluster, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Celery]:
    config = replace(app.config["PORTAL"], redis_url=cluster.redis)
    monkeypatch.setitem(app.config, "PORTAL", config)
    made = make_celery(app, config)
    yield made
    db.on_wake(None)
    made.control.purge()
    made.close()


def test_a_request_is_one_line_with_its_rule_and_its_reference(client: FlaskClient, written: Written) -> None:
    with db.writing() as session:
        account = give_mandate(session, employer := make_employer(session))
    sign_in(client, account)
    answer = client.get(f"/employers/{employer.number}/roster/?q=Mulenga")
    [line] = written.lines("request")
    assert line["rule"] == "/employers/<employer_number>/roster/"
    assert (line["method"], line["status"], line["who"]) == ("GET", 200, f"account:{account.id}")
    assert line["reference"] == answer.headers["X-Request-ID"]
    assert 3 < line["statements"] < 40
    assert line["ms"] > 0
    assert employer.number not in written.text()
    client.get("/health")
    assert len(written.lines()) == 1


def test_what_failed_is_found_by_the_reference_on_the_page(
    client: FlaskClient, written: Written, cluster: Cluster
) -> None:
    with db.writing() as session:
        account = give_mandate(session, employer := make_employer(session), EmployerRole.CLERK)
    sign_in(client, account)
    _lose("employment", cluster)
    answer = client.get(f"/employers/{employer.number}/roster/")
    assert answer.status_code == 500
    [line] = [line for line in written.lines() if "failure" in line]
    assert line["reference"] in answer.text
    assert re.fullmatch(r"[0-9A-F]{8}", line["reference"])
    assert (line["failure"], line["sqlstate"]) == ("ProgrammingError", "42P01")
    assert any("portal/employers/" in place for place in line["where"])


def _lose(table: str, cluster: Cluster) -> None:
    """Take a table away, as a migration that went wrong would."""
    with psycopg.connect(cluster.owner.format(name=db.engine().url.database)) as owner:
        owner.execute(
            sql.SQL("ALTER TABLE {} RENAME TO {}").format(sql.Identifier(table), sql.Identifier(f"lost_{table}"))
        )


def test_a_stranger_cannot_name_a_request_and_a_proxy_of_ours_can(
    app: Flask, client: FlaskClient, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = "5f0e6f3a-7f0c-4f51-9a6e-4b1a0c0f9d11"
    assert client.get("/sign-in", headers={"X-Request-ID": theirs}).headers["X-Request-ID"] != theirs
    monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], proxies=1))
    assert client.get("/sign-in", headers={"X-Request-ID": theirs}).headers["X-Request-ID"] == theirs
    for odd in ("Chanda Mulenga", "x" * 65, "short", '{"a": 1}', "12345678\u00e9"):
        given = client.get("/sign-in", headers={"X-Request-ID": odd}).headers["X-Request-ID"]
        assert re.fullmatch(r"[0-9A-F]{8}", given)
    assert [line["reference"] for line in written.lines("request")][1] == theirs


def test_one_click_is_followed_into_its_message_whoever_sends_it(
    client: FlaskClient, celery: Celery, written: Written
) -> None:
    """The wake-up is lost; the timetable's job, under a reference of its own, sends what the click left."""
    db.on_wake(None)
    with db.writing() as session:
        make_account(session, email="who@example.org", password_hash="x")
    click = client.post("/account/forgotten", data={"email": "who@example.org"}).headers["X-Request-ID"]
    trace.follow("SOMEBODY-ELSE")
    client.get("/sign-in")
    celery.tasks["portal.jobs.tasks.send_waiting"]()
    [message] = written.lines("message")
    assert (message["topic"], message["outcome"], message["reference"]) == ("mail", "done", click)
    [job] = written.lines("job")
    assert job["reference"] != click
    assert job["message_mail_done"] == 1
    with db.reading() as session:
        assert session.scalars(select(Message)).one().reference == click


def test_one_click_is_followed_through_the_broker_into_a_real_workers_log(
    client: FlaskClient, celery: Celery, cluster: Cluster, database: str, tmp_path: Path
) -> None:
    servers = {"DATABASE_URL": database, "OWNER_URL": database, "REDIS_URL": cluster.redis, "VAR_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "celery", "-A", "wsgi:celery", "worker", "--pool", "solo", "--without-mingle"]
    with db.writing() as session:
        make_account(session, email="who@example.org", password_hash="x")
    click = client.post("/account/forgotten", data={"email": "who@example.org"}).headers["X-Request-ID"]
    log = tmp_path / "log"
    with log.open("wb") as output:
        worker = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **servers}, stdout=output, stderr=output)
        _until(lambda: f"reference={click}" in log.read_text() and "job=send_waiting" in log.read_text(), worker)
        worker.terminate()
        worker.wait(30)
    ours = [line for line in log.read_text().splitlines() if f"reference={click}" in line]
    assert any("portal.outbox: message" in line and "topic=mail" in line for line in ours)
    assert any("portal.jobs: job" in line and "job=send_waiting" in line for line in ours)
    assert "who@example.org" not in log.read_text()


def _until(there: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while not there() and time.monotonic() < until and process.poll() is None:
        time.sleep(0.1)


class Listening(BaseHTTPRequestHandler):
    """A core that lets nobody in and remembers under which reference it was asked."""

    heard: list[str | None] = []

    def do_POST(self) -> None:
        """Refuse the sign-in."""
        self.heard.append(self.headers.get("X-Request-ID"))
        self.send_response(401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quietly."""


def test_the_core_hears_the_reference_of_the_click_it_is_told_about(stage: Stage, written: Written) -> None:
    stage.add_people(1)
    with trace.under("CLICK-42"):
        stage.pay(JULY, AUGUST, SEPTEMBER, OCTOBER)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    Thread(target=server.serve_forever, args=(0.005,), daemon=True).start()
    with trace.under("A-JOB-OF-THE-NIGHT"):
        assert sync.send_one(Core(f"http://127.0.0.1:{server.server_address[1]}", "portal", "practice"))
    server.shutdown()
    server.server_close()
    assert Listening.heard == ["CLICK-42"]
    [line] = written.lines("core")
    assert (line["outcome"], line["reference"]) == ("401", "CLICK-42")


# -- nobody stands in it ---------------------------------------------------------------

#: Somebody whose every word would be noticed.
SURNAME, FIRST, EMAIL, PHONE = "Kanarienvogel", "Canaria", "canary.bird@example.org", "+260977555123"
NATIONAL, WAGE = "735512/67/1", 7_351_249_00
#: How each could be spelled; a wage in minor units, with and without commas.
FORMS = (
    SURNAME, FIRST, "canary.bird", "canary%2Ebird", "977555123", "977 555 123", "735512", "735 512", "735-512",
    "7351249", "7,351,249", "7 351 249", "735124900",
)  # fmt: skip
FILE = "national_id,surname,first_name,sex,birth_date,category,from_day,basic,gross\n"
ROW = f"{NATIONAL},{SURNAME},{FIRST},F,1990-04-02,Permanent,2025-03-01,7351249.00,7351249.00\n"


def typed(**changes: Any) -> dict[str, Any]:
    """What a clerk types to take the canary on."""
    told = {**TYPED, "national_id": NATIONAL, "surname": SURNAME, "first_name": FIRST, "phone": PHONE, "email": EMAIL}
    return {**told, "pay_basic": "7,351,249.00", "pay_gross": "7,351,249.00", **changes}


@pytest.mark.parametrize("written", [True, False], ids=["production", "on a screen"], indirect=True)
def test_no_page_job_or_failure_writes_who_somebody_is(
    app: Flask, client: FlaskClient, celery: Celery, written: Written, stage: Stage, cluster: Cluster
) -> None:
    with db.writing() as session:
        canary = make_person(session, surname=SURNAME, first_name=FIRST, national_id="735512/67/9", phone=PHONE,
                             email=EMAIL, insurance_number="9735512678")  # fmt: skip
        hire(session, stage.employer, canary, basic=WAGE, gross=WAGE)
        account = give_mandate(
            session, stage.employer, EmployerRole.ADMINISTRATOR, email=EMAIL, name=f"{FIRST} {SURNAME}"
        )
    stage.people.append(canary)
    stage.pay(JULY, AUGUST, SEPTEMBER, OCTOBER)
    base = f"/employers/{stage.employer.number}/roster"
    client.post("/sign-in", data={"email": EMAIL, "password": f"{SURNAME} is my word"})
    client.post("/cover", data={"insurance_number": "9735512678", "birth_date": ["2", "4", "1990"], "code": SURNAME})
    sign_in(client, account)
    pages = [client.get(f"{base}/?q={SURNAME}"), client.post(f"{base}/hire", data=typed())]
    pages += [client.post(f"{base}/hire", data=typed(birth_date=["31", "2", SURNAME]))]
    for content in (FILE + ROW, FILE + ROW.replace("1990-04-02", SURNAME), f"{SURNAME};{NATIONAL}\n"):
        upload = {"file": (io.BytesIO(content.encode()), f"{SURNAME}.csv")}
        pages.append(client.post(f"{base}/import/", data=upload, content_type="multipart/form-data"))
    assert {page.status_code for page in pages} <= {200, 302, 303, 422}
    _jobs_that_fail(app, celery, stage)
    for table in ("wage", "person"):
        _lose(table, cluster)
        assert client.get(f"{base}/?q={SURNAME}").status_code == 500
        assert client.post(f"{base}/hire", data=typed(national_id="735512/68/1")).status_code == 500
    found = [form for form in (*FORMS, "9735512678") if form.casefold() in written.text().casefold()]
    assert found == [], [line for line in written.text().splitlines() if any(form in line for form in found)][:3]
    assert len(written.text().splitlines()) > 15
    assert "ProgrammingError" in written.text()
    assert "again" in written.text()  # the mail


def _jobs_that_fail(app: Flask, celery: Celery, stage: Stage) -> None:
    """Mail a server will not take, an account that cannot be settled, a job that breaks with somebody's name in it."""
    with db.writing() as session:
        outbox.put_mail(session, "m/1", f"{FIRST} <{EMAIL}>, {PHONE}", _("For %(who)s", who=SURNAME), _("Hello"),
                        at=clock.now())  # fmt: skip
        outbox.put(
            session, "settle", f"settle/{SURNAME}", {"who": NATIONAL}, at=clock.now(), employer=stage.employer.id
        )
        outbox.put(session, "letter", f"letter/{SURNAME}", {"letter": 10**30}, at=clock.now())
    with app.app_context():
        mail.send_one(replace(app.config["PORTAL"], smtp_url="smtp://127.0.0.1:9"))
    celery.tasks["portal.jobs.tasks.send_waiting"]()
    with pytest.raises(ValueError, match=SURNAME):
        celery.tasks["portal.jobs.tasks.tell_the_day"](SURNAME)


def test_what_others_log_of_a_failure_is_told_without_its_words(written: Written) -> None:
    try:
        raise ValueError(f"{SURNAME} earns {WAGE}")
    except ValueError as failure:
        theirs = logging.getLogger("celery.app.trace")
        told = {
            "name": "a.job",
            "description": "raised unexpected",
            "exc": repr(failure),
            "traceback": SURNAME,
            "id": 1,
        }
        theirs.error("Task %(name)s[%(id)s] %(description)s: %(exc)s\n%(traceback)s", told, exc_info=True)
        logging.getLogger("gunicorn.error").error("Error: %s", failure)
        logging.getLogger("kombu").error(failure)
    assert [line["event"] for line in written.lines()] == [
        "job a.job raised unexpected",
        "Error: ValueError",
        "ValueError",
    ]
    assert written.lines()[0]["failure"] == "ValueError"
    assert SURNAME not in written.text()


def test_of_others_only_the_first_line_is_kept_and_nothing_belongs_to_a_click_that_is_over(
    client: FlaskClient, written: Written
) -> None:
    client.get("/sign-in")
    logging.getLogger("celery.beat").error("Message Error: %s\n%s", "SchedulingError", f"  who is {SURNAME}")
    line = written.lines()[-1]
    assert (line["event"], line["reference"]) == ("Message Error: SchedulingError", "")


def test_a_line_stays_a_line_whatever_stands_in_it(written: Written) -> None:
    logging.getLogger("portal").warning("a word with\nan end and \x1b[31ma colour")
    assert len(written.text().splitlines()) == 1
