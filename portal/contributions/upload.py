"""
A payroll file into lines: the good ones as values, the faulty ones as typed with all their problems.

Pure: no database, no clock.  Who a line is about is found later, by its national identity or insurance number.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.contributions.layouts import TEMPLATE, Kind, Layout, MonthRule, columns_of, layout_of
from portal.contributions.reasons import NONE, WHY, Why
from portal.scheme.calendars import GREGORIAN, Calendar, Month
from portal.tabular.amounts import AmountRule
from portal.tabular.cells import REQUIRED
from portal.tabular.person_columns import doubled, same_number, same_row
from portal.tabular.rows import FaultyRow, FileRules, Fitted, ReadRow, RowCheck, fit, sift
from portal.tabular.table import Fault, Problem, Table, refuse
from portal.words import _

__all__ = ["Layout", "ParsedLine", "ParsedPayroll", "TemplateLine", "layout_of", "parse", "template"]

NOUGHT_DAYS = Fault("E_DAYS_WAGE", _("0 days, but an amount was paid. Correct the days or the amount."))


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """
    One person's line of a payroll, every cell of it readable.  Amounts are minor units, by pay component.

    A file with one column for the whole name has it in *surname*.  The shares are the file's own (NAPSA's layout), to
    be compared with what the rules say; they are never taken over.
    """

    row: int
    national_id: str | None
    insurance_number: str | None
    staff_number: str | None
    surname: str
    first_name: str
    other_names: str
    days: int | None
    components: Mapping[str, int]
    birth_date: date | None = None
    employee_share: int | None = None
    employer_share: int | None = None
    why: Why = NONE


@dataclass(frozen=True, slots=True)
class ParsedPayroll:
    """What a file held.  Nothing of it is lost: every row that is not blank is a line or a faulty row."""

    layout: Layout
    lines: list[ParsedLine] = field(default_factory=list)
    faulty: list[FaultyRow] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A person as our template is filled in for them; amounts in minor units."""

    national_id: str | None
    insurance_number: str | None
    staff_number: str | None
    surname: str
    first_name: str
    other_names: str
    days: int | None
    components: Mapping[str, int]
    why: Why = NONE


def parse(
    table: Table,
    layout: Layout,
    month: Month,
    rules: FileRules,
    *,
    first_open: Month | None = None,
    calendar: Calendar = GREGORIAN,
) -> ParsedPayroll:
    """
    Read a payroll for *month*.  Raises ``FileRefused`` when a column is missing; anything else is a problem of its row.

    *first_open* is the first month that may still be declared, where the fund closes months.
    """
    months = MonthRule(month, rules.today, first_open, calendar)
    fitted = fit(table, columns_of(layout, table.header, months, rules))
    if "national_id" not in fitted.places and "insurance_number" not in fitted.places:
        words = _("The file has no column named %(names)s. Add it.", names="national_id")
        raise refuse("E_HEADER_MISSING", words, row=1, column="national_id")
    good, faulty = sift(fitted, row_checks(layout, months), layout.components, mark_doubles)
    notices = [*fitted.notices, *(notice for row in good for notice in row.notices)]
    return ParsedPayroll(layout, lines_of(good, layout), [fitted.faulty(row) for row in faulty], notices)


def row_checks(layout: Layout, months: MonthRule) -> list[RowCheck]:
    """What is checked of a row beyond its single cells."""
    paid = layout.components

    def has_number(row: ReadRow, fitted: Fitted) -> None:
        values = row.values
        if values.get("national_id") or values.get("insurance_number"):
            return
        name = "national_id" if "national_id" in fitted.places else "insurance_number"
        headers = {fitted.header("national_id"), fitted.header("insurance_number")}
        if not any(problem.column in headers for problem in row.problems):
            row.problems += (fitted.problem(row.number, name, REQUIRED),)

    def days_fit_pay(row: ReadRow, fitted: Fitted) -> None:
        if row.values.get("days") == 0 and any(row.values[name] for name in paid):
            row.problems += (fitted.problem(row.number, "days", NOUGHT_DAYS, "0"),)

    def month_fits(row: ReadRow, fitted: Fitted) -> None:
        year, number = row.values["year"], row.values["month"]
        if year and number and (fault := months.judge((year, number))):
            row.problems += (fitted.problem(row.number, "month", fault, f"{year}-{number:02d}"),)

    return [has_number, month_fits] if layout.kind is Kind.NAPSA else [has_number, days_fit_pay, reason_check(months)]


def reason_check(months: MonthRule) -> RowCheck:
    """What is checked of a reason with its days; a cell of them that cannot be read is problem enough."""
    bounds = months.bounds

    def reason_fits(row: ReadRow, fitted: Fitted) -> None:
        headers = {fitted.header(name) for name in WHY} if row.problems else ()
        if any(problem.column in headers for problem in row.problems):
            return
        if found := why_of(row.values.get).fault(*bounds):
            name, fault = found
            row.problems += (fitted.problem(row.number, name, fault, str(row.values.get(name) or "")),)

    return reason_fits


def why_of(get: Callable[[str], Any]) -> Why:
    """Why the line of a row is not a whole month, as far as its file says so."""
    return Why(get("reason"), get("reason_from"), get("reason_to"))


def mark_doubles(rows: Sequence[ReadRow], fitted: Fitted) -> list[ReadRow]:
    """
    Give each person who stands in several rows a problem; the rows that have one now.

    Of rows typed alike throughout, the first stays good.  Rows that differ are all in doubt.
    """
    marked: dict[int, ReadRow] = {}
    for name in ("national_id", "insurance_number"):
        for number, positions in doubled(range(len(rows)), number_at(rows, name)).items():
            same = [rows[position] for position in positions]
            if all(row.source.cells == same[0].source.cells for row in same):
                for row in same[1:]:
                    row.problems += (fitted.problem(row.number, name, same_row(same[0].number, row.number)),)
                    marked[row.number] = row
                continue
            fault = same_number([row.number for row in same])
            for row in same:
                row.problems += (fitted.problem(row.number, name, fault, str(number)),)
                marked[row.number] = row
    return list(marked.values())


def number_at(rows: Sequence[ReadRow], name: str) -> Callable[[int], Hashable]:
    """How to find the number of the row at a position; a row that has a problem already counts no more."""
    return lambda position: None if rows[position].problems else rows[position].values.get(name)


def lines_of(rows: Iterable[ReadRow], layout: Layout) -> list[ParsedLine]:
    """The good rows as lines."""
    names = layout.components
    return [line_of(row.number, row.values.get, row.values, names) for row in rows]


def line_of(number: int, get: Callable[..., Any], values: Mapping[str, Any], names: Sequence[str]) -> ParsedLine:
    """A good row as a line."""
    return ParsedLine(
        number,
        get("national_id"),
        get("insurance_number"),
        get("staff_number"),
        get("surname") or get("name") or "",
        get("first_name") or "",
        get("other_names") or "",
        get("days"),
        {name: values[name] for name in names},
        get("birth_date"),
        get("employee_share"),
        get("employer_share"),
        why_of(get),
    )


def template(
    components: Sequence[str], people: Iterable[TemplateLine], *, month: Month, money: AmountRule
) -> tuple[list[str], list[list[str]]]:
    """Header and rows of our template, filled in for *people*; what it gives, *parse* reads back without a word."""
    rows = [
        [
            person.national_id or "",
            person.insurance_number or "",
            person.staff_number or "",
            person.surname,
            person.first_name,
            person.other_names,
            str(month),
            "" if person.days is None else str(person.days),
            person.why.reason or "",
            *(day.isoformat() if day else "" for day in (person.why.reason_from, person.why.reason_to)),
            *(money.written(person.components[name]) if name in person.components else "" for name in components),
        ]
        for person in people
    ]
    return [*TEMPLATE, *components], rows
