"""
Whatever the gateway, the bank and the officers do, in whichever order: no unit is lost, none is doubled.

Each story is drawn from a number: payments told by call, enquiry or list, late, twice, out of order or not at all;
reversals before and after; payouts before and after the bank's line; officers who give money away and take it back.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import ColumnElement, func, select

from portal import approvals, clock, db
from portal.bank import payouts as at_bank
from portal.bank import undoing
from portal.bank.models import BankEntry
from portal.gateway import asking, taking
from portal.gateway.models import GatewayPayment, GatewayPayout
from portal.gateway.providers.provider import Kind, Paid, PaidOut, Told
from portal.payments import taking_back
from portal.payments.models import Payment, PaymentReversal, Receipt
from portal.verifying.verify import verify
from tests.bank.conftest import Bank, line
from tests.factories import make_officer
from tests.gateway.conftest import DAY, Calls, FakeLine, fact
from tests.payments.conftest import NAPSA, Story

STEPS = 30
STANDING = ~select(PaymentReversal.id).where(PaymentReversal.payment_id == Payment.id).exists()


@dataclass
class Life:
    """What is true at the gateway, and who does what."""

    draw: random.Random
    calls: Calls
    bank: Bank
    payers: list[Story]
    truth: dict[str, Told] = field(default_factory=dict)
    sent: dict[str, PaidOut] = field(default_factory=dict)
    deducted: set[str] = field(default_factory=set)
    statements: int = 0

    def line(self) -> FakeLine:
        """What the gateway answers when asked."""
        return FakeLine(known=list(self.truth.values()), sent=list(self.sent.values()))

    def pays(self) -> None:
        """Somebody pays; perhaps the gateway tells, perhaps not."""
        bill = self.calls.bill
        amount = self.draw.choice([1, 300_00, bill.amount, bill.amount + 1])
        reference = self.draw.choice([bill.reference, bill.reference, "990000000000"])
        name = f"TX-{len(self.truth)}"
        self.truth[name] = fact(bill, transaction=name, amount=amount, reference=reference)

    def tells(self) -> None:
        """A call-back about any payment: as it is, or as it was before; once or twice."""
        for one in self.some():
            said = replace(one, kind=self.draw.choice([Kind.PAID, one.kind]))
            for _ in range(self.draw.choice([1, 2])):
                answer = self.calls.call(event=said.kind, transaction=said.transaction, amount=said.amount,
                                         reference=said.reference)  # fmt: skip
                assert answer.status_code == 200

    def takes_back(self) -> None:
        """The gateway takes a payment back."""
        for one in self.some():
            self.truth[one.transaction] = replace(one, kind=Kind.REVERSED)

    def lists(self) -> None:
        """The day is compared."""
        asking.compare(self.line(), DAY)
        with db.writing() as session:
            at_bank.join_waiting(session, by=None, at=clock.now())

    def pays_out(self) -> None:
        """What came in since goes to the bank, less what was taken back."""
        gone = {part.transaction for one in self.sent.values() for part in one.parts if part.amount > 0}
        parts = [Paid(name, one.amount) for name, one in self.truth.items() if name not in gone]
        back = [name for name, one in self.truth.items() if one.kind is Kind.REVERSED and name not in self.deducted]
        parts += [Paid(name, -self.truth[name].amount) for name in back if name in gone]
        self.deducted |= {name for name in back if name in gone}
        if parts and (amount := sum(part.amount for part in parts) - 5):
            number = f"PO{len(self.sent):06d}"
            self.sent[number] = PaidOut(number, DAY, amount, 5, "ZMW", parts)

    def arrives(self) -> None:
        """The bank shows a payout, perhaps before the gateway told of it."""
        for number, one in self.sent.items():
            if self.draw.random() < 0.6 and not any(number in entry.remittance for entry in self.bank.entries()):
                self.statements += 1
                said = self.bank.statement(
                    line(one.amount, DAY, remittance=f"PRACTICE PAY {number}"), number=str(self.statements),
                    format="camt.054", opening=None, closing=None,
                )  # fmt: skip
                self.bank.take_in(said, on=DAY)

    def assigns(self) -> None:
        """A cashier gives what waits to somebody."""
        whose = self.draw.choice(self.payers).id
        for row in self.rows("waiting")[:1]:
            with db.writing() as session:
                taking.assign(session, row.public_id, whose, scheme=NAPSA, bill=None, by=self.bank.cashier.id,
                              at=clock.now())  # fmt: skip

    def undoes(self) -> None:
        """Two people take a payment back that the gateway told of."""
        for row in self.rows("booked")[:1]:
            with db.writing() as session:
                receipt = session.scalars(select(Receipt).where(Receipt.payment_id == row.payment_id)).one()
                asked = taking_back.ask_to_take_back(
                    session, receipt.public_id, reason="Of another one", by=self.bank.cashier.id, at=clock.now()
                )
                decides = make_officer(session).id
                approvals.approve(session, asked.public_id, fingerprint=asked.fingerprint, by=decides, at=clock.now())

    def takes_off(self) -> None:
        """Two people take a payout off the entry it was joined to."""
        for payout in self.payouts(GatewayPayout.entry_id.is_not(None))[:1]:
            with db.writing() as session:
                entry = session.get_one(BankEntry, payout.entry_id).public_id
                asked = undoing.ask(session, entry, reason="Not this one", by=self.bank.cashier.id, at=clock.now())
                decides = make_officer(session).id
                approvals.approve(session, asked.public_id, fingerprint=asked.fingerprint, by=decides, at=clock.now())

    def joins_again(self) -> None:
        """A cashier joins what was taken off to its entry."""
        for payout in self.payouts(GatewayPayout.entry_id.is_(None), GatewayPayout.undone > 0):
            entry = next(one for one in self.bank.entries() if payout.number in one.remittance)
            with db.writing() as session:
                at_bank.join(session, entry.public_id, payout.public_id, by=self.bank.cashier.id, at=clock.now())

    def payouts(self, *wanted: ColumnElement[bool]) -> list[GatewayPayout]:
        """Payouts, the first told first."""
        with db.reading() as session:
            return list(session.scalars(select(GatewayPayout).where(*wanted).order_by(GatewayPayout.id)))

    def some(self) -> list[Told]:
        """One of the payments there are."""
        return [self.draw.choice(list(self.truth.values()))] if self.truth else []

    def rows(self, state: str) -> list[GatewayPayment]:
        """What we know, in a state."""
        with db.reading() as session:
            return list(session.scalars(select(GatewayPayment).where(GatewayPayment.state == state)))


def standing() -> dict[str, int]:
    """By transaction: the money of payments that stand."""
    with db.reading() as session:
        rows = session.execute(
            select(Payment.bank_reference, func.sum(Payment.amount)).where(STANDING).group_by(Payment.bank_reference)
        )
        return {name: int(amount) for name, amount in rows}


def check(life: Life) -> None:
    """Every payment of the gateway stands once, or waits, or was taken back; the money at the bank lies behind it."""
    life.lists()
    with db.reading() as session:  # with some payouts taken off: nothing is lost there, either
        assert verify(session).faults == []
    life.joins_again()
    stands, states = standing(), {row.transaction: row.state for state in ("booked", "waiting", "reversed", "stuck")
                                  for row in life.rows(state)}  # fmt: skip
    assert set(states) == set(life.truth)
    for name, one in life.truth.items():
        assert stands.get(name, 0) == (one.amount if states[name] in ("booked", "stuck") else 0)
        assert (states[name] in ("reversed", "stuck")) == (one.kind is Kind.REVERSED)
    with db.reading() as session:
        assert session.scalars(select(GatewayPayout.number).where(GatewayPayout.entry_id.is_(None))).all() == [
            number for number in life.sent if not any(number in entry.remittance for entry in life.bank.entries())
        ]
        assert verify(session).faults == []


def lives(seed: int, calls: Calls, kafue: Story) -> Life:
    """A story drawn from a number."""
    draw = random.Random(seed)
    life = Life(draw, calls, Bank(), [kafue, Story("ZE1000025", "Zambezi Foods")])
    deeds: list[Callable[[], None]] = [
        life.pays, life.pays, life.tells, life.tells, life.takes_back, life.lists, life.pays_out, life.arrives,
        life.assigns, life.undoes, life.takes_off, life.joins_again,
    ]  # fmt: skip
    for _ in range(STEPS):
        draw.choice(deeds)()
    return life


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_or_doubled(seed: int, calls: Calls, kafue: Story) -> None:
    check(lives(seed, calls, kafue))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 200))
def test_nothing_is_lost_or_doubled_in_a_hundred_more(seed: int, calls: Calls, kafue: Story) -> None:
    check(lives(seed, calls, kafue))
