"""The employer's record: a tab an address, notes that stay, papers; and one search over everything."""

from __future__ import annotations

import re
import time

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import DBAPIError

from portal import db
from portal.audit import AuditEvent
from portal.auth.models import Account, FundRoleName
from portal.cases import service
from portal.cases.kinds import QUESTION
from portal.cases.models import Side
from portal.cases.service import New, Paper, Writer
from portal.contributions.models import Declaration
from portal.employers.models import Employment
from portal.files import StoredFile
from portal.ledger.models import Charge
from portal.officers.record.models import EmployerNote
from portal.officers.record.tabs import TABS
from portal.payments.bills import issue_bill
from portal.payments.models import Receipt
from portal.people.models import Person
from tests.factories import give_mandate, sign_in
from tests.officers.conftest import TODAY, Fund, at, counted
from tests.officers.test_home import text_of

RECORD = "/fund/employers/T900001"


def tab(fund: Fund, code: str, more: str = "") -> str:
    return text_of(fund.get(f"{RECORD}/tab/{code}{more}"))


def ask(fund: Fund) -> str:
    """The late employer asks something, with a paper; the number of the case."""
    with db.writing() as session:
        new = New(QUESTION, Side.EMPLOYER, {"title": "Our bill"}, employer=fund.late.id)
        paper = Paper("bill.pdf", b"%PDF-1.4 our bill")
        return service.open_case(session, new, "Too much.", by=Writer("other"), at=at(TODAY), papers=[paper]).number


def test_every_tab_opens_and_shows_what_is_known(fund_of_three: Fund) -> None:
    number = ask(fund_of_three)
    with db.writing() as session:
        give_mandate(session, fund_of_three.late, name="Chanda Mwale")
        charge = session.scalars(select(Charge).where(Charge.employer_id == fund_of_three.late.id)).first()
        assert charge is not None
        bill = issue_bill(session, fund_of_three.late.id, charge.id, at=at(TODAY), by=None).number
    pages = {code: tab(fund_of_three, code) for code in TABS}
    assert f"Question to the fund {number}" in pages["overview"]
    assert "1 person" in pages["roster"]
    assert "September 2026 NAPSA" in pages["returns"]
    assert bill in pages["bills"]
    assert "8 September 2026 NAPSA ZMW 200.00" in pages["payments"]
    assert "NAPSA ZMW 1,000.00 ZMW 240.00 ZMW 1,240.00" in pages["arrears"]
    assert number in pages["messages"]
    assert "bill.pdf" in pages["documents"]
    assert "Chanda Mwale" in pages["people"]
    assert f"Case {number} opened" in pages["history"]


def test_an_unknown_tab_is_no_page(fund_of_three: Fund) -> None:
    fund_of_three.get(f"{RECORD}/tab/secrets", 404)


def test_who_needs_no_single_persons_sees_neither_roster_nor_papers(fund_of_three: Fund) -> None:
    ask(fund_of_three)
    paper = re.findall(r"/documents/([0-9a-f-]{36})", fund_of_three.get(f"{RECORD}/tab/documents"))[0]
    assert fund_of_three.client.get(f"{RECORD}/documents/{paper}").data == b"%PDF-1.4 our bill"
    fund_of_three.sign_in(FundRoleName.CASHIER)
    for address in ("tab/roster", "tab/documents", f"documents/{paper}"):
        fund_of_three.get(f"{RECORD}/{address}", 403)
    assert "/tab/roster" not in fund_of_three.get(RECORD)


def test_a_file_that_is_no_paper_of_the_employer_is_not_given_out(fund_of_three: Fund) -> None:
    with db.writing() as session:
        kept = StoredFile(
            employer_id=fund_of_three.late.id, name="slips.pdf", media_type="application/pdf", sha256="", size=1,
            content=b"codes", created_at=at(TODAY),
        )  # fmt: skip
        session.add(kept)
        session.flush()
        name = kept.public_id
    fund_of_three.get(f"{RECORD}/documents/{name}", 404)
    ask(fund_of_three)
    paper = re.findall(r"/documents/([0-9a-f-]{36})", fund_of_three.get(f"{RECORD}/tab/documents"))[0]
    fund_of_three.get(f"/fund/employers/{fund_of_three.model.number}/documents/{paper}", 404)


def test_reading_a_roster_and_a_paper_is_written_down(fund_of_three: Fund) -> None:
    ask(fund_of_three)
    fund_of_three.get(f"{RECORD}/tab/roster")
    paper = re.findall(r"/documents/([0-9a-f-]{36})", fund_of_three.get(f"{RECORD}/tab/documents"))[0]
    fund_of_three.get(f"{RECORD}/documents/{paper}")
    with db.reading() as session:
        read = select(AuditEvent.fields["where"].astext).where(AuditEvent.event == "personal_data.read")
        assert session.scalars(read.order_by(AuditEvent.id)).all() == ["roster", "documents"]


def keep_note(fund: Fund, text: str, status: int = 302) -> str:
    page = fund.get(RECORD)
    once = re.findall(r'name="once"[^>]*value="([^"]+)"', page)[0]
    form = {"text": text, "once": once}
    for _click in range(2):
        answer = fund.client.post(f"{RECORD}/notes", data=form)
        assert answer.status_code == status
    return answer.text


def test_a_note_is_kept_once_by_whom_and_when_and_nobody_changes_it(fund_of_three: Fund) -> None:
    keep_note(fund_of_three, "Rang them: they pay on <Friday>.")
    page = text_of(fund_of_three.get(RECORD))
    assert page.count("Rang them: they pay on &lt;Friday&gt;.") == 1
    assert "Mutinta Phiri" in page
    assert "A note for colleagues was kept" in tab(fund_of_three, "history")
    with pytest.raises(DBAPIError), db.writing() as session:
        session.execute(delete(EmployerNote))


def test_an_empty_note_is_asked_for_again_and_an_auditor_writes_none(fund_of_three: Fund) -> None:
    assert "Write something first." in keep_note(fund_of_three, " ", 422)
    fund_of_three.sign_in(FundRoleName.AUDITOR)
    assert 'name="text"' not in fund_of_three.get(RECORD)
    assert fund_of_three.client.post(f"{RECORD}/notes", data={"text": "x", "once": "1"}).status_code == 403


def test_the_employer_never_reads_a_note(fund_of_three: Fund) -> None:
    keep_note(fund_of_three, "Careful with them.")
    with db.writing() as session:
        theirs = give_mandate(session, fund_of_three.late)
    sign_in(fund_of_three.client, theirs)
    for path in ("", "file", "cases/", "account/"):
        assert "Careful with them." not in fund_of_three.get(f"/employers/T900001/{path}")


def test_the_record_asks_the_database_as_often_for_many_months_as_for_few(fund_of_three: Fund) -> None:
    def statements(number: str) -> int:
        with counted() as sent:
            fund_of_three.get(f"/fund/employers/{number}")
        return len(sent)

    fund_of_three.get(RECORD)
    assert statements("T900001") <= statements(fund_of_three.silent.number) + 4


# -- one search --------------------------------------------------------------------


def found(fund: Fund, text: str) -> list[str]:
    """The addresses a search leads to."""
    page = fund.get(f"/fund/search?q={text}")
    return re.findall(r'<td[^>]*><a class="govuk-link" href="([^"]+)"', page)


def test_one_search_finds_everything_by_its_number(fund_of_three: Fund) -> None:
    case = ask(fund_of_three)
    with db.writing() as session:
        employer = fund_of_three.late.id
        person = session.scalars(
            select(Person).join(Employment, Employment.person_id == Person.id).where(Employment.employer_id == employer)
        ).one()
        charge = session.scalars(select(Charge).where(Charge.employer_id == employer)).first()
        assert charge is not None
        bill = issue_bill(session, employer, charge.id, at=at(TODAY), by=None)
        receipt = session.scalars(select(Receipt).where(Receipt.employer_id == employer)).one()
        declared = session.scalars(select(Declaration.number).where(Declaration.employer_id == employer)).first()
        numbers = {
            "T900001": RECORD, "kafue": RECORD, "t900001": RECORD,
            person.insurance_number: f"{RECORD}/tab/roster?search={person.insurance_number}&amp;all=1",
            person.national_id: f"{RECORD}/tab/roster?search={person.insurance_number}&amp;all=1",
            receipt.number: f"/fund/payments/receipts/{receipt.public_id}",
            bill.number: f"{RECORD}/tab/bills",
            f"{bill.reference[:4]} {bill.reference[4:]}": f"{RECORD}/tab/bills",
            str(declared): f"{RECORD}/tab/returns",
        }  # fmt: skip
    for text, address in numbers.items():
        assert address in found(fund_of_three, text), text
    assert found(fund_of_three, case)[0].startswith("/fund/cases/")
    assert f"{RECORD}/tab/payments" in found(fund_of_three, "TT-1")
    assert found(fund_of_three, "nothing%20like%20this") == []


def test_a_person_is_found_by_names_in_any_order_only_by_those_who_need_persons(fund_of_three: Fund) -> None:
    with db.writing() as session:
        person = session.scalars(select(Person).order_by(Person.id)).first()
        assert person is not None
        person.surname, person.first_name = "Mwansa", "Bwalya"
    assert len(found(fund_of_three, "mwansa%20bwalya")) == 1
    with db.reading() as session:
        assert session.scalar(select(func.count()).where(AuditEvent.fields["where"].astext == "search")) == 1
    fund_of_three.sign_in(FundRoleName.CASHIER)
    assert found(fund_of_three, "mwansa%20bwalya") == []


def test_who_works_for_a_district_finds_nobody_elsewhere(fund_of_three: Fund) -> None:
    case = ask(fund_of_three)
    with db.writing() as session:
        session.get_one(Account, fund_of_three.supervisor.id).districts = ["ZM-08"]
        late = session.merge(fund_of_three.late)
        late.location = "ZM-09"
        session.merge(fund_of_three.model).location = "ZM-08-01"
        people = session.scalars(
            select(Person).join(Employment, Employment.person_id == Person.id).where(Employment.employer_id == late.id)
        ).all()
        texts = ["T900001", "kafue", case, *(one.insurance_number for one in people)]
    for text in texts:
        assert found(fund_of_three, text) == []
    assert found(fund_of_three, "model") == [f"/fund/employers/{fund_of_three.model.number}"]


def test_a_record_is_fast(fund_of_three: Fund) -> None:
    fund_of_three.get(RECORD)
    began = time.perf_counter()
    fund_of_three.get(RECORD)
    assert time.perf_counter() - began < 1.0  # bench/record.py promises far less; this catches a page gone wrong
