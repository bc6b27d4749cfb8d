"""Who had to declare a month, who did, when and how: counted by employer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.reports.counting.scope import LOOKED_AT, Key, Scope, key_of
from portal.scheme.calendars import Month

#: Employers of a month: enrolled on a day of it, or with a declaration that stands all the same.  What counts for
#: being on time is the first declaration, whether it was revised later or not.
MEMBERS = """
    , enrolled AS (
        SELECT DISTINCT enrolment.employer_id, wanted.month
        FROM enrolment
        JOIN wanted ON enrolment.from_day <= wanted.last_day
            AND (enrolment.to_day IS NULL OR enrolment.to_day >= wanted.first_day)
        WHERE enrolment.scheme = :scheme
    ), declared AS (
        SELECT declaration.employer_id, declaration.month,
            (min(declaration.submitted_at) AT TIME ZONE :zone)::date AS on_day,
            (array_agg(declaration.due_day ORDER BY declaration.id))[1] AS due_day,
            (array_agg(payroll.source ORDER BY declaration.id))[1] AS source,
            (array_agg(declaration.on_behalf_id ORDER BY declaration.id))[1] IS NOT NULL AS on_paper,
            bool_and(declaration.kind = 'nil') FILTER (WHERE declaration.state <> ALL(:gone)) AS nil
        FROM declaration
        JOIN payroll ON payroll.id = declaration.payroll_id
        WHERE declaration.scheme = :scheme AND declaration.month = ANY(:months) AND declaration.state <> 'cancelled'
        GROUP BY declaration.employer_id, declaration.month
        HAVING bool_or(declaration.state <> ALL(:gone))
    ), member AS (
        SELECT employer_id, month, declared.on_day, declared.due_day, declared.source, declared.nil,
            declared.on_paper
        FROM enrolled FULL JOIN declared USING (employer_id, month)
    )
"""
_FILINGS = text(
    LOOKED_AT
    + MEMBERS
    + """
    SELECT month, place, grouping(place) AS whole, count(*) AS registered, count(on_day) AS declaring,
        count(*) FILTER (WHERE on_day <= due_day) AS on_time,
        count(*) FILTER (WHERE nil) AS nil,
        count(*) FILTER (WHERE source = 'file') AS by_file,
        count(*) FILTER (WHERE on_paper) AS paper,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY on_day - last_day) AS days
    FROM member JOIN looked_at USING (employer_id) JOIN wanted USING (month)
    GROUP BY month, ROLLUP (place)
    """
)


@dataclass(frozen=True, slots=True)
class Filings:
    """
    Employers of one month, counted: registered; of these declaring; of these on time, with nobody employed, by file,
    on paper.

    *days* is the median from the month's last day to the first declaration (below zero: before it), None without any.
    """

    registered: int = 0
    declaring: int = 0
    on_time: int = 0
    nil: int = 0
    by_file: int = 0
    paper: int = 0
    days: int | None = None

    @property
    def late(self) -> int:
        """Declared after the due day."""
        return self.declaring - self.on_time

    @property
    def electronic(self) -> int:
        """Declared by the employer itself."""
        return self.declaring - self.paper

    @property
    def silent(self) -> int:
        """Nothing declared."""
        return self.registered - self.declaring


def filings(session: Session, scope: Scope, months: Sequence[Month]) -> dict[Key, Filings]:
    """Who declared each of *months*, by group and for all groups together.  One query."""
    rows = session.execute(_FILINGS, scope.parameters(months))
    return {
        key_of(row): Filings(row.registered, row.declaring, row.on_time, row.nil, row.by_file, row.paper, row.days)
        for row in rows
    }
