"""Telling people: finding the readers of what was told, and what the day itself tells."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config import Config
from portal import clock, db
from portal.approvals import Approval
from portal.installation import fund
from portal.jobs import reminders
from portal.jobs.models import JobRun
from portal.ledger.arrears import Accrued
from portal.notices import addressing, deliveries
from portal.notices import service as notices
from portal.notices.kinds import Kind
from portal.words import Amount, _n

#: How the day's telling stands in the list of jobs.
JOB = "telling"


def address(config: Config) -> bool:
    """Find the readers of the oldest notices that wait for it; False when none does."""
    with db.writing() as session:
        return bool(addressing.address_some(session, at=clock.now(), sms=config.sms_folder is not None))


def tell_the_day(day: date) -> JobRun:
    """Remind everybody of what *day* asks for, and the fund's people of what waits.  Again: nothing more."""
    with db.writing() as session:
        at, started = clock.now(), clock.real_now()
        told = reminders.remind(session, day, at=at) + _approvals(session, day, at)
        run = JobRun(job=JOB, day=day, started_at=started, finished_at=clock.real_now(), result={"notices": told})
        session.add(run)
    return run


def is_missing(session: Session, day: date) -> bool:
    """Whether nobody was told yet what *day* asks for."""
    told = (JobRun.job == JOB, JobRun.day == day, JobRun.finished_at.is_not(None))
    return session.scalar(select(JobRun.id).where(*told).limit(1)) is None


def send_digests() -> None:
    """One mail for each who wants a summary of the day."""
    with db.writing() as session:
        deliveries.make_digests(session, at=clock.now())


def late_charges(session: Session, employer: int, done: Accrued, day: date, *, at: datetime) -> None:
    """Tell an employer what the night added to its account, each currency by itself."""
    for currency, minor in sorted(done.amounts.items()):
        if minor > 0:
            notices.tell(
                session, Kind.LATE_CHARGES, name=f"{employer}/{day}/{currency}", at=at, employer=employer, day=day,
                amount=Amount(minor, currency),
            )  # fmt: skip


def _approvals(session: Session, day: date, at: datetime) -> int:
    """Once a day, how many requests wait for a second person."""
    waiting, oldest = session.execute(
        select(func.count(), func.min(Approval.asked_at)).where(Approval.decision.is_(None))
    ).one()
    if not waiting:
        return 0
    words = _n(
        "%(n)s request waits since %(day)s.", "%(n)s requests wait, the oldest since %(day)s.", waiting,
        day=oldest.astimezone(ZoneInfo(fund().timezone)).date(),
    )  # fmt: skip
    return notices.tell_many(session, [notices.Telling(Kind.APPROVALS_WAITING, str(day), {"waiting": words})], at=at)
