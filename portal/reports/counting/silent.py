"""Who had to declare a month and did not, and what the fund probably misses by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.reports.counting.scope import LOOKED_AT, Key, Scope, key_of
from portal.scheme.calendars import Month

#: The last month each of them declared before, with the sum of what stands of it.
_SILENT = """
    , quiet AS (
        SELECT DISTINCT enrolment.employer_id, wanted.month
        FROM enrolment
        JOIN wanted ON enrolment.from_day <= wanted.last_day
            AND (enrolment.to_day IS NULL OR enrolment.to_day >= wanted.first_day)
        WHERE enrolment.scheme = :scheme AND NOT EXISTS (
            SELECT FROM declaration
            WHERE declaration.employer_id = enrolment.employer_id AND declaration.scheme = :scheme
                AND declaration.month = wanted.month AND declaration.state <> ALL(:gone)
        )
    ), silent AS (
        SELECT quiet.employer_id, quiet.month, place, before.month AS last_month, before.total
        FROM quiet JOIN looked_at USING (employer_id)
        LEFT JOIN LATERAL (
            SELECT declaration.month, sum(declaration.total)::bigint AS total
            FROM declaration
            WHERE declaration.employer_id = quiet.employer_id AND declaration.scheme = :scheme
                AND declaration.month < quiet.month AND declaration.state <> ALL(:gone)
            GROUP BY declaration.month ORDER BY declaration.month DESC LIMIT 1
        ) before ON true
    )
"""
_MISSED = text(
    LOOKED_AT
    + _SILENT
    + """
    SELECT month, place, grouping(place) AS whole, count(*) AS employers, count(total) AS known,
        coalesce(sum(total), 0)::bigint AS missed
    FROM silent GROUP BY month, ROLLUP (place)
    """
)
_LIST = text(
    LOOKED_AT
    + _SILENT
    + """
    SELECT employer.number, coalesce(nullif(employer.trade_name, ''), employer.legal_name) AS name, employer.state,
        employer.location, employer.activity, silent.last_month, silent.total, count(*) OVER () AS rows
    FROM silent JOIN employer ON employer.id = silent.employer_id
    ORDER BY silent.total DESC NULLS LAST, employer.number
    LIMIT :most OFFSET :skip
    """
)


@dataclass(frozen=True, slots=True)
class Missed:
    """Employers that did not declare; of how many an earlier month is known, and the sum of those, in minor units."""

    employers: int = 0
    known: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class SilentRow:
    """One employer that did not declare; its last month before and what it declared then, None without any."""

    number: str
    name: str
    state: str
    location: str
    activity: str
    last_month: Month | None
    amount: int | None


def missed(session: Session, scope: Scope, months: Sequence[Month]) -> dict[Key, Missed]:
    """Who is missing in each of *months*, and about how much with them.  One query."""
    rows = session.execute(_MISSED, scope.parameters(months))
    return {key_of(row): Missed(row.employers, row.known, row.missed) for row in rows}


def silent(
    session: Session, scope: Scope, month: Month, *, limit: int | None = None, offset: int = 0
) -> tuple[list[SilentRow], int]:
    """The employers that did not declare *month*, the largest loss first, and how many there are."""
    rows = session.execute(_LIST, scope.parameters([month], most=limit, skip=offset)).all()
    return [_row(row) for row in rows], rows[0].rows if rows else 0


def _row(row: Any) -> SilentRow:
    last = Month.from_int(row.last_month) if row.last_month is not None else None
    return SilentRow(row.number, row.name, row.state, row.location, row.activity, last, row.total)
