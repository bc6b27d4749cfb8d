"""Payouts: the bank's line of many payments is joined with them, less the fee, and stays so whatever becomes of one."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import make_url, select

from portal import approvals, clock, db
from portal.approvals import Approval
from portal.bank import payouts as at_bank
from portal.bank import settling
from portal.errors import Refused
from portal.gateway import asking, payouts, taking
from portal.gateway.models import GatewayDay, GatewayPayout
from portal.gateway.providers.provider import Paid, PaidOut
from portal.ledger.cashbook import CashAccount
from portal.payments import taking_back
from portal.verifying.verify import verify
from tests.bank.conftest import Bank, line
from tests.conftest import Cluster
from tests.factories import make_officer, sign_in
from tests.gateway.conftest import DAY, JAN, Calls, FakeLine, told
from tests.payments.conftest import NAPSA, Story, all_of
from tests.payments.test_pages import move_to

NEXT = DAY + timedelta(days=1)
EMPLOYERS, RETURNED, OTHER, SUSPENSE = (
    CashAccount.EMPLOYERS, CashAccount.RETURNED, CashAccount.OTHER, CashAccount.SUSPENSE
)  # fmt: skip


@pytest.fixture
def bank(calls: Calls) -> Bank:
    """The fund's account."""
    return Bank()


def paid_out(*parts: tuple[str, int], number: str = "PO20260206", fee: int = 18_00) -> GatewayPayout:
    """What the gateway sent to the bank the day after."""
    told = PaidOut(
        number, NEXT, sum(amount for _one, amount in parts) - fee, fee, "ZMW", [Paid(*part) for part in parts]
    )  # fmt: skip
    with db.writing() as session:
        payouts.take(session, told, "signed-json", at=clock.now())
        return session.scalars(select(GatewayPayout).where(GatewayPayout.number == number)).one()


def faults() -> list[str]:
    """What the check of the book finds."""
    with db.reading() as session:
        return [one.code for one in verify(session).faults]


def holds(bank: Bank) -> dict[str, int]:
    """What lies where in the cash book, apart from the bank; nothing is left out."""
    found = {one.value: -bank.holds(one) for one in (EMPLOYERS, RETURNED, OTHER, SUSPENSE)}
    return {name: amount for name, amount in found.items() if amount}


def arrives(bank: Bank, amount: int, text: str = "PRACTICE PAY PO-2026-0206", number: str = "1") -> None:
    """The bank's statement with the payout on it."""
    said = bank.statement(
        line(amount, NEXT, remittance=text), number=number, format="camt.054", opening=None, closing=None
    )
    bank.take_in(said, on=NEXT)


def test_a_payout_at_the_bank_is_joined_with_its_payments_and_its_fee(calls: Calls, bank: Bank, kafue: Story) -> None:
    calls.call(amount=700_00)
    calls.call(transaction="TX-2", amount=500_00)
    payout = paid_out(("TX-1", 700_00), ("TX-2", 500_00))
    arrives(bank, payout.amount)
    (entry,) = bank.entries()
    assert (entry.unsettled, entry.found, entry.found_employer_id) == (0, "payout", None)
    assert holds(bank) == {"employers": 1_200_00, "other": -18_00}
    assert (kafue.open(JAN).total, kafue.credit(), faults()) == (0, 0, [])


def test_a_payout_told_after_the_statement_is_joined_then(calls: Calls, bank: Bank) -> None:
    calls.call()
    arrives(bank, 1_182_00)
    assert bank.entries()[0].unsettled == 1_182_00
    paid_out(("TX-1", 1_200_00))
    for joined in (1, 0):
        with db.writing() as session:
            assert at_bank.join_waiting(session, by=None, at=clock.now()) == joined
    assert (holds(bank), faults()) == ({"employers": 1_200_00, "other": -18_00}, [])


def test_what_waits_for_an_officer_stays_in_suspense_and_is_nobody_elses(
    calls: Calls, bank: Bank, kafue: Story
) -> None:
    calls.call(amount=700_00)
    calls.call(transaction="TX-2", amount=500_00, reference="990000000000")
    arrives(bank, paid_out(("TX-1", 700_00), ("TX-2", 500_00)).amount)
    (entry,) = bank.entries()
    assert (entry.unsettled, faults()) == (500_00, [])
    with pytest.raises(Refused, match="PO20260206"), db.writing() as session:
        settling.settle(session, entry.public_id, kafue.id, scheme=NAPSA, amount=500_00, key=entry.public_id,
                        by=bank.cashier.id, at=clock.now())  # fmt: skip
    with db.writing() as session:
        taking.assign(session, told("TX-2").public_id, kafue.id, scheme=NAPSA, bill=None, by=bank.cashier.id,
                      at=clock.now())  # fmt: skip
    assert (bank.entries()[0].unsettled, kafue.open(JAN).total, faults()) == (0, 0, [])


def test_what_the_gateway_takes_back_is_deducted_from_a_later_payout(calls: Calls, bank: Bank) -> None:
    calls.call()
    calls.call(transaction="TX-2", amount=500_00)
    arrives(bank, paid_out(("TX-1", 1_200_00)).amount)
    calls.call(event="reversed")
    assert holds(bank) == {"returned": 1_200_00, "other": -18_00}
    assert faults() == []
    later = paid_out(("TX-2", 500_00), ("TX-1", -1_200_00), number="PO20260207", fee=7_50)
    assert later.amount == -707_50
    arrives(bank, later.amount, "PO20260207", "2")
    assert (holds(bank), faults()) == ({"employers": 500_00, "other": -25_50}, [])


def test_money_taken_from_one_employer_goes_to_another_at_the_bank_too(calls: Calls, bank: Bank, kafue: Story) -> None:
    calls.call()
    arrives(bank, paid_out(("TX-1", 1_200_00)).amount)
    other = Story("ZE1000025", "Zambezi Foods")
    with db.reading() as session:
        receipt = all_of(session, kafue.id)[0]
    with db.writing() as session:
        asks, decides = make_officer(session).id, make_officer(session).id
        asked = taking_back.ask_to_take_back(
            session, receipt.public_id, reason="Of another employer", by=asks, at=clock.now()
        )
    with db.writing() as session:
        approvals.approve(session, asked.public_id, fingerprint=asked.fingerprint, by=decides, at=clock.now())
    assert (bank.entries()[0].unsettled, faults()) == (1_200_00, [])
    with db.writing() as session:
        taking.assign(session, told().public_id, other.id, scheme=NAPSA, bill=None, by=asks, at=clock.now())
    assert (holds(bank), other.credit(), faults()) == ({"employers": 1_200_00, "other": -18_00}, 1_200_00, [])


def test_a_payout_with_an_unknown_payment_or_another_amount_is_not_booked(calls: Calls, bank: Bank) -> None:
    payout = paid_out(("TX-9", 1_200_00))
    arrives(bank, payout.amount)
    arrives(bank, 5_00, "something else", "2")
    first, second = bank.entries()
    for entry, said in ((first, "not known here"), (second, "not of the amount")):
        with pytest.raises(Refused, match=said), db.writing() as session:
            at_bank.join(session, entry.public_id, payout.public_id, by=bank.cashier.id, at=clock.now())
    assert (holds(bank), faults()) == ({"suspense": 1_187_00}, [])


def test_an_officer_says_that_an_entry_is_a_payout_and_pressing_twice_does_it_once(
    calls: Calls, bank: Bank, client: FlaskClient
) -> None:
    calls.call()
    payout = paid_out(("TX-1", 1_200_00))
    arrives(bank, payout.amount, "A TRANSFER")
    (entry,) = bank.entries()
    sign_in(client, bank.cashier)
    page = f"/fund/bank/entries/{entry.public_id}"
    assert "Perhaps payout PO20260206" in client.get(page).text
    sent = f"/fund/gateway/payouts/{payout.public_id}"
    assert page not in client.get(sent).text
    for _ in range(2):
        assert client.post(f"{page}/payout/{payout.public_id}").status_code == 302
    assert "The payments in payout PO20260206" in client.get(page).text
    assert "TX-1" in client.get(sent).text
    assert page in client.get(sent).text
    assert (holds(bank), faults()) == ({"employers": 1_200_00, "other": -18_00}, [])


def test_a_payout_on_the_wrong_entry_is_taken_off_by_two_people_and_joined_again(
    calls: Calls, bank: Bank, client: FlaskClient, kafue: Story
) -> None:
    calls.call(amount=700_00)
    calls.call(transaction="TX-2", amount=500_00, reference="990000000000")
    payout = paid_out(("TX-1", 700_00), ("TX-2", 500_00))
    arrives(bank, payout.amount, "A TRANSFER")
    arrives(bank, payout.amount, "PO20260206, LATER", "2")
    right, wrong = reversed(bank.entries())
    with db.writing() as session:  # the second one names it, and was joined by itself
        at_bank.join_waiting(session, by=None, at=clock.now())
    sign_in(client, bank.cashier)
    url = f"/fund/bank/entries/{right.public_id}/payout/undo"
    assert client.post(url, data={"reason": ""}).status_code == 422
    for _ in range(2):
        assert client.post(url, data={"reason": "The bank says it is the other one"}).status_code == 302
    with db.reading() as session:
        (asked,) = session.scalars(select(Approval))
    before = holds(bank)
    with pytest.raises(Refused, match="Somebody else"), db.writing() as session:
        approvals.approve(session, asked.public_id, fingerprint=asked.fingerprint, by=bank.cashier.id, at=clock.now())
    assert holds(bank) == before
    sign_in(client, bank.supervisor)
    shown = client.get(f"/fund/approvals/{asked.public_id}").text
    assert "PO20260206" in shown
    for _ in range(2):
        with db.writing() as session:
            approvals.approve(
                session, asked.public_id, fingerprint=asked.fingerprint, by=bank.supervisor.id, at=clock.now()
            )
    assert holds(bank) == {"suspense": 2 * payout.amount}
    assert (kafue.open(JAN).total, faults()) == (calls.bill.amount - 700_00, [])
    with db.writing() as session:  # not again by itself
        assert at_bank.join_waiting(session, by=None, at=clock.now()) == 0
    sign_in(client, bank.cashier)
    assert "No payout is joined to this entry any more." in client.post(url, data={"reason": "Once more"}).text
    assert client.post(f"/fund/bank/entries/{wrong.public_id}/payout/{payout.public_id}").status_code == 302
    assert holds(bank) == {"suspense": payout.amount + 500_00, "employers": 700_00, "other": -18_00}
    with db.writing() as session:
        taking.assign(session, told("TX-2").public_id, kafue.id, scheme=NAPSA, bill=None, by=bank.cashier.id,
                      at=clock.now())  # fmt: skip
    assert holds(bank) == {"suspense": payout.amount, "employers": 1_200_00, "other": -18_00}
    assert faults() == []


def test_the_practice_banks_statement_shows_the_payout_and_is_imported_once(
    calls: Calls, bank: Bank, client: FlaskClient
) -> None:
    bank.take_in(bank.statement(line(50_00, DAY, additional="DEPOSIT"), opening=100_00), on=DAY)
    move_to(NEXT)
    assert "Nothing new is at the practice bank." in client.get("/practice/statement", follow_redirects=True).text
    calls.call()
    payout = paid_out(("TX-1", 1_200_00))
    assert "Save the practice bank" in client.get("/practice/").text
    file = client.get("/practice/statement")
    assert file.status_code == 200
    assert client.get("/practice/statement").data == file.data
    sign_in(client, bank.cashier)
    data = {"file": (io.BytesIO(file.data), "practice.sta"), "account": ""}
    taken = client.post("/fund/bank/import", data=data, content_type="multipart/form-data")
    assert taken.status_code == 302, taken.text
    assert f"It is payout {payout.number}" in client.get(taken.location).text
    assert holds(bank) == {
        "employers": 1_200_00,
        "other": -18_00,
        "suspense": 50_00,
    }
    assert "A statement is missing" not in client.get(taken.location).text
    assert "Save the practice bank" not in client.get("/practice/").text
    assert client.get("/practice/statement").status_code == 302
    assert faults() == []


def test_a_bill_paid_at_the_gateway_and_again_at_the_bank_is_paid_twice(calls: Calls, bank: Bank, kafue: Story) -> None:
    calls.call()
    bank.take_in(bank.statement(line(1_200_00, DAY, creditor_reference=calls.bill.reference)), on=DAY)
    assert (kafue.open(JAN).total, kafue.credit()) == (0, 1_200_00)
    assert faults() == []


def test_what_the_gateway_settles_alone_is_its_payment_by_its_number(calls: Calls, bank: Bank, kafue: Story) -> None:
    calls.call(transaction="PPA1B2C3D4E5")
    bank.take_in(bank.statement(line(1_200_00, DAY, bank_reference="PPA1B2C3D4E5")), on=DAY)
    assert (kafue.credit(), bank.entries()[0].unsettled, faults()) == (0, 0, [])
    payout = paid_out(("PPA1B2C3D4E5", 1_200_00), fee=0)
    with db.reading() as session:
        assert "Another entry" in str(payouts.problem(session, payout, payouts.parts_of(session, payout)))


def test_a_comparison_brings_the_payouts_and_tells_of_one_that_changed(calls: Calls, bank: Bank) -> None:
    line_to = FakeLine(sent=[PaidOut("PO1", DAY, 1_182_00, 18_00, "ZMW", [Paid("TX-1", 1_200_00)])])
    for amount in (1_182_00, 1_181_00):
        line_to.sent = [replace(line_to.sent[0], amount=amount, fee=1_200_00 - amount)]
        asking.compare(line_to, DAY)
    with db.reading() as session:
        kept = session.scalars(select(GatewayPayout)).one()
        (found,) = session.scalars(select(GatewayDay)).one().differences
    assert (kept.amount, found["kind"], found["theirs"]) == (1_182_00, "payout", 1_181_00)


# -- the check of the book -----------------------------------------------------------


@pytest.fixture
def owner(database: str, cluster: Cluster) -> Iterator[psycopg.Connection]:
    """Who owns the database, with every trigger off: nothing stops them."""
    name = make_url(database).database or ""
    tables = ("payment", "payment_reversal", "cash_move", "gateway_payment", "gateway_payout", "gateway_part")
    with psycopg.connect(cluster.owner.format(name=name), autocommit=True) as connection:
        for table in tables:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # type: ignore[arg-type]
        yield connection


@pytest.mark.parametrize(("code", "tampering"), [
    ("gateway.payment", "UPDATE gateway_payment SET amount = amount + 1 WHERE transaction = 'TX-1'"),
    ("gateway.payment", "UPDATE gateway_payment SET state = 'reversed' WHERE transaction = 'TX-1'"),
    ("gateway.payment", "UPDATE gateway_payment SET state = 'booked' WHERE transaction = 'TX-2'"),
    ("gateway.twice", "UPDATE payment SET bank_reference = 'TX-1', recorded_by = NULL WHERE bank_reference = 'TRX 1'"),
    ("gateway.payout", "UPDATE gateway_part SET amount = amount + 1 WHERE transaction = 'TX-1'"),
    ("gateway.payout", "UPDATE gateway_payout SET fee = fee + 1"),
    ("gateway.behind", "UPDATE cash_move SET amount = amount - 1 WHERE credit = 'employers'"),
    ("gateway.waiting", "UPDATE gateway_payment SET state = 'waiting' WHERE transaction = 'TX-1'"),
])  # fmt: skip
def test_whatever_is_done_to_gateway_money_is_found(
    calls: Calls, bank: Bank, kafue: Story, owner: psycopg.Connection, code: str, tampering: Any
) -> None:
    calls.call()
    calls.call(transaction="TX-2", amount=500_00)
    calls.call(transaction="TX-2", amount=500_00, event="reversed")
    kafue.pay(50_00, date(2026, 2, 5))
    arrives(bank, paid_out(("TX-1", 1_200_00), ("TX-2", 500_00), ("TX-2", -500_00)).amount)
    assert faults() == []
    assert owner.execute(tampering).rowcount > 0
    assert code in faults()
