"""A long roster file: looked at and carried out in the background, with the outcome of a short one."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal import clock, db, work
from portal.auth.models import EmployerRole
from portal.employers import roster_work
from portal.employers.models import Employer, Employment
from portal.files import StoredFile
from portal.installation import fund
from portal.jobs.tasks import do_work
from portal.scheme.calendars import Month, month_of
from portal.work import Work
from tests.factories import give_mandate, hire, make_employer, make_person, sign_in

HEADER = "national_id,surname,first_name,sex,birth_date,category,from_day,basic,gross"
PEOPLE = 8
ROWS = [f"{123400 + n}/78/1,Mwila,Chanda,F,1990-04-02,Permanent,2025-03-01,5000.00,6000.00" for n in range(PEOPLE)]
BORN = date(1990, 4, 2)
BAD = "654321/10/1,Banda,John,M,31 January,Permanent,2025-03-01,5000.00,6000.00"


@pytest.fixture(autouse=True)
def _what_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six rows are long, so that the story is short."""
    monkeypatch.setattr(roster_work, "LONG", 6)
    monkeypatch.setattr(roster_work, "SHORT_BYTES", 0)


@pytest.fixture
def worker(app: Flask) -> Callable[[], None]:
    def at_work() -> None:
        with app.app_context():
            do_work.run()

    return at_work


@pytest.fixture
def employer(client: FlaskClient) -> Employer:
    with db.writing() as session:
        made = make_employer(session)
        clerk = give_mandate(session, made, EmployerRole.CLERK)
    sign_in(client, clerk)
    return made


def this_month() -> Month:
    return month_of(clock.today(fund().timezone))


def send(client: FlaskClient, employer: Employer, *rows: str, header: str = HEADER) -> str:
    """Send a file; the address of its progress."""
    content = "\r\n".join([header, *rows]).encode()
    url = f"/employers/{employer.number}/roster/import/"
    answer = client.post(url, data={"file": (io.BytesIO(content), "people.csv"), "wages_from": str(this_month())})
    assert answer.status_code == 303, words(answer.text)
    return answer.headers["Location"]


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split())


def confirm(client: FlaskClient, review: str) -> str:
    """Press the button of a review; where it leads."""
    page = client.get(review).text
    action = html.unescape(re.findall(r'<form method="post" action="([^"]*/import/[^"]*)"', page)[0])
    shown = re.findall(r'name="shown" value="([^"]+)"', page)[0]
    return client.post(action, data={"shown": shown}).headers["Location"]


def count(table: type) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_long_file_is_looked_at_then_confirmed_then_carried_out_all_by_the_worker(
    client: FlaskClient, employer: Employer, worker: Callable[[], None]
) -> None:
    progress = send(client, employer, *ROWS, BAD)
    assert "Waiting for its turn" in client.get(progress).text
    assert progress in client.get(f"/employers/{employer.number}/roster/import/").text
    worker()
    review = client.get(progress).headers["Location"]
    said = words(client.get(review).text)
    assert f"Hired {PEOPLE}" in said
    assert "Rows with problems 1" in said
    assert "Hired from 1 March 2025" in said
    assert f"Continue with the {PEOPLE} good rows" in said
    assert count(Employment) == 0

    progress = confirm(client, review)
    assert count(Employment) == 0
    worker()
    assert count(Employment) == PEOPLE
    ended = client.get(progress)
    assert ended.status_code == 303
    said = words(client.get(ended.headers["Location"]).text)
    assert "The file was imported" in said
    assert "1 row needs mending" in said
    for kind in ("csv", "xlsx"):
        link = ended.headers["Location"].replace("?", f"/problems.{kind}?")
        assert client.get(link).status_code == 200
    assert b"654321/10/1" in client.get(ended.headers["Location"].replace("?", "/problems.csv?")).data


def test_confirming_twice_hires_nobody_twice(
    client: FlaskClient, employer: Employer, worker: Callable[[], None]
) -> None:
    progress = send(client, employer, *ROWS)
    worker()
    review = client.get(progress).headers["Location"]
    page = client.get(review).text
    shown = re.findall(r'name="shown" value="([^"]+)"', page)[0]
    first = client.post(review, data={"shown": shown}).headers["Location"]
    assert client.post(review, data={"shown": shown}).headers["Location"] == first
    worker()
    again = client.post(review, data={"shown": shown})
    assert "/roster/import/" in again.headers["Location"]
    assert (count(Employment), count(Work)) == (PEOPLE, 2)


def test_a_roster_that_changed_in_between_is_looked_at_again(
    client: FlaskClient, employer: Employer, worker: Callable[[], None]
) -> None:
    progress = send(client, employer, *ROWS)
    worker()
    review = client.get(progress).headers["Location"]
    with db.writing() as session:
        hire(
            session, employer,
            make_person(session, national_id="123400/78/1", surname="Mwila", first_name="Chanda", birth_date=BORN),
        )  # fmt: skip
    progress = confirm(client, review)
    worker()
    said = client.get(progress).text
    assert "The roster changed since this page was drawn" in words(said)
    back = html.unescape(re.findall(r'class="govuk-button" href="([^"]+)"', said)[0])
    assert count(Employment) == 1
    page = client.get(back).text
    assert "This file is long" in page
    again = html.unescape(re.findall(r'action="([^"]+/look[^"]*)"', page)[0])
    progress = client.post(again).headers["Location"]
    worker()
    assert f"Hired {PEOPLE - 1}" in words(client.get(client.get(progress).headers["Location"]).text)


def test_a_long_file_that_cannot_be_read_leaves_nothing_but_the_reason(
    client: FlaskClient, employer: Employer, worker: Callable[[], None]
) -> None:
    progress = send(client, employer, *ROWS, header=HEADER.replace("national_id", "number_plate"))
    worker()
    page = client.get(progress)
    assert page.status_code == 200
    assert "This was not done" in page.text
    assert "national_id" in words(page.text)
    assert count(StoredFile) == 0


def test_a_short_file_needs_no_worker(client: FlaskClient, employer: Employer) -> None:
    content = "\r\n".join([HEADER, *ROWS[:4]]).encode()
    url = f"/employers/{employer.number}/roster/import/"
    answer = client.post(url, data={"file": (io.BytesIO(content), "people.csv"), "wages_from": str(this_month())})
    assert "Hired 4" in words(client.get(answer.headers["Location"]).text)
    assert count(Work) == 0


def test_what_a_look_found_is_removed_after_a_week(
    client: FlaskClient, employer: Employer, worker: Callable[[], None]
) -> None:
    progress = send(client, employer, *ROWS)
    worker()
    review = client.get(progress).headers["Location"]
    with db.writing() as session:
        row = session.scalars(select(Work)).one()
        work.sweep(session, at=row.updated_at + roster_work.LOOK.kept * 2)
    assert "This file is long" in client.get(review).text
    assert count(StoredFile) == 1
