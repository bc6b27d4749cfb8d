"""Whether what the portal stands on is there: database, version of its tables, broker, room on the disk, workers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import Config
from portal import clock, db, migrate
from portal.jobs.heartbeat import TIMETABLE, WORKER
from portal.machine.within import within

#: Seconds until everything must have answered.
DEADLINE = 2.0
#: The same for the broker alone.
BROKER_ANSWERS = 1.0
#: Who was not heard of for so long is not there.
SILENT = timedelta(minutes=3)
#: Bytes that must be free where the portal writes: an upload, its log and what it unpacks.
LEAST_FREE = 200 * 1024 * 1024
_FACTS = """
SELECT (SELECT version_num FROM alembic_version), (SELECT max(at) FROM heartbeat WHERE what = %s),
       (SELECT max(at) FROM heartbeat WHERE what = %s)
"""

Facts = dict[str, bool]
#: Without one of these no page can be served, or nothing it promises is done.
NEEDED = ("database", "migration", "broker", "disk")


def look(config: Config) -> Facts:
    """How everything stands, within `DEADLINE`: database, migration, broker, disk, worker, timetable."""
    looks: dict[str, Callable[[], Facts]] = {
        "database": of_database,
        "broker": partial(of_broker, config.redis_url),
        "disk": lambda: {"disk": shutil.disk_usage(config.var).free >= LEAST_FREE},
    }
    facts = dict.fromkeys((*NEEDED, WORKER, TIMETABLE), False)
    for found in within(DEADLINE, looks).values():
        facts |= found or {}
    return facts


def of_database() -> Facts:
    """Whether it answers, is of this code's version, and has lately heard of a worker and of the timetable."""
    address = db.plain(db.engine().url.render_as_string(hide_password=False))
    # A connection of its own: a pool that is used up says nothing about the database.
    with psycopg.connect(address, connect_timeout=2, options="-c statement_timeout=1500") as connection:
        row = connection.execute(_FACTS, (WORKER, TIMETABLE)).fetchone()
    assert row is not None
    version, worker, timetable = row
    since = clock.real_now() - SILENT
    return {
        "database": True,
        "migration": version == migrate.head(),
        WORKER: worker is not None and worker >= since,
        TIMETABLE: timetable is not None and timetable >= since,
    }


def of_broker(url: str) -> Facts:
    """Whether the broker answers; asked once, without trying again."""
    if not url:
        return {"broker": False}
    client = redis.Redis.from_url(
        url, socket_connect_timeout=BROKER_ANSWERS, socket_timeout=BROKER_ANSWERS, retry=Retry(NoBackoff(), 0)
    )
    try:
        return {"broker": bool(client.ping())}
    finally:
        client.close()
