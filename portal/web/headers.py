"""Security headers of every answer, the reference a visitor can quote, and one log line a request."""

from __future__ import annotations

import logging
import secrets
import time

from flask import Flask, Response, current_app, g, request
from flask_login import current_user

log = logging.getLogger("portal.access")

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


def register(app: Flask) -> None:
    """Add the headers to every answer, errors and static files too."""
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    g.reference = secrets.token_hex(4).upper()
    g.began = time.perf_counter()


def _finish(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if request.is_secure or current_app.config["SESSION_COOKIE_SECURE"]:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if not request.path.startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")
        _log(response)
    return response


def _log(response: Response) -> None:
    # The rule, not the address: an address may hold a token; and the session's name, never a person's.
    who = current_user.get_id() if current_user and current_user.is_authenticated else "-"
    took = (time.perf_counter() - g.get("began", time.perf_counter())) * 1000
    log.info(
        "%s %s %s %.0fms %s %s",
        request.method,
        request.url_rule,
        response.status_code,
        took,
        who,
        g.get("reference", ""),
    )
