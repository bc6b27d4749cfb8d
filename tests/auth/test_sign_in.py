"""Coming in: with a password, by a link, and not by guessing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal import clock, db
from portal.auth import service
from portal.auth.models import Account, Token, WebSession
from portal.outbox import Message
from portal.scheme.explain import words_from_json
from tests.factories import make_account, make_officer

PASSWORD = "maize cob and river"


def account_with_password(email: str = "ruth@example.org") -> Account:
    with db.writing() as session:
        return service.add_account(session, email, "Ruth", at=clock.now(), password=PASSWORD)


def sign_in_as(client: FlaskClient, email: str, password: str) -> object:
    return client.post("/sign-in", data={"email": email, "password": password})


def links_mailed() -> list[str]:
    with db.reading() as session:
        texts = [
            str(words_from_json(row.payload["text"])) for row in session.scalars(select(Message).order_by(Message.id))
        ]
    return [link for text in texts for link in re.findall(r"http://localhost(\S+)", text)]


def test_the_right_password_lets_one_in_and_a_new_token_is_given(client: FlaskClient) -> None:
    account_with_password()
    client.get("/sign-in")
    client.set_cookie("session", "planted-before-by-somebody-else")
    answer = sign_in_as(client, "RUTH@example.org", PASSWORD)
    assert answer.status_code == 302
    cookie = client.get_cookie("session")
    assert cookie is not None
    assert cookie.value != "planted-before-by-somebody-else"
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def test_a_wrong_password_and_an_unknown_address_get_the_same_page_and_what_was_typed_is_kept(
    client: FlaskClient,
) -> None:
    account_with_password()
    wrong = sign_in_as(client, "ruth@example.org", "not the password")
    unknown = sign_in_as(client, "nobody@example.org", "not the password")
    assert wrong.status_code == unknown.status_code == 422
    assert "do not belong together" in wrong.text

    def plain(text: str) -> str:
        return re.sub(r'value="[^"]*"|<code>\w+</code>|(?:subject|reference)=\w+', "", text)

    assert plain(wrong.text) == plain(unknown.text)
    assert 'value="ruth@example.org"' in wrong.text
    assert "not the password" not in wrong.text


def test_an_address_that_was_never_confirmed_does_not_come_in(client: FlaskClient) -> None:
    form = {"name": "Ruth", "email": "new@example.org", "password": PASSWORD}
    assert client.post("/account/new", data=form).status_code == 302
    assert "Open the link in the mail" in sign_in_as(client, "new@example.org", PASSWORD).text
    (link,) = links_mailed()
    answer = client.post(link, follow_redirects=True)
    assert "Your e-mail address is confirmed. Sign in to go on." in answer.text
    assert sign_in_as(client, "new@example.org", PASSWORD).status_code == 302


def test_making_an_account_twice_tells_nobody_that_it_exists(client: FlaskClient) -> None:
    account_with_password()
    form = {"name": "Mallory", "email": "ruth@example.org", "password": "another long password"}
    answer = client.post("/account/new", data=form)
    assert answer.headers["Location"].endswith("/account/check-mail")
    assert sign_in_as(client, "ruth@example.org", "another long password").status_code == 422


def test_after_ten_tries_even_the_right_password_waits(client: FlaskClient) -> None:
    account_with_password()
    for _ in range(10):
        sign_in_as(client, "ruth@example.org", "guess guess guess")
    answer = sign_in_as(client, "ruth@example.org", PASSWORD)
    assert answer.status_code == 429
    assert "too many tries" in answer.text


def test_a_reset_link_works_once_and_the_old_password_no_more(client: FlaskClient) -> None:
    account_with_password()
    client.post("/account/forgotten", data={"email": "ruth@example.org"})
    (link,) = links_mailed()
    assert client.post(link, data={"password": "quite another password"}).status_code == 302
    assert sign_in_as(client, "ruth@example.org", "quite another password").status_code == 302
    assert client.post(link, data={"password": "and a third password"}).status_code == 404
    assert sign_in_as(client, "ruth@example.org", PASSWORD).status_code == 422


def test_a_password_chosen_by_a_link_may_not_hold_the_address_it_was_sent_to(client: FlaskClient) -> None:
    account_with_password()
    client.post("/account/forgotten", data={"email": "ruth@example.org"})
    (link,) = links_mailed()
    answer = client.post(link, data={"password": "ruth walks to Kitwe"})
    assert answer.status_code == 422
    assert "Leave your e-mail address out of the password." in answer.text
    assert client.post(link, data={"password": "somebody walks to Kitwe"}).status_code == 302


def test_a_reset_link_is_too_old_after_half_an_hour_and_a_moved_clock_changes_nothing(client: FlaskClient) -> None:
    account_with_password()
    client.post("/account/forgotten", data={"email": "ruth@example.org"})
    (link,) = links_mailed()
    with db.writing() as session:
        session.execute(update(Token).values(expires_at=clock.real_now() - timedelta(seconds=1)))
        db.store_offset(session, timedelta(days=-1))
    assert client.post(link, data={"password": "some new password"}).status_code == 404


def test_asking_to_reset_an_unknown_address_sends_nothing_and_says_the_same(client: FlaskClient) -> None:
    answer = client.post("/account/forgotten", data={"email": "nobody@example.org"})
    assert answer.headers["Location"].endswith("/account/check-mail")
    assert links_mailed() == []


def test_signing_out_ends_the_visit_on_the_server(client: FlaskClient) -> None:
    account_with_password()
    sign_in_as(client, "ruth@example.org", PASSWORD)
    token = client.get_cookie("session")
    assert token is not None
    client.post("/sign-out")
    client.set_cookie("session", token.value)
    assert "Sign out" not in client.get("/").text


def test_a_visit_ends_after_half_an_hour_without_a_page(client: FlaskClient) -> None:
    account_with_password()
    sign_in_as(client, "ruth@example.org", PASSWORD)
    assert client.get("/registration/").status_code != 302
    with db.writing() as session:
        session.execute(update(WebSession).values(last_seen_at=clock.real_now() - timedelta(minutes=31)))
    assert "/sign-in" in client.get("/registration/").headers["Location"]


def test_a_disabled_account_is_out_at_once(client: FlaskClient) -> None:
    account = account_with_password()
    sign_in_as(client, "ruth@example.org", PASSWORD)
    with db.writing() as session:
        session.get_one(Account, account.id).disabled_at = clock.now()
    assert "/sign-in" in client.get("/registration/").headers["Location"]


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_never_sends_one_to_another_site(client: FlaskClient, target: str) -> None:
    account_with_password()
    answer = client.post(
        "/sign-in", query_string={"next": target}, data={"email": "ruth@example.org", "password": PASSWORD}
    )
    assert answer.headers["Location"] == "/"


def test_a_role_that_ended_yesterday_no_longer_opens_the_funds_pages(client: FlaskClient) -> None:
    with db.writing() as session:
        officer = make_officer(session)
        other = make_account(session)
    from tests.factories import sign_in

    sign_in(client, officer)
    assert client.get("/fund/").status_code == 200
    sign_in(client, other)
    assert client.get("/fund/").status_code == 404


@pytest.fixture
def strict(app: Flask, client: FlaskClient) -> Iterator[FlaskClient]:
    """A visitor of the portal with its protection against forged forms on."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield client
    app.config["WTF_CSRF_ENABLED"] = False


def test_a_form_sent_from_elsewhere_is_not_accepted(strict: FlaskClient) -> None:
    account_with_password()
    answer = sign_in_as(strict, "ruth@example.org", PASSWORD)
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text
