"""Files from the books before: kept as they came, found again, brought over once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import files
from portal.bringing.models import Kind, OpeningFile
from portal.errors import NotFound, Refused
from portal.files import StoredFile
from portal.words import _

#: Rows of one file; a longer one is cut into several.
MOST_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on a page: its row, its name, and its bytes."""

    row: OpeningFile
    name: str
    content: bytes


def keep(
    session: Session, kind: Kind, content: bytes, name: str, *, options: dict[str, Any], by: int, at: datetime
) -> OpeningFile:
    """Keep a file until it is brought over; the same content with the same options is kept once."""
    digest = hashlib.sha256(content).hexdigest()
    same = select(OpeningFile).where(OpeningFile.kind == kind.value, OpeningFile.sha256 == digest)
    for row in session.scalars(same.order_by(OpeningFile.done_at.nulls_last(), OpeningFile.id)):
        if row.done_at is not None or row.options == options:
            return row
    stored = files.keep(session, content, name=name, media_type="application/octet-stream", at=at, by=by)
    made = OpeningFile(
        kind=kind.value, file_id=stored.id, sha256=digest, options=options, created_at=at, created_by=by, result={}
    )
    session.add(made)
    session.flush()
    return made


def upload_of(session: Session, public_id: UUID, *, lock: bool = False) -> Upload:
    """A kept file; NotFound when there is none."""
    statement = select(OpeningFile).where(OpeningFile.public_id == public_id)
    row = session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound("file")
    stored = session.get_one(StoredFile, row.file_id)
    return Upload(row, stored.name, stored.content)


def uploads(session: Session) -> Sequence[tuple[OpeningFile, str]]:
    """Every file with its name, the newest first."""
    statement = select(OpeningFile, StoredFile.name).join(StoredFile, StoredFile.id == OpeningFile.file_id)
    return [(row, name) for row, name in session.execute(statement.order_by(OpeningFile.id.desc()).limit(100))]


def finish(session: Session, row: OpeningFile, result: dict[str, Any], *, by: int, at: datetime) -> None:
    """It is brought over.  Refused when the same content was brought over as another upload."""
    same = select(OpeningFile).where(
        OpeningFile.kind == row.kind, OpeningFile.sha256 == row.sha256, OpeningFile.done_at.is_not(None)
    )
    first = session.scalar(same)
    if first is not None:
        raise Refused(_("The same file was already brought over on %(day)s. Nothing was changed.", day=first.done_at))
    row.done_at, row.done_by, row.result = at, by, result
    session.flush()
