"""Uploaded and drawn files, kept as rows: one backup, one transaction, nothing at a guessable path."""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from portal.db import Base, Id, PublicId
from portal.errors import Refused
from portal.words import _

#: How a document's first bytes tell what it is, whatever its name says.
KINDS_OF_FILE = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
#: Bytes; a photograph of a page fits.
LARGEST_DOCUMENT = 5 * 1024 * 1024


class StoredFile(Base):
    """A file's bytes with their SHA-256.  The bytes are loaded only when asked for."""

    __tablename__ = "stored_file"
    __table_args__ = (Index(None, "employer_id", "sha256"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    name: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    kept_until: Mapped[date | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


def keep(
    session: Session,
    content: bytes,
    *,
    name: str,
    media_type: str,
    at: datetime,
    employer: int | None = None,
    by: int | None = None,
) -> StoredFile:
    """Store *content* under *name* as it came and give back its row (with its id)."""
    row = StoredFile(
        employer_id=employer,
        name=name[:200],
        media_type=media_type,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content=content,
        created_at=at,
        created_by=by,
    )
    session.add(row)
    session.flush()
    return row


def document_type(content: bytes, *, field: str) -> str:
    """The media type of a PDF, PNG or JPEG of up to 5 MB; Refused for anything else, beside *field*."""
    if len(content) > LARGEST_DOCUMENT:
        raise Refused(_("The file is larger than 5 MB. Send a smaller copy."), field=field, status=422)
    found = next((media for magic, media in KINDS_OF_FILE.items() if content.startswith(magic)), None)
    if found is None:
        raise Refused(_("Send the document as a PDF, PNG or JPEG file."), field=field, status=422)
    return found
