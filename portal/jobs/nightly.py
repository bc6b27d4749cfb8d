"""What happens at night: each employer's late charges, one employer a transaction, safe to repeat and to kill."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, db, outbox
from portal.contributions.reviewing import service as reviewing
from portal.gateway import billing
from portal.jobs import notifying
from portal.jobs.models import JobRun
from portal.ledger import arrears
from portal.ledger.models import Charge
from portal.payments import settlement

log = logging.getLogger("portal.jobs")

#: Employers a task: a killed task repeats no more than this.
CHUNK = 200
#: The name under which a night's beginning is noted.
NIGHT = "tonight"


def employers_with_charges(session: Session) -> list[int]:
    """Everyone who may owe something, in order."""
    return list(session.scalars(select(Charge.employer_id).distinct().order_by(Charge.employer_id)))


def begin(day: date) -> list[int]:
    """Note that the night's work began, even where nobody owes anything yet; gives `employers_with_charges`."""
    now = clock.real_now()
    with db.writing() as session:
        employers = employers_with_charges(session)
        nothing = {"employers": len(employers), "charges": 0, "amounts": {}}
        session.add(JobRun(job=NIGHT, day=day, started_at=now, finished_at=now, result=nothing))
    return employers


def is_missing(session: Session, day: date) -> bool:
    """
    Whether the night before *day* was not begun, or parts of it never came to their end.

    A part is an empty message until a worker takes it: a broker that loses all it had loses the rest of the night.
    """
    nights = select(JobRun.result).where(JobRun.job == NIGHT, JobRun.day == day).order_by(JobRun.id.desc()).limit(1)
    begun = session.scalar(nights)
    if begun is None:
        return True
    ended = (JobRun.job == "arrears", JobRun.day == day, JobRun.finished_at.is_not(None))
    done = sum(run["employers"] for run in session.scalars(select(JobRun.result).where(*ended)))
    return done < int(begun["employers"])


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
    amounts: Counter[str] = Counter()
    charges = 0
    for employer in employers:
        with db.writing() as session:
            done = arrears.accrue(session, employer, on=day, at=clock.now())
            settlement.settle_account(session, employer, at=clock.now())
            # A late charge that went, or credit, may have left nothing to pay.
            billing.withdraw_paid(session, employer, clock.now())
            notifying.late_charges(session, employer, done, day, at=clock.now())
        amounts.update(done.amounts)
        charges += done.charges
    return _finish(run, clock.real_now(), {"employers": len(employers), "charges": charges, "amounts": amounts})


def settle_one() -> bool:
    """
    Settle the account of the employer who declared first among those who wait; False when none does.

    Money that was there before may settle what was declared, and cover follows.  Then the rules look at what was
    declared: what seems odd waits for an officer.
    """
    with db.writing() as session:
        message = outbox.claim(session, "settle", at=clock.real_now())
    if message is None:
        return False
    problem = ""
    try:
        with db.writing() as session:
            settlement.settle_account(session, message.employer_id or 0, at=clock.now())
            billing.withdraw_paid(session, message.employer_id or 0, clock.now())
        with db.writing() as session:
            reviewing.look(session, UUID(message.name.removeprefix("settle/")), at=clock.now())
    except Exception as failure:  # one employer's trouble must not keep the others waiting
        log.exception("account of employer %s not settled", message.employer_id)
        problem = type(failure).__name__
    with db.writing() as session:
        held = outbox.still_leased(session, message.effect, message.attempts)
        if held is not None and problem:
            outbox.again(held, problem, at=clock.real_now())
        elif held is not None:
            outbox.done(session, held, at=clock.real_now())
    return True


def _finish(run: JobRun, at: datetime, result: dict[str, Any]) -> JobRun:
    with db.writing() as session:
        stored = session.get_one(JobRun, run.id)
        stored.finished_at, stored.result = at, result
    return stored
