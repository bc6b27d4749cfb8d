"""The portal's waiting times, made short: what takes minutes in a fund takes seconds here, in the same proportions."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

#: Seconds: a lease, the bound of one exchange with the core (a quarter of a lease at most), a hard limit of one job.
LEASE, TIMEOUT, JOB = 6.0, 1.2, 30


def apply() -> None:
    """Shorten them in this process, before the portal's programs are loaded."""
    from portal import breaker, outbox, pdf
    from portal.coverage.core_client import Core
    from portal.gateway import billing
    from portal.gateway.providers import line
    from portal.jobs import celery_app, tasks
    from portal.tabular import apart

    outbox.LEASE = timedelta(seconds=LEASE)
    outbox.FIRST_WAIT, outbox.LONGEST_WAIT = timedelta(seconds=0.1), timedelta(seconds=2)
    breaker.PROBE_EVERY, breaker.PROBE_TAKES = timedelta(seconds=1), timedelta(seconds=LEASE)
    line.PATIENCE = TIMEOUT
    billing.FIRST_ENQUIRY, billing.LONGEST_WAIT = timedelta(seconds=0.5), timedelta(seconds=3)
    tasks.Core = partial(Core, timeout=TIMEOUT, patience=1)  # type: ignore[attr-defined,misc]
    tasks.NO_LONGER = 5
    celery_app.TIMETABLE["send what is waiting"]["schedule"] = 1.0
    celery_app.TIMETABLE["audit log"]["schedule"] = 3.0
    celery_app.SETTINGS["task_time_limit"] = JOB
    celery_app.SETTINGS["broker_transport_options"]["visibility_timeout"] = 5
    pdf.warm = apart.warm = lambda: None  # nobody draws or uploads here: two cores have other work
