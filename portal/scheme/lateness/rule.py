"""One late rule applied to one charge: which rates hold, which pieces are late, what they come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache, partial

from portal.scheme.blocks.late import LateRule, Phase
from portal.scheme.blocks.pack import Pack
from portal.scheme.deadlines import grace_after_due
from portal.scheme.lateness.assessed import Assessed, Reckoned, applied, nothing
from portal.scheme.lateness.counting import Counting
from portal.scheme.lateness.given import grown, late_return, version_of
from portal.scheme.lateness.slices import (
    Calm,
    ChargeHistory,
    Level,
    Piece,
    late_levels,
    levels_of,
    portions_of,
    slices_of,
)
from portal.scheme.lateness.terms import (
    DAYS_OF_YEAR,
    Facts,
    Ratio,
    Version,
    by_portion,
    common,
    count_of,
    counting_of,
    cut_of,
    finish,
    rounded_of,
    rounding_of,
    take,
)  # fmt: skip
from portal.scheme.money import Minor, Rounding

_ONE_DAY = date.resolution
_Cut = Callable[..., list[Piece]]


def assess(
    pack: Pack, rule: LateRule, history: ChargeHistory, on: date,
    employer: Mapping[str, object], options: Mapping[str, object], known_on: date | None,
) -> Assessed:  # fmt: skip
    """What the rule asks for the charge at the end of day *on*."""
    facts = Facts.of(rule, employer, options)
    if rule.trigger == "late_return":
        return late_return(pack, rule, _declared(rule, history), history.due, facts, known_on)
    levels = _levels(pack, rule, history, on)
    if not any(unpaid for _day, unpaid in levels):
        return nothing(rule)
    calm = Calm(history.due.toordinal(), history.frozen)
    pieces = partial(_pieces, levels, on.toordinal(), calm, rule.count_pay_day)
    slices = pieces(slices_of)
    versions = _versions(rule, calm, max((piece.paid for piece in slices), default=calm.due), known_on)
    reckoned = _reckon(pack, rule, calm, versions, slices, pieces(portions_of), facts, _part(rule, history))
    open_now, is_late = bool(levels[-1].unpaid), any(unpaid and day < on.toordinal() for day, unpaid in levels)
    return Assessed(
        rule, int(reckoned.owed.amount), _units(reckoned), _one_rate(reckoned), _before_cap(reckoned),
        cut_of(reckoned.owed.capped, reckoned.rounding), is_late, open_now,
        _next_begins(reckoned, on) if open_now else None, reckoned,
    )  # fmt: skip


def _declared(rule: LateRule, history: ChargeHistory) -> Minor:
    """What the late return was about: all that was charged, or what was unpaid of it when it was due."""
    whole = history.whole if rule.base == "charge" else max(levels_of(history, history.due)[0].unpaid, 0)
    return int(whole * _part(rule, history))


def _levels(pack: Pack, rule: LateRule, history: ChargeHistory, on: date) -> tuple[Level, ...]:
    """What the rule sees as unpaid, day by day; still nothing within the days of grace."""
    grace = history.grace or _grace(pack, history.due)
    if grace is not None and on <= grace:
        return (Level(history.due.toordinal(), 0),)
    return late_levels(
        levels_of(history, on), tolerance=rule.tolerance, whole=history.whole if rule.base == "charge" else None,
        paid_by=grace.toordinal() if grace else None,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _grace(pack: Pack, due: date) -> date | None:
    """The pack's day of grace for what was due on *due*; there are few such days and many charges."""
    return grace_after_due(pack, due)


def _versions(rule: LateRule, calm: Calm, until: int, known_on: date | None) -> tuple[Version, ...]:
    """The terms that hold for the delay: one, or for rules by the calendar day each with the days it holds."""
    due = date.fromordinal(calm.due)
    if rule.axis != "calendar_day":
        return (version_of(rule.terms.at(due if rule.axis == "due_date" else due + _ONE_DAY, known_on)),)
    first, last = due + _ONE_DAY, date.fromordinal(max(until, calm.due + 1))
    for day in (first, last):
        rule.terms.at(day, known_on)
    return tuple(_dated_versions(rule, calm, first, last, known_on))


def _dated_versions(rule: LateRule, calm: Calm, first: date, last: date, known_on: date | None) -> Iterator[Version]:
    """Every version in force between two days, cut to the days on which it is."""
    for entry in rule.terms.believed(known_on):
        if entry.since > last or (entry.until is not None and entry.until < first):
            continue
        if entry.value is None:
            raise rule.terms.not_known(entry, max(entry.since, first))
        since = None if entry.since <= first else calm.counted(entry.since.toordinal() - 1) + 1
        until = None if entry.until is None or entry.until >= last else calm.counted(entry.until.toordinal())
        yield Version(entry.value, entry.source, since, until)


def _pieces(levels: tuple[Level, ...], on: int, calm: Calm, pay_day: bool, cut: _Cut) -> tuple[Piece, ...]:
    return tuple(cut(levels, on, calm, pay_day=pay_day))


def _part(rule: LateRule, history: ChargeHistory) -> Fraction:
    """How much of the charge belongs to the branches the rule is about."""
    whole = sum(history.parts.values())
    if not rule.branches or not whole:
        return Fraction(1)
    return Fraction(sum(history.parts.get(branch, 0) for branch in rule.branches), whole)


def _reckon(
    pack: Pack, rule: LateRule, calm: Calm, versions: tuple[Version, ...],
    slices: tuple[Piece, ...], portions: tuple[Piece, ...], facts: Facts, part: Fraction,
) -> Reckoned:  # fmt: skip
    """Put the rates to the pieces and bring the result to an amount."""
    counting, rounding = counting_of(pack, rule), rounding_of(pack, rule)
    under, parts = common(versions, counting), part.denominator
    cut, sold = ([_scaled(piece, part.numerator) for piece in pieces] for pieces in (slices, portions))
    if rule.compound:
        exact = _compounded(rule, versions, counting, cut, parts, rounding)
    else:
        taken = sum(take(rule, version, counting, cut, sold, facts, under, parts) for version in versions)
        exact = Ratio(taken, 1 if rule.round_each else under * parts)
    owed = finish(rule, rounding, exact, Ratio(sum(piece.amount for piece in sold), parts))
    return Reckoned(pack, rule, counting, calm, versions, slices, portions, facts, under, part, rounding, owed)


def _scaled(piece: Piece, times: int) -> Piece:
    return piece if times == 1 else piece._replace(amount=piece.amount * times)


def _compounded(
    rule: LateRule, versions: tuple[Version, ...], counting: Counting, slices: list[Piece], parts: int,
    rounding: Rounding,
) -> Ratio:  # fmt: skip
    """Each period's charge added to what bears the next one's."""
    added = Fraction(0)
    for piece in slices:
        unpaid = Fraction(piece.amount, parts)
        for version in versions:
            for phase in version.phases:
                rate = (phase.rate or Fraction(0)) / (DAYS_OF_YEAR if phase.each == "year_by_days" else 1)
                added = grown(unpaid, added, rate, count_of(phase, piece, counting, version), rule, rounding)
    return Ratio(added.numerator, added.denominator)


def _units(reckoned: Reckoned) -> int:
    """What the last phase counted: added up over slices, the longest of portions."""
    found = 0
    for version in reckoned.versions:
        phase = version.phases[-1]
        counts = [count_of(phase, piece, reckoned.counting, version) for piece in reckoned.pieces(phase)]
        found += max(counts, default=0) if by_portion(phase) else sum(counts)
    return found


def _one_rate(reckoned: Reckoned) -> Fraction | None:
    """The rate, where only one was applied."""
    rates = {each.rate for each in applied(reckoned)}
    return rates.pop() if len(rates) == 1 else None


def _before_cap(reckoned: Reckoned) -> Minor | None:
    """What would be owed without the upper limit, rounded; None where there is none."""
    if reckoned.rule.maximum is None:
        return None
    return int(rounded_of(reckoned.owed.exact, reckoned.rounding))


def _next_begins(reckoned: Reckoned, on: date) -> date | None:
    """The first day after *on* on which the rule adds something if nobody pays; None where it adds no more."""
    rule, owed = reckoned.rule, reckoned.owed
    if rule.maximum is not None and Fraction(*owed.capped) < Fraction(*owed.exact):
        return None
    version = reckoned.versions[-1]
    days = [day for phase in version.phases if (day := _next_of(reckoned, phase, on)) is not None]
    return min(days, default=None)


def _next_of(reckoned: Reckoned, phase: Phase, on: date) -> date | None:
    """The day on which the phase counts one unit more than at the end of *on*."""
    counting, calm, shift = reckoned.counting, reckoned.calm, int(not reckoned.rule.count_pay_day)
    pieces = reckoned.pieces(phase)
    grid = pieces[-1].grid if pieces else calm.due
    end = max(calm.counted(on.toordinal()) - shift, calm.due)
    number = int(counting.units(phase.each, phase.after_months, grid, end)) + 1
    if phase.each == "once" and number > 1:
        return None
    day = calm.real(counting.reached(phase.each, phase.after_months, grid, number)) + shift
    return date.fromordinal(day) if day <= date.max.toordinal() else None
