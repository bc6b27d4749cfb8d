"""One's own account: what may be changed, and the visits one can end."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal import clock, db
from portal.auth.devices import device_of
from portal.auth.models import Account, WebSession
from portal.auth.passwords import problem_of_password
from portal.outbox import Message
from tests.access.world import UNKNOWN
from tests.auth.test_sign_in import PASSWORD, account_with_password, links_mailed, sign_in_as

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"


@pytest.fixture
def ruth(client: FlaskClient) -> Account:
    """Signed in."""
    account = account_with_password()
    form = {"email": "ruth@example.org", "password": PASSWORD}
    client.post("/sign-in", data=form, headers={"User-Agent": FIREFOX})
    return account


def on_the_phone(app: Flask) -> FlaskClient:
    other = app.test_client()
    form = {"email": "ruth@example.org", "password": PASSWORD}
    other.post("/sign-in", data=form, headers={"User-Agent": PHONE})
    assert other.get("/account/").status_code == 200
    return other


def is_out(client: FlaskClient) -> bool:
    return client.get("/account/").status_code == 302


def test_visits_are_listed_by_device_and_one_can_be_ended(app: Flask, client: FlaskClient, ruth: Account) -> None:
    phone = on_the_phone(app)
    page = client.get("/account/").text
    assert "Firefox, Linux" in page
    assert "Chrome, Android" in page
    assert page.count("This visit") == 1
    (address,) = re.findall(r'action="(/account/visits/[0-9a-f-]+/end)"', page)
    for _again in range(2):
        assert client.post(address).status_code == 302
    assert is_out(phone)
    assert not is_out(client)


def test_all_other_visits_can_be_ended_at_once(app: Flask, client: FlaskClient, ruth: Account) -> None:
    others = [on_the_phone(app) for _ in range(2)]
    client.post("/account/visits/end-others")
    assert all(is_out(one) for one in others)
    assert not is_out(client)


def test_nobody_ends_somebody_elses_visit(app: Flask, client: FlaskClient, ruth: Account) -> None:
    account_with_password("mallory@example.org")
    mallory = app.test_client()
    sign_in_as(mallory, "mallory@example.org", PASSWORD)
    with db.reading() as session:
        visit = session.scalars(select(WebSession.public_id).where(WebSession.account_id == ruth.id)).one()
    assert mallory.post(f"/account/visits/{visit}/end").status_code == 302
    assert mallory.post(f"/account/visits/{UNKNOWN}/end").status_code == 302
    assert not is_out(client)


def test_a_new_password_ends_every_other_visit_and_wants_the_old_one(
    app: Flask, client: FlaskClient, ruth: Account
) -> None:
    phone = on_the_phone(app)
    new = "quite another password"
    wrong = client.post("/account/password", data={"old": "not this one", "password": new})
    assert wrong.status_code == 422
    assert not is_out(phone)
    assert client.post("/account/password", data={"old": PASSWORD, "password": new}).status_code == 302
    assert is_out(phone)
    assert not is_out(client)
    client.post("/sign-out")
    assert sign_in_as(client, "ruth@example.org", PASSWORD).status_code == 422
    assert sign_in_as(client, "ruth@example.org", new).status_code == 302


def test_a_new_password_by_mail_ends_every_visit(app: Flask, client: FlaskClient, ruth: Account) -> None:
    app.test_client().post("/account/forgotten", data={"email": "ruth@example.org"})
    app.test_client().post(links_mailed()[-1], data={"password": "quite another password"})
    assert is_out(client)


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("short", "too_short"),
        ("ruth@example.org!!", "has_email"),
        ("aaaabbbbaaaabbbb", "too_simple"),
        ("password1234567", "our_words"),
        ("qwertyuiop12345", "common"),
        ("123456789012345", "common"),
        ("iloveyouiloveyou", "common"),
        ("Zambezi Fund 2026", "our_words"),
        ("portal contribution", "our_words"),
        ("maize cob and river", None),
        ("zambezi sunrise and a heron", None),
    ],
)
def test_passwords_that_are_tried_first_are_refused(app: Flask, password: str, problem: str | None) -> None:
    assert problem_of_password(password, "ruth@example.org") == problem


def test_a_weak_password_is_refused_in_words_on_every_page_that_takes_one(client: FlaskClient, ruth: Account) -> None:
    form = {"old": PASSWORD, "name": "New", "email": "new@example.org", "password": "qwertyuiop12345"}
    assert "many people use" in client.post("/account/password", data=form).text
    assert "many people use" in client.post("/account/new", data=form).text
    client.post("/account/forgotten", data={"email": "ruth@example.org"})
    assert "many people use" in client.post(links_mailed()[-1], data=form).text


def test_another_address_is_used_once_its_link_is_opened(app: Flask, client: FlaskClient, ruth: Account) -> None:
    client.post("/account/address", data={"email": "ruth@new.example"})
    assert sign_in_as(app.test_client(), "ruth@new.example", PASSWORD).status_code == 422
    link = links_mailed()[-1]
    assert app.test_client().get(link).status_code == 200
    assert app.test_client().post(link).headers["Location"] == "/sign-in"
    assert app.test_client().post(link).status_code == 404
    assert is_out(client)
    assert sign_in_as(client, "ruth@new.example", PASSWORD).status_code == 302
    with db.reading() as session:
        told = [row.payload["to"] for row in session.scalars(select(Message).order_by(Message.id))]
    assert told == ["ruth@new.example", "ruth@example.org"]


def test_an_address_that_somebody_has_is_not_taken_over_and_nobody_learns_of_it(
    client: FlaskClient, ruth: Account
) -> None:
    account_with_password("esther@example.org")
    answer = client.post("/account/address", data={"email": "Esther@example.org"}, follow_redirects=True)
    assert "We have written to Esther@example.org." in answer.text
    assert links_mailed() == []


def test_name_and_office_can_be_changed(client: FlaskClient, ruth: Account) -> None:
    assert client.post("/account/details", data={"name": " ", "office": ""}).status_code == 422
    client.post("/account/details", data={"name": "Ruth K", "office": "Kapata & Co"})
    page = client.get("/account/").text
    assert "Ruth K" in page
    assert "Kapata &amp; Co" in page


def test_the_account_remembers_when_it_was_last_used(client: FlaskClient, ruth: Account) -> None:
    with db.reading() as session:
        seen = session.scalars(select(Account.last_seen_at)).one()
        assert session.scalar(select(func.count()).select_from(WebSession)) == 1
    assert seen is not None
    assert abs((clock.real_now() - seen).total_seconds()) < 60


@pytest.mark.parametrize(
    ("agent", "words"),
    [(FIREFOX, "Firefox, Linux"), (PHONE, "Chrome, Android"), ("", ""), ("curl/8.1", "curl"), ("<b>x", "bx")],
)
def test_a_device_is_named_in_words_people_know(agent: str, words: str) -> None:
    assert device_of(agent) == words
