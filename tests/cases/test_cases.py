"""Questions between an employer and the fund: asked, answered, noted, closed, reopened; read by nobody else."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal import clock, db, taken
from portal.auth.models import Account, EmployerRole, FundRoleName
from portal.cases import queries, service
from portal.cases.kinds import DECLARATION, QUESTION
from portal.cases.models import Case, Side
from portal.cases.service import New, Writer
from portal.employers.models import Employer
from portal.errors import Refused
from portal.outbox import Message
from portal.scheme.checkdigits import luhn_holds
from tests.factories import AT, give_mandate, make_employer, make_officer, sign_in

OTHER, FUND = Writer("other"), Writer("fund")


class Office:
    """An employer with its administrator, and an officer, before one browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        with db.writing() as session:
            self.employer: Employer = make_employer(session, legal_name="Kafue Mining")
            self.administrator: Account = give_mandate(session, self.employer, name="Chola Mwansa")
            self.officer: Account = make_officer(session, FundRoleName.CONTRIBUTION_OFFICER, name="Peter Lungu")
        self.base = f"/employers/{self.employer.number}/cases"

    def ask(self, **more: object) -> Case:
        """The employer asks; the case that came of it."""
        sign_in(self.client, self.administrator)
        data = {"kind": "question", "title": "Our bill", "text": "Why so much?", "once": "1", **more}
        answer = self.client.post(f"{self.base}/new", data=data, content_type="multipart/form-data")
        assert answer.status_code == 302, answer.text
        return cases()[-1]

    def write(self, case: Case, **data: str) -> int:
        """The officer writes."""
        sign_in(self.client, self.officer)
        data = {"text": "Because of May.", "then": "wait", "seen": last(case), **data}
        return self.client.post(f"/fund/cases/{case.public_id}", data=data).status_code


@pytest.fixture
def office(client: FlaskClient) -> Office:
    return Office(client)


def cases() -> list[Case]:
    with db.reading() as session:
        return list(session.scalars(select(Case).order_by(Case.id)))


def last(case: Case) -> str:
    with db.reading() as session:
        return str(queries.thread(session, case, fund_side=True)[-1].entry.id)


def test_a_question_gets_a_number_that_a_slip_of_the_pen_breaks(office: Office) -> None:
    case = office.ask()
    assert case.number.startswith("K")
    assert luhn_holds(case.number[1:])
    assert (case.due_day - case.opened_at.date()).days in (10, 11)  # the fund's day may be a day ahead


def test_question_answer_and_answer_again(office: Office) -> None:
    case = office.ask()
    assert office.write(case) == 302
    sign_in(office.client, office.administrator)
    shown = office.client.get(f"{office.base}/{case.public_id}").text
    assert "Because of May." in shown
    assert "Peter Lungu" not in shown, "to the outside the fund speaks with one voice"
    assert cases()[0].state == "waiting"
    office.client.post(f"{office.base}/{case.public_id}", data={"text": "I see.", "seen": last(case)})
    assert cases()[0].state == "open"
    with db.reading() as session:
        (mail,) = session.scalars(select(Message).where(Message.topic == "mail")).all()
    assert mail.payload["to"] == office.employer.email


def test_a_second_click_opens_no_second_case(office: Office) -> None:
    assert office.ask().id == office.ask().id
    assert office.ask(once="2").id != cases()[0].id


def test_a_note_is_for_the_fund_only_and_so_is_its_paper(office: Office) -> None:
    case = office.ask()
    sign_in(office.client, office.officer)
    note = {
        "text": "They always ask in May.", "then": "note", "seen": "0",
        "papers": (io.BytesIO(b"%PDF-1.4 secret"), "memo.pdf"),
    }  # fmt: skip
    office.client.post(f"/fund/cases/{case.public_id}", data=note, content_type="multipart/form-data")
    assert "They always ask in May." in office.client.get(f"/fund/cases/{case.public_id}").text
    with db.reading() as session:
        paper = queries.thread(session, case, fund_side=True)[-1].papers[0]
    assert office.client.get(f"/fund/cases/{case.public_id}/files/{paper.public_id}").data == b"%PDF-1.4 secret"
    sign_in(office.client, office.administrator)
    assert "They always ask" not in office.client.get(f"{office.base}/{case.public_id}").text
    assert office.client.get(f"{office.base}/{case.public_id}/{paper.public_id}").status_code == 404


def test_a_note_written_meanwhile_does_not_stop_the_employer(office: Office) -> None:
    case = office.ask()
    shown = last(case)
    office.write(case, then="note", seen="0")
    sign_in(office.client, office.administrator)
    answer = office.client.post(f"{office.base}/{case.public_id}", data={"text": "One thing more.", "seen": shown})
    assert answer.status_code == 302


def test_a_paper_comes_along_and_a_program_does_not(office: Office) -> None:
    case = office.ask(papers=(io.BytesIO(b"\x89PNG\r\n\x1a\n photo"), "photo.png"))
    assert "photo.png" in office.client.get(f"{office.base}/{case.public_id}").text
    bad = {"kind": "question", "title": "T", "text": "Kept text", "once": "9", "papers": (io.BytesIO(b"MZ"), "a.pdf")}
    answer = office.client.post(f"{office.base}/new", data=bad, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Send the document as a PDF, PNG or JPEG file." in answer.text
    assert "Kept text" in answer.text
    assert len(cases()) == 1


def test_another_employers_case_is_no_page(office: Office) -> None:
    case = office.ask()
    with db.writing() as session:
        other = give_mandate(session, make_employer(session))
        number = session.scalars(select(Employer.number).order_by(Employer.id.desc())).first()
    sign_in(office.client, other)
    assert office.client.get(f"/employers/{number}/cases/{case.public_id}").status_code == 404
    assert office.client.get(f"{office.base}/{case.public_id}").status_code == 404


def test_who_only_looks_reads_and_does_not_write(office: Office) -> None:
    case = office.ask()
    with db.writing() as session:
        viewer = give_mandate(session, office.employer, EmployerRole.VIEWER)
    sign_in(office.client, viewer)
    assert "Send to the fund" not in office.client.get(f"{office.base}/{case.public_id}").text
    assert office.client.post(f"{office.base}/{case.public_id}", data={"text": "x"}).status_code == 403


def test_a_case_is_closed_with_an_outcome_and_opened_again_with_a_reason(office: Office) -> None:
    case = office.ask()
    assert office.write(case, then="close") == 422, "how did it end?"
    assert office.write(case, then="close", outcome="explained") == 302
    assert cases()[0].outcome == "explained"
    assert office.write(case, text="More.") == 409, "closed"
    office.client.post(f"/fund/cases/{case.public_id}/reopen", data={"text": "Closed by mistake."})
    assert cases()[0].state == "open"
    sign_in(office.client, office.administrator)
    assert "Closed by mistake." not in office.client.get(f"{office.base}/{case.public_id}").text


def test_only_those_whose_work_it_is_answer(office: Office) -> None:
    with db.writing() as session:
        facts = {"month": "2026-10", "number": "A-1"}
        new = New(DECLARATION, Side.EMPLOYER, facts, employer=office.employer.id)
        case = service.open_case(session, new, "?", by=OTHER, at=AT)
        office.officer = make_officer(session, FundRoleName.CASHIER)
    assert office.write(case) == 403
    assert office.client.get(f"/fund/cases/{case.public_id}").status_code == 200


def test_two_officers_do_not_take_the_same_case(office: Office) -> None:
    case = office.ask()
    with db.writing() as session:
        taken.take(session, case.subject_name, by=office.officer.id, at=clock.now())
        taken.take(session, case.subject_name, by=office.officer.id, at=clock.now())
        colleague = make_officer(session, FundRoleName.CONTRIBUTION_OFFICER)
    sign_in(office.client, colleague)
    office.client.post(f"/fund/cases/{case.public_id}/owner", data={"to": "me"})
    assert "Peter Lungu has taken this already." in office.client.get(f"/fund/cases/{case.public_id}").text
    office.client.post(f"/fund/cases/{case.public_id}/owner", data={"to": str(colleague.id)})
    with db.reading() as session:
        assert taken.owners(session, [case.subject_name])[case.subject_name].account == colleague.id
    office.client.post(f"/fund/cases/{case.public_id}/owner", data={"to": str(office.administrator.id)})
    with db.reading() as session:
        assert taken.owners(session, [case.subject_name])[case.subject_name].account == colleague.id, "not of the fund"


def test_what_was_written_stays_as_it_was(database: str) -> None:
    with db.writing() as session:
        new = New(QUESTION, Side.EMPLOYER, {"title": "x"}, employer=make_employer(session).id)
        service.open_case(session, new, "as it was", by=OTHER, at=AT)
    with pytest.raises(DBAPIError), db.writing() as session:
        session.execute(text("UPDATE case_entry SET text = 'changed'"))


def test_a_closed_case_is_not_closed_twice_by_two(database: str) -> None:
    with db.writing() as session:
        new = New(QUESTION, Side.EMPLOYER, {"title": "x"}, employer=make_employer(session).id)
        case = service.open_case(session, new, "?", by=OTHER, at=AT)
        first = Writer("fund", account=make_officer(session).id)
        seen = queries.thread(session, case, fund_side=True)[-1].entry.id
        service.close(session, case, "Done.", "settled", by=first, seen=seen, at=AT)
        service.close(session, case, "Done.", "settled", by=first, seen=seen, at=AT)  # the second click
        assert len(queries.thread(session, case, fund_side=True)) == 2
        with pytest.raises(Refused):
            service.close(session, case, "Done, too.", "unfounded", by=FUND, seen=seen, at=AT)
