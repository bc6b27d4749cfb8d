"""
What is due on one employee's earnings for one month.

The values in force are looked up once a month and kept, so that a thousand lines cost a
thousand multiplications.  The explanation follows the same values and is made only when shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache

from portal.scheme.blocks import Branch, Dated, Pack
from portal.scheme.blocks import NotKnown as NotKnown
from portal.scheme.calendars import Month, month_in_words
from portal.scheme.explain import Step
from portal.scheme.money import Minor, rate_in_words, round_ratio
from portal.words import Amount, _

#: Beyond this an amount is a slip of the keyboard, not a wage.
MOST_EARNINGS = 10**15


@dataclass(frozen=True, slots=True)
class Share:
    """The two shares of one branch, in minor units, and the pay they were taken from."""

    branch: str
    insurable: Minor
    employer: Minor
    employee: Minor
    provisional: bool


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


@dataclass(frozen=True, slots=True)
class _Terms:
    """What one branch asks in one month; the rates as plain whole numbers, which multiply fastest."""

    branch: Branch
    ceiling: Dated[Minor] | None
    employer_rate: Dated[Fraction]
    employee_rate: Dated[Fraction]
    employer: tuple[int, int]
    employee: tuple[int, int]
    provisional: bool


@lru_cache(maxsize=1024)
def _terms(pack: Pack, month: Month) -> tuple[_Terms, ...]:
    """The values of every branch for *month*; :class:`NotKnown` where one of them is not known."""
    day = month.first_day(pack.calendar)
    return tuple(_terms_of(branch, day) for branch in pack.branches)


def _terms_of(branch: Branch, day: date) -> _Terms:
    ceiling = branch.ceiling.at(day) if branch.ceiling else None
    employer, employee = branch.employer_rate.at(day), branch.employee_rate.at(day)
    assert employer.value is not None  # at() refuses a gap
    assert employee.value is not None
    return _Terms(
        branch=branch,
        ceiling=ceiling,
        employer_rate=employer,
        employee_rate=employee,
        employer=(employer.value.numerator, employer.value.denominator),
        employee=(employee.value.numerator, employee.value.denominator),
        provisional=employer.provisional or employee.provisional or (ceiling is not None and ceiling.provisional),
    )


def _insurable(terms: _Terms, earnings: Mapping[str, Minor]) -> Minor:
    """The pay this branch counts, no more than its ceiling."""
    counted = 0
    for component in terms.branch.base:
        amount = earnings.get(component)
        if amount is None or not 0 <= amount <= MOST_EARNINGS:
            raise ValueError(f"{component}: {amount!r} is not an amount of pay")
        counted += amount
    if terms.ceiling is not None and terms.ceiling.value is not None and counted > terms.ceiling.value:
        return terms.ceiling.value
    return counted


def contribution_on(pack: Pack, month: Month, earnings: Mapping[str, Minor]) -> Contribution:
    """
    The shares due on *earnings* (minor units by component) for the wage month.

    Each share is rounded on its own: the employee's is withheld from a payslip, so it must be a
    payable amount before the two are added.  :class:`NotKnown` where the pack has no value for
    that month; ``ValueError`` when a component the base needs is missing, negative or absurd.
    """
    shares: list[Share] = []
    employer_total = employee_total = most = 0
    provisional = False
    rounding = pack.rounding
    for terms in _terms(pack, month):
        insurable = _insurable(terms, earnings)
        employer = round_ratio(insurable * terms.employer[0], terms.employer[1], rounding)
        employee = round_ratio(insurable * terms.employee[0], terms.employee[1], rounding)
        shares.append(Share(terms.branch.code, insurable, employer, employee, terms.provisional))
        employer_total += employer
        employee_total += employee
        most = max(most, insurable)
        provisional = provisional or terms.provisional
    return Contribution(tuple(shares), employer_total, employee_total, most, provisional)


def explain_contribution(pack: Pack, month: Month, earnings: Mapping[str, Minor]) -> tuple[Step, ...]:
    """The same calculation in words: what counts, the ceiling, each share, the total."""
    contribution = contribution_on(pack, month, earnings)
    steps: list[Step] = []
    for terms, share in zip(_terms(pack, month), contribution.shares, strict=True):
        steps += _base_steps(pack, month, terms, earnings)
        steps += _share_steps(pack, terms, share)
    words = _("%(scheme)s for %(month)s in all", scheme=pack.short_name, month=month_in_words(month, pack.calendar))
    return (*steps, Step(words, contribution.total))


def _base_steps(pack: Pack, month: Month, terms: _Terms, earnings: Mapping[str, Minor]) -> list[Step]:
    """What was paid, and the ceiling where the scheme has one."""
    steps = []
    for component in terms.branch.base:
        words = _("%(component)s counts for %(branch)s", component=pack.label_of(component), branch=terms.branch.name)
        steps.append(Step(words, earnings[component], terms.branch.base_source))
    ceiling = terms.ceiling
    if ceiling is None or ceiling.value is None:
        return steps
    limit = Amount(ceiling.value, pack.currency.code)
    name = month_in_words(month, pack.calendar)
    if ceiling.provisional:
        words = _(
            "The ceiling for %(month)s is not published yet; the last one, %(limit)s, is used provisionally.",
            month=name, limit=limit,
        )  # fmt: skip
    else:
        words = _("Pay counts up to the ceiling for %(month)s, which is %(limit)s", month=name, limit=limit)
    return [*steps, Step(words, _insurable(terms, earnings), ceiling.source)]


def _share_steps(pack: Pack, terms: _Terms, share: Share) -> list[Step]:
    """Each share: the rate, of what, and the amount it gives."""
    values = {"branch": terms.branch.name, "insurable": Amount(share.insurable, pack.currency.code)}
    employer = _(
        "Employer share for %(branch)s: %(rate)s of %(insurable)s",
        rate=rate_in_words(Fraction(*terms.employer)), **values,
    )  # fmt: skip
    employee = _(
        "Employee share for %(branch)s: %(rate)s of %(insurable)s",
        rate=rate_in_words(Fraction(*terms.employee)), **values,
    )  # fmt: skip
    return [
        Step(employer, share.employer, terms.employer_rate.source),
        Step(employee, share.employee, terms.employee_rate.source),
    ]


def below_minimum(pack: Pack, month: Month, earnings: Mapping[str, Minor]) -> bool:
    """Whether the earnings are under the least wage that has to be declared; never, where none is known."""
    membership = pack.membership
    if membership.minimum_earnings is None or membership.component is None:
        return False
    least = membership.minimum_earnings.value_at(month.first_day(pack.calendar))
    return earnings.get(membership.component, 0) < least


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
