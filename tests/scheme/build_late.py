"""Late rules of every shape for tests, put into a pack that has everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from portal.scheme.blocks.due import DaysOfRest, Due, DueTerms, Grace
from portal.scheme.blocks.late import FailureCount, LateRule, Phase, Slab
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Dated, Series
from portal.scheme.late import ChargeHistory, Movement
from portal.scheme.money import Rounding
from portal.scheme.pack import find_pack, load_pack
from portal.words import _

BEGIN = date(2000, 1, 1)
EPF_SLABS = (
    Slab(0, Fraction(5, 100)), Slab(2, Fraction(10, 100)), Slab(4, Fraction(15, 100)), Slab(6, Fraction(25, 100)),
)  # fmt: skip
PAYE_FAILURES = tuple((number, Fraction(rate, 100)) for number, rate in ((1, 1), (4, 2), (7, 3), (10, 4)))

_NAPSA = load_pack(find_pack("zm-napsa"), tests=False)


def per_cent(rate: str) -> Fraction:
    return Fraction(rate) / 100


def phase(each: str, rate: str | None = None, after_months: int = 0, **more: Any) -> Phase:
    return Phase(each, per_cent(rate) if rate else None, after_months, **more)


def terms(*dated: tuple[date, Sequence[Phase]]) -> Series[tuple[Phase, ...]]:
    """The phases from each day on."""
    ends = [since for since, _phases in dated[1:]]
    values = [
        Dated(since, date.fromordinal(end.toordinal() - 1) if end else None, tuple(phases), "The law")
        for (since, phases), end in zip(dated, [*ends, None], strict=True)
    ]
    return Series(_("the late charge"), tuple(values))


def rule(*phases: Phase, **more: Any) -> LateRule:
    values: dict[str, Any] = {
        "code": "penalty", "name": "Penalty", "kind": "penalty", "trigger": "late_payment", "axis": "default_date",
        "base": "unpaid", "terms": terms((BEGIN, phases)), "rounding": Rounding("half_up"), "source": "The Act",
    }  # fmt: skip
    return LateRule(**(values | more))


def pack_with(*rules: LateRule, **more: Any) -> Pack:
    """The Zambian pension pack with these late rules instead of its own."""
    return replace(_NAPSA, late=rules, **more)


def due_at_month_end(pack: Pack) -> Pack:
    """Due on the last day of the month, with days of grace to the 14th that weekends move (Singapore)."""
    series = Series(_("the due day"), (Dated(BEGIN, None, (DueTerms("last_day_of_month"),), "The Act"),))
    return replace(pack, due=Due(series, grace=Grace(14, "next", "The board")), rest=DaysOfRest((5, 6), None))


CPF = rule(
    phase("month_by_days", "1.5"), kind="interest", code="interest", count_pay_day=False, minimum=5_00,
    rounding=Rounding("floor", 100, truncate=2),
)  # fmt: skip
INTEREST_7Q = rule(phase("year_by_days", "12"), code="7Q", kind="interest", rounding=Rounding("half_up", 100))
DAMAGES_14B = rule(
    Phase("year_by_days", slabs=EPF_SLABS), code="14B", maximum=Fraction(1), rounding=Rounding("half_up", 100)
)
CNPS = rule(phase("once", "10"), phase("quarter_or_part", "3", after_months=3))
PAYE_DEFAULT = rule(
    Phase("once", by_failures=PAYE_FAILURES), code="default", tolerance=100_00, failures=FailureCount(4, 6, 1)
)
PAYE_INTEREST = rule(
    code="interest", kind="interest", axis="calendar_day",
    terms=terms(
        (date(2025, 2, 25), [phase("year_by_days", "7")]), (date(2025, 4, 6), [phase("year_by_days", "8.5")]),
        (date(2025, 5, 28), [phase("year_by_days", "8.25")]), (date(2025, 8, 27), [phase("year_by_days", "8")]),
    ),
)  # fmt: skip
WCF = rule(
    code="interest", axis="calendar_day",
    terms=terms((BEGIN, [phase("month", "10")]), (date(2021, 9, 1), [phase("month", "2")])),
)  # fmt: skip
COMPOUND = rule(phase("month_or_part", "3"), compound=True)
#: One of each shape that real laws have.
SHAPES: dict[str, LateRule] = {
    "once": rule(phase("once", "3")),
    "day": rule(phase("day", "0.1")),
    "month or part": rule(phase("month_or_part", "5")),
    "month or part, each rounded": rule(phase("month_or_part", "5"), round_each=True),
    "calendar month or part": rule(phase("month_or_part", "5"), calendar_months=True),
    "full month": rule(phase("month", "10")),
    "full calendar month": rule(phase("month", "10"), calendar_months=True),
    "full quarter": rule(phase("quarter", "5")),
    "quarter or part": rule(phase("quarter_or_part", "5")),
    "two phases": CNPS,
    "after half a year and a year": rule(phase("once", "5", 6), phase("once", "5", 12)),
    "days from a month on": rule(phase("day", "0.1", 1)),
    "annual interest": INTEREST_7Q,
    "slabs with a cap": DAMAGES_14B,
    "days of a month": rule(phase("month_by_days", "1.5"), count_pay_day=False),
    "failures": PAYE_DEFAULT,
    "floating": PAYE_INTEREST,
    "rate cut in the middle": WCF,
    "whole charge": rule(phase("month_or_part", "5"), base="charge"),
    "at least and no more": rule(phase("month_or_part", "2"), minimum=50_00, maximum=per_cent("30")),
    "compound": COMPOUND,
    "compound, each rounded": rule(phase("month_or_part", "3"), compound=True, round_each=True),
    "pay day not counted": rule(phase("month_or_part", "5"), count_pay_day=False, round_each=True),
}


def story(due: date, charge: int, *paid: tuple[date, int], **more: Any) -> ChargeHistory:
    """A charge that was declared in time, and payments."""
    moves = (Movement(due, charge), *(Movement(day, -amount) for day, amount in paid))
    return ChargeHistory(due, moves, **more)
