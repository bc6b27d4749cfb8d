"""
Fall behind, catch up: a month is not paid, the penalty is the one worked out by hand, and it ends with the payment.

By hand, for a month of Mosi Transport with three people at 5,000.00 basic and 6,000.00 gross:

* NAPSA: 3 x 6,000.00 x (5 % + 5 %) = 1,800.00; due on the 10th.  Forty days later one month and a part of the
  second have passed: 2 x 10 % of 1,800.00 = 360.00 penalty, 2,160.00 in all.
* NHIMA: 3 x 5,000.00 x (1 % + 1 %) = 300.00; nothing is known to be added.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.journeys.conftest import Live
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

#: The state of a policy in the core that covers.
ACTIVE = 2
CONTRIBUTION, PENALTY, BOTH = "1,800.00", "360.00", "2,160.00"


def pay(cashier: Visitor, employer: str, scheme: str, amount: str) -> Visitor:
    """The cashier finds the employer by its number, enters what came in today, and prints the receipt."""
    cashier.open("/fund/payments/").fill(find=employer).press("Find the employer")
    cashier.fill(scheme=scheme, amount=amount, method="bank", bank_reference="PB1").press("Check before recording")
    return cashier.press("Record").sees("Payment recorded")


def test_a_late_month_costs_what_the_law_says_until_it_is_paid(live: Live, visit: Callable[..., Visitor]) -> None:
    practice, administrator, cashier = visit(), visit("administrator"), visit("cashier")
    number = administrator.path.strip("/").split("/")[-1]
    month, due = live.month, live.month.next().first_day().replace(day=10)

    practice.make_it(due - timedelta(days=7))
    administrator.open("/").follow("Start your payroll").press("Start from the roster")
    administrator.follow("See or change the lines").follow("Change amounts")
    for box in administrator.page.locator("main input[name^='gross-']").all():
        box.fill("6000.00")
    administrator.press("Save and check").follow("Check and submit")
    administrator.sees("ZMW 1,800.00", "ZMW 300.00").tick_all().press("Submit").sees("is declared")

    practice.make_it(due + timedelta(days=40)).night()
    assert practice.row("Late charges")["Late charges posted"] == f"ZMW {PENALTY}"
    administrator.open(f"/employers/{number}/account/")
    owed = administrator.row(live.month_name(month), CONTRIBUTION)
    assert (owed["Contribution"], owed["Late charge"], owed["Open, ZMW"]) == (CONTRIBUTION, PENALTY, BOTH)
    administrator.follow(live.month_name(month), within=administrator.row_of(live.month_name(month), CONTRIBUTION))
    administrator.sees("How the late charge is computed", "National Pension Scheme Act, s. 15", f"ZMW {PENALTY}")
    visit("supervisor").open(f"/fund/employers/{number}").sees(BOTH)

    pay(cashier, number, "zm-napsa", BOTH).sees(f"ZMW {BOTH}", "paid in full")
    pay(cashier, number, "zm-nhima", "300.00")
    administrator.open("/").follow("Start").press("Start from the roster").tick_all().press("Submit")
    pay(cashier, number, "zm-nhima", "300.00")
    practice.night()
    today = month.plus(2)
    visit("employee-late").sees(f"Covered until {today.last_day().day} {live.month_name(today)}")
    told = [row for row in live.core.tell("state")["policies"] if row["start_date"] == today.first_day().isoformat()]
    assert [(row["product"], row["status"], row["value"]) for row in told] == [("NHIMA01", ACTIVE, "100.00")] * 3

    practice.make_it(due + timedelta(days=75)).night()
    administrator.open(f"/employers/{number}/account/")
    paid = administrator.row(live.month_name(month), CONTRIBUTION)
    assert (paid["Late charge"], paid["Open, ZMW"], paid["State"]) == (PENALTY, "0.00", "Paid")
