"""
Where the lines of a draft come from: the roster, a file, or what was typed to mend a row.

Whatever the way, each row becomes a line of somebody on the roster, or a faulty row with its problems.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from portal.contributions import upload
from portal.contributions.assessment import problem_to_json
from portal.contributions.basis import Basis, Line
from portal.contributions.checks import UNKNOWN, CheckLimits, LineToCheck, control_total
from portal.contributions.layouts import Kind, Layout, MonthRule, columns_of, layout_of
from portal.contributions.reasons import Why, by_roster, days_employed
from portal.contributions.upload import ParsedLine, ParsedPayroll
from portal.employers.roster import RosterPerson
from portal.employers.roster_import import file_rules, money
from portal.installation import calendar, packs
from portal.tabular.cells import REQUIRED
from portal.tabular.rows import FaultyRow, Fitted, fit
from portal.tabular.table import Fault, Problem, Table
from portal.words import _, _n

#: More notices of one file than this are not kept: they repeat themselves.
NOTICES = 100

TWO_PEOPLE = Fault(
    "E_NUMBERS_DIFFER",
    _("This number and the national identity number do not belong to the same person on your roster. Correct one."),
)
NO_WAGE = Fault(
    "E_REQUIRED",
    _("This kind of file does not carry it, and your roster knows no wage of this person. Enter it on the roster."),
)


@dataclass(frozen=True, slots=True)
class ReadIn:
    """Rows read: the good and the faulty ones, what must be said about all of them, how the file names our columns."""

    lines: list[Line]
    faulty: list[FaultyRow] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    layout: Kind = Kind.TEMPLATE
    columns: Mapping[str, str] = field(default_factory=dict)


def from_roster(basis: Basis, people: Sequence[RosterPerson], *, first_row: int = 1) -> ReadIn:
    """
    A line for each of *people* with the wage of the month; a row to fill in where the roster knows no wage.

    Rows are counted from *first_row*: from 1 where there is no file whose first row is its header.
    """
    read_in = ReadIn([])
    for row, who in enumerate(people, first_row):
        unknown = [code for code in basis.components if code not in who.components]
        if unknown:
            cells = _cells_of(basis, who)
            problems = tuple(REQUIRED.at(row, label_of(code), "") for code in unknown)
            read_in.faulty.append(FaultyRow(row, cells, problems))
        else:
            line = Line(row, who.person_id, {code: who.components[code] for code in basis.components})
            why = roster_says(basis, who)
            read_in.lines.append(replace(line, days=part_of(basis, who)).because(why) if why.reason else line)
    return read_in


def roster_says(basis: Basis, who: RosterPerson) -> Why:
    """That somebody joined or left in the month, where the roster says so."""
    return by_roster(who.from_day, who.to_day, *basis.bounds)


def part_of(basis: Basis, who: RosterPerson) -> int | None:
    """How many days of the month somebody was employed who joined or left in it; None for the whole month."""
    if roster_says(basis, who).reason is None:
        return None
    return days_employed(who.from_day, who.to_day, *basis.bounds)


def from_lines(basis: Basis, lines: Iterable[Line]) -> ReadIn:
    """Lines of an earlier payroll of the month; a component it did not have comes from the roster."""
    read_in = ReadIn([])
    for line in lines:
        who = basis.people[line.person_id]
        paid = {**who.components, **line.components}
        one = from_roster(basis, [replace(who, components=paid)], first_row=line.row)
        read_in.lines.extend(replace(each, days=line.days).because(line.why) for each in one.lines)
        read_in.faulty.extend(one.faulty)
    return read_in


def from_file(basis: Basis, table: Table, today: date) -> ReadIn:
    """The rows of a payroll file.  Raises ``FileRefused`` when a column is missing."""
    layout = layout_of(table.header, basis.components)
    return _read(basis, table, layout, today)


def from_typed(basis: Basis, rows: Mapping[int, Mapping[str, str]], kept: Mapping[str, Any], today: date) -> ReadIn:
    """Faulty rows read again as they were typed on a page, by the layout they came in."""
    if not rows:
        return ReadIn([])
    kind = Kind(kept.get("layout", Kind.TEMPLATE))
    layout = Layout(kind, ("gross",) if kind is Kind.NAPSA else basis.components)
    return _read(basis, Table.typed(sorted(rows.items())), layout, today)


def _read(basis: Basis, table: Table, layout: Layout, today: date) -> ReadIn:
    rules = file_rules(today)
    fitted = fit(table, columns_of(layout, table.header, MonthRule(basis.month, today, calendar=calendar()), rules))
    parsed = upload.parse(table, layout, basis.month, rules, calendar=calendar())
    columns = {name: place.header for name, place in fitted.places.items()}
    read_in = ReadIn([], list(parsed.faulty), list(parsed.notices), layout.kind, columns)
    _match(basis, parsed, fitted, read_in)
    read_in.notices[:0] = _filled(basis, parsed, len(read_in.lines))
    read_in.faulty.sort(key=lambda row: row.row)
    return read_in


def _match(basis: Basis, parsed: ParsedPayroll, fitted: Fitted, read_in: ReadIn) -> None:
    """Find the person of each row among everybody who ever worked for the employer."""
    by_national = {one.national_id: one for one in basis.people.values()}
    by_insurance = {one.insurance_number: one for one in basis.people.values()}
    typed = {row.number: row for row in fitted.table.rows}
    for line in parsed.lines:
        who, fault = _person(line, by_national, by_insurance)
        name = "national_id" if line.national_id and fault is not TWO_PEOPLE else "insurance_number"
        problems: tuple[Problem, ...] = (
            () if fault is None else (fitted.problem(line.row, name, fault, getattr(line, name) or ""),)
        )
        paid = {} if who is None else _pay(basis, line, who)
        if who is not None and not problems:
            lacking = [code for code in basis.components if code not in paid]
            problems = tuple(NO_WAGE.at(line.row, label_of(code), "") for code in lacking)
        if problems or who is None:
            read_in.faulty.append(FaultyRow(line.row, fitted.typed(typed[line.row]), problems))
        else:
            read = Line(line.row, who.person_id, paid, line.days, _shares(line))
            read_in.lines.append(read.because(line.why if line.why.reason else roster_says(basis, who)))


def _person(
    line: ParsedLine, by_national: Mapping[str, RosterPerson], by_insurance: Mapping[str, RosterPerson]
) -> tuple[RosterPerson | None, Fault | None]:
    """Who a row is about.  The fault is the same whether or not the fund knows the number: it tells nobody anything."""
    one = by_national.get(line.national_id or "")
    other = by_insurance.get(line.insurance_number or "")
    if one is None and other is None:
        return None, UNKNOWN
    if line.national_id and line.insurance_number and one is not other:
        return None, TWO_PEOPLE
    return one or other, None


def _pay(basis: Basis, line: ParsedLine, who: RosterPerson) -> dict[str, int]:
    """What was paid of each component the schemes count; what the file's layout does not carry is the roster's."""
    known = {**who.components, **line.components}
    return {code: known[code] for code in basis.components if code in known}


def _shares(line: ParsedLine) -> tuple[int, int] | None:
    if line.employee_share is None or line.employer_share is None:
        return None
    return line.employee_share, line.employer_share


def _filled(basis: Basis, parsed: ParsedPayroll, lines: int) -> Iterable[Problem]:
    """A word about each component that the file's layout does not carry."""
    for code in basis.components:
        if code not in parsed.layout.components and lines:
            words = _n(
                "This kind of file has no %(component)s. It was taken from your roster for %(n)s person. Check it.",
                "This kind of file has no %(component)s. It was taken from your roster for %(n)s people. Check it.",
                lines,
                component=label_of(code),
            )
            yield Problem("W_FROM_ROSTER", words, column=label_of(code), blocking=False)


def compared(basis: Basis, read_in: ReadIn, total: int | None) -> list[Problem]:
    """A word when the good rows do not add up to the *total* the employer typed beside the file."""
    if total is None or not basis.components:
        return []
    component = "gross" if "gross" in basis.components else basis.components[0]
    lines = [LineToCheck(line.row, line.person_id, None, "", "", line.components) for line in read_in.lines]
    found = control_total(lines, component, total, CheckLimits(money()))
    return [] if found is None else [found]


def same_file(day: date) -> Problem:
    """The same bytes were uploaded before."""
    words = _("You uploaded this same file on %(day)s. Check that it is the right one.", day=day)
    return Problem("W_SAME_FILE", words, blocking=False)


def kept_of(basis: Basis, *, read_in: ReadIn | None = None, file_name: str | None = None) -> dict[str, Any]:
    """What the draft remembers of how it began."""
    columns = {code: label_of(code) for code in basis.components}
    notices: Collection[Problem] = read_in.notices[:NOTICES] if read_in else ()
    return {
        "schemes": [rules.id for rules in basis.packs],
        "layout": (read_in.layout if read_in else Kind.TEMPLATE).value,
        "columns": {**columns, **(read_in.columns if read_in else {})},
        "file_name": file_name,
        "notices": [problem_to_json(problem) for problem in notices],
    }


def label_of(component: str) -> str:
    """The name of a pay component in the words of the first scheme that counts it."""
    return next((one.label_of(component) for one in packs().values() if component in one.components), component)


def _cells_of(basis: Basis, who: RosterPerson) -> dict[str, str]:
    """Somebody of the roster as a row of our template, for what is still to be typed."""
    person = template_line(basis, who)
    header, rows = upload.template(basis.components, [person], month=basis.month, money=money())
    return dict(zip(header, rows[0], strict=True))


def template_line(basis: Basis, who: RosterPerson) -> upload.TemplateLine:
    """Somebody of the roster as our template is filled in for them."""
    return upload.TemplateLine(
        who.national_id, who.insurance_number, who.staff_number or None, who.surname, who.first_name,
        who.other_names, part_of(basis, who), who.components, roster_says(basis, who),
    )  # fmt: skip
