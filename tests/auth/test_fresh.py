"""Something binding asks again who it is when the last proof is older than a quarter of an hour."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal import clock, db
from portal.auth.models import Account, EmployerRole, WebSession
from portal.auth.passwords import hash_of
from portal.employers.models import Employer
from tests.auth.test_sign_in import PASSWORD
from tests.factories import give_mandate, hire, make_employer, sign_in


@pytest.fixture
def boss(client: FlaskClient) -> tuple[Account, Employer]:
    """A signatory who signed in twenty minutes ago and has been busy since."""
    with db.writing() as session:
        employer = make_employer(session)
        hire(session, employer)
        account = give_mandate(session, employer, EmployerRole.SIGNATORY, password_hash=hash_of(PASSWORD))
    sign_in(client, account)
    with db.writing() as session:
        session.execute(update(WebSession).values(created_at=clock.real_now() - timedelta(minutes=20)))
    return account, employer


def hidden(page: str) -> dict[str, str]:
    """The fields the page carries along."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: value for name, value in found if name != "csrf_token"}


def test_a_form_is_kept_while_the_password_is_asked_and_then_sent_on(
    client: FlaskClient, boss: tuple[Account, Employer]
) -> None:
    typed = {"email": "new@example.org"}
    asked = client.post("/account/address", data=typed)
    assert "Is it still you?" in asked.text
    assert "what you typed is kept" in asked.text
    carried = hidden(asked.text)
    assert carried == {**typed, "proof": "yes"}
    wrong = client.post("/account/address", data={**carried, "proof_password": "not the password"})
    assert wrong.status_code == 422
    assert "That is not your password." in wrong.text
    assert hidden(wrong.text) == carried
    done = client.post("/account/address", data={**carried, "proof_password": PASSWORD}, follow_redirects=True)
    assert "We have written to new@example.org." in done.text
    assert client.post("/account/address", data={"email": "other@example.org"}).status_code == 302


def test_a_payroll_is_not_submitted_by_a_visit_that_was_left_open(
    app: Flask, client: FlaskClient, boss: tuple[Account, Employer]
) -> None:
    address = f"/employers/{boss[1].number}/payrolls/00000000-0000-4000-8000-000000000000/submit"
    assert "Is it still you?" in client.post(address, data={"confirm": "yes"}).text
    answer = client.post(address, data={"confirm": "yes", "proof": "yes", "proof_password": PASSWORD})
    assert answer.status_code == 404  # proven, and there is no such payroll


def test_an_export_of_many_people_leads_over_the_password_and_back(
    client: FlaskClient, boss: tuple[Account, Employer]
) -> None:
    export = f"/employers/{boss[1].number}/roster/export.csv?q=a"
    asked = client.get(export)
    assert asked.status_code == 302
    assert asked.headers["Location"].startswith("/prove?next=")
    back = client.post(asked.headers["Location"], data={"proof": "yes", "proof_password": PASSWORD})
    assert back.headers["Location"] == export
    assert client.get(export).status_code == 200


def test_the_password_cannot_be_guessed_here_either(client: FlaskClient, boss: tuple[Account, Employer]) -> None:
    for _ in range(10):
        client.post("/prove", data={"proof": "yes", "proof_password": "guess guess"})
    answer = client.post("/prove", data={"proof": "yes", "proof_password": PASSWORD})
    assert "too many tries" in answer.text


def test_who_may_not_do_it_is_told_so_before_the_password_is_asked(
    client: FlaskClient, boss: tuple[Account, Employer]
) -> None:
    address = f"/employers/{boss[1].number}/slips/"
    assert client.post(address).status_code == 403


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_way_on_leads_to_no_other_site(client: FlaskClient, boss: tuple[Account, Employer], target: str) -> None:
    form = {"proof": "yes", "proof_password": PASSWORD}
    assert client.post("/prove", query_string={"next": target}, data=form).headers["Location"] == "/"


def test_a_visit_that_just_began_is_not_asked(client: FlaskClient) -> None:
    with db.writing() as session:
        employer = make_employer(session)
        account = give_mandate(session, employer)
    sign_in(client, account)
    assert client.get(f"/employers/{employer.number}/roster/export.csv").status_code == 200
    with db.reading() as session:
        assert session.scalars(select(WebSession)).one().account_id == account.id


def test_who_came_in_by_a_practice_card_goes_on_with_one_click(client: FlaskClient) -> None:
    with db.writing() as session:
        employer = make_employer(session)
        give_mandate(session, employer, email="signatory@kafue-mining.example")
    client.post("/practice/sign-in/signatory")
    with db.writing() as session:
        session.execute(update(WebSession).values(created_at=clock.real_now() - timedelta(minutes=20)))
    export = f"/employers/{employer.number}/roster/export.csv"
    asked = client.get(export)
    page = client.get(asked.headers["Location"]).text
    assert "proof_password" not in page
    assert client.post(asked.headers["Location"], data={"proof": "yes"}).headers["Location"] == export
    assert client.get(export).status_code == 200
