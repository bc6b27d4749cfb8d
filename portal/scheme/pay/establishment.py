"""
What an establishment owes for all its people together, with what is asked of it as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month
from portal.scheme.columns import Numbers, together
from portal.scheme.contribution import BranchShares, People, Shares, work_out
from portal.scheme.explain import Step
from portal.scheme.money import Minor
from portal.scheme.pay.terms import InForce, terms_of
from portal.words import Amount, _, _n


def establishment_on(
    pack: Pack, month: Month, people: People, employer: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None, known_on: date | None = None, steps: list[Step] | None = None,
) -> Shares:  # fmt: skip
    """
    The shares of all people of one establishment, added up, in minor units.

    Each person's shares are rounded as they are on a payslip and then added; where the sum stays below the
    least that is asked of an establishment, the employer bears the difference.  *steps* tell the sums.
    """
    each = work_out(pack, month, people, employer, options, known_on, establishment=True)
    least = {
        one.branch.code: one.establishment_minimum
        for one in terms_of(pack, month, known_on).branches
        if one.establishment_minimum is not None
    }
    found = []
    for one in each.branches:
        summed = _raised(_summed(one), least.get(one.branch))
        if steps is not None:
            _tell(pack, one, summed, least.get(one.branch), steps)
        found.append(summed)
    added = sum(one.top_up or 0 for one in found if one.branch in least)
    employers = None if each.employer is None else together(each.employer) + added
    total = together(each.total) + added
    if steps is not None:
        steps.append(Step(_("%(scheme)s for the establishment in all", scheme=pack.short_name), total))
    employees = None if each.employee is None else together(each.employee)
    return Shares(tuple(found), employers, employees, total, each.provisional)


def _summed(shares: BranchShares) -> BranchShares:
    """One branch for all people."""

    def all_of_them(numbers: Numbers | None) -> Minor | None:
        return None if numbers is None else together(numbers)

    return BranchShares(
        shares.branch, together(shares.insurable), all_of_them(shares.employer), all_of_them(shares.employee),
        together(shares.total), shares.provisional, all_of_them(shares.computed), all_of_them(shares.top_up),
        together(shares.base),
    )  # fmt: skip


def _raised(shares: BranchShares, least: InForce[Minor] | None) -> BranchShares:
    """Not less than what is asked of an establishment."""
    if least is None or (least.found is None and least.at_most is not None and shares.total >= least.at_most):
        return shares
    short = max(least.value - shares.total, 0)
    employer = None if shares.employer is None else shares.employer + short
    return replace(shares, employer=employer, total=shares.total + short, computed=shares.total, top_up=short)


def _tell(
    pack: Pack, each: BranchShares, summed: BranchShares, least: InForce[Minor] | None, steps: list[Step]
) -> None:
    """One branch: the sum of its people, and the least of the establishment."""
    branch = pack.branch(each.branch)
    people = 1 if isinstance(each.total, int) else len(each.total)
    before = summed.total if summed.computed is None else summed.computed
    words = _n("%(branch)s: the rounded shares of one person", "%(branch)s: the rounded shares of %(n)s people, added",
               people, branch=branch.name)  # fmt: skip
    steps.append(Step(words, before, branch.source))
    if least is not None and summed.top_up:
        limit = Amount(least.value, pack.currency.code, pack.currency.digits)
        words = _("%(branch)s: an establishment pays at least %(limit)s; the employer bears the difference",
                  branch=branch.name, limit=limit)  # fmt: skip
        steps.append(Step(words, summed.total, least.source))
