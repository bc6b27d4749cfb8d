"""
What a notice can be: who gets it, what stands in it, and by which ways it leaves.

The list itself is in ``catalogue``; here are the words it is written in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from portal.auth.models import EmployerRole, FundRoleName
from portal.scheme.calendars import Month
from portal.scheme.explain import words_from_json, words_to_json
from portal.words import Amount, Words


class Kind(StrEnum):
    """Everything somebody is told about."""

    REGISTRATION_RECEIVED = "registration.received"
    REGISTRATION_RETURNED = "registration.returned"
    REGISTRATION_APPROVED = "registration.approved"
    REGISTRATION_REJECTED = "registration.rejected"
    MONTH_OPENED = "month.opened"
    DUE_SOON = "month.due_soon"
    DUE_TODAY = "month.due_today"
    LATE = "month.late"
    DECLARATION_SUBMITTED = "declaration.submitted"
    DECLARATION_REVISED = "declaration.revised"
    DECLARATION_RETURNED = "declaration.returned"
    CORRECTION_WAITING = "correction.waiting"
    CORRECTION_DECIDED = "correction.decided"
    BILL_ISSUED = "bill.issued"
    PAYMENT_RECEIVED = "payment.received"
    RECEIPT_CANCELLED = "receipt.cancelled"
    LATE_CHARGES = "late_charges.posted"
    CREDIT_THERE = "credit.there"
    CREDIT_REFUNDED = "credit.refunded"
    CLAIM_CLOSED = "claim.closed"
    COVER_GAINED = "cover.gained"
    COVER_LOST = "cover.lost"
    COVER_OF_PEOPLE = "cover.people"
    LETTER = "letter.sent"
    ON_BEHALF = "done.on_behalf"
    COLLEAGUE_INVITED = "colleague.invited"
    COLLEAGUE_JOINED = "colleague.joined"
    APPROVALS_WAITING = "approvals.waiting"
    READING_STOPPED = "reading.stopped"


class LetterKind(StrEnum):
    """What an officer can begin a letter from."""

    PLAIN = "letter.plain"
    DEMAND = "letter.demand"
    CONFIRMATION = "letter.confirmation"


AnyKind = Kind | LetterKind


class Audience(StrEnum):
    """On whose side the readers are."""

    EMPLOYER = "employer"
    ACCOUNT = "account"
    PERSON = "person"
    FUND = "fund"


class Channel(StrEnum):
    """The ways a notice takes beside standing in the portal; *portal* means none."""

    PORTAL = "portal"
    MAIL = "mail"
    SMS = "sms"
    DIGEST = "digest"


class Sort(StrEnum):
    """What may stand in a place of a text."""

    TEXT = "text"
    AMOUNT = "amount"
    DAY = "day"
    MONTH = "month"
    LINES = "lines"


#: What a value for a place of each sort is in Python.
FITTING: Mapping[Sort, tuple[type, ...]] = {
    Sort.TEXT: (str, Words),
    Sort.AMOUNT: (Amount,),
    Sort.DAY: (date,),
    Sort.MONTH: (Month,),
    Sort.LINES: (list, tuple),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text, written ``{name}``: what it holds, a sample of it, and whether no text may leave it out."""

    sort: Sort
    meaning: Words
    sample: Any
    required: bool = False


#: Places every text may use: they are filled in by the portal itself.
EVERYWHERE = ("employer", "number", "fund", "link")

Role = EmployerRole | FundRoleName


@dataclass(frozen=True, slots=True)
class Spec:
    """
    One kind of notice.

    *roles* are told by mail unless they choose otherwise; everybody of the employer may read it in the portal, or with
    *private* only these roles.  *fixed* notices cannot be turned off; those for the *contact* also go to the address
    in the employer's file.  *link* is where the reader goes next: ``{number}`` is the employer's, other names stand
    for what the notice is about.
    """

    kind: AnyKind
    title: Words
    audience: Audience
    subject: Words
    text: Words
    action: Words
    link: str
    places: Mapping[str, Place] = field(default_factory=dict)
    roles: tuple[Role, ...] = ()
    channel: Channel = Channel.MAIL
    fixed: bool = False
    contact: bool = False
    private: bool = False

    def check(self, values: Mapping[str, Any]) -> None:
        """ValueError unless *values* are exactly what the places want: our own mistake, found by the first test."""
        if set(values) != set(self.places):
            raise ValueError(f"{self.kind} is told {sorted(self.places)}, not {sorted(values)}")
        for name, value in values.items():
            if not isinstance(value, FITTING[self.places[name].sort]):
                raise ValueError(f"{self.kind}: {name} cannot be {value!r}")


def kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of places as plain JSON."""
    single = {name: value for name, value in values.items() if not isinstance(value, list | tuple)}
    lines = {name: [words_to_json(one) for one in value] for name, value in values.items() if name not in single}
    return {**words_to_json(Words("", single))["values"], **lines}


def read_back(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that `kept` wrote."""
    single = {name: value for name, value in values.items() if not isinstance(value, list)}
    lines = {name: [words_from_json(one) for one in value] for name, value in values.items() if name not in single}
    return {**words_from_json({"msgid": "", "values": single}).values, **lines}
