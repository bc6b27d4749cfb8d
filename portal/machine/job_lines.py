"""The jobs of the timetable: what each is for, how it went, when it is due again, and what to do when it did not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.jobs.celery_app import TIMETABLE
from portal.jobs.models import JobState
from portal.jobs.running import name_of
from portal.opening.check import Standing
from portal.words import Words, _

#: So much later than it was due, a job is late: workers may be busy.
GRACE = timedelta(minutes=5)
#: No job may take longer; Celery ends one that does.
LONGEST = timedelta(minutes=5)
#: What each job is called here, and what it is for.
NAMES: dict[str, tuple[Words, Words]] = {
    "send_waiting": (_("Send what waits"), _("Mail, letters, what the core must hear; settles accounts.")),
    "tonight": (_("The night"), _("Late charges of every employer.")),
    "seal_audit": (_("Seal the log"), _("Chains what was written to the audit log, so that a change shows.")),
    "compare_gateway": (
        _("Compare with the gateway"), _("The last days beside the payment gateway's lists, and what it paid out."),
    ),
    "tell_the_day": (_("Reminders of the day"), _("Tells employers and the fund what the day asks of them.")),
    "send_digests": (_("Summaries of the day"), _("One mail for each who asked for a summary.")),
    "catch_up": (_("Catch up"), _("Does what the night or the morning should have done and did not.")),
    "compare_core": (_("Read the core back"), _("Compares once a day whom the core covers with who is paid for.")),
    "look_around": (
        _("Look around"),
        _("Asks the core, the mail server and the virus scanner whether they are there."),
    ),
    "sweep": (_("Clear away"), _("Removes visits that ended and what long work left behind.")),
}  # fmt: skip
LOG = _("The worker's log has a line with this job's name, and where in the program it failed.")
WORKER = _("See above whether the worker and the timetable are there.")


@dataclass(frozen=True, slots=True)
class JobLine:
    """
    One job; *started_at* and *milliseconds* are None when it never ran.

    *found* says how it stands, *to_do* what to do about it.
    """

    title: Words
    meaning: Words
    started_at: datetime | None
    milliseconds: int | None
    next_at: datetime
    standing: Standing
    found: Words
    to_do: Words | None = None


def job_lines(states: Sequence[JobState], timezone: str, *, at: datetime) -> Iterator[JobLine]:
    """Every job of the timetable, in its order.  *at* is the real time."""
    known = {state.job: state for state in states}
    for entry in TIMETABLE.values():
        job = name_of(entry["task"])
        state = known.get(job)
        due = due_after(entry["schedule"], state.started_at if state else at, timezone)
        standing, found, to_do = _standing(state, due, at)
        title, meaning = NAMES.get(job, (Words(job), _("A job of this installation.")))
        began, took = (state.started_at, state.milliseconds) if state else (None, None)
        yield JobLine(title, meaning, began, took, max(due, at), standing, found, to_do)


def due_after(schedule: Any, last: datetime, timezone: str) -> datetime:
    """When a job that began at *last* is due again, by the timetable in the fund's *timezone*."""
    if not hasattr(schedule, "remaining_delta"):
        return last + timedelta(seconds=schedule)
    began, wait, _now = schedule.remaining_delta(last, tz=ZoneInfo(timezone))
    due: datetime = began + wait
    return due


def _standing(state: JobState | None, due: datetime, at: datetime) -> tuple[Standing, Words, Words | None]:
    if state is None:
        return Standing.DONE, _("It never ran yet."), None
    if state.ended_at is None or state.ended_at < state.started_at:
        if at - state.started_at > LONGEST:
            return Standing.MISSING, _("It began and never ended: whoever ran it was killed."), WORKER
        return Standing.DONE, _("It is running."), None
    if state.problem:
        return Standing.MISSING, _("It failed (%(problem)s).", problem=state.problem), LOG
    if at - due > GRACE:
        return Standing.MISSING, _("It is late."), WORKER
    return Standing.DONE, _("It went well."), None
