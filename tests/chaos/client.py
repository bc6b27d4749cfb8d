"""
Employers and cashiers, as the portal meets them: they declare, pay, take back, and after any failure do the same again
with the same form until they have a number in their hands.  What they asked and what they were told is the history.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from portal import clock
from portal.installation import calendar, fund, month_on, pack
from portal.scheme.calendars import Month
from tests.chaos.people import Firm

T = TypeVar("T")
#: Seconds to wait for an answer.
TIMEOUT = 6
#: What sends a browser on to a page.
MOVED = (302, 303)
#: How many payments in one bounce: most where cover rests on them, so that it ends and begins again in the core.
TAKEN_BACK = {True: 0.25, False: 0.05}
_PAYROLL = re.compile(r"/payrolls/([0-9a-f-]{36})")
_RECEIPT = re.compile(r"/fund/payments/receipts/([0-9a-f-]{36})")
_APPROVAL = re.compile(r"/fund/approvals/([0-9a-f-]{36})")


class Again(Exception):
    """It went wrong, or nobody knows: do the same again."""


class Odd(Again):
    """An answer nobody should get who does nothing wrong."""


class GaveUp(Exception):
    """The time is over."""


class History:
    """What was asked and what was answered, a JSON line each."""

    def __init__(self, path: Path) -> None:
        self._file, self._lock, self._began = path.open("w"), threading.Lock(), time.monotonic()
        self.lines: list[dict[str, Any]] = []

    def note(self, event: str, **facts: Any) -> None:
        """One more line."""
        line = {"at": round(time.monotonic() - self._began, 3), "event": event, **facts}
        with self._lock:
            self.lines.append(line)
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()

    def acknowledged(self, deed: str) -> list[dict[str, Any]]:
        """The deeds of this kind that the client was told are done."""
        return [line for line in self.lines if line["event"] == "acknowledged" and line["deed"] == deed]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    location: str
    text: str

    def hidden(self, name: str) -> str:
        """The value of a hidden field."""
        found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', self.text)
        if found is None:
            raise Again(f"no {name} on the page")
        return unescape(found.group(1))


class Visitor:
    """Somebody who is signed in: one new connection a request."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token, self._csrf = port, token, ""

    def get(self, path: str) -> Answer:
        """A page."""
        return self._ask("GET", path, None)

    def post(self, path: str, **fields: str) -> Answer:
        """A form, sent."""
        if not self._csrf:
            self._csrf = self.get("/account/").hidden("csrf_token")
        return self._ask("POST", path, urlencode({**fields, "csrf_token": self._csrf}))

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        headers = {"Cookie": f"session={self.token}", "Host": f"localhost:{self.port}"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            line.request(method, path, body, headers)
            response = line.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as lost:
            raise Again(type(lost).__name__) from lost
        finally:
            line.close()
        if response.status == 500:
            raise Odd(f"500 on {method} {path.partition('?')[0]}")
        if response.status > 500:
            raise Again(str(response.status))
        return Answer(response.status, response.headers.get("Location", ""), text)


class Client(threading.Thread):
    """One employer with its cashier and a supervisor, month after month."""

    def __init__(self, firm: Firm, port: int, history: History, seed: int, months: Sequence[Month]) -> None:
        super().__init__(name=firm.number, daemon=True)
        self.firm, self.history, self.months = firm, history, months
        self.lot = random.Random(f"{seed}/{firm.number}")
        self.employer, self.cashier, self.supervisor = (
            Visitor(port, token) for token in (firm.employer, firm.cashier, firm.supervisor)
        )
        self.until = time.monotonic() + 3600
        self.finished = False

    def run(self) -> None:
        """Everything in order; what could not be finished in time stays unfinished."""
        try:
            for month in self.months:
                self._month(month)
            self.finished = True
        except GaveUp:
            self.history.note("gave up", employer=self.firm.number)

    def _month(self, month: Month) -> None:
        payroll = self._persist("start", str(month), lambda: self._start(month))
        declared = self._persist("declare", payroll, lambda: self._submit(payroll), month=str(month))
        for scheme, (_number, amount) in declared.items():
            receipt = self._pay(month, scheme, amount)
            if self.lot.random() < TAKEN_BACK[pack(scheme).opens_coverage]:
                time.sleep(self.lot.uniform(0, 5))  # the core may know by then
                self._persist("take back", receipt, lambda receipt=receipt: self._take_back(receipt))  # type: ignore[misc]
                self._pay(month, scheme, amount)

    def _pay(self, month: Month, scheme: str, amount: str) -> str:
        key = str(UUID(int=self.lot.getrandbits(128), version=4))
        facts = {"scheme": scheme, "amount": amount, "month": str(month)}
        told = self._persist("pay", key, lambda: self._record(key, month, scheme, amount), **facts)
        return told["receipt"]

    def _persist(self, deed: str, key: str, do: Callable[[], T], **facts: Any) -> T:
        """Do it again and again, under the same key, until it is done."""
        facts = {"deed": deed, "employer": self.firm.number, "key": key, **facts}
        self.history.note("asked", **facts)
        while time.monotonic() < self.until:
            try:
                told = do()
            except Again as why:
                self.history.note("odd" if isinstance(why, Odd) else "failed", why=str(why), **facts)
                time.sleep(self.lot.uniform(0.1, 0.6))
                continue
            self.history.note("acknowledged", told=told, **facts)
            return told
        raise GaveUp

    # -- what is done

    def _start(self, month: Month) -> str:
        answer = self.employer.post(f"/employers/{self.firm.number}/payrolls/start/{month}/roster")
        return _named(_PAYROLL, answer)

    def _submit(self, payroll: str) -> dict[str, tuple[str, str]]:
        at = f"/employers/{self.firm.number}/payrolls/{payroll}"
        page = self.employer.get(f"{at}/check")
        if page.status == 200:
            answer = self.employer.post(f"{at}/submit", version=page.hidden("version"), confirm="y", looked="y")
            if answer.status not in MOVED:
                raise Odd(f"submit: {_said(answer)}")
        return _acknowledged(self.employer.get(f"{at}/acknowledgement"))

    def _record(self, key: str, month: Month, scheme: str, amount: str) -> dict[str, str]:
        day = min(clock.today(fund().timezone), month.last_day(calendar()) + timedelta(days=5))
        answer = self.cashier.post(
            f"/fund/payments/{self.firm.number}/record", key=key, scheme=scheme, amount=amount, method="bank",
            paid_on=day.isoformat(), bank_reference=key, bill="",
        )  # fmt: skip
        receipt = _named(_RECEIPT, answer)
        page = self.cashier.get(f"/fund/payments/receipts/{receipt}")
        number = re.search(r"Receipt ([A-Z]+-\d{4}-\d{6})", page.text)
        if number is None:
            raise Odd(f"receipt: {_said(page)}")
        return {"receipt": receipt, "number": number.group(1)}

    def _take_back(self, receipt: str) -> str:
        """The cashier asks, the supervisor decides; whoever finds it done is content."""
        at = f"/fund/payments/receipts/{receipt}"
        if "Taken back" in (page := self.cashier.get(at).text):
            return "taken back"
        if _APPROVAL.search(page) is None:
            self.cashier.post(f"{at}/take-back", reason="The cheque came back unpaid.")
            page = self.cashier.get(at).text
        asked = _APPROVAL.search(page)
        if asked is None:
            raise Again("not asked yet")
        request = f"/fund/approvals/{asked.group(1)}"
        shown = self.supervisor.get(request)
        self.supervisor.post(f"{request}/approve", fingerprint=shown.hidden("fingerprint"), note="")
        if "Taken back" not in self.cashier.get(at).text:
            raise Again("not taken back yet")
        return "taken back"


def months_up_to_now(count: int) -> list[Month]:
    """The last *count* months that can be declared, oldest first."""
    last = month_on(clock.today(fund().timezone)).previous(calendar())
    return [last.plus(-back, calendar()) for back in reversed(range(count))]


def _named(pattern: re.Pattern[str], answer: Answer) -> str:
    found = pattern.search(answer.location)
    if answer.status not in MOVED or found is None:
        raise Odd(_said(answer))
    return found.group(1)


def _acknowledged(page: Answer) -> dict[str, tuple[str, str]]:
    """By scheme: the number of its declaration, and what is to be paid, as printed."""
    found: dict[str, tuple[str, str]] = {}
    names: Mapping[str, str] = {pack(scheme).name: scheme for scheme in fund().schemes}
    for section in page.text.split('<section class="check">')[1:]:
        text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", section)))
        scheme = next((names[name] for name in names if name in text), "")
        number = re.search(r"/declarations/([^\"/]+?)\"", section)
        amount = re.search(r"To be paid\D+([\d,]+\.\d\d)", text)
        if scheme and number and amount:
            found[scheme] = (number.group(1), amount.group(1).replace(",", ""))
    if not found:
        raise Odd(f"acknowledgement: {_said(page)}")
    return found


def _said(answer: Answer) -> str:
    """What a page says in its heading, and its errors."""
    parts = re.findall(r"<h1[^>]*>(.*?)</h1>|govuk-error-message[^>]*>(.*?)</p>", answer.text, re.DOTALL)
    words = " / ".join(re.sub(r"<[^>]+>|\s+", " ", "".join(part)).strip() for part in parts)
    return f"{answer.status} {answer.location} {words}"[:300]
