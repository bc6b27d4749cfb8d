"""
What is due on pay for one month: for one person, or for columns of people by the same rules.

The values in force are looked up once a month and kept.  The steps that explain an amount are
written down by the very functions that make it, when somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown as NotKnown
from portal.scheme.calendars import Month
from portal.scheme.columns import Numbers, any_of, spread
from portal.scheme.explain import Step
from portal.scheme.money import Minor, round_ratio
from portal.scheme.pay.additional import Additional as Additional
from portal.scheme.pay.counted import Counted, counted_pay
from portal.scheme.pay.people import MOST_EARNINGS as MOST_EARNINGS
from portal.scheme.pay.people import Earlier as Earlier
from portal.scheme.pay.people import People as People
from portal.scheme.pay.people import Who, checked
from portal.scheme.pay.rates import rate_of
from portal.scheme.pay.shares import BranchShares as BranchShares
from portal.scheme.pay.shares import Sharing
from portal.scheme.pay.terms import BranchTerms, MonthTerms, SideTerms, terms_of
from portal.scheme.pay.told_shares import ShareTelling
from portal.scheme.pay.unusable import Unusable as Unusable
from portal.words import _


@dataclass(frozen=True, slots=True)
class Shares:
    """
    What is due for all branches, in minor units: numbers for one person, columns for many.

    *employer* and *employee* are None where only the *total* is known.
    """

    branches: tuple[BranchShares, ...]
    employer: Numbers | None
    employee: Numbers | None
    total: Numbers
    provisional: bool

    def branch(self, code: str) -> BranchShares:
        """The shares of one branch."""
        return next(one for one in self.branches if one.branch == code)


@dataclass(frozen=True, slots=True)
class Share:
    """
    The two shares of one branch, in minor units, and the pay they were taken from.

    *employer* and *employee* are None where the scheme splits only the sum of all branches.
    """

    branch: str
    insurable: Minor
    employer: Minor | None
    employee: Minor | None
    provisional: bool
    total: Minor = 0


@dataclass(frozen=True, slots=True)
class Contribution:
    """
    All shares due for one person and month.

    *insurable* is the largest base of its branches: branches count the same pay, so it is never added up.
    """

    shares: tuple[Share, ...]
    employer: Minor
    employee: Minor
    insurable: Minor
    provisional: bool

    @property
    def total(self) -> Minor:
        """Both shares together: what the employer has to pay over."""
        return self.employer + self.employee


def work_out(
    pack: Pack, month: Month, people: People, employer: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None, known_on: date | None = None, steps: list[Step] | None = None,
    branches: Sequence[str] | None = None, counted: Mapping[str, Numbers] | None = None, establishment: bool = False,
) -> Shares:  # fmt: skip
    """
    The shares due on the pay of *people* for the wage month, as the rules were known on *known_on*.

    *employer* and *options* answer the pack's inputs, for all alike or one by one.  *steps*: a list into
    which the calculation is written, for one person.  *branches*: only these.  *counted*: pay that
    counts for a branch, where somebody worked it out already.  *establishment*: with the branches that are
    asked of an establishment as a whole.

    :class:`NotKnown` where the pack lacks a value that is needed; :class:`Unusable`, a ``ValueError`` that
    names the field, where a figure or an answer cannot be used.
    """
    who = checked(pack, month, people, (employer or {}, options or {}), known_on)
    if steps is not None and who.count is not None:
        raise ValueError("steps are told for one person, not for a column")
    told = ShareTelling(pack, month, steps) if steps is not None else None
    wanted = [one.code for one in pack.branches if establishment or not one.per_establishment]
    known = {code: Counted(pay, pay, True) for code, pay in (counted or {}).items()}
    return _added_up(who, [code for code in wanted if branches is None or code in branches], known, told)


def _added_up(who: Who, wanted: Sequence[str], counted: dict[str, Counted], told: ShareTelling | None) -> Shares:
    """Every branch, and all of them together."""
    terms = terms_of(who.pack, who.month, who.known_on)
    done: dict[str, BranchShares] = {}
    for one in terms.branches:
        if one.branch.code in wanted:
            done[one.branch.code] = _branch(one, who, done, counted, told)
    found = [done[code] for code in wanted]
    total: Numbers = sum(one.total for one in found)
    employer, employee = _split(who, terms, counted, found, total, told)
    if told is not None:
        told.in_all(total)
    return Shares(
        tuple(_spread(one, who.count) for one in found),
        spread(employer, who.count), spread(employee, who.count), spread(total, who.count),
        any(one.provisional for one in found),
    )  # fmt: skip


def _branch(
    terms: BranchTerms, who: Who, done: Mapping[str, BranchShares], counted: dict[str, Counted],
    told: ShareTelling | None,
) -> BranchShares:  # fmt: skip
    """The shares of one branch, nothing where it applies to nobody."""
    applies = who.meets(terms.branch.applies)
    if not any_of(applies):
        if told is not None:
            told.not_applied(terms)
        return BranchShares(terms.branch.code, 0, 0, 0, 0, False)
    code = terms.branch.code
    if told is not None and not told.begins(terms):
        told = None
    if code not in counted:
        counted[code] = counted_pay(terms, who, applies, told)
    return Sharing(terms, counted[code], who, done, told).shares(applies)


def _split(
    who: Who, terms: MonthTerms, counted: Mapping[str, Counted], found: list[BranchShares], total: Numbers,
    told: ShareTelling | None,
) -> tuple[Numbers | None, Numbers | None]:  # fmt: skip
    """What all branches ask of the employer and of the employee; unknown where it is for one of them."""
    side, pack = terms.split, who.pack
    if side is None or pack.split is None or pack.split.base_of not in counted:
        sides = [(one.employer, one.employee) for one in found]
        if any(employer is None or employee is None for employer, employee in sides):
            return None, None
        return sum(employer for employer, _other in sides), sum(employee for _other, employee in sides)  # type: ignore[misc]
    base = next(one for one in terms.branches if one.branch.code == pack.split.base_of)
    if told is not None:
        base = replace(base, branch=replace(base.branch, name=pack.short_name))
    exact, how = Sharing(base, counted[base.branch.code], who, {}, told).exact("employee", side)
    employee = round_ratio(*exact, pack.rounding)
    if told is not None:
        told.split(how, exact, pack.rounding, employee, total, side.in_force.source)
    return total - employee, employee


def _spread(shares: BranchShares, count: int | None) -> BranchShares:
    """Columns of full length also where all pay the same."""
    if count is None:
        return shares
    return BranchShares(
        shares.branch, spread(shares.insurable, count), spread(shares.employer, count), spread(shares.employee, count),
        spread(shares.total, count), shares.provisional, spread(shares.computed, count), spread(shares.top_up, count),
        spread(shares.base, count), shares.additional,
    )  # fmt: skip


def contribution_on(
    pack: Pack, month: Month, earnings: Mapping[str, Minor], *, person: Mapping[str, Any] | None = None,
    employer: Mapping[str, Any] | None = None, options: Mapping[str, Any] | None = None, days: int | None = None,
    birth: date | int | None = None, earlier: Sequence[Earlier] = (), elsewhere: Mapping[str, Minor] | None = None,
    known_on: date | None = None, steps: list[Step] | None = None,
) -> Contribution:  # fmt: skip
    """
    The shares due on one person's *earnings* (minor units by component) for the wage month.

    Each share is rounded on its own: the employee's is withheld from a payslip, so it must be a
    payable amount before the two are added.  As :func:`work_out`, and :class:`NotKnown` where the pack
    does not know how the total is shared.
    """
    born = birth.toordinal() if isinstance(birth, date) else birth
    people = People(earnings, person or {}, born, days, earlier, elsewhere or {})
    found = work_out(pack, month, people, employer, options, known_on, steps)
    if found.employer is None or found.employee is None:
        raise NotKnown(_("How %(scheme)s shares the total between employer and employee is not known for this month.",
                         scheme=pack.short_name))  # fmt: skip
    shares = tuple(
        Share(one.branch, one.insurable, one.employer, one.employee, one.provisional, one.total)
        for one in found.branches
    )
    insurable = max((one.insurable for one in shares), default=0)
    return Contribution(shares, found.employer, found.employee, insurable, found.provisional)


def explain_contribution(pack: Pack, month: Month, earnings: Mapping[str, Minor], **given: Any) -> tuple[Step, ...]:
    """The same calculation in words: what counts, each limit, each share, the total.  Takes what that one takes."""
    steps: list[Step] = []
    contribution_on(pack, month, earnings, **given, steps=steps)
    return tuple(steps)


def pay_that_counts(
    pack: Pack, month: Month, people: People, employer: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None, known_on: date | None = None,
) -> dict[str, Counted]:  # fmt: skip
    """What of the pay counts for each branch that applies, also where a rate is not known."""
    who = checked(pack, month, people, (employer or {}, options or {}), known_on)
    found = {}
    for terms in terms_of(pack, month, known_on).branches:
        applies = who.meets(terms.branch.applies)
        if any_of(applies) and not terms.branch.per_establishment:
            found[terms.branch.code] = counted_pay(terms, who, applies, None)
    return found


def rates_on(
    pack: Pack, month: Month, people: People, employer: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None, known_on: date | None = None,
) -> tuple[Fraction, Fraction] | None:  # fmt: skip
    """One person's rates, the employer's and the employee's for all branches; None where shares are no simple rates."""
    who = checked(pack, month, people, (employer or {}, options or {}), known_on)
    pairs = [
        _pair(terms, who) for terms in terms_of(pack, month, known_on).branches
        if who.meets(terms.branch.applies) and not terms.branch.per_establishment
    ]  # fmt: skip
    known = [pair for pair in pairs if pair is not None]
    if len(known) < len(pairs):
        return None
    return sum((one for one, _other in known), Fraction(0)), sum((other for _one, other in known), Fraction(0))


def _pair(terms: BranchTerms, who: Who) -> tuple[Fraction, Fraction] | None:
    """The two rates of a branch: both given, or one of them and the rest of a total."""
    employer, employee = _rate(terms.employer, who), _rate(terms.employee, who)
    if terms.total is None:
        return None if employer is None or employee is None else (employer, employee)
    total = _rate(terms.total, who)
    kept = terms.employee if terms.employer is None else terms.employer
    if total is None or kept is None or kept.in_force.found is None:
        return None
    part = kept.in_force.found.of_total
    share = _rate(kept, who) if part is None else part * total
    if share is None:
        return None
    return (total - share, share) if terms.employer is None else (share, total - share)


def _rate(side: SideTerms | None, who: Who) -> Fraction | None:
    """The rate of a share that is one: nothing where there is no such share."""
    if side is None:
        return Fraction(0)
    if side.in_force.value.of_total is not None or (side.rates is None and side.in_force.value.given is None):
        return None
    return Fraction(*rate_of(side, who))


def below_minimum(pack: Pack, month: Month, earnings: Mapping[str, Minor]) -> bool:
    """Whether the earnings are under the least wage that has to be declared; never, where none is known."""
    membership = pack.membership
    if membership.minimum_earnings is None or membership.component is None:
        return False
    lowest = membership.minimum_earnings.value_at(pack.deciding_day(month))
    return earnings.get(membership.component, 0) < lowest


def outside_age(pack: Pack, month: Month, birth_date: date) -> bool:
    """Whether a person is younger or older, all through the month, than the scheme's members; for a warning."""
    membership = pack.membership
    young, old = month.last_day(pack.calendar), month.first_day(pack.calendar)
    if membership.age_from is not None and _age(birth_date, young) < membership.age_from:
        return True
    return membership.age_to is not None and _age(birth_date, old) > membership.age_to


def _age(birth_date: date, day: date) -> int:
    """Full years lived on *day*."""
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (0 if had_birthday else 1)
