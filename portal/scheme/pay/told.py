"""
The words for each step of a calculation, in the order in which it is made.

The rules call these only when somebody wants to read along, for one person, with the very figures they
work with.  Each sentence names the rule, what went in and what was done; the step adds the result and the source.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.shares import Base
from portal.scheme.calendars import Month, month_in_words
from portal.scheme.columns import Numbers
from portal.scheme.explain import Step
from portal.scheme.money import Minor, Rounding, exact_in_words, truncated
from portal.words import Amount, Words, _

if TYPE_CHECKING:
    from datetime import date

    from portal.scheme.blocks.shares import MinimumContribution
    from portal.scheme.pay.people import Who
    from portal.scheme.pay.terms import BranchTerms, InForce

#: An amount before rounding: numerator and denominator.
Exact = tuple[Numbers, int]

SIDES = {"employer": _("Employer share"), "employee": _("Employee share"), "total": _("Both shares together")}

_ROUNDED = {
    "half_up": _("%(exact)s is rounded to the nearest %(unit)s; a half is rounded up."),
    "half_down": _("%(exact)s is rounded to the nearest %(unit)s; a half is rounded down."),
    "half_even": _("%(exact)s is rounded to the nearest %(unit)s; a half goes to the even one."),
    "floor": _("%(exact)s is rounded down to a multiple of %(unit)s."),
    "ceil": _("%(exact)s is rounded up to a multiple of %(unit)s."),
}


class Telling:
    """Writes the steps of one person's calculation into *steps*."""

    def __init__(self, pack: Pack, month: Month, steps: list[Step]) -> None:
        self.pack, self.steps = pack, steps
        self.month = month_in_words(month, pack.calendar)
        self.usual_source = pack.rounding.source

    def add(self, words: Words, result: int | None = None, source: str | None = None) -> None:
        """One more step."""
        self.steps.append(Step(words, result, source))

    def amount(self, minor: Minor) -> Amount:
        """Minor units as an amount inside a sentence."""
        return Amount(minor, self.pack.currency.code, self.pack.currency.digits)

    # What counts

    def begins(self, terms: BranchTerms) -> bool:
        """The next branch, and whether it asks for anything at all; its rounding stands where the branch does."""
        self.usual_source = terms.branch.source
        sides = [side for side in (terms.employer, terms.employee, terms.total) if side is not None]
        if all(side.nothing for side in sides) and terms.minimum is None:
            words = _("%(branch)s asks for nothing in %(month)s.", branch=terms.branch.name, month=self.month)
            self.add(words, 0, sides[0].in_force.source)
            return False
        if terms.provisional and not (terms.ceiling is not None and terms.ceiling.provisional):
            words = _("Not all that %(branch)s asks for %(month)s is published yet; what held before is used"
                      " provisionally.", branch=terms.branch.name, month=self.month)  # fmt: skip
            self.add(words, None, terms.branch.source)
        return True

    def not_applied(self, terms: BranchTerms) -> None:
        """The branch is not for this person."""
        self.add(_("%(branch)s does not apply to this person.", branch=terms.branch.name), 0, terms.branch.source)

    def base(
        self, terms: BranchTerms, base: Base, needed: Callable[[str], Numbers], maybe: Callable[[str], Numbers],
        found: Numbers,
    ) -> None:  # fmt: skip
        """Each part of pay that counts, and all together where there are several."""
        source, name = terms.base.source, terms.branch.name
        for code in base.plus:
            words = _("%(component)s counts for %(branch)s", component=self.label(code), branch=name)
            self.add(words, needed(code), source)
        off = [code for code in base.minus if maybe(code)]
        for code in off:
            label = self.label(code)
            words = _("%(component)s does not count for %(branch)s and is taken off", component=label, branch=name)
            self.add(words, maybe(code), source)
        if base.not_below:
            parts = ", ".join(self.label(code) for code in base.not_below)
            words = _("No less counts for %(branch)s than %(parts)s together", branch=name, parts=parts)
            self.add(words, sum(maybe(code) for code in base.not_below), source)
        if len(base.plus) + len(off) + len(base.not_below) > 1:
            self.add(_("Pay that counts for %(branch)s in all", branch=name), found, source)

    def label(self, code: str) -> str:
        """How the pack calls a component or an input."""
        labels = {one.code: one.label for one in self.pack.pay}
        return labels.get(code) or self.pack.inputs[code].label

    def floor(self, terms: BranchTerms, floor: InForce[Minor], lowest: Minor, pay: Minor, raised: Minor) -> None:
        """The least pay that counts, where it is more than what was paid."""
        if raised == pay:
            words = _("The pay is not below the least that counts, %(limit)s", limit=self.amount(lowest))
        else:
            words = _("The least pay that counts for %(month)s is %(limit)s; it counts instead of the pay",
                      month=self.month, limit=self.amount(lowest))  # fmt: skip
        self.add(words, raised, floor.source)

    def part_month(self, terms: BranchTerms, who: Who, ceiling: InForce[Minor], limit: Minor) -> None:
        """The ceiling of a month that was not worked in full."""
        if limit != ceiling.value:
            words = _("Worked on %(days)s days only: the ceiling of %(limit)s is taken for %(days)s of 30 days",
                      days=who.days, limit=self.amount(ceiling.value))  # fmt: skip
            self.add(words, limit, ceiling.source)

    def own_part(self, terms: BranchTerms, limit: Minor, pay: Minor, other: Minor, part: Minor) -> None:
        """One ceiling for two employers."""
        words = _(
            "Another employer pays %(other)s, and one ceiling of %(limit)s holds for both. This employer's part of it"
            " is in proportion to its %(pay)s of the %(both)s in all",
            other=self.amount(other), limit=self.amount(limit), pay=self.amount(pay), both=self.amount(pay + other),
        )  # fmt: skip
        self.add(words, part, terms.ceiling.source if terms.ceiling else None)

    def ceiling(self, terms: BranchTerms, ceiling: InForce[Minor], limit: Minor, cut: Minor) -> None:
        """Up to where pay counts."""
        values = {"month": self.month, "limit": self.amount(limit)}
        if ceiling.provisional:
            words = _(
                "The ceiling for %(month)s is not published yet; the last one, %(limit)s, is used provisionally.",
                **values,
            )
        else:
            words = _("Pay counts up to the ceiling for %(month)s, which is %(limit)s", **values)
        self.add(words, cut, ceiling.source)

    def year_ceiling(self, terms: BranchTerms, rule: InForce[Minor], used: Minor, left: Minor) -> None:
        """What is left of the year's ceiling."""
        words = _("Pay of the whole year counts up to %(limit)s. Earlier months used up %(used)s; this is left",
                  limit=self.amount(rule.value), used=self.amount(used))  # fmt: skip
        self.add(words, left, rule.source)

    def above(self, terms: BranchTerms, rule: InForce[Minor], pay: Minor) -> None:
        """Only what is over a limit."""
        limit = self.amount(rule.value)
        words = _("Only the pay above %(limit)s counts for %(branch)s", limit=limit, branch=terms.branch.name)
        self.add(words, pay, rule.source)

    def additional(
        self, terms: BranchTerms, rule: InForce[Minor], parts: tuple[Minor, Minor, Minor, Minor, Minor], counts: Minor
    ) -> None:
        """What of a bonus counts."""
        paid, used, to_come, room, counted = parts
        if not paid and not counts:
            return
        label = self.label(terms.branch.additional.component if terms.branch.additional else "")
        words = _(
            "%(component)s of a year counts up to %(limit)s less the monthly pay that counts: %(used)s to the end of"
            " %(month)s and %(to_come)s in the months to come",
            component=label, limit=self.amount(rule.value), used=self.amount(used), to_come=self.amount(to_come),
            month=self.month,
        )  # fmt: skip
        self.add(words, room, rule.source)
        words = _(
            "%(component)s paid in the year up to now: %(paid)s, of which %(counted)s counted before. This counts now",
            component=label, paid=self.amount(paid), counted=self.amount(counted),
        )  # fmt: skip
        self.add(words, counts, rule.source)

    def wage_limit(
        self, terms: BranchTerms, rule: InForce[Minor], base: Minor, within: bool, until: date | None
    ) -> None:
        """Whether the person is insured at all."""
        values = {"limit": self.amount(rule.value), "branch": terms.branch.name}
        if within:
            words = _("The pay is within the wage limit of %(limit)s, so %(branch)s insures the person", **values)
        elif until is None:
            words = _("The pay is above the wage limit of %(limit)s: %(branch)s does not insure the person", **values)
        else:
            words = _(
                "The pay is above the wage limit of %(limit)s. Who was insured before stays so for %(branch)s, on the"
                " whole pay, until %(until)s", until=until, **values,
            )  # fmt: skip
        self.add(words, base, rule.source)

    # From exact amounts to shares

    def share(self, how: Words | None, exact: Exact, rounding: Rounding, found: Minor, source: str | None) -> None:
        """A share: how it was made, then its rounding where that changes it."""
        assert how is not None
        if exact[0] == found * exact[1]:
            self.add(how, found, source)
        else:
            self.before_rounding(how, exact, source)
            self.rounded(exact, rounding, found)

    def before_rounding(self, how: Words, exact: Exact, source: str | None) -> None:
        """How a share was made, with the amount where it is a whole number of the smallest coin already."""
        whole, rest = divmod(exact[0], exact[1])
        self.add(how, None if rest else whole, source)

    def rounded(self, exact: Exact, rounding: Rounding, found: Minor) -> None:
        """What rounding makes of an exact amount."""
        if rounding.truncate is not None:
            decimals = rounding.truncate + self.pack.currency.digits
            words = _("%(exact)s is cut after %(n)s decimals.", exact=self.in_words(exact), n=decimals)
            self.add(words, None, rounding.source or self.usual_source)
            exact = truncated(*exact, rounding.truncate)
        values = {"exact": self.in_words(exact), "unit": self.amount(rounding.unit)}
        self.add(Words(_ROUNDED[rounding.mode].msgid, values), found, rounding.source or self.usual_source)

    def in_words(self, exact: Exact) -> str:
        """An amount before rounding, in the main unit with its decimals."""
        return exact_in_words(Fraction(int(exact[0]), exact[1]), self.pack.currency)

    def rounded_total(self, terms: BranchTerms, exact: Exact, rounding: Rounding, total: Minor) -> None:
        """Both shares together are rounded first."""
        words = _("Both shares for %(branch)s together", branch=terms.branch.name)
        self.share(words, exact, rounding, total, rounding.source or self.usual_source)

    def rounded_share(self, terms: BranchTerms, side: str, exact: Exact, rounding: Rounding, share: Minor) -> None:
        """The share that is rounded by itself."""
        words = _("%(share)s for %(branch)s", share=SIDES[side], branch=terms.branch.name)
        self.share(words, exact, rounding, share, rounding.source or self.usual_source)

    def rest(self, terms: BranchTerms, side: str, total: Minor, other: Minor) -> None:
        """The share that is the total less the other."""
        words = _("%(share)s for %(branch)s: the total of %(total)s less the other share of %(other)s",
                  share=SIDES[side], branch=terms.branch.name,
                  total=self.amount(total), other=self.amount(other))  # fmt: skip
        self.add(words, total - other, terms.branch.source)

    def top_up(
        self, terms: BranchTerms, rule: InForce[MinimumContribution], least: Minor, computed: Minor, top_up: Minor,
        bearer: Minor | None,
    ) -> None:  # fmt: skip
        """The least contribution, and who bears what is short of it."""
        minimum = rule.value
        if minimum.wage is not None:
            words = _("The least contribution for %(branch)s is what the least wage of %(wage)s would give",
                      branch=terms.branch.name, wage=self.amount(minimum.wage))  # fmt: skip
        else:
            words = _("The least contribution for %(branch)s", branch=terms.branch.name)
        self.add(words, least, rule.source)
        if top_up:
            short = self.amount(computed)
            if minimum.borne_by == "employer":
                words = _("%(computed)s falls short of it; the employer bears the difference", computed=short)
            else:
                words = _("%(computed)s falls short of it; the employee bears the difference", computed=short)
            self.add(words, top_up, rule.source)
            if bearer is not None:
                values = {"share": SIDES[minimum.borne_by], "branch": terms.branch.name}
                self.add(_("%(share)s for %(branch)s with the difference", **values), bearer, rule.source)
