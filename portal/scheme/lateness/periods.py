"""The periods of a late charge one by one: what was unpaid, for how long, and what that comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from portal.scheme.lateness.assessed import Applied, Assessed, Reckoned, applied
from portal.scheme.lateness.counting import BY_DAYS
from portal.scheme.lateness.given import grown
from portal.scheme.lateness.terms import DAYS_OF_YEAR, by_portion
from portal.scheme.money import Minor, Rounding, round_to

#: How a period is shown where the rule rounds only the sum: to the minor unit.
TO_THE_UNIT = Rounding("half_up")


@dataclass(frozen=True, slots=True)
class LatePeriod:
    """
    One month or quarter late, or a stretch of *units* days with the same amount unpaid.

    *begins* and *ends* are included; *unpaid* in minor units; *exact* is what it comes to before anything
    is rounded, *amount* the same in whole minor units.  *rule* is the code of the late rule.
    """

    number: int
    begins: date
    ends: date
    unpaid: Minor
    rate: Fraction
    amount: Minor
    source: str
    rule: str = ""
    units: int = 1
    exact: Fraction = Fraction(0)
    #: What is counted, see ``EACH``.
    each: str = "month_or_part"
    #: The day of payment, and the days of its month, where the rule divides by them.
    paid: date | None = None
    month_days: int = 0
    #: Late charges of earlier periods that bear charges too, where the rule compounds.
    added: Minor = 0


def periods_of(assessed: Assessed) -> tuple[LatePeriod, ...]:
    """What one rule counted, oldest first."""
    reckoned = assessed.reckoned
    if reckoned is None:
        return ()
    found = tuple(
        _period(reckoned, each, number, begins, ends, units)
        for each in applied(reckoned)
        for number, begins, ends, units in _spans(reckoned, each)
    )
    return tuple(_compounded(reckoned, found)) if reckoned.rule.compound else found


def _spans(reckoned: Reckoned, one: Applied) -> Iterator[tuple[int, int, int, int]]:
    """Number, first and last counted day and units: months and quarters one by one, other pieces in one."""
    version, phase, piece, before, last, _rate = one
    if phase.each in BY_DAYS or by_portion(phase):
        start = reckoned.counting.begins(phase.each, phase.after_months, piece.grid, before + 1)
        begins = max(piece.begins + 1, start, version.since or 0)
        yield last, begins, min(piece.ends, version.until or piece.ends), last - before
        return
    for number in range(before + 1, last + 1):
        begins = reckoned.counting.begins(phase.each, phase.after_months, piece.grid, number)
        yield number, begins, reckoned.counting.ends(phase.each, phase.after_months, piece.grid, number), 1


def _period(reckoned: Reckoned, one: Applied, number: int, begins: int, ends: int, units: int) -> LatePeriod:
    """The amount of one period."""
    each, piece, calm = one.phase.each, one.piece, reckoned.calm
    days = _days_of_month(reckoned, piece.paid) if each == "month_by_days" else 0
    unit = piece.amount * reckoned.part * one.rate / (days or (DAYS_OF_YEAR if each == "year_by_days" else 1))
    whole = round_to(unit, reckoned.rule.rounding) * units if reckoned.rule.round_each else None
    return LatePeriod(
        number, date.fromordinal(calm.real(begins)), date.fromordinal(calm.real(ends)), piece.amount, one.rate,
        round_to(unit * units, TO_THE_UNIT) if whole is None else whole, one.version.source, reckoned.rule.code, units,
        unit * units if whole is None else Fraction(whole), each, date.fromordinal(piece.paid), days,
    )  # fmt: skip


def _days_of_month(reckoned: Reckoned, day: int) -> int:
    months = reckoned.counting.months
    return int(months.length(months.place(day)))


def _compounded(reckoned: Reckoned, periods: tuple[LatePeriod, ...]) -> Iterator[LatePeriod]:
    """The same periods, each with what the ones before it added."""
    rule, added = reckoned.rule, Fraction(0)
    for period in periods:
        rate = period.rate / (DAYS_OF_YEAR if period.each == "year_by_days" else 1)
        after = grown(period.unpaid * reckoned.part, added, rate, period.units, rule, reckoned.rounding)
        exact = after - added
        yield replace(period, exact=exact, amount=round_to(exact, TO_THE_UNIT), added=round_to(added, TO_THE_UNIT))
        added = after
