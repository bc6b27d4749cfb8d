"""
What a gateway is to the portal.  A real one is a module that implements `Provider`, and a line in `PROVIDERS`.

A provider knows the messages and signatures of its gateway and no database; what it gives back are facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from portal.words import Words

#: Longest number of a transaction or reference that is kept, in characters.
LONGEST = 80


class Kind(StrEnum):
    """What happened to a transaction."""

    PAID = "paid"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class BillOut:
    """
    A bill as a gateway is told of it.  *reference* is ours and names it for good; *amount* in minor units, of which
    *digits* stand behind the point.

    *pays*: exact (this amount only), partial (up to it, in parts), any.  *asked_at* is the portal's clock.
    """

    reference: str
    number: str
    amount: int
    currency: str
    digits: int
    pays: str
    expires_at: datetime
    asked_at: datetime
    payer: str
    back: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What the gateway gave a bill: the number to quote there, and the page where it is paid (may be empty)."""

    control_number: str
    pay_url: str


@dataclass(frozen=True, slots=True)
class Told:
    """A fact about one transaction.  *amount* in minor units; *at* is when it was paid, also for a reversal."""

    kind: Kind
    transaction: str
    reference: str
    amount: int
    currency: str
    at: datetime
    channel: str = "mobile"


@dataclass(frozen=True, slots=True)
class Paid:
    """A transaction in a payout; below zero where one was taken back and is deducted.  Minor units."""

    transaction: str
    amount: int


@dataclass(frozen=True, slots=True)
class PaidOut:
    """Money the gateway sent to the fund's bank on a day, in one sum: the parts less its fee.  Minor units."""

    number: str
    day: date
    amount: int
    fee: int
    currency: str
    parts: Sequence[Paid]


class Verdict(StrEnum):
    """What became of a fact."""

    TAKEN = "taken"
    KNOWN = "known"
    #: It says something else of a transaction we know; nothing was changed.
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway hears back."""

    status: int
    body: bytes
    media_type: str


class CallRefused(Exception):
    """A call-back that is not what it should be; *status* as in HTTP.  Nothing of it was kept."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class GatewayUnavailable(Exception):
    """The gateway cannot be asked now; try again later."""

    def __init__(self, words: Words) -> None:
        super().__init__(str(words))
        self.words = words


class GatewayRefused(Exception):
    """The gateway will not take this, however often it is sent."""

    def __init__(self, words: Words) -> None:
        super().__init__(str(words))
        self.words = words


class Provider(Protocol):
    """One gateway."""

    def open(self, bill: BillOut, *, again: bool) -> Opened:
        """
        Tell of a bill; told before under this reference, it is the same bill with what is new.

        *again*: it may have arrived already.  A gateway that would make a second one must be asked first.
        Raises `GatewayUnavailable`, `GatewayRefused`.
        """
        ...

    def withdraw(self, reference: str) -> None:
        """The bill cannot be paid there any more.  Again, or never told: nothing."""
        ...

    def read(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Told:
        """What a call-back says, once its signature holds at *at* (the real time).  Raises `CallRefused`."""
        ...

    def answer(self, verdict: Verdict) -> Answer:
        """What a gateway must hear so that it knows whether to call again."""
        ...

    def refuse(self, refusal: CallRefused) -> Answer:
        """The same for a call-back that was refused."""
        ...

    def enquire(self, reference: str) -> Sequence[Told]:
        """Every transaction of a bill.  Raises `GatewayUnavailable`."""
        ...

    def of_day(self, day: date) -> Sequence[Told]:
        """Every transaction paid on a day of the fund, with what it is by now.  Raises `GatewayUnavailable`."""
        ...

    def payouts(self, day: date) -> Sequence[PaidOut]:
        """What it sent to the bank on a day; nothing where each payment goes there alone.  As `of_day`."""
        ...
