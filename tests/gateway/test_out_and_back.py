"""From the bill to the practice gateway and back: told through the outbox, paid there, heard, asked, compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.serving import make_server

from portal import clock, db
from portal.auth.models import EmployerRole
from portal.demo.practice_gateway import PracticeGateway
from portal.errors import Refused
from portal.gateway import asking, billing
from portal.gateway.models import GatewayBill, GatewayDay
from portal.gateway.providers import signing
from portal.gateway.providers.signed_json import SignedJson
from portal.jobs import nightly
from portal.outbox import Message
from portal.payments.models import Bill
from portal.scheme.calendars import Month
from tests.factories import give_mandate, sign_in
from tests.funds import FUND, serving
from tests.gateway.conftest import DAY, JAN, SETTING, SIGNING, Calls, at_gateway, money, told
from tests.payments.conftest import Story, noon
from tests.payments.test_pages import pdf_text


@pytest.fixture
def gateway(app: Flask, calls: Calls) -> Iterator[PracticeGateway]:
    """The practice gateway, and the portal where it calls back."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    back = f"http://127.0.0.1:{server.server_port}/gateway/call-back"
    with PracticeGateway(back, keys=SETTING, late=0.05, taken_back=0.05) as made:
        yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def provider(gateway: PracticeGateway) -> SignedJson:
    """The portal's way to it."""
    return SignedJson(gateway.url, SIGNING)


@pytest.fixture
def number(provider: SignedJson, calls: Calls) -> str:
    """The bill was told to the gateway; its number there."""
    assert billing.send_one(provider, "http://localhost")
    assert not billing.send_one(provider, "http://localhost")
    return at_gateway(calls.bill).control_number or ""


def test_a_bill_leaves_with_its_number_and_comes_back_as_a_receipt(
    gateway: PracticeGateway, number: str, kafue: Story, calls: Calls
) -> None:
    assert len(number) == 12
    gateway.pay(number, calls.bill.amount)
    assert gateway.called == [200]
    assert money() == (1, 1, 1, 0)
    assert kafue.open(JAN).total == 0


@pytest.mark.parametrize(("way", "calls_made", "kept"), [
    ("twice", [200, 200], (1, 1, 1, 0)),
    ("failed", [], (0, 0, 0, 0)),
    ("silent", [], (0, 0, 0, 0)),
    ("wrong_number", [200], (1, 0, 0, 0)),
])  # fmt: skip
def test_however_the_gateway_tells_it_there_is_one_payment(
    gateway: PracticeGateway, number: str, calls: Calls, way: str, calls_made: list[int],
    kept: tuple[int, int, int, int],
) -> None:  # fmt: skip
    gateway.pay(number, calls.bill.amount, way)
    assert gateway.called == calls_made
    assert money() == kept


def test_the_employer_presses_pay_now_and_the_portal_asks_when_nothing_is_heard(
    gateway: PracticeGateway, provider: SignedJson, number: str, client: FlaskClient, kafue: Story, calls: Calls
) -> None:
    with db.writing() as session:
        clerk = give_mandate(session, kafue.employer, EmployerRole.CLERK)
    sign_in(client, clerk)
    page = f"/employers/{kafue.employer.number}/account/bills/{calls.bill.public_id}"
    assert f"{page}/pay" in client.get(page).text
    for _ in range(2):
        answer = client.post(f"{page}/pay")
        assert (answer.status_code, answer.location) == (303, f"{gateway.url}/pay/{number}")
    payment = gateway.pay(number, calls.bill.amount, "silent")
    assert payment is not None
    assert "Do not pay twice" in client.get(page).text
    assert not asking.enquire_one(provider)  # not yet
    with db.writing() as session:
        session.execute(update(GatewayBill).values(next_enquiry_at=clock.real_now()))
    assert asking.enquire_one(provider)
    assert (told(payment["transaction"]).way, money()) == ("enquiry", (1, 1, 1, 0))
    assert not asking.enquire_one(provider)
    assert gateway.tell(payment) == 200  # late, after all
    assert money() == (1, 1, 1, 0)
    shown = client.get(page).text
    assert payment["transaction"] in shown
    assert "R-2026-000001" in shown
    assert f"{page}/pay" not in shown


def test_another_employers_bill_cannot_be_paid_from_here(
    number: str, client: FlaskClient, kafue: Story, calls: Calls
) -> None:
    other = Story("ZE1000025", "Zambezi Foods")
    with db.writing() as session:
        stranger = give_mandate(session, other.employer)
    sign_in(client, stranger)
    answer = client.post(f"/employers/{other.employer.number}/account/bills/{calls.bill.public_id}/pay")
    assert answer.status_code == 404


def test_a_gateway_that_is_down_gets_the_bill_later_and_once(
    gateway: PracticeGateway, calls: Calls, database: str
) -> None:
    down = SignedJson("http://127.0.0.1:9", SIGNING)
    assert billing.send_one(down, "http://localhost")
    row = at_gateway(calls.bill)
    assert (row.state, row.control_number, bool(row.problem)) == ("asked", None, True)
    with db.writing() as session:
        session.execute(update(Message).where(Message.topic == "gateway").values(next_try_at=clock.real_now()))
    assert billing.send_one(SignedJson(gateway.url, SIGNING), "http://localhost")
    row = at_gateway(calls.bill)
    assert (row.state, row.problem) == ("open", "")


def test_a_later_bill_withdraws_the_one_before_and_an_expired_one_opens_again(
    gateway: PracticeGateway, provider: SignedJson, number: str, kafue: Story, calls: Calls
) -> None:
    kafue.pay(200_00, DAY)
    later = kafue.bill(JAN, DAY)
    while billing.send_one(provider, "http://localhost"):
        pass
    assert (at_gateway(calls.bill).state, at_gateway(later).state) == ("withdrawn", "open")
    with pytest.raises(ValueError, match="cannot be paid any more"):
        gateway.pay(number, calls.bill.amount)
    with db.writing() as session:
        at = clock.now() + timedelta(days=15)
        assert billing.payable(session, session.get_one(Bill, later.id), at) is None
        with pytest.raises(Refused):
            billing.go(session, later.public_id, kafue.id, at=at)
        billing.ask(session, session.get_one(Bill, later.id), at)
    assert billing.send_one(provider, "http://localhost")
    with db.reading() as session:
        assert billing.payable(session, session.get_one(Bill, later.id), at) is not None


@pytest.fixture
def clerk(kafue: Story, client: FlaskClient) -> FlaskClient:
    """Somebody of the employer who prepares payments."""
    with db.writing() as session:
        account = give_mandate(session, kafue.employer, EmployerRole.CLERK)
    sign_in(client, account)
    return client


def page_of(kafue: Story, bill: Bill) -> str:
    return f"/employers/{kafue.employer.number}/account/bills/{bill.public_id}"


def test_a_bill_that_is_paid_cannot_be_paid_again_by_mistake(
    gateway: PracticeGateway, provider: SignedJson, number: str, kafue: Story, calls: Calls, clerk: FlaskClient
) -> None:
    page = page_of(kafue, calls.bill)
    kafue.pay(1_200_00, DAY)  # at a bank, while the bill is open there
    answer = clerk.post(f"{page}/pay", follow_redirects=True)
    assert "Nothing is left to pay" in answer.text
    assert f"{page}/pay" not in answer.text
    assert billing.send_one(provider, "http://localhost")
    with pytest.raises(ValueError, match="cannot be paid any more"):
        gateway.pay(number, calls.bill.amount)


def test_of_a_bill_that_is_paid_in_part_the_page_shows_what_is_left(
    gateway: PracticeGateway, provider: SignedJson, number: str, kafue: Story, calls: Calls, clerk: FlaskClient
) -> None:
    page = page_of(kafue, calls.bill)
    gateway.pay(number, 200_00)
    answer = clerk.post(f"{page}/pay", follow_redirects=True)
    assert "ZMW\u00a01,000.00 is left to pay now" in answer.text
    assert f"{page}/pay" not in answer.text
    made = clerk.post(f"/employers/{kafue.employer.number}/account/charges/{kafue.charge(JAN).public_id}/bill")
    while billing.send_one(provider, "http://localhost"):
        pass
    assert f"{made.location}/pay" in clerk.get(made.location).text
    gateway.pay(f"99{2:010d}", 1_000_00)
    assert kafue.open(JAN).total == 0


def test_where_only_the_whole_amount_can_be_paid_a_part_withdraws_the_bill(
    number: str, kafue: Story, calls: Calls, tmp_path: Path
) -> None:
    kafue.pay(200_00, DAY)
    assert at_gateway(calls.bill).state == "open"
    path = tmp_path / "fund.toml"
    path.write_text(FUND.read_text().replace('pays = "any"', 'pays = "exact"'))
    with serving(path):
        kafue.pay(100_00, DAY)
    assert at_gateway(calls.bill).state == "withdrawn"


def test_a_bill_that_money_paid_ahead_settles_cannot_be_paid_there_any_more(kafue: Story, calls: Calls) -> None:
    february, day = Month(2026, 2), date(2026, 3, 2)
    kafue.pay(2_400_00, DAY)
    clock.shift(noon(day) - clock.real_now())
    kafue.declare(february, day)
    bill = kafue.bill(february, day)  # before the worker has seen that there is credit
    assert (bill.amount, at_gateway(bill).state) == (1_200_00, "asked")
    while nightly.settle_one():
        pass
    assert (kafue.open(february).total, at_gateway(bill).state) == (0, "withdrawn")


def test_money_that_comes_twice_is_credit_and_the_page_says_so(
    gateway: PracticeGateway, number: str, kafue: Story, calls: Calls, clerk: FlaskClient
) -> None:
    gateway.pay(number, calls.bill.amount)
    gateway.pay(number, calls.bill.amount)  # before the gateway hears that it is paid
    assert (kafue.open(JAN).total, kafue.credit()) == (0, calls.bill.amount)
    assert "It was not lost: it became your credit." in clerk.get(page_of(kafue, calls.bill)).text


def test_a_bill_whose_payment_was_taken_back_can_be_paid_there_again(
    gateway: PracticeGateway, provider: SignedJson, number: str, kafue: Story, calls: Calls, clerk: FlaskClient
) -> None:
    payment = gateway.pay(number, calls.bill.amount)
    assert payment is not None
    for _ in range(2):  # it is withdrawn and opened again, and again
        while billing.send_one(provider, "http://localhost"):
            pass
        assert at_gateway(calls.bill).state == "withdrawn"
        gateway.reverse(payment)
        page = clerk.get(page_of(kafue, calls.bill)).text
        assert "Ask to pay it at Practice Pay" in page
        made = clerk.post(f"/employers/{kafue.employer.number}/account/charges/{kafue.charge(JAN).public_id}/bill")
        assert made.location == page_of(kafue, calls.bill)
        while billing.send_one(provider, "http://localhost"):
            pass
        assert at_gateway(calls.bill).state == "open"
        payment = gateway.pay(number, calls.bill.amount)
        assert payment is not None
    assert (money(), kafue.open(JAN).total) == ((3, 3, 3, 2), 0)


def test_a_bill_on_paper_carries_the_number_of_the_gateway(
    gateway: PracticeGateway, provider: SignedJson, kafue: Story, calls: Calls, clerk: FlaskClient
) -> None:
    page = f"{page_of(kafue, calls.bill)}.pdf"
    assert "Practice Pay" not in pdf_text(clerk.get(page).data)
    billing.send_one(provider, "http://localhost")
    kept = clerk.get(page).data
    assert at_gateway(calls.bill).control_number in pdf_text(kept)
    kafue.pay(1_200_00, DAY)
    assert clerk.get(page).data == kept


def test_somebody_who_went_there_and_did_not_pay_reads_that_nothing_was_paid(
    gateway: PracticeGateway, provider: SignedJson, number: str, kafue: Story, calls: Calls, clerk: FlaskClient
) -> None:
    page = page_of(kafue, calls.bill)
    clerk.post(f"{page}/pay")
    assert gateway.pay(number, calls.bill.amount, "failed") is None
    with db.writing() as session:
        session.execute(update(GatewayBill).values(next_enquiry_at=clock.real_now()))
    assert asking.enquire_one(provider)
    shown = clerk.get(page).text
    assert "nothing was paid there" in shown
    assert "Do not pay twice" not in shown
    clerk.post(f"{page}/pay")
    assert "Do not pay twice" in clerk.get(page).text


def test_a_gateway_that_says_nothing_for_long_is_not_waited_for(kafue: Story, calls: Calls, clerk: FlaskClient) -> None:
    page = page_of(kafue, calls.bill)
    soon = "In a moment it can be paid at Practice Pay"
    assert soon in clerk.get(page).text
    with db.writing() as session:
        session.execute(update(GatewayBill).values(asked_at=clock.now() - billing.A_MOMENT))
    assert soon not in clerk.get(page).text
    assert "You can pay it at the bank" in clerk.get(page).text


def test_a_payment_the_gateway_takes_back_is_taken_back(
    gateway: PracticeGateway, number: str, kafue: Story, calls: Calls
) -> None:
    payment = gateway.pay(number, calls.bill.amount)
    assert payment is not None
    gateway.reverse(payment)
    assert (money(), kafue.open(JAN).total) == ((1, 1, 1, 1), calls.bill.amount)


def test_each_day_is_compared_and_what_is_missing_comes_in(
    gateway: PracticeGateway, provider: SignedJson, number: str, calls: Calls
) -> None:
    heard = gateway.pay(number, 100_00)
    silent = gateway.pay(number, 200_00, "silent")
    taken_back = gateway.pay(number, 300_00)
    changed = gateway.pay(number, 400_00)
    assert heard
    assert silent
    assert taken_back
    assert changed
    gateway.store.reversed(taken_back["transaction"])
    calls.call(transaction="OURS-ONLY", amount=500_00)
    with gateway.store._lock:
        gateway.store._line.execute(
            "update payment set said = replace(said, '40000', '40001') where transaction_number = ?",
            (changed["transaction"],),
        )
    assert asking.compare_days(provider, DAY + timedelta(days=1)) == 7
    with db.reading() as session:
        row = session.scalars(select(GatewayDay).where(GatewayDay.day == DAY)).one()
    found = {one["transaction"]: one["kind"] for one in row.differences}
    assert found == {
        silent["transaction"]: "missing", taken_back["transaction"]: "reversed", changed["transaction"]: "different",
        "OURS-ONLY": "extra",
    }  # fmt: skip
    assert (row.listed, row.same) == (4, 1)
    assert (told(silent["transaction"]).way, told(taken_back["transaction"]).state) == ("list", "reversed")
    assert asking.compare_days(provider, DAY + timedelta(days=1)) == 1  # what differs is looked at again
    with gateway.store._lock:
        gateway.store._line.execute("update payment set said = replace(said, '40001', '40000')")
    gateway.store.paid(gateway.store.bill(number) or {}, 500_00, calls.bill.reference, DAY)
    with gateway.store._lock:
        gateway.store._line.execute(
            "update payment set said = replace(said, transaction_number, 'OURS-ONLY') where said like '%50000,%'"
        )
    assert asking.compare_days(provider, DAY + timedelta(days=1)) == 1
    with db.reading() as session:
        row = session.scalars(select(GatewayDay).where(GatewayDay.day == DAY)).one()
    assert {one["kind"] for one in row.differences} == {"missing", "reversed"}  # what was mended is still told
    assert (row.listed, row.same) == (5, 3)
    assert asking.compare_days(provider, DAY + timedelta(days=1)) == 0


def test_the_gateway_pays_out_once_less_its_fee_and_deducts_what_it_took_back(
    gateway: PracticeGateway, provider: SignedJson, number: str, calls: Calls
) -> None:
    first, second = gateway.pay(number, 700_00), gateway.pay(number, 500_00)
    assert first
    assert second
    assert provider.payouts(DAY) == []
    sent = provider.payouts(DAY + timedelta(days=1))
    assert [(one.number, one.amount, one.fee) for one in sent] == [("PO20260206ZMW", 1_182_00, 18_00)]
    gateway.pay(number, 10_00, on=DAY)  # late: it is in the next one
    gateway.reverse(second)
    assert provider.payouts(DAY + timedelta(days=1)) == sent
    (later,) = provider.payouts(DAY + timedelta(days=2))
    assert [part.amount for part in later.parts] == [10_00, -500_00]


def test_a_stranger_learns_nothing_from_the_gateway(gateway: PracticeGateway) -> None:
    assert gateway.api("GET", "/days/2026-02-05", b"", "")[0] == 401
    header = signing.sign({"now": b"not the secret of this story, no"}, b"GET /days/2026-02-05", clock.real_now())
    assert gateway.api("GET", "/days/2026-02-05", b"", header)[0] == 401


def test_the_pages_of_the_practice_gateway_pay_and_refuse(gateway: PracticeGateway, number: str) -> None:
    status, _kind, page = gateway.page("GET", f"/pay/{number}", {})
    assert (status, "1200.00" in page) == (200, True)
    form = {"amount": "12.005", "way": "at_once", "on": "2026-02-05"}
    assert gateway.page("POST", f"/pay/{number}", form)[0] == 422
    status, _kind, where = gateway.page("POST", f"/pay/{number}", {**form, "amount": "1,200.00"})
    assert status == 303
    assert gateway.page("GET", where, {})[0] == 200
    assert gateway.page("GET", "/pay/990000000099", {})[0] == 404
    assert (money(), told(where.rpartition("/")[2]).paid_at.date()) == ((1, 1, 1, 0), date(2026, 2, 5))
