"""What machines ask: is the process there, can it work, and the figures.  Servers are really stopped."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from celery import Celery
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text, update

from config import ROOT, Config
from portal import clock, db, outbox
from portal.auth.models import FundRoleName
from portal.embedded import Embedded
from portal.jobs import heartbeat
from portal.jobs.celery_app import make_celery
from portal.jobs.models import Heartbeat, JobState
from portal.machine import looks, probes
from tests.conftest import Cluster
from tests.factories import make_employer, make_officer, sign_in

TOKEN = "a-word-that-only-the-monitor-knows"
NAMES = {"ready", "database", "migration", "broker", "disk", "worker", "timetable"}


@pytest.fixture(autouse=True)
def _look_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "GOOD_FOR", 0.0)


@pytest.fixture
def config(app: Flask, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The settings of a portal with a broker and a word for its monitor."""
    changed = replace(app.config["PORTAL"], redis_url=cluster.redis, metrics_token=TOKEN)
    monkeypatch.setitem(app.config, "PORTAL", changed)
    return changed


@pytest.fixture
def celery(app: Flask, config: Config, database: str) -> Iterator[Celery]:
    made = make_celery(app, config)
    yield made
    db.on_wake(None)
    made.control.purge()
    made.close()


def figures(client: FlaskClient) -> dict[str, float]:
    """Every figure by its name with its labels."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(number) for name, _space, number in lines}


def test_a_process_says_that_it_is_there_and_looks_at_nothing(client: FlaskClient, database: str) -> None:
    client.set_cookie("session", "of somebody")
    asked: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(db.engine(), "before_cursor_execute", listen)
    for address in ("/health", "/healthz"):
        answer = client.get(address, headers={"Host": "10.0.0.7:8000"})
        assert (answer.status_code, answer.text) == (200, "ok\n")
    assert asked == []
    db.bind("postgresql://nobody@127.0.0.1:1/nothing")
    assert client.get("/health").status_code == 200


def test_ready_tells_names_and_nothing_else(client: FlaskClient, config: Config) -> None:
    heartbeat.beat(heartbeat.WORKER)
    answer = client.get("/ready")
    assert answer.status_code == 200
    assert answer.json == {**dict.fromkeys(NAMES, True), "timetable": False}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_database_of_another_version_is_not_ready(client: FlaskClient, config: Config, cluster: Cluster) -> None:
    owner = cluster.owner.format(name=db.engine().url.database)
    db.bind(owner, pool=2)
    with db.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert (answer.json["database"], answer.json["migration"]) == (True, False)


def test_a_database_that_is_away_is_told_in_time(client: FlaskClient, config: Config) -> None:
    db.bind("postgresql://nobody@127.0.0.1:1/nothing")
    began = time.monotonic()
    answer = client.get("/ready")
    assert time.monotonic() - began < 3
    assert answer.status_code == 503
    assert set(answer.json) == NAMES
    assert (answer.json["database"], answer.json["broker"]) == (False, True)


def test_a_database_that_hangs_is_told_in_time(client: FlaskClient, config: Config) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        db.bind(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing")
        began = time.monotonic()
        assert client.get("/ready").status_code == 503
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_without_a_broker_it_is_not_ready_within_three_seconds_and_pages_still_answer(
    app: Flask, client: FlaskClient, config: Config, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    folder = Path(tempfile.mkdtemp(prefix="portal-broker-"))
    own = Embedded(folder, postgres=False)
    monkeypatch.setitem(app.config, "PORTAL", replace(config, redis_url=own.start().redis_url))
    assert client.get("/ready").status_code == 200
    broker = own.pid("valkey-server")
    assert broker is not None
    os.kill(broker, how)
    time.sleep(0.2)
    began = time.monotonic()
    answer = client.get("/ready")
    assert time.monotonic() - began < 3
    assert (answer.status_code, answer.json["broker"], answer.json["database"]) == (503, False, True)
    assert client.get("/sign-in").status_code == 200
    os.kill(broker, signal.SIGKILL)
    own.stop()
    shutil.rmtree(folder)
    shutil.rmtree(own.sockets, ignore_errors=True)


def test_a_full_disk_is_not_ready(client: FlaskClient, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "LEAST_FREE", 1 << 60)
    answer = client.get("/ready")
    assert (answer.status_code, answer.json["disk"]) == (503, False)


def test_a_worker_nobody_heard_of_for_three_minutes_is_not_there(client: FlaskClient, config: Config) -> None:
    for what in (heartbeat.WORKER, heartbeat.TIMETABLE):
        heartbeat.beat(what)
    assert client.get("/ready").json["worker"]
    with db.writing() as session:
        session.execute(update(Heartbeat).values(at=clock.real_now() - looks.SILENT * 1.1))
    answer = client.get("/ready")
    assert (answer.json["worker"], answer.json["timetable"]) == (False, False)
    assert answer.status_code == 200  # pages are served, and what waits is kept


def test_the_figures_are_not_there_without_the_right_word(app: Flask, client: FlaskClient, config: Config) -> None:
    wrong = ({}, {"Authorization": "Bearer "}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer \u20ac"},
             {"Authorization": f"Bearer {TOKEN}x"})  # fmt: skip
    for headers in wrong:
        assert client.get("/metrics", headers=headers).status_code == 404
    app.config["PORTAL"] = replace(config, metrics_token="")
    for headers in (*wrong, {"Authorization": f"Bearer {TOKEN}"}):
        assert client.get("/metrics", headers=headers).status_code == 404


def test_a_request_is_counted_by_its_rule_and_never_by_its_address(client: FlaskClient, config: Config) -> None:
    with db.writing() as session:
        employer, officer = make_employer(session), make_officer(session, FundRoleName.SUPERVISOR)
    sign_in(client, officer)
    rule = 'rule="/fund/employers/<employer_number>"'
    before = figures(client)
    assert client.get(f"/fund/employers/{employer.number}").status_code == 200
    assert client.get("/no-such-page/ZE1000001").status_code == 404
    after = figures(client)
    [name] = [
        name
        for name in after
        if after[name] == before.get(name, 0) + 1 and "requests_total" in name and 'status="200"' in name
    ]
    assert rule in name
    assert any('rule="none",status="404"' in name for name in after)
    statements = f"portal_http_request_statements_sum{{{rule}}}"
    assert after[statements] > before.get(statements, 0) + 3
    everything = " ".join(after)
    assert employer.number not in everything
    assert "ZE1000001" not in everything
    assert "/metrics" not in everything


def test_what_waits_and_how_jobs_went_stands_among_the_figures(client: FlaskClient, celery: Celery) -> None:
    with db.writing() as session:
        outbox.put(session, "core", "core/1", {}, at=clock.now())
        outbox.put(session, "mail", "mail/1", {"to": "x", "subject": {}, "text": {}}, at=clock.now())
        session.flush()
        session.execute(update(outbox.Message).where(outbox.Message.topic == "mail").values(state="refused"))
    celery.tasks["portal.jobs.tasks.seal_audit"]()
    with pytest.raises(ValueError, match="isoformat"):
        celery.tasks["portal.jobs.tasks.tell_the_day"]("no day")
    found = figures(client)
    assert found["portal_database_up"] == 1
    assert found['portal_outbox_messages{state="waiting",topic="core"}'] == 1
    assert found['portal_outbox_messages{state="set aside",topic="mail"}'] == 1
    assert 0 <= found['portal_outbox_oldest_seconds{topic="core"}'] < 60
    assert found['portal_job_runs_total{job="seal_audit",outcome="done"}'] == 1
    assert found['portal_job_runs_total{job="tell_the_day",outcome="failed"}'] == 1
    assert found["portal_database_bytes"] > 1_000_000
    assert found["portal_disk_free_bytes"] > 0
    with db.reading() as session:
        assert session.get_one(JobState, "tell_the_day").problem == "ValueError"


def test_without_a_database_the_figures_say_so(client: FlaskClient, config: Config) -> None:
    db.bind("postgresql://nobody@127.0.0.1:1/nothing")
    found = figures(client)
    assert found["portal_database_up"] == 0
    assert found["portal_disk_free_bytes"] > 0


def test_each_web_process_tells_the_figures_of_all(cluster: Cluster, database: str, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    servers = {"DATABASE_URL": database, "OWNER_URL": database, "REDIS_URL": cluster.redis, "VAR_DIR": str(tmp_path),
               "METRICS_TOKEN": TOKEN}  # fmt: skip
    command = [str(Path(sys.executable).with_name("gunicorn")), "wsgi:app", "--bind", f"127.0.0.1:{port}", "--workers"]
    with (tmp_path / "log").open("wb") as log:
        web = subprocess.Popen([*command, "2"], cwd=ROOT, env={**os.environ, **servers}, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", web)
        for _time in range(30):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=10).close()
        told = {_sign_ins(port) for _time in range(10)}
    finally:
        web.terminate()
        web.wait(20)
    assert told == {30}
    assert len(list((tmp_path / "figures").glob("counter_*.db"))) == 2, "one process did it all"


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            return urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.1)
    raise AssertionError("it did not start")


def _sign_ins(port: int) -> float:
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    wanted = 'portal_http_requests_total{method="GET",rule="/sign-in",status="200"} '
    return float(next(line.removeprefix(wanted) for line in lines if line.startswith(wanted)))
