"""A long file and many slips say how far they are, with JavaScript and without, and lead to what came of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Live
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

ROWS = 5_000
HEADER = "national_id,surname,first_name,sex,birth_date,category,from_day,basic,gross"


def long_file() -> bytes:
    letters = str.maketrans("0123456789", "abcdefghij")
    rows = (
        f"{300_000 + n}/11/1,Banda,N{str(n).translate(letters)},F,1990-05-17,Permanent,2025-03-01,5000.00,6000.00"
        for n in range(ROWS)
    )
    return "\n".join([HEADER, *rows, ""]).encode()


@pytest.mark.parametrize("script", [True, False], ids=["with_javascript", "without_javascript"])
def test_a_long_roster_and_fifty_slips_say_how_far_they_are(
    live: Live, visit: Callable[..., Visitor], worker: Callable[[], None], script: bool
) -> None:
    chief = visit("administrator", script=script).follow("People").follow("Import a file")
    chief.attach("file", "people.csv", long_file(), "text/csv").press("Look at the file")
    chief.sees("Looking at your file", "Waiting for its turn")
    before = chief.loads
    worker()
    expect(chief.page.get_by_role("button", name="Make these changes")).to_be_visible(timeout=60_000)
    assert not script or chief.loads == before + 1  # brought up to date where it was, then led on
    chief.sees("Hired", f"{ROWS:,}").press("Make these changes")
    chief.sees("Importing your file")
    expect(chief.page.get_by_role("heading", name="The file was imported")).to_be_visible(timeout=60_000)

    chief.follow("See your people").follow("slips").press("Print for everybody on this page")
    chief.sees("Slips for your people")
    expect(chief.page.get_by_text("50 slips are ready.")).to_be_visible(timeout=60_000)
    assert chief.download("Slips 1 to 50").startswith(b"%PDF")
