"""Instalments that add up, estimates, and the certificate that nothing is owed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.scheme.agreements import (
    NotAgreed,
    certificate,
    equal_parts,
    estimate,
    frozen_by,
    plan_of,
    still_kept,
)
from portal.scheme.blocks.cover import Clearance, EstimateTerms, InstalmentTerms
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown

TERMS = InstalmentTerms(Fraction(2, 5), 24, 2, "stop", "The column")


def test_two_fifths_at_once_and_the_rest_over_two_years(napsa: Pack) -> None:
    plan = plan_of(replace(napsa, instalments=TERMS), 10000_00, 24, first=date(2026, 1, 31))
    assert (plan.down_payment, plan.instalment, len(plan.instalments)) == (4000_00, 250_00, 24)
    assert [str(day) for day in plan.days[:3]] == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert [step.result for step in plan.steps] == [10000_00, 4000_00, 250_00]


def test_the_last_instalment_takes_what_rounding_left(napsa: Pack) -> None:
    plan = plan_of(replace(napsa, instalments=TERMS), 100_00, 7)
    assert plan.instalments == (8_57, 8_57, 8_57, 8_57, 8_57, 8_57, 8_58)
    assert str(plan.steps[-1].words) == "The last instalment takes what rounding left"


@pytest.mark.parametrize(
    ("months", "share", "why"),
    [
        (25, None, "A plan has at most 24 months."),
        (0, None, "A plan has at least one month."),
        (12, Fraction(1, 10), "At least 40\u00a0% has to be paid at once."),
    ],
)
def test_outside_its_terms_there_is_no_plan(napsa: Pack, months: int, share: Fraction | None, why: str) -> None:
    with pytest.raises(NotAgreed) as refused:
        plan_of(replace(napsa, instalments=TERMS), 100_00, months, down_payment=share)
    assert str(refused.value.words) == why


def test_a_plan_that_is_kept_stops_the_days_where_the_terms_say_so() -> None:
    assert (still_kept(TERMS, 2), still_kept(TERMS, 3)) == (True, False)
    span = date(2026, 1, 1), date(2026, 6, 30)
    assert frozen_by(TERMS, *span) == (span,)
    assert frozen_by(replace(TERMS, late_charges="go_on"), *span) == ()
    with pytest.raises(NotKnown):
        still_kept(replace(TERMS, missed_allowed=None), 0)
    with pytest.raises(NotKnown):
        frozen_by(replace(TERMS, late_charges=None), *span)


@given(st.integers(0, 10**9), st.integers(1, 120))
def test_equal_parts_add_up(amount: int, count: int) -> None:
    parts = equal_parts(amount, count)
    assert (sum(parts), len(parts)) == (amount, count)
    assert min(parts) >= 0
    assert len(set(parts[:-1])) <= 1


@pytest.mark.parametrize(
    ("basis", "months", "uplift", "assessed"),
    [("last_declaration", 1, "0", 300_00), ("average", 3, "0", 200_00), ("average", 2, "1/10", 275_00)],
)
def test_an_estimate_from_what_was_declared(napsa: Pack, basis: str, months: int, uplift: str, assessed: int) -> None:
    terms = EstimateTerms(basis, months, Fraction(uplift), 7, "The law")
    found = estimate(replace(napsa, estimate=terms), [100_00, 200_00, 300_00], notice=date(2026, 3, 1))
    assert (found.amount, found.from_day) == (assessed, date(2026, 3, 8))
    assert "A declaration takes the place of the estimate." in [str(step.words) for step in found.steps]


def test_an_estimate_needs_something_to_start_from(napsa: Pack) -> None:
    last = replace(napsa, estimate=EstimateTerms("last_declaration", 1, Fraction(0), None, "The law"))
    officer = replace(napsa, estimate=EstimateTerms("officer", 1, Fraction(0), None, "The law"))
    assert estimate(officer, [], officer=50_00).amount == 50_00
    for pack in (last, officer, napsa):
        with pytest.raises(NotKnown):
            estimate(pack, [])


CERTIFICATE = Clearance(
    "Pension Clearance Certificate", ("life cover", "list of employees"), 3, "year_end", None, "Law"
)
MET = {"life cover": True, "list of employees": True}


def test_who_owes_nothing_gets_the_certificate_to_the_end_of_the_year(napsa: Pack) -> None:
    pack = replace(napsa, clearance=CERTIFICATE)
    found = certificate(pack, date(2026, 3, 1), MET, owed=0, years_paid=3)
    assert (found.granted, found.valid_until) == (True, date(2026, 12, 31))
    by_days = replace(napsa, clearance=replace(CERTIFICATE, valid_until="", valid_days=90))
    assert certificate(by_days, date(2026, 3, 1), MET, owed=0, years_paid=9).valid_until == date(2026, 5, 30)


def test_what_is_missing_for_the_certificate_is_listed(napsa: Pack) -> None:
    found = certificate(replace(napsa, clearance=CERTIFICATE), date(2026, 3, 1), {"life cover": True}, owed=5_00)
    assert (found.granted, found.valid_until) == (False, None)
    assert [str(words) for words in found.missing] == [
        "Not met: list of employees",
        "5.00 ZMW is still owed.",
        "Everything has to be paid for 3 years.",
    ]
    with pytest.raises(NotKnown):
        certificate(napsa, date(2026, 3, 1), MET, owed=0)
