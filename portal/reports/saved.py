"""The tables of a page as files: exactly what is shown, with a sheet that says what each figure means."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from portal.employers.answers import place_in_words
from portal.installation import fund
from portal.reports.contents import Asked, Contents
from portal.reports.measures import PARTS
from portal.reports.tables import Cell, Content, Table
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import month_in_words
from portal.scheme.money import Currency, format_amount
from portal.tabular.writing import Sheet, write_csv, write_sheets
from portal.web.filters import moment, say

#: A rate is kept in tenths of a per cent: written like money with one digit.
_TENTHS = Currency("", 1)


def plain(content: Content, rules: Pack) -> str:
    """A cell for a spreadsheet: amounts and rates with a point, days and counts as they are, empty: not known."""
    return plain_figure(content, rules)[0] if isinstance(content, Cell) else say(content)


def plain_figure(cell: Cell, rules: Pack) -> tuple[str, str]:
    """A figure for a program, and what it counts in: the currency, "%", "days", or nothing for employers and people."""
    match cell.unit:
        case "amount":
            text = "" if cell.value is None else format_amount(cell.value, rules.currency)
            return text, rules.currency.code
        case "rate":
            return "" if cell.value is None else format_amount(cell.value, _TENTHS), "%"
    return "" if cell.value is None else str(cell.value), "days" if cell.unit == "days" else ""


def as_csv(contents: Contents, code: str, rules: Pack) -> bytes:
    """One table of the page."""
    sheet = _sheet(contents.table(code), rules)
    return write_csv(sheet.header, sheet.rows)


def as_xlsx(contents: Contents, asked: Asked, at: datetime) -> bytes:
    """All tables of the page, a sheet each, and what they are about."""
    rules = asked.scope.rules
    return write_sheets([*(_sheet(table, rules) for table in contents.tables), _about(contents, asked, at)])


def _sheet(table: Table, rules: Pack) -> Sheet:
    """A table whose rows have meanings carries them, with their unit, in columns of their own."""
    explained = any(row.meaning for row in table.rows)
    head = [say(name) for name in table.head]
    rows = [[plain(cell, rules) for cell in row.cells] for row in table.rows]
    if explained:
        head = [_("Part"), *head, _("Unit"), _("What it means")]
        rows = [
            [say(PARTS[row.part]), *cells, _unit(row.cells[1], rules), say(row.meaning)]
            for row, cells in zip(table.rows, rows, strict=True)
        ]
    return Sheet(say(table.title), head, rows, {_("Number")})


def _unit(content: Content, rules: Pack) -> str:
    unit = plain_figure(content, rules)[1] if isinstance(content, Cell) else ""
    return _("days") if unit == "days" else unit


def _places(asked: Asked) -> str:
    """The place that was chosen, or else all those the reader may see."""
    if asked.place or asked.scope.places is None:
        return place_in_words(fund(), asked.place) or _("all places")
    return "; ".join(place_in_words(fund(), code) or code for code in asked.scope.places)


def _about(contents: Contents, asked: Asked, at: datetime) -> Sheet:
    """What the figures are about, when they were made, and what each of them means."""
    rules = asked.scope.rules
    rows = [
        [_("Fund"), fund().name],
        [_("Scheme"), rules.name],
        [_("Month"), say(month_in_words(asked.month, rules.calendar))],
        [_("Place"), _places(asked)],
        [_("Currency"), rules.currency.code],
        [_("As it stood on"), moment(at)],
    ]
    meanings: dict[str, str] = {}
    for table in contents.tables:
        meanings |= {say(row.cells[0]): say(row.meaning) for row in table.rows if row.meaning}
        meanings |= {say(name): say(meaning) for name, meaning in table.meanings}
    return Sheet(_("About these figures"), ["", ""], [*rows, *([name, said] for name, said in meanings.items())])
