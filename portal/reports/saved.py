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
from portal.scheme.money import format_amount
from portal.tabular.writing import Sheet, write_csv, write_sheets
from portal.web.filters import moment, say


def plain(content: Content, rules: Pack) -> str:
    """A cell for a spreadsheet: amounts and rates with a point, days and counts as they are, empty: not known."""
    if not isinstance(content, Cell):
        return say(content)
    if content.value is None:
        return ""
    match content.unit:
        case "amount":
            return format_amount(content.value, rules.currency)
        case "rate":
            sign, (whole, tenth) = "-" if content.value < 0 else "", divmod(abs(content.value), 10)
            return f"{sign}{whole}.{tenth}"
    return str(content.value)


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
            [say(PARTS[row.part]), *cells, unit_of(row.cells[1], rules), say(row.meaning)]
            for row, cells in zip(table.rows, rows, strict=True)
        ]
    return Sheet(say(table.title), head, rows, {_("Number")})


def unit_of(content: Content, rules: Pack) -> str:
    """What a figure counts in: the currency, per cent, days; nothing for numbers of employers and people."""
    units = {"amount": rules.currency.code, "rate": "%", "days": _("days")}
    return units.get(content.unit, "") if isinstance(content, Cell) else ""


def _about(contents: Contents, asked: Asked, at: datetime) -> Sheet:
    """What the figures are about, when they were made, and what each of them means."""
    rules = asked.scope.rules
    rows = [
        [_("Fund"), fund().name],
        [_("Scheme"), rules.name],
        [_("Month"), say(month_in_words(asked.month, rules.calendar))],
        [_("Place"), place_in_words(fund(), asked.place) or _("all places")],
        [_("Currency"), rules.currency.code],
        [_("As it stood on"), moment(at)],
    ]
    meanings: dict[str, str] = {}
    for table in contents.tables:
        meanings |= {say(row.cells[0]): say(row.meaning) for row in table.rows if row.meaning}
        meanings |= {say(name): say(meaning) for name, meaning in table.meanings}
    return Sheet(_("About these figures"), ["", ""], [*rows, *([name, said] for name, said in meanings.items())])
