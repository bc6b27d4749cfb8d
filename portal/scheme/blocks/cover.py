"""What a payment settles, what it opens, and what a fund may forgive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class AllocationOrder:
    """
    What a payment settles first.

    *order*: classes in order, each a tuple of the kinds ("contribution", "penalty", "interest") that share
    it in proportion; "late" in the file is penalty and interest as one class.  *months_first*: the oldest
    month is settled in full before the next; otherwise the first class is settled in all months first.
    *pro_rata*: inside one class all months share in proportion instead of oldest first.
    *designation*: the payer may name the month.  *plan_first*: with an active plan of instalments the
    current month comes first.
    """

    order: tuple[tuple[str, ...], ...]
    months_first: bool
    pro_rata: bool = False
    designation: bool = False
    plan_first: bool = False


@dataclass(frozen=True, slots=True)
class OpensAfterPaidMonths:
    """
    Cover after *months* paid contribution months out of the last *within* (the same number: consecutive).

    *opens*: "next_month" (cover is the month after) or "after_last" (cover starts with the end of the last
    of them).  *run_off*: so many months after the last paid month are still covered; 0: cover in a month
    asks for the months just before it.
    """

    months: int
    within: int
    opens: str
    run_off: int
    source: str
    unverified: str | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """Contributions from one day of the year to another buy the next benefit period after it."""

    contribution_from: tuple[int, int]
    contribution_to: tuple[int, int]
    benefit_from: tuple[int, int]
    benefit_to: tuple[int, int]


@dataclass(frozen=True, slots=True)
class OpensByPeriod:
    """A month paid in a contribution period gives cover in the benefit period that belongs to it."""

    periods: tuple[Period, ...]
    source: str
    unverified: str | None = None


@dataclass(frozen=True, slots=True)
class OpensWhenReceived:
    """Covered as long as the last due month was received by its due day; blocked from the day after it was not."""

    source: str
    unverified: str | None = None


@dataclass(frozen=True, slots=True)
class OpensNothing:
    """Contributions do not open months of cover; *why* says what they give instead."""

    why: str


@dataclass(frozen=True, slots=True)
class WaiverStep:
    """The share forgiven when the principal is paid by *until* (included)."""

    until: date
    share: Fraction


@dataclass(frozen=True, slots=True)
class Waiver:
    """
    A law that forgives late charges incurred from one day to another, the first of the list that fits.

    *principal_open*: whether it helps while contributions are still open.
    """

    code: str
    name: str
    incurred_from: date | None
    incurred_to: date | None
    steps: tuple[WaiverStep, ...]
    principal_open: bool
    source: str
    unverified: str | None = None


@dataclass(frozen=True, slots=True)
class InstalmentTerms:
    """
    Paying arrears in parts: the share paid down first, the most months, how many may be missed.

    *late_charges*: "stop" or "go_on" while the plan is kept.  None is not known.
    """

    down_payment: Fraction | None
    most_months: int | None
    missed_allowed: int | None
    late_charges: str | None
    source: str
    unverified: str | None = None


@dataclass(frozen=True, slots=True)
class EstimateTerms:
    """
    What is assessed when nothing was declared: *basis* "last_declaration", "average" (of *months*) or "officer".

    *uplift* is added on top; *notice_days* pass first.  A declaration replaces it.
    """

    basis: str
    months: int
    uplift: Fraction
    notice_days: int | None
    source: str
    unverified: str | None = None


@dataclass(frozen=True, slots=True)
class Clearance:
    """
    The certificate that an employer owes nothing: *conditions* in words, and how long it is valid.

    *valid_until*: "year_end" or a number of days in *valid_days*; *tolerance* in minor units.
    """

    name: str
    conditions: tuple[str, ...]
    paid_years: int | None
    valid_until: str
    valid_days: int | None
    source: str
    unverified: str | None = None


@dataclass(frozen=True, slots=True)
class Formula:
    """A published figure made from another: *times* the *of* ("national_average_earnings")."""

    code: str
    name: str
    times: Fraction
    of: str
    source: str


@dataclass(frozen=True, slots=True)
class FileLine:
    """
    A line of a file that an authority reads: fields one after the other with *separator* between them.

    A field is the name of a field of the record, or "branch.side" for a share worked out from the
    record's own base (*bases*: branch to the field that holds its pay).
    """

    code: str
    name: str
    separator: str
    fields: tuple[str, ...]
    bases: tuple[tuple[str, str], ...]
    source: str


#: What a pack can say about cover.
Entitlement = OpensAfterPaidMonths | OpensByPeriod | OpensWhenReceived | OpensNothing
