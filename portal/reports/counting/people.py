"""Who is behind a month: people declared and people covered, by sex and age, each person counted once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.reports.counting.scope import LOOKED_AT, Key, Scope, key_of
from portal.scheme.calendars import Month
from portal.words import Words, _

#: The age at which each band but the first begins, in whole years at the end of the month.
BEGINS = (15, 25, 35, 45, 55, 65)
SEXES = ("F", "M", "O")

_DECLARED = text(
    LOOKED_AT
    + """
    , declared AS MATERIALIZED (
        SELECT DISTINCT declaration.month, looked_at.place, line.person_id
        FROM declaration
        JOIN looked_at USING (employer_id)
        JOIN declaration_line line ON line.declaration_id = declaration.id
        WHERE declaration.scheme = :scheme AND declaration.month = ANY(:months)
            AND declaration.state <> ALL(:gone)
    )
    SELECT month, place, 0 AS whole, count(*) AS people FROM declared GROUP BY month, place
    UNION ALL
    SELECT month, NULL, 1, count(*) FROM (SELECT DISTINCT month, person_id FROM declared) AS once GROUP BY month
    """
)
_COVERED = text(
    LOOKED_AT
    + """
    , covered AS (
        SELECT month, employer_id, count(*) AS people
        FROM coverage_month
        WHERE scheme = :scheme AND month = ANY(:months) AND state = 'open'
        GROUP BY month, employer_id
    )
    SELECT month, place, grouping(place) AS whole, sum(people)::bigint AS people
    FROM covered JOIN looked_at USING (employer_id)
    GROUP BY month, ROLLUP (place)
    """
)
_OPENED = text(
    LOOKED_AT
    + """
    , told AS (
        SELECT paid_month AS month, employer_id, opened_at AS opened,
            CASE WHEN core_state = 'known' THEN core_known_at END AS known, count(*) AS people
        FROM coverage_month
        WHERE scheme = :scheme AND paid_month = ANY(:months) AND state = 'open'
        GROUP BY 1, 2, 3, 4
    )
    SELECT month, place, (opened AT TIME ZONE :zone)::date - last_day AS opened,
        (known AT TIME ZONE :zone)::date - last_day AS known, sum(people)::bigint AS people
    FROM told JOIN looked_at USING (employer_id) JOIN wanted USING (month)
    GROUP BY 1, 2, 3, 4
    """
)
#: A person has one sex and one birthday, so people of all bands together are all people, however many employers.
_BY_AGE = """
    SELECT person.sex, width_bucket(extract(year FROM age(:last_day, person.birth_date))::integer, :begins) AS band,
        count(*) AS people, sum(found.contribution)::bigint AS contribution
    FROM found JOIN person ON person.id = found.person_id
    GROUP BY person.sex, band
"""
_DECLARED_BY_AGE = text(
    LOOKED_AT
    + """
    , found AS (
        SELECT line.person_id, sum(line.employer_share + line.employee_share) AS contribution
        FROM declaration
        JOIN looked_at USING (employer_id)
        JOIN declaration_line line ON line.declaration_id = declaration.id
        WHERE declaration.scheme = :scheme AND declaration.month = ANY(:months)
            AND declaration.state <> ALL(:gone)
        GROUP BY line.person_id
    )
    """
    + _BY_AGE
)
_COVERED_BY_AGE = text(
    LOOKED_AT
    + """
    , found AS (
        SELECT DISTINCT person_id, 0 AS contribution
        FROM coverage_month JOIN looked_at USING (employer_id)
        WHERE scheme = :scheme AND month = ANY(:months) AND state = 'open'
    )
    """
    + _BY_AGE
)


@dataclass(frozen=True, slots=True)
class Opened:
    """
    Person-months of cover that one contribution month opened, how many the core knows, and the median days.

    Both medians count from the contribution month's last day: to the day the cover opened, and to the day the
    core was seen to hold it.
    """

    opened: int = 0
    known: int = 0
    days_opened: int | None = None
    days_known: int | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """People of one sex and age: how many, and what was declared for them in minor units."""

    sex: str
    place: int
    people: int
    contribution: int


def declared_people(session: Session, scope: Scope, months: Sequence[Month]) -> dict[Key, int]:
    """People with a line in a declaration that stands; once in each group, and once for all groups together."""
    return {key_of(row): row.people for row in session.execute(_DECLARED, scope.parameters(months))}


def covered_people(session: Session, scope: Scope, months: Sequence[Month]) -> dict[Key, int]:
    """People covered in each of *months*: a month of a person is open through one employer at most."""
    return {key_of(row): row.people for row in session.execute(_COVERED, scope.parameters(months))}


def opened_cover(session: Session, scope: Scope, months: Sequence[Month]) -> dict[Key, Opened]:
    """What contributions of *months* opened, and how soon.  One query."""
    opened: dict[Key, Counter[int]] = defaultdict(Counter)
    known: dict[Key, Counter[int]] = defaultdict(Counter)
    for row in session.execute(_OPENED, scope.parameters(months)):
        month = Month.from_int(row.month)
        for key in ((month, row.place), (month, None)):
            opened[key][row.opened] += row.people
            if row.known is not None:
                known[key][row.known] += row.people
    return {
        key: Opened(days.total(), known[key].total(), middle_of(days), middle_of(known[key]))
        for key, days in opened.items()
    }


def middle_of(days: Counter[int]) -> int | None:
    """
    The median of days that were counted: the first that at least half do not exceed.  None without any.

    >>> middle_of(Counter({3: 1, 9: 1})), middle_of(Counter({3: 1, 9: 2}))
    (3, 9)
    """
    people, below = days.total(), 0
    for day in sorted(days):
        below += days[day]
        if 2 * below >= people:
            return day
    return None


def declared_by_age(session: Session, scope: Scope, month: Month) -> list[Band]:
    """People declared for a month and their contributions, by sex and age at the month's last day."""
    return _bands(session, _DECLARED_BY_AGE, scope, month)


def covered_by_age(session: Session, scope: Scope, month: Month) -> list[Band]:
    """People covered in a month, by sex and age at its last day."""
    return _bands(session, _COVERED_BY_AGE, scope, month)


def _bands(session: Session, statement: Any, scope: Scope, month: Month) -> list[Band]:
    asked = scope.parameters([month], begins=list(BEGINS), last_day=month.last_day(scope.rules.calendar))
    rows = session.execute(statement, asked)
    return [Band(row.sex, row.band, row.people, row.contribution) for row in rows]


def band_names() -> list[Words]:
    """The name of each age band, youngest first."""
    between = [_("%(first)s to %(last)s", first=str(first), last=str(after - 1)) for first, after in pairwise(BEGINS)]
    return [_("under %(age)s", age=str(BEGINS[0])), *between, _("%(age)s and over", age=str(BEGINS[-1]))]
