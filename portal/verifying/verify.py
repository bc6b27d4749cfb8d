"""The whole check: the book against what is on file, then every account lived through again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.installation import packs
from portal.scheme.calendars import Month
from portal.verifying import bank, gateway, sources
from portal.verifying.faults import Report
from portal.verifying.replaying import Account
from portal.verifying.written import Grown, Side, Written

_EMPLOYERS = text("SELECT id, number FROM employer WHERE :number IN ('', number) ORDER BY id")
_CHARGES = text("SELECT id, scheme, month, due_day FROM charge WHERE employer_id = :employer ORDER BY month, id")
_ENTRIES = text(
    """
    SELECT entry.id, entry.scheme, entry.name, coalesce(first.kind, entry.kind) AS kind,
        coalesce(first.effective_day, entry.effective_day) AS day, entry.effective_day AS own_day,
        entry.reverses_id IS NOT NULL AS takes_back, entry.recorded_at, entry.explanation ->> 'pack' AS rules,
        posting.account, posting.charge_id, posting.amount
    FROM transaction entry JOIN posting ON posting.transaction_id = entry.id
    LEFT JOIN transaction first ON first.id = entry.reverses_id
    WHERE entry.employer_id = :employer ORDER BY entry.scheme, entry.id, posting.id
    """
)


def verify(session: Session, number: str = "") -> Report:
    """Check everything, or with *number* one employer's accounts; nothing is written."""
    found = Report()
    of_employers = [*sources.compare(session), *gateway.of_employers(session)]
    found.faults += [one for one in of_employers if number in ("", one.employer)]
    found.faults += [] if number else [*bank.compare(session), *gateway.of_payouts(session)]
    for employer, of in session.execute(_EMPLOYERS, {"number": number}).all():
        found.employers += 1
        _live_through(session, employer, of, found)
    return found


def _live_through(session: Session, employer: int, number: str, found: Report) -> None:
    charges = _charges(session, employer)
    found.charges += sum(len(one) for one in charges.values())
    for scheme, rows in groupby(session.execute(_ENTRIES, {"employer": employer}), key=lambda row: row.scheme):
        entries = list(_entries(rows))
        found.entries += len(entries)
        if scheme not in packs():
            found.not_compared += len(entries)
            continue
        account = Account(number, packs()[scheme], charges.get(scheme, {}))
        found.faults += account.live(entries)
        found.not_compared += account.not_compared


def _charges(session: Session, employer: int) -> Mapping[str, dict[int, Grown]]:
    found: dict[str, dict[int, Grown]] = {}
    for row in session.execute(_CHARGES, {"employer": employer}):
        found.setdefault(row.scheme, {})[row.id] = Grown(row.id, Month.from_int(row.month), row.due_day)
    return found


def _entries(rows: Iterator[Any]) -> Iterator[Written]:
    for _id, sides in groupby(rows, key=lambda row: row.id):
        listed = list(sides)
        one = listed[0]
        yield Written(
            one.name, one.kind, one.day, one.own_day, one.takes_back, one.recorded_at, one.rules,
            [Side(row.account, row.charge_id, row.amount) for row in listed],
        )  # fmt: skip
