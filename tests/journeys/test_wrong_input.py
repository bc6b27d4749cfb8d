"""What goes wrong in an office: a faulty row, two clicks for one, the back button, somebody else's address."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from tests.journeys.conftest import Live
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey


def with_faulty_pay(template: bytes, line: int) -> bytes:
    """The portal's own template, with a word where the gross pay of one line should be."""
    rows = list(csv.reader(io.StringIO(template.decode("utf-8-sig"))))
    rows[line - 1][rows[0].index("gross")] = "six thousand"
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def test_a_faulty_row_is_named_kept_as_typed_and_mended_in_place(live: Live, visit: Callable[..., Visitor]) -> None:
    clerk = visit("signatory").follow("Start your payroll")
    file = with_faulty_pay(clerk.download("CSV"), 3)
    clerk.attach("file", "november.csv", file, "text/csv").press("Upload and check")
    clerk.sees("1 row waits to be mended or left out.", "2 lines")
    clerk.follow("Mend the rows").sees("Row 3", "Gross pay", "six thousand")
    clerk.page.locator("main input[value='six thousand']").fill("6000.00")
    clerk.press("Save and check again").sees("Every row is in order.", "3 lines")


@pytest.mark.parametrize("script", [True, False], ids=["with_javascript", "without_javascript"])
def test_two_clicks_and_the_back_button_submit_once(live: Live, visit: Callable[..., Visitor], script: bool) -> None:
    signatory = visit("signatory", script=script).follow("Start your payroll").press("Start from the roster")
    check = signatory.path
    signatory.fill(confirm="y").press_twice("Submit", until="acknowledgement")
    numbers = signatory.sees("is declared").page.locator(".govuk-panel__body").inner_text()
    signatory.back()
    assert signatory.open(check).page.locator(".govuk-panel__body").inner_text() == numbers
    signatory.follow("Account", within=signatory.page.locator(".nav--wide"))
    assert signatory.row(live.month_name(live.month))["Contribution"] == "300.00"


def test_another_employers_page_is_as_one_that_does_not_exist(live: Live, visit: Callable[..., Visitor]) -> None:
    own = visit("administrator").path
    stranger = visit("signatory").open(own, status=404)
    assert stranger.text == stranger.open("/employers/ZE9999999/", status=404).text
