"""
The shares of one branch: taken of the pay that counts, rounded, and raised to the least contribution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.scheme.blocks.shares import MinimumContribution, Other, ShareTerms
from portal.scheme.columns import Numbers, Truths, any_of, choose, every, most, times
from portal.scheme.money import Rounding, round_ratio
from portal.scheme.pay.additional import Additional
from portal.scheme.pay.counted import Counted, untouched
from portal.scheme.pay.people import Who
from portal.scheme.pay.rates import Exact, added, bounded, of_slices, of_whole_band, rate_of
from portal.scheme.pay.terms import BranchTerms, SideTerms
from portal.scheme.pay.told_shares import ShareTelling
from portal.words import Words


@dataclass(frozen=True, slots=True)
class BranchShares:
    """
    What is due for one branch, in minor units; numbers for one person, columns for many.

    *employer* and *employee* are None where only their *total* is known.  *insurable*: the pay the
    shares are taken of.  *computed*: the total before the least contribution, *top_up* what it added;
    None for a branch without one.  *base*: the pay before any limit.
    """

    branch: str
    insurable: Numbers
    employer: Numbers | None
    employee: Numbers | None
    total: Numbers
    provisional: bool
    computed: Numbers | None = None
    top_up: Numbers | None = None
    base: Numbers = 0
    additional: Additional | None = None

    def of(self, side: str) -> Numbers | None:
        """The share of the employer or the employee, or both in total."""
        return {"employer": self.employer, "employee": self.employee, "total": self.total}[side]


@dataclass(slots=True)
class Sharing:
    """Makes the shares of one branch; *done* are the branches before it."""

    terms: BranchTerms
    counted: Counted
    who: Who
    done: Mapping[str, BranchShares]
    told: ShareTelling | None

    def shares(self, applies: Truths) -> BranchShares:
        """All of them, nothing for whom the branch is not."""
        terms, counted = self.terms, self.counted
        concerned = every((applies, counted.insured))
        base = counted.base if applies is True else choose(applies, counted.base, 0)
        if not any_of(concerned):
            return BranchShares(terms.branch.code, 0, 0, 0, 0, terms.provisional, base=base)
        found: tuple[Numbers | None, ...] = (counted.pay, *self._with_least(concerned, *self._sides()))
        if concerned is not True:
            found = tuple(None if one is None else choose(concerned, one, 0) for one in found)
        pay, employer, employee, total, computed, top_up = found
        return BranchShares(
            terms.branch.code, pay, employer, employee, total, terms.provisional, computed, top_up, base,
            counted.additional,
        )  # fmt: skip

    def _with_least(
        self, concerned: Truths, employer: Numbers | None, employee: Numbers | None, total: Numbers
    ) -> tuple[Numbers | None, ...]:
        """The shares and the total, not less than the least contribution; the total before it, and what it added."""
        rule = self.terms.minimum
        if rule is None or untouched(rule, self.counted.base, concerned):
            return employer, employee, total, None, None
        minimum = rule.value
        least = self._least(minimum)
        top_up = most(least - total, 0)
        if minimum.borne_by == "employer":
            employer = bearer = None if employer is None else employer + top_up
        else:
            employee = bearer = None if employee is None else employee + top_up
        if self.told is not None:
            self.told.top_up(self.terms, rule, least, total, top_up, bearer)
        return employer, employee, total + top_up, total, top_up

    def _sides(self) -> tuple[Numbers | None, Numbers | None, Numbers]:
        """The employer's share, the employee's, and both."""
        terms, rounding = self.terms, self.terms.branch.rounding
        if terms.total is not None:
            return self._of_total(terms.total)
        if rounding.rest is not None or rounding.total is not None:
            return self._total_first()
        employer = self._side("employer", terms.employer, rounding.employer)
        employee = self._side("employee", terms.employee, rounding.employee)
        return employer, employee, employer + employee

    def _side(self, name: str, side: SideTerms | None, rounding: Rounding) -> Numbers:
        """One share, rounded."""
        if side is None or side.nothing:
            return 0
        exact, how = self.exact(name, side)
        found = round_ratio(*exact, rounding)
        if self.told is not None:
            self.told.share(how, exact, rounding, found, side.in_force.source)
        return found

    def _total_first(self) -> tuple[Numbers, Numbers, Numbers]:
        """Both together are rounded, then one share; the other is the rest."""
        rounding = self.terms.branch.rounding
        kept, rest = ("employer", "employee") if rounding.rest == "employee" else ("employee", "employer")
        parts: list[Exact] = []
        for name in (kept, rest):
            side = getattr(self.terms, name)
            exact, how = ((0, 1), None) if side is None or side.nothing else self.exact(name, side)
            if self.told is not None and how is not None:
                self.told.before_rounding(how, exact, side.in_force.source)
            parts.append(exact)
        both = added(parts)
        whole, one = rounding.total or rounding.employer, getattr(rounding, kept)
        total, share = round_ratio(*both, whole), round_ratio(*parts[0], one)
        if self.told is not None:
            self.told.rounded_total(self.terms, both, whole, total)
            self.told.rounded_share(self.terms, kept, parts[0], one, share)
            self.told.rest(self.terms, rest, total, share)
        return (total - share, share, total) if rest == "employer" else (share, total - share, total)

    def _of_total(self, side: SideTerms) -> tuple[Numbers | None, Numbers | None, Numbers]:
        """The total first, then how it is shared, where that is known."""
        rounding = self.terms.branch.rounding
        total = self._side("total", side, rounding.total or rounding.employer)
        sides = {"employer": self.terms.employer, "employee": self.terms.employee}
        known = {name: one for name, one in sides.items() if one is not None}
        if not known and rounding.rest is not None:
            return (total, 0, total) if rounding.rest == "employer" else (0, total, total)
        if not known or any(one.in_force.found is None for one in known.values()):
            return None, None, total
        if len(known) == 2 and rounding.rest is not None:
            del known[rounding.rest]
        found: dict[str, Numbers] = {}
        for name, one in known.items():
            exact, how = self.exact(name, one, total)
            found[name] = round_ratio(*exact, getattr(rounding, name))
            if self.told is not None:
                self.told.share(how, exact, getattr(rounding, name), found[name], one.in_force.source)
        if len(found) == 2:
            return found["employer"], found["employee"], found["employer"] + found["employee"]
        (name, share), rest = next(iter(found.items())), total - next(iter(found.values()))
        if self.told is not None:
            self.told.rest(self.terms, "employee" if name == "employer" else "employer", total, share)
        return (share, rest, total) if name == "employer" else (rest, share, total)

    def exact(self, name: str, side: SideTerms, total: Numbers = 0) -> tuple[Exact, Words | None]:
        """One share before rounding, and in words how it was made."""
        share, told = side.in_force.value, self.told
        how = None
        if share.of_total is not None:
            exact: Exact = times(total, share.of_total.numerator), share.of_total.denominator
            how = told.of_total(self.terms, name, share.of_total, total) if told is not None else None
        elif share.same_as is not None:
            exact, how = self._taken_over(name, share, share.same_as)
        elif share.amount is not None:
            exact = share.amount, 1
            how = told.fixed(self.terms, name) if told is not None else None
        else:
            exact, how = self._by_rate(name, side, share)
        return self._limited(name, side, share, exact, how)

    def _by_rate(self, name: str, side: SideTerms, share: ShareTerms) -> tuple[Exact, Words | None]:
        """By a rate, by bands, or by both."""
        pay, bands, told = self.counted.pay, side.bands, self.told
        rate = rate_of(side, self.who) if side.rates is not None or share.given is not None else None
        if told is not None and rate is not None:
            told.rate_chosen(name, side, self.who, rate)
        if bands is None:
            assert rate is not None
            how = told.by_rate(self.terms, name, rate, pay) if told is not None else None
            return (times(pay, rate[0]), rate[1]), how
        if share.marginal:
            parts = of_slices(bands, pay, rate, self.terms.branch.rounding.bands)
            how = told.by_slices(self.terms, name, side, pay, rate, parts) if told is not None else None
            return added(parts), how
        how = told.by_band(self.terms, name, side, pay, rate) if told is not None else None
        return of_whole_band(bands, pay, rate), how

    def _taken_over(self, name: str, share: ShareTerms, same: Other) -> tuple[Exact, Words | None]:
        """Another share of the same person, less one more."""
        first = self.done[same.branch].of(same.side)
        less = self.done[share.less.branch].of(share.less.side) if share.less is not None else 0
        assert first is not None
        assert less is not None
        how = self.told.taken_over(self.terms, name, share, first, less) if self.told is not None else None
        return (most(first - less, 0), 1), how

    def _limited(
        self, name: str, side: SideTerms, share: ShareTerms, exact: Exact, how: Words | None
    ) -> tuple[Exact, Words | None]:
        """Between the least and the most a share may be; nothing up to a low average wage a day."""
        if share.least is None and share.most is None and share.nil_up_to_daily is None:
            return exact, how
        within = bounded(exact, share)
        if self.told is not None and how is not None:
            how = self.told.bounded(self.terms, name, side, exact, within, how)
        if share.nil_up_to_daily is not None:
            days = self.who.month_length if self.who.days is None else self.who.days
            low = self.counted.base <= times(days, share.nil_up_to_daily)
            if self.told is not None and low:
                how = self.told.low_wage(self.terms, name, self.counted.base, days, share.nil_up_to_daily)
            within = choose(low, 0, within[0]), within[1]
        return within, how

    def _least(self, minimum: MinimumContribution) -> Numbers:
        """The least contribution: an amount, or the branch's rates on a wage."""
        if minimum.amount is not None:
            return minimum.amount
        assert minimum.wage is not None
        rounding = self.terms.branch.rounding
        sides = [self.terms.total] if self.terms.total else [self.terms.employer, self.terms.employee]
        found: Numbers = 0
        for side in sides:
            if side is not None and not side.nothing:
                rate = rate_of(side, self.who)
                found = found + round_ratio(times(rate[0], minimum.wage), rate[1], rounding.total or rounding.employer)
        return found
