"""
What being late costs, as a function of a charge's whole history.

Nothing is remembered between two calls: the whole amount owed by the rule as of a day is
computed afresh, so a back-dated payment, a correction or a second run needs no special case.
Who posts late charges posts this amount less what was posted before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from portal.scheme.blocks import Dated, LatePerMonth, Pack
from portal.scheme.calendars import anniversary, day_after
from portal.scheme.explain import Step
from portal.scheme.money import Minor, rate_in_words, round_to
from portal.words import Amount, Words, _, _n


@dataclass(frozen=True, slots=True)
class Movement:
    """
    A signed change of the unpaid contribution (charge above zero, payment below), from *day* on.

    A charge dated after the due day counts as unpaid from the due day all the same: who declares
    late was late from the start.  With *late_from_posting* an amount above zero counts from its own
    day instead: a late amendment of the law, or the reversal of a payment, which carries the
    payment's own day so that the two cancel.  A correction downwards is dated as the charge it corrects.
    """

    day: date
    amount: Minor
    late_from_posting: bool = False


@dataclass(frozen=True, slots=True)
class ChargeHistory:
    """One charge: its due day, and every change of what is unpaid of it (contribution only), in any order."""

    due: date
    movements: tuple[Movement, ...]


@dataclass(frozen=True, slots=True)
class LatePeriod:
    """One month or part of a month after the due day: *begins* and *ends* included, what was unpaid, the amount."""

    number: int
    begins: date
    ends: date
    unpaid: Minor
    rate: Fraction
    amount: Minor
    source: str


@dataclass(frozen=True, slots=True)
class LateCharge:
    """
    All that is owed for lateness as of a day, in minor units.

    *known* is false where the pack does not know the rule; the amount is then 0 and means nothing.
    *next_begins* is the day on which one more period would be added; None when all is paid.
    The words are made only when they are asked for: each night asks for many amounts and no words.
    """

    amount: Minor
    known: bool
    periods: tuple[LatePeriod, ...]
    next_begins: date | None
    words: tuple[Step, ...] | Callable[[], tuple[Step, ...]] = field(repr=False, compare=False)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The calculation in words: the rule, each period, the sum, and what stops it."""
        return self.words if isinstance(self.words, tuple) else self.words()


def late_charges_on(pack: Pack, history: ChargeHistory, on: date) -> LateCharge:
    """
    What is owed for lateness by the rule at the end of day *on*.

    Period k begins the day after the due day + (k - 1) months and costs the rate on what was
    unpaid when it began, that is at the end of the day before.  So paying on the due day, or on
    the last day of a period, saves the next one.  Once all is paid nothing is added any more.
    """
    rule = pack.late
    if not isinstance(rule, LatePerMonth):
        words = _(
            "What %(scheme)s charges for paying late is not known: %(why)s Nothing is added here; that does not "
            "mean that nothing is owed.",
            scheme=pack.short_name, why=rule.why,
        )  # fmt: skip
        return LateCharge(0, False, (), None, (Step(words),))
    rate = rule.rate.at(day_after(history.due))
    periods = tuple(_periods(rule, rate, history, on))
    following = _next_begins(history, periods, on)
    amount = sum(period.amount for period in periods)

    def in_words() -> tuple[Step, ...]:
        return _steps(pack, rule, rate, history, periods, following, on)

    return LateCharge(amount, True, periods, following, in_words)


def _periods(rule: LatePerMonth, rate: Dated[Fraction], history: ChargeHistory, on: date) -> Iterator[LatePeriod]:
    """Every period begun by *on* in which something was unpaid."""
    assert rate.value is not None  # Series.at refuses a gap
    changes = _changes(history)
    last_change = max((day for day, _amount in changes), default=history.due)
    unpaid, seen, number = 0, 0, 0
    while True:
        before = anniversary(history.due, number)
        while seen < len(changes) and changes[seen][0] <= before:
            unpaid += changes[seen][1]
            seen += 1
        number += 1
        if before >= on or (unpaid <= 0 and last_change <= before):
            return
        if unpaid > 0:
            amount = round_to(unpaid * rate.value, rule.rounding)
            ends = anniversary(history.due, number)
            yield LatePeriod(number, day_after(before), ends, unpaid, rate.value, amount, rate.source)


def _changes(history: ChargeHistory) -> list[tuple[date, Minor]]:
    """The movements in order of the day they count from."""
    return sorted((counts_from(movement, history.due), movement.amount) for movement in history.movements)


def counts_from(movement: Movement, due: date) -> date:
    """The day a movement changes what is unpaid: a late charge from the due day, all else from its own day."""
    if movement.amount > 0 and not movement.late_from_posting:
        return min(movement.day, due)
    return movement.day


def unpaid_on(history: ChargeHistory, on: date) -> Minor:
    """What is unpaid of the contribution at the end of day *on*; below zero when more was paid."""
    return sum(amount for day, amount in _changes(history) if day <= on)


def _next_begins(history: ChargeHistory, periods: tuple[LatePeriod, ...], on: date) -> date | None:
    """The first day after *on* on which the rule adds something if nobody pays."""
    if unpaid_on(history, on) <= 0:
        return None
    number = periods[-1].number if periods else 0
    while anniversary(history.due, number) < on:
        number += 1
    return day_after(anniversary(history.due, number))


def _steps(
    pack: Pack, rule: LatePerMonth, rate: Dated[Fraction], history: ChargeHistory,
    periods: tuple[LatePeriod, ...], following: date | None, on: date,
) -> tuple[Step, ...]:  # fmt: skip
    """The calculation in words: the rule, each period, the sum, and what stops it."""
    if not periods:
        return (Step(_("Nothing was unpaid after the due day, %(due)s.", due=history.due), 0, rule.source),)
    assert rate.value is not None
    steps = [
        Step(
            _(
                "%(rate)s of what is unpaid is added for each month or part of a month after the due day, %(due)s.",
                rate=rate_in_words(rate.value), due=history.due,
            ),
            source=rate.source,
        )
    ]  # fmt: skip
    steps += [Step(_period_in_words(pack, period), period.amount, period.source) for period in periods]
    total = sum(period.amount for period in periods)
    steps.append(Step(_total_in_words(len(periods), on), total, rule.source))
    if following is None:
        steps.append(Step(_("The contribution is paid; nothing more is added.")))
    if rule.unverified:
        steps.append(Step(_("Not verified: %(why)s", why=rule.unverified), source=rule.source))
    return tuple(steps)


def _period_in_words(pack: Pack, period: LatePeriod) -> Words:
    return _(
        "Month %(number)s, from %(begins)s to %(ends)s: %(unpaid)s was unpaid when it began; %(rate)s of it",
        number=period.number, begins=period.begins, ends=period.ends,
        unpaid=Amount(period.unpaid, pack.currency.code), rate=rate_in_words(period.rate),
    )  # fmt: skip


def _total_in_words(count: int, on: date) -> Words:
    return _n("%(n)s month begun by %(on)s", "%(n)s months begun by %(on)s, added up", count, on=on)
