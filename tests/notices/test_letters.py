"""A letter: begun from a template, numbered, drawn by the worker, among the employer's messages, mailed with proof."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import clock, db
from portal.auth.models import EmployerRole, FundRoleName
from portal.coverage import people_told
from portal.coverage.cover import Row
from portal.employers.models import Employer
from portal.errors import Refused
from portal.installation import pack
from portal.jobs.letters import draw_one
from portal.notices import letters
from portal.notices.models import Letter, LetterSent
from portal.notices.text_message import length_of
from portal.people.reach import agree_to_texts, reachable
from tests.factories import give_mandate, make_employer, make_officer, make_person, sign_in
from tests.notices.conftest import Page, Post, deliveries

URL = "/fund/employers/ZE1000017/letters"


@pytest.fixture
def kafue(client: FlaskClient, today: datetime) -> Employer:
    """Kafue Mining with a viewer; an officer is signed in."""
    with db.writing() as session:
        employer = make_employer(session, number="ZE1000017", legal_name="Kafue & Sons", email="office@kafue.example")
        officer = make_officer(session, FundRoleName.CONTRIBUTION_OFFICER, name="Mutinta Banda")
        give_mandate(session, employer, EmployerRole.CLERK, email="pay@kafue.example")
    sign_in(client, officer)
    return employer


def form(**changes: str) -> dict[str, str]:
    return {
        "kind": "letter.plain", "language": "en", "once": "1", "subject": "Your bank account",
        "text": "Dear Sir or Madam,\n\nPlease confirm it.", **changes,
    }  # fmt: skip


def the_letter() -> Letter:
    with db.reading() as session:
        return session.scalars(select(Letter)).one()


def test_a_letter_from_the_template_to_the_employers_messages(
    client: FlaskClient, post: Post, kafue: Employer, today: datetime
) -> None:
    begun = Page(client.get(URL + "/new?kind=letter.demand&language=en"))
    assert "Contributions of Kafue &amp; Sons (employer number ZE1000017) are overdue on" in begun.html
    assert client.post(URL + "/new", data=form()).status_code == 302
    assert client.post(URL + "/new", data=form()).status_code == 302  # a second click: the same letter
    assert "it is being drawn" in Page(client.get(URL)).text
    clock.shift(today - clock.real_now())
    with post.app.app_context():
        assert draw_one()
        assert not draw_one()
    mails = {mail["To"]: mail for mail in post.goes_out()}
    assert set(mails) == {"pay@kafue.example", "office@kafue.example"}
    (pdf,) = mails["pay@kafue.example"].iter_attachments()
    assert pdf.get_filename() == "LT-2026-000001.pdf"
    content = pdf.get_content()
    assert content.startswith(b"%PDF-")
    with db.reading() as session:
        ways = session.scalars(select(LetterSent).order_by(LetterSent.id)).all()
    assert {(one.way, one.address) for one in ways} == {
        ("portal", "ZE1000017"), ("mail", "pay@kafue.example"), ("mail", "office@kafue.example"),
    }  # fmt: skip
    assert {one.sha256 for one in ways} == {hashlib.sha256(content).hexdigest()}
    assert client.get(f"{URL}/{the_letter().public_id}").data == content
    assert "Mutinta Banda" in Page(client.get(URL)).text


def test_the_employer_opens_its_letter_and_nobody_elses(
    client: FlaskClient, kafue: Employer, post: Post, today: datetime
) -> None:
    client.post(URL + "/new", data=form())
    with post.app.app_context():
        draw_one()
    with db.writing() as session:
        own = give_mandate(session, kafue, EmployerRole.VIEWER)
        other = give_mandate(session, make_employer(session, number="ZE1000025"))
    letter = the_letter().public_id
    sign_in(client, own)
    messages = client.get("/employers/ZE1000017/messages/").text
    assert f"/employers/ZE1000017/messages/letters/{letter}" in messages
    assert client.get(f"/employers/ZE1000017/messages/letters/{letter}").data.startswith(b"%PDF-")
    sign_in(client, other)
    assert client.get(f"/employers/ZE1000025/messages/letters/{letter}").status_code == 404
    assert client.get(f"/employers/ZE1000017/messages/letters/{letter}").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"subject": ""}, "Write something here."),
        ({"text": "Dear {name},"}, "Line 1: there is a brace."),
        ({"text": "x" * 4001}, "This is too long: 4,001 characters"),
    ],
)
def test_a_letter_that_cannot_be_sent_is_kept_as_typed_and_takes_no_number(
    client: FlaskClient, kafue: Employer, wrong: dict[str, str], says: str
) -> None:
    page = Page(client.post(URL + "/new", data=form(**wrong)))
    assert page.status == 422
    assert says in page.text
    assert client.post(URL + "/new", data=form(kind="nothing")).status_code == 422
    assert Page(client.post(URL + "/new", data=form(preview="yes"))).status == 200
    with db.reading() as session:
        assert letters.letters_of(session, kafue.id) == []


def test_a_text_message_goes_only_to_a_known_number_with_consent_and_is_counted(
    post: Post, tmp_path: Path, today: datetime
) -> None:
    rules = pack("zm-nhima")
    post.config = replace(post.config, sms_folder=tmp_path / "sms")
    with db.writing() as session:
        employer = make_employer(session, trade_name="Kafue Mining")
        silent, asked, none = (make_person(session, phone=phone) for phone in ("+260977000001", "+260977000002", ""))
        agree_to_texts(session, asked.id, True, at=today)
        with pytest.raises(Refused, match="no telephone number"):
            agree_to_texts(session, none.id, True, at=today)
        assert reachable(session, [silent.id, asked.id, none.id]) == {asked.id}
        rows = [Row(1, employer.id, one.id, rules.calendar.month_of(today.date()), "closed") for one in (silent, asked)]
        people_told.lost(session, rules, rows, reason="payment taken back", at=today)
    post.goes_out()
    (line,) = (tmp_path / "sms" / "messages.jsonl").read_text().splitlines()
    sent = json.loads(line)
    assert sent["to"] == "+260977000002"
    assert sent["text"] == (
        "Zambezi Fund: You have no cover by NHIMA from 1 November 2026 on. A payment that stood for you was taken back."
    )
    assert sent["segments"] == length_of(sent["text"]).segments == 1
    assert [(one.channel, one.state) for one in deliveries() if one.person_id] == [("sms", "sent")]
    with db.writing() as session:
        agree_to_texts(session, asked.id, False, at=today)
        assert reachable(session, [asked.id]) == set()


@pytest.mark.parametrize(
    ("text", "alphabet", "segments"),
    [("x" * 160, "GSM-7", 1), ("x" * 161, "GSM-7", 2), ("€" * 81, "GSM-7", 2), ("œ" * 70, "UCS-2", 1),
     ("कर" * 36, "UCS-2", 2), ("x" * 307, "GSM-7", 3)],
)  # fmt: skip
def test_how_long_a_text_message_is(text: str, alphabet: str, segments: int) -> None:
    found = length_of(text)
    assert (found.alphabet, found.segments) == (alphabet, segments)
