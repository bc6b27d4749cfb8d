"""Once a day the core is read back and compared, month by month; tried every hour until it is done."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from portal import clock, db
from portal.coverage import comparing, findings
from portal.coverage.core_client import Core, CoreUnavailable
from portal.coverage.findings import JOB
from portal.jobs.models import JobRun


def compare_once(core: Core, day: date) -> JobRun | None:
    """
    Compare all months that are not over on *day*, unless it was done that day; the run, or None.

    A core that goes away half-way leaves a run without an end: what was compared by then stands, and the next hour
    begins anew.
    """
    started = clock.real_now()
    with db.writing() as session:
        ended = (JobRun.job == JOB, JobRun.day == day, JobRun.finished_at.is_not(None))
        if session.scalar(select(JobRun.id).where(*ended).limit(1)) is not None:
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


def _noted(run: JobRun, result: dict[str, int], problem: str) -> JobRun:
    with db.writing() as session:
        stored = session.get_one(JobRun, run.id)
        stored.result = {**result, "problem": problem} if problem else dict(result)
        stored.finished_at = None if problem else clock.real_now()
    return stored
