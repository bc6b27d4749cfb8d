"""Cases as pages show them, read-only: lists, and one case with everything written in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, String, cast, column, func, select, table
from sqlalchemy.orm import Session

from portal.auth.models import Account
from portal.cases.kinds import KINDS, Kind
from portal.cases.models import Case, CaseEntry, CaseFile, CaseState
from portal.cases.service import FUND, HIDDEN
from portal.files import StoredFile
from portal.taken import Taken
from portal.words import Words

_employer = table("employer", *map(column, ("id", "number", "legal_name", "trade_name")))
_SUBJECT = "case:" + cast(Case.public_id, String)


@dataclass(frozen=True, slots=True)
class Written:
    """One entry, who wrote it (empty: not known by name), and the papers that came with it."""

    entry: CaseEntry
    who: str
    papers: Sequence[StoredFile]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case in a list; *owner* is empty while nobody has taken it."""

    case: Case
    employer_number: str
    employer_name: str
    owner: str

    @property
    def kind(self) -> Kind:
        """Its kind."""
        return KINDS[self.case.kind]

    @property
    def about(self) -> Words:
        """What it is about, in words."""
        return self.kind.about(self.case)


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What the fund's list is narrowed to; empty means all.

    *state* is waiting_for_us, waiting_for_them, closed, or empty for all that is not closed; *owner* is an account, or
    0 for what nobody has taken.
    """

    kind: str = ""
    state: str = ""
    owner: int | None = None
    overdue_on: date | None = None
    text: str = ""
    kinds: Collection[str] | None = None


def thread(session: Session, case: Case, *, fund_side: bool) -> list[Written]:
    """Everything written that the reader may read, the oldest first.  Two queries."""
    statement = select(CaseEntry, Account.name).outerjoin(Account, Account.id == CaseEntry.account_id)
    statement = statement.where(CaseEntry.case_id == case.id).order_by(CaseEntry.id)
    rows = session.execute(statement if fund_side else statement.where(CaseEntry.step.not_in(HIDDEN))).all()
    papers = _papers(session, [entry.id for entry, _name in rows])
    shown = [(entry, name or "") for entry, name in rows]
    # Who of the fund wrote is for colleagues; to everybody else the fund speaks with one voice.
    return [
        Written(entry, name if fund_side or entry.side != FUND else "", papers.get(entry.id, ()))
        for entry, name in shown
    ]


def _papers(session: Session, entries: Collection[int]) -> dict[int, list[StoredFile]]:
    found: dict[int, list[StoredFile]] = {}
    rows = session.execute(
        select(CaseFile.entry_id, StoredFile)
        .join(StoredFile, StoredFile.id == CaseFile.file_id)
        .where(CaseFile.entry_id.in_(entries))
        .order_by(StoredFile.id)
    )
    for entry, file in rows:
        found.setdefault(entry, []).append(file)
    return found


def cases(
    session: Session, *conditions: ColumnElement[bool], limit: int | None = None, offset: int = 0
) -> tuple[list[CaseRow], int]:
    """Cases for which *conditions* hold, those that wait first, then the newest; and how many there are."""
    total = session.scalar(select(func.count()).select_from(Case).where(*conditions)) or 0
    order = (Case.state == CaseState.CLOSED.value, Case.id.desc())
    return _rows(session, _joined().where(*conditions).order_by(*order).limit(limit).offset(offset)), total


def listed(session: Session, wanted: Wanted, *, limit: int, offset: int = 0) -> tuple[list[CaseRow], int]:
    """The fund's list: what is due first stands first; what was closed last, where closed ones are asked for."""
    statement = _joined().where(*_conditions(wanted))
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    order = (Case.closed_at.desc(), Case.id.desc()) if wanted.state == "closed" else (Case.due_day, Case.id)
    return _rows(session, statement.order_by(*order).limit(limit).offset(offset)), total


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    states = {"waiting_for_us": CaseState.OPEN, "waiting_for_them": CaseState.WAITING, "closed": CaseState.CLOSED}
    state = states.get(wanted.state)
    found = [Case.state == state.value if state else Case.state != CaseState.CLOSED.value]
    if wanted.text:
        found = [Case.number == wanted.text.upper()]  # a number finds its case, whatever else is chosen
    if wanted.kind:
        found.append(Case.kind == wanted.kind)
    if wanted.kinds is not None:
        found.append(Case.kind.in_(wanted.kinds))
    if wanted.owner is not None:
        found.append(Taken.account_id == wanted.owner if wanted.owner else Taken.account_id.is_(None))
    if wanted.overdue_on is not None:
        found.append(Case.due_day < wanted.overdue_on)
    return found


def row_of(session: Session, case: Case) -> CaseRow:
    """One case as a list shows it."""
    return _rows(session, _joined().where(Case.id == case.id))[0]


def parent_of(session: Session, case: Case) -> Case | None:
    """The case it came from."""
    return session.get(Case, case.parent_id) if case.parent_id else None


def children_of(session: Session, case: Case) -> Sequence[Case]:
    """The cases that came from it."""
    return session.scalars(select(Case).where(Case.parent_id == case.id).order_by(Case.id)).all()


_Row = Select[Case, str, str, str, str]


def _joined() -> _Row:
    return (
        select(Case, _employer.c.number, _employer.c.trade_name, _employer.c.legal_name, Account.name)
        .outerjoin(_employer, _employer.c.id == Case.employer_id)
        .outerjoin(Taken, Taken.subject == _SUBJECT)
        .outerjoin(Account, Account.id == Taken.account_id)
    )


def _rows(session: Session, statement: _Row) -> list[CaseRow]:
    return [
        CaseRow(case, number or "", trade or legal or "", owner or "")
        for case, number, trade, legal, owner in session.execute(statement)
    ]
