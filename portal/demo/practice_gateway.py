"""
A practice gateway: a small server where bills are "paid" without money, well or badly, as the payer chooses.

It keeps what it is told, calls the portal back, and says on every page that it is for practice.
``python -m portal.demo.practice_gateway --port 8500 --call-back http://127.0.0.1:8000/gateway/call-back``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote

from config import PUBLIC_GATEWAY_KEY, from_environment
from portal import clock
from portal.demo import practice_gateway_pages as pages
from portal.demo.practice_gateway_store import Payment, Store
from portal.gateway.providers import signing

LONGEST_BODY = 64 * 1024
JSON, HTML = "application/json", "text/html; charset=utf-8"
#: Seconds until a call-back that comes late, and until a payment is taken back.
LATE, TAKEN_BACK = 30.0, 20.0
#: How a payment may go: what the payer chooses.
WAYS = ("at_once", "twice", "late", "silent", "taken_back", "wrong_number", "failed")
Answer = tuple[int, str, str]


class PracticeGateway:
    """The server, in a thread of its own between `start` and `stop` (or ``with``); it calls *call_back*."""

    def __init__(
        self, call_back: str, store: Path | None = None, port: int = 0, *, bind: str = "127.0.0.1",
        keys: str = PUBLIC_GATEWAY_KEY, late: float = LATE, taken_back: float = TAKEN_BACK,
    ) -> None:  # fmt: skip
        self.call_back, self.keys = call_back, signing.keys_of(keys)
        self.late, self.taken_back = late, taken_back
        self.store = Store(store)
        self.server = ThreadingHTTPServer((bind, port), _handler(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        #: Status of each call-back, in the order they were made.
        self.called: list[int] = []
        #: Where each form that was sent led to: sent twice, it pays once.
        self._led: dict[str, str] = {}
        self._turn = threading.Lock()

    def start(self) -> None:
        """Answer from now on."""
        threading.Thread(target=self.server.serve_forever, args=(0.005,), name="practice gateway", daemon=True).start()

    def stop(self) -> None:
        """Answer no more and give port and file back."""
        self.server.shutdown()
        self.server.server_close()
        self.store.close()

    def __enter__(self) -> PracticeGateway:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    # ---- paying

    def pay(self, control_number: str, amount: int, way: str = "at_once", on: date | None = None) -> Payment | None:
        """
        "Pay" a bill and let the portal hear of it in the way chosen; None when it failed.

        Raises ValueError, in words for the payer, when the bill cannot be paid (so).
        """
        if way not in WAYS:
            raise ValueError("Choose how it shall go.")
        bill = self.store.payable(control_number, amount)
        if way == "failed":
            return None
        reference = "990000000000" if way == "wrong_number" else bill["control_number"]
        payment = self.store.paid(bill, amount, reference, on)
        if way in ("at_once", "twice", "taken_back", "wrong_number"):
            self.tell(payment)
        if way == "twice":
            self.tell(payment)
        if way == "late":
            self._after(self.late, payment)
        if way == "taken_back":
            self._after(self.taken_back, payment, reverse=True)
        return payment

    def _after(self, seconds: float, payment: Payment, *, reverse: bool = False) -> None:
        timer = threading.Timer(seconds, self.reverse if reverse else self.tell, (payment,))
        timer.daemon = True
        timer.start()

    def reverse(self, payment: Payment) -> None:
        """Take a payment back, and say so."""
        self.tell(self.store.reversed(payment["transaction"]))

    def tell(self, payment: Payment) -> int:
        """One call-back; its status, or 0 when nobody answered."""
        body = json.dumps(payment).encode()
        headers = {signing.HEADER: signing.sign(self.keys, body, clock.real_now()), "Content-Type": JSON}
        request = urllib.request.Request(self.call_back, body, headers, method="POST")
        status = 0
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                status = answer.status
        except urllib.error.HTTPError as refused:
            status = refused.code
            refused.close()
        except OSError:
            status = 0  # the portal asks, or compares the day
        self.called.append(status)
        return status

    # ---- what the portal asks

    def api(self, method: str, path: str, body: bytes, signature: str) -> tuple[int, Any]:
        """One request of the portal."""
        if not signing.holds(self.keys, signature, body or f"{method} {path}".encode(), clock.real_now()):
            return 401, {"message": "the signature does not hold"}
        kind, _slash, name = path.strip("/").partition("/")
        name = unquote(name)
        if kind == "days" and method == "GET":
            return 200, {"payments": self.store.of_day(name)}
        if kind == "payouts" and method == "GET":
            return 200, {"payouts": self.store.payouts(date.fromisoformat(name))}
        if kind == "bills" and method == "GET":
            return 200, {"payments": self.store.of_bill(name)}
        if kind == "bills" and method == "DELETE":
            self.store.withdraw(name)
            return 200, {}
        if kind == "bills" and method == "PUT":
            number = self.store.keep(json.loads(body))
            return 200, {"control_number": number, "pay_url": f"{self.url}/pay/{number}"}
        return 404, {"message": "There are bills, days and payouts."}

    # ---- what the payer sees

    def page(self, method: str, path: str, form: Mapping[str, str]) -> Answer:
        """One page of the payer's: the bill, and what came of paying it.  A redirect's address is its content."""
        kind, _slash, name = path.strip("/").partition("/")
        bill = self.store.bill(name) if kind in ("pay", "failed") else None
        if kind == "paid" and (payment := self.store.payment(name)) is not None:
            return 200, HTML, pages.paid(payment, self.store.back_of(payment))
        if bill is None:
            return 404, HTML, pages.nothing()
        if kind == "failed":
            return 200, HTML, pages.failed(bill)
        if method == "GET":
            return 200, HTML, pages.to_pay(bill, self.store.today())
        try:
            return 303, HTML, self._sent(name, bill, form)
        except ValueError as problem:
            return 422, HTML, pages.to_pay(bill, self.store.today(), str(problem), form)

    def _sent(self, name: str, bill: Mapping[str, Any], form: Mapping[str, str]) -> str:
        """Pay as the form says, and where that leads; one form at a time, so that a double click pays once."""
        with self._turn:
            once = form.get("once", "")
            if once not in self._led:
                day = date.fromisoformat(form.get("on", ""))
                done = self.pay(name, pages.amount_of(form.get("amount", ""), bill), form.get("way", ""), day)
                self._led[once] = f"/paid/{done['transaction']}" if done else f"/failed/{name}"
            return self._led[once] if once else self._led.pop(once)


def _handler(gateway: PracticeGateway) -> type[BaseHTTPRequestHandler]:
    """The class that reads requests for *gateway*."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            self._handle("GET")

        def do_PUT(self) -> None:
            self._handle("PUT")

        def do_DELETE(self) -> None:
            self._handle("DELETE")

        def do_POST(self) -> None:
            self._handle("POST")

        def _handle(self, method: str) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LONGEST_BODY))
            path, signature = self.path.partition("?")[0], self.headers.get(signing.HEADER) or ""
            status, kind, text = respond(gateway, method, path, body, signature)
            content = text.encode()
            self.send_response_only(status)
            self.send_header(*(("Location", text) if status == 303 else ("X-Practice", "moves no money")))
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Security-Policy", pages.POLICY)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


def respond(gateway: PracticeGateway, method: str, path: str, body: bytes, signature: str) -> Answer:
    """Status, kind and content for one request."""
    if path == "/practice/reset" and method == "POST":
        gateway.store.reset()
        return 200, JSON, "{}"
    if path.startswith(("/bills/", "/days/", "/payouts/")):
        status, content = gateway.api(method, path, body, signature)
        return status, JSON, json.dumps(content)
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    return gateway.page(method, path, form)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until stopped."""
    parser = argparse.ArgumentParser(prog="practice_gateway", description="A practice gateway. It moves no money.")
    parser.add_argument("--port", type=int, default=8500)
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--call-back", required=True, help="where the portal hears of payments")
    parser.add_argument("--store", type=Path, default=None, help="the SQLite file to keep; none: forget at the end")
    told = parser.parse_args(arguments)
    keys = from_environment().gateway_keys
    gateway = PracticeGateway(told.call_back, told.store, told.port, bind=told.bind, keys=keys)
    print(f"Practice gateway (it moves no money) at {gateway.url}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        gateway.server.serve_forever()
    gateway.server.server_close()


if __name__ == "__main__":
    main()
