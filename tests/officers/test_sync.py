"""The fund's page about the core: what waits, what is known, what was refused and is sent again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal import audit, clock, db
from portal.auth.models import FundRoleName
from portal.coverage import service, sync
from portal.coverage.core_check import RIGHTS
from portal.coverage.core_client import Core
from portal.coverage.models import CoverageMonth
from portal.coverage.service import DeclaredPerson
from portal.demo.practice_core import PracticeCore
from portal.jobs.comparing import compare_once, is_asked
from portal.outbox import Message
from portal.scheme.calendars import Month
from tests.factories import make_employer, make_officer, make_person, sign_in

NHIMA = "zm-nhima"
PAID = tuple(Month(2026, n) for n in range(7, 11))


@pytest.fixture
def practice() -> Iterator[PracticeCore]:
    with PracticeCore() as core:
        yield core


@pytest.fixture
def core(app: Flask, practice: PracticeCore, monkeypatch: pytest.MonkeyPatch) -> Core:
    """The portal is told where the practice core is."""
    config = replace(app.config["PORTAL"], core_url=practice.url)
    monkeypatch.setitem(app.config, "PORTAL", config)
    return Core(practice.url, "portal", "practice", timeout=5, patience=0.1)


@pytest.fixture
def employer_number(database: str) -> str:
    """Three people of one employer, covered in November."""
    with db.writing() as session:
        employer = make_employer(session, legal_name="Mosi Transport Limited")
        people = [make_person(session) for _ in range(3)]
        declared = [DeclaredPerson(each.id, each.insurance_number, 160_00) for each in people]
        service.open_months(session, employer.id, NHIMA, dict.fromkeys(PAID, declared), at=clock.now())
    return employer.number


def come_in(client: FlaskClient, role: FundRoleName) -> None:
    with db.writing() as session:
        officer = make_officer(session, role)
    sign_in(client, officer)


def page(client: FlaskClient) -> str:
    response = client.get("/fund/core")
    assert response.status_code == 200
    html = response.get_data(as_text=True)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html[html.index("<main") :]))


def send_again(client: FlaskClient, number: str, month: str = "2026-11") -> int:
    return client.post("/fund/core/again", data={"employer": number, "scheme": NHIMA, "month": month}).status_code


def test_what_waits_and_what_is_known_stands_in_figures(client: FlaskClient, core: Core, employer_number: str) -> None:
    come_in(client, FundRoleName.AUDITOR)
    before = page(client)
    assert "Person-months waiting 3" in before
    assert "The core answers. Something still waits to be told." in before
    assert "not openIMIS" in before
    while sync.send_one(core):
        pass
    after = page(client)
    assert "Known to the core 3" in after
    assert "knows everything it must" in after


def test_a_core_that_is_down_is_said_to_be_down_and_why(
    client: FlaskClient, core: Core, practice: PracticeCore, employer_number: str
) -> None:
    come_in(client, FundRoleName.SYSTEM_ADMINISTRATOR)
    practice.tell("failures", mode="down")
    sync.send_one(core)
    shown = page(client)
    assert "The core does not answer now." in shown
    assert "The core answered with error 503." in shown
    assert "Tried so far once" in shown


def test_a_core_that_lacks_something_is_told_apart_with_what_it_lacks(
    client: FlaskClient, app: Flask, employer_number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_in(client, FundRoleName.SYSTEM_ADMINISTRATOR)
    with PracticeCore(rights=set(RIGHTS) - {101202}) as poor:
        monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], core_url=poor.url))
        shown = page(client)
    assert "The core cannot be used as it should." in shown
    assert "lacks right 101202 in the core (create policies)" in shown


def test_a_portal_without_a_core_says_so(client: FlaskClient, employer_number: str) -> None:
    come_in(client, FundRoleName.SUPERVISOR)
    assert "No core is set." in page(client)


def test_an_officer_sends_again_what_was_refused(
    client: FlaskClient, core: Core, practice: PracticeCore, employer_number: str
) -> None:
    come_in(client, FundRoleName.CONTRIBUTION_OFFICER)
    practice.tell("failures", mode="refuse_receipt", times=2)
    sync.send_one(core)
    shown = page(client)
    assert "Refused by the core 2" in shown
    assert "Mosi Transport Limited , NHIMA, November 2026" in shown
    assert "Receipt already exist for a given product." in shown
    assert "Send again" in shown
    assert send_again(client, employer_number) == 302
    assert send_again(client, employer_number) == 302  # a double click
    while sync.send_one(core):
        pass
    assert "Known to the core 3" in page(client)
    with db.reading() as session:
        retried = select(audit.AuditEvent).where(audit.AuditEvent.event == "core.retried")
        assert len(session.scalars(retried).all()) == 1


def test_who_only_looks_cannot_send_again(
    client: FlaskClient, core: Core, practice: PracticeCore, employer_number: str
) -> None:
    come_in(client, FundRoleName.AUDITOR)
    practice.tell("failures", mode="refuse_receipt", times=2)
    sync.send_one(core)
    assert "Send again" not in page(client)
    assert send_again(client, employer_number) == 403
    with db.reading() as session:
        assert "refused" in session.scalars(select(CoverageMonth.core_state)).all()


def test_what_does_not_exist_is_not_sent(client: FlaskClient, core: Core, employer_number: str) -> None:
    come_in(client, FundRoleName.SUPERVISOR)
    assert send_again(client, "nobody") == 404
    assert send_again(client, employer_number, "2026-99") == 404


def test_what_the_core_has_otherwise_is_listed_and_put_right_by_two_people(
    client: FlaskClient, core: Core, practice: PracticeCore, employer_number: str
) -> None:
    while sync.send_one(core):
        pass
    day = date(2026, 11, 12)
    policies = [row["uuid"] for row in practice.tell("state")["policies"]]
    core.suspend(policies[:2])
    come_in(client, FundRoleName.CONTRIBUTION_OFFICER)
    assert "No comparison was made yet" in differences(client)
    compare_once(core, day)
    shown = differences(client)
    assert "The cover of 2 people differs and nothing is done about it yet." in shown
    assert shown.count("Covered here, missing in the core") == 2
    form = {"scheme": NHIMA, "month": "2026-11"}
    asked = [client.post("/fund/core/differences", data=form) for _press in range(2)]
    assert [each.status_code for each in asked] == [303, 303]
    (address,) = {each.headers["Location"] for each in asked}
    request = client.get(address).text
    assert "Put right what the core has otherwise" in request
    assert "A request about this month waits for a second person" in differences(client)
    come_in(client, FundRoleName.SUPERVISOR)
    fingerprint = re.search(r'name="fingerprint"[^>]* value="(\w+)"', client.get(address).text)
    assert fingerprint is not None
    for _press in range(2):
        client.post(f"{address}/approve", data={"fingerprint": fingerprint[1], "note": ""})
    assert "the next comparison shows whether it helped" in differences(client)
    while sync.send_one(core):
        pass
    compare_once(core, day + timedelta(days=1))
    assert "Nothing differs: the core covers exactly whom it should." in differences(client)
    assert len([row for row in practice.tell("state")["policies"] if row["status"] == 2]) == 3


def test_whoever_put_something_right_need_not_wait_a_day_to_see_that_it_helped(
    client: FlaskClient, core: Core, practice: PracticeCore, employer_number: str
) -> None:
    day = date(2026, 11, 12)
    while sync.send_one(core):
        pass
    policies = [row["uuid"] for row in practice.tell("state")["policies"]]
    core.suspend(policies[:2])
    come_in(client, FundRoleName.CONTRIBUTION_OFFICER)
    assert compare_once(core, day) is not None
    assert compare_once(core, day) is None, "once a day"
    assert not is_asked()
    for _press in range(2):
        assert client.post("/fund/core/differences/again").status_code == 303
    assert is_asked()
    shown = differences(client)
    assert "Another comparison is asked for and begins within a minute." in shown
    assert "Read the core back now" not in shown
    assert compare_once(core, day) is not None
    assert not is_asked()
    assert compare_once(core, day) is None, "asked for twice before it began is asked for once"
    assert "Read the core back now" in differences(client)
    come_in(client, FundRoleName.AUDITOR)
    assert "Read the core back now" not in differences(client)
    assert client.post("/fund/core/differences/again").status_code == 403


def test_a_month_of_nothing_and_a_difference_of_nobody_are_not_repaired(
    client: FlaskClient, core: Core, employer_number: str
) -> None:
    come_in(client, FundRoleName.CONTRIBUTION_OFFICER)
    url = "/fund/core/differences"
    assert client.post(url, data={"scheme": "none", "month": "2026-11"}).status_code == 404
    assert client.post(url, data={"scheme": NHIMA, "month": "2026-99"}).status_code == 404
    assert client.post(url, data={"scheme": NHIMA, "month": "2026-11", "difference": "x"}).status_code == 404
    answer = client.post(url, data={"scheme": NHIMA, "month": "2026-11"}, follow_redirects=True)
    assert "Nothing of this is left to put right." in answer.text
    come_in(client, FundRoleName.AUDITOR)
    assert client.post(url, data={"scheme": NHIMA, "month": "2026-11"}).status_code == 403


def test_a_core_that_is_away_is_said_to_be_left_alone(
    client: FlaskClient, core: Core, practice: PracticeCore, employer_number: str
) -> None:
    practice.tell("failures", mode="down")
    for _try in range(5):
        with db.writing() as session:
            session.execute(update(Message).values(next_try_at=clock.real_now() - timedelta(minutes=1)))
        sync.send_one(core)
    practice.tell("failures", mode="none")
    come_in(client, FundRoleName.AUDITOR)
    assert "tries with one message a minute" in page(client)


def differences(client: FlaskClient) -> str:
    html = client.get("/fund/core/differences").get_data(as_text=True)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html[html.index("<main") :]))
