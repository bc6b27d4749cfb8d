"""What seeing inside costs a request, and how fast the machine room and ``/ready`` answer."""

from __future__ import annotations

import gc
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

from bench import Measure
from config import ROOT

#: Rounds with and without, one after the other, and requests in each.
ROUNDS, REQUESTS = 60, 20
#: A page without a statement, and one with some.
PAGES = ("/fund.css", "/sign-in")


def measures() -> list[Measure]:
    """
    In a process of its own: the library decides when it is first imported how several processes share figures.

    Microseconds a request: reference, log line as JSON, and figures kept in files, as under gunicorn.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": folder}
        done = subprocess.run([sys.executable, "-m", "bench.inside"], cwd=ROOT, env=environment, check=True,
                              capture_output=True, text=True)  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    costs = [Measure(f"seeing inside, what it adds to {page}", found[page], 300, "µs") for page in PAGES]
    return [
        *costs,
        Measure("the machine room, 20,000 messages waiting, median", found["room"], 80),
        Measure("/ready, median", found["ready"], 100),
    ]


def measured() -> dict[str, int]:
    """Everything, by its name."""
    from bench._stage import middle, milliseconds, stage
    from portal import clock, db, logs, outbox
    from portal.auth.models import FundRoleName
    from portal.machine import probes
    from tests.factories import make_officer, sign_in

    with stage() as app, open(os.devnull, "w") as nowhere:
        logs.set_up(production=True, stream=nowhere)
        client = app.test_client()
        found = {page: _added(app, lambda page=page: client.get(page)) for page in PAGES}  # type: ignore[misc]
        with db.writing() as session:
            account = make_officer(session, FundRoleName.SYSTEM_ADMINISTRATOR)
            waiting = [(f"m/{number}", dict[str, object]()) for number in range(20_000)]
            for start in range(0, len(waiting), 5000):
                outbox.put_many(session, "mail", waiting[start : start + 5000], at=clock.now())
        sign_in(client, account)
        client.get("/fund/machine")
        found["room"] = middle([milliseconds(lambda: client.get("/fund/machine")) for _time in range(15)])
        probes.GOOD_FOR = 0.0
        found["ready"] = middle([milliseconds(lambda: client.get("/ready")) for _time in range(15)])
        logging.getLogger().handlers = []
    return found


def _added(app: object, ask: Callable[[], object]) -> int:
    """Microseconds a request takes more with everything on: the median of rounds with, less that of rounds without."""
    with_it, without = [], []
    for _round in range(ROUNDS):
        with_it.append(_one(ask))
        with _off(app):
            without.append(_one(ask))
    return round((median(with_it) - median(without)) / 1000)


def _one(ask: Callable[[], object]) -> float:
    """Nanoseconds of the processor a request: what else the machine does stays out of it."""
    gc.collect()
    began = time.process_time_ns()
    for _time in range(REQUESTS):
        ask()
    return (time.process_time_ns() - began) / REQUESTS


@contextmanager
def _off(app: object) -> Iterator[None]:
    """In here nothing is noted of a request."""
    from flask import Flask, request_finished
    from sqlalchemy import Engine, event

    from portal.web import metering

    assert isinstance(app, Flask)
    before, after = app.before_request_funcs[None], app.after_request_funcs[None]
    kept = before.copy(), after.copy()
    before.remove(metering._begin)
    after.remove(metering._say_reference)
    request_finished.disconnect(metering._finished, app)
    ends = app.teardown_request_funcs[None]
    ends.remove(metering._over)
    event.remove(Engine, "before_cursor_execute", metering._one_more)
    try:
        yield
    finally:
        before[:], after[:] = kept
        ends.append(metering._over)
        request_finished.connect(metering._finished, app)
        event.listen(Engine, "before_cursor_execute", metering._one_more)


if __name__ == "__main__":
    print(json.dumps(measured()))
