"""Anybody works out what is due on a small phone; the fund looks at its rules and tries a change."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.conftest import Live
from tests.journeys.visitor import NARROWEST, Visitor

pytestmark = pytest.mark.journey

OVERLAY = b"""
overlay_of = "zm-napsa"
[source.board]
title = "Decision of the board"
kind = "decision"
date = 2026-10-01
[[branch.pension.ceiling]]
from = 2027-01-01
value = "50000.00"
source = "board"
"""


@pytest.mark.parametrize("script", [True, False], ids=["with_javascript", "without_javascript"])
def test_a_calculation_on_a_small_phone(live: Live, visit: Callable[..., Visitor], script: bool) -> None:
    anybody = visit(script=script)
    anybody.page.set_viewport_size({"width": NARROWEST, "height": 640})
    anybody.open("/sign-in").follow("Work out a contribution or a late charge")
    napsa = anybody.page.locator("section", has_text="(NAPSA)")
    anybody.follow("Contribution on a month\u2019s pay", within=napsa)
    anybody.fill(year="2026", month="10", **{"pay.gross": "twelve"}).press("Work out the contribution", status=422)
    anybody.sees("Please look at one thing")
    anybody.fill(**{"pay.gross": "12500"}).press("Work out the contribution")
    anybody.sees("ZMW 1,250.00", "10 November 2026", "The calculation, step by step")
    address = anybody.page.url
    anybody.open(address.partition(live.url)[2]).sees("ZMW 1,250.00")
    anybody.follow("All calculators").follow("What it costs to pay late", within=napsa)
    anybody.fill(charge="1000", due_is="day", due="2026-01-10", on="2026-03-20")
    anybody.press("Add three rows").sees("Day of part payment 6")
    anybody.fill(**{"part6.day": "2026-02-01", "part6.amount": "400"}).press("Work out the late charge")
    anybody.sees("ZMW 220.00", "ZMW 600.00 was unpaid when it began")


def test_the_fund_reads_its_rules_and_tries_a_change(
    live: Live, visit: Callable[..., Visitor], worker: Callable[[], None]
) -> None:
    supervisor = visit("supervisor").open("/fund/schemes/")
    supervisor.follow("National Pension Scheme Authority (NAPSA)").sees("Own tests that hold", "Not verified")
    supervisor.follow("Compare two days, or with a candidate").sees("Two versions side by side")
    supervisor.attach("file", "broken.toml", b"overlay_of = 5", "application/toml")
    supervisor.press("Check and compare", status=422).sees("to mend")
    supervisor.attach("file", "napsa-2027.toml", OVERLAY, "application/toml").press("Check and compare")
    supervisor.sees("ZMW 50,000.00").follow("Try this candidate on our rosters")
    supervisor.fill(year="2027", month="1").press("Work it out")
    worker()
    supervisor.page.wait_for_selector("text=How many people", timeout=60_000)
    supervisor.open(supervisor.path).sees("By employer", "Kafue Mining")
