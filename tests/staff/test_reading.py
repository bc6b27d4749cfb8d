"""A stolen visit of an officer reads page after page: it is stopped, the fund is told, and ordinary work is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal import clock, db
from portal.audit import AuditEvent
from portal.auth.models import Account, EmployerRole, FundRoleName, WebSession
from portal.employers.models import Employer
from portal.notices.models import Notice
from portal.outbox import Message
from portal.people.models import Person
from portal.staff import reading
from portal.staff.reading import Most, Reading
from tests.factories import give_mandate, hire, make_employer, make_officer, sign_in

PEOPLE = 30
MOST = Most(persons=100, files=10)


@dataclass
class Story:
    """An officer at a browser, the system administrator, and an employer with thirty people."""

    app: Flask
    client: FlaskClient
    officer: Account
    boss: Account
    employer: Employer

    def roster(self) -> int:
        return self.client.get(f"/fund/employers/{self.employer.number}/tab/roster?all").status_code

    def account(self, one: Account) -> Account:
        with db.reading() as session:
            return session.get_one(Account, one.id)

    def counted(self) -> tuple[int, int]:
        with db.reading() as session:
            return reading.read_by(session, self.officer.id, at=clock.real_now())

    def told(self, kind: str) -> int:
        with db.reading() as session:
            return session.scalar(select(func.count()).select_from(Notice).where(Notice.kind == kind)) or 0


@pytest.fixture
def story(app: Flask, client: FlaskClient) -> Iterator[Story]:
    with db.writing() as session:
        officer = make_officer(session, name="Mutinta Phiri")
        boss = make_officer(session, FundRoleName.SYSTEM_ADMINISTRATOR, name="Boss")
        employer = make_employer(session)
        for _person in range(PEOPLE):
            hire(session, employer)
    sign_in(client, officer)
    usual = app.config["PORTAL"]
    app.config["PORTAL"] = replace(usual, read_persons_a_day=MOST.persons, read_files_an_hour=MOST.files)
    yield Story(app, client, officer, boss, employer)
    app.config["PORTAL"] = usual


def test_a_crawler_with_a_stolen_visit_is_stopped_and_the_fund_is_told(story: Story) -> None:
    assert [story.roster() for _page in range(4)] == [200] * 4  # the fourth page is one too many, and the last
    assert story.roster() == 302
    assert "/sign-in" in story.client.get("/fund/").headers["Location"]
    assert story.account(story.officer).disabled_at is not None
    assert story.told("reading.stopped") == 1
    with db.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.event == "account.reading_stopped")).one()
        mail = session.scalars(select(Message).where(Message.topic == "mail")).all()
        visits = session.scalar(select(func.count()).select_from(WebSession).where(WebSession.account_id.is_not(None)))
    assert event.fields == {"account": str(story.officer.public_id), "persons": 120, "files": 0}
    assert [one.payload["to"] for one in mail] == [story.officer.email]
    assert visits == 0


def test_opened_again_by_the_administrator_the_officer_goes_on_and_the_count_begins_anew(story: Story) -> None:
    for _page in range(4):
        story.roster()
    boss = story.app.test_client()
    sign_in(boss, story.boss)
    address = f"/fund/access/{story.officer.public_id}"
    why = "The portal closed this account on"
    shown = boss.get(address).text
    assert "Mutinta Phiri" in shown
    assert re.search(rf"{why} [^:]+:\d\d: it had read about 120 persons in 24 hours and taken 0 files", shown)
    assert boss.post(f"{address}/open").status_code == 302
    sign_in(story.client, story.officer)
    assert story.roster() == 200
    assert story.counted() == (PEOPLE, 0)
    assert why not in boss.get(address).text
    boss.post(f"{address}/close")
    assert why not in boss.get(address).text, "somebody closed it now, for reasons of their own"


def test_files_are_counted_by_the_hour(story: Story) -> None:
    taken = [story.client.get("/fund/employers.csv").status_code for _file in range(MOST.files + 2)]
    assert taken == [200] * (MOST.files + 1) + [302]
    assert story.account(story.officer).disabled_at is not None


def test_what_was_read_yesterday_and_files_of_an_hour_ago_do_not_count(story: Story) -> None:
    now = clock.real_now()
    with db.writing() as session:
        reading.add(session, story.officer.id, persons=95, files=9, at=now - timedelta(hours=25))
        reading.add(session, story.officer.id, persons=60, files=9, at=now - timedelta(hours=3))
    assert story.counted() == (60, 0)
    assert story.roster() == 200
    assert story.roster() == 200  # 120 with it
    assert story.account(story.officer).disabled_at is not None


def test_old_counts_are_forgotten(story: Story) -> None:
    now = clock.real_now()
    with db.writing() as session:
        reading.add(session, story.officer.id, persons=1, files=0, at=now - timedelta(days=3))
        reading.add(session, story.officer.id, persons=2, files=0, at=now)
        reading.sweep(session, at=now)
    with db.reading() as session:
        assert session.scalars(select(Reading.persons)).all() == [2]


def test_numbers_tried_at_the_counter_and_the_search_count(story: Story) -> None:
    with db.reading() as session:
        person = session.scalars(select(Person).order_by(Person.id).limit(1)).one()
    assert story.client.get(f"/fund/slips/{person.public_id}").status_code == 200
    assert story.client.get(f"/fund/search?q={person.insurance_number}").status_code == 200
    assert story.client.get("/fund/search?q=nobody-has-this").status_code == 200
    assert story.counted() == (2, 0)
    with db.reading() as session:
        where = select(AuditEvent.fields["where"].astext).where(AuditEvent.event == "personal_data.read")
        assert session.scalars(where.order_by(AuditEvent.id)).all() == ["person", "search"]


def test_the_last_system_administrator_is_signed_out_and_not_locked_out(story: Story) -> None:
    with db.writing() as session:
        for _again in range(2):
            reading.stop(session, story.boss.id, persons=101, files=0, at=clock.real_now())
    assert story.account(story.boss).disabled_at is None
    assert story.told("reading.stopped") == 2


def test_stopped_twice_is_told_once(story: Story) -> None:
    for _again in range(2):
        with db.writing() as session:
            reading.stop(session, story.officer.id, persons=101, files=0, at=clock.real_now())
    assert story.told("reading.stopped") == 1


def test_employers_own_people_and_their_rosters_are_not_counted(story: Story) -> None:
    with db.writing() as session:
        clerk = give_mandate(session, story.employer, EmployerRole.CLERK)
    client = story.app.test_client()
    sign_in(client, clerk)
    for _page in range(5):
        assert client.get(f"/employers/{story.employer.number}/roster/").status_code == 200
    with db.reading() as session:
        assert session.scalars(select(Reading)).all() == []
