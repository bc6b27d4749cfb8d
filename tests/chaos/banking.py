"""Money that comes through the bank: a bill's reference in a statement, which a cashier imports until it is in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.scheme.calendars import Month
from tests.chaos.billing import bill_of
from tests.chaos.visitor import MOVED, Again, Odd, Visitor, said

_REFERENCE = re.compile(r"\bRF\d\d(?: ?[A-Z0-9]{1,4}){2,6}\b")
#: What the bank takes for each statement, in minor units.
FEE = 5_00


@dataclass
class Account:
    """An account of the fund at a bank: its *number*, what it holds (minor units), and its last statement."""

    number: str
    holds: int = 0
    statement: int = 0


@dataclass
class AtBank:
    """One payment of an *amount* (minor units) on a *day*, in a statement of its own."""

    employer: Visitor
    cashier: Visitor
    account: Account
    number: str
    scheme: str
    month: Month
    amount: int
    day: date
    content: bytes = b""

    @property
    def reference(self) -> str:
        """The bank's reference of the payment; the statement's number is in it."""
        return f"{self.account.number[-6:]}N{self.account.statement:04d}"

    def write(self) -> bool:
        """Draw the bill and write the statement; False where nothing is open."""
        if not (bill := bill_of(self.employer, self.number, self.scheme, self.month)):
            return False
        found = _REFERENCE.search(self.employer.get(bill).text)
        if found is None:
            raise Again("no reference on the bill")
        self.account.statement += 1
        self.content = self._statement(found.group(0).replace(" ", ""))
        self.account.holds += self.amount - FEE
        return True

    def send(self) -> str:
        """One more try to import it: imported now, or found to be imported before."""
        answer = self.cashier.upload("/fund/bank/import", "statement.txt", self.content, opening="", closing="")
        if answer.status in MOVED and "/fund/bank/statements/" in answer.location:
            return "imported"
        if answer.status == 422 and "was imported before" in answer.text:
            return "imported before"
        raise Odd(f"import: {said(answer)}")

    def facts(self) -> dict[str, Any]:
        """What stands in the statement, for the history."""
        return {"account": self.account.number, "entries": {self.reference: self.amount, f"{self.reference}F": -FEE}}

    def _statement(self, reference: str) -> bytes:
        day, after = f"{self.day:%y%m%d%m%d}", self.account.holds + self.amount - FEE
        lines = (
            ":20:1", f":25:{self.account.number}", f":28C:{self.account.statement}",
            f":60F:{_balance(self.day, self.account.holds)}",
            f":61:{day}C{_figures(self.amount)}NTRFNONREF//{self.reference}", f":86:Contributions {reference}",
            f":61:{day}D{_figures(FEE)}NCHGNONREF//{self.reference}F", ":86:Fee",
            f":62F:{_balance(self.day, after)}", "-",
        )  # fmt: skip
        return "\n".join(lines).encode()


def _balance(day: date, minor: int) -> str:
    return f"{'C' if minor >= 0 else 'D'}{day:%y%m%d}ZMW{_figures(abs(minor))}"


def _figures(minor: int) -> str:
    return f"{minor // 100},{minor % 100:02d}"
