"""When a month's contributions fall due."""

from __future__ import annotations

from datetime import date

from portal.scheme.blocks import DueRule, Pack
from portal.scheme.calendars import Month, month_in_words
from portal.scheme.explain import Step
from portal.words import _, _n


def due_day(pack: Pack, month: Month) -> date:
    """
    The last day on which the contributions of the wage month can be paid without being late.

    A day of rest does not move it: no source found says that it does.
    """
    rule = pack.due.value_at(month.first_day(pack.calendar))
    return _day_in(month.next(pack.calendar), rule, pack)


def _day_in(month: Month, rule: DueRule, pack: Pack) -> date:
    """Day N of *month*, or its last day where it is shorter."""
    first, last = month.first_day(pack.calendar), month.last_day(pack.calendar)
    return min(date.fromordinal(first.toordinal() + rule.day - 1), last)


def explain_due(pack: Pack, month: Month) -> tuple[Step, ...]:
    """The due day in words, with its source, and what is not verified about it."""
    rule = pack.due.at(month.first_day(pack.calendar))
    words = _(
        "%(scheme)s for %(month)s has to be paid by %(day)s, in the month after the wages were earned.",
        scheme=pack.short_name, month=month_in_words(month, pack.calendar), day=due_day(pack, month),
    )  # fmt: skip
    steps = [Step(words, source=rule.source)]
    if rule.unverified:
        steps.append(Step(_("Not verified: %(why)s", why=rule.unverified), source=rule.source))
    return tuple(steps)


def days_left(pack: Pack, month: Month, today: date) -> int:
    """Days from *today* to the due day; 0 on the day itself, below zero when it has passed."""
    return (due_day(pack, month) - today).days


def days_left_in_words(pack: Pack, month: Month, today: date) -> Step:
    """How long there is still to pay, for the head of a page."""
    left = days_left(pack, month, today)
    due = due_day(pack, month)
    if left < 0:
        late = _n("due on %(due)s, %(n)s day ago", "due on %(due)s, %(n)s days ago", -left, due=due)
        return Step(late)
    if left == 0:
        return Step(_("due today, %(due)s", due=due))
    return Step(_n("due on %(due)s, in %(n)s day", "due on %(due)s, in %(n)s days", left, due=due))
