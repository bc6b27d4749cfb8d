"""What being late costs: the shapes that real laws have."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from portal.scheme.blocks.values import Series
from portal.scheme.money import Minor, Rounding

#: What is counted.  "…_or_part": one begun counts whole.  "day": the rate is that of a day; "year_by_days": that of
#: a year, days / 365; "month_by_days": that of a month, days / the days of the month of payment.
EACH = (
    "once", "day", "month", "month_or_part", "quarter", "quarter_or_part", "year_by_days", "month_by_days",
)  # fmt: skip
TRIGGERS = ("late_payment", "late_return")
LATE_AXES = ("default_date", "due_date", "calendar_day")


@dataclass(frozen=True, slots=True)
class Slab:
    """The rate when the whole delay of a payment is *from_months* full months or more."""

    from_months: int
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Phase:
    """
    A part of a late rule: *rate* (of the unpaid amount) for *each* unit, from *after_months* after the due day.

    Instead of a rate: *slabs* by the whole delay; *by_failures* (number of the default in the window,
    rate from there on); *by_headcount* (size of the employer from there on, amount in minor units).
    """

    each: str
    rate: Fraction | None = None
    after_months: int = 0
    slabs: tuple[Slab, ...] = ()
    by_failures: tuple[tuple[int, Fraction], ...] = ()
    by_headcount: tuple[tuple[int, Minor], ...] = ()


@dataclass(frozen=True, slots=True)
class FailureCount:
    """
    Failures are counted within a year that begins on *month*/*day*; the first *free* of them cost nothing.
    """

    month: int
    day: int
    free: int


@dataclass(frozen=True, slots=True)
class LateRule:
    """
    One consequence of being late.

    *kind*: "penalty" or "interest" (for allocation).  *trigger*: late_payment or late_return.
    *axis*: which day picks the version: the first day after the due day, the due day, or each calendar
    day (interest by segments; a month counts by its first day).  *base*: "unpaid" or "charge" (the
    whole amount, paid late or not).  *branches*: only their part of the charge, empty for all.
    *calendar_months*: a month is a calendar month, otherwise from the due day to the same day.
    *compound*: a period's charge bears the next period's.  *count_pay_day*: the day of payment counts as a
    day late.
    *round_each*: each period is rounded by itself; otherwise only the sum for the charge.
    *minimum* (minor units) where anything is owed; *maximum* as a part of what was paid late;
    *tolerance*: a shortfall up to this counts as paid.  *truncate*: decimals kept before rounding.
    *beneficiary*: who gets it, in words, None for the fund.  *option*: the input in options that
    carries how many months late the return was ("declaration_months_late"), for the trigger late_return.
    """

    code: str
    name: str
    kind: str
    trigger: str
    axis: str
    base: str
    terms: Series[tuple[Phase, ...]]
    rounding: Rounding
    source: str
    branches: tuple[str, ...] = ()
    calendar_months: bool = False
    compound: bool = False
    count_pay_day: bool = True
    round_each: bool = False
    truncate: int | None = None
    minimum: Minor = 0
    maximum: Fraction | None = None
    tolerance: Minor = 0
    failures: FailureCount | None = None
    beneficiary: str | None = None
    option: str | None = None
    unverified: str | None = None
