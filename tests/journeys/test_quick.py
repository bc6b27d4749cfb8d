"""A month like the last one is a matter of five pages, sign-in included; with JavaScript and without."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.conftest import PASSWORD, Live
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey


@pytest.mark.parametrize("script", [True, False], ids=["with_javascript", "without_javascript"])
def test_an_unchanged_month_takes_at_most_five_pages(live: Live, visit: Callable[..., Visitor], script: bool) -> None:
    signatory = visit(script=script).open("/sign-in")
    signatory.fill(email="signatory@kafue-mining.example", password=PASSWORD).press("Sign in")
    signatory.sees("Everything is declared and paid.").follow("Start your payroll")
    signatory.press("Start from the roster").sees("Check and submit")
    signatory.fill(confirm="y").press("Submit")
    signatory.sees(f"{live.month_name(live.month)} is declared", "ZMW 300.00")
    assert signatory.loads <= 5
    signatory.open("/").sees("See how to pay")
