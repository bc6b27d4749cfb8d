"""
Who of the fund read about persons: written down in a transaction of its own, like the access log.

How many persons and files a page showed is left in ``g``; `portal.staff.reading` adds it up when the page is done.
"""

from __future__ import annotations

from flask import g
from flask_login import current_user

from portal import audit, clock, db
from portal.audit import Event


def note_read(where: str, *, subject: str = "", employer: int | None = None, persons: int = 1) -> None:
    """
    Write down that the reader saw personal data of so many *persons*; *where* is a key of ``audit_words.READ``.

    The one thing a page of the fund leaves behind although it is only read.
    """
    shown(persons)
    with db.writing() as session:
        audit.record(
            session, Event.PERSONAL_DATA_READ, at=clock.now(), by=current_user.id, employer=employer, subject=subject,
            where=where,
        )  # fmt: skip


def shown(persons: int) -> None:
    """This page, or the file it gives, names so many persons."""
    g.persons_shown = g.get("persons_shown", 0) + persons
