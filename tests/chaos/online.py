"""
Somebody who pays a bill at the gateway: Get the bill, Pay now, the gateway's own form, and back to the receipt.

Each step may fail; what is known of the payment is kept here, and `pay` goes on from there when it is called again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from portal.scheme.calendars import Month
from tests.chaos.billing import bill_of
from tests.chaos.visitor import MOVED, Again, NotYet, Odd, Visitor, said

_ROW = re.compile(r"<tr[^>]*>.*?</tr>", re.DOTALL)
_RECEIPT = re.compile(r"/account/receipts/([0-9a-f-]{36})[^>]*>\s*([A-Z]+-\d{4}-\d{6})")
_TRANSACTION = re.compile(r"\bPP[0-9A-F]{10}\b")


@dataclass
class AtGateway:
    """One payment at the gateway: the *amount* as typed there on a *day*, under the *once* of its form."""

    employer: Visitor
    gateway: Visitor
    number: str
    scheme: str
    month: Month
    amount: str
    day: str
    once: str
    bill: str = ""
    #: The gateway's number of it, once its page said so.
    transaction: str = ""
    #: Payments that were on the bill before this one.
    before: set[str] = field(default_factory=set)

    def pay(self) -> dict[str, str]:
        """One more try: its receipt, nothing where nothing is open; `NotYet` while the portal has to hear of it."""
        if not self.bill:
            if not (bill := bill_of(self.employer, self.number, self.scheme, self.month)):
                return {}
            self.before = {row for row, _receipt, _number in self._rows(self.employer.get(bill).text)}
            self.bill = bill
        page = self.employer.get(self.bill).text
        for transaction, receipt, number in self._rows(page):
            if receipt and transaction not in self.before and self.transaction in ("", transaction):
                return {"receipt": receipt, "number": number, "transaction": transaction}
        if not self.transaction:
            self.transaction = self._at_the_gateway(page)
        raise NotYet("no receipt yet")

    def is_taken_back(self) -> bool:
        """Whether the portal has heard that the gateway took it back."""
        rows = _ROW.findall(self.employer.get(self.bill).text)
        return any(self.transaction in row and "taken back" in row for row in rows)

    def take_back(self) -> str:
        """The gateway takes it back."""
        answer = self.gateway.send(f"/practice/reverse/{self.transaction}")
        if answer.status != 200:
            raise Odd(said(answer))
        return "taken back"

    def _at_the_gateway(self, page: str) -> str:
        """The gateway's number of the payment, made now or before under the same form."""
        if f"{self.bill}/pay" not in page:
            if "In a moment it can be paid at" not in page:
                self.bill = ""  # refused, or no longer what is open: get the bill of today
            raise NotYet("the gateway does not know the bill yet")
        led = self.employer.post(f"{self.bill}/pay")
        if f":{self.gateway.port}/pay/" not in led.location:
            raise Again(f"not led to the gateway: {led.location}")
        form = {"once": self.once, "amount": self.amount, "on": self.day, "way": "at_once"}
        paid = self.gateway.send(urlsplit(led.location).path, **form)
        if paid.status not in MOVED:
            raise Again(f"the gateway says {paid.status}")
        return paid.location.rpartition("/")[2]

    def _rows(self, page: str) -> list[tuple[str, str, str]]:
        """What the page tells of payments of this bill: number at the gateway, receipt and its number, or empty."""
        found = []
        for row in _ROW.findall(page):
            if transaction := _TRANSACTION.search(row):
                receipt = None if "taken back" in row else _RECEIPT.search(row)
                found.append((transaction.group(0), *(receipt.groups() if receipt else ("", ""))))
        return found
