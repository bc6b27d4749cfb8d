"""
What an employer is reminded of, from the day alone: a month can be declared, is due soon, is due today, is late.

Looked up for all employers of a scheme together.  What is said is true on the day it is said: a night that was missed
makes no reminder of yesterday, and a night that runs twice finds every name used.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.contributions.models import Declaration
from portal.contributions.months import not_computable
from portal.contributions.standing import counts
from portal.coverage import people_told
from portal.employers.given import Given, asks_headcount, given_on
from portal.employers.models import Employer, Enrolment
from portal.employers.roster_answers import headcounts_of
from portal.installation import packs
from portal.ledger.models import AccountName, Charge, Posting
from portal.notices import service as notices
from portal.notices.kinds import Kind
from portal.notices.service import Telling
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.calendars import Month
from portal.scheme.pay.unusable import Unusable
from portal.words import Amount, Words, _, _n

#: Days before the due day on which it is named; days after the month's end on which a missed opening is still told.
SOON, OPENING = 5, 4
#: A late month is named on the first day after it was due, then each week, so often in all.
EACH, TIMES = timedelta(days=7), 4
#: Months looked back: whoever files by the quarter pays for its first month four months later.
MONTHS_BACK = 7


@dataclass(frozen=True, slots=True)
class Stage:
    """What is to be said on a day: the kind, and for a late month the how many-th time."""

    kind: Kind
    time: int = 0


class Turn(NamedTuple):
    """One month of an employer of which something is to be said."""

    employer: int
    month: Month
    due: date
    stage: Stage
    #: Whether the employer still is one; who was closed is not reminded.
    active: bool


def stage_on(day: date, over: date, due: date) -> Stage | None:
    """What is to be said on *day* of a month that was over on the day *over* and is due on *due*; None: nothing."""
    if due < day:
        time = (day - due - timedelta(days=1)) // EACH + 1
        return Stage(Kind.LATE, time) if time <= TIMES else None
    if day == due:
        return Stage(Kind.DUE_TODAY)
    if due - day <= timedelta(days=SOON):
        return Stage(Kind.DUE_SOON)
    return Stage(Kind.MONTH_OPENED) if over < day <= over + timedelta(days=OPENING) else None


def remind(session: Session, day: date, *, at: datetime) -> int:
    """Tell every employer what *day* asks for; how many notices were new.  Four statements a scheme or five."""
    found: dict[Turn, dict[str, Words]] = defaultdict(dict)
    for rules in packs().values():
        turns = list(_turns(session, rules, day))
        _cover(session, rules, turns, day, at)
        for turn, words in _open(session, rules, [one for one in turns if one.active]):
            found[turn][rules.short_name] = words
    return notices.tell_many(session, [_telling(turn, schemes, day) for turn, schemes in found.items()], at=at)


def _turns(session: Session, rules: Pack, day: date) -> Iterator[Turn]:
    """The months of this scheme's employers of which something may have to be said."""
    this = rules.calendar.month_of(day)
    months = [this.plus(-back, rules.calendar) for back in range(MONTHS_BACK + 1)]
    statement = select(Enrolment, Employer.state).join(Employer, Employer.id == Enrolment.employer_id)
    enrolments = session.execute(statement.where(Enrolment.scheme == rules.id).order_by(Enrolment.employer_id)).all()
    heads: Mapping[tuple[int, Month], int] = {}
    if asks_headcount(rules):
        heads = headcounts_of(session, {one.employer_id for one, _state in enrolments}, months)
    known = _Due(rules, day)
    for one, state in enrolments:
        for month in months:
            if _covers(one, month, rules):
                due = known.on(one, month, heads.get((one.employer_id, month)))
                stage = stage_on(day, month.last_day(rules.calendar), due) if due else None
                if due and stage:
                    yield Turn(one.employer_id, month, due, stage, state == "active")


def _cover(session: Session, rules: Pack, turns: Iterable[Turn], day: date, at: datetime) -> None:
    """Tell of cover that ran out with a month whose contributions were due a few days ago."""
    over: dict[Month, set[int]] = defaultdict(set)
    for one in turns:
        if one.stage.kind is Kind.LATE and day - one.due <= timedelta(days=OPENING):
            over[one.month].add(one.employer)
    if rules.opens_coverage:
        for month, employers in over.items():
            people_told.ran_out(session, rules, month, employers, at=at)


def _covers(one: Enrolment, month: Month, rules: Pack) -> bool:
    """Whether a scheme that is known by then was to be declared for any day of the month."""
    first, last = month.first_day(rules.calendar), month.last_day(rules.calendar)
    return first >= rules.begins and one.from_day <= last and (one.to_day is None or one.to_day >= first)


class _Due:
    """When a month is due: worked out once for all who told the scheme the same."""

    def __init__(self, rules: Pack, day: date) -> None:
        self.rules, self.day = rules, day
        self.found: dict[tuple[str, int | None, Month], date | None] = {}

    def on(self, enrolment: Enrolment, month: Month, headcount: int | None) -> date | None:
        """The due day; None where nobody knows it, or the month cannot be declared here."""
        key = (json.dumps(enrolment.answers) if enrolment.answers else "", headcount, month)
        if key not in self.found:
            self.found[key] = self._work_out(given_on(self.rules, month, enrolment, headcount, self.day), month)
        return self.found[key]

    def _work_out(self, given: Given, month: Month) -> date | None:
        try:
            due = given.due_day(month)
        except (NotKnown, Unusable):
            return None
        near = due >= self.day - EACH * TIMES
        return due if near and not_computable(given, month) is None else None


def _open(session: Session, rules: Pack, turns: Sequence[Turn]) -> Iterator[tuple[Turn, Words]]:
    """Those of the months in which something is still to be done, with what it is."""
    if not turns:
        return
    months = sorted({one.month for one in turns})
    declared = _declared(session, rules.id, months)
    unpaid = _unpaid(session, rules.id, months)
    for one in turns:
        key = (one.employer, one.month)
        left = unpaid.get(key, 0)
        if key not in declared:
            yield one, _("%(scheme)s: not declared yet", scheme=rules.short_name)
        elif left > 0 and one.stage.kind is not Kind.MONTH_OPENED:
            amount = Amount(left, rules.currency.code)
            yield one, _("%(scheme)s: %(amount)s is unpaid", scheme=rules.short_name, amount=amount)


def _declared(session: Session, scheme: str, months: Iterable[Month]) -> set[tuple[int, Month]]:
    columns = (Declaration.employer_id, Declaration.month)
    wanted = (Declaration.scheme == scheme, Declaration.month.in_(list(months)), counts())
    return {(employer, month) for employer, month in session.execute(select(*columns).where(*wanted))}


def _unpaid(session: Session, scheme: str, months: Iterable[Month]) -> dict[tuple[int, Month], int]:
    """What is open of each contribution, in minor units."""
    statement = (
        select(Charge.employer_id, Charge.month, func.sum(Posting.amount))
        .join(Posting, (Posting.charge_id == Charge.id) & (Posting.employer_id == Charge.employer_id))
        .where(Charge.scheme == scheme, Charge.month.in_(list(months)))
        .where(Posting.account == AccountName.CONTRIBUTION_DUE)
        .group_by(Charge.employer_id, Charge.month)
    )
    return {(employer, month): int(amount) for employer, month, amount in session.execute(statement)}


def _telling(turn: Turn, schemes: Mapping[str, Words], day: date) -> Telling:
    """One notice for all schemes of which the same is to be said."""
    kind, lines = turn.stage.kind, [schemes[name] for name in sorted(schemes)]
    values: dict[str, object] = {"month": turn.month, "due": turn.due}
    if kind is Kind.MONTH_OPENED:
        values["schemes"] = ", ".join(sorted(schemes))
    else:
        values["open"] = lines
    if kind is Kind.DUE_SOON:
        values["when"] = _when((turn.due - day).days)
    name = f"{turn.employer}/{turn.month}/{turn.due}" + (f"/{turn.stage.time}" if turn.stage.time else "")
    return Telling(kind, name, values, turn.employer)


def _when(days: int) -> Words:
    return _("tomorrow") if days == 1 else _n("in %(n)s day", "in %(n)s days", days)
