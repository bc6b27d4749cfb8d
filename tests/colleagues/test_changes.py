"""What an employer changes only with the fund: bank account, legal name, the last administrator."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal import db
from portal.approvals import Approval
from portal.audit import AuditEvent
from portal.auth.models import Account, FundRoleName, Mandate
from portal.employers.models import Employer
from portal.outbox import Message
from tests.auth.test_sign_in import links_mailed
from tests.factories import AT, give_mandate, make_employer, make_officer, sign_in

WANTED = {"legal_name": "Kafue Mining Plc", "bank_name": "Zanaco", "bank_account": "0042", "reason": "Converted."}


@dataclass
class Story:
    """An employer with one administrator, and a registrar of the fund, each at a browser."""

    employer: Employer
    owner: Account
    client: FlaskClient
    fund: FlaskClient

    @property
    def base(self) -> str:
        return f"/employers/{self.employer.number}/changes/"

    def ask(self, **more: str) -> int:
        return self.client.post(self.base + "details", data={**WANTED, **more}).status_code

    def asked(self) -> Approval:
        with db.reading() as session:
            return session.scalars(select(Approval).order_by(Approval.id.desc())).first()

    def decide(self, how: str, note: str = "") -> int:
        asked = self.asked()
        form = {"fingerprint": asked.fingerprint, "note": note}
        return self.fund.post(f"/fund/approvals/{asked.public_id}/{how}", data=form).status_code

    def on_file(self) -> tuple[str, str]:
        with db.reading() as session:
            found = session.get_one(Employer, self.employer.id)
        return found.legal_name, found.bank_account


@pytest.fixture
def story(app: Flask, client: FlaskClient) -> Story:
    with db.writing() as session:
        employer = make_employer(session, legal_name="Kafue Mining Ltd", email="office@kafue.example")
        owner = give_mandate(session, employer)
        registrar = make_officer(session, FundRoleName.REGISTRAR)
    sign_in(client, owner)
    fund = app.test_client()
    sign_in(fund, registrar)
    return Story(employer, owner, client, fund)


def mailed_to() -> list[str]:
    with db.reading() as session:
        return [one.payload["to"] for one in session.scalars(select(Message).order_by(Message.id))]


def test_another_bank_account_and_name_wait_for_the_fund_and_everybody_is_told(story: Story) -> None:
    with db.writing() as session:
        second = give_mandate(session, story.employer)
    assert story.ask() == story.ask() == 302  # pressed twice
    assert story.on_file() == ("Kafue Mining Ltd", "")
    waiting = story.client.get(story.base).text
    assert "Kafue Mining Plc (until now: Kafue Mining Ltd)" in waiting
    assert "Ask for another legal name" not in waiting  # one wish at a time
    assert sorted(mailed_to()) == sorted(["office@kafue.example", story.owner.email, second.email])
    page = story.fund.get(f"/fund/approvals/{story.asked().public_id}").text
    assert "0042 (until now: nothing)" in page
    assert story.decide("approve") == 302
    assert story.on_file() == ("Kafue Mining Plc", "0042")
    assert len(mailed_to()) == 6
    with db.reading() as session:
        told = session.scalars(select(AuditEvent).where(AuditEvent.event == "employer.changed")).one()
    assert told.fields == {"fields": ["legal_name", "bank_name", "bank_account"]}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"legal_name": ""}, "Write the legal name"),
        ({"bank_account": ""}, "both the bank and the account number"),
        ({"reason": " "}, "Write why"),
        ({"legal_name": "Kafue Mining Ltd", "bank_name": "", "bank_account": ""}, "on file already"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_and_keeps_what_was_typed(
    story: Story, more: dict[str, str], words: str
) -> None:
    answer = story.client.post(story.base + "details", data={**WANTED, "reason": "Because of it.", **more})
    assert answer.status_code == 422
    assert words in answer.text
    assert story.asked() is None


def test_refused_or_taken_back_nothing_changes(story: Story) -> None:
    story.ask()
    assert story.decide("refuse", "No certificate came.") == 302
    assert story.on_file() == ("Kafue Mining Ltd", "")
    story.ask()
    assert story.client.post(f"{story.base}{story.asked().public_id}/take-back").status_code == 302
    assert story.decide("approve") == 409
    assert story.on_file() == ("Kafue Mining Ltd", "")


def test_two_different_wishes_wait_one_after_the_other(story: Story) -> None:
    story.ask()
    assert story.ask(bank_account="0043") == 409
    with db.writing() as session:  # changed otherwise meanwhile, by a way that is not this one
        session.get_one(Employer, story.employer.id).bank_account = "7"
    assert story.decide("approve") == 409
    assert story.on_file() == ("Kafue Mining Ltd", "7")


def test_who_asked_cannot_decide_even_past_the_pages(story: Story) -> None:
    story.ask()
    asked = story.asked()
    decided = {"decision": "approved", "decided_by": story.owner.id, "decided_at": AT}
    statement = update(Approval).where(Approval.id == asked.id).values(**decided)
    with db.engine().connect() as connection, pytest.raises(IntegrityError, match="four_eyes"):
        connection.execute(statement)


def test_the_last_administrator_leaves_with_the_fund_and_the_next_is_invited(app: Flask, story: Story) -> None:
    with db.reading() as session:
        mandate = session.scalars(select(Mandate.public_id)).one()
    page = f"{story.base}administrator/{mandate}"
    wrong = story.client.post(page, data={"successor": story.owner.email, "reason": "I retire."})
    assert "Name somebody else" in wrong.text
    typed = {"successor": "next@example.org", "reason": "I retire."}
    assert story.client.post(page, data=typed).status_code == 302
    assert story.client.get(story.base).status_code == 200  # still there until the fund agrees
    assert story.decide("approve") == 302
    assert story.client.get(story.base).status_code == 403
    link = next(one for one in links_mailed() if one.startswith("/invitations/"))
    successor = app.test_client()
    new = {"name": "Next", "password": "maize cob and river"}
    assert successor.post(f"{link}/account", data=new).status_code == 302
    assert successor.get(story.base).status_code == 200


def test_with_another_administrator_the_fund_is_not_asked(story: Story) -> None:
    with db.writing() as session:
        give_mandate(session, story.employer)
        mandate = session.scalars(select(Mandate.public_id).where(Mandate.account_id == story.owner.id)).one()
    answer = story.client.post(f"{story.base}administrator/{mandate}", data={"reason": "I retire."})
    assert answer.status_code == 409
    assert "you can end the mandate yourself" in answer.text


def test_a_colleague_cannot_ask_and_another_employers_request_does_not_exist(app: Flask, story: Story) -> None:
    story.ask()
    with db.writing() as session:
        stranger = give_mandate(session, make_employer(session, number="ZE1234566"))
    other = app.test_client()
    sign_in(other, stranger)
    taken = other.post(f"/employers/ZE1234566/changes/{story.asked().public_id}/take-back")
    assert taken.status_code == 404
    assert story.asked().decision is None
