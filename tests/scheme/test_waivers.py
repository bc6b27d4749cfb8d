"""Late charges forgiven by a law: by when they were incurred and when the principal was paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from portal.scheme.blocks.cover import Waiver, WaiverStep
from portal.scheme.blocks.pack import Pack
from portal.scheme.waivers import waive


@pytest.mark.parametrize(
    ("incurred", "paid", "waived"),
    [
        (date(2021, 3, 31), date(2025, 6, 1), 100000_00),  # the months of the pandemic
        (date(2020, 3, 14), date(2026, 1, 7), 100000_00),
        (date(2022, 9, 8), date(2026, 1, 8), 75000_00),
        (date(2022, 9, 9), date(2025, 6, 1), 75000_00),
        (date(2019, 5, 31), date(2026, 6, 1), 60000_00),
        (date(2019, 5, 31), date(2027, 1, 8), 0),
        (date(2022, 12, 6), date(2025, 6, 1), 0),
    ],
)
def test_the_zambian_waiver_of_2025(napsa: Pack, incurred: date, paid: date, waived: int) -> None:
    found = waive(napsa, 100000_00, incurred, principal_paid=paid)
    assert (found.waived, found.payable) == (waived, 100000_00 - waived)


@pytest.mark.parametrize(("paid", "still_open"), [(None, 0), (date(2025, 6, 1), 1)])
def test_nothing_is_forgiven_while_contributions_are_open(napsa: Pack, paid: date | None, still_open: int) -> None:
    found = waive(napsa, 100_00, date(2021, 3, 31), principal_paid=paid, principal_open=still_open)
    assert (found.waived, found.share) == (0, 0)
    assert "Nothing is forgiven while contributions are open." in [str(step.words) for step in found.steps]


def test_a_law_may_forgive_before_the_principal_is_paid(napsa: Pack) -> None:
    law = Waiver("all", "The amnesty", None, None, (WaiverStep(date(2030, 1, 1), Fraction(1, 3)),), True, "The law")
    found = waive(replace(napsa, waivers=(law,)), 100_00, date(2021, 1, 1), principal_paid=None, principal_open=5_00)
    assert (found.waived, found.payable) == (33_33, 66_67)


def test_the_steps_say_why(napsa: Pack) -> None:
    found = waive(napsa, 100_00, date(2019, 5, 31), principal_paid=date(2026, 6, 1))
    assert [(str(step.words), step.result) for step in found.steps[:3]] == [
        ("Other penalties before 6 December 2022: the late charge was incurred on 31 May 2019.", None),
        ("The contribution was paid in full on 1 June 2026: 60\u00a0% of 100.00 ZMW is forgiven", 60_00),
        ("Still to be paid", 40_00),
    ]
    assert "Not verified" in str(found.steps[3].words)
    assert "No law that this pack knows" in str(
        waive(napsa, 1, date(2023, 1, 1), principal_paid=date(2025, 1, 1)).steps[0].words
    )
