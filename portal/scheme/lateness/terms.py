"""
What a late rule takes of pieces of a charge: exact ratios first, the cap, the cut and the rounding last.

Written once for one charge (whole numbers) and for columns of charges; see ``columns.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from portal.scheme.blocks.late import LateRule, Phase
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.columns import Numbers, choose, least, most, times
from portal.scheme.lateness.counting import Counting, months_of, units_of
from portal.scheme.lateness.slices import Piece
from portal.scheme.money import Minor, Rounding, round_ratio, truncated
from portal.scheme.pay.unusable import Unusable
from portal.words import _

#: Days of a year, in leap years too: what every law that counts them here says.
DAYS_OF_YEAR = 365

_BEGUN = {"month": "month_or_part", "quarter": "quarter_or_part"}


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What rules ask beside the history: failures earlier in the year, and how many people the employer has.

    *option* is how many months late the return was, where a rule asks it; None: it was not late.
    """

    failures_before: Numbers = 0
    headcount: int | None = None
    return_months: int | None = None

    @classmethod
    def of(cls, rule: LateRule, employer: Mapping[str, object], options: Mapping[str, object]) -> Facts:
        """What of the answers about the employer and of the options the rule reads."""
        return cls(
            failures_before=_whole(options, "failures_before") or 0,
            headcount=_whole(employer, "headcount"),
            return_months=_whole(options, rule.option) if rule.option else None,
        )


def _whole(answers: Mapping[str, object], key: str) -> int | None:
    """A whole number that was answered; :class:`Unusable` for what is none."""
    answer = answers.get(key)
    if answer is None or answer == "":
        return None
    if isinstance(answer, bool) or not re.fullmatch("[0-9]{1,9}", str(answer)):
        raise Unusable(key, _("%(key)s: write a whole number, 0 or more.", key=key))
    return int(str(answer))


class Version(NamedTuple):
    """
    The phases that hold, where they stand, and for which days.

    *since*, *until*: only what begins in these counted days is theirs (None: all of the delay is).
    """

    phases: tuple[Phase, ...]
    source: str
    since: int | None = None
    until: int | None = None


class Ratio(NamedTuple):
    """An exact amount: *over* / *under* minor units; *under* is one number for all."""

    over: Numbers
    under: int


class Owed(NamedTuple):
    """What a rule asks for one charge, or for a column of them, on its way to the amount."""

    exact: Ratio
    capped: Ratio
    rounded: Numbers
    amount: Numbers


def counting_of(pack: Pack, rule: LateRule) -> Counting:
    """How the rule counts months: in the pack's own calendar."""
    return Counting(months_of(pack.calendar_name), rule.calendar_months)


def rounding_of(pack: Pack, rule: LateRule) -> Rounding:
    """The rule's rounding, with what it cuts off first."""
    if rule.truncate is None or rule.rounding.truncate is not None:
        return rule.rounding
    return replace(rule.rounding, truncate=rule.truncate - pack.currency.digits)


def by_portion(phase: Phase) -> bool:
    """Whether the delay of each amount paid decides; otherwise it is enough to know what is unpaid when."""
    return phase.each in ("once", "month_by_days") or bool(phase.slabs)


def common(versions: Iterable[Version], counting: Counting) -> int:
    """A number over which all rates of the versions can be written."""
    rates = [rate for version in versions for phase in version.phases for rate in rates_of(phase)]
    eaches = {phase.each for version in versions for phase in version.phases}
    days = lcm(
        DAYS_OF_YEAR if "year_by_days" in eaches else 1, counting.days_of_months if "month_by_days" in eaches else 1
    )
    return lcm(*(rate.denominator for rate in rates)) * days


def rates_of(phase: Phase) -> tuple[Fraction, ...]:
    """Every rate a phase may apply."""
    one = () if phase.rate is None else (phase.rate,)
    return (*one, *(slab.rate for slab in phase.slabs), *(rate for _number, rate in phase.by_failures))


def take(
    rule: LateRule, version: Version, counting: Counting, slices: Sequence[Piece], portions: Sequence[Piece],
    facts: Facts, under: int, parts: int = 1,
) -> Numbers:  # fmt: skip
    """
    What the version asks for the pieces, over *under* times *parts*; with ``round_each`` in whole minor units.

    The amounts of the pieces are in *parts* of a minor unit.  Columns come as one piece each, so that
    nothing is added up but the phases.
    """
    total: Numbers = 0
    rounding = rule.rounding
    for phase in version.phases:
        for piece in portions if by_portion(phase) else slices:
            count = count_of(phase, piece, counting, version)
            weight = unit_weight(rule, phase, piece, counting, facts, under)
            if rule.round_each:
                total = total + times(count, round_ratio(times(piece.amount, weight), under * parts, rounding))
            else:
                total = total + times(piece.amount, times(weight, count))
    return total


def count_of(phase: Phase, piece: Piece, counting: Counting, version: Version) -> Numbers:
    """How many units of the phase lie in the piece, as far as they begin on days of the version."""
    before, last = numbers_of(phase, piece, counting, version)
    return last - before


def numbers_of(phase: Phase, piece: Piece, counting: Counting, version: Version) -> tuple[Numbers, Numbers]:
    """The numbers of the units in the piece, counted from its grid: after the first of the two, up to the second."""
    each, after = phase.each, phase.after_months
    last = counting.units(each, after, piece.grid, piece.ends)
    before = 0 if piece.begins is piece.grid else counting.units(each, after, piece.grid, piece.begins)
    if version.until is not None:
        until = counting.units(_BEGUN.get(each, each), after, piece.grid, _like(version.until, piece))
        before, last = least(before, until), least(last, until)
    if version.since is not None:
        since = counting.units(_BEGUN.get(each, each), after, piece.grid, _like(version.since - 1, piece))
        before, last = most(before, since), most(last, since)
    return before, last


def _like(day: int, piece: Piece) -> Numbers:
    """One day beside one piece; the same day for all beside a column of them."""
    return day if isinstance(piece.grid, int) else piece.grid * 0 + day


def unit_weight(
    rule: LateRule, phase: Phase, piece: Piece, counting: Counting, facts: Facts, under: int
) -> Numbers:  # fmt: skip
    """What one unit takes of one minor unit, over *under*."""
    months = counting.full(piece.grid, piece.ends) if phase.slabs else 0
    rate = rate_over(rule, phase, months, facts, under)
    if phase.each == "year_by_days":
        return rate // DAYS_OF_YEAR
    if phase.each == "month_by_days":
        return rate // counting.months.length(counting.months.place(piece.paid))
    return rate


def rate_over(rule: LateRule, phase: Phase, months: Numbers, facts: Facts, under: int) -> Numbers:
    """The rate of the phase over *under*: by the whole delay in *months*, or by the number of the default."""
    number = facts.failures_before + 1 - rule.failures.free if rule.failures else None
    if phase.slabs:
        rate = step(((slab.from_months, _over(slab.rate, under)) for slab in phase.slabs), months)
    elif phase.by_failures and number is not None:
        rate = step(((first, _over(each, under)) for first, each in phase.by_failures), number)
    else:
        rate = _over(phase.rate or Fraction(0), under)
    return rate if number is None else choose(number > 0, rate, 0)


def _over(rate: Fraction, under: int) -> int:
    return rate.numerator * (under // rate.denominator)


def step(values: Iterable[tuple[int, int]], reached: Numbers) -> Numbers:
    """The last value whose edge is reached; 0 below the first.  The edges rise."""
    found: Numbers = 0
    for edge, value in values:
        found = choose(reached >= edge, value, found)
    return found


def fixed_amount(rule: LateRule, phase: Phase, count: int, facts: Facts) -> Minor:
    """An amount by the size of the employer for each failure, the free ones left out."""
    if facts.headcount is None:
        raise NotKnown(_("%(rule)s depends on how many people the employer has; say it.", rule=rule.name))
    free = rule.failures.free if rule.failures else 0
    charged = max(facts.failures_before + count - free, 0) - max(facts.failures_before - free, 0)
    return int(step(phase.by_headcount, facts.headcount)) * int(charged)


def given_count(phase: Phase, kind: str, number: int) -> int | None:
    """The units of the phase in so many "months", "days" or "periods" late; None where that does not say it."""
    if kind == "periods":
        return int(units_of("once", phase.after_months, number)) if phase.each == "once" else number
    if kind == "days":
        if phase.after_months or phase.each not in ("once", "day", "year_by_days"):
            return None
        return min(number, 1) if phase.each == "once" else number
    if phase.each in ("day", "year_by_days", "month_by_days"):
        return None
    return int(units_of(phase.each, phase.after_months, number))


def finish(rule: LateRule, rounding: Rounding, exact: Ratio, arrears: Ratio) -> Owed:
    """From the exact ratio to the amount: not more than a part of the *arrears*, cut, rounded, at least the minimum."""
    capped = exact
    if rule.maximum is not None:
        most_of_it = times(arrears.over, rule.maximum.numerator * exact.under)
        under = rule.maximum.denominator * arrears.under
        capped = Ratio(least(times(exact.over, under), most_of_it), exact.under * under)
    rounded = rounded_of(capped, rounding)
    amount = rounded if not rule.minimum else choose(capped.over > 0, most(rounded, rule.minimum), 0)
    return Owed(exact, capped, rounded, amount)


def rounded_of(ratio: Ratio, rounding: Rounding) -> Numbers:
    """The ratio in minor units, as the rule rounds."""
    return round_ratio(ratio.over, ratio.under, rounding)


def cut_of(ratio: Ratio, rounding: Rounding) -> Fraction:
    """The ratio of one charge as far as the rule reckons it before it rounds."""
    if rounding.truncate is None:
        return Fraction(ratio.over, ratio.under)
    return Fraction(*truncated(ratio.over, ratio.under, rounding.truncate))
