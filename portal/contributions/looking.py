"""A payroll file looked at for an employer's month by the fund's own rules; nothing is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.contributions import intake
from portal.contributions.assessment import assess
from portal.contributions.basis import load_basis
from portal.contributions.months import computable, given_in
from portal.employers.roster import day_of
from portal.employers.roster_import import money
from portal.errors import Refused
from portal.installation import month_words
from portal.scheme.calendars import Month
from portal.tabular.reading import read
from portal.tabular.table import Problem
from portal.words import _


def looked_at(
    session: Session, employer_id: int, month: Month, content: bytes, name: str, *, at: datetime
) -> tuple[list[Problem], list[dict[str, Any]]]:
    """
    What an upload of this file for *month* would say, and its good rows as they would be stored (amounts as text).

    Raises ``FileRefused`` when the file as a whole cannot be read, and `Refused` for a month that cannot be declared.
    """
    given = given_in(session, employer_id, month, day_of(at))
    if not given:
        raise Refused(_("The employer was in no scheme in %(month)s.", month=month_words(month)))
    packs = computable(given.values(), month)
    basis = load_basis(session, employer_id, month, packs, day_of(at))
    read_in = intake.from_file(basis, read(content, name), day_of(at))
    assessed = assess(basis, read_in.lines, read_in.columns)
    problems = [*read_in.notices, *(one for row in read_in.faulty for one in row.problems)]
    problems += [one for row in sorted(assessed.problems) for one in assessed.problems[row]]
    rule = money()
    rows = [
        {
            "row": line.row,
            "insurance_number": basis.people[line.person_id].insurance_number,
            "days": line.days,
            **{code: rule.written(amount) for code, amount in line.components.items()},
        }
        for line in read_in.lines
    ]
    return [*problems, *assessed.notices], rows
