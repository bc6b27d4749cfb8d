"""Which months of cover the paid months open: by enough of them, by periods, or by the day they came in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from portal.scheme.blocks.cover import (
    OpensAfterPaidMonths,
    OpensByPeriod,
    OpensNothing,
    OpensWhenReceived,
    Period,
)  # fmt: skip
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Unknown
from portal.scheme.calendars import Month, OwnDate, gregorian_day, month_of, months_between, own_date
from portal.scheme.deadlines import due_day

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from *first* to *last*, both included."""

    first: date
    last: date

    def months(self, pack: Pack) -> tuple[Month, ...]:
        """The months of the pack's calendar that lie in it, with those that only begin or end there."""
        return months_between(month_of(self.first, pack.calendar), month_of(self.last, pack.calendar), pack.calendar)


def entitled_months(pack: Pack, paid: Collection[Month]) -> frozenset[Month]:
    """
    The months of cover opened by the months that are *paid* in full for a person.

    By paid months: so many of the last so many open the month after them (and with a run-off the
    months after the last paid one, as long as cover had not ended before); by periods: the whole
    benefit period of each paid month; by receipt: the month after each paid one.
    """
    rule = pack.entitlement
    if isinstance(rule, OpensAfterPaidMonths):
        a_year = pack.calendar.months_in_year
        places = {month.year * a_year + month.number - 1 for month in paid}
        found = _run(rule, places) if rule.run_off else _just_after(rule, places)
        return frozenset(Month(place // a_year, place % a_year + 1) for place in found)
    if isinstance(rule, OpensWhenReceived):
        return frozenset(month.next(pack.calendar) for month in paid)
    if isinstance(rule, OpensByPeriod):
        return frozenset[Month]().union(*(_bought(pack, month) for month in paid))
    return frozenset()


def _just_after(rule: OpensAfterPaidMonths, paid: set[int]) -> set[int]:
    """The months before which enough are paid; months are counted from year 0, which is quick for many people."""
    if rule.months == rule.within:
        return {place + 1 for place in paid if _enough(rule, paid, place + 1)}
    candidates = {place + ahead for place in paid for ahead in range(1, rule.within + 1)}
    return {place for place in candidates if _enough(rule, paid, place)}


def _enough(rule: OpensAfterPaidMonths, paid: set[int], place: int) -> bool:
    """Whether so many of the months just before this one are paid."""
    return sum(before in paid for before in range(place - rule.within, place)) >= rule.months


def _run(rule: OpensAfterPaidMonths, paid: set[int]) -> set[int]:
    """Cover that begins after enough paid months and goes on some months after the last paid one."""
    covered: set[int] = set()
    for place in sorted(paid):
        if place in covered or _enough(rule, paid, place + 1):
            covered.update(range(place + 1, place + rule.run_off + 1))
    return covered


@lru_cache(maxsize=4096)
def _bought(pack: Pack, month: Month) -> frozenset[Month]:
    """The months of the benefit period that a paid month buys; the same few months are asked for many people."""
    return frozenset(benefit_period_of(pack, month)[1].months(pack))


def active_after(pack: Pack, paid: Collection[Month]) -> Month | None:
    """The paid month with whose end cover began, for the cover that lasts longest; None where nothing is covered."""
    covered = entitled_months(pack, paid)
    if not covered or not isinstance(pack.entitlement, OpensAfterPaidMonths | OpensWhenReceived):
        return None
    month = max(covered)
    while month.previous(pack.calendar) in covered:
        month = month.previous(pack.calendar)
    return month.previous(pack.calendar)


def covered_through(pack: Pack, paid: Collection[Month]) -> Month | None:
    """The last month of cover that the paid months give; None where they give none."""
    return max(entitled_months(pack, paid), default=None)


def opening_months(pack: Pack, month: Month) -> tuple[Month, ...]:
    """
    The months that decide whether *month* is covered, oldest first; none where nothing opens.

    All of them have to be paid where the rule asks for successive months; of several, or with a run-off,
    enough of them; of a contribution period any one.
    """
    rule = pack.entitlement
    if isinstance(rule, OpensAfterPaidMonths):
        return tuple(month.plus(-back, pack.calendar) for back in range(rule.within, 0, -1))
    if isinstance(rule, OpensWhenReceived):
        return (month.previous(pack.calendar),)
    if isinstance(rule, OpensByPeriod):
        contribution = contribution_period_for(pack, month)
        return contribution.months(pack) if contribution else ()
    return ()


def opener_of(pack: Pack, paid: Collection[Month], month: Month) -> Month | None:
    """The latest paid month that cover in *month* rests on; None where it is not covered."""
    if month not in entitled_months(pack, paid):
        return None
    if isinstance(pack.entitlement, OpensByPeriod):
        return max(one for one in opening_months(pack, month) if one in paid)
    return max(one for one in paid if one < month)


def needs_all(pack: Pack) -> bool:
    """Whether every one of the opening months has to be paid."""
    rule = pack.entitlement
    if isinstance(rule, OpensAfterPaidMonths):
        return rule.months == rule.within and not rule.run_off
    return not isinstance(rule, OpensByPeriod)


def benefit_period_of(pack: Pack, month: Month) -> tuple[Span, Span]:
    """The contribution period in which *month* lies, and the benefit period it buys."""
    rule = pack.entitlement
    if isinstance(rule, OpensByPeriod):
        for period in rule.periods:
            contribution = _span_around(pack, month.first_day(pack.calendar), period)
            if contribution is not None:
                return contribution, _benefit_after(pack, contribution, period)
    raise ValueError(f"no contribution period of {pack.id} holds {month}")


def contribution_period_for(pack: Pack, month: Month) -> Span | None:
    """The contribution period that buys cover in *month*; None where none does."""
    for back in range(1, 3 * pack.calendar.months_in_year):
        contribution, benefit = benefit_period_of(pack, month.plus(-back, pack.calendar))
        if benefit.first <= month.first_day(pack.calendar) <= benefit.last:
            return contribution
    return None


def _span_around(pack: Pack, day: date, period: Period) -> Span | None:
    """The contribution period of this kind in which *day* lies."""
    year = own_date(day, pack.calendar).year
    for begins in (year - 1, year):
        first = gregorian_day(OwnDate(begins, *period.contribution_from), pack.calendar)
        last = _next_on(pack, first, period.contribution_to)
        if first <= day <= last:
            return Span(first, last)
    return None


def _benefit_after(pack: Pack, contribution: Span, period: Period) -> Span:
    first = _next_on(pack, contribution.last + _ONE_DAY, period.benefit_from)
    return Span(first, _next_on(pack, first, period.benefit_to))


def _next_on(pack: Pack, day: date, month_day: tuple[int, int]) -> date:
    """The first such day of the year on *day* or after it."""
    year = own_date(day, pack.calendar).year
    found = gregorian_day(OwnDate(year, *month_day), pack.calendar)
    return found if found >= day else gregorian_day(OwnDate(year + 1, *month_day), pack.calendar)


@dataclass(frozen=True, slots=True)
class Reception:
    """Whether cover by receipt holds on a day: the last month that was due by then, and when it came in."""

    covered: bool
    month: Month
    due: date
    received: date | None


def covered_on(pack: Pack, day: date, received: Mapping[Month, date]) -> Reception:
    """
    Whether the last month due before *day* had come in by then, for rules by receipt.

    On the due day itself nobody is blocked yet; a month that comes in late opens cover from that day on.
    """
    month = month_of(day, pack.calendar)
    while due_day(pack, month) >= day:
        month = month.previous(pack.calendar)
    came = received.get(month)
    return Reception(came is not None and came <= day, month, due_day(pack, month), came)


def why_unknown(pack: Pack) -> str | None:
    """Why the pack does not say what opens cover, or that contributions open none; None where it says it."""
    rule = pack.entitlement
    return rule.why if isinstance(rule, OpensNothing | Unknown) else None
