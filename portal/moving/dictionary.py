"""The data dictionary of an export, generated from the tables themselves: every table and column with its meaning."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Column, Table

from portal.db import Base, MonthColumn
from portal.moving.policy import How, Leaving, leaving, tables, values_of

#: What columns of one name mean wherever they stand, unless the table says it itself.
USUAL = {
    "id": "The row's own number; other tables point at it. Never shown to visitors.",
    "public_id": "The name of the thing in addresses and messages.",
    "employer_id": "The employer it belongs to.",
    "person_id": "The insured person it is about.",
    "account_id": "The account it belongs to, or that acted.",
    "created_at": "When the row was made.",
    "created_by": "The account that made it; empty: a job.",
    "recorded_at": "When it was written down.",
    "recorded_by": "The account that wrote it down; empty: a job.",
    "scheme": "The scheme, by the id of its pack.",
    "branch": "The branch of the scheme.",
    "currency": "The currency of the amounts of the row.",
    "from_day": "The first day it holds, included.",
    "to_day": "The last day it holds, included; empty: until further notice.",
    "due_day": "The last day to pay without being late.",
    "pack_hash": "The version of the rules it was computed with (SHA-256).",
    "snapshot": "The document as it was issued.",
    "state": "Where it stands.",
    "components": "Pay by component, in minor units.",
    "location": "The place, by its code in the fund's own list.",
    "activity": "The economic activity, by its code in the fund's own list.",
    "legal_form": "The legal form, by its code in the fund's own list.",
    "sha256": "The fingerprint of the content.",
    "file_id": "The file that goes with it.",
}


def dictionary(*, persons: bool) -> dict[str, Any]:
    """Every table that leaves: what it holds, and each column with type, meaning and what became of it."""
    return {
        table.name: {
            "meaning": _meaning(table),
            "file": f"tables/{table.name}.csv",
            "key": [column.name for column in table.primary_key.columns],
            "columns": [_column(one) for one in leaving(table, persons=persons)],
        }
        for table in tables(persons=persons)
    }


def rows(found: Mapping[str, Any]) -> list[list[str]]:
    """The same as lines of a table, with a head."""
    head = ["table", "column", "type", "may be empty", "points at", "values", "what became of it", "meaning"]
    lines = [
        [name, one["name"], one["type"], "yes" if one["may_be_empty"] else "no", one["points_at"],
         ", ".join(one["values"]), one["here"], one["meaning"]]
        for name, table in found.items()
        for one in table["columns"]
    ]  # fmt: skip
    return [head, *lines]


def _column(one: Leaving) -> dict[str, Any]:
    column = one.column
    points_at = [key.target_fullname for key in column.foreign_keys]
    return {
        "name": column.name,
        "type": _type(column),
        "may_be_empty": bool(column.nullable) or (one.how is How.NEVER and bool(one.instead)),
        "points_at": points_at[0] if points_at else "",
        "values": list(values_of(column)),
        "here": one.how.value,
        "meaning": meaning_of(column),
    }


def _type(column: Column[Any]) -> str:
    """The type in words: amounts and months say how they are written."""
    if isinstance(column.type, MonthColumn):
        return "month: year * 100 + its number in the scheme's calendar"
    if isinstance(column.type, BigInteger) and not column.foreign_keys and not column.primary_key:
        return "whole number; an amount is in minor units of its currency"
    kinds = {
        "DATETIME": "moment with its offset", "VARCHAR": "text", "CHAR(32)": "UUID", "JSONB": "JSON", "BLOB": "bytes",
        "DATE": "day", "BOOLEAN": "t or f", "INTEGER": "whole number", "BIGINT": "whole number",
    }  # fmt: skip
    return kinds.get(str(column.type), str(column.type).lower())


def meaning_of(column: Column[Any]) -> str:
    """What a column means: as its table says, as every table says, or its name in words."""
    said = _comments(column.table.name).get(column.name)
    return said or USUAL.get(column.name) or f"{column.name.replace('_', ' ').capitalize()}."


@cache
def _classes() -> dict[str, type]:
    return {str(one.local_table): one.class_ for one in Base.registry.mappers}


def _meaning(table: Table) -> str:
    return " ".join((_classes()[table.name].__doc__ or table.name).split())


@cache
def _comments(table: str) -> dict[str, str]:
    """The comments that stand above the columns of a table where it is declared."""
    lines = inspect.getsource(_classes()[table]).splitlines()
    (declared,) = ast.parse("\n".join(lines)).body
    found: dict[str, str] = {}
    assert isinstance(declared, ast.ClassDef)
    for one in declared.body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            above = []
            for line in reversed(lines[: one.lineno - 1]):
                comment = re.fullmatch(r"\s*#: ?(.*)", line)
                if comment is None:
                    break
                above.append(comment[1])
            if above:
                found[one.target.id] = " ".join(reversed(above))
    return found
