"""
A month's payroll begun: from the roster, from a file, from what was declared, or for those who were forgotten.

A faulty row stays, as typed, beside the good ones until it is mended or left out; a good row is never lost because of
a bad one.  Of a month one payroll is open at a time, whoever began it and whatever it is for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import files
from portal.contributions import intake
from portal.contributions.basis import Line, load_basis
from portal.contributions.changes import give_up
from portal.contributions.corrections.taken_back import refuse_while_taken_back
from portal.contributions.models import Payroll, PayrollKind, PayrollState
from portal.contributions.months import computable, given_in, still_to_declare
from portal.contributions.standing import Declared, standing_declarations
from portal.contributions.storage import Contents, contents_of, open_payroll, save
from portal.employers.roster import day_of
from portal.errors import Refused
from portal.files import StoredFile
from portal.installation import month_words
from portal.ledger import book
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month
from portal.tabular.reading import read
from portal.words import Words, _, _n
from portal.work import Tell, silent

#: What a long upload is doing, first and last.
READING, KEEPING = _("Reading the file"), _("Computing what is due and keeping the draft")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


REGULAR, REVISED, SUPPLEMENTARY = PayrollKind
#: Why another payroll of the month cannot be begun: what the open one is.
OPEN: dict[PayrollKind, Words] = {
    REGULAR: _("A payroll for %(month)s is still a draft. Submit it or give it up first."),
    REVISED: _("%(month)s is being revised. Submit the revision or give it up first."),
    SUPPLEMENTARY: _(
        "A supplementary return for %(month)s is being prepared. Submit it or give it up first, then go on."
    ),
}


def start_from_roster(session: Session, employer_id: int, month: Month, *, at: datetime, by: int | None) -> Payroll:
    """The open draft of *month*, or a new one filled in from the roster and its wages.  Again: the same draft."""
    book.lock(session, employer_id)
    if (draft := _open(session, employer_id, month)) is not None:
        return draft
    packs = still_to_declare(session, employer_id, month, day_of(at))
    basis = load_basis(session, employer_id, month, packs, day_of(at))
    read_in = intake.from_roster(basis, basis.working)
    payroll = _new(session, employer_id, month, "roster", REGULAR, at=at, by=by)
    contents = Contents(read_in.lines, read_in.faulty, intake.kept_of(basis))
    return save(session, payroll, basis, contents, at=at, by=by)


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

    It is for what that draft was for: a file sent while a month is being revised revises it.
    *total* is what the employer says the rows add up to, in minor units: it is compared, never used.
    Raises ``FileRefused`` when the file as a whole cannot be read: nothing is stored then.
    """
    book.lock(session, employer_id)
    before = _open(session, employer_id, month)
    kind = PayrollKind(before.kind) if before is not None else REGULAR
    packs = _packs(session, employer_id, month, kind, day_of(at))
    basis = load_basis(session, employer_id, month, packs, day_of(at), adds=kind is SUPPLEMENTARY)
    tell(0, READING)
    table = read(content, name)
    tell(1, _n("Checking %(n)s row", "Checking %(n)s rows", len(table.rows)))
    read_in = intake.from_file(basis, table, day_of(at))
    tell(2, KEEPING)
    stored, earlier = _keep_file(session, employer_id, content, name, at=at, by=by)
    if before is not None:
        give_up(session, before, at=at, by=by)
    payroll = _new(session, employer_id, month, "file", kind, at=at, by=by, file_id=stored.id)
    notices = [
        *([intake.same_file(earlier)] if earlier else []),
        *intake.compared(basis, read_in, total),
        *read_in.notices,
    ]
    kept = intake.kept_of(basis, read_in=replace(read_in, notices=notices), file_name=stored.name)
    return save(session, payroll, basis, Contents(read_in.lines, read_in.faulty, kept), at=at, by=by)


def revise_payroll(session: Session, employer_id: int, month: Month, *, at: datetime, by: int | None) -> Payroll:
    """
    A new draft with everybody who is declared for *month*; submitted, it posts exactly the difference.

    Again: the same draft, also for a colleague.  Refused while another payroll of the month is open, or a payment for
    it is being taken back.
    """
    book.lock(session, employer_id)
    if (draft := _open(session, employer_id, month, REVISED)) is not None:
        return draft
    standing = standing_declarations(session, employer_id, month)
    if not standing:
        raise Refused(_("%(month)s is not declared yet. Start its payroll.", month=month_words(month)))
    refuse_while_taken_back(session, employer_id, month)
    packs = _packs(session, employer_id, month, REVISED, day_of(at))
    basis = load_basis(session, employer_id, month, packs, day_of(at))
    read_in = intake.from_lines(basis, _declared_lines(session, standing))
    payroll = _new(session, employer_id, month, "roster", REVISED, at=at, by=by)
    contents = Contents(read_in.lines, read_in.faulty, intake.kept_of(basis))
    return save(session, payroll, basis, contents, at=at, by=by)


def start_supplement(session: Session, employer_id: int, month: Month, *, at: datetime, by: int | None) -> Payroll:
    """
    A new draft with everybody on the roster of *month* who is not declared for it; submitted, it adds them.

    Again: the same draft.  Refused where nothing is declared, where nobody was paid by the employer's own word, where
    nobody is left to add, and while another payroll of the month is open.
    """
    book.lock(session, employer_id)
    if (draft := _open(session, employer_id, month, SUPPLEMENTARY)) is not None:
        return draft
    packs = _packs(session, employer_id, month, SUPPLEMENTARY, day_of(at))
    basis = load_basis(session, employer_id, month, packs, day_of(at), adds=True)
    if not basis.expected:
        words = _(
            "Everybody on your roster of %(month)s is declared. Add who was forgotten to your roster first, from the "
            "day they began.",
            month=month_words(month),
        )
        raise Refused(words, status=422)
    read_in = intake.from_roster(basis, basis.expected)
    payroll = _new(session, employer_id, month, "roster", SUPPLEMENTARY, at=at, by=by)
    contents = Contents(read_in.lines, read_in.faulty, intake.kept_of(basis))
    return save(session, payroll, basis, contents, at=at, by=by)


def _open(session: Session, employer_id: int, month: Month, kind: PayrollKind | None = None) -> Payroll | None:
    """The open draft of *month*; Refused where it is not of the *kind* wanted, or waits for the fund."""
    found = open_payroll(session, employer_id, month)
    if found is not None and found.state == PayrollState.ASKED.value:
        words = _(
            "A revision of %(month)s waits until the fund decides on it. Until then nothing else can be declared for "
            "this month; the person who asked can take the request back.",
            month=month_words(month),
        )
        raise Refused(words)
    if found is not None and kind is not None and found.kind != kind.value:
        raise Refused(Words(OPEN[PayrollKind(found.kind)].msgid, {"month": month_words(month)}))
    return found


def _declared_lines(session: Session, standing: Mapping[str, Declared]) -> list[Line]:
    """
    Everybody who stands in what is declared, each once, with the pay said last.

    Schemes may have been declared by several payrolls, and supplementary returns come beside them: the newest main
    payroll goes first and keeps its row numbers, the others follow it.
    """
    newest = max(each.main.payroll_id for each in standing.values())
    others = sorted({one.payroll_id for each in standing.values() for one in each.all} - {newest}, reverse=True)
    found = {line.person_id: line for line in contents_of(session, session.get_one(Payroll, newest)).lines}
    last = max((line.row for line in found.values()), default=0)
    for payroll in others:
        for line in contents_of(session, session.get_one(Payroll, payroll)).lines:
            known = found.get(line.person_id)
            if known is None:
                last += 1
                known = replace(line, row=last)
            found[line.person_id] = replace(known, components={**line.components, **known.components})
    return sorted(found.values(), key=lambda line: line.row)


def _packs(session: Session, employer_id: int, month: Month, kind: PayrollKind, today: date) -> tuple[Pack, ...]:
    """The schemes a new draft is for: all of them when it revises, those it adds to, or those not declared yet."""
    if kind is REGULAR:
        return still_to_declare(session, employer_id, month, today)
    given = given_in(session, employer_id, month, today)
    if kind is REVISED:
        return computable(given.values(), month)
    standing = standing_declarations(session, employer_id, month)
    if not standing:
        raise Refused(_("%(month)s is not declared yet. Start its payroll.", month=month_words(month)))
    adds_to = [one for scheme, one in given.items() if scheme in standing and standing[scheme].main.kind != "nil"]
    if not adds_to:
        words = _("You declared that nobody was paid in %(month)s. Revise the month.", month=month_words(month))
        raise Refused(words)
    return computable(adds_to, month)


def _new(
    session: Session,
    employer_id: int,
    month: Month,
    source: str,
    kind: PayrollKind,
    *,
    at: datetime,
    by: int | None,
    file_id: int | None = None,
) -> Payroll:
    """An empty draft; its first save makes it version 1."""
    row = Payroll(
        employer_id=employer_id, month=month, state=PayrollState.DRAFT.value, kind=kind.value, source=source,
        file_id=file_id, version=0, checked={}, created_at=at, created_by=by,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


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
