"""What a branch asks of one person's pay: what counts, up to where, and the two shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from portal.scheme.blocks.values import Condition, Series
from portal.scheme.money import Minor, Rounding


@dataclass(frozen=True, slots=True)
class Base:
    """
    The pay that counts: the sum of *plus* (components, or inputs of the kind amount) less *minus*.

    Never less than the sum of *not_below* (Nigeria: emoluments not below basic, housing and
    transport).  A component of *plus* has to be given; those of *minus* and *not_below* are 0 when not.
    """

    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()
    not_below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Band:
    """
    One band of pay, from its lower *edge* (minor units) to the next band's.

    *inclusive*: the edge itself belongs to this band ("from 6,000"), otherwise to the one below
    ("above 500").  In it the share is *amount*, or *rate* of the pay, or *times* the rate of the
    share (a taper: 3 times the rate of what is over 500: *less* is 500).
    """

    edge: Minor
    inclusive: bool
    rate: Fraction | None = None
    amount: Minor | None = None
    times: Fraction = Fraction(1)
    less: Minor = 0


@dataclass(frozen=True, slots=True)
class Other:
    """Another share of the same person: "the employee's share of EPF_employee"."""

    branch: str
    side: str


@dataclass(frozen=True, slots=True)
class ShareTerms:
    """
    How one share is made; exactly one of these says it:

    *rate*; *table* chosen *by* an input, or by "age" (keys are ages from which the rate holds);
    *given*: an input of the kind rate; *amount*: the same for everybody; *of_total*: a part of the
    branch's total; *same_as*, with *less* taken off (India: employee's share less the pension part);
    *bands* with their own rates or amounts.  *bands* beside a rate or table multiply it (Singapore).

    *marginal*: each band counts only the slice of pay inside it; otherwise the band that the pay
    falls in decides for all of it.  *most* and *least* bound the share.  *nil_up_to_daily*: no share
    up to this average wage a day.
    """

    rate: Fraction | None = None
    by: str | None = None
    table: Mapping[str, Fraction] = field(default_factory=dict)
    given: str | None = None
    amount: Minor | None = None
    of_total: Fraction | None = None
    same_as: Other | None = None
    less: Other | None = None
    bands: tuple[Band, ...] = ()
    marginal: bool = False
    most: Minor | None = None
    least: Minor | None = None
    nil_up_to_daily: Minor | None = None


@dataclass(frozen=True, slots=True)
class MinimumContribution:
    """
    The least a branch takes for one person, both shares together.

    *amount* itself, or the branch's rate on *wage* (Ghana: 13.5 % of the minimum wage).  The
    difference is borne by the *borne_by* ("employer" or "employee") alone.
    """

    amount: Minor | None
    wage: Minor | None
    borne_by: str


@dataclass(frozen=True, slots=True)
class AdditionalPay:
    """
    Pay beside the monthly wage (a bonus) that counts up to a limit of the year.

    The limit is *year_limit* less the ordinary pay that counts in the year; months still to come
    are taken to be like this one, unless the person leaves (input "last_month").
    """

    component: str
    year_limit: Series[Minor]


@dataclass(frozen=True, slots=True)
class WageLimit:
    """
    Above *limit* a person is not insured; who was insured before (input *crossed*: since which day the
    pay is above) stays so, on the whole pay, to the end of the period that the entitlement names.
    """

    limit: Series[Minor]
    crossed: str


@dataclass(frozen=True, slots=True)
class ShareRounding:
    """
    How the shares of a branch are rounded; all in minor units.

    *bands*: each band first.  *rest* ("employer" or "employee"): that share is the total less the
    other.  *total*: the two together are rounded, before the rest is taken.
    """

    employer: Rounding
    employee: Rounding
    total: Rounding | None = None
    bands: Rounding | None = None
    rest: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """
    One insured risk.

    *applies*: for whom; its shares are 0 for the others.  The pay that counts is the *base*,
    raised to *floor*, cut at *ceiling* (a month's, where *ceiling_when* holds) or at what is left of
    *year_ceiling* (where *year_ceiling_when* holds), and of that only what is over *above*.
    *ceiling_multiple* is the formula behind the ceiling (Zambia: 4 times average earnings).
    *shared_ceiling*: pay at another employer uses up its part of the ceiling, in proportion.
    *part_month*: floor and ceiling of a month with fewer days worked are taken in thirtieths.

    Shares: *employer* and *employee*; or *total*, with one of the two and the other the rest, or
    neither where the scheme splits only the sum of all branches.
    *establishment_minimum*: the least for all people of an establishment together; the
    employer bears what is short.  *per_establishment*: asked of an establishment, not of one person alone.
    """

    code: str
    name: str
    base: Series[Base]
    source: str
    rounding: ShareRounding
    applies: Condition = field(default_factory=dict)
    floor: Series[Minor] | None = None
    ceiling: Series[Minor] | None = None
    ceiling_when: Condition = field(default_factory=dict)
    ceiling_multiple: Fraction | None = None
    shared_ceiling: bool = False
    part_month: bool = False
    year_ceiling: Series[Minor] | None = None
    year_ceiling_when: Condition = field(default_factory=dict)
    above: Series[Minor] | None = None
    additional: AdditionalPay | None = None
    wage_limit: WageLimit | None = None
    employer: Series[ShareTerms] | None = None
    employee: Series[ShareTerms] | None = None
    total: Series[ShareTerms] | None = None
    minimum: Series[MinimumContribution] | None = None
    establishment_minimum: Series[Minor] | None = None
    per_establishment: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """The employee's part of all branches together, taken of the pay that counts for *base_of*; the employer bears the rest."""  # noqa: E501

    base_of: str
    employee: Series[ShareTerms]


@dataclass(frozen=True, slots=True)
class Membership:
    """Who has to be declared: from which earnings a month, and between which ages; None is not limited or not known."""

    component: str | None = None
    minimum_earnings: Series[Minor] | None = None
    age_from: int | None = None
    age_to: int | None = None
    source: str | None = None


#: When a new age counts: from the month after the birthday, the month of it, or the year of it.
AGE_COUNTS = ("month_after_birthday", "month_of_birthday", "year_of_birthday")
