"""Who of the fund read about a person: written down in a transaction of its own, like the access log."""

from __future__ import annotations

from flask_login import current_user

from portal import audit, clock, db
from portal.audit import Event


def note_read(where: str, *, subject: str = "", employer: int | None = None) -> None:
    """
    Write down that the reader saw personal data; *where* is a key of ``audit_words.READ``.

    The one thing a page of the fund leaves behind although it is only read.
    """
    with db.writing() as session:
        audit.record(
            session, Event.PERSONAL_DATA_READ, at=clock.now(), by=current_user.id, employer=employer, subject=subject,
            where=where,
        )  # fmt: skip
