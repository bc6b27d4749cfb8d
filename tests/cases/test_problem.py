"""“Something wrong here?”: a number for everybody, an answer for who can be reached."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from sqlalchemy import select

from portal import db
from portal.auth.models import Account, FundRoleName
from portal.cases import queries
from portal.cases.models import Case
from portal.outbox import Message
from portal.scheme.explain import words_from_json
from tests.factories import make_account, make_officer, make_person, sign_in

FOOT = re.compile(r'href="(/problem\?reference=(\w{8}))"')


def told(client: FlaskClient, **data: str) -> str:
    """Tell what is wrong; the address that leads on."""
    answer = client.post("/problem", data={"text": "The button does nothing.", "once": "1", **data})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def case() -> Case:
    with db.reading() as session:
        return session.scalars(select(Case).order_by(Case.id.desc())).first()


def officer(client: FlaskClient, role: FundRoleName = FundRoleName.SYSTEM_ADMINISTRATOR) -> Account:
    with db.writing() as session:
        account = make_officer(session, role)
    sign_in(client, account)
    return account


def answer(client: FlaskClient, found: Case, then: str = "wait") -> int:
    with db.reading() as session:
        seen = str(queries.thread(session, found, fund_side=True)[-1].entry.id)
    data = {"text": "It works now.", "then": then, "outcome": "settled", "seen": seen}
    return client.post(f"/fund/cases/{found.public_id}", data=data).status_code


def test_the_foot_of_every_page_leads_to_the_form_with_its_reference(client: FlaskClient) -> None:
    for path in ("/", "/sign-in", "/no/such/page", "/problem"):
        page = client.get(path)
        link, reference = FOOT.search(page.text).groups()
        assert f"<code>{reference}</code>" in page.text, path
    form = client.get(link, headers={"Referer": "http://localhost/no/such/page?secret=1"}).text
    assert 'value="/no/such/page"' in form
    assert f'value="{reference}"' in form
    assert "secret" not in form


def test_a_stranger_gets_a_number_and_with_an_address_the_answer(client: FlaskClient) -> None:
    address = told(client, contact="someone@example.org", page="/sign-in?email=me", reference="ABCD1234")
    found = case()
    assert found.facts == {"page": "/sign-in", "reference": "ABCD1234"}
    shown = client.get(address).text
    assert found.number in shown
    assert "The button does nothing." not in shown, "whoever has the address learns the number and no more"
    officer(client)
    assert answer(client, found) == 302
    with db.reading() as session:
        (mail,) = session.scalars(select(Message).where(Message.topic == "mail")).all()
    assert mail.payload["to"] == "someone@example.org"
    assert "It works now." in str(words_from_json(mail.payload["text"]))


def test_where_nobody_can_be_reached_nothing_is_sent(client: FlaskClient) -> None:
    told(client, contact="0977 123 456")
    officer(client)
    assert "Send it, and wait" not in client.get(f"/fund/cases/{case().public_id}").text
    assert answer(client, case()) == 422
    assert answer(client, case(), "close") == 302
    with db.reading() as session:
        assert session.scalars(select(Message).where(Message.topic == "mail")).all() == []


def test_who_is_signed_in_reads_the_answer_and_can_write_again(client: FlaskClient) -> None:
    with db.writing() as session:
        account = make_account(session)
        other = make_account(session)
    sign_in(client, account)
    address = told(client)
    officer(client)
    answer(client, case())
    sign_in(client, account)
    assert "It works now." in client.get(address).text
    with db.reading() as session:
        seen = queries.thread(session, case(), fund_side=False)[-1].entry.id
    assert client.post(address, data={"text": "Thank you.", "seen": str(seen)}).status_code == 302
    sign_in(client, other)
    assert "Thank you." not in client.get(address).text
    assert client.post(address, data={"text": "x"}).status_code == 404


def test_an_employee_finds_it_among_the_reports(client: FlaskClient) -> None:
    with db.writing() as session:
        person = make_person(session).id
    sign_in(client, person_id=person)
    told(client)
    assert case().number in client.get("/me/reports").text


def test_a_token_in_an_address_is_not_kept(client: FlaskClient) -> None:
    form = client.get("/problem", headers={"Referer": "http://localhost/account/reset/very-secret"}).text
    assert "very-secret" not in form
    told(client, page="/account/reset/very-secret")
    assert case().facts["page"] == "/account/reset/<token>"
    told(client, page="https://elsewhere.example/", once="2")
    assert case().facts["page"] == ""


def test_a_second_click_tells_it_once_and_an_eleventh_in_an_hour_is_asked_to_wait(client: FlaskClient) -> None:
    assert told(client) == told(client)
    for n in range(8):
        told(client, once=f"n{n}")
    late = client.post("/problem", data={"text": "Kept text", "once": "late"})
    assert late.status_code == 429
    assert "Kept text" in late.text


def test_an_empty_message_is_asked_for_again(client: FlaskClient) -> None:
    empty = client.post("/problem", data={"text": " ", "contact": "me@example.org"})
    assert empty.status_code == 422
    assert "Write what is wrong." in empty.text
    assert "me@example.org" in empty.text
