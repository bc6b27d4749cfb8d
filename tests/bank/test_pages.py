"""The officer's pages: a file is taken in, an entry is booked by hand, and nothing happens twice."""

from __future__ import annotations

import html
import io
from datetime import date
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal import db, work
from portal.approvals import Approval
from portal.bank.models import BankEntry, BankStatement
from portal.ledger.cashbook import CashAccount
from portal.payments.models import Receipt
from portal.scheme.calendars import Month
from tests.bank.conftest import NUMBER, Bank
from tests.factories import sign_in
from tests.payments.conftest import NAPSA, Story
from tests.payments.test_pages import move_to, text_of

FEB, DECLARED = Month(2026, 2), date(2026, 3, 5)
CSV = """Statement of account,0012345678901
Date,Value,Details,Debit,Credit,Balance
10/03/2026,10/03/2026,Opening,,,
10/03/2026,10/03/2026,%s,,"1,200.00","1,700.00"
11/03/2026,11/03/2026,Ledger fee,15.00,,"1,685.00"
Total,,,15.00,"1,200.00",
""".replace("10/03/2026,10/03/2026,Opening,,,\n", "")
MAPPING = {
    "delimiter": ",", "encoding": "utf-8", "mark": ".", "day_format": "DD/MM/YYYY", "column-booking_day": "Date",
    "column-value_day": "Value", "column-remittance": "Details", "column-debit": "Debit", "column-credit": "Credit",
    "column-balance": "Balance",
}  # fmt: skip


@pytest.fixture
def cashier(client: FlaskClient, bank: Bank) -> FlaskClient:
    """The cashier's browser on 20 March 2026."""
    move_to(date(2026, 3, 20))
    sign_in(client, bank.cashier)
    return client


def send(client: FlaskClient, content: bytes, name: str = "statement.txt", **more: str) -> TestResponse:
    """Choose a file and press Import."""
    data = {"file": (io.BytesIO(content), name), "account": "", **more}
    return client.post("/fund/bank/import", data=data, content_type="multipart/form-data")


def mt940(text: str, amount: str = "1200,00") -> bytes:
    """A statement of one entry."""
    return (
        f":20:1\n:25:{NUMBER}\n:28C:7/1\n:60F:C260309ZMW500,00\n:61:2603100310C{amount}NTRFNONREF//FT26069001\n"
        f":86:{text}\n:62F:C260310ZMW1700,00\n-"
    ).encode()


def said(answer: TestResponse) -> str:
    """What a page says."""
    return html.unescape(text_of(answer.get_data(as_text=True)))


def the_entry() -> BankEntry:
    """The first entry."""
    with db.reading() as session:
        return session.scalars(select(BankEntry).order_by(BankEntry.id)).first()


def test_a_csv_is_told_once_and_then_read(kafue: Story, bank: Bank, cashier: FlaskClient) -> None:
    kafue.declare(FEB, DECLARED)
    reference = kafue.bill(FEB, DECLARED).reference
    content = (CSV % f"PAYE/{reference}").encode()
    answer = send(cashier, content, "march.csv", account=str(bank.account.public_id))
    assert "/layout/" in answer.location
    page = said(cashier.get(answer.location))
    assert "Which column is what" in page
    done = cashier.post(answer.location, data=MAPPING)
    assert done.status_code == 302, said(done)
    page = said(cashier.get(done.location))
    assert "The reference of bill" in page
    assert kafue.open(FEB).total == 0
    assert bank.holds(CashAccount.BANK) == 1_685_00
    again = send(cashier, content, "march.csv", account=str(bank.account.public_id))
    assert again.status_code == 422
    assert "Everything in this file was imported before" in said(again)


def test_a_wrong_layout_says_which_row_and_column(bank: Bank, cashier: FlaskClient) -> None:
    answer = send(cashier, (CSV % "x").encode(), "march.csv", account=str(bank.account.public_id))
    page = said(cashier.post(answer.location, data={**MAPPING, "day_format": "YYYY-MM-DD"}))
    assert "Entry 3, Date: “10/03/2026” is not a day written as YYYY-MM-DD." in page
    page = said(cashier.post(answer.location, data={**MAPPING, "column-debit": ""}))
    assert "Say which column holds the amount" in page


def test_an_officer_books_what_matching_could_not(kafue: Story, bank: Bank, cashier: FlaskClient) -> None:
    kafue.declare(FEB, DECLARED)
    assert send(cashier, mt940("school fees")).status_code == 302
    assert "Nothing in the entry tells whose money it is." in said(cashier.get("/fund/bank/entries"))
    entry = the_entry()
    form = {"key": str(uuid4()), "employer": kafue.employer.number, "scheme": NAPSA, "amount": "700.00"}
    page = said(cashier.get(f"/fund/bank/entries/{entry.public_id}/check", query_string=form))
    assert "Left in suspense" in page
    first, second = (cashier.post(f"/fund/bank/entries/{entry.public_id}/settle", data=form) for _twice in range(2))
    assert first.location == second.location
    assert the_entry().unsettled == 500_00
    assert kafue.open(FEB).contribution == 500_00
    more = {**form, "key": str(uuid4())}
    assert "500.00 is left" in said(cashier.post(f"/fund/bank/entries/{entry.public_id}/settle", data=more))


def test_what_is_recorded_by_hand_is_joined_to_its_entry(kafue: Story, bank: Bank, cashier: FlaskClient) -> None:
    receipt = kafue.pay(1_200_00, date(2026, 3, 9))
    send(cashier, mt940("school fees"))
    url = f"/fund/bank/entries/{the_entry().public_id}/link"
    assert "There is no receipt of this number" in said(cashier.post(url, data={"receipt": "R-1"}))
    for _twice in range(2):
        assert cashier.post(url, data={"receipt": receipt.number}).status_code == 302
    assert the_entry().unsettled == 0
    assert bank.holds(CashAccount.EMPLOYERS) == -1_200_00


def test_money_goes_back_with_two_people(bank: Bank, cashier: FlaskClient, client: FlaskClient) -> None:
    send(cashier, mt940("school fees"))
    entry = the_entry()
    url = f"/fund/bank/entries/{entry.public_id}/send_back"
    assert cashier.post(url, data={"reason": ""}).status_code == 422
    assert cashier.post(url, data={"reason": "Not for us"}).status_code == 302
    with db.reading() as session:
        asked = session.scalars(select(Approval)).one()
    assert the_entry().unsettled == 1_200_00
    sign_in(client, bank.supervisor)
    client.post(
        f"/fund/approvals/{asked.public_id}", data={"fingerprint": asked.fingerprint, "decision": "approve", "note": ""}
    )
    assert bank.holds(CashAccount.SUSPENSE) in (0, -1_200_00)


def test_an_entry_is_left_in_suspense_with_a_reason(bank: Bank, cashier: FlaskClient) -> None:
    send(cashier, mt940("school fees"))
    cashier.post(f"/fund/bank/entries/{the_entry().public_id}/park", data={"reason": "We asked the payer"})
    assert "Nothing in the entry" not in said(cashier.get("/fund/bank/entries"))
    assert "left in suspense" in said(cashier.get("/fund/bank/entries?show=parked"))


def test_a_file_that_is_no_statement_is_refused_by_name(bank: Bank, cashier: FlaskClient) -> None:
    page = said(send(cashier, b"%PDF-1.4", "march.pdf"))
    assert "“march.pdf” is not imported. This is not a bank's statement file." in page
    page = said(send(cashier, mt940("x", amount="12x"), "march.sta"))
    assert "Entry 1, :61:" in page
    assert "Choose the account" in said(send(cashier, b"a,b\n1,2\n", "march.csv"))
    assert send(cashier, b"").status_code == 422
    with db.reading() as session:
        assert not session.scalars(select(BankStatement)).all()


def test_many_entries_leave_the_request(kafue: Story, bank: Bank, cashier: FlaskClient) -> None:
    kafue.declare(FEB, DECLARED)
    reference = kafue.bill(FEB, DECLARED).reference
    lines = "".join(f":61:2603100310C1,00NTRFNONREF//FT{n}\n:86:{reference}\n" for n in range(45))
    content = f":20:1\n:25:{NUMBER}\n:28C:7/1\n:60F:C260309ZMW0,00\n{lines}:62F:C260310ZMW45,00\n-".encode()
    answer = send(cashier, content)
    assert "Booking what is sure" in said(cashier.get(answer.location))
    work.do_waiting(60)
    assert bank.holds(CashAccount.SUSPENSE) == 0
    with db.reading() as session:
        assert len(session.scalars(select(Receipt)).all()) == 45


def long_file(closing: str) -> bytes:
    """A statement of 2,600 entries of one kwacha, longer than is taken in while a page waits."""
    lines = "".join(
        f":61:2603100310C1,00NTRFNONREF//FT{n:06d}\n:86:payment number {n} with a long text\n" for n in range(2_600)
    )
    return f":20:1\n:25:{NUMBER}\n:28C:7/1\n:60F:C260309ZMW0,00\n{lines}:62F:C260310ZMW{closing}\n-".encode()


def test_a_long_file_is_taken_in_by_the_worker(bank: Bank, cashier: FlaskClient) -> None:
    answer = send(cashier, long_file("2600,00"))
    assert "Taking in a bank statement" in said(cashier.get(answer.location))
    send(cashier, long_file("2600,00"))  # a second click waits for the same
    work.do_waiting(60)
    assert bank.holds(CashAccount.SUSPENSE) == -2_600_00
    with db.reading() as session:
        assert [one.entries for one in session.scalars(select(BankStatement))] == [2_600]


def test_a_long_file_that_is_refused_says_why_on_the_page(bank: Bank, cashier: FlaskClient) -> None:
    send(cashier, long_file("2599,00"))
    work.do_waiting(60)
    page = said(cashier.get("/fund/bank/"))
    assert "The last file is not imported." in page
    assert "differ from the balance after by ZMW -1.00" in page or "-ZMW 1.00" in page
    assert not bank.entries()
