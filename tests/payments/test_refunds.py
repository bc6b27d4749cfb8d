"""What was paid too much is a credit one sees; it settles what comes next, or is given back by two people."""

from __future__ import annotations

import json
import re
import threading
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal import approvals, db
from portal.approvals import Approval
from portal.audit import AuditEvent
from portal.auth.models import Account, EmployerRole, FundRoleName
from portal.employers.models import Employer
from portal.errors import Refused
from portal.ledger.models import AccountName, Posting
from portal.ledger.statement import statement
from portal.payments.models import Refund
from portal.payments.refunds import BankAccount, ask_for_refund
from portal.scheme.calendars import Month
from tests.factories import give_mandate, make_officer, sign_in
from tests.payments.conftest import NAPSA, Story, noon
from tests.payments.test_pages import move_to, pdf_text, text_of

JAN, FEB = Month(2026, 1), Month(2026, 2)
DECLARED, MARCH = date(2026, 2, 5), date(2026, 3, 4)
TO = BankAccount("Kafue Mining Limited", "0177 4455 001", "Zanaco, Lusaka")


class Credit:
    """An employer that paid 1,500.00 for the 1,200.00 of January, its signatory, and a supervisor."""

    def __init__(self, story: Story) -> None:
        self.story = story
        story.declare(JAN, DECLARED)
        self.receipt = story.pay(1_500_00, DECLARED)
        with db.writing() as session:
            self.signatory = give_mandate(session, story.employer, EmployerRole.SIGNATORY)
            self.checker: Account = make_officer(session, FundRoleName.SUPERVISOR)

    def ask(self, amount: int = 300_00, by: Account | None = None) -> Approval:
        """Ask for a part of the credit, or all."""
        with db.writing() as session:
            account = (by or self.signatory).id
            return ask_for_refund(
                session, self.story.id, NAPSA, amount, TO, reason="Paid twice", by=account, at=noon(MARCH)
            )  # fmt: skip

    def approve(self, request: Approval, on: date = MARCH) -> None:
        """The second person approves."""
        with db.writing() as session:
            approvals.approve(
                session, request.public_id, fingerprint=request.fingerprint, by=self.checker.id, at=noon(on)
            )  # fmt: skip

    def refunded(self) -> list[int]:
        """What was given back."""
        with db.reading() as session:
            return list(session.scalars(select(Refund.amount).order_by(Refund.id)))

    def money(self, account: AccountName) -> int:
        """What stands on an account of the book."""
        with db.reading() as session:
            return int(session.scalar(select(func.sum(Posting.amount)).where(Posting.account == account)) or 0)


@pytest.fixture
def paid(kafue: Story) -> Credit:
    return Credit(kafue)


def test_credit_is_given_back_by_two_people_and_the_book_says_so(paid: Credit) -> None:
    paid.approve(paid.ask())
    assert (paid.story.credit(), paid.refunded()) == (0, [300_00])
    assert paid.money(AccountName.MONEY_REFUNDED) == -300_00
    assert paid.money(AccountName.SET_ASIDE) == 0
    with db.reading() as session:
        read = statement(session, paid.story.id, NAPSA, date(2026, 2, 1), date(2026, 3, 31))
        events = session.scalars(select(AuditEvent).where(AuditEvent.event == "credit.refunded")).all()
        log = json.dumps([one.fields for one in session.scalars(select(AuditEvent))])
    last = read.rows[-1]
    assert (str(last.words), last.debit, last.day, read.closing) == ("Credit given back", 300_00, MARCH, 0)
    assert [one.fields for one in events] == [{"refund": "C-2026-000001", "scheme": NAPSA, "amount": 300_00}]
    assert "0177" not in log


def test_who_approves_sees_that_the_money_would_go_to_another_account(paid: Credit) -> None:
    def rows() -> dict[str, object]:
        with db.reading() as session:
            found = session.get_one(Approval, request.id)
            return {str(name): value for name, value in approvals.ACTIONS[found.action].rows(session, found)}

    request, words = paid.ask(), "Another account stands on the employer's file"
    for kept, told in (("", None), ("0177-4455 001", None), ("0099 1", "0099 1")):
        with db.writing() as session:
            session.get_one(Employer, paid.story.id).bank_account = kept
        assert rows().get(words) == told


def test_credit_is_not_given_back_twice_and_pressing_twice_is_once(paid: Credit) -> None:
    request = paid.ask()
    assert paid.ask().public_id == request.public_id
    with pytest.raises(Refused, match="already asked for"):
        paid.ask(200_00)
    for _press in range(2):
        paid.approve(request)
    with pytest.raises(Refused, match="no credit"):
        paid.ask()
    assert paid.refunded() == [300_00]


@pytest.mark.parametrize("amount", [0, -1, 300_01, 10**15])
def test_never_more_than_the_credit(paid: Credit, amount: int) -> None:
    with pytest.raises(Refused, match=r"above zero and up to your credit, 300.00 ZMW"):
        paid.ask(amount)


def test_what_is_owed_comes_first_while_a_request_waits(paid: Credit) -> None:
    request = paid.ask()
    paid.story.declare(FEB, MARCH)
    paid.story.night(MARCH)
    assert paid.story.open(FEB).contribution == 900_00
    with pytest.raises(Refused, match=r"Only 0.00 ZMW of the credit is left"):
        paid.approve(request)
    with db.reading() as session:
        assert approvals.approval_by_id(session, request.public_id).is_open
    assert paid.refunded() == []


def test_what_was_given_back_settles_nothing_any_more(paid: Credit) -> None:
    paid.approve(paid.ask(100_00))
    paid.story.declare(FEB, MARCH)
    paid.story.night(MARCH)
    assert (paid.story.open(FEB).contribution, paid.story.credit()) == (1_000_00, 0)


def test_a_payment_whose_rest_was_given_back_is_not_taken_back_before_the_money_is_there(paid: Credit) -> None:
    paid.approve(paid.ask())
    with pytest.raises(Refused, match="Record the money that comes back as a payment first"):
        paid.story.take_back(paid.receipt, MARCH)
    assert (paid.story.open(JAN).total, paid.story.credit()) == (0, 0)
    paid.story.pay(300_00, MARCH)
    paid.story.take_back(paid.receipt, MARCH)
    assert (paid.story.open(JAN).contribution, paid.story.credit()) == (1_200_00, 0)
    assert paid.money(AccountName.SET_ASIDE) == 0


def test_the_money_that_came_last_goes_back_first_and_the_rest_keeps_its_day(paid: Credit) -> None:
    paid.story.pay(500_00, date(2026, 2, 20))
    paid.approve(paid.ask(600_00))
    paid.story.declare(FEB, MARCH)
    paid.story.night(MARCH)
    assert paid.story.open(FEB).contribution == 1_000_00
    assert paid.money(AccountName.CREDIT) == 0


def test_two_refunds_and_a_payment_at_once_never_give_back_more_than_there_is(paid: Credit) -> None:
    request, said = paid.ask(), []
    ready = threading.Barrier(2)

    def press() -> None:
        ready.wait()
        try:
            paid.approve(request)
            said.append("done")
        except Refused as refusal:
            said.append(str(refusal))

    threads = [threading.Thread(target=press) for _press in range(2)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert said == ["done", "done"]
    assert paid.refunded() == [300_00]


def test_the_employer_sees_where_its_credit_comes_from_and_asks_for_it_back(paid: Credit, client: FlaskClient) -> None:
    move_to(MARCH)
    sign_in(client, paid.signatory)
    base = f"/employers/{paid.story.employer.number}"
    assert f"{base}/account/credit/{NAPSA}" in client.get(f"{base}/").text
    page = text_of(client.get(f"{base}/account/credit/{NAPSA}").text)
    for words in ("300.00", "Payment, beyond what was owed", "R-2026-000001", "settles what is owed to NAPSA next"):
        assert words in page
    form = {"amount": "400", "account_name": "Kafue", "account_number": "0177", "bank": "", "reason": "Paid twice"}
    answer = client.post(f"{base}/account/credit/{NAPSA}/refund", data=form)
    assert answer.status_code == 422
    assert "up to your credit" in answer.text
    assert 'value="0177"' in answer.text
    for _press in range(2):
        assert client.post(f"{base}/account/credit/{NAPSA}/refund", data={**form, "amount": "300"}).status_code == 302
    page = text_of(client.get(f"{base}/account/credit/{NAPSA}").text)
    assert "A refund of ZMW 300.00 is asked for" in page
    assert "Ask for a refund" not in page
    assert client.post(f"{base}/account/credit/{NAPSA}/withdraw").status_code == 302
    assert "is asked for" not in text_of(client.get(f"{base}/account/credit/{NAPSA}").text)


def test_a_clerk_sees_the_credit_and_may_not_ask_for_it(paid: Credit, client: FlaskClient) -> None:
    with db.writing() as session:
        clerk = give_mandate(session, paid.story.employer, EmployerRole.CLERK)
    sign_in(client, clerk)
    base = f"/employers/{paid.story.employer.number}/account/credit/{NAPSA}"
    assert "Ask for a refund" not in client.get(base).text
    assert client.get(f"{base}/refund").status_code == client.post(f"{base}/refund").status_code == 403


def test_an_officer_asks_another_approves_and_the_note_is_kept(paid: Credit, client: FlaskClient) -> None:
    move_to(MARCH)
    with db.writing() as session:
        officer = make_officer(session, FundRoleName.CONTRIBUTION_OFFICER)
    sign_in(client, officer)
    base = f"/fund/employers/{paid.story.employer.number}/credit/{NAPSA}"
    assert "Kafue Mining Limited" in client.get(f"{base}/refund").text
    form = {"amount": "300", "account_name": TO.name, "account_number": TO.number, "bank": TO.bank, "reason": "Twice"}
    assert client.post(f"{base}/refund", data=form).status_code == 302
    sign_in(client, paid.checker)
    with db.reading() as session:
        request = session.scalars(select(Approval)).one()
    page = client.get(f"/fund/approvals/{request.public_id}").text
    assert TO.number in page
    found = re.search(r'name="fingerprint"[^>]* value="(\w+)"', page)
    assert found
    answer = client.post(f"/fund/approvals/{request.public_id}/approve", data={"fingerprint": found[1]})
    assert answer.status_code == 302
    with db.reading() as session:
        refund = session.scalars(select(Refund)).one()
    address = f"/fund/employers/{paid.story.employer.number}/credit/notes/{refund.public_id}.pdf"
    first = client.get(address).data
    words = pdf_text(first)
    for wanted in ("C-2026-000001", "300.00", TO.number, "4 March 2026"):
        assert wanted in words
    assert client.get(address).data == first
    assert "C-2026-000001 is genuine" in client.get(f"/verify/{refund.public_id}").text


def test_the_next_bill_shows_how_much_credit_was_used(paid: Credit) -> None:
    paid.story.declare(FEB, MARCH)
    paid.story.night(MARCH)
    bill = paid.story.bill(FEB, MARCH)
    asked = {name: bill.snapshot[name] for name in ("credit_used", "paid_already", "to_pay")}
    assert asked == {"credit_used": 300_00, "paid_already": 0, "to_pay": 900_00}
