"""What happens at night: each employer's late charges, one employer a transaction, safe to repeat and to kill."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, db
from portal.coverage.models import PaidMonth
from portal.installation import packs
from portal.jobs.models import JobRun
from portal.ledger import arrears
from portal.ledger.models import Charge
from portal.payments import settlement

#: Employers a task: a killed task repeats no more than this.
CHUNK = 200


def employers_with_charges(session: Session) -> list[int]:
    """Everyone who may owe something, in order."""
    return list(session.scalars(select(Charge.employer_id).distinct().order_by(Charge.employer_id)))


def chunks(employers: list[int]) -> list[list[int]]:
    """Parts of a night's work, each for one task."""
    return [employers[start : start + CHUNK] for start in range(0, len(employers), CHUNK)]


def accrue(employers: list[int], day: date) -> JobRun:
    """
    Post what the rule says is owed late on *day* (inclusive) and is not posted yet, employer by employer.

    Each employer is a transaction of its own: one that fails does not hold back the others, and
    what is done stays done when the job is killed.
    """
    with db.writing() as session:
        run = JobRun(job="arrears", day=day, part=f"{employers[0]}-{employers[-1]}", started_at=clock.real_now())
        session.add(run)
    posted, charges = 0, 0
    for employer in employers:
        with db.writing() as session:
            done = arrears.accrue(session, employer, on=day, at=clock.now())
            _catch_up(session, employer)
        posted += done.posted
        charges += done.charges
    return _finish(run, clock.real_now(), {"employers": len(employers), "charges": charges, "posted": posted})


def _catch_up(session: Session, employer: int) -> None:
    """
    Let money that waited settle what was declared since, and cover follow what is paid now.

    A payment does this at once; a declaration, a revision or a lower charge is followed here.
    """
    for scheme in packs():
        noted = select(PaidMonth.month).where(PaidMonth.employer_id == employer, PaidMonth.scheme == scheme)
        before = frozenset(session.scalars(noted.distinct()))
        reason = "the charge is no longer paid in full"
        settlement.settle(session, employer, scheme, before=before, at=clock.now(), reason=reason)


def _finish(run: JobRun, at: datetime, result: dict[str, int]) -> JobRun:
    with db.writing() as session:
        stored = session.get_one(JobRun, run.id)
        stored.finished_at, stored.result = at, result
    return stored
