"""
A payroll file looked at without keeping anything: what the portal would say of it, and what it would store.

Pure.  The profile *catalogue* is that of the public catalogue of bad input: a fixed day, its rule of identity numbers,
its currency, its open months, and one table with the columns of a payroll and of a roster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.contributions.checks import CheckLimits, LineToCheck, RosterEntry, check
from portal.contributions.layouts import MonthRule
from portal.contributions.upload import NOUGHT_DAYS, mark_doubles
from portal.employers.roster_file import END_FIRST
from portal.scheme.calendars import Month
from portal.tabular.amounts import AmountRule
from portal.tabular.cells import days_reader, read_sex
from portal.tabular.dates import date_reader
from portal.tabular.identity import LuhnNumber
from portal.tabular.person_columns import named, paid, who
from portal.tabular.reading import read
from portal.tabular.rows import Column, FileRules, Fitted, ReadRow, fit, sift
from portal.tabular.table import Fault, FileRefused, Noted, Problem, Table
from portal.words import _

#: Notices that are no warning: nothing needs a look.
HARMLESS = frozenset(("W_NORMALISED", "W_EXTRA_COLUMNS"))
#: So many years after the first day of work somebody still working is asked about.
WORKING_LIFE = 50

STARTS_LATER = Fault("E_START_AFTER_MONTH", _("“%(found)s”: the first day is after the month ends. Correct the day."))
LONG_AGO = Fault(
    "W_AGE",
    _("“%(found)s” is more than %(years)s years ago. Check the first day.", years=WORKING_LIFE),
    blocking=False,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one file: accept, normalise, warn, row_error or file_error; its problems; rows as stored."""

    outcome: str
    problems: Sequence[Problem]
    rows: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """By which rules a file is read: numbers, money and day, and from which month on months are open."""

    rules: FileRules
    first_open: Month
    component: str = "wage"


CATALOGUE = Profile(FileRules(LuhnNumber(12), AmountRule("XTS", 2, 10_000_000_00), date(2026, 8, 10)), Month(2025, 8))


def check_file(content: bytes, name: str, profile: Profile = CATALOGUE, month: Month | None = None) -> Checked:
    """Look at a file; *month* None: the one most of its rows are for."""
    try:
        table = read(content, name)
        fitted, months = _fitted(table, profile, month)
        good, faulty = sift(fitted, [_days_fit_pay, _days_of_work(months)], (profile.component,), mark_doubles)
    except FileRefused as refused:
        return Checked("file_error", [refused.problem])
    problems = [*fitted.notices, *(one for row in good for one in row.notices)]
    problems += [one for row in faulty for one in row.problems]
    problems += _compared(good, profile, months.expected)
    return Checked(_outcome(problems), problems, [_stored(row, profile, months.expected) for row in good])


def outcome_of(problems: Sequence[Problem]) -> str:
    """The worst of what was found, in one word."""
    return _outcome(problems)


def _outcome(problems: Sequence[Problem]) -> str:
    if any(problem.blocking for problem in problems):
        return "row_error"
    codes = {problem.code for problem in problems}
    if codes - HARMLESS:
        return "warn"
    return "normalise" if "W_NORMALISED" in codes else "accept"


def _fitted(table: Table, profile: Profile, month: Month | None) -> tuple[Fitted, MonthRule]:
    rules = profile.rules
    latest = Month(rules.today.year, rules.today.month)
    any_month = MonthRule(latest, rules.today)
    if month is None:
        month = _month_of(fit(table, _columns(table, profile, any_month)), any_month, profile.first_open, latest)
    months = MonthRule(month, rules.today, profile.first_open)
    return fit(table, _columns(table, profile, months)), months


def _columns(table: Table, profile: Profile, months: MonthRule) -> list[Column]:
    rules, day = profile.rules, date_reader(profile.rules.today)
    return [
        *who(rules, national_id_filled=True),
        *named(table.header),
        Column("month", months.reader(rules.today), ("period",)),
        *paid((profile.component,), rules),
        Column("days", days_reader(months.days), ("days_worked",)),
        Column("start_date", day, ("from_day",)),
        Column("end_date", day, ("to_day",)),
        Column("sex", read_sex, ("gender",)),
    ]


def _month_of(fitted: Fitted, months: MonthRule, first: Month, latest: Month) -> Month:
    """The open month most rows are for; the month before the latest where none says."""
    place = fitted.places.get("month")
    reader = MonthRule(latest, months.today).reader(months.today)
    found: Counter[Month] = Counter()
    for row in fitted.table.rows if place else ():
        cell = row.cells[place.index] if place and place.index < len(row.cells) else ""
        for candidate in _candidates(reader(cell), cell):
            found.update([candidate] if first <= candidate <= latest else [])
    return found.most_common(1)[0][0] if found else latest.previous()


def _candidates(value: object, cell: str) -> list[Month]:
    """The month a cell is for, also where it is not the one expected."""
    value = value.value if isinstance(value, Noted) else value
    if isinstance(value, Month):
        return [value]
    if isinstance(value, tuple):
        return [Month(*value)]
    year, _dash, number = cell.strip().partition("-")
    good = year.isascii() and year.isdigit() and number.isascii() and number.isdigit() and 1 <= int(number) <= 12
    return [Month(int(year), int(number))] if good and len(year) == 4 else []


def _days_fit_pay(row: ReadRow, fitted: Fitted) -> None:
    values = row.values
    if values.get("days") == 0 and values.get(next(iter(set(values) & {"wage"}), "")):
        row.problems += (fitted.problem(row.number, "days", NOUGHT_DAYS, "0"),)


def _days_of_work(months: MonthRule) -> Any:
    last, long_ago = months.expected.last_day(months.calendar), months.today.year - WORKING_LIFE

    def checked(row: ReadRow, fitted: Fitted) -> None:
        start, end = row.values.get("start_date"), row.values.get("end_date")
        if start and start > last:
            row.problems += (fitted.problem(row.number, "start_date", STARTS_LATER, start.isoformat()),)
        if start and end and end < start:
            row.problems += (fitted.problem(row.number, "end_date", END_FIRST, end.isoformat()),)
        if start and start.year < long_ago:
            row.notices += (fitted.problem(row.number, "start_date", LONG_AGO, start.isoformat()),)

    return checked


def _compared(good: Sequence[ReadRow], profile: Profile, month: Month) -> list[Problem]:
    """What is found by looking at the good rows together, each person taken to be on the roster."""
    lines = [
        LineToCheck(
            row.number, row.values["national_id"], row.values["national_id"], row.values.get("name") or "", "",
            {profile.component: row.values[profile.component]}, row.values.get("days"),
        )
        for row in good
    ]  # fmt: skip
    since = profile.rules.today.replace(year=2020)
    roster = {line.person_key: RosterEntry(line.person_key, line.national_id, line.surname, since) for line in lines}
    return check(lines, roster, month, CheckLimits(profile.rules.money, columns={"surname": "name"}))


def _stored(row: ReadRow, profile: Profile, month: Month) -> dict[str, Any]:
    values, component = row.values, profile.component
    days = {name: values[name].isoformat() if values.get(name) else None for name in ("start_date", "end_date")}
    return {
        "row": row.number, "national_id": values["national_id"], "name": values.get("name") or _names(values),
        "month": str(month), component: profile.rules.money.written(values[component]), "days": values.get("days"),
        **days, "sex": values.get("sex"),
    }  # fmt: skip


def _names(values: dict[str, Any]) -> str:
    return " ".join(filter(None, (values.get("first_name"), values.get("other_names"), values.get("surname"))))
