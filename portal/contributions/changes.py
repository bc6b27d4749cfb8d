"""
A draft of a month's payroll mended line by line: amounts changed, rows mended, left out or added; or given up.

Every change checks and stores the whole payroll as one set.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Event
from portal.contributions import intake
from portal.contributions.basis import Line
from portal.contributions.models import Payroll, PayrollState
from portal.contributions.reasons import Why
from portal.contributions.storage import Contents, basis_of, contents_of, draft_of, payroll_of, save
from portal.employers.roster import day_of
from portal.errors import Refused
from portal.words import _


@dataclass(frozen=True, slots=True)
class Change:
    """
    New amounts of one line, in minor units by component, and the days worked (None: the whole month).

    *why* is the reason why it is not a whole month at the wage; None leaves it as it is.
    """

    components: Mapping[str, int]
    days: int | None = None
    why: Why | None = None


def change_lines(
    session: Session,
    employer_id: int,
    payroll: UUID,
    *,
    version: int,
    changes: Mapping[int, Change],
    leave_out: Collection[int] = (),
    at: datetime,
    by: int | None,
) -> Payroll:
    """Give lines (by row number) new amounts, or leave them out.  `Stale` when the payroll changed in between."""
    draft = draft_of(session, employer_id, payroll, version)
    basis = basis_of(session, draft, day_of(at))
    contents = contents_of(session, draft)
    lines = [_changed(line, changes.get(line.row)) for line in contents.lines if line.row not in leave_out]
    if list(lines) == list(contents.lines):
        return draft
    return save(session, draft, basis, replace(contents, lines=lines), at=at, by=by)


def leave_out(
    session: Session,
    employer_id: int,
    payroll: UUID,
    *,
    version: int,
    rows: Collection[int],
    at: datetime,
    by: int | None,
) -> Payroll:
    """Leave rows out of the payroll, good or faulty, by their numbers."""
    draft = draft_of(session, employer_id, payroll, version)
    contents = contents_of(session, draft)
    lines = [line for line in contents.lines if line.row not in rows]
    faulty = [row for row in contents.faulty if row.row not in rows]
    basis = basis_of(session, draft, day_of(at))
    return save(session, draft, basis, Contents(lines, faulty, contents.kept), at=at, by=by)


def mend_rows(
    session: Session,
    employer_id: int,
    payroll: UUID,
    *,
    version: int,
    typed: Mapping[int, Mapping[str, str]],
    leave_out: Collection[int] = (),
    at: datetime,
    by: int | None,
) -> Payroll:
    """
    Read the faulty rows again with what was typed (cells by row number and column), less those left out.

    Rows that are in order now join the good ones; the others stay as typed.  With nothing typed this
    checks the payroll again, as after a change of the roster.
    """
    draft = draft_of(session, employer_id, payroll, version)
    basis = basis_of(session, draft, day_of(at))
    contents = contents_of(session, draft)
    rows = {row.row: {**row.cells, **typed.get(row.row, {})} for row in contents.faulty if row.row not in leave_out}
    read_in = intake.from_typed(basis, rows, contents.kept, day_of(at))
    lines = sorted([*contents.lines, *read_in.lines], key=lambda line: line.row)
    return save(session, draft, basis, Contents(lines, read_in.faulty, contents.kept), at=at, by=by)


def add_missing(
    session: Session, employer_id: int, payroll: UUID, *, version: int, at: datetime, by: int | None
) -> Payroll:
    """Add everybody who is on the roster of the month and in no line, with the wage the roster knows."""
    draft = draft_of(session, employer_id, payroll, version)
    basis = basis_of(session, draft, day_of(at))
    contents = contents_of(session, draft)
    there = {line.person_id for line in contents.lines}
    header = 1 if draft.source == "file" else 0
    free = 1 + max([header, *(line.row for line in contents.lines), *(row.row for row in contents.faulty)])
    read_in = intake.from_roster(basis, [one for one in basis.expected if one.person_id not in there], first_row=free)
    added = Contents([*contents.lines, *read_in.lines], [*contents.faulty, *read_in.faulty], contents.kept)
    return save(session, draft, basis, added, at=at, by=by)


def cancel(session: Session, employer_id: int, payroll: UUID, *, at: datetime, by: int | None) -> Payroll:
    """Give a draft up.  Again: nothing changes.  One that was submitted stays."""
    draft = payroll_of(session, employer_id, payroll, lock=True)
    if draft.state == PayrollState.ASKED.value:
        raise Refused(_("This revision waits for the fund. The person who asked can take the request back."))
    if draft.state == PayrollState.SUBMITTED.value:
        raise Refused(_("This payroll was submitted. If something in it is wrong, revise the month."))
    if draft.state == PayrollState.DRAFT.value:
        give_up(session, draft, at=at, by=by)
    return draft


def _changed(line: Line, change: Change | None) -> Line:
    if change is None:
        return line
    changed = replace(line, components=dict(change.components), days=change.days)
    return changed if change.why is None else changed.because(change.why)


def give_up(session: Session, draft: Payroll, *, at: datetime, by: int | None) -> None:
    """Note that a draft is not worked on any more."""
    draft.state = PayrollState.CANCELLED.value
    draft.version += 1
    session.flush()
    audit.record(
        session, Event.PAYROLL_CANCELLED, at=at, by=by, employer=draft.employer_id,
        subject=f"payroll:{draft.public_id}", payroll=draft.public_id, month=draft.month,
    )  # fmt: skip
