"""
From a bill to its receipt through the practice gateway, and what one does by mistake on the way.

A month of Mosi Transport with three people at 5,000.00 basic: 300.00 for NHIMA.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pypdf
import pytest

from tests.journeys.conftest import Live
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey


def bill_of(administrator: Visitor, live: Live, amount: str) -> str:
    """Ask for the bill of the month; gives its address."""
    number = administrator.path.split("/")[2]
    administrator.open(f"/employers/{number}/account/")
    month = live.month_name(live.month)
    administrator.follow(month, within=administrator.row_of(month, amount)).press("Get the bill")
    administrator.sees("In a moment it can be paid at Practice Pay, too.")
    return administrator.path


def test_a_bill_is_paid_at_the_gateway_and_comes_back_as_a_receipt(live: Live, visit: Callable[..., Visitor]) -> None:
    administrator, practice = visit("administrator"), visit()
    administrator.follow("Start your payroll").press("Start from the roster").tick_all().press("Submit")
    administrator.sees("is declared")
    bill = bill_of(administrator, live, "300.00")
    practice.night()
    administrator.open(bill).sees("Pay at Practice Pay", "Number to quote there: 99")
    told = re.search(r"Number to quote there: (\d{12})", administrator.text)
    assert told
    pages = pypdf.PdfReader(io.BytesIO(administrator.download("Download the bill"))).pages
    assert told[1] in pages[0].extract_text()

    administrator.press("Pay now").sees("How shall it go?", "ZMW 300.00")
    administrator.fill(way="failed").press("Pay").sees("It did not work").follow("Back to the portal")
    administrator.sees("You went there to pay. Nothing was heard from there yet").press("Pay now")
    administrator.press_twice("Pay", until="/paid/").sees("No money was moved").follow("Back to the portal")
    administrator.sees("Nothing of this bill is open any more", "What Practice Pay told of this bill")
    assert administrator.text.count("ZMW 300.00") == 2  # asked for, and paid once for all the clicking
    administrator.follow("R-").sees("ZMW 300.00", "Mobile money", live.month_name(live.month))

    practice.night()  # the gateway hears that it is paid
    administrator.open(bill)
    assert "Pay now" not in administrator.text
    visit("clerk").open(bill, status=404)


def test_without_scripts_a_part_is_paid_and_the_page_says_what_is_left(
    live: Live, visit: Callable[..., Visitor]
) -> None:
    administrator, practice = visit("administrator", script=False), visit()
    administrator.follow("Start your payroll").press("Start from the roster").tick_all().press("Submit")
    bill = bill_of(administrator, live, "300.00")
    practice.night()
    administrator.open(bill).press("Pay now").fill(amount="1,2").press("Pay", status=422)
    administrator.sees("Write the amount").fill(amount="100.00").press("Pay").follow("Back to the portal")
    administrator.sees("Today it is ZMW 200.00").press("Get the bill of today")
    practice.night()
    administrator.open(administrator.path).press("Pay now").sees("ZMW 200.00").fill(amount="250.00").press("Pay")
    administrator.follow("Back to the portal").sees(
        "Nothing of this bill is open any more", "ZMW 50.00 was more than was open. It was not lost"
    )
