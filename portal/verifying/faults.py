"""What a check of the book found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

#: What is wrong, by code, for those who read the list.
MEANINGS: Mapping[str, str] = {
    "entry.unbalanced": "the sides of an entry do not sum to zero",
    "entry.elsewhere": "an entry touches another employer's account, or a charge of another account",
    "reversal.unequal": "what takes an entry back is not its opposite",
    "declaration.lines": "the lines of a declaration do not add up to its total",
    "declaration.charged": "what is charged for a month is not what is declared for it",
    "payment.booked": "a payment is not in the book with every unit of it, once",
    "payment.reversed": "a payment was taken back in the book or on file, not in both",
    "refund.booked": "a refund is not in the book, or one in the book is not on file",
    "refund.pending": "money is set aside to be given back and was not",
    "receipt.amount": "a receipt is missing, or does not account for the whole payment",
    "bank.entry": "an entry of a bank is not in the book with every unit of it, once",
    "bank.suspense": "what an entry is said to have in suspense is not what the book holds there",
    "bank.payment": "money of the bank went on to an employer and is not the payment it made, or the other way round",
    "bank.statement": "balance before and entries of a statement are not the balance after",
    "bank.before": "what an account held before its first statement is not what that statement says",
    "gateway.payment": "what the payment gateway told and the payment it led to differ, or one of them is missing",
    "gateway.twice": "a transaction of the payment gateway was booked more than once",
    "gateway.payout": "the parts of a payout less the fee are not what the bank's entry of it brought",
    "gateway.behind": "the money of a payout does not stand behind a payment in it",
    "gateway.waiting": "what a payout left in suspense is not what waits in it for an officer",
    "account.balance": "what an employer owes is not what was charged, less what was paid",
    "allocation.order": "money did not settle what the rules of the scheme say it settles first",
    "credit.overdrawn": "more credit was used than came in on its day",
    "credit.released": "what was overpaid on a month did not become credit to the unit",
    "credit.idle": "credit lies beside a contribution that is not paid",
    "charge.overpaid": "a month holds more money than is owed for it",
    "late.amount": "what lateness costs by the rule is not what the book holds",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One difference: *expected* by what happened, *found* in the book; minor units."""

    code: str
    employer: str
    about: str
    expected: int
    found: int

    def as_json(self) -> dict[str, Any]:
        """The same for a machine, with the meaning beside the code."""
        return {
            "code": self.code, "meaning": MEANINGS[self.code], "employer": self.employer, "about": self.about,
            "expected": self.expected, "found": self.found,
        }  # fmt: skip


@dataclass(slots=True)
class Report:
    """The whole check.  *not_compared* are calculations made by rules of another version than today's."""

    employers: int = 0
    entries: int = 0
    charges: int = 0
    not_compared: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not self.faults


def asked(session: Session, rules: Mapping[str, str], owner: str) -> Iterator[Fault]:
    """
    The faults that *rules* find, a question to the database each: ``<owner>_id``, about, expected and found.

    *owner*: the table whose number a fault is told with, ``employer`` or ``bank_account``.
    """
    for code, question in rules.items():
        wanted = text(
            f"SELECT owner.number, asked.about, asked.expected::bigint, asked.found::bigint "  # noqa: S608  # ours
            f"FROM ({question}) asked JOIN {owner} owner ON owner.id = asked.{owner}_id ORDER BY owner.id, asked.about"
        )
        for number, about, expected, found in session.execute(wanted):
            yield Fault(code, number, about, expected, found)
