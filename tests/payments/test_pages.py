"""The pages of an employer's account and of the cashier, through a client with cookies."""

from __future__ import annotations

import io
import re
from datetime import date, datetime
from urllib.parse import parse_qs, urlparse
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import func, select

from portal import clock, db
from portal.auth.models import Account, EmployerRole, FundRoleName
from portal.payments.models import Payment, PaymentReversal
from portal.scheme.calendars import Month
from portal.scheme.checkdigits import is_rf_reference
from tests.factories import give_mandate, make_officer, sign_in
from tests.payments.conftest import NAPSA, NHIMA, Story, all_of, noon

JAN = Month(2026, 1)
DECLARED, LATE = date(2026, 2, 5), date(2026, 3, 20)


@pytest.fixture
def clerk(kafue: Story, client: FlaskClient) -> FlaskClient:
    """The payroll clerk of an employer that owes January; it is 20 March."""
    kafue.declare(JAN, DECLARED)
    with db.writing() as session:
        account = give_mandate(session, kafue.employer, EmployerRole.CLERK)
    sign_in(client, account)
    move_to(LATE)
    return client


@pytest.fixture
def cashier(kafue: Story, client: FlaskClient) -> FlaskClient:
    """A cashier of the fund; the employer owes January and it is 20 March."""
    kafue.declare(JAN, DECLARED)
    sign_in(client, officer(FundRoleName.CASHIER))
    move_to(LATE)
    return client


def officer(role: FundRoleName) -> Account:
    """Somebody who works at the fund."""
    with db.writing() as session:
        return make_officer(session, role)


def move_to(day: date) -> None:
    """Make it noon of a day, for every request."""
    with db.writing() as session:
        db.store_offset(session, noon(day) - clock.real_now())


def text_of(html: str) -> str:
    """What a reader sees, in one line."""
    text = re.sub(r"<[^>]+>", " ", html.replace("&nbsp;", " ").replace("\u00a0", " "))
    return re.sub(r"\s+", " ", text)


def pdf_text(content: bytes) -> str:
    """The words of a PDF in one line."""
    pages = PdfReader(io.BytesIO(content)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages)).replace("\u00a0", " ")


def test_the_account_says_what_is_owed_and_why(clerk: FlaskClient, kafue: Story) -> None:
    page = text_of(clerk.get(f"/employers/{kafue.employer.number}/account/").text)
    assert "January 2026" in page
    assert "1,440.00" in page  # 1,200.00 and two months begun after 10 February
    assert "Overdue" in page
    assert "What NHIMA charges for paying late is not known here, because:" in page


def test_the_explanation_goes_step_by_step_to_the_law(clerk: FlaskClient, kafue: Story) -> None:
    charge = kafue.charge(JAN)
    page = text_of(clerk.get(f"/employers/{kafue.employer.number}/account/charges/{charge.public_id}").text)
    assert "Month 2, from 11 March 2026 to 10 April 2026: ZMW 1,200.00 was unpaid when it began; 10 % of it" in page
    assert "National Pension Scheme Bill" in page
    assert "Pay of 2 people that NAPSA counts" in page
    nhima = kafue.charge(JAN, NHIMA)
    page = text_of(clerk.get(f"/employers/{kafue.employer.number}/account/charges/{nhima.public_id}").text)
    assert "not known" in page


def test_a_viewer_sees_what_is_owed_but_asks_for_no_bill(clerk: FlaskClient, kafue: Story) -> None:
    base = f"/employers/{kafue.employer.number}/account"
    charge = f"{base}/charges/{kafue.charge(JAN).public_id}"
    assert "Get the bill" in clerk.get(f"{base}/").text
    bill = clerk.post(f"{charge}/bill").location
    with db.writing() as session:
        viewer = give_mandate(session, kafue.employer, EmployerRole.VIEWER)
    sign_in(clerk, viewer)
    for page in (f"{base}/", charge, bill):
        assert "Get the bill" not in clerk.get(page).text
    assert "ZMW 1,440.00" in text_of(clerk.get(bill).text)  # one that was asked for
    assert clerk.post(f"{charge}/bill").status_code == 403


def test_what_was_paid_in_time_costs_nothing_even_where_nobody_knows_the_rule(clerk: FlaskClient, kafue: Story) -> None:
    url = f"/employers/{kafue.employer.number}/account/charges/{kafue.charge(JAN, NHIMA).public_id}"
    assert "Late charge to today not known" in text_of(clerk.get(url).text)
    kafue.pay(200_00, date(2026, 2, 9), scheme=NHIMA, on=LATE)
    page = text_of(clerk.get(url).text)
    assert "Late charge to today ZMW 0.00" in page
    assert "Nothing was unpaid after the due day, 10 February 2026." in page
    assert "not known" not in page


def test_a_bill_is_asked_for_printed_and_stays_the_same_while_nothing_changes(clerk: FlaskClient, kafue: Story) -> None:
    base = f"/employers/{kafue.employer.number}/account"
    ask = f"{base}/charges/{kafue.charge(JAN).public_id}/bill"
    first = clerk.post(ask).location
    assert clerk.post(ask).location == first
    page = text_of(clerk.get(first).text)
    assert "ZMW 1,440.00" in page
    assert "0000000000000" in page  # the fund's account
    content = clerk.get(f"{first}.pdf")
    assert content.mimetype == "application/pdf"
    words = pdf_text(content.data)
    assert "1,440.00" in words
    assert "practice" in words.lower()
    assert clerk.get(f"{first}.pdf").data == content.data
    move_to(date(2026, 4, 11))  # a third month begins
    assert "Today it is ZMW 1,560.00" in text_of(clerk.get(first).text)
    later = clerk.post(ask).location
    assert later != first
    assert "A later bill replaced this one" in clerk.get(first).text
    assert "1,560.00" in text_of(clerk.get(f"{base}/bills/").text)


def test_a_bill_names_no_day_gone_by_as_the_last_one_to_pay(clerk: FlaskClient, kafue: Story) -> None:
    base = f"/employers/{kafue.employer.number}/account"
    growing = clerk.post(f"{base}/charges/{kafue.charge(JAN).public_id}/bill").location
    assert "Pay by 10 April 2026" in text_of(clerk.get(growing).text)
    not_known = clerk.post(f"{base}/charges/{kafue.charge(JAN, NHIMA).public_id}/bill").location
    assert "Was due on 10 February 2026" in text_of(clerk.get(not_known).text)
    assert "Was due on 10 February 2026" in pdf_text(clerk.get(f"{not_known}.pdf").data)


def test_nothing_open_means_no_bill(clerk: FlaskClient, kafue: Story) -> None:
    kafue.pay(1_440_00, LATE)
    answer = clerk.post(f"/employers/{kafue.employer.number}/account/charges/{kafue.charge(JAN).public_id}/bill")
    assert answer.status_code == 409
    assert "Nothing is open for January 2026" in answer.text


def test_a_receipt_as_pdf_is_kept_byte_for_byte(clerk: FlaskClient, kafue: Story) -> None:
    receipt = kafue.pay(1_500_00, LATE)
    base = f"/employers/{kafue.employer.number}/account/receipts"
    page = text_of(clerk.get(f"{base}/{receipt.public_id}").text)
    assert "R-2026-000001" in page
    assert "Kept as credit" in page
    first = clerk.get(f"{base}/{receipt.public_id}.pdf")
    words = pdf_text(first.data)
    assert "1,500.00" in words
    assert "PRACTICE" in words
    assert f"http://localhost/verify/{receipt.public_id}" in words.replace(" ", "")
    kafue.take_back(receipt, LATE)
    assert clerk.get(f"{base}/{receipt.public_id}.pdf?issued=1").data == first.data
    assert first.headers["Content-Disposition"].startswith("attachment")
    assert "This payment was taken back on 20 March 2026" in text_of(clerk.get(f"{base}/{receipt.public_id}").text)
    assert "R-2026-000001" in clerk.get(f"{base}/?scheme={NAPSA}").text
    assert "R-2026-000001" not in clerk.get(f"{base}/?scheme={NHIMA}").text


def test_another_employers_receipt_answers_as_one_that_does_not_exist(clerk: FlaskClient, kafue: Story) -> None:
    other = Story("ZE1000025", "Lusaka School")
    other.declare(JAN, DECLARED)
    theirs, bill = other.pay(100_00, LATE), other.bill(JAN, LATE)
    base = f"/employers/{kafue.employer.number}/account"
    for kind, public_id in (
        ("receipts", theirs.public_id), ("bills", bill.public_id), ("charges", other.charge(JAN).public_id),
    ):  # fmt: skip
        another, unknown = clerk.get(f"{base}/{kind}/{public_id}"), clerk.get(f"{base}/{kind}/{uuid4()}")
        assert another.status_code == unknown.status_code == 404
        assert without_its_own(another.text) == without_its_own(unknown.text)
    assert clerk.get(f"{base}/receipts/{theirs.public_id}.pdf").status_code == 404
    assert clerk.post(f"{base}/charges/{other.charge(JAN).public_id}/bill").status_code == 404
    assert clerk.get(f"/employers/{other.employer.number}/account/").status_code == 404


def without_its_own(html: str) -> str:
    """A page without what is another each time or each second: its reference, and the token of its forms."""
    reference = r"<code>[0-9A-F]{8}</code>|(?:subject|reference)=[0-9A-F]{8}"
    return re.sub(reference + r'|name="csrf_token" value="[^"]*"', "", html)


def test_a_statement_opens_and_closes_with_what_is_owed(clerk: FlaskClient, kafue: Story) -> None:
    kafue.pay(1_000_00, LATE)
    url = f"/employers/{kafue.employer.number}/account/statement?scheme={NAPSA}&from=2026-01-01&to=2026-03-20"
    page = text_of(clerk.get(url).text)
    assert "Contributions for January 2026" in page
    assert "Payment received" in page
    assert "440.00" in page
    paper = url.replace("statement?", "statement.pdf?")
    words = pdf_text(clerk.get(paper).data)
    assert "Relevé de compte" in pdf_text(clerk.get(f"{paper}&lang=fr").data)
    assert "Statement of account" in words
    assert "practice" in words.lower()
    assert "440.00" in words
    assert clerk.get(f"/employers/{kafue.employer.number}/account/statement?scheme=x&from=soon&to=").status_code == 200


def test_the_cashier_finds_the_employer_by_number_reference_or_name(cashier: FlaskClient, kafue: Story) -> None:
    bill = kafue.bill(JAN, LATE)
    for typed in (kafue.employer.number, kafue.employer.number.removeprefix("ZE"), "kafue"):
        answer = cashier.get("/fund/payments/find", query_string={"find": typed})
        assert urlparse(answer.location).path == f"/fund/payments/{kafue.employer.number}/new"
    answer = cashier.get("/fund/payments/find", query_string={"find": bill.reference[:4] + " " + bill.reference[4:]})
    asked = parse_qs(urlparse(answer.location).query)
    assert (asked["bill"], asked["scheme"]) == ([bill.reference], [NAPSA])


def test_a_mistyped_reference_is_told_from_an_unknown_one(cashier: FlaskClient, kafue: Story) -> None:
    bill = kafue.bill(JAN, LATE)
    assert is_rf_reference(bill.reference)
    swapped = bill.reference[:-1] + ("1" if bill.reference[-1] != "1" else "2")
    answer = cashier.get("/fund/payments/find", query_string={"find": swapped})
    assert answer.status_code == 422
    assert "a character is wrong" in answer.text
    assert swapped in answer.text  # what was typed is kept
    assert "No bill of ours" in cashier.get("/fund/payments/find?find=RF18539007547034").text
    assert "a digit is wrong" in cashier.get("/fund/payments/find?find=ZE1000018").text
    assert "No employer is called" in cashier.get("/fund/payments/find?find=Nobody").text


def fields_of(html: str) -> dict[str, str]:
    """The hidden fields of the form on a page."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html))


def test_a_payment_is_checked_before_it_is_recorded_and_a_double_click_is_one_payment(
    cashier: FlaskClient, kafue: Story
) -> None:
    base = f"/fund/payments/{kafue.employer.number}"
    start = cashier.get(f"{base}/new").location
    key = parse_qs(urlparse(start).query)["key"][0]
    form = {"key": key, "scheme": NAPSA, "amount": "1,440.00", "paid_on": "2026-03-20", "method": "bank",
            "bank_reference": "TRX 77", "bill": ""}  # fmt: skip
    page = cashier.get(f"{base}/check", query_string=form)
    words = text_of(page.text)
    assert "Contribution for January 2026 ZMW 1,200.00" in words
    assert "Late charge for January 2026 ZMW 240.00" in words
    assert count_payments() == 0
    sent = fields_of(page.text)
    first, second = (cashier.post(f"{base}/record", data=sent).location for _ in range(2))
    assert first == second
    assert count_payments() == 1
    assert "Payment recorded" in cashier.get(first).text
    again = cashier.get(f"{base}/check", query_string=form)  # the back button
    assert urlparse(again.location).path == urlparse(first).path
    other = {**form, "key": str(uuid4())}
    assert "Perhaps this is recorded already" in cashier.get(f"{base}/check", query_string=other).text


def count_payments() -> int:
    """How many payments there are."""
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Payment)) or 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": "1.440"}, "is not an amount"),
        ({"amount": "12,34"}, "can be read two ways"),
        ({"amount": "-5"}, "is not an amount"),
        ({"amount": ""}, "Write the amount that was received."),
        ({"amount": "0"}, "above zero"),
        ({"paid_on": "20/03/2026"}, "Write the day as year, month and day"),
        ({"paid_on": "2026-03-21"}, "is still to come"),
        ({"scheme": "xx"}, "Choose the scheme"),
        ({"method": "shells"}, "Choose how the money came in"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(
    cashier: FlaskClient, kafue: Story, change: dict[str, str], words: str
) -> None:
    form = {"key": str(uuid4()), "scheme": NAPSA, "amount": "100.00", "paid_on": "2026-03-20", "method": "cash",
            "bank_reference": "kept", **change}  # fmt: skip
    answer = cashier.get(f"/fund/payments/{kafue.employer.number}/check", query_string=form)
    assert answer.status_code == 422
    assert text_of(answer.text).count(words) == 2  # in the summary and beside the field
    assert 'value="kept"' in answer.text
    assert change.get("amount", "100.00") in answer.text
    assert cashier.post(f"/fund/payments/{kafue.employer.number}/record", data=form).status_code == 422


def test_a_form_without_its_key_records_nothing(cashier: FlaskClient, kafue: Story) -> None:
    form = {"key": "x", "scheme": NAPSA, "amount": "100.00", "paid_on": "2026-03-20", "method": "cash"}
    assert cashier.post(f"/fund/payments/{kafue.employer.number}/record", data=form).status_code == 422
    assert count_payments() == 0


def test_a_cashier_asks_that_a_payment_is_taken_back_and_it_counts_until_a_second_person_decides(
    cashier: FlaskClient, kafue: Story
) -> None:
    receipt = kafue.pay(1_440_00, LATE)
    url = f"/fund/payments/receipts/{receipt.public_id}"
    assert "A second person has to approve it" in cashier.get(f"{url}/take-back").text
    assert "Write why" in cashier.post(f"{url}/take-back", data={"reason": ""}).text
    for _ in range(2):
        assert cashier.post(f"{url}/take-back", data={"reason": "Cheque bounced"}).status_code == 302
    page = text_of(cashier.get(url).text)
    assert "Somebody asked that this payment is taken back" in page
    assert "Ask to take this payment back" not in page
    assert kafue.open(JAN).total == 0
    sign_in(cashier, officer(FundRoleName.SUPERVISOR))
    again = cashier.post(f"{url}/take-back", data={"reason": "Wrong employer"})
    assert again.status_code == 409
    assert "already asked for" in again.text
    assert "Wrong employer" in again.text
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(PaymentReversal)) == 0


def test_an_auditor_reads_payments_and_enters_none(cashier: FlaskClient, kafue: Story) -> None:
    receipt = kafue.pay(1_440_00, LATE)
    sign_in(cashier, officer(FundRoleName.AUDITOR))
    assert "R-2026-000001" in cashier.get("/fund/payments/?text=kafue&from=2026-03-01").text
    assert "R-2026-000001" not in cashier.get("/fund/payments/?to=2026-03-01").text
    assert cashier.get(f"/fund/payments/receipts/{receipt.public_id}.pdf").status_code == 200
    assert cashier.get(f"/fund/payments/{kafue.employer.number}/new").status_code == 403
    assert "Find the employer" not in cashier.get("/fund/payments/").text


def test_the_public_page_says_genuine_or_not_and_nothing_else(kafue: Story, client: FlaskClient) -> None:
    kafue.declare(JAN, DECLARED)
    bill, receipt = kafue.bill(JAN, DECLARED), kafue.pay(1_200_00, DECLARED)
    for document, words in ((receipt, "Receipt R-2026-000001 is genuine"), (bill, "Bill B-2026-000001 is genuine")):
        page = client.get(f"/verify/{document.public_id}").text
        assert words in page
        assert "1,200" not in page
        assert "Kafue" not in page
    kafue.take_back(receipt, DECLARED)
    assert "was cancelled on 5 February 2026" in client.get(f"/verify/{receipt.public_id}").text
    unknown = client.get(f"/verify/{uuid4()}")
    assert unknown.status_code == 404
    assert "We did not issue this document" in unknown.text


def test_receipts_of_an_employer_are_numbered_one_after_the_other(kafue: Story) -> None:
    kafue.declare(JAN, DECLARED)
    made = [kafue.pay(1_00, DECLARED) for _ in range(3)]
    with db.reading() as session:
        found = all_of(session, kafue.id)
    assert [one.number for one in found] == [one.number for one in made] == [f"R-2026-{n:06d}" for n in (1, 2, 3)]
    assert all(isinstance(one.public_id, UUID) and isinstance(one.issued_at, datetime) for one in found)
