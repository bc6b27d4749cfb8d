"""What the database knows of the machine room.  Nothing here reads a table from end to end that grows with the fund."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.bank.models import BankEntry
from portal.breaker import Breaker
from portal.coverage.findings import JOB as COMPARISON
from portal.coverage.models import CoreDifference
from portal.jobs.models import Heartbeat, JobRun, JobState, Sighting, Tally
from portal.jobs.nightly import NIGHT
from portal.opening.models import BACKUP, RESTORE, ReadyMark
from portal.outbox import Message
from portal.series import Series
from portal.work import OPEN, Work

#: What the states of a message are called where people watch.
STATES = {"queued": "waiting", "leased": "sending", "refused": "set aside"}
#: What is done once a day, by its name in the list of runs.
NIGHTLY = {NIGHT: "night", COMPARISON: "comparison"}

Sample = tuple[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The messages of one topic in one state, and since when the oldest waits."""

    topic: str
    state: str
    messages: int
    since: datetime


def waiting(session: Session) -> list[Waiting]:
    """Messages that are not done, by topic and state.  Two statements, one for each index over what is not done."""
    counted = select(Message.topic, Message.state, func.count(), func.min(Message.created_at))
    grouped = counted.group_by(Message.topic, Message.state).order_by(Message.topic, Message.state)
    open_ones = session.execute(grouped.where(Message.state.in_(("queued", "leased")))).all()
    refused = session.execute(grouped.where(Message.state == "refused")).all()
    return [Waiting(topic, STATES[state], number, since) for topic, state, number, since in (*open_ones, *refused)]


def oldest(found: Sequence[Waiting]) -> list[Sample]:
    """Seconds for which the oldest message of each topic waits; what is set aside waits for somebody, not for time."""
    now, since = clock.now(), dict[str, datetime]()
    for one in found:
        if one.state != "set aside":
            since[one.topic] = min(one.since, since.get(one.topic, one.since))
    return [((topic,), max(0.0, (now - first).total_seconds())) for topic, first in sorted(since.items())]


def tallies(session: Session) -> list[Sample]:
    """What the workers did, by name."""
    rows = session.execute(select(Tally.name, Tally.total).order_by(Tally.name))
    return [((name,), total) for name, total in rows]


def jobs(session: Session) -> Sequence[JobState]:
    """How each job went, by name."""
    return session.scalars(select(JobState).order_by(JobState.job)).all()


def silence(session: Session) -> list[Sample]:
    """Seconds since each kind of process was last heard of; none where none ever was."""
    now = clock.real_now()
    rows = session.execute(select(Heartbeat.what, func.max(Heartbeat.at)).group_by(Heartbeat.what))
    return [((what,), max(0.0, (now - at).total_seconds())) for what, at in sorted(rows)]


def breakers(session: Session) -> Sequence[Breaker]:
    """Everything outside that ever failed."""
    return session.scalars(select(Breaker).order_by(Breaker.name)).all()


def differences(session: Session) -> int:
    """Person-months of which the core says something else, as the last comparison found."""
    return session.scalar(select(func.count()).where(CoreDifference.gone_at.is_(None))) or 0


def documents(session: Session) -> list[Sample]:
    """How many numbers each series has given out; those of its years together."""
    found: dict[str, int] = {}
    for name, last in session.execute(select(Series.name, Series.last)):
        series = name.partition("/")[0]
        found[series] = found.get(series, 0) + last
    return [((series,), last) for series, last in sorted(found.items())]


def unmatched(session: Session) -> int:
    """Entries of the bank that lie in suspense."""
    return session.scalar(select(func.count()).select_from(BankEntry).where(BankEntry.unsettled != 0)) or 0


def beats(session: Session) -> Sequence[Heartbeat]:
    """Everybody who was heard of in the last days."""
    return session.scalars(select(Heartbeat).order_by(Heartbeat.what, Heartbeat.name)).all()


def sightings(session: Session) -> dict[str, Sighting]:
    """What workers last saw outside, by its name."""
    return {one.what: one for one in session.scalars(select(Sighting))}


def last_mail(session: Session) -> datetime | None:
    """When the latest mail was sent; read from the end, where it is found at once."""
    sent = select(Message.done_at).where(Message.topic == "mail", Message.state == "done")
    return session.scalar(sent.order_by(Message.id.desc()).limit(1))


def oldest_work(session: Session) -> tuple[int, datetime | None]:
    """How much long work is not done, and since when the oldest waits."""
    number, since = session.execute(select(func.count(), func.min(Work.created_at)).where(Work.state.in_(OPEN))).one()
    return number, since


def compared_at(session: Session) -> datetime | None:
    """When the core was last read back to the end."""
    return session.scalar(select(func.max(JobRun.finished_at)).where(JobRun.job == COMPARISON))


def version(session: Session) -> str:
    """The version of the tables."""
    return str(session.scalar(text("SELECT version_num FROM alembic_version")))


def open_work(session: Session) -> list[Sample]:
    """Long work that waits or is being done."""
    counted = select(Work.state, func.count()).where(Work.state.in_(OPEN)).group_by(Work.state)
    found = dict(session.execute(counted).all())
    return [((state,), found.get(state, 0)) for state in OPEN]


def database_bytes(session: Session) -> int:
    """What the database takes on its disk."""
    return session.scalar(select(func.pg_database_size(text("current_database()")))) or 0


def last_times(session: Session) -> list[Sample]:
    """When the night, the comparison, a backup and the try of a restore were last done; what never was is left out."""
    ended = select(JobRun.job, func.max(JobRun.finished_at)).where(JobRun.job.in_(NIGHTLY)).group_by(JobRun.job)
    marks = select(ReadyMark.name, ReadyMark.at).where(ReadyMark.name.in_((BACKUP, RESTORE)))
    found = [(NIGHTLY[job], at) for job, at in session.execute(ended)] + list(session.execute(marks).all())
    return [((what,), at.timestamp()) for what, at in sorted(found) if at is not None]
