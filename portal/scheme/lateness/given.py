"""What lateness costs that is told in months, days or periods, or as a return that came late."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from portal.scheme.blocks.late import LateRule, Phase
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Dated, NotKnown
from portal.scheme.lateness.assessed import Assessed, Given, nothing
from portal.scheme.lateness.terms import (
    DAYS_OF_YEAR,
    Facts,
    Ratio,
    Version,
    common,
    counting_of,
    cut_of,
    finish,
    fixed_amount,
    given_count,
    rate_over,
    rounded_of,
    rounding_of,
)  # fmt: skip
from portal.scheme.money import Minor, Rounding, round_to
from portal.words import Words, _

_ONE_DAY = date.resolution


def late_return(
    pack: Pack, rule: LateRule, charge: Minor, due: date, facts: Facts, known_on: date | None
) -> Assessed:  # fmt: skip
    """A return that came as many months late as the options say; nothing where they say nothing."""
    if not facts.return_months:
        return nothing(rule)
    return _from_count(pack, rule, charge, Given("months", facts.return_months, due), facts, known_on)


def assess_given(
    pack: Pack, rule: LateRule, charge: Minor, given: Given,
    employer: Mapping[str, object], options: Mapping[str, object], known_on: date | None,
) -> Assessed:  # fmt: skip
    """What the rule asks for a *charge* that was so many units late."""
    facts = Facts.of(rule, employer, options)
    if rule.trigger == "late_return" and rule.option:
        if not facts.return_months:
            return nothing(rule)
        given = Given("months", facts.return_months, given.day)
    return _from_count(pack, rule, charge, given, facts, known_on)


def _from_count(
    pack: Pack, rule: LateRule, charge: Minor, given: Given, facts: Facts, known_on: date | None
) -> Assessed:  # fmt: skip
    """The amount for a number of units, with the same rates, cap and rounding as for dates."""
    version = version_of(rule.terms.at(given.day + (_ONE_DAY if rule.axis != "due_date" else _ONE_DAY * 0), known_on))
    counting, rounding = counting_of(pack, rule), rounding_of(pack, rule)
    under = common((version,), counting)
    exact, rates, count = Fraction(0), set(), 0
    for phase in version.phases:
        found = given_count(phase, given.kind, given.number)
        if found is None:
            raise NotKnown(_not_enough(rule, given))
        count = found
        if phase.by_headcount:
            exact += fixed_amount(rule, phase, count, facts)
            continue
        if phase.slabs and given.kind != "months":
            raise NotKnown(_not_enough(rule, given))
        rate = Fraction(rate_over(rule, phase, given.number, facts, under), under)
        exact += _over_count(rule, phase, charge, rate, count, rounding)
        rates |= {rate} if count else set()
    owed = finish(rule, rounding, Ratio(exact.numerator, exact.denominator), Ratio(charge, 1))
    before_cap = None if rule.maximum is None else int(rounded_of(owed.exact, rounding))
    return Assessed(
        rule, int(owed.amount), count, rates.pop() if len(rates) == 1 else None, before_cap,
        cut_of(owed.capped, rounding), given.number > 0, False, None,
    )  # fmt: skip


def _over_count(
    rule: LateRule, phase: Phase, charge: Minor, rate: Fraction, count: int, rounding: Rounding
) -> Fraction:  # fmt: skip
    """What *count* units of the rate come to."""
    rate = rate / DAYS_OF_YEAR if phase.each == "year_by_days" else rate
    if rule.compound:
        return grown(Fraction(charge), Fraction(0), rate, count, rule, rounding)
    return Fraction(count * round_to(charge * rate, rounding)) if rule.round_each else charge * rate * count


def _not_enough(rule: LateRule, given: Given) -> Words:
    return _(
        "%(rule)s cannot be worked out from the number of %(unit)s alone; give the due day and the day of payment.",
        rule=rule.name, unit=given.kind,
    )  # fmt: skip


def grown(
    unpaid: Fraction, added: Fraction, rate: Fraction, count: int, rule: LateRule, rounding: Rounding
) -> Fraction:  # fmt: skip
    """What has been added after *count* more periods."""
    if not rule.round_each:
        return (unpaid + added) * (1 + rate) ** count - unpaid
    for _period in range(count):
        added += round_to((unpaid + added) * rate, rounding)
    return added


def version_of(entry: Dated[tuple[Phase, ...]]) -> Version:
    """The version for the whole of a delay."""
    return Version(entry.value or (), entry.source)
