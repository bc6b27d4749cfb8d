"""An officer's day: what waits, a paper return, a note, a month given back, and one search."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.conftest import Live
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

PAPER = b"%PDF-1.4 the month's return, signed"


def test_an_officer_enters_a_paper_return_and_gives_a_month_back(live: Live, visit: Callable[..., Visitor]) -> None:
    officer = visit("officer")
    officer.open("/fund/").fill(q="Kafue").press("Search").sees("Employers").follow("Kafue Mining")
    officer.sees("Account today", "Nobody has written a note yet.")
    officer.fill(text="They hand in paper this month.").press("Keep the note").sees("They hand in paper this month.")
    record = officer.path

    officer.follow("Enter what came on paper").fill(signed_by="Joseph Mwansa").attach("paper", "return.pdf", PAPER)
    officer.press("Begin")
    assert "On behalf of Kafue Mining" in officer.page.locator("body").inner_text()
    officer.follow("Start your payroll").press("Start from the roster").tick_all().press("Submit").sees("is declared")
    officer.press("Finish").sees("You no longer act for the employer.")
    assert officer.path == record

    officer.follow("Declarations").sees("on paper, entered by the fund")
    newest = officer.page.locator("main tbody tr").first
    officer.follow("A-", within=newest).sees("What seems odd")
    officer.fill(decision="returned", reason="The paper says another wage for the driver.").press("Decide")
    officer.sees("The employer is told.", "Given back on")

    employer = visit("signatory")
    employer.open(f"/employers/{record.rpartition('/')[2]}/payrolls/").follow(live.month_name(live.month))
    employer.sees("Returned to you")


def test_the_machine_room_is_read_on_a_phone_too(visit: Callable[..., Visitor]) -> None:
    administrator = visit().come_in_as("administrator-of-systems").open("/fund/machine")
    administrator.sees("The machine room", "Who works", "What leaves", "What it stands on", "Jobs")
