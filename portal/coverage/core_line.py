"""
One exchange with the core over HTTP: the token, the time limit, and what a failed exchange means.

Knows nothing of persons or cover; that is ``core_client``'s business.
"""

from __future__ import annotations

import http.client
import json
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from portal import tally, trace
from portal.logs import note
from portal.words import Words, _

log = logging.getLogger("portal.core")

#: An answer longer than this is not one of ours (100 log entries are about 20 kB).
LONGEST_ANSWER = 16 * 1024 * 1024
LOGIN = "/api/api_fhir_r4/login/"
TOO_LATE = _("The portal was held up before it could send this. Nothing was sent.")


class CoreUnavailable(Exception):
    """
    The core cannot be used now; the message is not at fault, so try it again later.

    *ambiguous*: what was sent may have been applied all the same.  Look it up before sending it again.
    Wrong passwords, missing rights and unknown products belong here too: an operator mends
    them, and no message should be set aside because of them.

    *silent*: there was no answer that says anything: it is away, late, broken or asks for less.

    *for_all*: whatever is sent next would fail alike, so nothing should be sent for a while: it is silent, or
    does not let the portal in.
    """

    def __init__(self, words: Words, *, ambiguous: bool = False, silent: bool = False, for_all: bool = False) -> None:
        super().__init__(str(words))
        self.words = words
        self.ambiguous = ambiguous
        self.silent = silent
        self.for_all = silent or for_all


class CoreRefused(Exception):
    """The core will not take this one, however often it is sent.  *detail* is what the core said, for an officer."""

    def __init__(self, words: Words, detail: str = "") -> None:
        super().__init__(str(words))
        self.words = words
        self.detail = detail


class CoreLine:
    """
    The way to one core: JSON out, JSON in, one new connection each time, no redirects followed.

    *timeout* is in seconds and bounds the whole exchange.  Not to be shared between threads.
    """

    def __init__(self, url: str, user: str, password: str, user_agent: str, timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"The core's address must begin with http:// or https://, not {url!r}.")
        self._secure = parts.scheme == "https"
        self._host, self._port, self._base = parts.hostname, parts.port, parts.path.rstrip("/")
        self._user, self._password, self._agent, self.timeout = user, password, user_agent, timeout
        self._token = ""
        #: What the core's clock showed with its latest answer; None: it has said nothing yet, or never tells.
        self.clock: datetime | None = None
        #: Called immediately before anything is sent that changes something; what it raises keeps it from being sent.
        self.before_change: Callable[[], None] | None = None
        #: Whether what answered last says of itself that it is the practice core.
        self.practice = False

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, writes: bool) -> tuple[int, Any]:
        """
        Status and JSON of one signed-in exchange.  A token refused is renewed once.

        *writes* says whether the request changes something, and so whether a lost answer is ambiguous.
        An error other than 400, 404 and 500, which carry reasons, is raised as `CoreUnavailable`.
        """
        status, answer = self._exchange(method, path, body, writes=writes, token=self._token or self._sign_in())
        if status == HTTPStatus.UNAUTHORIZED or _bad_signature(answer):  # nothing was done: safe to repeat
            status, answer = self._exchange(method, path, body, writes=writes, token=self._sign_in())
        if status in {200, 201, 400, 404, 500}:
            return status, answer
        raise _unusable(status, writes=writes)

    def _sign_in(self) -> str:
        credentials = {"username": self._user, "password": self._password}
        status, answer = self._exchange("POST", LOGIN, credentials, writes=False, token="")
        if status in {400, 401}:
            raise CoreUnavailable(_("The core does not accept the portal's user name or password."), for_all=True)
        if status != HTTPStatus.OK or not isinstance(answer, dict) or not isinstance(answer.get("token"), str):
            raise _unusable(status, writes=False)
        self._token = answer["token"]
        return self._token

    def _exchange(
        self, method: str, path: str, body: Mapping[str, Any] | None, *, writes: bool, token: str
    ) -> tuple[int, Any]:
        """Send and read once.  Raises only when no whole answer came."""
        began = time.monotonic()
        deadline = began + self.timeout
        line = self._connect()
        headers = {"User-Agent": self._agent, "Accept": "application/json", "Connection": "close"}
        if trace.current():
            headers[trace.HEADER] = trace.current()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            if writes and self.before_change is not None:
                self.before_change()
                if time.monotonic() > deadline:  # it stood still since; the lease may have lapsed meanwhile
                    raise CoreUnavailable(TOO_LATE)
            line.request(method, self._base + path, content, headers)
            response = line.getresponse()
            text = _read(response, deadline)
        except (OSError, http.client.HTTPException) as lost:
            _noted(method, path, type(lost).__name__, began)
            raise CoreUnavailable(_("The core did not answer in time."), ambiguous=writes, silent=True) from lost
        finally:
            line.close()
        _noted(method, path, str(response.status), began)
        self.clock = _told_time(response.headers.get("Date")) or self.clock
        self.practice = response.headers.get("X-Practice-Core") is not None
        return response.status, _parsed(text)

    def _connect(self) -> http.client.HTTPConnection:
        line: http.client.HTTPConnection
        if self._secure:
            context = ssl.create_default_context()
            line = http.client.HTTPSConnection(self._host, self._port, timeout=self.timeout, context=context)
        else:
            line = http.client.HTTPConnection(self._host, self._port, timeout=self.timeout)
        try:
            line.connect()
        except OSError as closed:  # nothing was sent
            raise CoreUnavailable(_("The core cannot be reached."), silent=True) from closed
        return line


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """The whole answer, however it drips in, unless it is late or too long."""
    parts: list[bytes] = []
    length = 0
    while part := response.read1(65536):
        parts.append(part)
        length += len(part)
        if length > LONGEST_ANSWER or time.monotonic() > deadline:
            raise TimeoutError("answer too long or too late")
    if response.length:  # fewer bytes than were announced
        raise http.client.IncompleteRead(b"".join(parts), response.length)
    return b"".join(parts)


def _noted(method: str, path: str, outcome: str, began: float) -> None:
    """One line and a figure: of the address only what is the same for everybody."""
    resource = "/".join(path.partition("?")[0].split("/")[:4])
    tally.count(f"core/{outcome}")
    took = round((time.monotonic() - began) * 1000, 1)
    note(log, "core", method=method, resource=resource, outcome=outcome, ms=took)


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _told_time(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header or "")
    except ValueError:
        return None


def _bad_signature(answer: Any) -> bool:
    """Some set-ups answer 200 to a token that ran out; the error says so."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    return "Error decoding signature" in str(errors)


def _unusable(status: int, *, writes: bool) -> CoreUnavailable:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return CoreUnavailable(_("The core asks the portal to send less at a time."), silent=True)
    if status == HTTPStatus.UNAUTHORIZED:
        return CoreUnavailable(_("The core does not accept the token it has just given."), for_all=True)
    if status == HTTPStatus.FORBIDDEN:
        return CoreUnavailable(_("The portal's user lacks a right in the core."), for_all=True)
    if 300 <= status < 400:
        return CoreUnavailable(_("The core has moved to another address; its address must be set anew."), for_all=True)
    words = _("The core answered with error %(status)s.", status=status)
    return CoreUnavailable(words, ambiguous=writes and status >= 500, silent=status >= 500)
