"""
What must hold once everything runs again and nothing waits any more: from the history of the client, the portal's
database and the log of a core that applied whatever it received.  Every count must be 0.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import text

from portal import audit_chain, clock, db
from portal.installation import calendar, fund
from portal.scheme.calendars import Month
from portal.verifying.verify import verify
from tests.chaos import bank_checks, gateway_checks
from tests.chaos.history import History

DONE, ACTIVE = 2, 2
_STORED = {
    "declare": """
        SELECT declaration.number, payroll.public_id::text, declaration.scheme FROM declaration
        JOIN payroll ON payroll.id = declaration.payroll_id""",
    "pay": """
        SELECT receipt.number, payment.bank_reference, payment.scheme FROM receipt
        JOIN payment ON payment.id = receipt.payment_id""",
    "pay online": """
        SELECT receipt.number, payment.bank_reference, payment.scheme FROM receipt
        JOIN payment ON payment.id = receipt.payment_id WHERE payment.method = 'mobile'""",
    "take back": """
        SELECT '', receipt.public_id::text, '' FROM receipt
        JOIN payment_reversal ON payment_reversal.payment_id = receipt.payment_id""",
}
#: One row for each thing that is wrong.
_WRONG = {
    "doubled for one key": """
        SELECT bank_reference FROM payment GROUP BY bank_reference HAVING count(*) > 1
        UNION ALL SELECT employer_id || '/' || scheme || '/' || month FROM declaration
        GROUP BY employer_id, scheme, month HAVING count(*) > 1
        UNION ALL SELECT 'receipts of payment ' || payment_id FROM receipt GROUP BY payment_id HAVING count(*) > 1""",
    "stored without entries": """
        SELECT 'payment ' || id FROM payment WHERE amount <> (
            SELECT coalesce(sum(amount), 0) FROM posting
            WHERE transaction_id = payment.transaction_id AND account = 'money_received')
        UNION ALL SELECT 'payment without receipt ' || id FROM payment
        WHERE NOT EXISTS (SELECT FROM receipt WHERE payment_id = payment.id)
        UNION ALL SELECT 'declaration ' || number FROM declaration WHERE total <> 0 AND NOT EXISTS (
            SELECT FROM transaction WHERE employer_id = declaration.employer_id
            AND name = 'declaration/' || declaration.public_id)""",
    "entries not zero": "SELECT transaction_id FROM posting GROUP BY transaction_id HAVING sum(amount) <> 0",
    "allocated other than received": """
        SELECT number FROM receipt JOIN payment ON payment.id = payment_id WHERE payment.amount <>
        (snapshot ->> 'credit_left')::bigint + (
            SELECT coalesce(sum((part ->> 'amount')::bigint), 0)
            FROM jsonb_array_elements(snapshot -> 'allocations') part)""",
    "drafts left behind": """
        SELECT 'payroll ' || public_id FROM payroll WHERE state IN ('draft', 'asked') AND EXISTS (
            SELECT FROM declaration WHERE employer_id = payroll.employer_id AND month = payroll.month)""",
    "files kept twice": "SELECT sha256 FROM stored_file GROUP BY employer_id, sha256, created_by HAVING count(*) > 1",
    "nothing put into the outbox": """
        SELECT 'settle/' || public_id FROM payroll WHERE state = 'submitted'
        AND NOT EXISTS (SELECT FROM outbox WHERE name = 'settle/' || public_id)""",
    "outbox not drained": "SELECT name FROM outbox WHERE state IN ('queued', 'leased')",
    "set aside": "SELECT name || ': ' || last_problem FROM outbox WHERE state = 'refused'",
    "cover the core was not told of": "SELECT core_receipt || ': ' || core_state || core_problem FROM coverage_month "
    "WHERE core_state <> 'known'",
}  # fmt: skip
_SERIES = {"receipts": "SELECT number FROM receipt", "acknowledgements": "SELECT number FROM declaration"}
_LINES = """
    SELECT payroll.public_id::text AS payroll, person.national_id, (components ->> 'basic')::bigint AS basic
    FROM payroll_line JOIN payroll ON payroll.id = payroll_line.payroll_id
    JOIN person ON person.id = payroll_line.person_id WHERE payroll.source = 'file' AND payroll.state = 'submitted'"""
_COVER = """
    SELECT person.insurance_number, coverage_month.scheme, coverage_month.branch, coverage_month.month
    FROM coverage_month JOIN person ON person.id = coverage_month.person_id WHERE coverage_month.state = 'open'"""
_MESSAGES = """
    SELECT employer.number, payload ->> 'scheme' AS scheme, payload ->> 'month' AS month, min(outbox.id) AS first
    FROM outbox JOIN employer ON employer.id = outbox.employer_id WHERE topic = 'core'
    GROUP BY 1, 2, 3 ORDER BY 1, 4"""


@dataclass
class Verdict:
    """By what is wrong: how often, and some of it in words; and how many covers the core began and ended."""

    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    begun: int = 0
    ended: int = 0

    def wrong(self, name: str, found: Iterable[object]) -> None:
        """Count what is wrong in one way."""
        listed = [str(one) for one in found]
        self.counts[name] = self.counts.get(name, 0) + len(listed)
        if listed:
            self.examples.setdefault(name, []).extend(listed[:5])

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self.counts.values())


def check(history: History, store: Path, payments: Path) -> Verdict:
    """Look at everything.  The database is bound; nobody writes any more."""
    verdict = Verdict()
    audit_chain.seal(at=clock.real_now())
    with db.reading() as session:

        def rows(statement: str) -> Sequence[Any]:
            return session.execute(text(statement)).all()

        for deed, statement in _STORED.items():
            verdict.wrong("acknowledged but missing", _missing(history, deed, {tuple(row) for row in rows(statement)}))
        for name, statement in _WRONG.items():
            verdict.wrong(name, [row[0] for row in rows(statement)])
        verdict.wrong("declared other than in the file", _other_than_filed(history, rows(_LINES)))
        for name, statement in _SERIES.items():
            verdict.wrong(f"{name} with gaps or twice", _gaps([row[0] for row in rows(statement)]))
        verdict.wrong("ledger verify", [one.as_json() for one in verify(session).faults])
        chain = audit_chain.verify(session)
        verdict.wrong("audit verify", [*(one.words for one in chain.faults), *(["not sealed"] * chain.unsealed)])
        bank_checks.check(verdict, history, rows)
        gateway_checks.check(verdict, payments, rows)
        _core(verdict, store, rows(_COVER), rows(_MESSAGES))
    return verdict


def _missing(history: History, deed: str, stored: set[tuple[Any, ...]]) -> list[str]:
    """What the client was told is done, and is not there under that number and key."""
    lost = []
    for line in history.acknowledged(deed):
        told, key = line["told"], line["key"]
        match deed:
            case "declare":
                wanted = {(number, key, scheme) for scheme, (number, _amount) in told.items()}
            case "pay":
                wanted = {(told["number"], key, line["scheme"])}
            case "pay online":
                wanted = {(told["number"], told["transaction"], line["scheme"])} if told else set()
            case _:
                wanted = {("", key, "")}
        lost += [f"{deed} {one}" for one in wanted - stored]
    return lost


def _other_than_filed(history: History, lines: Sequence[Any]) -> list[str]:
    """Payrolls sent as a file whose lines are not those of the file, each person once."""
    stored: dict[str, list[tuple[str, int]]] = {}
    for line in lines:
        stored.setdefault(line.payroll, []).append((line.national_id, line.basic))
    filed = [line for line in history.acknowledged("declare") if line["file"]]
    return [one["key"] for one in filed if sorted(stored.pop(one["key"], [])) != sorted(one["file"].items())] + [
        f"{payroll}, which nobody was told of" for payroll in stored
    ]


def _gaps(numbers: Sequence[str]) -> list[str]:
    """Numbers that are missing from their series, or were given twice."""
    series: dict[str, Counter[int]] = {}
    for number in numbers:
        name, _, counted = number.rpartition("-")
        series.setdefault(name, Counter())[int(counted)] += 1
    wrong = []
    for name, found in series.items():
        wrong += [f"{name}-{n} is missing" for n in range(1, max(found) + 1) if n not in found]
        wrong += [f"{name}-{n} twice" for n, times in found.items() if times > 1]
    return wrong


def _core(verdict: Verdict, store: Path, cover: Sequence[Any], messages: Sequence[Any]) -> None:
    """The effects in the core: each once, in the order of each employer, and what stands there is what should."""
    with sqlite3.connect(store) as core:

        def rows(statement: str) -> list[Any]:
            return core.execute(statement).fetchall()

        made = [json.loads(given) for (given,) in rows(_log("createPolicy"))]
        ended = Counter(uuid for (given,) in rows(_log("suspendPolicies")) for uuid in json.loads(given)["uuids"])
        standing = Counter(rows(_STANDING))
        people, employers = rows("select chf_id from person"), rows("select code from employer")
    should = Counter(_expected(row) for row in cover)
    receipts = Counter(one["receipt"] for one in made)
    doubled = [*_twice(receipts), *_twice(Counter(people)), *_twice(Counter(employers)), *_twice(ended)]
    verdict.wrong("core effects missing", (should - standing).elements())
    verdict.wrong("core effects doubled", [*doubled, *(one for one in standing - should if should[one])])
    verdict.wrong("core effects nobody asked for", [one for one in standing if not should[one]])
    verdict.wrong("core effects in another order", _out_of_order(made, messages))
    verdict.begun, verdict.ended = len(made), sum(ended.values())


def _log(name: str) -> str:
    return f"select given from log where name='{name}' and status={DONE} order by id"


_STANDING = f"""
    select person.chf_id, product.code, policy.start_date from policy
    join product on product.id = policy.product_id join person on person.family_id = policy.family_id
    where policy.status = {ACTIVE}"""


def _expected(row: Any) -> tuple[str, str, str]:
    month = Month.from_int(row.month)
    return row.insurance_number, fund().product_of(row.scheme, row.branch) or "", str(month.first_day(calendar()))


def _twice(found: Counter[Any]) -> list[str]:
    return [f"{one} {times} times" for one, times in found.items() if times > 1]


def _out_of_order(made: Sequence[dict[str, Any]], messages: Sequence[Any]) -> list[str]:
    """Employers whose months were first told in another order than they were put into the outbox."""
    first: dict[str, int] = {}
    for place, one in enumerate(made):
        first.setdefault(one["clientMutationLabel"], place)
    told: dict[str, list[tuple[int, str]]] = {}
    for row in messages:
        label = f"{row.number}/{row.scheme}/{row.month}"
        if label in first:
            told.setdefault(row.number, []).append((first[label], label))
    return [
        f"{later} before {earlier}"
        for places in told.values()
        for (place, earlier), (next_place, later) in pairwise(places)
        if next_place < place
    ]
