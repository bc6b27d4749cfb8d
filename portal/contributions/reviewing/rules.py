"""
The rules by which a declaration seems odd.  A finding is a doubt, never a fault: an officer looks and decides.

People and earnings jump against the month declared before; everybody earns exactly the same; people whom another
employer declares in the same month too.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from portal.contributions.models import Declaration, DeclarationLine
from portal.contributions.standing import counts
from portal.installation import fund, month_words
from portal.scheme.calendars import Month
from portal.scheme.money import rate_in_words
from portal.words import Amount, Words, _, _n


@dataclass(frozen=True, slots=True)
class _Month:
    """What stands declared for a month: people, and their earnings in minor units."""

    month: Month
    people: int
    earnings: int


def findings(session: Session, declaration: Declaration) -> list[Words]:
    """Everything that seems odd about what stands declared with this declaration.  Four queries, however many lines."""
    now = _declared(session, declaration, Declaration.month == declaration.month)
    before = _declared(session, declaration, Declaration.month < declaration.month)
    found = [*_people(now, before), *_wages(now, before, declaration.currency)] if now and before else []
    return [*found, *_equal(session, declaration), *_elsewhere(session, declaration)]


def _declared(session: Session, declaration: Declaration, when: ColumnElement[bool]) -> _Month | None:
    """The latest month for which *when* holds and something stands declared, supplements included."""
    mine = (Declaration.employer_id == declaration.employer_id, Declaration.scheme == declaration.scheme, counts())
    row = session.execute(
        select(Declaration.month, func.sum(Declaration.people), func.sum(Declaration.earnings))
        .where(*mine, when)
        .group_by(Declaration.month)
        .order_by(Declaration.month.desc())
        .limit(1)
    ).one_or_none()
    return _Month(row[0], int(row[1]), int(row[2])) if row else None


def _jumps(now: int, before: int) -> bool:
    """Whether a number differs by more than the fund's limit from what it was."""
    return abs(now - before) > before * fund().limits.odd_change


def _people(now: _Month, before: _Month) -> list[Words]:
    if abs(now.people - before.people) < fund().limits.odd_people or not _jumps(now.people, before.people):
        return []
    words = _(
        "People declared now: %(now)s; for %(month)s: %(before)s. A change by more than %(limit)s is looked at.",
        now=now.people, before=before.people, month=month_words(before.month),
        limit=rate_in_words(fund().limits.odd_change),
    )  # fmt: skip
    return [words]


def _wages(now: _Month, before: _Month, currency: str) -> list[Words]:
    """Earnings per head, rounded down to a minor unit: a comparison, not an amount of the book."""
    if not (now.people and before.people):
        return []
    each, earlier = now.earnings // now.people, before.earnings // before.people
    if not _jumps(each, earlier):
        return []
    words = _(
        "Earnings per head now: %(now)s; for %(month)s: %(before)s. A change by more than %(limit)s is looked at.",
        now=Amount(each, currency), before=Amount(earlier, currency), month=month_words(before.month),
        limit=rate_in_words(fund().limits.odd_change),
    )  # fmt: skip
    return [words]


def _equal(session: Session, declaration: Declaration) -> list[Words]:
    line = DeclarationLine
    least, most, people = session.execute(
        select(func.min(line.earnings), func.max(line.earnings), func.count()).where(
            line.declaration_id == declaration.id
        )
    ).one()
    if people < fund().limits.odd_people or least != most:
        return []
    each = Amount(least, declaration.currency)
    return [_("All %(people)s people earn exactly the same: %(each)s.", people=people, each=each)]


def _elsewhere(session: Session, declaration: Declaration) -> list[Words]:
    mine, theirs = aliased(DeclarationLine), aliased(DeclarationLine)
    twice = session.scalar(
        select(func.count(func.distinct(mine.person_id)))
        .join(theirs, theirs.person_id == mine.person_id)
        .join(Declaration, Declaration.id == theirs.declaration_id)
        .where(
            mine.declaration_id == declaration.id, theirs.employer_id != declaration.employer_id,
            Declaration.scheme == declaration.scheme, Declaration.month == declaration.month, counts(),
        )
    )  # fmt: skip
    if not twice:
        return []
    return [
        _n(
            "%(n)s person is declared for this month by another employer too.",
            "%(n)s people are declared for this month by another employer too.", twice,
        )
    ]  # fmt: skip
