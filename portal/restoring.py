"""
Going on from a backup: what was given out after it is lost here, and known to others.

An employer may hold a receipt, a worker a card, and the core a cover that this database has never heard of.  So no
number is given a second time, and whatever the core is told from now on is looked up there first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session

from portal import audit
from portal.audit import AuditEvent, Event
from portal.db import Base, Id
from portal.errors import Refused
from portal.series import FOR_EVER, OF_A_YEAR, Series
from portal.words import _

#: So many numbers are skipped at least, and a tenth of all there ever were: more than is given out between two backups.
LEAST, SHARE = 1000, 10


class Restoration(Base):
    """The portal went on from a backup at a moment; *known_until* is the last thing the backup knew of."""

    __tablename__ = "restoration"

    id: Mapped[Id]
    at: Mapped[datetime]
    known_until: Mapped[datetime]
    #: Each series with the numbers that are not given here, both included.
    skipped: Mapped[list[Any]]


@dataclass(frozen=True, slots=True)
class Skipped:
    """The numbers of a series from *first* to *last*, both included, may have been given out and are not used again."""

    series: str
    first: int
    last: int


def go_on(session: Session, *, at: datetime, year: int, skip: int | None = None) -> list[Skipped]:
    """
    Go on from a backup that was just brought back; the numbers that are left out.

    *year* is this year in the fund: it may have begun after the backup.  *skip* says how many numbers a series, where
    the rule (`LEAST`, `SHARE`) is not enough.  Refused when nothing happened since the last time: it was done already.
    """
    last = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one_or_none()
    if last is not None and last.event == Event.WENT_ON.label:
        raise Refused(_("This was done already, and nothing happened since."), status=409)
    rows = {one.name: one for one in session.scalars(select(Series).order_by(Series.name).with_for_update())}
    for name in (*FOR_EVER, *(f"{kind}/{year}" for kind in OF_A_YEAR)):
        if name not in rows:
            rows[name] = Series(name=name, last=0)
            session.add(rows[name])
    skipped = [_skip(one, skip) for _name, one in sorted(rows.items())]
    known_until = last.at if last is not None else at
    session.add(Restoration(
        at=at, known_until=known_until, skipped=[[one.series, one.first, one.last] for one in skipped]
    ))  # fmt: skip
    audit.record(session, Event.WENT_ON, at=at, known_until=known_until.isoformat(), series=len(skipped))
    session.flush()
    return skipped


def _skip(one: Series, skip: int | None) -> Skipped:
    first = one.last + 1
    one.last += skip or max(LEAST, one.last // SHARE)
    return Skipped(one.name, first, one.last)


def last_time(session: Session) -> Restoration | None:
    """The latest time the portal went on from a backup; None: never."""
    return session.scalars(select(Restoration).order_by(Restoration.id.desc()).limit(1)).one_or_none()
