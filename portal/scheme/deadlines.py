"""When contributions and declarations fall due, in the scheme's own calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from portal.scheme.blocks.due import DueTerms
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.calendars import Month, day_in_words, month_in_words, month_of
from portal.scheme.days.due_terms import Asked, dated_terms, day_in, fixed_day, period_for, rolled, terms_of
from portal.scheme.days.rest_days import rest_of
from portal.scheme.explain import Step
from portal.words import Words, _, _n


def due_day(
    pack: Pack, month: Month, *, kind: str = "payment", headcount: int | None = None,
    options: Mapping[str, Any] | None = None, roll: str | None = None, holidays: Iterable[date] | None = None,
    weekend: Sequence[int] | None = None, known_on: date | None = None,
) -> date:  # fmt: skip
    """
    The last day on which what belongs to the wage month can be paid (or declared) without being late.

    For who files by the quarter it is the day of the quarter in which the month lies.
    :class:`NotKnown` where the pack has no rule, or the rule asks for something that was not said.
    """
    asked = Asked(kind, headcount, options, roll, holidays, weekend, known_on)
    terms = terms_of(pack, month, asked)
    return rolled(pack, fixed_day(pack, period_for(pack, month, terms), terms), terms.roll, asked)


def due_after_pay_day(
    pack: Pack, salary_paid: date, *, kind: str = "payment", headcount: int | None = None,
    options: Mapping[str, Any] | None = None, roll: str | None = None, holidays: Iterable[date] | None = None,
    weekend: Sequence[int] | None = None, known_on: date | None = None,
) -> date:  # fmt: skip
    """The due day for a salary paid on *salary_paid*; where the pay day does not matter, that of its month."""
    asked = Asked(kind, headcount, options, roll, holidays, weekend, known_on)
    month = month_of(salary_paid, pack.calendar)
    terms = terms_of(pack, month, asked)
    if terms.rule == "working_days_after_pay_day":
        rest = rest_of(pack, holidays, weekend)
        return rest.nth_working_after(salary_paid, terms.number)
    return rolled(pack, fixed_day(pack, period_for(pack, month, terms), terms), terms.roll, asked)


def period_of(
    pack: Pack, month: Month, headcount: int | None = None, *, kind: str = "payment",
    options: Mapping[str, Any] | None = None,
) -> tuple[Month, ...]:  # fmt: skip
    """The months that are paid (or declared) together with *month*: itself, or its quarter."""
    return period_for(pack, month, terms_of(pack, month, Asked(kind, headcount, options)))


def frequency(
    pack: Pack, month: Month, headcount: int | None = None, *, kind: str = "payment",
    options: Mapping[str, Any] | None = None,
) -> str:  # fmt: skip
    """How often an employer files: "monthly", "quarterly" or "per_pay_day"."""
    return terms_of(pack, month, Asked(kind, headcount, options)).frequency


def grace_until(
    pack: Pack, month: Month, *, roll: str | None = None, holidays: Iterable[date] | None = None,
    weekend: Sequence[int] | None = None,
) -> date | None:  # fmt: skip
    """The last day on which paying all of the month costs nothing although it is late; None where there is no grace."""
    grace = pack.due.grace
    if grace is None:
        return None
    day = day_in(pack, month.next(pack.calendar), grace.day)
    return rolled(pack, day, grace.roll, Asked(roll=roll, holidays=holidays, weekend=weekend))


def grace_after_due(pack: Pack, due: date) -> date | None:
    """The same, where only the due day is known: the grace of the last month that had to be paid by then."""
    if pack.due.grace is None:
        return None
    month = month_of(due, pack.calendar)
    for _each in range(4):
        if due_day(pack, month) <= due:
            break
        month = month.previous(pack.calendar)
    return grace_until(pack, month)


def effective_day(pack: Pack, ordered: date | None, credited: date | None) -> date:
    """The day from which a payment counts: when it was ordered or received, or when the fund's account was credited."""
    day = credited if pack.due.effective == "credited" else ordered or credited
    if day is None:
        words = _("%(scheme)s counts a payment from the day it is credited to its account.", scheme=pack.short_name)
        raise NotKnown(words)
    return day


def days_left(pack: Pack, month: Month, today: date, headcount: int | None = None) -> int:
    """Days from *today* to the due day; 0 on the day itself, below zero when it has passed."""
    return (due_day(pack, month, headcount=headcount) - today).days


def days_left_in_words(
    pack: Pack, month: Month, today: date, headcount: int | None = None, options: Mapping[str, Any] | None = None
) -> Step:
    """How long there is still to pay, for the head of a page."""
    day = due_day(pack, month, headcount=headcount, options=options)
    left, due = (day - today).days, shown_day(pack, day)
    if left < 0:
        late = _n("due on %(due)s, %(n)s day ago", "due on %(due)s, %(n)s days ago", -left, due=due)
        return Step(late)
    if left == 0:
        return Step(_("due today, %(due)s", due=due))
    return Step(_n("due on %(due)s, in %(n)s day", "due on %(due)s, in %(n)s days", left, due=due))


def shown_day(pack: Pack, day: date) -> date | Words:
    """A day for a sentence: in the scheme's calendar first, the Gregorian one beside it where they differ."""
    if pack.calendar_name == "gregorian":
        return day
    return _("%(day)s (%(gregorian)s)", day=day_in_words(day, pack.calendar), gregorian=day)


def period_in_words(pack: Pack, period: Sequence[Month]) -> Words:
    """A month, or the first and the last of several."""
    first = month_in_words(period[0], pack.calendar)
    if len(period) == 1:
        return first
    return _("%(first)s to %(last)s", first=first, last=month_in_words(period[-1], pack.calendar))


def explain_due(
    pack: Pack, month: Month, *, kind: str = "payment", headcount: int | None = None,
    options: Mapping[str, Any] | None = None, roll: str | None = None, holidays: Iterable[date] | None = None,
    weekend: Sequence[int] | None = None, salary_paid: date | None = None,
) -> tuple[Step, ...]:  # fmt: skip
    """The due day in words: the day, the rule with its source, what moved it, the grace, and what is not verified."""
    asked = Asked(kind, headcount, options, roll, holidays, weekend)
    terms, dated = terms_of(pack, month, asked), dated_terms(pack, month, asked)
    period = period_for(pack, month, terms)
    if terms.rule == "working_days_after_pay_day":
        if salary_paid is None:
            return (Step(rule_in_words(terms), source=dated.source),)
        fixed = due = rest_of(pack, holidays, weekend).nth_working_after(salary_paid, terms.number)
    else:
        fixed = fixed_day(pack, period, terms)
        due = rolled(pack, fixed, terms.roll, asked)
    result = _("%(scheme)s for %(month)s has to be paid by %(day)s.", **_named(pack, period, due))
    if kind == "declaration":
        result = _("%(scheme)s for %(month)s has to be declared by %(day)s.", **_named(pack, period, due))
    steps = [Step(rule_in_words(terms), source=dated.source), *_moved(pack, fixed, due, asked), Step(result)]
    steps += _grace_in_words(pack, month, asked) if kind == "payment" else []
    if dated.unverified:
        steps.append(Step(_("Not verified: %(why)s", why=dated.unverified), source=dated.source))
    return (*steps, *_worked_out_ahead(pack, due))


def _named(pack: Pack, period: Sequence[Month], due: date) -> dict[str, Any]:
    return {"scheme": pack.short_name, "month": period_in_words(pack, period), "day": shown_day(pack, due)}


def rule_in_words(terms: DueTerms) -> Words:
    """What the rule says, whatever the month."""
    number = terms.number
    match terms.rule:
        case "day_of_month" if terms.months_after == 1:
            return _("Due on day %(n)s of the month after the period.", n=number)
        case "day_of_month":
            return _n(
                "Due on day %(day)s, %(n)s month after the period.",
                "Due on day %(day)s, %(n)s months after the period.",
                terms.months_after, day=number,
            )  # fmt: skip
        case "days_after_month_end":
            return _n(
                "Due %(n)s day after the last day of the period.",
                "Due %(n)s days after the last day of the period.",
                number,
            )  # fmt: skip
        case "months_after_month_end":
            return _n(
                "Due at the end of %(n)s month after the period.",
                "Due at the end of %(n)s months after the period.",
                number,
            )  # fmt: skip
        case "last_day_of_month":
            return _("Due on the last day of the period itself.")
        case "printed_dates":
            return _("Due on the day that is printed for the quarter.")
    return _n(
        "Due %(n)s working day after the salary is paid; the day of payment is not counted.",
        "Due %(n)s working days after the salary is paid; the day of payment is not counted.",
        number,
    )  # fmt: skip


def _moved(pack: Pack, fixed: date, due: date, asked: Asked) -> list[Step]:
    """Why the day is not the one that the rule names."""
    if fixed == due:
        return []
    why = rest_of(pack, asked.holidays, asked.weekend).why(fixed)
    words = _("%(why)s, so the due day moves to %(day)s.", why=why, day=shown_day(pack, due))
    return [Step(words, source=pack.rest.source)]


def _grace_in_words(pack: Pack, month: Month, asked: Asked) -> list[Step]:
    until = grace_until(pack, month, roll=asked.roll, holidays=asked.holidays, weekend=asked.weekend)
    if until is None or pack.due.grace is None:
        return []
    words = _(
        "Nothing is charged when all is paid by %(day)s. After that day the charge counts from the due day.",
        day=shown_day(pack, until),
    )  # fmt: skip
    return [Step(words, source=pack.due.grace.source)]


def _worked_out_ahead(pack: Pack, due: date) -> list[Step]:
    """That the calendar itself may still change, where its year is not printed yet."""
    printed = pack.calendar.printed_until
    if printed is None or month_of(due, pack.calendar).year <= printed:
        return []
    words = _("The calendar is printed up to %(year)s only; this day is worked out ahead.", year=str(printed))
    return [Step(words)]
