"""A fund writes its own texts: seen before they are used, refused with line and remedy, versioned, given up again."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask.testing import FlaskClient

from portal import clock, db
from portal.auth.models import Account, FundRoleName
from portal.errors import Refused
from portal.notices import service, templates
from portal.notices.catalogue import CATALOGUE
from portal.notices.kinds import Kind
from portal.notices.wording import problems
from portal.words import Amount
from tests.factories import give_mandate, make_employer, make_officer, sign_in
from tests.notices.conftest import Page, Post, plain

KIND, URL = Kind.CREDIT_THERE, "/fund/texts/credit.there/en"
SUBJECT, TEXT = "Credit: {amount}", "Dear {employer}, {amount} in {scheme} is yours.\n\n{fund}"


@pytest.fixture
def author(client: FlaskClient, today: datetime) -> Account:
    with db.writing() as session:
        account = make_officer(session, FundRoleName.SYSTEM_ADMINISTRATOR)
    sign_in(client, account)
    return account


def save(client: FlaskClient, subject: str, text: str, **more: str) -> Page:
    return Page(client.post(URL, data={"subject": subject, "text": text, "seen": "0", **more}))


def told(today: datetime, name: str) -> None:
    with db.writing() as session:
        employer = make_employer(session, trade_name="Kafue & Sons")
        give_mandate(session, employer, email=f"{name}@kafue.example")
        service.tell(
            session, KIND, name=name, at=today, employer=employer.id, scheme="NAPSA", amount=Amount(5_00, "ZMW")
        )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{amount}\n\nin {sheme}", "Line 3: {sheme} is not known here. Did you mean {scheme}?"),
        ("{amount} {Scheme}", "Line 1: {Scheme} is not known here. Did you mean {scheme}?"),
        ("{amount}\n{xyzzy}", "Line 2: {xyzzy} is not known here. You can use {scheme}, {amount}, "
         "{employer}, {number}, {fund}, {link}."),
        ("{amount}\nyours: {scheme", "Line 2: there is a brace too many or too few near “yours: {scheme”."),
        ("{amount} {{scheme}}", "Line 1: there is a brace too many or too few near “{amount} {{scheme}}”."),
        ("{amount.__class__}", "Line 1: {amount.__class__} is not known here."),
        ("Yours.", "{amount} is missing: without it nobody knows what the message is about."),
        ("", "Write something here."),
        ("{amount}" + "x" * 4000, "This is too long: 4008 characters, and 4000 is the most."),
    ],
)  # fmt: skip
def test_a_broken_text_is_refused_with_its_line_and_the_remedy(text: str, says: str) -> None:

    found = problems(CATALOGUE[KIND], "Credit", text)
    assert list(found) == ["text"]
    words = found["text"]
    assert (words.msgid % words.values).startswith(says)


def test_a_broken_text_is_kept_as_it_was_typed_and_nothing_is_saved(client: FlaskClient, author: Account) -> None:
    page = save(client, SUBJECT, "Yours: {amuont}")
    assert page.status == 422
    assert "Line 1: {amuont} is not known here. Did you mean {amount}?" in page.text
    assert "Yours: {amuont}" in page.html
    with db.reading() as session:
        assert templates.versions(session, KIND, "en") == []


def test_a_text_is_seen_with_samples_before_it_is_used(client: FlaskClient, author: Account) -> None:
    page = save(client, SUBJECT, "<b>{amount}</b> for {employer}", preview="yes")
    assert page.status == 200
    assert "&lt;b&gt;ZMW\u00a01,200.00&lt;/b&gt; for Mulungushi Bakery" in page.html
    assert "sent as 1 message." in page.text
    with db.reading() as session:
        assert templates.versions(session, KIND, "en") == []


def test_a_text_holds_for_what_is_told_from_then_on_and_can_be_given_up(
    client: FlaskClient, author: Account, post: Post, today: datetime
) -> None:
    told(today, "before")
    assert save(client, SUBJECT, TEXT).status == 302
    assert save(client, SUBJECT, TEXT).status == 302  # a double click makes no second version
    told(today, "while")
    assert client.post(URL + "/default").status_code == 302
    told(today, "after")
    clock.shift(today - clock.real_now())  # a request asks the practice clock of the database
    subjects = {mail["To"].split("@")[0]: mail["Subject"] for mail in post.goes_out()}
    assert subjects == {
        "before": "You have ZMW 5.00 of credit", "while": "Credit: ZMW 5.00", "after": "You have ZMW 5.00 of credit",
    }  # fmt: skip
    assert "Dear Kafue & Sons, ZMW\u00a05.00 in NAPSA is yours." in plain(post.to("while@kafue.example")[0])
    with db.reading() as session:
        assert [bool(one.text) for one in templates.versions(session, KIND, "en")] == [False, True]
        assert templates.in_force(session, KIND, "fr") is None


def test_of_two_authors_the_second_is_shown_what_the_first_wrote(
    client: FlaskClient, author: Account, today: datetime
) -> None:
    save(client, SUBJECT, TEXT)
    page = save(client, SUBJECT, TEXT + "\n\nMine.")
    assert page.status == 409
    assert "A colleague changed this text while you wrote." in page.text
    assert "Mine." in page.html
    with db.reading() as session:
        seen = templates.latest(session, KIND, "en")
    assert save(client, SUBJECT, TEXT + "\n\nMine.", seen=str(seen)).status == 302


def test_who_does_not_run_the_portal_reads_the_texts_and_changes_none(client: FlaskClient, today: datetime) -> None:
    with db.writing() as session:
        officer = make_officer(session, FundRoleName.CONTRIBUTION_OFFICER)
    sign_in(client, officer)
    assert "Use this text" not in Page(client.get(URL)).text
    assert client.post(URL, data={"subject": SUBJECT, "text": TEXT}).status_code == 403
    assert client.post(URL + "/default").status_code == 403


def test_a_text_in_a_language_the_fund_does_not_speak_is_refused(author: Account, client: FlaskClient) -> None:
    assert client.get("/fund/texts/credit.there/de").status_code == 404
    assert client.get("/fund/texts/nothing/en").status_code == 404
    with db.writing() as session, pytest.raises(Refused, match="does not write in this language"):
        templates.save(session, KIND, "de", SUBJECT, TEXT, seen=None, by=author.id, at=author.created_at)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_text_of_the_portal_would_be_taken_and_can_be_shown(
    client: FlaskClient, author: Account, language: str
) -> None:
    for kind in Kind:
        page = Page(client.get(f"/fund/texts/{kind}/{language}"))
        assert page.status == 200, kind
    assert len(Page(client.get("/fund/texts/")).text) > 1000
