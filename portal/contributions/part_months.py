"""
A line for a part of a month against the roster: who joined or left when, who was away, for how many days.

Nothing here keeps a payroll back: the roster may be what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from portal.contributions.basis import Basis, Line
from portal.contributions.checks import CheckLimits
from portal.contributions.reasons import ABSENT, Reason, days_employed
from portal.employers.roster import RosterPerson
from portal.tabular.table import Fault, Problem
from portal.words import Words, _


def part_month(basis: Basis, line: Line, limits: CheckLimits) -> Iterable[Problem]:
    """What asks for a look: a whole wage for a part of the month, days and reasons the roster does not bear out."""
    who, (first, last) = basis.people[line.person_id], basis.bounds
    if line.reason is None and who.from_day <= first and (who.to_day is None or who.to_day >= last):
        return  # most lines: employed all month, and nothing else is said
    code, paid = next(iter(line.components.items()))
    if words := _whole_wage(line, who, first, last):
        yield Fault("W_PART_MONTH", words, blocking=False).at(line.row, limits.column(code), limits.money.written(paid))
    if words := _too_many_days(line, who, first, last):
        yield Fault("W_DAYS_ROSTER", words, blocking=False).at(line.row, limits.column("days"), str(line.days))
    if words := _unlike_roster(line, who, first, last):
        yield Fault("W_REASON_ROSTER", words, blocking=False).at(line.row, limits.column("reason"), line.reason or "")
    elif line.reason == Reason.UNPAID_LEAVE and line.why.covers(first, last) and any(line.components.values()):
        words = _("Unpaid leave for the whole month, but an amount was paid. Is it right?")
        yield Fault("W_REASON_PAID", words, blocking=False).at(
            line.row, limits.column(code), limits.money.written(paid)
        )


def _whole_wage(line: Line, who: RosterPerson, first: date, last: date) -> Words | None:
    """A whole month's wage for somebody who began or left within it: right for some, an oversight for others."""
    if not who.components or any(who.components.get(code) != paid for code, paid in line.components.items()):
        return None
    if first < who.from_day <= last:
        return _("The person began on %(day)s; a whole month's wage stands here. Is it right?", day=who.from_day)
    if who.to_day is not None and first <= who.to_day < last:
        return _("The person left on %(day)s; a whole month's wage stands here. Is it right?", day=who.to_day)
    return None


def _too_many_days(line: Line, who: RosterPerson, first: date, last: date) -> Words | None:
    """More days than the person worked here in the month by the roster."""
    most = days_employed(who.from_day, who.to_day, first, last)
    if line.days is None or line.days <= most or not most:  # who was not here at all is a problem of its own
        return None
    return _(
        "%(days)s days, but by your roster the person was with you for %(most)s days of the month. Correct the days or "
        "the roster.",
        days=line.days, most=most,
    )  # fmt: skip


def _unlike_roster(line: Line, who: RosterPerson, first: date, last: date) -> Words | None:
    """A reason the roster does not bear out."""
    if line.reason == Reason.JOINED:
        known = first < who.from_day <= last and line.reason_from in (None, who.from_day)
        return None if known else _joined(who)
    if line.reason == Reason.LEFT:
        known = who.to_day is not None and first <= who.to_day < last and line.reason_to in (None, who.to_day)
        return None if known else _left(who)
    if line.reason in ABSENT and _outside(line, who):
        return _("The person was not with you on all of these days by your roster. Correct the days or the roster.")
    return None


def _joined(who: RosterPerson) -> Words:
    return _("By your roster the person began on %(day)s. Correct the line or the roster.", day=who.from_day)


def _left(who: RosterPerson) -> Words:
    if who.to_day is None:
        return _("By your roster the person has not left. Correct the line, or write on the roster when they left.")
    return _("By your roster the person left on %(day)s. Correct the line or the roster.", day=who.to_day)


def _outside(line: Line, who: RosterPerson) -> bool:
    """Whether the absence begins before the person did, or ends after they left."""
    begins, ends = line.reason_from, line.reason_to
    return (begins is not None and begins < who.from_day) or (
        who.to_day is not None and ends is not None and ends > who.to_day
    )
