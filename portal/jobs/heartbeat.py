"""
That somebody is there to do the work: each worker, and the timetable, writes so twice a minute.

On a connection of its own, opened and closed each time: nothing a forked child could inherit, and a pool that is used
up does not make a living worker look dead.
"""

from __future__ import annotations

import logging
import math
import os
import socket
import time
from typing import Any

import psycopg
from celery import bootsteps
from celery.beat import PersistentScheduler

from portal import clock, db

log = logging.getLogger("portal.jobs")

#: Seconds between two beats.
EVERY = 30
WORKER, TIMETABLE = "worker", "timetable"
#: Who was not heard of for so long is forgotten.
FORGET = "7 days"
_BEAT = """
INSERT INTO heartbeat (what, name, at) VALUES (%s, %s, %s) ON CONFLICT (what, name) DO UPDATE SET at = excluded.at
"""
_SWEEP = "DELETE FROM heartbeat WHERE at < %s - CAST(%s AS interval)"


def beat(what: str) -> None:
    """Write that this process is there.  Waits two seconds at most for a database; one that is away is no failure."""
    now, name = clock.real_now(), f"{socket.gethostname()}/{os.getpid()}"
    address = db.plain(db.engine().url.render_as_string(hide_password=False))
    try:
        with psycopg.connect(address, connect_timeout=2, options="-c statement_timeout=2000") as connection:
            connection.execute(_BEAT, (what, name, now))
            connection.execute(_SWEEP, (now, FORGET))
    except psycopg.Error as failure:
        log.warning("no heartbeat: %s", failure)


class OfWorker(bootsteps.StartStopStep):
    """
    Beats from the loop in which a worker takes its jobs, while it has its broker: one that hangs does not beat.

    A part of the loop, and not a timer set once: the loop forgets its timers when the broker was away.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)
    timer: Any = None

    def start(self, consumer: Any) -> None:
        """The worker takes jobs from now on."""
        beat(WORKER)
        self.timer = consumer.timer.call_repeatedly(EVERY, beat, (WORKER,))

    def stop(self, consumer: Any) -> None:
        """It takes no more."""
        if self.timer is not None:
            self.timer.cancel()


class Timetable(PersistentScheduler):
    """Celery's timetable, which beats as it looks what is due."""

    _beaten = -math.inf

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Look what is due; the seconds until the next look."""
        if time.monotonic() - self._beaten >= EVERY:
            self._beaten = time.monotonic()
            beat(TIMETABLE)
        return super().tick(*args, **kwargs)
