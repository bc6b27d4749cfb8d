"""What schemes ask about the people of a roster beside their pay: changed one by one; how many people there were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Event
from portal.employers.given import about_person, added
from portal.employers.roster import employment_of, lock_roster
from portal.errors import Refused
from portal.installation import calendar
from portal.scheme.calendars import Month
from portal.words import _

_HEADCOUNTS = text(
    """
    SELECT employment.employer_id, span.month, count(DISTINCT employment.person_id)
    FROM unnest(CAST(:months AS int[]), CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS span(month, first, last)
    JOIN employment ON employment.employer_id = ANY(CAST(:employers AS bigint[]))
        AND employment.from_day <= span.last AND (employment.to_day IS NULL OR employment.to_day >= span.first)
    GROUP BY employment.employer_id, span.month
    """
)


def change_answers(
    session: Session, employer_id: int, employment: UUID, said: Mapping[str, str], *, from_day: date, at: datetime,
    by: int | None = None,
) -> bool:  # fmt: skip
    """
    From *from_day* on this holds of the person; what held before stays readable.  Empty answers change nothing.

    Gives whether anything changed.
    """
    lock_roster(session, employer_id)
    row = employment_of(session, employer_id, employment)
    if from_day < row.from_day or (row.to_day is not None and from_day > row.to_day):
        raise Refused(_("Choose a day of the employment."), field="from_day", status=422)
    before, row.answers = row.answers, added(row.answers, about_person(said), from_day, at=at, by=by)
    if row.answers == before:
        return False
    audit.record(
        session, Event.PERSON_ANSWERED, at=at, by=by, employer=employer_id,
        subject=f"employment:{row.public_id}", employment=row.public_id, from_day=from_day,
    )  # fmt: skip
    session.flush()
    return True


def headcounts(session: Session, employer_id: int, months: Iterable[Month]) -> dict[Month, int]:
    """How many people worked for the employer on a day of each month; one statement, none without months."""
    wanted = list(months)
    found = headcounts_of(session, [employer_id], wanted)
    return {month: found.get((employer_id, month), 0) for month in wanted}


def headcounts_of(
    session: Session, employers: Iterable[int], months: Iterable[Month]
) -> dict[tuple[int, Month], int]:  # fmt: skip
    """The same for several employers, without those who had nobody."""
    wanted, ids = sorted(set(months)), list(employers)
    if not wanted or not ids:
        return {}
    spans = {
        "months": [one.as_int for one in wanted],
        "firsts": [one.first_day(calendar()) for one in wanted],
        "lasts": [one.last_day(calendar()) for one in wanted],
        "employers": ids,
    }
    rows = session.execute(_HEADCOUNTS, spans)
    return {(employer, Month.from_int(month)): people for employer, month, people in rows}
