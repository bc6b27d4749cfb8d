"""
What being late costs, as a function of a charge's whole history.

Nothing is remembered between two calls: the whole amount owed by the rules as of a day is
computed afresh, so a back-dated payment, a correction or a second run needs no special case.
Who posts late charges posts this amount less what was posted before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from types import MappingProxyType

from portal.scheme.blocks.late import LateRule
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown, Unknown
from portal.scheme.explain import Step
from portal.scheme.lateness import explained as words_of
from portal.scheme.lateness import given as by_units
from portal.scheme.lateness import rule as by_history
from portal.scheme.lateness.assessed import Assessed as Assessed
from portal.scheme.lateness.assessed import Given as Given
from portal.scheme.lateness.periods import LatePeriod as LatePeriod
from portal.scheme.lateness.periods import periods_of
from portal.scheme.lateness.slices import ChargeHistory as ChargeHistory
from portal.scheme.lateness.slices import Movement as Movement
from portal.scheme.lateness.slices import counts_from as counts_from
from portal.scheme.lateness.slices import unpaid_on as unpaid_on
from portal.scheme.money import Minor
from portal.words import _

#: Nothing said about the employer, no options.
NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LateCharge:
    """
    All that is owed for lateness as of a day, in minor units.

    *known* is false where the pack does not know the rule; the amount is then 0 and means nothing.
    *next_begins* is the day on which more would be added if nobody pays; None when all is paid.
    *rules* are the parts of each rule of the pack.  Periods and words are made only when they are
    asked for: each night asks for many amounts and no words.
    """

    amount: Minor
    known: bool
    listed: tuple[LatePeriod, ...] | Callable[[], tuple[LatePeriod, ...]] = field(repr=False, compare=False)
    next_begins: date | None
    words: tuple[Step, ...] | Callable[[], tuple[Step, ...]] = field(repr=False, compare=False)
    rules: tuple[Assessed, ...] = ()

    @property
    def periods(self) -> tuple[LatePeriod, ...]:
        """Each month begun, or each stretch of days with the same amount unpaid, oldest first, rule by rule."""
        return self.listed if isinstance(self.listed, tuple) else self.listed()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The calculation in words: each rule, its periods, the sum, and what stops it."""
        return self.words if isinstance(self.words, tuple) else self.words()

    @property
    def by_rule(self) -> dict[str, Minor]:
        """What each rule asks, by its code."""
        return {one.code: one.amount for one in self.rules}

    @property
    def by_kind(self) -> dict[str, Minor]:
        """Penalty and interest apart, for the order in which payments settle them."""
        kinds = {"penalty": 0, "interest": 0}
        for one in self.rules:
            kinds[one.rule.kind] += one.amount
        return kinds

    @property
    def units(self) -> int:
        """The days, months or quarters that the first rule on late payment counted."""
        counted = [one.units for one in self.rules if one.rule.trigger == "late_payment"]
        return (counted or [one.units for one in self.rules] or [0])[0]

    @property
    def rate(self) -> dict[str, Fraction]:
        """The rate of each rule that applied one rate only."""
        return {one.code: one.rate for one in self.rules if one.rate is not None}

    @property
    def before_cap(self) -> dict[str, Minor]:
        """What each rule with an upper limit would ask without it."""
        return {one.code: one.before_cap for one in self.rules if one.before_cap is not None}

    @property
    def before_rounding(self) -> dict[str, Fraction]:
        """The exact amount of each rule, in minor units, as far as the rule reckons it before it rounds."""
        return {one.code: one.before_rounding for one in self.rules}

    @property
    def is_late(self) -> bool:
        """Whether anything was late by any of the rules, whatever it costs."""
        return any(one.is_late for one in self.rules)

    @property
    def beneficiary(self) -> str | None:
        """Who gets it, where that is not the fund; of several rules the first that asks something says it."""
        asking = [one for one in self.rules if one.amount] or self.rules
        return asking[0].rule.beneficiary if asking else None


def late_charges_on(
    pack: Pack, history: ChargeHistory, on: date, *, rules: Collection[str] | None = None,
    employer: Mapping[str, object] = NOTHING, options: Mapping[str, object] = NOTHING, known_on: date | None = None,
) -> LateCharge:  # fmt: skip
    """
    What is owed for lateness by the rules at the end of day *on*.

    A month counts with what was unpaid when it began, that is at the end of the day before: paying on
    the due day, or on the last day of a month, saves the next one.  Once all is paid nothing is added.
    *rules*: only these; *employer* and *options*: answers some rules ask (headcount, failures_before);
    *known_on*: with the rates as they were known on that day.  :class:`NotKnown` where a rate is not known.
    """
    if isinstance(pack.late, Unknown):
        return _not_known(pack, pack.late)
    chosen = rules_of(pack, rules)
    assessed = tuple(by_history.assess(pack, rule, history, on, employer, options, known_on) for rule in chosen)

    def in_words() -> tuple[Step, ...]:
        return words_of.steps_of(pack, history, on, assessed)

    def listed() -> tuple[LatePeriod, ...]:
        return tuple(period for one in assessed for period in periods_of(one))

    following = min((one.next_begins for one in assessed if one.next_begins), default=None)
    return LateCharge(sum(one.amount for one in assessed), True, listed, following, in_words, assessed)


def late_for(
    pack: Pack, charge: Minor, given: Given, *, rules: Collection[str] | None = None,
    employer: Mapping[str, object] = NOTHING, options: Mapping[str, object] = NOTHING, known_on: date | None = None,
) -> LateCharge:  # fmt: skip
    """
    What so many months, days or periods of lateness cost for a *charge* paid in full, where no dates are known.

    :class:`NotKnown` where that does not say enough for a rule: interest by days from months.
    """
    if isinstance(pack.late, Unknown):
        return _not_known(pack, pack.late)
    chosen = rules_of(pack, rules)
    assessed = tuple(by_units.assess_given(pack, rule, charge, given, employer, options, known_on) for rule in chosen)

    def in_words() -> tuple[Step, ...]:
        return words_of.steps_given(pack, charge, given, assessed)

    return LateCharge(sum(one.amount for one in assessed), True, (), None, in_words, assessed)


def rules_of(pack: Pack, codes: Collection[str] | None) -> tuple[LateRule, ...]:
    """The late rules of the pack, or those with these *codes*; :class:`NotKnown` for a code it does not have."""
    if isinstance(pack.late, Unknown):
        return ()
    if codes is None:
        return pack.late
    known = {rule.code: rule for rule in pack.late}
    for code in codes:
        if code not in known:
            raise NotKnown(_("%(scheme)s has no late charge called %(code)s.", scheme=pack.short_name, code=code))
    return tuple(known[code] for code in codes)


def _not_known(pack: Pack, late: Unknown) -> LateCharge:
    words = _(
        "What %(scheme)s charges for paying late is not known: %(why)s Nothing is added here; that does not "
        "mean that nothing is owed.",
        scheme=pack.short_name, why=late.why,
    )  # fmt: skip
    return LateCharge(0, False, (), None, (Step(words),))
