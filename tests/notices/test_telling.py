"""Something happens, and those whom it concerns are told: once, in their language, by the way they chose."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal import db
from portal.auth.models import EmployerRole
from portal.contributions import drafts
from portal.contributions import service as contributions
from portal.employers.models import Employer
from portal.notices import service
from portal.notices.addressing import address_some
from portal.notices.kinds import Kind
from portal.notices.models import Delivery
from portal.payments import service as payments
from portal.scheme.calendars import Month
from portal.words import Amount
from tests.factories import give_mandate, hire, make_account, make_employer
from tests.notices.conftest import Post, deliveries, notices, page, plain
from tests.payments.test_statements import counted

OCTOBER = Month(2026, 10)


def employer_of_one() -> Employer:
    """Kafue Mining: an administrator, a signatory who reads French, a clerk and a viewer."""
    with db.writing() as session:
        employer = make_employer(session, number="ZE1000017", legal_name="Kafue Mining Limited")
        hire(session, employer)
        for role, language in (
            (EmployerRole.ADMINISTRATOR, None), (EmployerRole.SIGNATORY, "fr"),
            (EmployerRole.CLERK, None), (EmployerRole.VIEWER, None),
        ):  # fmt: skip
            give_mandate(session, employer, role, email=f"{role.value}@kafue.example", language=language)
    return employer


def declare(employer: Employer, at: datetime) -> None:
    with db.writing() as session:
        draft = drafts.start_from_roster(session, employer.id, OCTOBER, at=at, by=None)
        contributions.submit_payroll(session, employer.id, draft.public_id, version=draft.version, by=None, at=at)


def pay(employer: Employer, amount: int, at: datetime) -> None:
    with db.writing() as session:
        payments.record_payment(
            session, employer.id, scheme="zm-napsa", amount=amount, paid_on=at.date(), method="bank",
            bank_reference="B1", by=None, at=at,
        )  # fmt: skip


def test_a_declaration_is_told_to_those_who_work_on_it_each_in_their_language(post: Post, today: datetime) -> None:
    employer = employer_of_one()
    declare(employer, today)
    mails = post.goes_out()
    assert sorted(mail["To"] for mail in mails) == [
        "administrator@kafue.example", "clerk@kafue.example", "signatory@kafue.example",
    ]  # fmt: skip
    (english,) = post.to("clerk@kafue.example")
    assert english["Subject"] == "Declaration received: October 2026"
    assert "NAPSA: acknowledgement A-2026-00000" in plain(english)
    assert "ZMW\u00a0600.00 to be paid by 10 November 2026" in plain(english)
    assert '<html lang="en"' in page(english)
    (french,) = post.to("signatory@kafue.example")
    assert french["Subject"] == "Déclaration reçue : octobre 2026"
    assert "600,00\u00a0ZMW" in plain(french)
    assert "Voir ce qui a été déclaré\u00a0: http://localhost/" in plain(french)
    assert '<html lang="fr"' in page(french)


def test_a_payment_is_told_once_with_its_receipt_and_what_is_left(post: Post, today: datetime) -> None:
    employer = employer_of_one()
    declare(employer, today)
    pay(employer, 700_00, today + timedelta(hours=1))
    subjects = [mail["Subject"] for mail in post.to("administrator@kafue.example")]
    assert subjects == [
        "Declaration received: October 2026", "Payment received: ZMW 700.00", "You have ZMW 100.00 of credit",
    ]  # fmt: skip
    assert len(post.to("administrator@kafue.example")) == 3
    assert not post.to("viewer@kafue.example")
    (mail,) = [
        one for one in post.mails() if one["To"] == "administrator@kafue.example" and "Payment" in one["Subject"]
    ]
    assert "The receipt has the number R-2026-000001." in plain(mail)
    assert "http://localhost/employers/ZE1000017/account/receipts/" in plain(mail)


def test_telling_the_same_twice_tells_once(post: Post, today: datetime) -> None:
    employer = employer_of_one()
    for _again in range(2):
        with db.writing() as session:
            service.tell(
                session, Kind.CREDIT_THERE, name="one", at=today, employer=employer.id, scheme="NAPSA",
                amount=Amount(1, "ZMW"),
            )  # fmt: skip
    assert len(notices()) == 1


def test_what_a_kind_does_not_know_is_our_own_mistake(post: Post, today: datetime) -> None:
    with db.writing() as session:
        employer = make_employer(session)
        for wrong in ({"scheme": "NAPSA"}, {"scheme": "NAPSA", "amount": 100}):
            with pytest.raises(ValueError, match=r"credit\.there"):
                service.tell(session, Kind.CREDIT_THERE, name="x", at=today, employer=employer.id, **wrong)
        with pytest.raises(ValueError, match="told to an employer"):
            service.tell(
                session, Kind.CREDIT_THERE, name="x", at=today, scheme="NAPSA", amount=Amount(1, "ZMW")
            )  # fmt: skip


def test_nobody_is_written_about_what_happened_long_ago(post: Post, today: datetime) -> None:
    declare(employer_of_one(), today - timedelta(days=8))
    assert post.goes_out() == []
    assert [(one.kind, one.addressed_at is not None) for one in notices()] == [("declaration.submitted", True)]


def test_who_has_no_mandate_any_more_is_not_written_to(post: Post, today: datetime) -> None:
    with db.writing() as session:
        employer = make_employer(session)
        hire(session, employer)
        give_mandate(session, employer, email="gone@kafue.example", disabled_at=today)
        give_mandate(session, employer, email="new@kafue.example", confirmed_at=None)
        make_account(session, email="stranger@kafue.example")
    declare(employer, today)
    assert post.goes_out() == []


def test_a_legal_notice_also_goes_to_the_address_in_the_file_and_there_only_once(post: Post, today: datetime) -> None:
    with db.writing() as session:
        employer = make_employer(session, email="office@kafue.example")
        give_mandate(session, employer, email="Office@kafue.example")
        other = make_employer(session, email="office@zambezi.example")
        for one in (employer, other):
            service.tell(
                session, Kind.RECEIPT_CANCELLED, name=str(one.id), at=today, employer=one.id, receipt="R-1",
                amount=Amount(5, "ZMW"), reason="The cheque was returned.",
            )  # fmt: skip
    assert sorted(mail["To"].lower() for mail in post.goes_out()) == ["office@kafue.example", "office@zambezi.example"]


def test_a_name_or_reason_can_never_become_a_page_or_a_place(post: Post, today: datetime) -> None:
    with db.writing() as session:
        employer = make_employer(session, legal_name="<b>{reason}</b> & Co", email="office@kafue.example")
        service.tell(
            session, Kind.RECEIPT_CANCELLED, name="x", at=today, employer=employer.id, receipt="R-1",
            amount=Amount(5, "ZMW"), reason="<script>alert(1)</script> {employer} {link}",
        )  # fmt: skip
    (mail,) = post.goes_out()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {employer} {link}" in page(mail)
    assert "<script" not in page(mail)
    assert "<script>alert(1)</script> {employer} {link}" in plain(mail)


def test_what_was_sent_stands_in_the_log_and_its_text_nowhere(post: Post, today: datetime) -> None:
    declare(employer_of_one(), today)
    post.goes_out()
    assert {(one.state, one.attempts, one.channel) for one in deliveries()} == {("sent", 1, "mail")}
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Delivery).where(Delivery.sent_at.is_(None))) == 0


def test_addressing_asks_no_more_for_a_hundred_employers_than_for_one(post: Post, today: datetime) -> None:
    asked = []
    for count in (1, 100):
        with db.writing() as session:
            employers = [make_employer(session) for _ in range(count)]
            for one in employers:
                give_mandate(session, one)
            tellings = [
                service.Telling(
                    Kind.CREDIT_THERE, f"{count}/{one.id}", {"scheme": "NAPSA", "amount": Amount(1, "ZMW")}, one.id
                )
                for one in employers
            ]
            assert service.tell_many(session, tellings, at=today) == count
        with counted() as sent, db.writing() as session:
            assert address_some(session, at=today, sms=False) == count
        asked.append(len(sent))
    assert asked[0] == asked[1] <= 8, asked
    assert len(deliveries()) == 101
