"""
Paid too much, given back; paid by mistake, taken back: each asked for by one person and decided by another.

Mosi Transport owes nothing when 500.00 more comes in; it asks for 500.00 back.  Then 300.00 of another employer is
recorded for it by mistake, and the receipt of that is cancelled.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.conftest import Live
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey


def recorded(cashier: Visitor, employer: str, amount: str) -> str:
    """The cashier enters what came in today; gives the address of the receipt."""
    cashier.open("/fund/payments/").fill(find=employer).press("Find the employer")
    cashier.fill(scheme="zm-napsa", amount=amount, method="bank", bank_reference="PB1").press("Check before recording")
    cashier.press("Record").sees("Payment recorded")
    return cashier.path


def approve(supervisor: Visitor, what: str) -> None:
    """The second person reads what is asked and does it."""
    supervisor.open("/fund/approvals").follow(what).press("Approve and do it").sees("approved")


def test_what_was_paid_too_much_is_given_back_and_a_mistaken_payment_is_cancelled(
    live: Live, visit: Callable[..., Visitor]
) -> None:
    administrator, cashier, supervisor = visit("administrator"), visit("cashier"), visit("supervisor")
    number = administrator.path.strip("/").split("/")[-1]

    recorded(cashier, number, "500.00")
    administrator.open(f"/employers/{number}/account/").follow("Where your credit in NAPSA comes from")
    administrator.sees("ZMW 500.00", "Payment, beyond what was owed").follow("Ask for a refund")
    administrator.fill(amount="500.01", account_name="Mosi Transport", account_number="0177 4455", reason="Paid twice")
    administrator.press("Ask for the refund", status=422).sees("up to your credit")
    administrator.fill(amount="500.00").press("Ask for the refund").sees("A refund of ZMW 500.00 is asked for")
    approve(supervisor, "Give credit back to an employer")
    administrator.open(f"/employers/{number}/account/credit/zm-napsa").sees("There is no credit now", "C-", "500.00")
    assert administrator.download("(PDF)").startswith(b"%PDF")

    receipt = recorded(cashier, number, "300.00")
    cashier.follow("Ask to take this payment back").fill(reason="Money of another employer")
    cashier.press("Ask for it to be taken back").sees("It still counts until a second person has decided")
    stranger = visit().open(f"/verify/{receipt.rsplit('/', 1)[-1]}").sees("is genuine")
    approve(supervisor, "Take a payment back")
    stranger.open(stranger.path).sees("was cancelled on")
    cashier.open(receipt).sees("Taken back")
    administrator.open(f"/employers/{number}/account/credit/zm-napsa").sees("There is no credit now")
