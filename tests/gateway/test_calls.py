"""Call-backs: what is signed is taken in once, what is not changes nothing, and no money is lost."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import clock, db
from portal.auth.models import FundRoleName
from portal.errors import Refused
from portal.gateway import taking
from portal.gateway.models import GatewayPayment, GatewayRefusal
from portal.gateway.providers import signing
from portal.payments.models import Bill, Payment, PaymentReversal, Receipt
from tests.factories import make_officer, sign_in
from tests.gateway.conftest import JAN, SIGNING, Calls, count, money, oddities, told
from tests.payments.conftest import NAPSA, Story

CASES = {
    one["id"]: one
    for one in json.loads((Path(__file__).parents[2] / "tests" / "data" / "payment_calls.json").read_text())
}


def test_a_payment_told_by_the_gateway_is_a_receipt(calls: Calls, kafue: Story) -> None:
    answer = calls.call()
    assert (answer.status_code, answer.json) == (200, {"status": "taken"})
    assert money() == (1, 1, 1, 0)
    assert kafue.open(JAN).total == 0
    with db.reading() as session:
        payment = session.get(Payment, told().payment_id)
    assert payment is not None
    assert (payment.method, payment.bank_reference, payment.paid_on) == ("mobile", "TX-1", date(2026, 2, 5))
    assert payment.bill_id == calls.bill.id


def test_the_same_call_again_is_one_payment_also_with_a_new_signature(calls: Calls) -> None:
    assert calls.call().json == {"status": "taken"}
    body = json.dumps(calls.message()).encode()
    assert calls.send(body, at=clock.real_now() - timedelta(seconds=90)).json == {"status": "known"}
    assert money() == (1, 1, 1, 0)


def test_twenty_calls_at_once_are_one_payment(calls: Calls, app: Flask, database: str) -> None:
    db.engine().dispose()
    db.bind(database, pool=10)

    def call(_n: int) -> int:
        return Calls(app.test_client(), calls.bill).call().status_code

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(call, range(20))) == {200}
    assert money() == (1, 1, 1, 0)


def test_the_same_transaction_with_another_amount_is_refused_and_shown(calls: Calls, kafue: Story) -> None:
    calls.call()
    for _ in range(2):
        answer = calls.call(amount=calls.bill.amount + 1)
        assert (answer.status_code, answer.json and answer.json["code"]) == (422, "E_KEY_REUSE")
    assert money() == (1, 1, 1, 0)
    assert [one.amount for one in oddities()] == [calls.bill.amount + 1]
    assert kafue.credit() == 0


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_is_not_a_call_back_changes_nothing(calls: Calls, name: str) -> None:
    case = CASES[name]
    body = json.dumps(calls.message()).replace('"amount": 120000', f'"amount": {case["amount"]}').encode()
    answer = calls.send(body)
    assert (answer.status_code, answer.json and answer.json["code"]) == (case["http"], "E_PAYMENT")
    assert money() == (0, 0, 0, 0)


def test_a_signature_must_hold_over_the_very_bytes(calls: Calls) -> None:
    body = json.dumps(calls.message()).encode()
    again = json.dumps(json.loads(body), indent=1).encode()
    stranger = {"now": b"some other secret of somebody else"}
    late = clock.real_now() - signing.WINDOW - timedelta(seconds=2)
    early = clock.real_now() + signing.WINDOW + timedelta(seconds=2)
    for answer in (
        calls.send(body, header=""),
        calls.send(body, header="t=1,key=now,v1=" + "0" * 64),
        calls.send(again, signed=body),
        calls.send(body, keys=stranger),
        calls.send(body, keys={"unknown": SIGNING["now"]}),
        calls.send(body, at=late),
        calls.send(body, at=early),
    ):
        assert (answer.status_code, answer.json and answer.json["code"]) == (401, "E_PAYMENT")
    assert money() == (0, 0, 0, 0)


def test_a_key_that_will_be_the_next_one_holds_already(calls: Calls) -> None:
    assert calls.send(json.dumps(calls.message()).encode(), keys={"next": SIGNING["next"]}).status_code == 200


def test_a_long_body_is_refused_unread_and_no_visit_or_token_is_asked_for(calls: Calls, app: Flask) -> None:
    assert calls.send(b" " * 17_000).status_code == 413
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = calls.call()
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_one_unit_is_a_payment_and_more_than_the_bill_is_credit(calls: Calls, kafue: Story) -> None:
    assert calls.call(amount=1).status_code == 200
    assert kafue.open(JAN).total == calls.bill.amount - 1
    assert calls.call(transaction="TX-2", amount=calls.bill.amount).status_code == 200
    assert (kafue.open(JAN).total, kafue.credit()) == (0, 1)


def test_a_reversal_takes_the_payment_back_once_and_keeps_its_receipt(calls: Calls, kafue: Story) -> None:
    calls.call()
    assert calls.call(event="reversed").json == {"status": "taken"}
    assert calls.call(event="reversed").json == {"status": "known"}
    assert calls.call().json == {"status": "known"}
    assert money() == (1, 1, 1, 1)
    assert told().state == "reversed"
    assert kafue.open(JAN).total == calls.bill.amount


def test_a_reversal_that_comes_first_keeps_the_payment_from_being_booked(calls: Calls) -> None:
    calls.call(event="reversed")
    assert calls.call().json == {"status": "known"}
    assert money() == (1, 0, 0, 0)


def test_money_with_an_unknown_reference_waits_and_an_officer_gives_it_to_an_employer(
    calls: Calls, kafue: Story
) -> None:
    assert calls.call(reference="990000000000").json == {"status": "taken"}
    row = told()
    assert (row.state, row.employer_id, money()) == ("waiting", None, (1, 0, 0, 0))
    with db.writing() as session:
        by = make_officer(session).id
    receipts = []
    for _ in range(2):
        with db.writing() as session:
            made = taking.assign(session, row.public_id, kafue.id, scheme=NAPSA, bill=None, by=by, at=clock.now())
            receipts.append(made.number)
    assert len(set(receipts)) == 1
    assert money() == (1, 1, 1, 0)
    assert kafue.open(JAN).total == 0


def test_a_waiting_payment_the_gateway_took_back_cannot_be_given_to_anybody(calls: Calls, kafue: Story) -> None:
    calls.call(reference="990000000000")
    calls.call(reference="990000000000", event="reversed")
    with db.writing() as session:
        by = make_officer(session).id
    with pytest.raises(Refused), db.writing() as session:
        taking.assign(session, told().public_id, kafue.id, scheme=NAPSA, bill=None, by=by, at=clock.now())
    assert money() == (1, 0, 0, 0)


def test_another_currency_than_the_bills_waits_for_an_officer(calls: Calls) -> None:
    assert calls.call(currency="USD").json == {"status": "taken"}
    assert told().state == "waiting"
    assert count(Receipt) == 0


def test_what_the_gateway_said_of_a_payment_cannot_be_changed_or_removed(calls: Calls) -> None:
    calls.call()
    with pytest.raises(Exception, match=r"append|never|refuse|denied|only"), db.writing() as session:
        session.get_one(GatewayPayment, told().id).amount = 1
    with pytest.raises(Exception, match=r"append|never|refuse|denied|only"), db.writing() as session:
        session.delete(session.get_one(GatewayPayment, told().id))
    assert count(PaymentReversal) == 0


def test_a_bill_that_was_replaced_still_finds_its_employer(calls: Calls, kafue: Story) -> None:
    kafue.pay(200_00, date(2026, 2, 5))
    later: Bill = kafue.bill(JAN, date(2026, 2, 5))
    assert later.id != calls.bill.id
    calls.call(amount=1_000_00)
    assert kafue.open(JAN).total == 0


def test_refused_calls_are_counted_limited_and_shown_and_a_signed_one_is_never_limited(
    calls: Calls, client: FlaskClient
) -> None:
    body = json.dumps(calls.message()).encode()
    heard = [calls.send(body, header="").status_code for _ in range(63)]
    assert heard == [401] * 60 + [429] * 3
    assert calls.send(b"{}").status_code == 429
    with db.reading() as session:
        (one,) = session.scalars(select(GatewayRefusal)).all()
    assert (one.status, one.times) == (401, 60)
    assert calls.call().status_code == 200
    with db.writing() as session:
        cashier = make_officer(session, FundRoleName.CASHIER)
    sign_in(client, cashier)
    assert "60 call-backs of the payment gateway were refused" in client.get("/fund/").text
    assert "The signature did not hold" in client.get("/fund/gateway/").text
