"""The call-backs of the catalogue of bad input, each built as it says and sent to the real address."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal import db
from tests.gateway.conftest import JAN, Calls, money, oddities, told
from tests.payments.conftest import Story
from tests.tabular import catalogue as bad

CASES = [pytest.param(case, id=case["id"]) for case in bad.CASES if case["field"] == "payment_webhook"]
#: Payments of the gateway, payments, receipts and reversals there are afterwards; none where a case is not named.
KEPT = {
    "PAY02": (1, 1, 1, 0), "PAY03": (1, 1, 1, 0), "PAY15": (1, 1, 1, 0), "PAY16": (1, 1, 1, 0), "PAY20": (1, 1, 1, 1),
}  # fmt: skip


@pytest.fixture
def shared(database: str, kafue: Story) -> str:
    """Several calls at once have a connection each."""
    db.engine().dispose()
    db.bind(database, pool=10)
    return database


def made_of(case: dict[str, Any], calls: Calls) -> bytes:
    """A call-back with what the case says instead of the amount."""
    message = calls.message()
    del message["amount"]
    said = case["value"].replace('"ARREARS+1"', str(calls.bill.amount + 1))
    return (json.dumps(message)[:-1] + "," + said[1:]).encode()


def answers_to(case: dict[str, Any], calls: Calls, app: Flask) -> list[TestResponse]:
    """What the portal answers to the calls of a case that count."""
    body = json.dumps(calls.message()).encode()
    match case["value"]:
        case "REPLAY_PARALLEL":
            with ThreadPoolExecutor(10) as pool:
                return list(pool.map(lambda _n: Calls(app.test_client(), calls.bill).send(body), range(20)))
        case "KEY_REUSE":
            calls.send(body)
            return [calls.call(amount=calls.bill.amount + 1)]
        case "BADSIG":
            return [calls.send(body, header="t=1,key=now,v1=" + "0" * 64), calls.send(body, header="")]
        case "RESIG":
            return [calls.send(json.dumps(json.loads(body), indent=1).encode(), signed=body)]
        case "REVERSAL":
            calls.send(body)
            return [calls.call(event="reversed")]
    return [calls.send(made_of(case, calls))]


@pytest.mark.parametrize("case", CASES)
def test_each_call_of_the_catalogue(case: dict[str, Any], calls: Calls, app: Flask, shared: str, kafue: Story) -> None:
    expect = case["expect"]
    for answer in answers_to(case, calls, app):
        assert answer.status_code == expect["http"]
        assert (answer.json or {}).get("code") == expect.get("code")
    assert money() == KEPT.get(case["id"], (0, 0, 0, 0))


def test_what_the_catalogue_notes_of_money(calls: Calls, kafue: Story) -> None:
    calls.call(transaction="TX-15", amount=calls.bill.amount + 1)
    assert (kafue.open(JAN).total, kafue.credit()) == (0, 1)  # PAY15: the surplus unit is credit
    calls.call(transaction="TX-15", amount=1)
    assert [one.amount for one in oddities()] == [1]  # PAY03: shown to an officer, nothing changed
    calls.call(transaction="TX-15", amount=calls.bill.amount + 1, event="reversed")
    assert (kafue.open(JAN).total, kafue.credit(), told("TX-15").state) == (calls.bill.amount, 0, "reversed")  # PAY20
