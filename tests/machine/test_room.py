"""The machine room: what stands, what does not, and what to do; never waiting for what is away."""

from __future__ import annotations

import html
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import Celery
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, update

from config import PUBLIC_GATEWAY_KEY, ROOT, Config
from portal import breaker, clock, db, outbox
from portal.auth.models import FundRoleName
from portal.coverage.setting_aside import CORE
from portal.demo.practice_gateway import PracticeGateway
from portal.embedded import Embedded
from portal.jobs import heartbeat, looking
from portal.jobs.celery_app import TIMETABLE, make_celery
from portal.jobs.models import Heartbeat, JobState
from portal.machine.job_lines import NAMES, due_after
from portal.opening.models import BACKUP, RESTORE, ReadyMark
from portal.outbox import Message
from tests.conftest import Cluster
from tests.factories import make_officer, sign_in

PAGE = "/fund/machine"


@pytest.fixture
def config(app: Flask, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Config:
    changed = replace(app.config["PORTAL"], redis_url=cluster.redis)
    monkeypatch.setitem(app.config, "PORTAL", changed)
    return changed


@pytest.fixture
def change(app: Flask, config: Config, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Config]:
    """Other settings, for the portal and its jobs alike."""

    def changed(**settings: object) -> Config:
        made = replace(config, **settings)  # type: ignore[arg-type]
        monkeypatch.setitem(app.config, "PORTAL", made)
        return made

    return changed


@pytest.fixture
def celery(app: Flask, config: Config, database: str) -> Iterator[Celery]:
    made = make_celery(app, config)
    yield made
    db.on_wake(None)
    made.control.purge()
    made.close()


@pytest.fixture
def administrator(client: FlaskClient, config: Config) -> FlaskClient:
    """The system administrator, signed in."""
    with db.writing() as session:
        account = make_officer(session, FundRoleName.SYSTEM_ADMINISTRATOR)
    sign_in(client, account)
    return client


def room(client: FlaskClient) -> dict[str, str]:
    """Each line by its title, and each job by its name: what the page says of it, its mark last."""
    answer = client.get(PAGE)
    assert answer.status_code == 200
    items = re.findall(r'<li class="govuk-task-list__item">(.*?)</li>', answer.text, re.S)
    rows = re.findall(r'<tr class="govuk-table__row" role="row">\s*<td(.*?)</tr>', answer.text, re.S)
    said = [" ".join(html.unescape(re.sub("<[^>]+>", " ", one)).split()) for one in (*items, *rows)]
    titles = [re.findall(r"<(?:h3|b)[^>]*>(.*?)</", one)[0] for one in (*items, *rows)]
    return {html.unescape(title): text for title, text in zip(titles, said, strict=True)}


def hurt(client: FlaskClient) -> str:
    """The head of the page: what wants somebody now."""
    page = html.unescape(client.get(PAGE).text)
    return " ".join(re.sub("<[^>]+>", " ", page[page.index("<h1") : page.index("Who works")]).split())


def test_what_runs_well_is_in_order_and_the_page_is_for_the_administrator_alone(
    administrator: FlaskClient, celery: Celery
) -> None:
    for what in (heartbeat.WORKER, heartbeat.TIMETABLE):
        heartbeat.beat(what)
    with db.writing() as session:
        for mark in (BACKUP, RESTORE):
            session.add(ReadyMark(name=mark, at=clock.real_now(), account_id=None, facts={"sha256": "x"}))
    for entry in TIMETABLE.values():
        celery.tasks[entry["task"]]()
    assert hurt(administrator) == "The machine room Everything runs."
    found = room(administrator)
    assert "1 worker was heard of" in found["Worker"]
    assert found["Broker"] == "Broker It answers. In order"
    assert "can be read to its end" in found["Backup"]
    assert re.search(r"Code [0-9a-f]{8}, tables \w+; rules: NHIMA [0-9a-f]{8}, NAPSA", found["Version"])
    assert found["The night"].endswith("In order It went well.")
    assert len([1 for job in found.values() if job.endswith("It went well.")]) == len(TIMETABLE)
    with db.writing() as session:
        supervisor = make_officer(session, FundRoleName.SUPERVISOR)
    sign_in(administrator, supervisor)
    assert administrator.get(PAGE).status_code == 403


def test_a_worker_that_is_killed_is_missed(
    administrator: FlaskClient, cluster: Cluster, database: str, tmp_path: Path
) -> None:
    servers = {"DATABASE_URL": database, "OWNER_URL": database, "REDIS_URL": cluster.redis, "VAR_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "celery", "-A", "wsgi:celery", "worker", "-B", "--pool", "solo", "-s"]
    log = tmp_path / "log"
    with log.open("wb") as output:
        worker = subprocess.Popen([*command, str(tmp_path / "timetable")], cwd=ROOT, env={**os.environ, **servers},
                                  stdout=output, stderr=output, start_new_session=True)  # fmt: skip
    until = time.monotonic() + 60
    while time.monotonic() < until and worker.poll() is None:
        found = room(administrator)
        if found["Worker"].endswith("In order") and found["Timetable"].endswith("In order"):
            break
        time.sleep(0.2)
    assert "1 worker was heard of in the last three minutes." in found["Worker"], log.read_text()
    assert "It was heard of" in found["Timetable"]
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(20)
    with db.writing() as session:  # three minutes later
        session.execute(update(Heartbeat).values(at=Heartbeat.at - timedelta(minutes=4)))
        session.execute(update(JobState).values(started_at=JobState.started_at - timedelta(minutes=6),
                                                ended_at=JobState.ended_at - timedelta(minutes=6)))  # fmt: skip
    found = room(administrator)
    assert "Nobody was heard of since" in found["Worker"]
    assert "Start it (celery -A wsgi:celery worker)" in found["Worker"]
    assert found["Timetable"].endswith("Act now")
    assert "Worker · Timetable" in hurt(administrator)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_without_a_broker_the_page_answers_and_says_so(
    administrator: FlaskClient, change: Callable[..., Config], how: signal.Signals
) -> None:
    folder = Path(tempfile.mkdtemp(prefix="portal-broker-"))
    own = Embedded(folder, postgres=False)
    change(redis_url=own.start().redis_url)
    broker = own.pid("valkey-server")
    assert broker is not None
    os.kill(broker, how)
    time.sleep(0.2)
    began = time.monotonic()
    found = room(administrator)
    assert time.monotonic() - began < 2
    assert "no job reaches a worker" in found["Broker"]
    assert found["Broker"].endswith("Act now")
    os.kill(broker, signal.SIGKILL)
    own.stop()
    shutil.rmtree(folder)
    shutil.rmtree(own.sockets, ignore_errors=True)


def test_servers_that_hang_do_not_hold_up_the_page_and_what_a_worker_saw_of_them_is_told(
    administrator: FlaskClient, change: Callable[..., Config]
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        change(
            core_url=f"http://127.0.0.1:{port}",
            smtp_url=f"smtp://127.0.0.1:{port}",
            clamd_url=f"tcp://127.0.0.1:{port}",
        )
        began = time.monotonic()
        found = room(administrator)
        assert time.monotonic() - began < 1
        assert "No worker asked it lately." in found["Mail server"]
    looking.look_around(
        change(core_url="http://127.0.0.1:9", smtp_url="smtp://127.0.0.1:9", clamd_url="tcp://127.0.0.1:9")
    )
    found = room(administrator)
    assert "The core cannot be reached." in found["The core"]
    assert "It could not be reached (ConnectionRefusedError)." in found["Mail server"]
    assert "no file can be uploaded" in found["Virus scanner"]
    assert "The core · Mail server · Virus scanner" in hurt(administrator)


def test_a_gateway_is_asked_with_its_keys_and_an_outage_leads_to_its_page(
    administrator: FlaskClient, change: Callable[..., Config]
) -> None:
    assert "no address is set: employers cannot pay at it." in room(administrator)["Payment gateway"]
    with PracticeGateway("http://127.0.0.1:9/") as gateway:
        config = change(gateway_url=gateway.url, gateway_keys=PUBLIC_GATEWAY_KEY)
        assert "No worker asked it lately." in room(administrator)["Payment gateway"]
        looking.look_around(config)
        assert "It answers." in room(administrator)["Payment gateway"]
        looking.look_around(change(gateway_url=gateway.url, gateway_keys="other:" + 24 * "x"))
        assert room(administrator)["Payment gateway"].endswith("Act now")
        looking.look_around(change(gateway_url=gateway.url, gateway_keys=PUBLIC_GATEWAY_KEY))
    assert "It answers." in room(administrator)["Payment gateway"]
    looking.look_around(config)
    assert room(administrator)["Payment gateway"].endswith("Act now")
    assert "Payment gateway" in hurt(administrator)


def test_a_core_that_is_left_alone_and_messages_set_aside_lead_to_their_pages(
    administrator: FlaskClient, change: Callable[..., Config]
) -> None:
    change(core_url="http://127.0.0.1:9")
    with db.writing() as session:
        for _time in range(breaker.MOST_FAILURES):
            breaker.failed(session, CORE, "The core cannot be reached.", at=clock.real_now())
        for number, topic in enumerate(("core", "mail", "letter", "hook")):
            outbox.put(session, topic, f"m/{number}", {}, at=clock.now() - timedelta(minutes=20 * number))
        session.execute(update(Message).where(Message.topic.in_(("core", "mail"))).values(state="refused"))
    found = room(administrator)
    assert "left alone but for one probe a minute: The core cannot be reached." in found["The core"]
    assert "1 is set aside with its reason" in found["What the core must hear"]
    assert found["Mail that waits"].endswith("Look")  # an address that does not exist is no emergency
    assert "1 waits, since" in found["Letters to be drawn"]
    assert found["Letters to be drawn"].endswith("Look")
    assert found["Messages: hook"].endswith("Act now")  # for more than an hour
    for address in re.findall(r'href="(/fund/[a-z/]+)"', administrator.get(PAGE).text):
        assert administrator.get(address, follow_redirects=True).status_code in (200, 403)


def test_jobs_that_failed_were_killed_or_are_late_say_so(administrator: FlaskClient) -> None:
    now = clock.real_now()
    runs = {
        "sweep": (now - timedelta(minutes=2), now, "OperationalError"),
        "seal_audit": (now - timedelta(minutes=12), None, ""),
        "send_waiting": (now - timedelta(minutes=9), now - timedelta(minutes=9), ""),
        "look_around": (now, None, ""),
    }
    with db.writing() as session:
        for job, (started, ended, problem) in runs.items():
            session.add(JobState(job=job, started_at=started, ended_at=ended, problem=problem))
    found = room(administrator)
    assert "It failed (OperationalError)." in found["Clear away"]
    assert "It began and never ended" in found["Seal the log"]
    assert "It is late." in found["Send what waits"]
    assert "It is running." in found["Look around"]
    assert "never" in found["The night"]


def test_every_job_of_the_timetable_has_its_name() -> None:
    assert {entry["task"].rpartition(".")[2] for entry in TIMETABLE.values()} == set(NAMES)


def test_a_job_is_due_by_the_funds_own_clock() -> None:
    def after(entry: str, *moment: int) -> datetime:
        return due_after(TIMETABLE[entry]["schedule"], datetime(2026, 11, *moment, tzinfo=UTC), "Africa/Lusaka")

    assert after("arrears of the night", 22, 10, 0) == datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
    assert after("arrears of the night", 22, 22, 30, 4) == datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    assert after("what was lost", 22, 21, 20) == datetime(2026, 11, 23, 6, 20, tzinfo=UTC)
    assert after("send what is waiting", 22) == datetime(2026, 11, 22, 0, 0, 10, tzinfo=UTC)


def test_the_page_asks_little_of_the_database_however_much_waits(administrator: FlaskClient) -> None:
    with db.writing() as session:
        outbox.put_many(session, "mail", [(f"m/{number}", {}) for number in range(5000)], at=clock.now())
    asked: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(db.engine(), "before_cursor_execute", listen)
    administrator.get(PAGE)
    assert len(asked) <= 30
