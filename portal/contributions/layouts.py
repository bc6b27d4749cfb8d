"""
The layouts of payroll files we read, each recognised by its header.

Our template has the columns of *TEMPLATE* and one for each pay component.  NAPSA's (Zambia) is the return file of
its own portal: dates as day/month/year, the month in two columns, the shares the employer worked out beside the
gross pay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.contributions.reasons import reason_reader
from portal.scheme.calendars import GREGORIAN, Calendar, Month, days_in, month_of
from portal.tabular.cells import Reader, days_reader, noted, text_reader, tidied
from portal.tabular.dates import date_reader, month_reader
from portal.tabular.person_columns import named, paid, who
from portal.tabular.rows import Column, FileRules, key_of
from portal.tabular.table import Fault
from portal.words import _

TEMPLATE = (
    "national_id", "insurance_number", "staff_number", "surname", "first_name", "other_names", "month", "days",
    "reason", "reason_from", "reason_to",
)  # fmt: skip

_NAPSA_MARKS = {"account_number", "ssn", "nrc", "gross_pay"}


class Kind(StrEnum):
    """Which layout a file has."""

    TEMPLATE = "template"
    NAPSA = "napsa"


@dataclass(frozen=True, slots=True)
class Layout:
    """A file's layout and the pay components it is to bring."""

    kind: Kind
    components: tuple[str, ...]


def layout_of(header: Sequence[str], components: Sequence[str]) -> Layout:
    """The layout a header shows.  *components*: what the employer's schemes ask for; NAPSA's has gross pay only."""
    if {key_of(name) for name in header} >= _NAPSA_MARKS:
        return Layout(Kind.NAPSA, ("gross",))
    return Layout(Kind.TEMPLATE, tuple(components))


def columns_of(layout: Layout, header: Sequence[str], months: MonthRule, rules: FileRules) -> list[Column]:
    """The columns of a layout and how each is read for the month the page is about."""
    return napsa(months, rules) if layout.kind is Kind.NAPSA else template(layout, header, months, rules)


@dataclass(frozen=True, slots=True)
class MonthRule:
    """Which month a row may be for, and why another is not taken.  *first_open* None: no month is closed."""

    expected: Month
    today: date
    first_open: Month | None = None
    calendar: Calendar = GREGORIAN

    @property
    def days(self) -> int:
        """How many days the month has."""
        return days_in(self.expected, self.calendar)

    @property
    def bounds(self) -> tuple[date, date]:
        """Its first and its last day."""
        return self.expected.first_day(self.calendar), self.expected.last_day(self.calendar)

    def reader(self, today: date) -> Reader:
        """Reads the month of a row."""
        own = self.calendar is GREGORIAN
        return month_reader(today, self.judge, self.calendar.months_in_year, is_gregorian=own)

    def judge(self, found: tuple[int, int]) -> Fault | None:
        """The fault of a row for another month."""
        month = Month(*found)
        if month == self.expected:
            return None
        if month > month_of(self.today, self.calendar):
            return Fault("E_MONTH_FUTURE", _("“%(found)s” has not started yet."))
        if self.first_open is not None and month < self.first_open:
            return Fault("E_MONTH_CLOSED", _("“%(found)s” is closed. Ask the fund to open it again."))
        words = _("This file is for %(expected)s, the row says “%(found)s”.", expected=str(self.expected))
        return Fault("E_MONTH_MISMATCH", words)


def template(layout: Layout, header: Sequence[str], months: MonthRule, rules: FileRules) -> list[Column]:
    """Our own columns; a file may leave out all but the names, one kind of number and the pay."""
    numbers = who(rules, national_id_filled=False)
    return [
        *numbers,
        *named(header),
        Column("month", months.reader(rules.today), ("period", "pay_month", "contribution_month")),
        Column("days", days_reader(months.days), ("days_worked", "working_days")),
        Column("reason", reason_reader(), ("absence", "reason_for_absence", "motif")),
        Column("reason_from", date_reader(rules.today), ("absent_from", "first_day")),
        Column("reason_to", date_reader(rules.today), ("absent_to", "last_day")),
        *paid(layout.components, rules),
    ]


def napsa(months: MonthRule, rules: FileRules) -> list[Column]:
    """NAPSA's columns; the shares are kept to be compared with what the rules say."""
    gross, employee, employer = paid(("gross", "employee_share", "employer_share"), rules)
    born = date_reader(rules.today, past=True, day_first=True)
    wrong_month = Fault("E_MONTH", _("“%(found)s” is not a month. Write its number, 1 to 12."))
    wrong_year = Fault("E_MONTH", _("“%(found)s” is not a year. Write it with four digits."))
    return [
        Column("account_number", text_reader(30)),
        Column("year", whole_reader(1900, 9999, wrong_year), needed=True, filled=True),
        Column("month", whole_reader(1, 12, wrong_month), needed=True, filled=True),
        *who(rules, national_id_filled=False)[:2],
        *named(("surname",)),
        Column("birth_date", born, ("date_of_birth", "date_of_birth_dd_mm_yyyy", "dob")),
        gross,
        Column("employee_share", employee.read, ("employee_s_share",)),
        Column("employer_share", employer.read, ("employer_s_share",)),
    ]


def whole_reader(least: int, most: int, wrong: Fault) -> Reader:
    """Reads a whole number between two bounds, both included."""

    def read(text: str) -> object:
        clean = tidied(text, 20)
        if isinstance(clean, Fault) or not clean:
            return clean or None
        if not (clean.isascii() and clean.isdigit() and least <= int(clean) <= most):
            return wrong
        return noted(int(clean), clean, text)

    return read
