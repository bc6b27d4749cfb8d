"""What the practice gateway says was paid, beside the book: each payment once, as it was made, and nothing else."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

#: Every payment of the book that came through the gateway, with the reference of the bill's own employer and charge.
_BOOKED = """
    SELECT payment.bank_reference AS transaction, payment.amount, bill.reference, payment.employer_id = bill.employer_id
    AS at_home, payment_reversal.id IS NOT NULL AS reversed, receipt.number
    FROM payment JOIN receipt ON receipt.payment_id = payment.id
    LEFT JOIN payment_reversal ON payment_reversal.payment_id = payment.id
    LEFT JOIN gateway_payment ON gateway_payment.transaction = payment.bank_reference
    LEFT JOIN bill ON bill.id = gateway_payment.bill_id WHERE payment.method = 'mobile'"""
_LEFT = """
    SELECT transaction || ' ' || state FROM gateway_payment WHERE state IN ('waiting', 'stuck')
    UNION ALL SELECT 'oddity ' || id FROM gateway_oddity WHERE closed_at IS NULL"""


class Found(Protocol):
    """Where what is wrong is counted."""

    def wrong(self, name: str, found: Sequence[object]) -> None:
        """Count what is wrong in one way."""
        ...


@dataclass(frozen=True, slots=True)
class Made:
    """A payment as the gateway has it; *amount* in minor units."""

    amount: int
    bill: str
    reversed: bool


def made(payments: Path) -> dict[str, Made]:
    """Every payment the gateway took, by its number there."""
    with sqlite3.connect(payments) as store:
        rows = store.execute("select transaction_number, bill, said from payment").fetchall()
    return {
        number: Made((told := json.loads(said))["amount"], bill, told["event"] == "reversed")
        for number, bill, said in rows
    }


def days(payments: Path) -> list[date]:
    """The days on which the gateway was paid."""
    with sqlite3.connect(payments) as store:
        return [date.fromisoformat(day) for (day,) in store.execute("select distinct day from payment order by day")]


def check(verdict: Found, payments: Path, rows: Callable[[str], Sequence[Any]]) -> None:
    """Count what differs."""
    there, booked = made(payments), rows(_BOOKED)
    times = Counter(row.transaction for row in booked)
    verdict.wrong("gateway payments not in the book", [one for one in there if one not in times])
    verdict.wrong("gateway payments doubled", [one for one, count in times.items() if count > 1])
    verdict.wrong("payments the gateway never took", [one for one in times if one not in there])
    verdict.wrong("gateway payments booked otherwise", [row for row in booked if _differs(row, there)])
    verdict.wrong("gateway payments left to an officer", [row[0] for row in rows(_LEFT)])


def _differs(row: Any, there: dict[str, Made]) -> bool:
    told = there.get(row.transaction)
    if told is None:
        return False
    return not row.at_home or (row.amount, row.reference, row.reversed) != (told.amount, told.bill, told.reversed)
