"""Once a day, or when somebody asks, the core is read back and compared, month by month; tried each hour until done."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal import clock, db
from portal.coverage import comparing, findings
from portal.coverage.core_client import Core, CoreUnavailable
from portal.coverage.findings import ASKED, JOB
from portal.jobs.models import JobRun

#: Whoever began so long ago and has neither ended nor said why, is gone.
AT_IT = timedelta(minutes=30)
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('core compared', 0))")


def compare_once(core: Core, day: date) -> JobRun | None:
    """
    Compare all months that are not over on *day*; the run.  None where that day's is done and nobody asked for
    another since, or where a worker is at it.

    A core that goes away half-way leaves a run without an end: what was compared by then stands, and the next hour
    begins anew.
    """
    started = clock.real_now()
    with db.writing() as session:
        session.execute(ONE_AT_A_TIME)
        if _is_done(session, day) or _is_going_on(session, started):
            return None
        run = JobRun(job=JOB, day=day, started_at=started)
        session.add(run)
    result = {"differ": 0, "wait": 0, "gone": 0}
    problem = ""
    try:
        with db.reading() as session:
            months = comparing.months_since(session, day)
        for scheme, month in months:
            with db.reading() as session:
                found = comparing.compare(session, core, scheme, month)
            with db.writing() as session:
                kept = findings.keep(session, scheme, month, found, at=clock.now())
            result = {
                "differ": result["differ"] + kept.differ,
                "wait": result["wait"] + kept.wait,
                "gone": result["gone"] + kept.gone,
            }
    except CoreUnavailable as lost:
        problem = str(lost.words)
    return _noted(run, result, problem)


def is_asked() -> bool:
    """Whether somebody asked for a comparison that no worker has begun yet."""
    with db.reading() as session:
        return findings.is_asked(session)


def _is_done(session: Session, day: date) -> bool:
    """Whether the day's comparison came to its end after the last time somebody asked for one."""
    asked = select(func.coalesce(func.max(JobRun.id), 0)).where(JobRun.job == ASKED).scalar_subquery()
    ended = (JobRun.job == JOB, JobRun.day == day, JobRun.finished_at.is_not(None), JobRun.id > asked)
    return session.scalar(select(JobRun.id).where(*ended).limit(1)) is not None


def _is_going_on(session: Session, now: datetime) -> bool:
    latest = session.scalar(select(JobRun).where(JobRun.job == JOB).order_by(JobRun.id.desc()).limit(1))
    if latest is None or latest.finished_at is not None or latest.result.get("problem"):
        return False
    return latest.started_at > now - AT_IT


def _noted(run: JobRun, result: dict[str, int], problem: str) -> JobRun:
    with db.writing() as session:
        stored = session.get_one(JobRun, run.id)
        stored.result = {**result, "problem": problem} if problem else dict(result)
        stored.finished_at = None if problem else clock.real_now()
    return stored
