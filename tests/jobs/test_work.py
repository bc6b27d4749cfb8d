"""Work in the background: done step by step by a worker, nothing twice, and its employer sees how far it is."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from celery import Celery
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import func, select

from config import ROOT
from portal import clock, db, work
from portal.auth.models import EmployerRole, FundRoleName
from portal.employees import slip_views, slip_work
from portal.employees.models import EntryCode
from portal.employees.slip_work import SLIPS
from portal.employers.models import Employer
from portal.errors import Refused
from portal.files import StoredFile
from portal.installation import fund
from portal.jobs.celery_app import make_celery
from portal.words import _
from portal.work import Kind, Order, Part, Tell, Work
from tests.conftest import Cluster
from tests.factories import give_mandate, hire, make_employer, make_officer, make_person, sign_in

PEOPLE = 13


@pytest.fixture
def celery(app: Flask, cluster: Cluster, database: str) -> Iterator[Celery]:
    """The worker's side, on a real broker."""
    made = make_celery(app, replace(app.config["PORTAL"], redis_url=cluster.redis))
    yield made
    db.on_wake(None)
    made.control.purge()
    made.close()


@pytest.fixture
def worker(celery: Celery) -> Callable[[], None]:
    """The task, called as a worker calls it, as often as it hands on what it did not end in one stretch."""

    def at_work() -> None:
        task = celery.tasks["portal.jobs.tasks.do_work"]
        task()
        for _stretch in range(10):
            if work.waits():
                task()

    return at_work


@pytest.fixture(autouse=True)
def _what_is_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirteen slips are many, so that the story is short."""
    monkeypatch.setattr(slip_views, "AT_ONCE", 12)


@pytest.fixture
def small_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slip_work, "ON_A_SHEET", 5)


@pytest.fixture
def employer(database: str, _fund: None) -> Employer:
    with db.writing() as session:
        made = make_employer(session, legal_name="Kafue Mining Limited")
        for n in range(PEOPLE):
            number = fund().insurance_number.issue(10_000_050 + n)
            hire(session, made, make_person(session, surname=f"Banda{chr(97 + n)}", insurance_number=number))
    return made


def as_role(client: FlaskClient, employer: Employer, role: EmployerRole = EmployerRole.ADMINISTRATOR) -> None:
    with db.writing() as session:
        account = give_mandate(session, employer, role)
    sign_in(client, account)


def ask_for_slips(client: FlaskClient, employer: Employer, token: str = "") -> str:
    """The address of the progress page."""
    url = f"/employers/{employer.number}/slips/"
    answer = client.post(url, data={"everybody": "yes", "token": token or str(uuid4())})
    assert answer.status_code == 303
    return answer.headers["Location"]


def only_work() -> Work:
    with db.reading() as session:
        return session.scalars(select(Work)).one()


def count(table: type) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def codes_of(client: FlaskClient, page: str) -> list[str]:
    """The codes on all the sheets a page offers."""
    found = []
    for address in re.findall(r'href="([^"]+)" download', page):
        pdf = PdfReader(io.BytesIO(client.get(address).data))
        text = "\n".join(each.extract_text() for each in pdf.pages)
        found += re.findall(r"\b[3-9A-Y]{4}-[3-9A-Y]{4}\b", text.replace(" ", ""))
    return found


@pytest.mark.usefixtures("small_sheets")
def test_many_slips_are_drawn_by_the_worker_and_their_employer_sees_how_far_it_is(
    client: FlaskClient, employer: Employer, worker: Callable[[], None]
) -> None:
    as_role(client, employer)
    url = ask_for_slips(client, employer)
    before = client.get(url).text
    assert "Waiting for its turn" in before
    assert '<progress max="13" value="0"' in before
    assert '<meta http-equiv="refresh"' in before
    assert 'role="status" aria-live="polite"' in before
    assert url in client.get(f"/employers/{employer.number}/slips/").text  # it may be left and found again
    worker()
    after = client.get(url).text
    assert "13 slips are ready." in after
    assert 'http-equiv="refresh"' not in after
    assert "Slips 1 to 5, from" in after
    assert len(set(codes_of(client, after))) == PEOPLE == count(EntryCode)


def test_a_real_worker_is_woken_through_the_broker(
    client: FlaskClient, employer: Employer, celery: Celery, cluster: Cluster, database: str, tmp_path: Path
) -> None:
    as_role(client, employer)
    url = ask_for_slips(client, employer)
    servers = {"DATABASE_URL": database, "OWNER_URL": database, "REDIS_URL": cluster.redis, "VAR_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "celery", "-A", "wsgi:celery", "worker", "--pool", "solo", "--without-mingle"]
    with (tmp_path / "log").open("wb") as log:
        started = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **servers}, stdout=log, stderr=log)
        until = time.monotonic() + 60
        while only_work().is_open and time.monotonic() < until and started.poll() is None:
            time.sleep(0.1)
        started.terminate()
        started.wait(30)
    assert "13 slips are ready." in client.get(url).text, (tmp_path / "log").read_text()


def test_jobs_wait_in_the_database_of_the_broker_that_the_address_names(app: Flask, cluster: Cluster) -> None:
    """Kombu knows no ``?db=7``, which the Redis client does: jobs of two portals on one broker would be mixed."""
    url = f"{cluster.redis.partition('?')[0]}?db=7"
    with redis.Redis.from_url(url) as broker, queue(app, url) as celery:
        broker.flushdb()
        celery.send_task("portal.jobs.tasks.look_around")
        assert broker.llen("celery") == 1
        broker.flushdb()


@pytest.mark.parametrize("url", ["redis://:w%40rd@broker:6380/7", "redis://:w%40rd@broker:6380?db=7"])
def test_an_address_of_a_broker_may_name_the_database_either_way(app: Flask, url: str) -> None:
    with queue(app, url) as celery, celery.connection() as found:
        assert (found.hostname, found.port, found.password, found.virtual_host) == ("broker", 6380, "w@rd", "7")


@contextmanager
def queue(app: Flask, url: str) -> Iterator[Celery]:
    """The worker's side, on the broker at *url*."""
    made = make_celery(app, replace(app.config["PORTAL"], redis_url=url))
    yield made
    db.on_wake(None)
    made.close()


def test_without_a_broker_the_timetable_finds_the_work(
    client: FlaskClient, employer: Employer, celery: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.on_wake(None)  # the message is lost
    as_role(client, employer)
    ask_for_slips(client, employer)
    handed_on = []
    monkeypatch.setattr(celery.tasks["portal.jobs.tasks.do_work"], "delay", lambda: handed_on.append("work"))
    assert celery.conf.beat_schedule["send what is waiting"]["task"] == "portal.jobs.tasks.send_waiting"
    celery.tasks["portal.jobs.tasks.send_waiting"]()
    assert handed_on == ["work"]


def test_a_comparison_with_the_core_that_is_asked_for_begins_with_the_next_tick(
    app: Flask, client: FlaskClient, celery: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_on: list[str] = []
    monkeypatch.setattr(celery.tasks["portal.jobs.tasks.compare_core"], "delay", lambda: handed_on.append("compare"))
    celery.tasks["portal.jobs.tasks.send_waiting"]()
    assert handed_on == []
    with db.writing() as session:
        officer = make_officer(session, FundRoleName.CONTRIBUTION_OFFICER)
    sign_in(client, officer)
    answer = client.post("/fund/core/differences/again", follow_redirects=True)
    assert "No core is set" in answer.text
    celery.tasks["portal.jobs.tasks.send_waiting"]()
    assert handed_on == [], "nothing can be read back, and no job asks for it again and again"
    monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], core_url="http://127.0.0.1:9"))
    assert client.post("/fund/core/differences/again").status_code == 303
    celery.tasks["portal.jobs.tasks.send_waiting"]()
    assert handed_on == ["compare"]


@pytest.mark.usefixtures("small_sheets")
def test_a_second_click_is_the_same_work_and_a_second_run_changes_nothing(
    client: FlaskClient, employer: Employer, worker: Callable[[], None]
) -> None:
    as_role(client, employer)
    token = str(uuid4())
    url = ask_for_slips(client, employer, token)
    assert ask_for_slips(client, employer, token) == url
    worker()
    codes, files = codes_of(client, client.get(url).text), count(StoredFile)
    worker()
    assert (codes_of(client, client.get(url).text), count(StoredFile)) == (codes, files)


KILLED = """
import os, sys
from dataclasses import replace
from config import from_environment
from portal import work
from portal.app import create_app
from portal.employees import slip_views, slip_work
app = create_app(replace(from_environment({}), database_url=sys.argv[1], practice=False, testing=True))
slip_work.ON_A_SHEET, drawn = 5, slip_work._drawn
def second_kills(*asked):
    if list(work_done) : os.kill(os.getpid(), 9)
    work_done.append(1)
    return drawn(*asked)
work_done, slip_work._drawn = [], second_kills
with app.app_context():
    work.do_waiting(60)
"""


@pytest.mark.usefixtures("small_sheets")
def test_a_worker_killed_in_the_middle_leaves_work_that_the_next_one_ends(
    client: FlaskClient, employer: Employer, worker: Callable[[], None], database: str
) -> None:
    as_role(client, employer)
    url = ask_for_slips(client, employer)
    killed = subprocess.run([sys.executable, "-c", KILLED, database], cwd=ROOT, capture_output=True, check=False)
    assert killed.returncode == -9, killed.stderr
    left = only_work()
    assert (left.state, left.done, len(left.files), count(EntryCode)) == ("working", 5, 1, 5)
    assert '<progress max="13" value="5"' in client.get(url).text
    worker()
    assert only_work().state == "done"
    assert len(set(codes_of(client, client.get(url).text))) == PEOPLE == count(EntryCode)


def test_two_workers_do_not_do_the_same_work(client: FlaskClient, employer: Employer) -> None:
    as_role(client, employer)
    ask_for_slips(client, employer)
    with work._held(only_work().id) as first, work._held(only_work().id) as second:
        assert (first, second) == (True, False)
        assert not work.do_waiting(5)
        assert only_work().state == "waiting"


# -- what a kind may do --------------------------------------------------------------


def begin(employer: Employer, step: Callable[[object, Order, Tell], Part]) -> Work:
    one = work.kind(Kind("of a test", "view", _("A test"), step))  # type: ignore[arg-type]
    with db.writing() as session:
        return work.begin(session, one, "once", {}, employer=employer.id, by=None, total=3, back="/")


@pytest.fixture(autouse=True)
def _no_kind_stays() -> Iterator[None]:
    yield
    work.KINDS.pop("of a test", None)


def test_a_refusal_is_shown_and_ends_the_work(client: FlaskClient, employer: Employer) -> None:
    def step(_session: object, _order: Order, _tell: Tell) -> Part:
        raise Refused(_("The roster changed since."))

    row = begin(employer, step)
    work.do_waiting(5)
    as_role(client, employer, EmployerRole.VIEWER)
    page = client.get(f"/employers/{employer.number}/work/{row.public_id}").text
    assert "The roster changed since." in page
    assert "Go back and try again" in page
    assert 'http-equiv="refresh"' not in page


def test_a_fault_of_ours_is_tried_again_and_then_given_up_in_plain_words(
    client: FlaskClient, employer: Employer
) -> None:
    tried = []

    def step(_session: object, _order: Order, _tell: Tell) -> Part:
        tried.append(1)
        raise ZeroDivisionError

    row = begin(employer, step)
    for _tick in range(5):
        work.do_waiting(5)
    assert len(tried) == work.TRIES
    as_role(client, employer)
    assert "the fault is ours" in client.get(f"/employers/{employer.number}/work/{row.public_id}").text


def test_a_long_step_says_how_far_it_is_while_it_goes_on(client: FlaskClient, employer: Employer) -> None:
    seen = []
    as_role(client, employer)

    def step(_session: object, _order: Order, tell: Tell) -> Part:
        tell(2, _("Half way"))
        seen.append(client.get(f"/employers/{employer.number}/work/{row.public_id}").text)
        return Part(3, result={"endpoint": "roster.people", "args": {}})

    row = begin(employer, step)
    work.do_waiting(5)
    assert "Half way" in seen[0]
    assert '<progress max="3" value="2"' in seen[0]
    ended = client.get(f"/employers/{employer.number}/work/{row.public_id}")
    assert (ended.status_code, ended.headers["Location"]) == (303, f"/employers/{employer.number}/roster/")


def test_long_work_lets_others_through(employer: Employer) -> None:
    begin(employer, lambda _session, order, _tell: Part(order.done, result=None))
    assert work.do_waiting(0)  # one step, then whoever else waits
    assert only_work().state == "working"


# -- who may see it ------------------------------------------------------------------


def test_only_those_who_may_print_see_the_slips_and_nobody_elses_exist(
    client: FlaskClient, employer: Employer, worker: Callable[[], None]
) -> None:
    as_role(client, employer)
    url = ask_for_slips(client, employer)
    worker()
    sheet = re.findall(r'href="([^"]+)" download', client.get(url).text)[0]
    as_role(client, employer, EmployerRole.CLERK)
    assert (client.get(url).status_code, client.get(sheet).status_code) == (403, 403)
    with db.writing() as session:
        other = make_employer(session)
    as_role(client, other)
    for address in (url, sheet):
        assert client.get(address).status_code == 404
        assert client.get(address.replace(employer.number, other.number)).status_code == 404


def test_slips_are_not_kept_longer_than_a_day(
    client: FlaskClient, employer: Employer, worker: Callable[[], None]
) -> None:
    as_role(client, employer)
    url = ask_for_slips(client, employer)
    worker()
    for hours, left in ((23, 1), (25, 0)):
        with db.writing() as session:
            work.sweep(session, at=clock.real_now() + timedelta(hours=hours))
        assert (count(Work), count(StoredFile)) == (left, left)
    assert client.get(url).status_code == 404
    assert SLIPS.kept == timedelta(days=1)
