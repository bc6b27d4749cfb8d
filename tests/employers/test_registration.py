"""An enterprise applies, an officer decides, and every step is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import db, files
from portal.audit import AuditEvent
from portal.auth.models import Account, FundRoleName, Mandate
from portal.employers import answers as asked
from portal.employers import decisions, registration, review
from portal.employers.models import Employer, Enrolment, Registration, RegistrationState
from portal.errors import NotFound, Refused
from portal.files import StoredFile
from portal.installation import fund
from portal.notices.models import Notice
from tests.factories import make_account, make_employer, make_officer

AT = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 3)
PDF = b"%PDF-1.7\nnothing"

GOOD: dict[str, Any] = {
    "legal_name": "Kafue Mining Limited",
    "trade_name": "Kafue Mining",
    "tax_number": "1001 234 567",
    "registration_number": "120190001234",
    "legal_form": "company",
    "activity": "B",
    "location": "ZM-09-04",
    "address": "Plot 12, Great North Road",
    "contact_name": "Mary Phiri",
    "phone": "0977 123 456",
    "email": "pay@Kafue-Mining.example",
    "bank_name": "Practice Bank, Kafue",
    "bank_account": "0012345678",
    "first_employment_day": "1 9 2026",
    "headcount": "1 200",
    "schemes": ["zm-nhima", "zm-napsa"],
}


@pytest.fixture(autouse=True)
def _stage(_fund: None, database: str) -> None:
    """Every story plays at the practice fund, on a fresh database."""


def fill_in(session: Session, applicant: Account, **changes: Any) -> Registration:
    """A complete application that has not been sent."""
    row = registration.start(session, applicant, at=AT)
    for page in asked.PAGES:
        registration.save_answers(row, page, {**GOOD, **changes}, today=TODAY)
    session.flush()
    for choice in fund().documents_for(asked.text_of(row.answers, "legal_form")):
        registration.add_document(session, row, choice.code, f"{choice.code}.pdf", PDF, by=applicant.id, at=AT)
    session.flush()
    return row


def send_in(session: Session, applicant: Account | None = None, **changes: Any) -> Registration:
    """A submitted application."""
    applicant = applicant or make_account(session)
    row = fill_in(session, applicant, **changes)
    registration.submit(session, row, by=applicant.id, at=AT)
    session.flush()
    return row


def events(session: Session, row: Registration) -> list[str]:
    """What the audit log says about an application, without the documents."""
    found = session.scalars(
        select(AuditEvent.event).where(AuditEvent.subject == registration.subject_of(row)).order_by(AuditEvent.id)
    )
    return [event.removeprefix("registration.") for event in found if "document" not in event]


def test_an_approved_enterprise_is_an_employer_enrolled_from_its_first_day_of_employment() -> None:
    with db.writing() as session:
        applicant, officer = make_account(session), make_officer(session, FundRoleName.REGISTRAR)
        row = send_in(session, applicant)
        employer = decisions.approve(session, row, by=officer.id, at=AT)
    with db.reading() as session:
        assert fund().employer_number.problem(employer.number) is None
        assert (employer.headcount, employer.tax_number, employer.phone) == (1200, "1001234567", "+260977123456")
        assert employer.email == "pay@kafue-mining.example"
        enrolments = session.scalars(select(Enrolment).where(Enrolment.employer_id == employer.id)).all()
        assert {(one.scheme, one.from_day, one.to_day) for one in enrolments} == {
            ("zm-nhima", date(2026, 9, 1), None),
            ("zm-napsa", date(2026, 9, 1), None),
        }
        mandate = session.scalars(select(Mandate).where(Mandate.employer_id == employer.id)).one()
        assert (mandate.account_id, mandate.role, mandate.from_day) == (applicant.id, "administrator", TODAY)
        assert events(session, row) == ["started", "submitted", "approved"]
        told = session.scalars(select(Notice).order_by(Notice.id)).all()
        assert [(one.kind, one.account_id or one.employer_id) for one in told] == [
            ("registration.received", applicant.id), ("registration.approved", employer.id),
        ]  # fmt: skip


def test_employer_numbers_have_no_gaps_even_when_an_approval_fails() -> None:
    with db.writing() as session:
        officer = make_officer(session)
        first = decisions.approve(session, send_in(session), by=officer.id, at=AT)
        second = send_in(session)
    with pytest.raises(Refused, match=f"employer {first.number}, already has the tax number"), db.writing() as session:
        decisions.approve(session, session.get_one(Registration, second.id), by=officer.id, at=AT)
    with db.writing() as session:
        third = send_in(session, tax_number="1001234568")
        employer = decisions.approve(session, third, by=officer.id, at=AT)
        assert (first.number, employer.number) == (fund().employer_number.issue(1), fund().employer_number.issue(2))


def test_two_officers_who_approve_at_once_make_one_employer() -> None:
    with db.writing() as session:
        row = send_in(session)
        officers = [make_officer(session, name="Agnes Zulu"), make_officer(session, name="Brian Tembo")]
    refusals: list[str] = []

    def approve(officer: Account) -> None:
        try:
            with db.writing() as session:
                found = registration.registration_of(session, row.public_id, lock=True)
                decisions.approve(session, found, by=officer.id, at=AT)
        except Refused as refusal:
            refusals.append(str(refusal))

    threads = [Thread(target=approve, args=(officer,)) for officer in officers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Employer)) == 1
        number = session.scalar(select(Employer.number))
    assert len(refusals) == 1
    assert f"as employer {number}" in refusals[0]
    assert "Agnes Zulu" in refusals[0] or "Brian Tembo" in refusals[0]


def test_nobody_decides_about_their_own_application() -> None:
    with db.writing() as session:
        officer = make_officer(session)
        row = send_in(session, officer)
        with pytest.raises(Refused, match="colleague"):
            decisions.approve(session, row, by=officer.id, at=AT)


def test_a_returned_application_shows_remarks_by_field_until_it_is_sent_again() -> None:
    with db.writing() as session:
        applicant, officer = make_account(session), make_officer(session)
        row = send_in(session, applicant)
        remarks = {"tax_number": " The certificate says 1001234568. ", "document_tax": "Not readable", "shoe": "42"}
        decisions.give_back(session, row, remarks, by=officer.id, at=AT)
        assert row.remarks == {"tax_number": "The certificate says 1001234568.", "document_tax": "Not readable"}
        page = asked.page_named("names")
        assert page is not None
        typed = {**GOOD, "tax_number": "1001234568"}
        assert registration.save_answers(row, page, typed, today=TODAY) == {}
        registration.submit(session, row, by=applicant.id, at=AT + timedelta(days=1))
        assert (row.state, row.remarks) == (RegistrationState.SUBMITTED, {})
        session.flush()
        assert events(session, row) == ["started", "submitted", "returned", "submitted"]


def test_an_application_is_returned_only_with_a_remark_and_rejected_only_with_a_reason() -> None:
    with db.writing() as session:
        row, officer = send_in(session), make_officer(session)
        with pytest.raises(Refused, match="at least one remark"):
            decisions.give_back(session, row, {"tax_number": " \u200b "}, by=officer.id, at=AT)
        with pytest.raises(Refused, match="reason in a sentence"):
            decisions.reject(session, row, ".", by=officer.id, at=AT)
        assert row.state == RegistrationState.SUBMITTED


def test_a_rejected_application_stays_rejected() -> None:
    with db.writing() as session:
        row, officer = send_in(session), make_officer(session, name="Agnes Zulu")
        decisions.reject(session, row, "The enterprise was dissolved in 2019.", by=officer.id, at=AT)
        with pytest.raises(Refused, match="Agnes Zulu rejected"):
            decisions.approve(session, row, by=officer.id, at=AT)
        with pytest.raises(Refused, match="with the fund"):
            registration.save_answers(row, asked.PAGES[0], GOOD, today=TODAY)
        session.flush()
        assert events(session, row)[-1] == "rejected"


def test_what_was_typed_is_kept_even_when_it_cannot_be_right() -> None:
    with db.writing() as session:
        row = registration.start(session, make_account(session), at=AT)
        page = asked.page_named("names")
        assert page is not None
        typed = {**GOOD, "tax_number": "12", "legal_name": "  <b>Kafue\x00</b>  &  Sons "}
        problems = registration.save_answers(row, page, typed, today=TODAY)
        assert set(problems) == {"tax_number"}
        assert row.answers["tax_number"] == "12"
        assert row.answers["legal_name"] == "<b>Kafue</b> & Sons"


def test_an_incomplete_application_cannot_be_sent() -> None:
    with db.writing() as session:
        applicant = make_account(session)
        row = fill_in(session, applicant, bank_account="", headcount="")
        assert set(registration.open_points(session, row, TODAY)) == {"bank_account", "headcount"}
        with pytest.raises(Refused, match="not complete"):
            registration.submit(session, row, by=applicant.id, at=AT)
        assert row.state == RegistrationState.DRAFT


def test_sending_twice_changes_nothing() -> None:
    with db.writing() as session:
        applicant = make_account(session)
        row = send_in(session, applicant)
        registration.submit(session, row, by=applicant.id, at=AT + timedelta(minutes=1))
        session.flush()
        assert events(session, row) == ["started", "submitted"]
        assert session.scalar(select(func.count()).select_from(Notice)) == 1


def test_beginning_twice_gives_the_same_draft_and_its_tracking_number() -> None:
    with db.writing() as session:
        applicant = make_account(session)
        first = registration.start(session, applicant, at=AT)
        assert registration.start(session, applicant, at=AT) is first
        assert first.tracking_number == "T1000017"
        assert registration.start(session, make_account(session), at=AT).tracking_number == "T1000025"


def test_another_account_does_not_find_the_application() -> None:
    with db.writing() as session:
        row = send_in(session)
        with pytest.raises(NotFound):
            registration.registration_of(session, row.public_id, account_id=make_account(session).id)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"MZ\x90 a program called certificate.pdf", "PDF, PNG or JPEG"),
        (b"<html>%PDF-", "PDF, PNG or JPEG"),
        (b"", "PDF, PNG or JPEG"),
        (b"%PDF-" + b"0" * files.LARGEST_DOCUMENT, "larger than 5 MB"),
    ],
)
def test_a_document_is_judged_by_its_bytes_and_size(content: bytes, words: str) -> None:
    with db.writing() as session:
        applicant = make_account(session)
        row = registration.start(session, applicant, at=AT)
        with pytest.raises(Refused, match=words):
            registration.add_document(session, row, "tax", "certificate.pdf", content, by=applicant.id, at=AT)


def test_a_document_replaced_before_the_fund_saw_it_is_gone_and_one_it_saw_is_kept() -> None:
    with db.writing() as session:
        applicant, officer = make_account(session), make_officer(session)
        row = fill_in(session, applicant)
        files = select(func.count()).select_from(StoredFile)
        before = session.scalar(files)
        registration.add_document(session, row, "tax", "new.png", b"\x89PNG\r\n\x1a\n1", by=applicant.id, at=AT)
        session.flush()
        assert session.scalar(files) == before
        assert registration.documents_of(session, row)["tax"].media_type == "image/png"
        registration.submit(session, row, by=applicant.id, at=AT)
        decisions.give_back(session, row, {"document_tax": "Too dark"}, by=officer.id, at=AT)
        registration.add_document(session, row, "tax", "again.jpg", b"\xff\xd8\xff1", by=applicant.id, at=AT)
        session.flush()
        assert session.scalar(files) == (before or 0) + 1


def test_likely_duplicates_are_found_with_the_reason() -> None:
    with db.writing() as session:
        make_employer(session, legal_name="Kafue Mines Ltd", tax_number="2000000001", phone="+260977123456")
        make_employer(session, legal_name="Chipata Bakery", tax_number="2000000002", registration_number="120190001234")
        make_employer(session, legal_name="Lusaka Weavers", tax_number="2000000003")
        other = send_in(session, trade_name="Copper Hill", legal_name="KAFUE MINING LIMITED", email="x@y.example")
        row = send_in(session)
        fill_in(session, make_account(session))  # a draft is nobody's business yet
    with db.reading() as session:
        found = review.likely_duplicates(session, row)
        why = {one.name: sorted(str(words) for words in one.why) for one in found}
    assert set(why) == {"Kafue Mines Ltd", "Chipata Bakery", "KAFUE MINING LIMITED"}
    assert why["Chipata Bakery"] == ["The same registration number"]
    assert why["KAFUE MINING LIMITED"][:2] == ["The names are 100 per cent alike", "The same registration number"]
    assert "The same telephone number" in why["Kafue Mines Ltd"]
    assert "alike" in why["Kafue Mines Ltd"][0]
    assert found[0].registration == other.public_id


@pytest.mark.parametrize(
    ("field", "of_employer", "typed", "why"),
    [
        ("phone", "+260955000111", "0955 000 111", "The same telephone number"),
        ("email", "accounts@Mongu.example", "Accounts@mongu.example", "The same e-mail address"),
    ],
)
def test_a_shared_number_or_address_alone_is_enough_however_it_was_typed(
    field: str, of_employer: str, typed: str, why: str
) -> None:
    with db.writing() as session:
        number = make_employer(session, legal_name="Mongu Fisheries", **{field: of_employer}).number
        row = send_in(session, **{field: typed})
    with db.reading() as session:
        (found,) = review.likely_duplicates(session, row)
    assert (found.number, [str(words) for words in found.why]) == (number, [why])


def test_the_list_shows_who_waits_longest_first_and_finds_words_as_they_stand() -> None:
    with db.writing() as session:
        applicant = make_account(session)
        late = fill_in(session, applicant, legal_name="100% Natural Foods", tax_number="1000000001")
        registration.submit(session, late, by=applicant.id, at=AT + timedelta(days=2))
        session.flush()
        send_in(session, legal_name="Zambezi Tours", trade_name="", tax_number="1000000002")
        fill_in(session, make_account(session), legal_name="A draft")
    with db.reading() as session:

        def names(words: str) -> list[str]:
            rows, _total = review.registrations(session, state="submitted", words=words, first=0, most=50)
            return [asked.text_of(row.answers, "legal_name") for row in rows]

        assert names("") == ["Zambezi Tours", "100% Natural Foods"]
        assert names("0% nat") == ["100% Natural Foods"]
        assert names("%") == ["100% Natural Foods"]
        assert names("1000000002") == ["Zambezi Tours"]


def test_the_applicant_sees_what_happened_but_not_which_officer() -> None:
    with db.writing() as session:
        row, officer = send_in(session), make_officer(session, name="Agnes Zulu")
        decisions.give_back(session, row, {"address": "Which plot?"}, by=officer.id, at=AT)
        session.flush()
        for_officers = review.history(session, row, officers=True)
        for_applicant = review.history(session, row, officers=False)
    assert (str(for_officers[0].what), for_officers[0].who) == ("Returned with remarks", "Agnes Zulu")
    assert for_applicant[0].who == ""
    assert for_applicant[-1].who != ""
