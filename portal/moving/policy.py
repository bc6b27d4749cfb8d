"""
What leaves with an export, column by column.

Secrets never do.  Without two people's consent nothing leaves that says who somebody is: a text or a structure is left
empty unless this file, or a closed list in the database, says that it is a code.  A column that somebody adds later is
therefore left out until somebody looked at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from sqlalchemy import CheckConstraint, Column, LargeBinary, String, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from portal.db import Base

#: Tables that belong to this machine and never leave it.
NEVER = {
    "web_session": "visits: everybody signs in anew",
    "attempt": "counters against guessing",
    "token": "links that were sent; they are good on this machine only",
    "entry_code": "codes of employees",
    "second_factor": "secrets of the second step: everybody sets it up anew",
    "recovery_code": "secrets of the second step",
    "ready_mark": "what was tried on this machine",
    "practice_clock": "the clock of practice",
    "heartbeat": "who was alive here",
    "job_state": "how the jobs of this installation went",
    "sighting": "what a worker of this installation saw of its servers",
    "tally": "figures of this installation's workers",
}
#: Columns that never leave: everybody chooses a new password.
NEVER_COLUMNS = {("account", "password_hash")}
#: Tables that leave with consent only: what was written by, to or about somebody.
WITH_CONSENT = {
    "registration", "registration_document", "fund_case", "case_entry", "case_file", "notice", "notice_delivery",
    "notice_read", "letter", "letter_sent", "outbox", "work", "approval", "audit_event", "audit_block", "faulty_line",
    "stored_file", "taken", "fund_export", "bank_statement", "bank_entry", "cash_move", "gateway_bill",
    "gateway_payment", "gateway_oddity", "gateway_day", "gateway_payout", "gateway_part", "gateway_refusal",
    "bank_confirmation", "bank_confirmed",
}  # fmt: skip
#: Names of columns that hold codes or numbers of the fund, wherever they stand.
CODES = {
    "scheme", "branch", "currency", "state", "kind", "role", "legal_form", "activity", "location", "category", "number",
    "method", "pack_hash", "leave_reason", "language", "sex", "account", "channel", "core_state",
}  # fmt: skip
#: The same, where the name alone does not tell.
KEPT = {
    "series.name", "transaction.name", "transaction.explanation", "job_run.job", "job_run.part", "job_run.result",
    "bill.reference", "payroll.source", "payroll_line.reason", "payroll_line.components", "payroll_line.shares",
    "declaration_line.reason", "declaration_line.components", "declaration_line.branches", "declaration_line.given",
    "declaration.given", "wage.components", "enrolment.answers", "employment.answers", "coverage_month.core_receipt",
    "account.districts", "notice_template.subject", "notice_template.text",
}  # fmt: skip
#: Documents as they were issued: amounts, days and our own sentences stay, everything else becomes a dash.
SCRUBBED = {"declaration.snapshot", "receipt.snapshot", "bill.snapshot", "payroll.checked"}
#: What stands instead.  Numbers of rows are never shown outside; nobody is found by them.
INSTEAD = {
    "person.insurance_number": "'P' || id",
    "person.national_id": "'P' || id",
    "person.surname": "'Person'",
    "person.first_name": "id::text",
    "person.birth_date": "date_trunc('year', birth_date)::date",
    "person.public_id": "gen_random_uuid()",
    "account.email": "'account' || id || '@export.invalid'",
    "account.name": "'Account ' || id",
    "account.public_id": "gen_random_uuid()",
    "employer.legal_name": "'Employer ' || number",
    "employer.tax_number": "'X' || id",
}


class How(StrEnum):
    """What becomes of a column."""

    AS_IS = "as it is"
    NEVER = "never leaves"
    EMPTY = "left empty"
    REPLACED = "replaced"
    SCRUBBED = "amounts, days and our own sentences only"
    FILE = "a file of its own"


@dataclass(frozen=True, slots=True)
class Leaving:
    """A column, what becomes of it, and what stands instead (an SQL expression of ours)."""

    column: Column[object]
    how: How
    instead: str = ""


def tables(*, persons: bool) -> list[Table]:
    """The tables that leave, each behind those it points at."""
    out = set(left_out(persons=persons))
    return [table for table in Base.metadata.sorted_tables if table.name not in out]


@cache
def left_out(*, persons: bool) -> dict[str, str]:
    """The tables that stay, and why; with them every table whose rows cannot be without one of theirs."""
    out = dict(NEVER)
    if not persons:
        out |= dict.fromkeys(sorted(WITH_CONSENT), "only with two people's consent")
    for table in Base.metadata.sorted_tables:
        needed = [name for name in _points_at(table, optional=False) if name in out]
        if table.name not in out and needed:
            out[table.name] = f"its rows belong to rows of {needed[0]}"
    return out


def leaving(table: Table, *, persons: bool) -> list[Leaving]:
    """Every column of a table that leaves, in its order."""
    return [_leaving(column, persons=persons) for column in table.columns]


def _leaving(column: Column[object], *, persons: bool) -> Leaving:
    name = f"{column.table.name}.{column.name}"
    if isinstance(column.type, LargeBinary):
        return Leaving(column, How.FILE if persons else How.NEVER)
    if (column.table.name, column.name) in NEVER_COLUMNS or _to_what_stays(column, persons=persons):
        return Leaving(column, How.NEVER, "NULL")
    if persons or column.foreign_keys:
        return Leaving(column, How.AS_IS)
    if name in INSTEAD:
        return Leaving(column, How.REPLACED, INSTEAD[name])
    if name in SCRUBBED:
        return Leaving(column, How.SCRUBBED)
    if not isinstance(column.type, String | JSONB) or column.name in CODES or name in KEPT or name in _closed_lists():
        return Leaving(column, How.AS_IS)
    return Leaving(column, How.EMPTY, _nothing(column))


def _to_what_stays(column: Column[object], *, persons: bool) -> bool:
    out = left_out(persons=persons)
    return any(key.column.table.name in out for key in column.foreign_keys)


def _points_at(table: Table, *, optional: bool) -> Iterable[str]:
    return (
        key.column.table.name
        for column in table.columns
        for key in column.foreign_keys
        if bool(column.nullable) is optional
    )


def _nothing(column: Column[object]) -> str:
    """What stands in a column that is left empty: nothing, an empty text, or one that is nobody else's."""
    if column.nullable:
        return "NULL"
    if isinstance(column.type, JSONB):
        return f"CASE jsonb_typeof({column.name}) WHEN 'array' THEN '[]'::jsonb ELSE '{{}}'::jsonb END"
    return "'x' || gen_random_uuid()" if _alone(column) else "''"


def _alone(column: Column[object]) -> bool:
    """Whether no two rows may have the same text here."""
    return bool(column.unique) or any(
        isinstance(one, UniqueConstraint) and list(one.columns) == [column] for one in column.table.constraints
    )


@cache
def _closed_lists() -> dict[str, tuple[str, ...]]:
    """The columns for which the database itself knows every value there may be, with those values."""
    found = {}
    for table in Base.metadata.sorted_tables:
        for one in table.constraints:
            said = str(one.sqltext) if isinstance(one, CheckConstraint) else ""
            listed = re.fullmatch(r"(\w+) IN \(([^()]*)\)", said)
            if listed:
                found[f"{table.name}.{listed[1]}"] = tuple(re.findall(r"'([^']*)'", listed[2]))
    return found


def values_of(column: Column[object]) -> tuple[str, ...]:
    """Every value that the database allows in a column, where it has a closed list of them."""
    return _closed_lists().get(f"{column.table.name}.{column.name}", ())
