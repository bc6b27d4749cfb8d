"""Who a row is about and what was paid: columns that rosters and payrolls share, and the names people give them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from portal.tabular.amounts import amount_reader
from portal.tabular.cells import text_reader
from portal.tabular.identity import identity_reader
from portal.tabular.names import read_name
from portal.tabular.rows import Column, FileRules, key_of
from portal.tabular.table import Fault
from portal.words import _

NATIONAL_ID = (
    "nrc",
    "nrc_number",
    "nrc_no",
    "national_identity_number",
    "national_id_number",
    "identity_number",
    "id_number",
)
INSURANCE = (
    "ssn",
    "social_security_number",
    "insurance_no",
    "nhima_number",
    "nhima_no",
    "napsa_number",
    "member_number",
)
STAFF = ("staff_no", "employee_number", "employee_no", "payroll_number", "man_number")
SURNAME = ("last_name", "family_name")
FIRST_NAME = ("firstname", "given_name", "given_names", "forename")
OTHER_NAMES = ("other_name", "middle_name", "middle_names")
WHOLE_NAME = ("full_name", "employee_name", "names")

#: Other headers for the pay components funds ask for most.
COMPONENTS = {
    "basic": ("basic_pay", "basic_salary", "basic_wage"),
    "gross": ("gross_pay", "gross_salary", "gross_wage", "gross_earnings", "total_earnings"),
}


def who(rules: FileRules, *, national_id_filled: bool) -> list[Column]:
    """The columns of numbers."""
    insurance = identity_reader(rules.insurance) if rules.insurance else text_reader(30)
    return [
        Column(
            "national_id",
            identity_reader(rules.identity),
            NATIONAL_ID,
            needed=national_id_filled,
            filled=national_id_filled,
            secret=True,
        ),
        Column("insurance_number", insurance, INSURANCE, secret=True),
        Column("staff_number", text_reader(30), STAFF),
    ]


def named(header: Sequence[str]) -> list[Column]:
    """The columns of names: surname and first name, or one column with the whole name where the file has only that."""
    keys = {key_of(name) for name in header}
    if not keys & {"surname", *SURNAME} and keys & {"name", *WHOLE_NAME}:
        return [Column("name", read_name, WHOLE_NAME, needed=True, filled=True)]
    return [
        Column("surname", read_name, SURNAME, needed=True, filled=True),
        Column("first_name", read_name, FIRST_NAME, needed=True),
        Column("other_names", read_name, OTHER_NAMES),
    ]


def paid(components: Iterable[str], rules: FileRules, *, filled: bool = True) -> list[Column]:
    """One column a pay component."""
    reader = amount_reader(rules.money)
    return [Column(name, reader, COMPONENTS.get(name, ()), needed=filled, filled=filled) for name in components]


def same_number(rows: Sequence[int]) -> Fault:
    """The fault of a person who stands in several rows."""
    return Fault(
        "E_DUP_ID",
        _(
            "The number ending %(found)s stands in rows %(rows)s. Keep one row for each person.",
            rows=", ".join(map(str, rows[:10])),
        ),
    )


def same_row(first: int, row: int) -> Fault:
    """The fault of a row that repeats another."""
    return Fault("E_DUP_ROW", _("Rows %(first)s and %(second)s are the same. Leave one out.", first=first, second=row))


def doubled(rows: Iterable[int], key: Callable[[int], Hashable]) -> dict[Hashable, list[int]]:
    """The keys that more than one of *rows* (by position) have, with those positions."""
    first: dict[Hashable, int] = {}
    repeated: dict[Hashable, list[int]] = {}
    for position in rows:
        value = key(position)
        if value in first:
            repeated.setdefault(value, [first[value]]).append(position)
        elif value is not None:
            first[value] = position
    return repeated
