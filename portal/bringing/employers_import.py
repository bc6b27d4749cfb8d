"""
A register of employers brought over: looked at first, then all of its good rows at once.

An employer keeps its number or is given the next one.  Whoever applies later with the same tax number is told so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal import audit, series
from portal.audit import Event
from portal.bringing import uploads
from portal.bringing.employers_file import EmployerRow, Parsed, parse
from portal.bringing.uploads import MOST_ROWS, Upload
from portal.employers import answers as asked
from portal.employers.models import Employer
from portal.employers.service import enrol
from portal.errors import Refused
from portal.installation import fund
from portal.tabular.reading import read
from portal.tabular.table import Problem
from portal.words import _

#: The series of employer numbers; held while a register is brought over.
SERIES = "employer"
_TAKEN_OVER = (
    "legal_name", "trade_name", "tax_number", "registration_number", "legal_form", "activity", "location", "address",
    "contact_name", "phone", "email", "bank_name", "bank_account",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What a register would do now: employers to add, those on file already, and every problem."""

    new: Sequence[EmployerRow]
    known: int
    faulty: int
    problems: Sequence[Problem]
    notices: Sequence[Problem]


def plan(session: Session, upload: Upload, today: date) -> Plan:
    """What the file would do as the register stands now; nothing is touched."""
    parsed = parse(read(upload.content, upload.name), fund(), today)
    if len(parsed.rows) > MOST_ROWS:
        raise Refused(_("A file may hold %(most)s employers. Cut it into several.", most=MOST_ROWS), status=422)
    return _compared(session, parsed)


def _compared(session: Session, parsed: Parsed) -> Plan:
    """The rows against the register: by tax number it is known, and then its number has to be the same."""
    on_file = _on_file(session, [row.said["tax_number"] for row in parsed.rows])
    numbers = [row.number for row in parsed.rows if row.number]
    taken = set(session.scalars(select(Employer.number).where(Employer.number == func.any(numbers))))
    new, known, problems = [], 0, list(parsed.problems)
    for row in parsed.rows:
        held = on_file.get(row.said["tax_number"])
        if held is not None and row.number in (None, held):
            known += 1
        elif held is not None or row.number in taken:
            problems.append(_conflict(row, held))
        else:
            new.append(row)
    return Plan(new, known, len(parsed.rows) + parsed.faulty - len(new) - known, problems, parsed.notices)


def _on_file(session: Session, tax_numbers: list[str]) -> Mapping[str, str]:
    wanted = Employer.tax_number == func.any(tax_numbers)
    rows = session.execute(select(Employer.tax_number, Employer.number).where(wanted)) if tax_numbers else ()
    return {tax: number for tax, number in rows}  # noqa: C416  # rows of a query, not pairs


def _conflict(row: EmployerRow, held: str | None) -> Problem:
    if held is None:
        words = _("Another employer has this number already. Correct it, or leave it empty.")
        return Problem("E_NUMBER_TAKEN", words, row.row, "number", row.number)
    words = _("This tax number belongs to employer %(number)s on file. Correct one of the two.", number=held)
    return Problem("E_TAX_TAKEN", words, row.row, "tax_number", row.said["tax_number"])


def bring(session: Session, public_id: UUID, *, by: int, at: datetime, today: date) -> dict[str, int]:
    """
    Add every employer of the file that is not on file.  Again: what was done the first time, and nothing more.

    Refused while a row has a problem: a register is brought over whole.
    """
    upload = uploads.upload_of(session, public_id, lock=True)
    if upload.row.done_at is not None:
        return dict(upload.row.result)
    _hold_series(session)
    found = plan(session, upload, today)
    if found.problems:
        raise Refused(_("Some rows have problems. Mend them in the file and choose it again; nothing was changed."))
    _count_past(session, found.new)
    for row in found.new:
        _add(session, row, by=by, at=at)
    result = {"added": len(found.new), "known": found.known}
    uploads.finish(session, upload.row, result, by=by, at=at)
    audit.record(
        session, Event.EMPLOYERS_BROUGHT, at=at, by=by, subject=f"opening:{upload.row.public_id}",
        file=upload.row.public_id, **result,
    )  # fmt: skip
    return result


def _hold_series(session: Session) -> None:
    """Nobody is given a number meanwhile, neither from here nor by an approval."""
    session.execute(text("INSERT INTO series (name, last) VALUES (:name, 0) ON CONFLICT DO NOTHING"), {"name": SERIES})
    session.execute(select(series.Series).where(series.Series.name == SERIES).with_for_update())


def _count_past(session: Session, rows: Sequence[EmployerRow]) -> None:
    """Where a kept number is one that the portal would give some day, counting goes on after it."""
    rule = fund().employer_number
    kept = [row.number for row in rows if row.number and rule.problem(row.number) is None]
    if kept:
        digits = (number.removeprefix(rule.prefix)[: rule.digits] for number in kept)
        highest = max(int(counter) for counter in digits) - rule.first + 1
        held = session.get_one(series.Series, SERIES)
        held.last = max(held.last, highest)
        session.flush()


def _add(session: Session, row: EmployerRow, *, by: int, at: datetime) -> None:
    number = row.number or fund().employer_number.issue(series.next_number(session, SERIES))
    headcount = asked.read_count(row.said["headcount"])
    assert headcount is not None  # problems() has looked
    employer = Employer(
        number=number, first_employment_day=row.first_day, headcount=headcount, approved_at=at, approved_by=by,
        **{name: row.said[name] for name in _TAKEN_OVER},
    )  # fmt: skip
    session.add(employer)
    session.flush()
    for scheme in row.schemes:
        enrol(session, employer.id, scheme, row.enrolled_from, at=at, by=by)
