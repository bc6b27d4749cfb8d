"""All figures of one month and group side by side, live from the tables: nothing is kept that could grow old."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.reports.counting.filings import Filings, filings
from portal.reports.counting.money import Money, money
from portal.reports.counting.people import Opened, covered_people, declared_people, opened_cover
from portal.reports.counting.scope import By, Key, Scope
from portal.reports.counting.silent import Missed, missed
from portal.scheme.calendars import Month


@dataclass(frozen=True, slots=True)
class Figures:
    """
    The figures of one month and one group; amounts in minor units of the scheme's currency.

    *people*, *opened* and *missed* are None where only the short figures were asked for; *people* are those
    declared, *covered* those covered in the month.
    """

    filings: Filings
    money: Money
    covered: int
    people: int | None = None
    opened: Opened | None = None
    missed: Missed | None = None


def figures(
    session: Session, scope: Scope, months: Sequence[Month], on: date, *, whole: Collection[Month] | None = None
) -> dict[Key, Figures]:
    """
    The figures of *months* for each group of the scope and for all together, as they stand; *on* is today.

    Those of *whole* (all, when it is not given) in full, the others without what takes long.  Seven queries at most.
    """
    deep = list(months if whole is None else whole)
    opens = scope.rules.opens_coverage
    filed, brought = filings(session, scope, months), money(session, scope, months, on)
    covered = covered_people(session, scope, months) if opens else {}
    people, missing = declared_people(session, scope, deep), missed(session, scope, deep)
    opened = opened_cover(session, scope, deep) if opens else {}
    return {
        key: Figures(
            filed.get(key, Filings()),
            brought.get(key, Money()),
            covered.get(key, 0),
            people.get(key, 0) if key[0] in deep else None,
            opened.get(key, Opened()) if key[0] in deep else None,
            missing.get(key, Missed()) if key[0] in deep else None,
        )
        for key in _keys(scope, months, (filed, brought, covered, people))
    }


def _keys(scope: Scope, months: Sequence[Month], found: Sequence[Mapping[Key, object]]) -> list[Key]:
    """All months together first, then each group; employers outside every group only where there are some."""
    codes = [group.code for group in scope.groups]
    if scope.by is not By.FUND and any(key[1] == "" for one in found for key in one):
        codes.append("")
    return [(month, code) for month in months for code in (None, *codes)]
