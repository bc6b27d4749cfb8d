"""
The pay that counts for a branch: which parts of it, from where, up to where.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.scheme.blocks.cover import OpensByPeriod, Period
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.shares import Base
from portal.scheme.blocks.values import NotKnown
from portal.scheme.columns import Numbers, Truths, any_of, choose, either, every, least, most, pick_truth, times
from portal.scheme.money import Minor, Rounding, round_ratio
from portal.scheme.pay.additional import Additional, additional_pay, left_of_year
from portal.scheme.pay.people import Who
from portal.scheme.pay.terms import BranchTerms, InForce
from portal.scheme.pay.told import Telling
from portal.words import _

_NEAREST = Rounding("half_up")


@dataclass(frozen=True, slots=True)
class Counted:
    """
    The pay that counts.

    *base*: the parts of pay that count, before any limit.  *pay*: what the shares are taken of.
    *insured*: for whom at all.  *additional*: what of a bonus is in it, for a branch that has such.
    """

    base: Numbers
    pay: Numbers
    insured: Truths
    additional: Additional | None = None


def counted_pay(terms: BranchTerms, who: Who, applies: Truths, told: Telling | None) -> Counted:
    """What counts of this month's pay for the people to whom the branch applies."""
    branch = terms.branch
    base = base_of(terms.base.value, who.pay, lambda code: who.earnings.get(code, 0), terms, told)
    insured = _insured(terms, who, base, told) if terms.wage_limit is not None else True
    pay = base
    if terms.floor is not None:
        pay = _raised(terms, who, pay, every((applies, insured)), told)
    if terms.ceiling is not None:
        pay = _cut(terms, who, pay, applies, told)
    if terms.year_ceiling is not None:
        holds = every((who.meets(branch.year_ceiling_when), applies))
        if any_of(holds):
            pay = choose(holds, least(pay, left_of_year(terms, who, holds, told)), pay)
    bonus = None
    if branch.additional is not None:
        bonus = additional_pay(terms, who, base, pay, told)
        pay = pay + bonus.counts
    if terms.above is not None:
        pay = most(pay - terms.above.value, 0)
        if told is not None:
            told.above(terms, terms.above, pay)
    return Counted(base, pay, insured, bonus)


def base_of(
    base: Base, needed: Callable[[str], Numbers], maybe: Callable[[str], Numbers],
    terms: BranchTerms, told: Telling | None,
) -> Numbers:  # fmt: skip
    """The parts of pay that count, together; *needed* and *maybe* give the pay of a component."""
    found = needed(base.plus[0])
    for code in base.plus[1:]:
        found = found + needed(code)
    if base.minus:
        found = most(found - sum(maybe(code) for code in base.minus), 0)
    if base.not_below:
        found = most(found, sum(maybe(code) for code in base.not_below))
    if told is not None:
        told.base(terms, base, needed, maybe, found)
    return found


def _raised(terms: BranchTerms, who: Who, pay: Numbers, concerned: Truths, told: Telling | None) -> Numbers:
    """Not below the least pay that counts."""
    floor = terms.floor
    assert floor is not None
    if untouched(floor, pay, concerned):
        return pay
    lowest = in_thirtieths(terms, who, floor.value)
    raised = most(pay, lowest)
    if told is not None:
        told.floor(terms, floor, lowest, pay, raised)
    return raised


def untouched(limit: InForce[Any], pay: Numbers, concerned: Truths) -> bool:
    """Whether a least amount that is not known cannot touch anybody: all have at least what it is at most."""
    if limit.found is not None or limit.at_most is None:
        return False
    return not any_of(every((concerned, pay < limit.at_most)))


def _cut(terms: BranchTerms, who: Who, pay: Numbers, applies: Truths, told: Telling | None) -> Numbers:
    """Not above the ceiling, where it holds."""
    holds = every((who.meets(terms.branch.ceiling_when), applies))
    if not any_of(holds):
        return pay
    ceiling = terms.ceiling
    assert ceiling is not None
    limit = in_thirtieths(terms, who, ceiling.value)
    if told is not None:
        told.part_month(terms, who, ceiling, limit)
    if terms.branch.shared_ceiling and who.elsewhere:
        limit = _own_part(terms, who, pay, limit, told)
    cut = choose(holds, least(pay, limit), pay)
    if told is not None:
        told.ceiling(terms, ceiling, limit, cut)
    return cut


def _own_part(terms: BranchTerms, who: Who, pay: Numbers, limit: Numbers, told: Telling | None) -> Numbers:
    """
    This employer's part of a ceiling that pay at another one uses too, in proportion to the two.

    What is below the smallest coin is dropped, so that the parts together never pass the ceiling.
    """

    def there(code: str) -> Numbers:
        return who.elsewhere.get(code, 0)

    other = base_of(terms.base.value, there, there, terms, None)
    both = pay + other
    part = choose(both > limit, times(limit, pay) // most(both, 1), limit)
    if told is not None and both > limit:
        told.own_part(terms, limit, pay, other, part)
    return part


def in_thirtieths(terms: BranchTerms, who: Who, limit: Minor) -> Numbers:
    """A month's limit for the days worked, where the branch takes it so: so many thirtieths, all for a whole month."""
    if not terms.branch.part_month or who.days is None:
        return limit
    whole = min(30, who.month_length)
    return choose(who.days >= whole, limit, round_ratio(times(who.days, limit), 30, _NEAREST))


def _insured(terms: BranchTerms, who: Who, base: Numbers, told: Telling | None) -> Truths:
    """Whose pay is within the wage limit, or who was insured before it rose and the period still runs."""
    rule, limit = terms.branch.wage_limit, terms.wage_limit
    assert rule is not None
    assert limit is not None
    within = base <= limit.value
    crossed = who.said(rule.crossed)
    if crossed is None:
        stays: Truths = False
    else:
        first = who.month.first_day(who.pack.calendar)
        still = tuple(
            day is not None and first <= insured_until(who.pack, date.fromordinal(day)) for day in crossed.values
        )
        stays = pick_truth(still, crossed.index)
    if told is not None:
        until = insured_until(who.pack, date.fromordinal(crossed.values[0])) if crossed is not None else None
        told.wage_limit(terms, limit, base, within, until)
    return either((within, stays))


def insured_until(pack: Pack, crossed: date) -> date:
    """
    The last day on which somebody stays insured whose pay rose above the wage limit on *crossed*.

    It is the end of the contribution period in which the day before lies: who crosses on the first day
    of a period was insured in the one before only.
    """
    if not isinstance(pack.entitlement, OpensByPeriod):
        raise NotKnown(_("This pack does not name the contribution periods, so the end of the insurance is not known."))
    return next(end for period in pack.entitlement.periods if (end := _end(period, crossed - timedelta(days=1))))


def _end(period: Period, day: date) -> date | None:
    """The last day of the period around *day*, None where it lies outside."""
    for year in (day.year - 1, day.year):
        begins = date(year, *period.contribution_from)
        ends = date(year, *period.contribution_to)
        if ends < begins:
            ends = date(year + 1, *period.contribution_to)
        if begins <= day <= ends:
            return ends
    return None
