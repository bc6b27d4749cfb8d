"""Which rule for a due day holds, and the day it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.scheme.blocks.due import DueTerms
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Dated, NotKnown, Series, Unknown
from portal.scheme.calendars import Month, OwnDate, days_in, gregorian_day
from portal.scheme.days.rest_days import rest_of
from portal.words import _


@dataclass(frozen=True, slots=True)
class Asked:
    """
    Of whom a due day is asked, and what is to hold instead of the pack's own days of rest.

    *kind*: "payment" or "declaration".  *headcount*: people employed.  *options*: answers to the pack's inputs.
    *roll*: instead of the rule's, "none" leaves the day where it falls.  *holidays* and *weekend*: see
    ``rest_days.rest_of``.  *known_on*: the rule as it was known on that day.
    """

    kind: str = "payment"
    headcount: int | None = None
    options: Mapping[str, Any] | None = None
    roll: str | None = None
    holidays: Iterable[date] | None = None
    weekend: Sequence[int] | None = None
    known_on: date | None = None


def terms_of(pack: Pack, month: Month, asked: Asked) -> DueTerms:
    """The one rule that holds for the month and for who asks."""
    dated = dated_terms(pack, month, asked)
    assert dated.value is not None  # at() refuses a gap
    fitting = [terms for terms in dated.value if _fits(pack, terms, asked.options or {})]
    if asked.headcount is None and any(terms.from_headcount for terms in fitting):
        raise NotKnown(
            _("%(scheme)s: the due day depends on how many people the employer has.", scheme=pack.short_name)
        )
    reached = [terms for terms in fitting if terms.from_headcount <= (asked.headcount or 0)]
    if not reached:
        raise NotKnown(_("%(scheme)s has no due day for such an employer.", scheme=pack.short_name))
    return max(reached, key=lambda terms: terms.from_headcount)


def dated_terms(pack: Pack, month: Month, asked: Asked) -> Dated[tuple[DueTerms, ...]]:
    """The version of the rule that holds for the month, with its source."""
    return _series(pack, asked.kind).at(pack.deciding_day(month), asked.known_on)


def _series(pack: Pack, kind: str) -> Series[tuple[DueTerms, ...]]:
    if kind == "declaration" and pack.due.declaration is not None:
        series = pack.due.declaration
        words = _("%(scheme)s: the day by which to declare is not known", scheme=pack.short_name)
    else:
        series = pack.due.payment
        words = _("%(scheme)s: the day by which to pay is not known", scheme=pack.short_name)
    if isinstance(series, Unknown):
        raise NotKnown(_("%(what)s: %(why)s", what=words, why=series.why))
    return series


def _fits(pack: Pack, terms: DueTerms, options: Mapping[str, Any]) -> bool:
    """Whether the answers are those that the terms ask for."""
    for code, accepted in terms.when.items():
        answer = options.get(code, pack.inputs[code].default)
        if answer is None:
            label = pack.inputs[code].label
            raise NotKnown(_("%(scheme)s: the due day depends on: %(label)s.", scheme=pack.short_name, label=label))
        said = {True: "yes", False: "no"}.get(answer, answer) if isinstance(answer, bool) else answer
        if said not in accepted:
            return False
    return True


def period_for(pack: Pack, month: Month, terms: DueTerms) -> tuple[Month, ...]:
    """The months that the terms take together with *month*."""
    return quarter_of(pack, month) if terms.frequency == "quarterly" else (month,)


def quarter_of(pack: Pack, month: Month) -> tuple[Month, ...]:
    """The months of its quarter; a thirteenth month belongs to the last one."""
    quarter = min((month.number - 1) // 3, 3)
    last = pack.calendar.months_in_year if quarter == 3 else quarter * 3 + 3
    return tuple(Month(month.year, number) for number in range(quarter * 3 + 1, last + 1))


def fixed_day(pack: Pack, period: Sequence[Month], terms: DueTerms) -> date:
    """The day that the rule itself names for the period, not yet moved for a day of rest."""
    last, calendar = period[-1], pack.calendar
    match terms.rule:
        case "day_of_month":
            return day_in(pack, last.plus(terms.months_after, calendar), terms.number)
        case "days_after_month_end":
            return last.last_day(calendar) + timedelta(days=terms.number)
        case "months_after_month_end":  # they begin with the day after, so they end with a month
            return last.plus(terms.number, calendar).last_day(calendar)
        case "last_day_of_month":
            return last.last_day(calendar)
        case "printed_dates":
            return _printed(pack, last, terms.dates)
        case "working_days_after_pay_day":
            raise NotKnown(
                _("%(scheme)s: the due day depends on the day on which the salary is paid.", scheme=pack.short_name)
            )
    raise ValueError(f"no such rule for a due day: {terms.rule!r}")


def day_in(pack: Pack, month: Month, number: int) -> date:
    """Day *number* of *month*, or its last day where it is shorter."""
    own = OwnDate(month.year, month.number, min(number, days_in(month, pack.calendar)))
    return gregorian_day(own, pack.calendar)


def _printed(pack: Pack, last: Month, dates: Sequence[tuple[int, int]]) -> date:
    """The printed date of the quarter that ends with *last*: the first such day after its last day."""
    number, day = dates[min((last.number - 1) // 3, 3)]
    after = last.last_day(pack.calendar)
    this_year = day_in(pack, Month(last.year, number), day)
    return this_year if this_year > after else day_in(pack, Month(last.year + 1, number), day)


def rolled(pack: Pack, day: date, roll: str, asked: Asked) -> date:
    """The day, moved where it is one of rest and the rule (or who asks) says so."""
    match asked.roll or roll:
        case "next":
            return rest_of(pack, asked.holidays, asked.weekend).next_working(day)
        case "previous":
            return rest_of(pack, asked.holidays, asked.weekend).previous_working(day)
    return day
