"""
The three addresses that machines ask: ``/health`` (is the process there), ``/ready`` (can it work), ``/metrics``.

The first two tell strangers nothing but names and yes or no; the third answers with a token and is not there without.
"""

from __future__ import annotations

import hmac
import math
import time
from dataclasses import dataclass

from flask import Flask, abort, current_app, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST

from config import Config
from portal.machine import looks, metrics

#: An answer is good for so many seconds: however often strangers ask, each process looks once a second.
GOOD_FOR = 1.0


@dataclass
class _Last:
    at: float = -math.inf
    facts: looks.Facts | None = None


_last = _Last()


def register(app: Flask) -> None:
    """Add the addresses.  ``/healthz`` is the older name of ``/health``."""
    app.add_url_rule("/health", "health", health)
    app.add_url_rule("/healthz", "healthz", health)
    app.add_url_rule("/ready", "ready", ready)
    app.add_url_rule("/metrics", "metrics", figures)


def health() -> ResponseReturnValue:
    """The process is there and takes requests.  Looks at nothing: restarting it mends nothing but itself."""
    return "ok\n", 200, {"Content-Type": "text/plain"}


def ready() -> ResponseReturnValue:
    """
    200 when all is there that a page needs, else 503; with each thing's name and whether it is there.

    A worker that is missing does not make it 503: pages are served all the same, and what waits is kept.
    """
    if _last.facts is None or time.monotonic() - _last.at > GOOD_FOR:
        _last.facts = looks.look(_config())
        _last.at = time.monotonic()
    able = all(_last.facts[name] for name in looks.NEEDED)
    return {"ready": able, **_last.facts}, 200 if able else 503


def figures() -> ResponseReturnValue:
    """Everything that is counted, for Prometheus; without the right token there is no such page."""
    token = _config().metrics_token
    given = request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        abort(404)
    return metrics.written(_config()), 200, {"Content-Type": CONTENT_TYPE_LATEST}


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    return config
