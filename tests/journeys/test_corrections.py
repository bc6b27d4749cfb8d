"""
A mistake put right: a month that is paid is revised to less, with the reason of a sick month; an officer reads old and
new and allows it; both versions stay, line by line.

By hand: 1,000.00 less gross pay is 10 % = 100.00 less for NAPSA, which becomes credit.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.conftest import Live
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey


def lower(signer: Visitor, day: str) -> None:
    """A thousand less for the first person, who was away."""
    signer.follow("Change amounts")
    box = signer.page.locator("main [name='gross-1']")
    signer.fill(**{"gross-1": f"{float(box.input_value()) - 1000:.2f}"}).press("Save and check")
    signer.page.locator("main td [href*='/lines/1']").first.click()
    signer.fill(days="20", reason="sickness", reason_from=day).press("Save and check").sees("Sickness, from")


def test_a_paid_month_is_revised_to_less_by_two_people(live: Live, visit: Callable[..., Visitor]) -> None:
    signer, officer = visit("signatory"), visit("officer")
    month = live.month.previous()
    number = signer.path.strip("/").split("/")[-1]
    address = f"/employers/{number}/payrolls/start/{month}"
    signer.open(address).sees("is declared", "Something is wrong?").press("Revise")
    lower(signer, month.first_day().replace(day=9).isoformat())
    signer.follow("Check and submit").sees("An officer of the fund decides", "ZMW 100.00 less", "Sickness, from")
    signer.fill(reason="Overtime was typed twice").tick_all().press("Ask the fund").sees("waits for the fund")

    officer.open("/fund/approvals").follow("Revise a month to less than was paid")
    officer.sees("Overtime was typed twice", "ZMW 100.00", "added: 0, taken out: 0, changed: 1")
    officer.press("Approve and do it")

    signer.open(address).sees("Revised declaration")
    signer.page.locator("main td a[href*='/declarations/']").first.click()
    signer.sees("Revised declaration").follow("Compare").sees("1 line differs", "Sickness, from", "before", "now")
    assert b"Sickness" in signer.download("As a file (CSV)")
