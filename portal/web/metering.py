"""
Each request leaves one line in the log and a few figures: how often, how long, how many statements, by its rule.

The rule and never the address, which may hold a token or somebody's number; who asked is the number of an account.
"""

from __future__ import annotations

import logging
import time
from contextvars import ContextVar
from typing import Any

from flask import Flask, Response, current_app, g, request, request_finished
from flask_login import current_user
from prometheus_client import Counter, Histogram
from sqlalchemy import Engine, event

from portal import trace
from portal.logs import note

log = logging.getLogger("portal.access")

REQUESTS = Counter("portal_http_requests", "Requests answered", ["method", "rule", "status"])
SECONDS = Histogram(
    "portal_http_request_seconds", "Seconds until a request was answered", ["rule"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)  # fmt: skip
STATEMENTS = Histogram(
    "portal_http_request_statements", "SQL statements of a request", ["rule"], buckets=(0, 5, 10, 20, 40, 80, 160, 320)
)
#: Asked every few seconds by machines: they touch nothing, and stand neither in the log nor in the figures.
UNSEEN = frozenset({"health", "healthz", "ready", "metrics", "static"})
_METHODS = frozenset({"GET", "HEAD", "POST"})

_statements: ContextVar[int] = ContextVar("statements", default=0)


def register(app: Flask) -> None:
    """Give every request its reference, and note it once it is answered and its visit is stored."""
    app.before_request(_begin)
    app.after_request(_say_reference)
    request_finished.connect(_finished, app)
    app.teardown_request(_over)


@event.listens_for(Engine, "before_cursor_execute")
def _one_more(*_: Any) -> None:
    _statements.set(_statements.get() + 1)


def _begin() -> None:
    # Only proxies of our own may name a request: anybody else could make a log say what they like.
    given = trace.taken_from(request.headers.get(trace.HEADER)) if current_app.config["PORTAL"].proxies else ""
    g.reference = given or trace.new()
    trace.follow(g.reference)
    g.began = time.perf_counter()
    _statements.set(0)


def _say_reference(response: Response) -> Response:
    response.headers[trace.HEADER] = g.get("reference", "")
    return response


def _over(_problem: BaseException | None) -> None:
    trace.forget()


def _finished(_app: Flask, response: Response, **_: Any) -> None:
    if request.endpoint in UNSEEN or "began" not in g:
        return
    took, statements = time.perf_counter() - g.began, _statements.get()
    rule = request.url_rule.rule if request.url_rule else "none"
    method = request.method if request.method in _METHODS else "other"
    REQUESTS.labels(method, rule, str(response.status_code)).inc()
    SECONDS.labels(rule).observe(took)
    STATEMENTS.labels(rule).observe(statements)
    who = current_user.get_id() if current_user and current_user.is_authenticated else ""
    note(
        log, "request", method=method, rule=rule, status=response.status_code, ms=round(took * 1000, 1),
        statements=statements, who=who,
    )  # fmt: skip
