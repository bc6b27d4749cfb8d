"""
Leaving alone for a while what does not answer: after a few failures in a row nothing is sent but one probe a minute.

It stands in the database, so that all workers and the officers' page see the same, and a lost broker forgets nothing.
Times are real ones, never the practice clock's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.db import Base

#: Failures in a row after which it opens.
MOST_FAILURES = 5
#: Between the end of one probe and the next.
PROBE_EVERY = timedelta(minutes=1)
#: A probe may take so long; after that its sender is taken for dead and another may probe.
PROBE_TAKES = timedelta(minutes=5)


class Breaker(Base):
    """One thing outside that may be away; it is left alone while *open_since* is set."""

    __tablename__ = "breaker"

    name: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    open_since: Mapped[datetime | None]
    next_probe_at: Mapped[datetime | None]
    #: What went wrong last, in the words an officer reads.
    problem: Mapped[str] = mapped_column(default="")


def state(session: Session, name: str) -> Breaker | None:
    """How it stands; None when nothing ever failed."""
    return session.get(Breaker, name, populate_existing=True)


def may_try(session: Session, name: str, *, at: datetime) -> bool:
    """Whether to send now.  While it is open, True goes to one caller only, who probes for all."""
    found = state(session, name)
    if found is None or found.open_since is None:
        return True
    probe = update(Breaker).where(Breaker.name == name, Breaker.open_since.is_not(None), Breaker.next_probe_at <= at)
    taken = session.execute(probe.values(next_probe_at=at + PROBE_TAKES).returning(Breaker.name))
    return taken.first() is not None


def worked(session: Session, name: str) -> None:
    """It answered: everything may be sent again."""
    failed_before = (Breaker.name == name, Breaker.failures > 0)
    closed = {"failures": 0, "open_since": None, "next_probe_at": None, "problem": ""}
    session.execute(update(Breaker).where(*failed_before).values(closed))


def failed(session: Session, name: str, problem: str, *, at: datetime) -> bool:
    """It did not answer, once more; whether it is left alone now."""
    first = insert(Breaker).values(name=name, failures=1, problem=problem[:500])
    more = first.on_conflict_do_update(
        index_elements=[Breaker.name], set_={"failures": Breaker.failures + 1, "problem": problem[:500]}
    )
    failures = session.scalars(more.returning(Breaker.failures)).one()
    if failures < MOST_FAILURES:
        return False
    opened = {"open_since": func.coalesce(Breaker.open_since, at), "next_probe_at": at + PROBE_EVERY}
    session.execute(update(Breaker).where(Breaker.name == name).values(opened))
    return True
