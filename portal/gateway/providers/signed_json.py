"""
A gateway that speaks signed JSON: the practice gateway, and any that a fund has built to this description.

    PUT    /bills/{reference}      a bill; answers {"control_number", "pay_url"}
    DELETE /bills/{reference}      withdrawn
    GET    /bills/{reference}      {"payments": [...]}
    GET    /days/2026-11-22        {"payments": [...]}
    GET    /payouts/2026-11-22     {"payouts": [{"payout", "paid_out_on", "amount", "fee", "currency", "parts": [...]}]}

A payment is {"event": "paid" or "reversed", "transaction", "reference", "amount" (minor units, whole), "currency",
"paid_at" (ISO 8601 with zone), "channel"}; the call-back is one of them.  A part of a payout is {"transaction",
"amount"}, below zero where it was taken back; the parts less the fee are the amount.  Both sides sign (see `signing`);
a request without a body signs ``METHOD /path``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime as moment
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from portal import clock
from portal.gateway.providers import line, messages, signing
from portal.gateway.providers.provider import (
    LONGEST,
    Answer,
    BillOut,
    CallRefused,
    GatewayRefused,
    GatewayUnavailable,
    Opened,
    PaidOut,
    Told,
    Verdict,
)
from portal.words import _

Fact = TypeVar("Fact")
JSON = "application/json"
BAD, REUSED = "E_PAYMENT", "E_KEY_REUSE"


@dataclass(frozen=True, slots=True)
class SignedJson:
    """The way to one gateway at *url*, with keys of which the first one signs."""

    url: str
    keys: signing.Keys

    def open(self, bill: BillOut, *, again: bool) -> Opened:
        """See `Provider.open`: the same reference is the same bill, so nothing is asked first."""
        told = {
            "reference": bill.reference, "number": bill.number, "amount": bill.amount, "currency": bill.currency,
            "digits": bill.digits, "pays": bill.pays, "payer": bill.payer, "back": bill.back,
            "expires_at": bill.expires_at.isoformat(), "asked_at": bill.asked_at.isoformat(),
        }  # fmt: skip
        answer = self._ask("PUT", f"/bills/{quote(bill.reference)}", json.dumps(told).encode())
        number, page = answer.get("control_number"), answer.get("pay_url", "")
        if not isinstance(number, str) or not 0 < len(number) <= LONGEST or not self._is_ours(page):
            raise GatewayUnavailable(_("The gateway's answer cannot be read."))
        return Opened(number, page)

    def _is_ours(self, page: object) -> bool:
        """Visitors are led to the gateway and nowhere else, whatever its answer says."""
        if page == "":
            return True
        here = urlsplit(self.url)
        there = urlsplit(page) if isinstance(page, str) else None
        return there is not None and (there.scheme, there.netloc) == (here.scheme, here.netloc)

    def withdraw(self, reference: str) -> None:
        """See `Provider.withdraw`."""
        self._ask("DELETE", f"/bills/{quote(reference)}")

    def read(self, headers: Mapping[str, str], body: bytes, *, at: moment) -> Told:
        """See `Provider.read`: the signature first, over the bytes as they came."""
        if not signing.holds(self.keys, headers.get(signing.HEADER, ""), body, at):
            raise CallRefused(401, "the signature does not hold, or the message is too old")
        return messages.told(messages.parse(body))

    def answer(self, verdict: Verdict) -> Answer:
        """See `Provider.answer`."""
        if verdict is Verdict.OTHER:
            return _said(422, {"code": REUSED, "message": "this transaction was told with other contents"})
        return _said(200, {"status": verdict.value})

    def refuse(self, refusal: CallRefused) -> Answer:
        """See `Provider.refuse`."""
        return _said(refusal.status, {"code": BAD, "message": refusal.reason})

    def enquire(self, reference: str) -> Sequence[Told]:
        """See `Provider.enquire`."""
        return _payments(self._ask("GET", f"/bills/{quote(reference)}"))

    def of_day(self, day: date) -> Sequence[Told]:
        """See `Provider.of_day`."""
        return _payments(self._ask("GET", f"/days/{day.isoformat()}"))

    def payouts(self, day: date) -> Sequence[PaidOut]:
        """See `Provider.payouts`."""
        return _listed(self._ask("GET", f"/payouts/{day.isoformat()}"), "payouts", messages.paid_out)

    def _ask(self, method: str, path: str, body: bytes = b"") -> Mapping[str, Any]:
        if not self.keys:
            raise GatewayUnavailable(_("No key for the gateway is set."))
        content = body or f"{method} {path}".encode()
        headers = {
            signing.HEADER: signing.sign(self.keys, content, clock.real_now()), "Content-Type": JSON,
            "Accept": JSON, "Connection": "close",
        }  # fmt: skip
        status, text = line.exchange(self.url, method, path, body, headers)
        if status in (400, 409, 422):
            raise GatewayRefused(_("The gateway refused it (%(status)s).", status=status))
        if status not in (200, 201):
            raise GatewayUnavailable(_("The gateway answered %(status)s.", status=status))
        try:
            return messages.parse(text)
        except CallRefused as refused:
            raise GatewayUnavailable(_("The gateway's answer cannot be read.")) from refused


def _payments(answer: Mapping[str, Any]) -> Sequence[Told]:
    return _listed(answer, "payments", messages.told)


def _listed(answer: Mapping[str, Any], name: str, read: Callable[[Mapping[str, Any]], Fact]) -> Sequence[Fact]:
    """A list that is missing or cannot be read is no empty one: nothing must be taken for the whole truth."""
    found = answer.get(name)
    try:
        if isinstance(found, list):
            return [read(one) for one in found]
    except (CallRefused, AttributeError, TypeError) as refused:
        raise GatewayUnavailable(_("The gateway's answer cannot be read.")) from refused
    raise GatewayUnavailable(_("The gateway's answer cannot be read."))


def _said(status: int, content: Mapping[str, str]) -> Answer:
    return Answer(status, json.dumps(content).encode(), JSON)
