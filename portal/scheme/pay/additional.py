"""
Limits of a whole year: what earlier months used up of them, and what months to come are taken to use.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month
from portal.scheme.columns import Numbers, Truths, any_of, choose, every, is_one, least, most, pick, times
from portal.scheme.money import Minor
from portal.scheme.pay.people import Earlier, Who
from portal.scheme.pay.terms import BranchTerms, terms_of
from portal.scheme.pay.told import Telling


@dataclass(frozen=True, slots=True)
class Additional:
    """
    A bonus beside the monthly wage: what of it *counts* this month, the year's *limit* for it, and the
    *ordinary* pay that counts beside it.
    """

    counts: Numbers
    limit: Numbers
    ordinary: Numbers


@lru_cache(maxsize=1024)
def months_of_year(pack: Pack, month: Month) -> tuple[Month, ...]:
    """The months of the pack's year in which *month* lies."""
    begins = pack.fiscal_year[0]
    year = month.year if month.number >= begins else month.year - 1
    first = Month(year, begins)
    return tuple(first.plus(number, pack.calendar) for number in range(pack.calendar.months_in_year))


def left_of_year(terms: BranchTerms, who: Who, concerned: Truths, told: Telling | None) -> Numbers:
    """What the earlier months of the year left of a limit that a year's pay counts up to."""
    rule = terms.year_ceiling
    assert rule is not None
    used: Numbers = 0
    for before in _before(who):
        used = used + _ordinary(terms, who, before, concerned)
    left = most(rule.value - used, 0)
    if told is not None:
        told.year_ceiling(terms, rule, used, left)
    return left


def _before(who: Who) -> list[Earlier]:
    """The earlier months of this year."""
    year = months_of_year(who.pack, who.month)
    return sorted((one for one in who.earlier if year[0] <= one.month < who.month), key=lambda one: one.month)


def _ordinary(terms: BranchTerms, who: Who, paid: Earlier, concerned: Truths) -> Numbers:
    """The monthly pay that counted in an earlier month: its parts, up to that month's ceiling."""
    holds = every((concerned, who.meets(terms.branch.ceiling_when)))
    return _up_to(_paid(terms, who, paid), _ceiling(who, paid.month, terms, holds), holds)


def _paid(terms: BranchTerms, who: Who, paid: Earlier) -> Numbers:
    """The parts of pay that counted then, before a ceiling."""
    base = next(
        one for one in terms_of(who.pack, paid.month, who.known_on).branches if one.branch.code == terms.branch.code
    ).base.value
    found: Numbers = sum(paid.earnings.get(code, 0) for code in base.plus)
    found = most(found - sum(paid.earnings.get(code, 0) for code in base.minus), 0)
    return most(found, sum(paid.earnings.get(code, 0) for code in base.not_below))


def _ceiling(who: Who, month: Month, terms: BranchTerms, holds: Truths) -> Minor | None:
    """The ceiling of a month, where it holds for anybody."""
    return _ceiling_of(who.pack, month, who.known_on, terms.branch.code) if any_of(holds) else None


@lru_cache(maxsize=4096)
def _ceiling_of(pack: Pack, month: Month, known_on: date | None, code: str) -> Minor | None:
    """The ceiling of a month, None for a branch without one."""
    terms = next(one for one in terms_of(pack, month, known_on).branches if one.branch.code == code)
    return terms.ceiling.value if terms.ceiling is not None else None


def _up_to(pay: Numbers, ceiling: Minor | None, holds: Truths) -> Numbers:
    return pay if ceiling is None else choose(holds, least(pay, ceiling), pay)


def additional_pay(terms: BranchTerms, who: Who, base: Numbers, ordinary: Numbers, told: Telling | None) -> Additional:
    """
    What counts of a bonus: up to the year's limit less the ordinary pay of the year.

    The limit of each earlier month is worked out again as it was then.  What is paid up to now counts up
    to today's limit, less what counted already: where the limit grew, because the person leaves, the
    difference is taken now.
    """
    rule, limit = terms.branch.additional, terms.year_limit
    assert rule is not None
    assert limit is not None
    used: Numbers = 0
    paid: Numbers = 0
    counted: Numbers = 0
    for before in _before(who):
        then = _paid(terms, who, before)
        used = used + _ordinary(terms, who, before, concerned=True)
        bonus = before.earnings.get(rule.component, 0)
        if is_one(bonus) and bonus == 0:
            continue
        paid = paid + bonus
        room = most(limit.value - used - _to_come(terms, who, before.month, then, leaving=False), 0)
        # A column holds everybody: for who got no bonus in this month nothing is reckoned again.
        counted = choose(bonus > 0, most(counted, least(paid, room)), counted)
    bonus = who.earnings.get(rule.component, 0)
    used, to_come = used + ordinary, _to_come(terms, who, who.month, base, leaving=True)
    room = most(limit.value - used - to_come, 0)
    counts = most(least(paid + bonus, room) - counted, 0)
    if told is not None:
        told.additional(terms, limit, (paid + bonus, used, to_come, room, counted), counts)
    return Additional(counts, room, ordinary)


def _to_come(terms: BranchTerms, who: Who, month: Month, pay: Numbers, *, leaving: bool) -> Numbers:
    """The ordinary pay of the year's months after *month*, taken to be like this one, each up to its own ceiling."""
    holds = who.meets(terms.branch.ceiling_when)
    firsts: dict[Minor | None, list[int]] = {}
    for later in months_of_year(who.pack, month):
        if later > month:
            ceiling = _ceiling(who, later, terms, holds)
            firsts.setdefault(ceiling, []).append(later.first_day(who.pack.calendar).toordinal())
    last = who.said("last_month") if leaving and "last_month" in who.pack.inputs else None
    found: Numbers = 0
    for ceiling, days in firsts.items():
        months: Numbers = len(days)
        if last is not None:
            left = (sum(until is None or day <= until for day in days) for until in last.values)
            months = pick(tuple(left), last.index)
        found = found + times(_up_to(pay, ceiling, holds), months)
    return found
