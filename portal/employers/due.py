"""Which month fell due last, for employers of every size."""

from __future__ import annotations

from datetime import date

from portal.employers.given import latest_due_day
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month, month_of

#: No scheme waits longer for its money, in months.
LONGEST_WAIT = 24


def month_fallen_due(rules: Pack, today: date) -> Month:
    """The latest month whose due day has passed on *today*, for employers of every size."""
    month = month_of(today, rules.calendar).previous(rules.calendar)
    for _month in range(LONGEST_WAIT):
        due = latest_due_day(rules, month)
        if due is not None and due < today:
            break
        month = month.previous(rules.calendar)
    return month
