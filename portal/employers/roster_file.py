"""
A roster as a file: read with every problem of every row, written in the same layout.

Pure: no database, no clock.  What it gives out it reads back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from portal.tabular.amounts import AmountRule
from portal.tabular.cells import read_sex, text_reader
from portal.tabular.contacts import phone_reader, read_email
from portal.tabular.dates import date_reader
from portal.tabular.person_columns import doubled, named, paid, same_number, same_row, who
from portal.tabular.rows import Column, FaultyRow, FileRules, Fitted, ReadRow, fit, sift
from portal.tabular.table import Fault, Problem, Table
from portal.words import _

COLUMNS = (
    "national_id",
    "insurance_number",
    "surname",
    "first_name",
    "other_names",
    "sex",
    "birth_date",
    "phone",
    "email",
    "staff_number",
    "category",
    "from_day",
    "to_day",
    "leave_reason",
)
#: Columns a spreadsheet must keep as text.
TEXT_COLUMNS = frozenset((*COLUMNS[:5], "phone", "email", "staff_number"))

#: Under this age, in years, a first day of work is asked about.
WORKING_AGE = 15

END_FIRST = Fault("E_END_BEFORE_START", _("“%(found)s”: the last day is before the first day."))


@dataclass(frozen=True, slots=True)
class RosterRow:
    """
    One employment as a roster file holds it, from *from_day* to *to_day* (both included; None: until further notice).

    *components* are monthly pay in minor units; a component whose cell was empty is not among them.
    *said* answers what the schemes ask about the person, as written, by the name of its column.
    """

    row: int
    national_id: str
    insurance_number: str | None
    surname: str
    first_name: str
    other_names: str
    sex: str | None
    birth_date: date
    phone: str | None
    email: str | None
    staff_number: str | None
    category: str | None
    from_day: date
    to_day: date | None
    leave_reason: str | None
    components: Mapping[str, int]
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParsedRoster:
    """What a file held: every row that is not blank is either good or faulty."""

    rows: list[RosterRow] = field(default_factory=list)
    faulty: list[FaultyRow] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)


def parse(table: Table, components: Sequence[str], rules: FileRules, questions: Sequence[str] = ()) -> ParsedRoster:
    """
    Read a roster; *questions* are further columns it may have.

    Raises ``FileRefused`` when a column is missing; anything else is a problem of its row.
    """
    fitted = fit(table, columns_of(components, rules, questions))
    good, faulty = sift(fitted, [check_days], components, mark_doubles)
    notices = [*fitted.notices, *(notice for row in good for notice in row.notices)]
    rows = [roster_row(row.number, row.values, components, questions) for row in good]
    return ParsedRoster(rows, [fitted.faulty(row) for row in faulty], notices)


def columns_of(components: Sequence[str], rules: FileRules, questions: Sequence[str] = ()) -> list[Column]:
    """The columns of a roster; numbers, names, birth date and first day must be there."""
    surname, first_name, other_names = named(("surname",))
    born = date_reader(rules.today, past=True)
    day = date_reader(rules.today)
    return [
        *who(rules, national_id_filled=True),
        surname,
        first_name,
        other_names,
        Column("sex", read_sex, ("gender",)),
        Column("birth_date", born, ("date_of_birth", "dob"), needed=True, filled=True),
        Column("phone", phone_reader(rules.country_code), ("telephone", "mobile", "phone_number", "cell")),
        Column("email", read_email, ("e_mail", "email_address")),
        Column("category", text_reader(40), ("grade",)),
        Column("from_day", day, ("start_date", "date_engaged", "employed_from"), needed=True, filled=True),
        Column("to_day", day, ("end_date", "date_left", "employed_until")),
        Column("leave_reason", text_reader(60), ("reason", "reason_for_leaving")),
        *paid(components, rules, filled=False),
        *(Column(name, text_reader(60)) for name in questions),
    ]


def check_days(row: ReadRow, fitted: Fitted) -> None:
    """First day before the last, and after childhood."""
    values = row.values
    start, end, born = values["from_day"], values.get("to_day"), values["birth_date"]
    if start and end and end < start:
        row.problems += (fitted.problem(row.number, "to_day", END_FIRST, end.isoformat()),)
    if start and born and (start.year - born.year - ((start.month, start.day) < (born.month, born.day))) < WORKING_AGE:
        words = _("The person would have been under %(age)s on “%(found)s”. Check both dates.", age=WORKING_AGE)
        young = Fault("W_AGE", words, blocking=False)
        row.notices += (fitted.problem(row.number, "from_day", young, start.isoformat()),)


def mark_doubles(rows: Sequence[ReadRow], fitted: Fitted) -> list[ReadRow]:
    """
    Give each person whose rows overlap in time a problem; the rows that have one now.

    The same person may stand in two rows when they left and came back.
    """
    marked: list[ReadRow] = []
    for number, positions in doubled(range(len(rows)), lambda at: rows[at].values["national_id"]).items():
        same = sorted((rows[position] for position in positions), key=lambda row: row.values["from_day"])
        if all(ends_before(one, two) for one, two in pairwise(same)):
            continue
        same.sort(key=lambda row: row.number)
        if all(row.source.cells == same[0].source.cells for row in same):
            for row in same[1:]:
                row.problems += (fitted.problem(row.number, "national_id", same_row(same[0].number, row.number)),)
            marked += same[1:]
            continue
        fault = same_number([row.number for row in same])
        for row in same:
            row.problems += (fitted.problem(row.number, "national_id", fault, str(number)),)
        marked += same
    return marked


def ends_before(one: ReadRow, two: ReadRow) -> bool:
    """Had the first employment ended when the second began?"""
    end = one.values.get("to_day")
    return end is not None and end < two.values["from_day"]


def roster_row(
    number: int, values: Mapping[str, Any], components: Sequence[str], questions: Sequence[str] = ()
) -> RosterRow:
    """A good row as an employment."""
    get = values.get
    return RosterRow(
        number,
        values["national_id"],
        get("insurance_number"),
        values["surname"],
        get("first_name") or "",
        get("other_names") or "",
        get("sex"),
        values["birth_date"],
        get("phone"),
        get("email"),
        get("staff_number"),
        get("category"),
        values["from_day"],
        get("to_day"),
        get("leave_reason"),
        {name: values[name] for name in components if values.get(name) is not None},
        {name: values[name] for name in questions if values.get(name)},
    )


def export(
    rows: Iterable[RosterRow], components: Sequence[str], money: AmountRule, questions: Sequence[str] = ()
) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a roster, as *parse* reads them; an empty roster gives the template to fill in."""
    return [*COLUMNS, *components, *questions], [exported(row, components, money, questions) for row in rows]


def exported(row: RosterRow, components: Sequence[str], money: AmountRule, questions: Sequence[str] = ()) -> list[str]:
    """One employment as cells."""
    cells = [getattr(row, name) for name in COLUMNS]
    amounts = [money.written(row.components[name]) if name in row.components else "" for name in components]
    texts = ["" if cell is None else cell.isoformat() if isinstance(cell, date) else str(cell) for cell in cells]
    return texts + amounts + [row.said.get(name, "") for name in questions]
