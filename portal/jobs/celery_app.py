"""
Celery: queues, timetable, and how a job runs.

Celery only wakes and spreads work.  What must not be lost stands in PostgreSQL (the outbox, the
book), so an empty message that is lost costs one tick of the timetable and no work.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

from celery import Celery, Task, signals
from celery.schedules import crontab
from flask import Flask

from config import Config
from portal import clock, db, logs, trace
from portal.coverage.core_check import findings
from portal.installation import fund
from portal.jobs import heartbeat, running

log = logging.getLogger("portal.jobs")

#: How the reference of a click travels with a job.
REFERENCE = "reference"


def make_celery(app: Flask, config: Config) -> Celery:
    """The Celery application of this process, whose tasks run inside *app*'s context."""

    class InApp(Task):
        """A task inside the portal's context, at the time the practice clock shows."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            reference = self.request.get(REFERENCE) or trace.current() or trace.new()
            with trace.under(reference), app.app_context(), running.noted(self.name):
                if config.practice:
                    with db.reading() as session:
                        clock.shift(db.stored_offset(session))
                return self.run(*args, **kwargs)

    celery = Celery("portal", task_cls=InApp, broker=_broker(config.redis_url), include=["portal.jobs.tasks"])
    celery.conf.update(SETTINGS)
    celery.conf.timezone = fund().timezone
    celery.conf.beat_schedule = TIMETABLE
    celery.conf.beat_scheduler = "portal.jobs.heartbeat:Timetable"
    celery.conf.beat_schedule_filename = str(config.var / "timetable")
    celery.set_default()
    db.on_wake(lambda: wake(celery))
    signals.worker_ready.connect(partial(_look_at_the_core, config), weak=False)
    signals.worker_ready.connect(partial(_look_around, celery), weak=False)
    signals.setup_logging.connect(partial(_log_as_the_portal, config), weak=False)
    celery.steps["consumer"].add(heartbeat.OfWorker)
    return celery


def _look_around(celery: Celery, **_: Any) -> None:
    """Once, when a worker starts: nobody should wait for the timetable to know what is there."""
    celery.send_task("portal.jobs.tasks.look_around")


def _log_as_the_portal(config: Config, **_: Any) -> None:
    """Instead of Celery's own lines, which repeat what a failure said."""
    logs.set_up(production=config.production)


@signals.before_task_publish.connect
def _pass_on(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """A job belongs to the click that asked for it."""
    if headers is not None and trace.current():
        headers[REFERENCE] = trace.current()


def _look_at_the_core(config: Config, **_: Any) -> None:
    """Once, when a worker starts: what an administrator must mend before the core can be told everything."""
    if config.core_url:
        for one in findings(config):
            if not one.ok:
                log.warning("the core: %s", one.words)


SETTINGS: dict[str, Any] = {
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_ignore_result": True,
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "worker_max_tasks_per_child": 500,
    "task_time_limit": 240,  # shorter than the lease of an outbox row
    "broker_connection_retry_on_startup": True,
    "worker_soft_shutdown_timeout": 10,
    "broker_transport_options": {
        "visibility_timeout": 900,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 1,
    },
    "worker_hijack_root_logger": False,
    # A wake-up that cannot be sent is not worth waiting for.
    "task_publish_retry": False,
}

TIMETABLE: dict[str, Any] = {
    "send what is waiting": {"task": "portal.jobs.tasks.send_waiting", "schedule": 10.0},
    "arrears of the night": {"task": "portal.jobs.tasks.tonight", "schedule": crontab(hour=0, minute=30)},
    "audit log": {"task": "portal.jobs.tasks.seal_audit", "schedule": 300.0},
    "days of the gateway": {"task": "portal.jobs.tasks.compare_gateway", "schedule": crontab(minute=40, hour="2-23/3")},
    "what the day asks for": {"task": "portal.jobs.tasks.tell_the_day", "schedule": crontab(hour=6, minute=0)},
    "summaries": {"task": "portal.jobs.tasks.send_digests", "schedule": crontab(hour=17, minute=0)},
    "what was lost": {"task": "portal.jobs.tasks.catch_up", "schedule": crontab(hour="8-23", minute=20)},
    "the core read back": {"task": "portal.jobs.tasks.compare_core", "schedule": crontab(minute=40)},
    "look around": {"task": "portal.jobs.tasks.look_around", "schedule": 300.0},
    "sweep": {"task": "portal.jobs.tasks.sweep", "schedule": crontab(minute=15)},
}


def wake(celery: Celery) -> None:
    """Say that something waits in the outbox.  The timetable finds it anyway if this is lost."""
    try:
        celery.send_task("portal.jobs.tasks.send_waiting")
    except Exception:
        log.warning("the broker does not answer; the timetable will find what is waiting")


def _broker(url: str) -> str:
    """
    The address as Kombu spells it: everything else here asks the Redis client.

    A socket has another name, and the number of a database stands elsewhere: ``?db=3`` would be left out at a socket
    and be a mistake at an address.
    """
    where, _, options = url.partition("?")
    given = dict(parse_qsl(options))
    number = given.pop("db", "")
    if where.startswith("unix://"):
        where = where.replace("unix://", "redis+socket://", 1)
        given |= {"virtual_host": number} if number else {}
    elif number:
        scheme, _, rest = where.partition("://")
        where = f"{scheme}://{rest.partition('/')[0]}/{number}"
    return f"{where}?{urlencode(given)}" if given else where


@signals.worker_process_init.connect
def _fresh_pool(**_: Any) -> None:
    """A forked worker must not share its parent's connections."""
    db.engine().dispose(close=False)
