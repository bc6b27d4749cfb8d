"""A long payroll file: checked in the background, with the outcome of a short one."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal import clock, db
from portal.auth.models import EmployerRole
from portal.contributions import file_work
from portal.contributions.models import FaultyLine, Payroll, PayrollLine
from portal.employers.models import Employer
from portal.files import StoredFile
from portal.jobs.tasks import do_work
from portal.work import Work
from tests.factories import give_mandate, hire, make_employer, make_person, sign_in

NOW = datetime(2025, 11, 3, 9, 0, tzinfo=UTC)
HEAD = "national_id,surname,first_name,month,days,basic,gross"
PEOPLE = 6


@pytest.fixture(autouse=True)
def _what_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five rows are long, so that the story is short."""
    monkeypatch.setattr(file_work, "LONG", 5)


@pytest.fixture
def worker(app: Flask) -> Callable[[], None]:
    def at_work() -> None:
        with app.app_context():
            clock.shift(NOW - clock.real_now())
            do_work.run()

    return at_work


@pytest.fixture
def employer(client: FlaskClient) -> Employer:
    with db.writing() as session:
        db.store_offset(session, NOW - clock.real_now())
        made = make_employer(session)
        for n in range(PEOPLE):
            hire(session, made, make_person(session, national_id=f"{100_000 + n}/11/1"))
        clerk = give_mandate(session, made, EmployerRole.CLERK)
    sign_in(client, clerk)
    return made


def rows(*wages: str) -> list[str]:
    return [f"{100_000 + n}/11/1,Banda,Agnes,2025-10,,{wage},6000" for n, wage in enumerate(wages)]


def send(client: FlaskClient, employer: Employer, *lines: str, header: str = HEAD) -> str:
    """Send a file for October; the address of its progress."""
    content = "\n".join([header, *lines, ""]).encode()
    url = f"/employers/{employer.number}/payrolls/start/2025-10/file"
    answer = client.post(url, data={"file": (io.BytesIO(content), "october.csv")})
    assert answer.status_code == 303
    return answer.headers["Location"]


def count(table: type) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split())


def test_a_long_payroll_becomes_a_draft_in_the_background(
    client: FlaskClient, employer: Employer, worker: Callable[[], None]
) -> None:
    progress = send(client, employer, *rows("5000", "5000", "5000", "5000", "5000", "five thousand"))
    assert "/work/" in progress
    assert "Checking your payroll file" in client.get(progress).text
    assert progress in client.get(f"/employers/{employer.number}/payrolls/start/2025-10").text
    assert count(Payroll) == 0
    worker()
    ended = client.get(progress)
    assert ended.status_code == 303
    assert client.get(ended.headers["Location"]).status_code == 200
    assert (count(PayrollLine), count(FaultyLine)) == (5, 1)
    assert count(StoredFile) == 1  # the draft's own; the one that waited is gone
    worker()
    assert count(Payroll) == 1


def test_a_second_click_is_one_upload(client: FlaskClient, employer: Employer, worker: Callable[[], None]) -> None:
    lines = rows(*["5000"] * PEOPLE)
    assert send(client, employer, *lines) == send(client, employer, *lines)
    assert (count(Work), count(StoredFile)) == (1, 1)
    worker()
    assert (count(Payroll), count(StoredFile)) == (1, 1)


def test_the_same_file_later_is_an_upload_of_its_own(
    client: FlaskClient, employer: Employer, worker: Callable[[], None]
) -> None:
    lines = rows(*["5000"] * PEOPLE)
    send(client, employer, *lines)
    worker()
    progress = send(client, employer, *lines)
    worker()
    page = client.get(client.get(progress).headers["Location"]).text
    assert "You uploaded this same file on 3 November 2025" in words(page)


def test_a_long_file_that_is_refused_leaves_nothing_but_the_reason(
    client: FlaskClient, employer: Employer, worker: Callable[[], None]
) -> None:
    progress = send(client, employer, *rows(*["5000"] * PEOPLE), header=HEAD.replace("basic", "colour"))
    worker()
    page = words(client.get(progress).text)
    assert "october.csv was not taken." in page
    assert "Go back and try again" in page
    assert (count(Payroll), count(StoredFile)) == (0, 0)


def test_a_thousand_lines_stay_in_the_request() -> None:
    text = "\n".join([HEAD, *(f"{100_000 + n}/11/1,Banda,Agnes,2025-10,,5000.00,6000.00" for n in range(1000))])
    assert file_work.about_rows(text.encode()) < 4_000 / 3
