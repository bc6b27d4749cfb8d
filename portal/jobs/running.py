"""How each job goes, written down as it begins and as it ends: a job that was killed has begun and never ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import clock, db, tally
from portal.jobs.models import JobState, Tally
from portal.logs import note

log = logging.getLogger("portal.jobs")

#: A job that did nothing and took no longer is not worth a line: one runs every ten seconds.
QUIET_MS = 1000


def name_of(task: str) -> str:
    """How a task is called here: without the place of its module."""
    return task.rpartition(".")[2]


@contextmanager
def noted(task: str) -> Iterator[None]:
    """In here a job runs.  What cannot be noted, because the database is away, does not keep it from running."""
    job, began, problem = name_of(task), time.perf_counter(), ""
    _write(lambda session: _begun(session, job))
    try:
        yield
    except BaseException as failure:
        problem = type(failure).__name__
        raise
    finally:
        milliseconds, counts = round((time.perf_counter() - began) * 1000), tally.take()
        _write(lambda session: _ended(session, job, milliseconds, problem, counts))
        loud = problem or counts or milliseconds > QUIET_MS
        level = logging.ERROR if problem else logging.INFO if loud else logging.DEBUG
        note(log, "job", level, job=job, ms=milliseconds, outcome=problem or "done", **_plain(counts))


def _plain(counts: dict[str, int]) -> dict[str, object]:
    return {name.replace("/", "_"): number for name, number in counts.items()}


def _write(step: object) -> None:
    assert callable(step)
    try:
        with db.writing() as session:
            step(session)
    except SQLAlchemyError as failure:
        log.warning("a job could not be noted: %s", failure)


def _begun(session: Session, job: str) -> None:
    now = clock.real_now()
    row = {"job": job, "started_at": now, "problem": "", "milliseconds": 0, "runs": 0, "failures": 0,
           "total_milliseconds": 0}  # fmt: skip
    statement = insert(JobState).values(row)
    session.execute(statement.on_conflict_do_update(index_elements=[JobState.job], set_={"started_at": now}))


def _ended(session: Session, job: str, milliseconds: int, problem: str, counts: dict[str, int]) -> None:
    now = clock.real_now()
    row = {
        "job": job, "started_at": now, "ended_at": now, "problem": problem, "milliseconds": milliseconds, "runs": 1,
        "failures": int(bool(problem)), "total_milliseconds": milliseconds,
    }  # fmt: skip
    statement = insert(JobState).values(row)
    added = {
        "ended_at": now, "problem": problem, "milliseconds": milliseconds, "runs": JobState.runs + 1,
        "failures": JobState.failures + row["failures"],
        "total_milliseconds": JobState.total_milliseconds + milliseconds,
    }  # fmt: skip
    session.execute(statement.on_conflict_do_update(index_elements=[JobState.job], set_=added))
    if counts:
        rows = insert(Tally).values([{"name": name, "total": number} for name, number in sorted(counts.items())])
        more = {"total": Tally.total + rows.excluded.total}
        session.execute(rows.on_conflict_do_update(index_elements=[Tally.name], set_=more))
