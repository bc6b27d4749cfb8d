"""
A case from its opening to its outcome: written to by both sides, closed with a reason, reopened.

Whoever writes says which entry was the last one they saw: nobody answers past what was written meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal import audit, files, series
from portal.audit import Event
from portal.cases import telling
from portal.cases.kinds import NUMBERS, OUTCOMES, Kind
from portal.cases.models import Case, CaseEntry, CaseFile, CaseState, Side
from portal.errors import NotFound, Refused
from portal.files import StoredFile
from portal.installation import fund
from portal.words import _

FUND, OTHER = "fund", "other"
#: Entries that only the fund reads.
HIDDEN = ("note", "reopened")
#: Longest text of one entry, in characters.
LONGEST = 4000
#: Longest name of a file and title of a case.
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: somebody of the fund, or the other side; an account, an employee, or nobody known."""

    side: str
    account: int | None = None
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A file somebody sends along, as it came."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class New:
    """A case to be opened; see `Case` for what the fields mean."""

    kind: Kind
    side: Side
    facts: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""
    employer: int | None = None
    person: int | None = None
    account: int | None = None
    contact: str = ""
    parent: int | None = None
    name: str | None = None
    shared: bool = True


def open_case(session: Session, new: New, text: str, *, by: Writer, at: datetime, papers: Sequence[Paper] = ()) -> Case:
    """Open a case with its first entry.  The same *name* again: the case that was opened under it."""
    if new.name is not None:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(new.name, 0))))
        found = session.scalar(select(Case).where(Case.name == new.name))
        if found is not None:
            return found
    day = at.astimezone(ZoneInfo(fund().timezone)).date()
    case = Case(
        number=NUMBERS.issue(series.next_number(session, "case")), kind=new.kind.code, state=CaseState.OPEN.value,
        side=new.side.value, shared=new.shared, subject=new.subject, facts=dict(new.facts), employer_id=new.employer,
        person_id=new.person, account_id=new.account, contact=new.contact[:LONGEST_NAME], parent_id=new.parent,
        name=new.name, opened_at=at, due_day=new.kind.due_on(day),
    )  # fmt: skip
    if by.side == FUND and new.shared:
        case.state = CaseState.WAITING.value
    session.add(case)
    session.flush()
    entry = _add(session, case, "opened", text, by=by, at=at, papers=papers)
    _record(session, Event.CASE_OPENED, case, by, at, kind=case.kind)
    if by.side == FUND:
        telling.tell(session, case, entry)
    return case


def write(
    session: Session, case: Case, text: str, *, by: Writer, seen: int, at: datetime, papers: Sequence[Paper] = ()
) -> None:
    """
    Write to the other side: then it is their turn.  The other side writing to a closed case opens it again.

    *seen* is the id of the last entry the writer was shown.  Refused (409) when there is a newer one.
    """
    if _again(session, case, "message", text, by):
        return
    _refuse_if_missed(session, case, seen, by)
    if by.side == FUND:
        case.shared = True
        case.move_to(CaseState.WAITING)
    else:
        _open_again(case)
    entry = _add(session, case, "message", text, by=by, at=at, papers=papers)
    _record(session, Event.CASE_WRITTEN, case, by, at, step="message")
    if by.side == FUND:
        telling.tell(session, case, entry)


def note(session: Session, case: Case, text: str, *, by: Writer, at: datetime, papers: Sequence[Paper] = ()) -> None:
    """Write down something that only the fund reads."""
    if not _again(session, case, "note", text, by):
        _add(session, case, "note", text, by=by, at=at, papers=papers)
        _record(session, Event.CASE_WRITTEN, case, by, at, step="note")


def close(
    session: Session, case: Case, text: str, outcome: str, *, by: Writer, seen: int, at: datetime,
    papers: Sequence[Paper] = (), mailed: bool = True,
) -> None:  # fmt: skip
    """
    Close it with an outcome; the other side reads *text*, where it may read the case at all.

    *mailed*: it is told by mail that there is something to read; not where it is told of it in another way.
    """
    if outcome not in OUTCOMES:
        raise Refused(_("Choose how it ended."), field="outcome", status=422)
    if case.state == CaseState.CLOSED and _again(session, case, "closed", text, by):
        return
    _refuse_if_missed(session, case, seen, by)
    if case.state == CaseState.CLOSED:
        raise Refused(_("Case %(number)s is closed. Reopen it first.", number=case.number))
    case.move_to(CaseState.CLOSED)
    case.closed_at, case.closed_by, case.outcome = at, by.account, outcome
    entry = _add(session, case, "closed", text, by=by, at=at, papers=papers)
    _record(session, Event.CASE_CLOSED, case, by, at, outcome=outcome)
    if mailed:
        telling.tell(session, case, entry)


def reopen(session: Session, case: Case, text: str, *, by: Writer, at: datetime) -> None:
    """Open a closed case again; *text* says why, to colleagues.  Of an open one: nothing changes."""
    if case.state != CaseState.CLOSED:
        return
    _open_again(case)
    _add(session, case, "reopened", text, by=by, at=at)
    _record(session, Event.CASE_REOPENED, case, by, at)


def case_of(session: Session, name: UUID, *conditions: ColumnElement[bool], lock: bool = False) -> Case:
    """One case, if *conditions* hold for it; NotFound otherwise."""
    statement = select(Case).where(Case.public_id == name, *conditions)
    found = session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound(name)
    return found


def of_employer(employer: int) -> tuple[ColumnElement[bool], ...]:
    """What an employer may read."""
    return Case.side == Side.EMPLOYER.value, Case.employer_id == employer, Case.shared.is_(True)


def of_person(person: int) -> tuple[ColumnElement[bool], ...]:
    """What an employee may read."""
    return Case.side == Side.PERSON.value, Case.person_id == person, Case.shared.is_(True)


def of_account(account: int) -> tuple[ColumnElement[bool], ...]:
    """What an account may read of its own."""
    return Case.side == Side.ACCOUNT.value, Case.account_id == account, Case.shared.is_(True)


def file_of(session: Session, case: Case, name: UUID, *, fund_side: bool) -> StoredFile:
    """A paper of the case; one that came with a note is there for the fund only."""
    statement = (
        select(StoredFile)
        .join(CaseFile, CaseFile.file_id == StoredFile.id)
        .join(CaseEntry, CaseEntry.id == CaseFile.entry_id)
        .where(StoredFile.public_id == name, CaseEntry.case_id == case.id)
    )
    found = session.scalar(statement if fund_side else statement.where(CaseEntry.step.not_in(HIDDEN)))
    if found is None:
        raise NotFound(name)
    return found


def _open_again(case: Case) -> None:
    case.move_to(CaseState.OPEN)
    case.closed_at, case.closed_by, case.outcome = None, None, ""


def _refuse_if_missed(session: Session, case: Case, seen: int, by: Writer) -> None:
    """Refused when something was written that the writer may read and has not seen."""
    wanted = (CaseEntry.case_id == case.id, *(() if by.side == FUND else (CaseEntry.step.not_in(HIDDEN),)))
    last = session.scalar(select(func.max(CaseEntry.id)).where(*wanted))
    if last is not None and last > seen:
        raise Refused(
            _("Something was written in this case since you opened the page. Read it below, then send your text."),
            field="text",
        )


def _again(session: Session, case: Case, step: str, text: str, by: Writer) -> bool:
    """Whether this is the second click on what was written last."""
    latest = select(CaseEntry).where(CaseEntry.case_id == case.id).order_by(CaseEntry.id.desc()).limit(1)
    last = session.scalar(latest)
    return last is not None and (last.step, last.text, last.side, last.account_id) == (
        step, text.strip()[:LONGEST], by.side, by.account,
    )  # fmt: skip


def _add(
    session: Session, case: Case, step: str, text: str, *, by: Writer, at: datetime, papers: Sequence[Paper] = ()
) -> CaseEntry:
    entry = CaseEntry(
        case_id=case.id, employer_id=case.employer_id, step=step, side=by.side, account_id=by.account,
        text=text.strip()[:LONGEST], at=at,
    )  # fmt: skip
    session.add(entry)
    session.flush()
    for paper in papers:
        media = files.document_type(paper.content, field="papers")
        stored = files.keep(
            session, paper.content, name=paper.name, media_type=media, at=at, employer=case.employer_id, by=by.account
        )
        session.add(CaseFile(entry_id=entry.id, file_id=stored.id))
    session.flush()
    return entry


def _record(session: Session, event: Event, case: Case, by: Writer, at: datetime, **fields: Any) -> None:
    audit.record(
        session, event, at=at, by=by.account, person=by.person, employer=case.employer_id, subject=case.subject_name,
        case=case.number, **fields,
    )  # fmt: skip
