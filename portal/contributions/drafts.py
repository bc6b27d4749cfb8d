"""
A month's payroll while it is worked on: begun from the roster or a file, mended line by line.

Every change checks and stores the whole payroll as one set.  A faulty row stays, as typed, beside the
good ones until it is mended or left out; a good row is never lost because of a bad one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit, files
from portal.audit import Event
from portal.contributions import intake
from portal.contributions.basis import Line, load_basis
from portal.contributions.models import Payroll, PayrollState
from portal.contributions.months import computable, given_in, standing_declarations, still_to_declare
from portal.contributions.storage import (
    Contents,
    basis_of,
    contents_of,
    draft_of,
    open_draft,
    payroll_of,
    save,
)
from portal.employers.roster import day_of
from portal.errors import Refused
from portal.files import StoredFile
from portal.installation import month_words
from portal.ledger import book
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month
from portal.tabular.reading import read
from portal.words import _, _n
from portal.work import Tell, silent

#: What a long upload is doing, first and last.
READING, KEEPING = _("Reading the file"), _("Computing what is due and keeping the draft")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Change:
    """New amounts of one line, in minor units by component, and the days worked (None: the whole month)."""

    components: Mapping[str, int]
    days: int | None = None


def start_from_roster(session: Session, employer_id: int, month: Month, *, at: datetime, by: int | None) -> Payroll:
    """The open draft of *month*, or a new one filled in from the roster and its wages.  Again: the same draft."""
    book.lock(session, employer_id)
    if (draft := open_draft(session, employer_id, month)) is not None:
        return draft
    packs = still_to_declare(session, employer_id, month, day_of(at))
    basis = load_basis(session, employer_id, month, packs, day_of(at))
    read_in = intake.from_roster(basis, basis.working)
    payroll = _new(session, employer_id, month, "roster", at=at, by=by)
    kept = intake.kept_of(basis, revises=False)
    return save(session, payroll, basis, Contents(read_in.lines, read_in.faulty, kept), at=at, by=by)


def save_upload(
    session: Session,
    employer_id: int,
    month: Month,
    *,
    content: bytes,
    name: str,
    at: datetime,
    by: int | None,
    total: int | None = None,
    tell: Tell = silent,
) -> Payroll:
    """
    A new draft from a payroll file; the draft there was before it is given up, not lost.

    *total* is what the employer says the rows add up to, in minor units: it is compared, never used.
    Raises ``FileRefused`` when the file as a whole cannot be read: nothing is stored then.
    """
    book.lock(session, employer_id)
    before = open_draft(session, employer_id, month)
    revises = before is not None and bool(before.checked.get("revises"))
    packs = _packs(session, employer_id, month, revises, day_of(at))
    basis = load_basis(session, employer_id, month, packs, day_of(at))
    tell(0, READING)
    table = read(content, name)
    tell(1, _n("Checking %(n)s row", "Checking %(n)s rows", len(table.rows)))
    read_in = intake.from_file(basis, table, day_of(at))
    tell(2, KEEPING)
    stored, earlier = _keep_file(session, employer_id, content, name, at=at, by=by)
    if before is not None:
        _give_up(session, before, at=at, by=by)
    payroll = _new(session, employer_id, month, "file", at=at, by=by, file_id=stored.id)
    notices = [
        *([intake.same_file(earlier)] if earlier else []),
        *intake.compared(basis, read_in, total),
        *read_in.notices,
    ]
    kept = intake.kept_of(basis, revises=revises, read_in=replace(read_in, notices=notices), file_name=stored.name)
    return save(session, payroll, basis, Contents(read_in.lines, read_in.faulty, kept), at=at, by=by)


def revise_payroll(session: Session, employer_id: int, month: Month, *, at: datetime, by: int | None) -> Payroll:
    """
    A new draft with the lines of what was declared for *month*; submitted, it posts exactly the difference.

    Again, or while another draft of the month is open: that draft.
    """
    book.lock(session, employer_id)
    if (draft := open_draft(session, employer_id, month)) is not None:
        return draft
    standing = standing_declarations(session, employer_id, month)
    if not standing:
        raise Refused(_("%(month)s is not declared yet. Start its payroll.", month=month_words(month)))
    packs = _packs(session, employer_id, month, True, day_of(at))
    basis = load_basis(session, employer_id, month, packs, day_of(at))
    last = session.get_one(Payroll, max(each.payroll_id for each in standing.values()))
    read_in = intake.from_lines(basis, contents_of(session, last).lines)
    payroll = _new(session, employer_id, month, "roster", at=at, by=by)
    kept = intake.kept_of(basis, revises=True)
    return save(session, payroll, basis, Contents(read_in.lines, read_in.faulty, kept), at=at, by=by)


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
    read_in = intake.from_roster(basis, [one for one in basis.working if one.person_id not in there], first_row=free)
    added = Contents([*contents.lines, *read_in.lines], [*contents.faulty, *read_in.faulty], contents.kept)
    return save(session, draft, basis, added, at=at, by=by)


def cancel(session: Session, employer_id: int, payroll: UUID, *, at: datetime, by: int | None) -> Payroll:
    """Give a draft up.  Again: nothing changes.  One that was submitted stays."""
    draft = payroll_of(session, employer_id, payroll, lock=True)
    if draft.state == PayrollState.SUBMITTED.value:
        raise Refused(_("This payroll was submitted. If something in it is wrong, revise the month."))
    if draft.state == PayrollState.DRAFT.value:
        _give_up(session, draft, at=at, by=by)
    return draft


def _changed(line: Line, change: Change | None) -> Line:
    return line if change is None else replace(line, components=dict(change.components), days=change.days)


def _packs(session: Session, employer_id: int, month: Month, revises: bool, today: date) -> tuple[Pack, ...]:
    """The schemes a new draft is for: all of them when it revises, else those that have no declaration yet."""
    if revises:
        return computable(given_in(session, employer_id, month, today).values(), month)
    return still_to_declare(session, employer_id, month, today)


def _new(
    session: Session,
    employer_id: int,
    month: Month,
    source: str,
    *,
    at: datetime,
    by: int | None,
    file_id: int | None = None,
) -> Payroll:
    """An empty draft; its first save makes it version 1."""
    row = Payroll(
        employer_id=employer_id, month=month, state=PayrollState.DRAFT.value, source=source, file_id=file_id,
        version=0, checked={}, created_at=at, created_by=by,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _give_up(session: Session, draft: Payroll, *, at: datetime, by: int | None) -> None:
    draft.state = PayrollState.CANCELLED.value
    draft.version += 1
    session.flush()
    audit.record(
        session, Event.PAYROLL_CANCELLED, at=at, by=by, employer=draft.employer_id,
        subject=f"payroll:{draft.public_id}", payroll=draft.public_id, month=draft.month,
    )  # fmt: skip


def _keep_file(
    session: Session, employer_id: int, content: bytes, name: str, *, at: datetime, by: int | None
) -> tuple[StoredFile, date | None]:
    """The file as it came, stored once; with the day it was uploaded before, if it was."""
    digest = hashlib.sha256(content).hexdigest()
    wanted = (StoredFile.employer_id == employer_id, StoredFile.sha256 == digest)
    statement = select(StoredFile, func.max(Payroll.created_at)).join(Payroll, Payroll.file_id == StoredFile.id)
    before = session.execute(statement.where(*wanted).group_by(StoredFile.id).limit(1)).one_or_none()
    if before is not None:
        return before[0], day_of(before[1])
    kind = "text/csv" if not content.startswith(b"PK") else XLSX
    return files.keep(session, content, name=name, media_type=kind, at=at, employer=employer_id, by=by), None
