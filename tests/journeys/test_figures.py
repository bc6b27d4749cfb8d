"""A director looks at the month: from the whole fund down to a district, and home with a workbook."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.conftest import Live
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey


def test_the_month_from_the_fund_to_a_district_and_into_a_file(live: Live, visit: Callable[..., Visitor]) -> None:
    month = live.month_name(live.month.previous())
    auditor = visit("auditor").open("/fund/").more().follow("Figures").sees("The month in figures", month)
    # Two employers of three people at 5,000.00 basic: 100.00 each, all paid in time.
    auditor.sees(f"2 of 2 employers declared {month}, 2 of them on time", "ZMW 600.00 of the ZMW 600.00 due")
    auditor.sees("It equals the sum of the declarations that stand.", "How this agrees with the book")
    auditor.follow("By sex and age").sees("of the 6 people declared are women")
    auditor.follow("By sector").sees("Mining and quarrying")
    auditor.follow("By region").sees("All together")
    assert auditor.download("Save the page as XLSX")[:2] == b"PK"
    assert auditor.download("Save this table as CSV").decode("utf-8-sig").startswith("Province,Registered employers")
    auditor.follow("Lusaka", within=auditor.row_of("Lusaka")).sees("District")
    auditor.follow("Overdue by age").sees("Nobody owes anything overdue here.")
    auditor.follow("Not declared").sees("Every employer enrolled in the scheme declared this month.")


def test_the_figures_work_without_a_script(live: Live, visit: Callable[..., Visitor]) -> None:
    auditor = visit("auditor", script=False).open("/fund/figures")
    auditor.fill(scheme="zm-napsa").press("Show").sees("NAPSA", "is collected (100.0 %)")
