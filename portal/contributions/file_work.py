"""A long payroll file in the background: read, checked and kept as a draft, like a short one at once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock, files, work
from portal.auth.access import Right
from portal.contributions import drafts
from portal.contributions.forms import refused_in_words
from portal.contributions.pages import clean
from portal.errors import NotFound, Refused
from portal.files import StoredFile
from portal.installation import month_from
from portal.scheme.calendars import Month
from portal.tabular.size import about_rows
from portal.tabular.table import FileRefused
from portal.words import _
from portal.work import Kind, Order, Part, Tell, Work

#: A file of so many rows becomes a draft in about a second; a longer one does not while a page waits.
LONG = 4_000
#: The steps of an upload as the page counts them: read, check, keep.
STEPS = 3


def is_long(content: bytes) -> bool:
    """Whether an upload has more rows than are worked on at once."""
    return about_rows(content) > LONG


def begin_upload(
    session: Session,
    employer_id: int,
    month: Month,
    *,
    content: bytes,
    name: str,
    total: int | None,
    by: int | None,
    back: str,
) -> Work:
    """Make a draft of *month* from a file in the background (see `drafts.save_upload`); the file waits with it."""
    digest = hashlib.sha256(content).hexdigest()
    row = files.keep(
        session, content, name=name, media_type="application/octet-stream", at=clock.real_now(), employer=employer_id,
        by=by,
    )  # fmt: skip
    payload = {"month": str(month), "file": str(row.public_id), "name": name, "total": total}
    made = work.begin(
        session, UPLOAD, f"{month}/{digest}", payload, employer=employer_id, by=by, total=STEPS, back=back
    )
    if made.payload["file"] != str(row.public_id):  # a second click: it waits already
        session.delete(row)
    return made


def works_of(session: Session, employer_id: int, month: Month) -> Sequence[Work]:
    """The files of *month* that are being worked on, the newest first."""
    return [one for one in work.latest(session, employer_id, UPLOAD, prefix=f"{month}/") if one.is_open]


def _upload(session: Session, order: Order, tell: Tell) -> Part:
    asked = order.payload
    waiting = session.scalar(select(StoredFile).where(*_waiting(order)))
    if waiting is None:
        raise NotFound(asked["file"])
    try:
        draft = drafts.save_upload(
            session, order.employer_id, month_from(asked["month"]), content=waiting.content, name=asked["name"],
            total=asked["total"], at=clock.now(), by=order.by, tell=tell,
        )  # fmt: skip
    except FileRefused as refused:
        raise Refused(refused_in_words(asked["name"], refused)) from None
    _leave_nothing(session, order)  # the draft has its own
    page: dict[str, Any] = {"payroll": str(draft.public_id)}
    return Part(STEPS, result={"endpoint": f"payrolls.{'check' if clean(draft) else 'draft'}", "args": page})


def _leave_nothing(session: Session, order: Order) -> None:
    """The file that waited: a refused one leaves nothing behind."""
    session.execute(delete(StoredFile).where(*_waiting(order)))


def _waiting(order: Order) -> tuple[Any, ...]:
    return StoredFile.employer_id == order.employer_id, StoredFile.public_id == UUID(order.payload["file"])


UPLOAD = work.kind(Kind("payroll_file", Right.PREPARE.value, _("Checking your payroll file"), _upload, _leave_nothing))
