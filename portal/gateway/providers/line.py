"""One exchange with a gateway over HTTP: the time limit, what is too long, and what a failed exchange means."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from portal import trace
from portal.gateway.providers.provider import GatewayUnavailable
from portal.words import _

#: The list of a day of a large fund is some megabytes.
LONGEST_ANSWER = 16 * 1024 * 1024
#: Seconds a gateway may take: much less than an outbox row is leased for.
PATIENCE = 20.0


def exchange(base: str, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Status and body of one exchange; no redirect is followed.  Raises `GatewayUnavailable` when none came."""
    parts = urlsplit(base)
    line = _line(parts.scheme, parts.hostname or "", parts.port)
    try:
        said = {**headers, trace.HEADER: trace.current()} if trace.current() else dict(headers)
        line.request(method, parts.path.rstrip("/") + path, body, said)
        response = line.getresponse()
        text = response.read(LONGEST_ANSWER + 1)
    except (OSError, http.client.HTTPException) as lost:
        raise GatewayUnavailable(_("The gateway did not answer in time.")) from lost
    finally:
        line.close()
    if len(text) > LONGEST_ANSWER:
        raise GatewayUnavailable(_("The gateway's answer is too long to be one."))
    return response.status, text


def _line(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=PATIENCE)
