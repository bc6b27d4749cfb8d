"""When something falls due, in the pack's own calendar."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from portal.scheme.blocks.values import Condition, Series, Unknown

#: How a due day is found; see docs/scheme.md.
DUE_RULES = (
    "day_of_month",
    "days_after_month_end",
    "months_after_month_end",
    "last_day_of_month",
    "working_days_after_pay_day",
    "printed_dates",
)
FREQUENCIES = ("monthly", "quarterly", "per_pay_day")
ROLLS = ("none", "next", "previous")


@dataclass(frozen=True, slots=True)
class DueTerms:
    """
    One way to find the due day of a period (a month, or with *frequency* quarterly a quarter of the year).

    day_of_month: day *number* of the month that is *months_after* the period's last month, or its last
    day where it is shorter.  days_after_month_end, months_after_month_end: *number* of them after the
    last day of the period.  last_day_of_month: of the period itself.  working_days_after_pay_day:
    *number* of them, the pay day not counted.  printed_dates: *dates* (month, day), one for each
    quarter of the year in order; the first such date after the last day of that quarter.

    *from_headcount*: holds for employers with so many people or more (of several terms the one with the
    highest number reached).  *when*: and with these answers.  *roll*: what a day of rest does to it.
    """

    rule: str
    number: int = 0
    months_after: int = 1
    dates: tuple[tuple[int, int], ...] = ()
    frequency: str = "monthly"
    from_headcount: int = 0
    when: Condition = field(default_factory=dict)
    roll: str = "none"


@dataclass(frozen=True, slots=True)
class Grace:
    """
    Nothing is charged for lateness when all is paid by day *day* of the month after the period.

    *roll*: what a day of rest does to it.  Once missed it is lost: the charge counts from the due day.
    """

    day: int
    roll: str
    source: str


@dataclass(frozen=True, slots=True)
class Due:
    """
    The due days of a scheme.

    *payment* and *declaration* (None: the same) give the terms for each version; *effective*: a payment
    counts from the day it was "paid" (received, ordered) or "credited" (the fund's account).
    """

    payment: Series[tuple[DueTerms, ...]] | Unknown
    declaration: Series[tuple[DueTerms, ...]] | Unknown | None = None
    grace: Grace | None = None
    effective: str = "paid"


@dataclass(frozen=True, slots=True)
class DaysOfRest:
    """Days on which nobody works: *weekend* (0 is Monday), the public holidays of *country*, and *gazetted* ones."""

    weekend: tuple[int, ...]
    country: str | None
    gazetted: tuple[date, ...] = ()
    source: str | None = None
