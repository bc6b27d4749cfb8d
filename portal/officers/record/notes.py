"""Notes on an employer: kept for colleagues, by whom and when; never changed, never read by the employer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length

from portal import audit
from portal.audit import Event
from portal.auth.models import Account
from portal.officers.record.models import EmployerNote
from portal.web.forms import PortalForm

#: Longest note, in characters; notes shown on the record's first page.
LONGEST, SHOWN = 4000, 20


@dataclass(frozen=True, slots=True)
class Note:
    """A note and who wrote it."""

    what: str
    who: str
    at: datetime


class NoteForm(PortalForm):
    """A note for colleagues."""

    text = TextAreaField(
        _l("A note for colleagues"),
        description=_l("Only the fund reads it. It cannot be changed or deleted later."),
        validators=[
            DataRequired(_l("Write something first.")),
            Length(max=LONGEST, message=_l("Use at most %(max)d characters.")),
        ],
        render_kw={"rows": "3"},
    )  # fmt: skip
    #: So that a second click keeps no second note.
    once = HiddenField(validators=[DataRequired(), Length(max=40)])


def keep(session: Session, employer_id: int, text: str, *, once: str, by: int, at: datetime) -> None:
    """Keep a note.  The same *once* again: nothing more is kept."""
    row = {"employer_id": employer_id, "text": text, "once": f"{by}/{once}", "written_by": by, "written_at": at}
    statement = insert(EmployerNote).values(**row).on_conflict_do_nothing(index_elements=[EmployerNote.once])
    name = session.scalar(statement.returning(EmployerNote.public_id))
    if name is not None:
        audit.record(session, Event.NOTE_KEPT, at=at, by=by, employer=employer_id, subject=f"note:{name}")


def notes_of(session: Session, employer_id: int, *, limit: int = SHOWN, offset: int = 0) -> Sequence[Note]:
    """The newest notes on an employer, newest first."""
    rows = session.execute(
        select(EmployerNote.text, Account.name, EmployerNote.written_at)
        .join(Account, Account.id == EmployerNote.written_by)
        .where(EmployerNote.employer_id == employer_id)
        .order_by(EmployerNote.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [Note(*row) for row in rows]


def how_many(session: Session, employer_id: int) -> int:
    """How many notes there are on an employer."""
    return session.scalar(select(func.count()).where(EmployerNote.employer_id == employer_id)) or 0
