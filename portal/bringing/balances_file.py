"""
What employers owe on the day a fund begins here, as a file: a row for an employer, a scheme and a month.

Amounts are read into minor units; credit is money of the employer that settles nothing yet and belongs to no month.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from portal.scheme.calendars import GREGORIAN, Calendar, Month, month_of
from portal.scheme.fund import Fund
from portal.tabular.amounts import AmountRule, amount_reader
from portal.tabular.cells import text_reader
from portal.tabular.dates import month_reader
from portal.tabular.rows import Column, Fitted, ReadRow, fit, read_rows
from portal.tabular.table import Fault, Problem, Table
from portal.words import _

COLUMNS = ("employer_number", "scheme", "month", "contribution", "late", "credit")
TEXT_COLUMNS = frozenset(("employer_number", "month"))
#: More than this owed in one row is a slip of the hand: minor units.
MOST = 10**13

NOTHING = Fault("E_NOTHING", _("This row owes nothing and has no credit. Leave it out."))
NO_MONTH = Fault("E_MONTH_MISSING", _("Write the month for which this is owed."))
SCHEME = Fault("E_SCHEME", _("“%(found)s” is not a scheme of this fund."))
LATER = Fault("E_MONTH_LATER", _("“%(found)s” is after the day the balances are of."))


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """What one employer owes in a scheme for a month, and its credit: minor units, none below zero."""

    row: int
    number: str
    scheme: str
    month: Month | None
    contribution: int
    late: int
    credit: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file held: good rows, and the problems of the others."""

    rows: list[BalanceRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)

    @property
    def owed(self) -> int:
        """Contributions and late charges together, in minor units."""
        return sum(row.contribution + row.late for row in self.rows)

    @property
    def credit(self) -> int:
        """All credit, in minor units."""
        return sum(row.credit for row in self.rows)


def parse(table: Table, fund: Fund, calendar: Calendar, as_of: date) -> Parsed:
    """Read balances as of the end of day *as_of*.  ``FileRefused`` when a column is missing."""
    fitted = fit(table, _columns(fund, calendar, as_of))
    parsed = Parsed(notices=list(fitted.notices))
    seen: dict[tuple[str, str, Month | None], int] = {}
    for row in read_rows(fitted):
        found = None if row.problems else _balance(row, fitted, fund)
        if found is not None:
            _refuse_twice(row, fitted, found, seen)
        parsed.notices.extend(row.notices)
        parsed.problems.extend(row.problems)
        if found is not None and not row.problems:
            parsed.rows.append(found)
    return parsed


def _columns(fund: Fund, calendar: Calendar, as_of: date) -> list[Column]:
    money = amount_reader(AmountRule(fund.currency.code, fund.currency.digits, MOST))
    last = month_of(as_of, calendar)

    def judge(found: tuple[int, int]) -> Fault | None:
        return LATER if Month(*found) > last else None

    month = month_reader(as_of, judge, calendar.months_in_year, is_gregorian=calendar is GREGORIAN)
    return [
        Column("employer_number", text_reader(20), ("number", "employer_no"), needed=True, filled=True),
        Column("scheme", text_reader(40), needed=True, filled=True),
        Column("month", month, ("period",), needed=True),
        Column("contribution", money, ("contributions", "principal")),
        Column("late", money, ("late_charges", "penalty", "interest")),
        Column("credit", money, ("credits", "overpaid")),
    ]


def _balance(row: ReadRow, fitted: Fitted, fund: Fund) -> BalanceRow | None:
    values = row.values
    by_name = {name.casefold(): id for id in fund.schemes for name in (id, fund.pack(id).short_name)}
    scheme = by_name.get(str(values["scheme"]).casefold())
    contribution, late, credit = (values.get(name) or 0 for name in ("contribution", "late", "credit"))
    if scheme is None:
        row.problems += (fitted.problem(row.number, "scheme", SCHEME, str(values["scheme"])),)
    elif fund.pack(scheme).currency.code != fund.currency.code:
        words = _("“%(found)s” counts in %(currency)s; amounts of a file are in the currency of the fund.",
                  currency=fund.pack(scheme).currency.code)  # fmt: skip
        row.problems += (fitted.problem(row.number, "scheme", Fault("E_CURRENCY", words), scheme),)
    if not contribution and not late and not credit:
        row.problems += (fitted.problem(row.number, "contribution", NOTHING),)
    month = values.get("month")
    if (contribution or late) and month is None:
        row.problems += (fitted.problem(row.number, "month", NO_MONTH),)
    if row.problems or scheme is None:
        return None
    number = str(values["employer_number"]).upper()
    return BalanceRow(row.number, number, scheme, Month(*month) if month else None, contribution, late, credit)


def _refuse_twice(
    row: ReadRow, fitted: Fitted, found: BalanceRow, seen: dict[tuple[str, str, Month | None], int]
) -> None:
    """Two rows about one month of an employer in a scheme."""
    first = seen.setdefault((found.number, found.scheme, found.month), row.number)
    if first != row.number:
        words = _("Row %(row)s is about the same employer, scheme and month. Put the two together.", row=first)
        row.problems += (fitted.problem(row.number, "month", Fault("E_TWICE", words)),)
