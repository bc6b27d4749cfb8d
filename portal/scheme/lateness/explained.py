"""
Late charges in words: each rule as the law has it, each period, and each step from the sum to the amount.

Made from the same pieces and rates as the amount.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction

from portal.scheme.blocks.late import LateRule
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown, Unknown
from portal.scheme.calendars import day_after
from portal.scheme.explain import Step
from portal.scheme.lateness.assessed import Assessed, Given, Reckoned
from portal.scheme.lateness.periods import LatePeriod, periods_of
from portal.scheme.lateness.sentences import (
    conditions,
    period_sentence,
    phase_sentence,
    rounding_sentence,
    table_sentences,
)  # fmt: skip
from portal.scheme.lateness.slices import ChargeHistory
from portal.scheme.lateness.terms import Version, cut_of, rounded_of
from portal.scheme.money import exact_in_words, rate_in_words
from portal.words import Amount, Words, _, _n


def steps_of(
    pack: Pack, history: ChargeHistory, on: date, assessed: Sequence[Assessed]
) -> tuple[Step, ...]:  # fmt: skip
    """The calculation in words: each rule, each period, the sum, and what stops it."""
    if not any(one.reckoned or one.amount for one in assessed):
        source = assessed[0].rule.source if assessed else None
        return (Step(_("Nothing was unpaid after the due day, %(due)s.", due=history.due), 0, source),)
    steps: list[Step] = []
    for one in assessed:
        if len(assessed) > 1:
            steps.append(Step(_("%(rule)s:", rule=one.rule.name)))
        steps += _rule_steps(pack, one, history, on)
    if len(assessed) > 1:
        steps.append(Step(_("All late charges together"), sum(one.amount for one in assessed)))
    return tuple(steps)


def _rule_steps(pack: Pack, one: Assessed, history: ChargeHistory, on: date) -> Iterator[Step]:
    """One rule from its sentence to its amount."""
    rule, reckoned, periods = one.rule, one.reckoned, periods_of(one)
    if reckoned is None or not periods:
        yield from _without_periods(pack, one, history)
        return
    for version in reckoned.versions:
        yield from _version_steps(pack, rule, version, history.due)
    yield from (Step(words, source=rule.source) for words in conditions(rule, pack.currency))
    yield from _frozen_steps(history)
    if reckoned.part != 1:
        share = f"{reckoned.part.numerator}/{reckoned.part.denominator}"
        words = _("Only the branches that the rule names bear it: %(part)s of what is unpaid", part=share)
        yield Step(words, source=rule.source)
    yield from (Step(period_sentence(each, pack.currency), each.amount, each.source) for each in periods)
    yield from _sum_steps(pack, one, reckoned, periods, on)
    if not one.open_now:
        yield Step(_("The contribution is paid; nothing more is added."))
    if rule.beneficiary:
        yield Step(_("It goes to: %(beneficiary)s", beneficiary=rule.beneficiary), source=rule.source)
    if rule.unverified:
        yield Step(_("Not verified: %(why)s", why=rule.unverified), source=rule.source)


def _without_periods(pack: Pack, one: Assessed, history: ChargeHistory) -> Iterator[Step]:
    """A rule that asks nothing here, or only for a return that came late."""
    if one.amount:
        words = _n("%(n)s month late with the return", "%(n)s months late with the return", one.units)
        yield Step(words, one.amount, one.rule.source)
    elif one.rule.trigger == "late_return":
        yield Step(_("Nothing is said here about a return that came late."), 0, one.rule.source)
    else:
        yield Step(_("Nothing is added by this rule so far; the due day was %(due)s.", due=history.due), 0,
                   one.rule.source)  # fmt: skip


def _version_steps(pack: Pack, rule: LateRule, version: Version, due: date) -> Iterator[Step]:
    """What the rule says, with the source of the rates."""
    for phase in version.phases:
        yield Step(phase_sentence(phase, due), source=version.source)
        yield from (Step(words, source=version.source) for words in table_sentences(phase, rule, pack.currency))


def _frozen_steps(history: ChargeHistory) -> Iterator[Step]:
    """The days that do not count."""
    for since, until in sorted(history.frozen):
        yield Step(_("The days from %(begins)s to %(ends)s do not count.", begins=since, ends=until))


def _sum_steps(
    pack: Pack, one: Assessed, reckoned: Reckoned, periods: Sequence[LatePeriod], on: date
) -> Iterator[Step]:  # fmt: skip
    """From the sum of the periods to the amount."""
    rule, owed, rounding = one.rule, reckoned.owed, reckoned.rounding
    capped = rule.maximum is not None and Fraction(*owed.capped) < Fraction(*owed.exact)
    rounds = not rule.round_each and one.before_rounding != owed.rounded
    total = None if rounds and not capped else int(rounded_of(owed.exact, rounding))
    yield Step(_total_in_words(periods, on), total, rule.source)
    if capped:
        limit = _("Not more than %(share)s of what was paid late", share=rate_in_words(rule.maximum or Fraction(1)))
        yield Step(limit, None if rounds else int(owed.rounded), rule.source)
    if rounds:
        yield from _rounding_steps(pack, reckoned)
    if int(owed.amount) != int(owed.rounded):
        yield Step(_("At least this much is taken"), one.amount, rule.source)


def _rounding_steps(pack: Pack, reckoned: Reckoned) -> Iterator[Step]:
    """The exact sum, and how it becomes an amount."""
    owed, rounding, currency = reckoned.owed, reckoned.rounding, pack.currency
    exact, cut = Fraction(*owed.capped), cut_of(owed.capped, rounding)
    yield Step(_("Exactly: %(exact)s", exact=exact_in_words(exact, currency)))
    if cut != exact:
        yield Step(_("Further decimals cut off: %(exact)s", exact=exact_in_words(cut, currency)))
    yield Step(rounding_sentence(rounding, currency), int(owed.rounded), rounding.source or reckoned.rule.source)


def _total_in_words(periods: Sequence[LatePeriod], on: date) -> Words:
    """What the amounts of the periods come to together."""
    if {each.each for each in periods} <= {"month_or_part"}:
        return _n("%(n)s month begun by %(on)s", "%(n)s months begun by %(on)s, added up", len(periods), on=on)
    if len(periods) == 1:
        return _("Together by %(on)s", on=on)
    return _("Added up by %(on)s", on=on)


def steps_given(pack: Pack, charge: int, given: Given, assessed: Sequence[Assessed]) -> tuple[Step, ...]:
    """The calculation in words where lateness was told in units."""
    steps = [Step(_late_by(given))]
    for one in assessed:
        version = one.rule.terms.dated(given.day)
        for phase in version.value or ():
            steps += [Step(words, source=version.source) for words in table_sentences(phase, one.rule, pack.currency)]
        if one.rate is not None:
            words = _n(
                "%(rule)s: %(rate)s of %(charge)s, counted once",
                "%(rule)s: %(rate)s of %(charge)s, counted %(n)s times",
                one.units, rule=one.rule.name, rate=rate_in_words(one.rate),
                charge=Amount(charge, pack.currency.code, pack.currency.digits),
            )  # fmt: skip
            steps.append(Step(words, source=version.source))
        steps.append(Step(_("%(rule)s in all", rule=one.rule.name), one.amount, one.rule.source))
        if one.rule.unverified:
            steps.append(Step(_("Not verified: %(why)s", why=one.rule.unverified), source=one.rule.source))
    return tuple(steps)


def _late_by(given: Given) -> Words:
    match given.kind:
        case "months":
            return _n("%(n)s month late, as told", "%(n)s months late, as told", given.number)
        case "days":
            return _n("%(n)s day late, as told", "%(n)s days late, as told", given.number)
    return _n("%(n)s period late, as told", "%(n)s periods late, as told", given.number)


def late_in_words(pack: Pack, due: date) -> Words:
    """What paying after *due* costs, in the law's words; :class:`NotKnown` where the pack does not know it."""
    if isinstance(pack.late, Unknown):
        raise NotKnown(_("What %(scheme)s charges for paying late is not known: %(why)s",
                         scheme=pack.short_name, why=pack.late.why))  # fmt: skip
    words: Words | None = None
    for rule in pack.late:
        if rule.trigger == "late_payment":
            for phase in rule.terms.value_at(day_after(due)):
                said = phase_sentence(phase, due)
                words = said if words is None else _("%(first)s %(then)s", first=words, then=said)
    if words is None:
        raise NotKnown(_("%(scheme)s has no rule about paying late.", scheme=pack.short_name))
    return words
