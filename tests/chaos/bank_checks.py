"""Statements that were imported beside those that were sent: each once, every entry once, what came in booked once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.chaos.gateway_checks import Found
from tests.chaos.history import History

_ENTRIES = "SELECT bank_reference AS reference, amount, unsettled FROM bank_entry"
_STATEMENTS = """
    SELECT right(bank_account.number, 6) || 'N' || lpad(bank_statement.number, 4, '0') FROM bank_statement
    JOIN bank_account ON bank_account.id = bank_account_id"""
_BOOKED = """
    SELECT bank_reference AS reference, payment.amount FROM payment
    WHERE bank_reference IN (SELECT bank_reference FROM bank_entry)"""


def check(verdict: Found, history: History, rows: Callable[[str], Sequence[Any]]) -> None:
    """Count what differs."""
    sent = {line["key"]: line["entries"] for line in history.lines if line["event"] == "asked" and "entries" in line}
    told = {line["key"] for line in history.acknowledged("import")}
    there = Counter(row[0] for row in rows(_STATEMENTS))
    entries = rows(_ENTRIES)
    stored = Counter((row.reference, row.amount) for row in entries)
    wanted = Counter(one for key in sent if key in there for one in sent[key].items())
    came_in = Counter({one: times for one, times in wanted.items() if one[1] > 0})
    booked = Counter((row.reference, row.amount) for row in rows(_BOOKED))
    verdict.wrong("statements not imported", sorted(told - set(there)))
    verdict.wrong("statements imported twice", [one for one, times in there.items() if times > 1 or one not in sent])
    verdict.wrong("bank entries missing", list((wanted - stored).elements()))
    verdict.wrong("bank entries doubled", list((stored - wanted).elements()))
    verdict.wrong("bank entries not booked", list((came_in - booked).elements()))
    verdict.wrong("bank entries booked twice", list((booked - came_in).elements()))
    verdict.wrong("bank entries left in suspense", [row for row in entries if row.amount > 0 and row.unsettled])
