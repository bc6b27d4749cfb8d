"""Files that somebody brought to see what they would change.  Keeping one activates nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit, files
from portal.audit import Event
from portal.errors import NotFound
from portal.files import StoredFile
from portal.scheme.blocks.pack import Pack
from portal.scheme.candidate import candidate
from portal.scheme.packfile.tree import MOST_BYTES

#: How a candidate is marked among the stored files, with the scheme it is for.
_KIND = "application/toml; scheme={scheme}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that was brought, and the pack it would make."""

    name: str
    file: UUID
    pack: Pack


def keep(
    session: Session, scheme: str, content: bytes, name: str, overlay: Path | None, *, at: datetime, by: int
) -> Candidate:
    """Check a file like a pack and keep it; ``PackRefused`` with every mistake in it, and nothing is kept."""
    made = candidate(scheme, content[: MOST_BYTES + 1], overlay)
    row = files.keep(session, content, name=name, media_type=_KIND.format(scheme=scheme), at=at, by=by)
    subject = f"file:{row.public_id}"
    audit.record(
        session, Event.CANDIDATE_KEPT, at=at, by=by, subject=subject, scheme=scheme, file=str(row.public_id)
    )  # fmt: skip
    return Candidate(row.name, row.public_id, made)


def kept(session: Session, scheme: str, file: UUID, overlay: Path | None) -> Candidate:
    """A candidate that was kept; NotFound where there is none of this name for this scheme."""
    wanted = (StoredFile.public_id == file, StoredFile.media_type == _KIND.format(scheme=scheme))
    row = session.scalar(select(StoredFile).where(*wanted))
    if row is None:
        raise NotFound(file)
    return Candidate(row.name, row.public_id, candidate(scheme, row.content, overlay))
