"""The machine room: all an administrator should know now, read from the database; only broker and disk are asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from config import Config
from portal import breaker, clock
from portal.coverage.setting_aside import CORE
from portal.installation import fund
from portal.machine import queries
from portal.machine.ground_lines import broker_line, disk_lines, version_line
from portal.machine.job_lines import JobLine, job_lines
from portal.machine.leaving_lines import (
    CoreState,
    core_line,
    gateway_line,
    mail_line,
    queue_lines,
    scanner_line,
    work_line,
)
from portal.machine.metrics import BOUNDED
from portal.machine.worker_lines import worker_lines
from portal.opening.check import Check, Standing
from portal.opening.machine_checks import backup, restore_tried
from portal.words import Words, _


@dataclass(frozen=True, slots=True)
class Part:
    """Lines about one thing."""

    title: Words
    lines: Sequence[Check]


@dataclass(frozen=True, slots=True)
class Room:
    """Everything there is to see."""

    parts: Sequence[Part]
    jobs: Sequence[JobLine]

    @property
    def urgent(self) -> list[Words]:
        """The titles of the lines that want somebody now."""
        lines: list[Check | JobLine] = [line for part in self.parts for line in part.lines]
        return [line.title for line in (*lines, *self.jobs) if line.standing is Standing.MISSING]


def look(session: Session, config: Config, timezone: str) -> Room:
    """How everything stands.  Some fifteen short statements, each with a deadline of its own."""
    session.execute(BOUNDED)
    at = clock.real_now()
    parts = [
        Part(_("Who works"), [*worker_lines(queries.beats(session), at=at), broker_line(config)]),
        Part(_("What leaves"), _leaving(session, config, at)),
        Part(_("What it stands on"), _ground(session, config, at)),
    ]
    return Room(parts, list(job_lines(queries.jobs(session), timezone, at=at)))


def _leaving(session: Session, config: Config, at: datetime) -> list[Check]:
    seen = queries.sightings(session)
    core = CoreState(breaker.state(session, CORE), queries.compared_at(session), queries.differences(session))
    waiting, since = queries.oldest_work(session)
    return [
        core_line(config, core, seen, at=at),
        mail_line(config, queries.last_mail(session), seen, at=at),
        scanner_line(config, seen, at=at),
        *([gateway_line(config, seen, at=at)] if fund().gateway else []),
        *queue_lines(queries.waiting(session), now=clock.now()),
        work_line(waiting, since, at=at),
    ]


def _ground(session: Session, config: Config, at: datetime) -> list[Check]:
    return [
        *disk_lines(config, queries.database_bytes(session)),
        backup(session, at=at),
        restore_tried(session, at=at),
        version_line(queries.version(session)),
    ]
