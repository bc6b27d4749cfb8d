"""
Figures for Prometheus: requests from the web processes of this machine, everything else from the database.

What stands in the database is the same whichever process answers, survives every start and covers all workers.  No
figure carries a person, an employer or an address: only rules, topics, names of jobs.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest, values
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from config import Config
from portal import db
from portal.machine import queries

log = logging.getLogger("portal.machine")

#: No statement may take longer: a scrape that hangs helps nobody.
BOUNDED = text("SET LOCAL statement_timeout = '2s'")


def written(config: Config) -> bytes:
    """All figures, in the text format."""
    registry = CollectorRegistry()
    registry.register(FromDatabase(config))
    return generate_latest(_of_requests()) + generate_latest(registry)


def _of_requests() -> CollectorRegistry:
    """Of all web processes of this machine where they share a folder, else of this one."""
    if not getattr(values.ValueClass, "_multiprocess", False):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's
    return registry


class FromDatabase:
    """What the database tells; without it, only that it does not answer."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def collect(self) -> Iterator[Metric]:
        """Every family of figures.  Prometheus' own library calls it."""
        yield gauge("portal_disk_free_bytes", "Free where the portal keeps its files", [((), _free(self.config))])
        found: list[Metric] = []
        try:
            with db.reading() as session:
                session.execute(BOUNDED)
                found += list(_families(session))
        except SQLAlchemyError as failure:
            log.warning("no figures from the database: %s", failure)
        yield gauge("portal_database_up", "Whether the database told all it was asked", [((), int(bool(found)))])
        yield from found


def _free(config: Config) -> int:
    return shutil.disk_usage(config.var).free


def _families(session: Session) -> Iterator[Metric]:
    yield from _messages(session)
    yield from _jobs(session)
    yield from _outside(session)
    yield counter("portal_documents", "Numbered documents given out", queries.documents(session), "series")
    yield gauge("portal_bank_entries_unmatched", "Entries of which nobody decided yet whose they are",
                [((), queries.unmatched(session))])  # fmt: skip
    yield gauge("portal_work_open", "Long work asked for and not done", queries.open_work(session), "state")
    yield gauge("portal_database_bytes", "Size of the database", [((), queries.database_bytes(session))])
    yield gauge("portal_last_timestamp_seconds", "When it was last done: the night, the comparison with the core, "
                "a backup made, a restore tried", queries.last_times(session), "what")  # fmt: skip


def _messages(session: Session) -> Iterator[Metric]:
    waiting = queries.waiting(session)
    yield gauge("portal_outbox_messages", "Messages that wait, are being sent, or are set aside",
                [((one.topic, one.state), one.messages) for one in waiting], "topic", "state")  # fmt: skip
    yield gauge("portal_outbox_oldest_seconds", "Age of the oldest message that waits or is being sent",
                queries.oldest(waiting), "topic")  # fmt: skip
    yield counter("portal_tally", "What the workers did: messages by topic and outcome, exchanges with the core",
                  queries.tallies(session), "what")  # fmt: skip


def _jobs(session: Session) -> Iterator[Metric]:
    states = queries.jobs(session)
    runs = [((one.job, "done"), one.runs - one.failures) for one in states]
    runs += [((one.job, "failed"), one.failures) for one in states]
    yield counter("portal_job_runs", "Runs of each job by how they ended", runs, "job", "outcome")
    yield counter("portal_job_milliseconds", "What the runs of each job took together",
                  [((one.job,), one.total_milliseconds) for one in states], "job")  # fmt: skip
    yield gauge("portal_job_last_end_timestamp_seconds", "When each job last came to its end",
                [((one.job,), one.ended_at.timestamp()) for one in states if one.ended_at], "job")  # fmt: skip
    yield gauge("portal_heartbeat_age_seconds", "Since a worker, and the timetable, was last heard of",
                queries.silence(session), "what")  # fmt: skip


def _outside(session: Session) -> Iterator[Metric]:
    breakers = queries.breakers(session)
    yield gauge("portal_breaker_open", "1 while something outside does not answer and is left alone",
                [((one.name,), int(one.open_since is not None)) for one in breakers], "name")  # fmt: skip
    yield gauge("portal_breaker_failures", "Failures in a row of something outside",
                [((one.name,), one.failures) for one in breakers], "name")  # fmt: skip
    yield gauge("portal_core_differences", "Person-months of which the core says something else",
                [((), queries.differences(session))])  # fmt: skip


Samples = Iterable[tuple[tuple[str, ...], float]]


def gauge(name: str, meaning: str, samples: Samples, *labels: str) -> Metric:
    """A figure that goes up and down."""
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for labelled, number in samples:
        family.add_metric(labelled, number)
    return family


def counter(name: str, meaning: str, samples: Samples, *labels: str) -> Metric:
    """A figure that only grows; its name is told with ``_total`` behind it."""
    family = CounterMetricFamily(name, meaning, labels=labels)
    for labelled, number in samples:
        family.add_metric(labelled, number)
    return family
