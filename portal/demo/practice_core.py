"""
A practice core: a small server that answers as openIMIS was measured to, keeps what it is told, and fails as told.

It is not openIMIS, and says so in a header of every answer.  For practice mode and the tests:
``python -m portal.demo.practice_core --port 8400 --store var/practice-core.sqlite``.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from email.message import Message
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from portal import clock
from portal.demo import practice_core_about as about
from portal.demo import practice_core_answers as answers
from portal.demo import practice_core_fhir as fhir
from portal.demo.practice_core_failures import MODES, Failures
from portal.demo.practice_core_store import Row, Store

LABEL = "not openIMIS"
#: The codes of the products the practice fund names.
PRODUCTS = ("NHIMA01", "NAPSA01")
LONGEST_BODY = 4 * 1024 * 1024


class PracticeCore:
    """
    The server, in a thread of its own between `start` and `stop` (or ``with``).

    *store* is the file it keeps; without one it forgets at the end.  *agent* is the part of the
    User-Agent it lets in.  *token_seconds* is how long a sign-in lasts.  *rights* are those of its account.
    *takes_everything*: it applies whatever it receives, however often, where openIMIS would see that it has it.
    """

    def __init__(
        self,
        store: Path | None = None,
        port: int = 0,
        *,
        products: Sequence[str] = PRODUCTS,
        user: str = "portal",
        password: str = "practice",  # noqa: S107  # public, as everything in practice
        agent: str = "contribution-portal",
        token_seconds: int = 86400,
        rights: Collection[int] = about.ALL_RIGHTS,
        takes_everything: bool = False,
    ) -> None:
        self.store = Store(store, products, takes_everything=takes_everything)
        self.failures = Failures()
        self.user, self.password, self.agent, self.token_seconds = user, password, agent, token_seconds
        self.rights = rights
        self._secret = self.store.setting("secret", secrets.token_hex(32)).encode()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def start(self) -> None:
        """Answer from now on."""
        threading.Thread(target=self.server.serve_forever, args=(0.005,), name="practice core", daemon=True).start()

    def stop(self) -> None:
        """Answer no more and give port and file back."""
        self.server.shutdown()
        self.server.server_close()
        self.store.close()

    def __enter__(self) -> PracticeCore:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def tell(self, what: str, **told: Any) -> Row:
        """The control path without the path: failures, day, catch-up, reset, and state to ask."""
        status, content = self.controlled(what, told)
        if status != 200:
            raise ValueError(content["error"])
        found: Row = content
        return found

    # ---- sign-in

    def token(self, credentials: Mapping[str, Any]) -> tuple[int, Any]:
        """A token for the right name and password."""
        if not credentials.get("username") or not credentials.get("password"):
            return 400, "Missing username or password"
        if (credentials["username"], credentials["password"]) != (self.user, self.password):
            return 401, "INCORRECT_CREDENTIALS"
        ends = int(clock.real_now().timestamp()) + self.token_seconds
        claims = _encoded({"alg": "HS256", "typ": "JWT"}) + "." + _encoded({"username": self.user, "exp": ends})
        return 200, {"token": f"{claims}.{self._signature(claims)}", "exp": ends}

    def signed_in(self, token: str) -> bool:
        """Whether a token is ours and has not run out."""
        claims, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature, self._signature(claims)):
            return False
        text = claims.partition(".")[2]
        ends: int = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))["exp"]
        return ends > int(clock.real_now().timestamp())

    def _signature(self, claims: str) -> str:
        digest = hmac.new(self._secret, claims.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def clock(self) -> str:
        """What goes with every answer as its time: noon of the day it was given, or the real time."""
        day = self.store.today
        now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) if day else clock.real_now().astimezone(UTC)
        return format_datetime(now, usegmt=True)

    # ---- control

    def controlled(self, what: str, told: Mapping[str, Any]) -> tuple[int, Any]:
        """One request on the control path."""
        if what == "state":
            return 200, self.state()
        if what == "failures":
            if told.get("mode") not in {*MODES, "none"} or set(told) - {"mode", "times", "after", "seconds"}:
                return 400, {"error": f"mode (none, {', '.join(MODES)}), times, after and seconds can be told"}
            self.failures.plan(**told)
        elif what == "day":
            try:
                self.store.today = date.fromisoformat(told["day"]) if told.get("day") else None
            except ValueError:
                return 400, {"error": "day must look like 2026-11-21"}
        elif what == "catch-up":
            return 200, {"worked_on": self.store.catch_up()}
        elif what == "reset":
            self.store.reset()
            self.failures.plan("none")
        else:
            return 404, {"error": "There is state, failures, day, catch-up and reset."}
        return 200, {"failures": self.failures.shown()}

    def state(self) -> Row:
        """Everything it was told, in its own words."""
        tables = self.store.told()
        counts = {name: len(found) for name, found in tables.items()}
        return {"label": f"practice core, {LABEL}", "counts": counts, "failures": self.failures.shown(), **tables}


def _encoded(claims: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(dict(claims)).encode()).decode().rstrip("=")


def _handler(core: PracticeCore) -> type[BaseHTTPRequestHandler]:
    """The class that reads requests for *core*."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            self._handle("GET")

        def do_POST(self) -> None:
            self._handle("POST")

        def _handle(self, method: str) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            try:
                body = json.loads(self.rfile.read(min(length, LONGEST_BODY)) or b"{}")
            except ValueError:
                return self._answer(400, {"detail": "JSON parse error"})
            path = self.path.partition("?")[0]
            answered = respond(core, method, path, body, self.headers)
            if answered is None:  # hang up without a word
                self.close_connection = True
                return None
            return self._answer(*answered)

        def _answer(self, status: int, content: Any) -> None:
            text = content.encode() if status >= 500 and isinstance(content, str) else json.dumps(content).encode()
            self.send_response_only(status)
            self.send_header("Date", core.clock())
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("X-Practice-Core", LABEL)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: what was told stands in the log table."""

    return Handler


def respond(
    core: PracticeCore, method: str, path: str, body: Mapping[str, Any], headers: Message
) -> tuple[int, Any] | None:
    """Status and content for one request; None to hang up without an answer."""
    if path.startswith("/practice/"):
        return core.controlled(path.removeprefix("/practice/").strip("/"), body)
    if not path.startswith("/api/"):
        return 404, {"label": f"practice core, {LABEL}"}
    graphql = path.rstrip("/") == "/api/graphql"
    if broken := _broken(core, graphql):
        return broken
    if path == "/api/api_fhir_r4/login/":
        return core.token(body) if method == "POST" else (405, {"detail": "Method not allowed."})
    token = (headers.get("Authorization") or "").removeprefix("Bearer ").strip()
    if (not token and not graphql) or (token and (core.failures.take("unauthorized") or not core.signed_in(token))):
        return _refused(graphql)
    if graphql:
        caller = answers.Caller(bool(token), core.agent in (headers.get("User-Agent") or ""), core.rights)
        status, content, wrote = answers.answer(core.store, body, caller, core.failures.take)
    elif path == "/api/core/users/current_user/":
        return 200, about.account(core.user, core.rights)
    else:
        status, content = _fhir(core, method, path.removeprefix("/api/api_fhir_r4/"), body)
        wrote = status == 201
    return _after(core, wrote, (status, content))


def _fhir(core: PracticeCore, method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Any]:
    if not path:
        return 200, about.resources(core.url)
    resource = path.partition("/")[0]
    if about.RESOURCE_RIGHTS.get((method, resource), 0) not in {0, *core.rights}:
        if (method, resource) == ("POST", "Organization"):
            return fhir.problem(500, "Failed to match serializer eligible for given request")
        return fhir.problem(403, "You do not have permission to perform this action.")
    return fhir.answer(core.store, method, path, body)


def _after(core: PracticeCore, wrote: bool, answer: tuple[int, Any]) -> tuple[int, Any] | None:
    """What the caller hears of something done."""
    if wrote and core.failures.take("applied_then_500"):
        return 500, "Server Error (500)"
    if wrote and (plan := core.failures.take("applied_then_no_answer")):
        time.sleep(plan.seconds)
        return None
    return answer


def _broken(core: PracticeCore, graphql: bool) -> tuple[int, Any] | None:
    """The answer of a core that is in no state to answer."""
    if plan := core.failures.take("slow"):
        time.sleep(plan.seconds)
    if core.failures.take("down"):
        return 503, "Service Unavailable"
    if core.failures.take("rate_limited"):
        return (429, {"detail": "Rate limit exceeded"}) if graphql else fhir.problem(429, "Rate limit exceeded")
    return None


def _refused(graphql: bool) -> tuple[int, Any]:
    if graphql:
        return 401, {"errors": [{"message": "Error decoding signature"}]}
    return fhir.problem(401, "INCORRECT_CREDENTIALS", "fatal")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until stopped."""
    parser = argparse.ArgumentParser(prog="practice_core", description="A practice core. It is not openIMIS.")
    parser.add_argument("--port", type=int, default=8400)
    parser.add_argument("--store", type=Path, default=None, help="the SQLite file to keep; none: forget at the end")
    parser.add_argument("--product", action="append", default=None, help="code of a product the core has")
    parser.add_argument("--takes-everything", action="store_true", help="apply again what was applied before")
    told = parser.parse_args(arguments)
    products = told.product or PRODUCTS
    core = PracticeCore(told.store, told.port, products=products, takes_everything=told.takes_everything)
    print(f"Practice core ({LABEL}) at {core.url}", flush=True)
    try:
        core.server.serve_forever()
    except KeyboardInterrupt:
        core.server.server_close()


if __name__ == "__main__":
    main()
