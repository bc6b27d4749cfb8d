"""
A register of employers as a file: read with every problem of every row.

What an employer may be is what an application may be: the same checks, the same sentences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.employers import answers as asked
from portal.scheme.fund import Fund
from portal.tabular.cells import text_reader
from portal.tabular.dates import date_reader
from portal.tabular.rows import Column, Fitted, ReadRow, fit, read_rows
from portal.tabular.table import Fault, Problem, Table
from portal.words import _

COLUMNS = (
    "number", "legal_name", "trade_name", "tax_number", "registration_number", "legal_form", "activity", "location",
    "address", "contact_name", "phone", "email", "bank_name", "bank_account", "first_employment_day", "headcount",
    "schemes", "enrolled_from",
)  # fmt: skip
#: Columns a spreadsheet must keep as text.
TEXT_COLUMNS = frozenset(("number", "tax_number", "registration_number", "phone", "bank_account"))
NEEDED = ("legal_name", "tax_number", "first_employment_day")
#: Registers kept before often have nobody's name; an application always has one.
NOT_ASKED = ("contact_name",)
DAYS = ("first_employment_day", "enrolled_from")
SYNONYMS = {
    "number": ("employer_number", "employer_no", "account_number"),
    "legal_name": ("name", "employer", "employer_name"),
    "tax_number": ("tpin", "tin", "tax_id"),
    "headcount": ("employees", "number_of_employees"),
    "enrolled_from": ("enrolled_since", "member_since"),
}

_NUMBER = re.compile("[A-Z0-9][A-Z0-9-]{0,19}")
NUMBER = Fault("E_EMPLOYER_NUMBER", _("“%(found)s”: an employer number has up to 20 letters, digits and hyphens."))
FROM_FIRST = Fault("E_ENROLLED", _("“%(found)s”: nobody is enrolled before the first day of employment."))


@dataclass(frozen=True, slots=True)
class EmployerRow:
    """One employer: *said* as the fund keeps it, by the names of an application's fields; *number* is kept or given."""

    row: int
    number: str | None
    said: Mapping[str, str]
    schemes: tuple[str, ...]
    first_day: date
    enrolled_from: date


@dataclass(slots=True)
class Parsed:
    """What a file held: good rows, and the problems of the others."""

    rows: list[EmployerRow] = field(default_factory=list)
    faulty: int = 0
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)


def parse(table: Table, fund: Fund, today: date) -> Parsed:
    """Read a register.  Raises ``FileRefused`` when a column is missing; anything else is a problem of its row."""
    fitted = fit(table, _columns(today))
    parsed = Parsed(notices=list(fitted.notices))
    seen: dict[tuple[str, str], int] = {}
    for row in read_rows(fitted):
        found = None if row.problems else _employer(row, fitted, fund, today)
        if found is not None:
            _refuse_twice(row, fitted, found, seen)
        parsed.notices.extend(row.notices)
        parsed.problems.extend(row.problems)
        if row.problems or found is None:
            parsed.faulty += 1
        else:
            parsed.rows.append(found)
    return parsed


def _columns(today: date) -> list[Column]:
    day = date_reader(today)
    return [
        Column(name, day if name in DAYS else text_reader(asked.LONGEST), SYNONYMS.get(name, ()), needed=name in NEEDED)
        for name in COLUMNS
    ]


def _employer(row: ReadRow, fitted: Fitted, fund: Fund, today: date) -> EmployerRow | None:
    values = row.values
    first: date | None = values.get("first_employment_day")
    schemes = _schemes(values.get("schemes"), fund)
    said = {name: _written(values.get(name)) for name in asked.FIELDS if name != "schemes"}
    said = {name: asked.kept(name, text, fund) for name, text in said.items()}
    for name, words in asked.problems({**said, "schemes": list(schemes)}, fund, today).items():
        found = values.get(name)
        if name in NOT_ASKED and not found:
            continue
        fault = Fault("E_EMPLOYER", words)
        row.problems += (fault.at(row.number, fitted.header(name), "" if found is None else str(found)),)
    number = str(values["number"]).upper() if values.get("number") else None
    if number and not _NUMBER.fullmatch(number):
        row.problems += (fitted.problem(row.number, "number", NUMBER, number),)
    enrolled: date | None = values.get("enrolled_from") or first
    if first and enrolled and enrolled < first:
        row.problems += (fitted.problem(row.number, "enrolled_from", FROM_FIRST, enrolled.isoformat()),)
    if row.problems or first is None or enrolled is None:
        return None
    return EmployerRow(row.number, number, said, schemes, first, enrolled)


def _written(value: Any) -> str:
    """A cell as an applicant would type it."""
    if isinstance(value, date):
        return f"{value.day} {value.month} {value.year}"
    return asked.clean(str(value)) if value else ""


def _schemes(text: Any, fund: Fund) -> tuple[str, ...]:
    """The schemes a cell names, by id or short name; all of the fund's where it is empty."""
    if not text:
        return fund.schemes
    by_name = {name.casefold(): id for id in fund.schemes for name in (id, fund.pack(id).short_name)}
    return tuple(by_name.get(part.casefold(), part) for part in re.split(r"[\s,;]+", str(text).strip()))


def _refuse_twice(row: ReadRow, fitted: Fitted, found: EmployerRow, seen: dict[tuple[str, str], int]) -> None:
    """Two rows about one employer, by tax number or by the number it keeps."""
    for name, text in (("tax_number", found.said["tax_number"]), ("number", found.number or "")):
        if not text:
            continue
        first = seen.setdefault((name, text), row.number)
        if first != row.number:
            fault = Fault("E_TWICE", _("“%(found)s” stands in row %(row)s already. Keep one of the two.", row=first))
            row.problems += (fitted.problem(row.number, name, fault, text),)


def template() -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """An empty register."""
    return COLUMNS, ()
