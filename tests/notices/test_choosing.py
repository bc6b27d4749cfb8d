"""A reader chooses what comes and how; what law obliges stays; messages stand in the portal; officers see the log."""

from __future__ import annotations

import re
import smtplib
from dataclasses import replace
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import clock, db
from portal.auth.models import Account, EmployerRole, FundRoleName
from portal.employers.models import Employer
from portal.jobs import mail as sending
from portal.notices import service
from portal.notices.kinds import Kind
from portal.notices.models import Delivery, NoticeRead, Preference
from portal.words import Amount, _
from tests.factories import give_mandate, make_employer, make_officer, sign_in
from tests.notices.conftest import Page, Post, deliveries

ALL = {"language": "en", "phone": ""}


@pytest.fixture
def kafue(today: datetime) -> Employer:
    with db.writing() as session:
        return make_employer(session, number="ZE1000017", email="office@kafue.example")


@pytest.fixture
def signatory(client: FlaskClient, kafue: Employer) -> Account:
    with db.writing() as session:
        account = give_mandate(session, kafue, EmployerRole.SIGNATORY, email="sign@kafue.example")
    sign_in(client, account)
    return account


def credit(employer: Employer, today: datetime, name: str = "one") -> None:
    with db.writing() as session:
        service.tell(
            session, Kind.CREDIT_THERE, name=name, at=today, employer=employer.id, scheme="NAPSA",
            amount=Amount(5_00, "ZMW"),
        )  # fmt: skip


def cancelled(employer: Employer, today: datetime) -> None:
    with db.writing() as session:
        service.tell(
            session, Kind.RECEIPT_CANCELLED, name="x", at=today, employer=employer.id, receipt="R-1",
            amount=Amount(5, "ZMW"), reason="The cheque was returned.",
        )  # fmt: skip


def out(post: Post, today: datetime) -> list[str]:
    """The subjects of what reached the signatory; requests put the clock back, so it is set again."""
    clock.shift(today - clock.real_now())
    return [mail["Subject"] for mail in post.to("sign@kafue.example")]


def test_who_wants_no_mail_of_a_kind_finds_it_in_the_portal_only(
    client: FlaskClient, post: Post, kafue: Employer, signatory: Account, today: datetime
) -> None:
    assert client.post("/messages/choose", data={**ALL, "way.credit.there": "portal"}).status_code == 302
    credit(kafue, today)
    assert out(post, today) == []
    page = Page(client.get("/employers/ZE1000017/messages/"))
    assert "You have ZMW 5.00 of credit" in page.text.replace("\u00a0", " ")
    assert "1 is new to you." in page.text
    client.post("/messages/choose", data={**ALL, "way.credit.there": "mail"})
    with db.reading() as session:
        assert session.scalars(select(Preference)).all() == []  # the usual way needs no row
    credit(kafue, today, "two")
    assert out(post, today) == ["You have ZMW 5.00 of credit"]


def test_what_the_law_obliges_cannot_be_turned_off(
    client: FlaskClient, post: Post, kafue: Employer, signatory: Account, today: datetime
) -> None:
    page = Page(client.get("/messages/choose"))
    assert 'name="way.receipt.cancelled"' not in page.html
    assert "Receipt cancelled" in page.text
    client.post("/messages/choose", data={**ALL, "way.receipt.cancelled": "portal"})
    cancelled(kafue, today)
    assert out(post, today) == ["Receipt R-1 no longer holds"]


def test_the_summary_of_the_day_and_another_language(
    client: FlaskClient, post: Post, kafue: Employer, signatory: Account, today: datetime
) -> None:
    client.post("/messages/choose", data={**ALL, "language": "fr", "way.credit.there": "digest"})
    credit(kafue, today)
    assert out(post, today) == []
    assert [one.state for one in deliveries()] == ["waiting"]
    with db.reading() as session:
        assert session.get_one(Account, signatory.id).language == "fr"
    assert client.post("/messages/choose", data={**ALL, "language": "de"}).status_code == 422


def test_one_click_in_a_mail_ends_mails_of_its_kind(
    client: FlaskClient, post: Post, kafue: Employer, signatory: Account, today: datetime
) -> None:
    credit(kafue, today)
    out(post, today)
    (mail,) = post.mails()
    url = re.sub(r"[<>]|http://localhost", "", mail["List-Unsubscribe"])
    client.delete_cookie("session")
    assert "Stop these mails" in Page(client.get(url)).text  # looking at it ends nothing
    credit(kafue, today, "two")
    assert len(out(post, today)) == 2
    for _twice in range(2):
        assert client.post(url, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    credit(kafue, today, "three")
    assert len(out(post, today)) == 2
    assert client.get(url[:-2] + "xx").status_code == 404


def test_what_was_read_is_read_for_its_reader_only_and_nothing_newer(
    client: FlaskClient, kafue: Employer, signatory: Account, today: datetime
) -> None:
    credit(kafue, today)
    page = Page(client.get("/employers/ZE1000017/messages/"))
    upto = re.search(r'name="upto" value="(\d+)"', page.html).group(1)  # type: ignore[union-attr]
    credit(kafue, today, "two")
    for _twice in range(2):
        client.post("/employers/ZE1000017/messages/read", data={"upto": upto})
    assert "1 is new to you." in Page(client.get("/employers/ZE1000017/messages/")).text
    with db.reading() as session:
        assert [row.account_id for row in session.scalars(select(NoticeRead))] == [signatory.id]


def test_who_is_invited_is_for_administrators_to_read(client: FlaskClient, kafue: Employer, signatory: Account) -> None:
    with db.writing() as session:
        service.tell(
            session, Kind.COLLEAGUE_INVITED, name="x", at=clock.now(), employer=kafue.id, email="new@kafue.example",
            roles=[_("viewer")],
        )  # fmt: skip
    assert "was invited" not in client.get("/employers/ZE1000017/messages/").text
    with db.writing() as session:
        administrator = give_mandate(session, kafue)
    sign_in(client, administrator)
    seen = Page(client.get("/employers/ZE1000017/messages/"))
    assert "new@kafue.example was invited" in seen.text


def test_an_address_that_takes_no_mail_stands_in_the_log_and_can_be_tried_again(
    client: FlaskClient, post: Post, kafue: Employer, today: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Server:
        def __enter__(self) -> Server:
            return self

        def __exit__(self, *_: object) -> None: ...

        def send_message(self, letter: object) -> None:
            raise smtplib.SMTPRecipientsRefused({"sign@kafue.example": (550, b"no such user")})

    with db.writing() as session:
        give_mandate(session, kafue, EmployerRole.SIGNATORY, email="sign@kafue.example")
        officer = make_officer(session, FundRoleName.CONTRIBUTION_OFFICER)
    sign_in(client, officer)
    credit(kafue, today)
    with monkeypatch.context() as broken:
        broken.setattr(sending, "_server", lambda _url: Server())
        usual, post.config = post.config, replace(post.config, smtp_url="smtp://x")
        assert out(post, today) == []
        post.config = usual
    page = Page(client.get("/fund/messages?state=refused&employer=ze1000017"))
    assert "not delivered" in page.text
    assert "The server does not take mail for this address (550)." in page.text
    with db.reading() as session:
        delivery = session.scalars(select(Delivery)).one().public_id
    assert client.post(f"/fund/messages/{delivery}/again").status_code == 302
    assert client.post(f"/fund/messages/{delivery}/again").status_code == 302  # it is on its way already
    assert out(post, today) == ["You have ZMW 5.00 of credit"]
    assert Page(client.get("/fund/messages?state=sent")).text.count("sign@kafue.example") == 1
