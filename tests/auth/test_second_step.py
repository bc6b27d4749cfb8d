"""The second step of signing in: set up, asked for, never taken twice, and not to be guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal import clock, db
from portal.auth.models import Account, Attempt, RecoveryCode, SecondFactor, WebSession
from portal.installation import fund
from tests.auth.test_sign_in import PASSWORD, account_with_password, links_mailed, sign_in_as
from tests.factories import give_mandate, make_employer, make_officer, sign_in


class Phone:
    """An authenticator: what it was set up with, and the figures it shows."""

    def __init__(self, letters: str) -> None:
        self.totp = pyotp.TOTP(letters)

    def shows(self, steps: int = 0) -> str:
        """The figures now, or so many times thirty seconds later."""
        return self.totp.at(clock.real_now() + timedelta(seconds=30 * steps))


def set_up(client: FlaskClient) -> tuple[Phone, list[str]]:
    """Set an authenticator up from the account page; gives it and the recovery codes."""
    page = client.post("/account/second-step/begin", follow_redirects=True).text
    letters = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert letters
    phone = Phone(letters[1].replace(" ", ""))
    done = client.post("/account/second-step/confirm", data={"code": phone.shows(-1)})
    assert done.status_code == 200
    return phone, re.findall(r"<li>([A-Z0-9]{4}(?:-[A-Z0-9]{4}){3})</li>", done.text)


@pytest.fixture
def phone(client: FlaskClient) -> Phone:
    """Ruth's authenticator; she is signed out again."""
    account_with_password()
    sign_in_as(client, "ruth@example.org", PASSWORD)
    made, codes = set_up(client)
    assert len(codes) == 10
    client.post("/sign-out")
    return made


def password_given(client: FlaskClient) -> None:
    answer = sign_in_as(client, "ruth@example.org", PASSWORD)
    assert answer.headers["Location"] == "/sign-in/code"


def code_given(client: FlaskClient, code: str) -> object:
    return client.post("/sign-in/code", data={"code": code})


def test_the_password_alone_opens_nothing_and_the_code_does(client: FlaskClient, phone: Phone) -> None:
    password_given(client)
    assert "/sign-in" in client.get("/account/").headers["Location"]
    assert code_given(client, phone.shows()).status_code == 302
    assert client.get("/account/").status_code == 200


def test_each_step_gives_a_new_token(client: FlaskClient, phone: Phone) -> None:
    client.set_cookie("session", "planted-before-by-somebody-else")
    password_given(client)
    half = client.get_cookie("session").value
    code_given(client, phone.shows())
    whole = client.get_cookie("session").value
    assert len({half, whole, "planted-before-by-somebody-else"}) == 3
    client.set_cookie("session", half)
    assert "/sign-in" in client.get("/account/").headers["Location"]


def test_a_code_is_taken_once_and_an_older_one_not_after_it(client: FlaskClient, phone: Phone) -> None:
    password_given(client)
    now, before = phone.shows(), phone.shows(-1)
    assert code_given(client, now).status_code == 302
    client.post("/sign-out")
    password_given(client)
    for used in (now, before, "000000", "", "x" * 41):
        assert code_given(client, used).status_code == 422, used
    assert code_given(client, phone.shows(1)).status_code == 302


def test_after_ten_tries_even_the_right_code_waits_and_after_fifty_a_day(client: FlaskClient, phone: Phone) -> None:
    password_given(client)
    answers = [code_given(client, f"{n:06d}") for n in range(50)]
    assert code_given(client, phone.shows()).text.count("There were too many tries") > 0
    assert all("There were too many tries" in answer.text for answer in answers[10:])
    with db.writing() as session:
        session.execute(update(Attempt).values(at=Attempt.at - timedelta(minutes=16)))
    assert "There were too many tries" in code_given(client, phone.shows()).text
    with db.writing() as session:
        session.execute(update(Attempt).values(at=Attempt.at - timedelta(days=1)))
    assert code_given(client, phone.shows()).status_code == 302


def test_a_recovery_code_works_once_and_is_kept_only_as_a_digest(client: FlaskClient) -> None:
    account_with_password()
    sign_in_as(client, "ruth@example.org", PASSWORD)
    _phone, codes = set_up(client)
    for code, expected in ((codes[3].lower().replace("-", " "), 302), (codes[3], 422), (codes[4], 302)):
        client.post("/sign-out")
        password_given(client)
        assert code_given(client, code).status_code == expected
    assert "8 recovery codes left" in client.get("/account/").text
    with db.reading() as session:
        assert not {row.digest for row in session.scalars(select(RecoveryCode))} & set(codes)


def test_new_recovery_codes_end_the_old_ones(client: FlaskClient) -> None:
    account_with_password()
    sign_in_as(client, "ruth@example.org", PASSWORD)
    _phone, old = set_up(client)
    page = client.post("/account/second-step/recovery-codes").text
    client.post("/sign-out")
    password_given(client)
    assert code_given(client, old[0]).status_code == 422
    new = re.findall(r"<li>([A-Z0-9-]{19})</li>", page)
    assert code_given(client, new[0]).status_code == 302


def test_the_password_is_forgotten_after_ten_minutes(client: FlaskClient, phone: Phone) -> None:
    password_given(client)
    with db.writing() as session:
        row = session.scalars(select(WebSession)).one()
        row.content = {"half": {**row.content["half"], "until": (clock.real_now() - timedelta(seconds=1)).isoformat()}}
    assert code_given(client, phone.shows()).headers["Location"] == "/sign-in"


def test_the_way_back_is_kept_over_both_steps_and_leads_to_no_other_site(client: FlaskClient, phone: Phone) -> None:
    form = {"email": "ruth@example.org", "password": PASSWORD}
    for wanted, given, steps in (("/account/?x=1", "/account/?x=1", 0), ("//evil.example/", "/", 1)):
        client.post("/sign-in", query_string={"next": wanted}, data=form)
        assert code_given(client, phone.shows(steps)).headers["Location"] == given
        client.post("/sign-out")


def test_an_account_that_is_disabled_between_the_steps_stays_out(client: FlaskClient, phone: Phone) -> None:
    password_given(client)
    with db.writing() as session:
        session.execute(update(Account).values(disabled_at=clock.now()))
    assert code_given(client, phone.shows()).status_code == 422


def test_the_table_holds_no_secret_and_another_installation_cannot_use_it(
    app: Flask, client: FlaskClient, phone: Phone
) -> None:
    with db.reading() as session:
        assert phone.totp.secret not in str(session.scalars(select(SecondFactor.salt)).one())
    kept = app.config["SECRET_KEY"]
    app.config["SECRET_KEY"] = "another installation"
    try:
        password_given(client)
        assert code_given(client, phone.shows()).status_code == 422
    finally:
        app.config["SECRET_KEY"] = kept


def test_setting_it_up_ends_the_visits_that_came_in_without_it(app: Flask, client: FlaskClient) -> None:
    account_with_password()
    elsewhere = app.test_client()
    for one in (client, elsewhere):
        sign_in_as(one, "ruth@example.org", PASSWORD)
    set_up(client)
    assert client.get("/account/").status_code == 200
    assert "/sign-in" in elsewhere.get("/account/").headers["Location"]
    assert client.post("/account/second-step/confirm", data={"code": "123456"}).status_code == 302


def test_a_wrong_first_code_turns_nothing_on(client: FlaskClient) -> None:
    account_with_password()
    sign_in_as(client, "ruth@example.org", PASSWORD)
    client.post("/account/second-step/begin")
    assert client.post("/account/second-step/confirm", data={"code": "000000"}).status_code == 422
    client.post("/sign-out")
    assert sign_in_as(client, "ruth@example.org", PASSWORD).headers["Location"] == "/"


@pytest.fixture
def asked_for(app: Flask) -> Iterator[None]:
    """The fund's people must have a second step, as in production."""
    kept = app.config["PORTAL"]
    app.config["PORTAL"] = replace(kept, second_step=True)
    yield
    app.config["PORTAL"] = kept


@pytest.mark.usefixtures("asked_for")
def test_where_it_is_asked_for_the_funds_people_set_it_up_before_anything_else(client: FlaskClient) -> None:
    with db.writing() as session:
        officer = make_officer(session)
    sign_in(client, officer)
    for page in ("/fund/", "/fund/employers", "/fund/arrears.csv"):
        assert client.get(page).headers["Location"] == "/account/second-step"
    assert client.get("/account/second-step").status_code == 200
    set_up(client)
    assert client.get("/fund/").status_code == 200


def test_a_fund_may_ask_employers_administrators_for_it(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.writing() as session:
        employer = make_employer(session)
        boss = give_mandate(session, employer)
    sign_in(client, boss)
    assert client.get(f"/employers/{employer.number}/").status_code == 200
    asking = replace(fund(), second_step_for=("administrator",))
    monkeypatch.setattr("portal.auth.access.fund", lambda: asking)
    assert client.get(f"/employers/{employer.number}/").headers["Location"] == "/account/second-step"


def test_who_chooses_a_new_password_by_mail_still_needs_the_code(client: FlaskClient, phone: Phone) -> None:
    client.post("/account/forgotten", data={"email": "ruth@example.org"})
    client.post(links_mailed()[-1], data={"password": "quite another password"})
    answer = sign_in_as(client, "ruth@example.org", "quite another password")
    assert answer.headers["Location"] == "/sign-in/code"
