"""Who does the work: workers and the timetable, by when they were last heard of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from portal.jobs.heartbeat import TIMETABLE, WORKER
from portal.jobs.models import Heartbeat
from portal.machine.looks import SILENT
from portal.opening.check import Check, done, look, missing
from portal.words import Words, _, _n

#: Two beats and a little: who is heard of within it is there now.
JUST_NOW = timedelta(seconds=70)


def worker_lines(beats: Sequence[Heartbeat], *, at: datetime) -> Iterator[Check]:
    """A line for the workers and one for the timetable.  *at* is the real time."""
    yield _workers([one.at for one in beats if one.what == WORKER], at)
    yield _timetable([one.at for one in beats if one.what == TIMETABLE], at)


def _workers(heard: Sequence[datetime], at: datetime) -> Check:
    title, there = _("Worker"), sum(at - one < SILENT for one in heard)
    if there:
        words = _n("%(n)s worker was heard of in the last three minutes.",
                   "%(n)s workers were heard of in the last three minutes.", there)  # fmt: skip
        return done("worker", title, words)
    to_do = _("Start it (celery -A wsgi:celery worker); the end of its log says why it ended. Nothing is lost: mail, "
              "letters, the core and the night wait.")  # fmt: skip
    return missing("worker", title, _silent(heard), to_do)


def _timetable(heard: Sequence[datetime], at: datetime) -> Check:
    title = _("Timetable")
    if not any(at - one < SILENT for one in heard):
        to_do = _("Start one worker with -B, or celery -A wsgi:celery beat. Without it nothing happens at night, and "
                  "what waits is sent only when somebody clicks.")  # fmt: skip
        return missing("timetable", title, _silent(heard), to_do)
    if sum(at - one < JUST_NOW for one in heard) > 1:
        words = _("More than one runs, so each job is begun more than once. That does no harm, and is no use.")
        return look("timetable", title, words, _("Leave -B with one worker only."))
    return done("timetable", title, _("It was heard of in the last three minutes."))


def _silent(heard: Sequence[datetime]) -> Words:
    if not heard:
        return _("Nobody was heard of in the last seven days.")
    return _("Nobody was heard of since %(at)s.", at=max(heard))
