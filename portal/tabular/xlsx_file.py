"""XLSX: refused before it is opened when unsafe, every number taken as the text a spreadsheet shows for it."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, ZipError

from portal.tabular.archive import damaged, encrypted, forbid_declarations, open_archive, sheet_parts
from portal.tabular.csv_file import too_many_columns, too_many_rows, trimmed
from portal.tabular.sheet_scan import Scan, scan_sheet
from portal.tabular.table import Limits, Mark, Problem, Row, Table, refuse
from portal.words import _

#: A spreadsheet keeps fifteen digits of a number; from here on the last ones may have been changed.
EXACT = 10**15


def read_xlsx(content: bytes, limits: Limits) -> Table:
    """The one sheet with values, as text; the row numbers are those of the spreadsheet."""
    archive = open_archive(content, limits)
    name, scan = only_sheet(archive, limits)
    if scan.last_column > limits.columns:
        raise too_many_columns(scan.last_column, limits)
    if scan.last_row - 1 > limits.rows or scan.last_row * scan.last_column > limits.cells:
        raise too_many_rows(scan.last_row - 1, limits)
    values = values_of(content, name)
    marks = {**scan.marks, **rounded(values)}
    header = [text_of(value) for value in values[0]] if values else []
    if not any(cell.strip() for cell in header):
        raise refuse("E_HEADER", _("The first row is empty. It must hold the column names."), row=1)
    header = trimmed(header)
    filled = {row for row, _column in marks}
    rows = [
        Row(number, cells)
        for number, cells in enumerate(([text_of(value) for value in row] for row in values[1:]), 2)
        if number in filled or any(cell and not cell.isspace() for cell in cells)
    ]
    return Table(header, rows, "xlsx", {(r, c - 1): mark for (r, c), mark in marks.items()}, hidden_notice(scan))


def only_sheet(archive: zipfile.ZipFile, limits: Limits) -> tuple[str, Scan]:
    """The name of the one visible sheet that holds values, and what the first pass found in it."""
    forbid_declarations(archive)
    sheets = sheet_parts(archive)
    scans = [(name, visible, scan_sheet(archive, part, limits)) for name, part, visible in sheets]
    held = [(name, scan) for name, visible, scan in scans if visible and scan.filled]
    if not held:
        raise refuse("E_EMPTY", _("The file is empty."))
    if len(held) > 1:
        raise refuse("E_SHEETS", _("The file has %(n)s sheets with values. Keep one.", n=len(held)))
    return held[0]


def values_of(content: bytes, sheet: str) -> list[list[Any]]:
    """Every cell from A1 on, as calamine reads it."""
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            return workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except PasswordError:
        raise encrypted() from None
    except (CalamineError, ZipError):
        raise damaged() from None


def text_of(value: Any) -> str:
    """
    A cell as text, by its kind and never by arithmetic: 12500.0 is ``12500``, a day is ISO.

    >>> text_of(12500.5), text_of(110000000007.0), text_of(date(2026, 7, 1))
    ('12500.5', '110000000007', '2026-07-01')
    """
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is float:
        return str(int(value)) if value.is_integer() else f"{value:.15g}"
    if kind is bool:
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, int | timedelta) else ""


def rounded(values: list[list[Any]]) -> dict[tuple[int, int], Mark]:
    """The cells that hold a number of more digits than a spreadsheet keeps, counted from 1."""
    return {
        (number, column): Mark.ROUNDED
        for number, row in enumerate(values, 1)
        for column, value in enumerate(row, 1)
        if type(value) is float and not -EXACT < value < EXACT
    }


def hidden_notice(scan: Scan) -> tuple[Problem, ...]:
    """A word about rows and columns the user may not know are there; they are read like the others."""
    hidden = scan.hidden_range()
    if not hidden:
        return ()
    words = _("Some rows or columns are hidden (%(range)s). They are included; show them and check.", range=hidden)
    return (Problem("W_HIDDEN", words, found=hidden, blocking=False),)
