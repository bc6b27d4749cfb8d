"""A gateway at the portal's door: its call-backs, signed as agreed, and an employer with a bill."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal import clock, db
from portal.gateway.models import GatewayBill, GatewayOddity, GatewayPayment
from portal.gateway.providers import signing
from portal.gateway.providers.provider import Answer, BillOut, GatewayUnavailable, Kind, Opened, PaidOut, Told, Verdict
from portal.payments.models import Bill, Payment, PaymentReversal, Receipt
from portal.scheme.calendars import Month
from tests.payments.conftest import NAPSA, Story, noon

KEYS = {"now": b"a secret of this story, long enough", "next": b"the secret that comes after it, too"}
SETTING = " ".join(f"{name}:{secret.decode().replace(' ', '-')}" for name, secret in KEYS.items())
SIGNING = signing.keys_of(SETTING)
JAN = Month(2026, 1)
DAY = date(2026, 2, 5)


class Calls:
    """The gateway as the portal hears it."""

    def __init__(self, client: FlaskClient, bill: Bill) -> None:
        self.client, self.bill = client, bill

    def message(self, **changes: Any) -> dict[str, Any]:
        """A payment of the bill in full."""
        said = {
            "event": "paid", "transaction": "TX-1", "reference": self.bill.reference, "amount": self.bill.amount,
            "currency": self.bill.currency, "paid_at": "2026-02-05T10:00:00+02:00", "channel": "mobile",
        }  # fmt: skip
        return {**said, **changes}

    def call(self, **changes: Any) -> TestResponse:
        """One call-back, signed."""
        return self.send(json.dumps(self.message(**changes)).encode())

    def send(self, body: bytes, signed: bytes | None = None, **how: Any) -> TestResponse:
        """Bytes with the signature of these or of others."""
        at = how.get("at") or clock.real_now()
        header = signing.sign(how.get("keys") or SIGNING, body if signed is None else signed, at)
        return self.client.post("/gateway/call-back", data=body, headers={signing.HEADER: how.get("header", header)})


@dataclass
class FakeLine:
    """A provider whose other side is this object: what it was told, and what it answers when asked."""

    opened: list[BillOut] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    known: Sequence[Told] = ()
    sent: Sequence[PaidOut] = ()
    down: bool = False

    def open(self, bill: BillOut, *, again: bool) -> Opened:
        self._answer()
        self.opened.append(bill)
        return Opened(f"99{len(self.opened):010d}", f"http://gateway.example/pay/{bill.reference}")

    def withdraw(self, reference: str) -> None:
        self._answer()
        self.withdrawn.append(reference)

    def read(self, headers: Any, body: bytes, *, at: datetime) -> Told:
        raise AssertionError("not asked for here")

    def answer(self, verdict: Verdict) -> Answer:
        raise AssertionError("not asked for here")

    refuse = answer

    def enquire(self, reference: str) -> Sequence[Told]:
        self._answer()
        return [one for one in self.known if one.reference == reference]

    def of_day(self, day: date) -> Sequence[Told]:
        self._answer()
        return [one for one in self.known if one.at.date() == day]

    def payouts(self, day: date) -> Sequence[PaidOut]:
        self._answer()
        return [one for one in self.sent if one.day == day]

    def _answer(self) -> None:
        if self.down:
            from portal.words import _

            raise GatewayUnavailable(_("The gateway did not answer in time."))


def fact(bill: Bill, **changes: Any) -> Told:
    """A payment of the bill in full, as a list or an answer tells it."""
    told = Told(Kind.PAID, "TX-1", bill.reference, bill.amount, bill.currency, datetime(2026, 2, 5, 8, tzinfo=UTC))
    return replace(told, **changes)


def count(model: type) -> int:
    """How many rows there are."""
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def money() -> tuple[int, int, int, int]:
    """Payments of the gateway, payments, receipts, reversals."""
    return count(GatewayPayment), count(Payment), count(Receipt), count(PaymentReversal)


def told(transaction: str = "TX-1") -> GatewayPayment:
    """What is kept of a transaction."""
    with db.reading() as session:
        return session.scalars(select(GatewayPayment).where(GatewayPayment.transaction == transaction)).one()


def at_gateway(bill: Bill) -> GatewayBill:
    """The bill as the gateway knows it."""
    with db.reading() as session:
        return session.scalars(select(GatewayBill).where(GatewayBill.bill_id == bill.id)).one()


def oddities() -> Sequence[GatewayOddity]:
    """Messages that did not fit."""
    with db.reading() as session:
        return session.scalars(select(GatewayOddity).order_by(GatewayOddity.id)).all()


@pytest.fixture
def kafue(database: str, app: Flask) -> Story:
    """An employer with two people; the rooms of the app are open, so bills reach the gateway."""
    return Story()


@pytest.fixture
def bill(kafue: Story) -> Bill:
    """1,200.00 for January, due on 10 February."""
    kafue.declare(JAN, DAY)
    return kafue.bill(JAN, DAY, NAPSA)


@pytest.fixture
def calls(app: Flask, client: FlaskClient, bill: Bill, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Call-backs on the fifth of February."""
    config = replace(app.config["PORTAL"], gateway_url="http://gateway.example", gateway_keys=SETTING)
    monkeypatch.setitem(app.config, "PORTAL", config)
    offset = noon(DAY) - clock.real_now()
    with db.writing() as session:
        db.store_offset(session, offset)
    clock.shift(offset)
    return Calls(client, bill)
