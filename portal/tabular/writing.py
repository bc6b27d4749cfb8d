"""Tables out: CSV that opens in any spreadsheet, XLSX that keeps identity numbers whole, and no formula in either."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

#: A spreadsheet runs a cell that begins with one of these; some read their wide forms, too.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

#: What a spreadsheet does not allow in the name of a sheet.
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")
_NUMBER = re.compile(r"-?\d{1,13}(?:\.\d{1,3})?")

_FORMATS: dict[str, dict[str, object]] = {
    "head": {"bold": True, "num_format": "@"},
    "text": {"num_format": "@"},
    "quoted": {"num_format": "@", "quote_prefix": True},
    "amount": {"num_format": "0.00"},
}

Cell = str | int | date | None


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a byte order mark (Excel needs it), commas, CRLF; a cell that could run begins with an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([harmless(name) for name in header])
    writer.writerows([harmless(plain_text(cell)) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook: its *name* (31 characters count), header and rows, and the columns that stay text."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    text_columns: Collection[str] = ()


def write_xlsx(header: Sequence[str], rows: Iterable[Sequence[Cell]], text_columns: Collection[str]) -> bytes:
    """
    One sheet.  The *text_columns* (numbers of people, telephones) stay text with their leading zeros, also when edited.

    In the others decimal text such as ``12500.00`` becomes a number; everything else is text, never a formula.
    """
    return write_sheets([Sheet("", header, rows, text_columns)])


def write_sheets(sheets: Iterable[Sheet]) -> bytes:
    """The same for several sheets, in this order; a sheet without a name gets one from the spreadsheet."""
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    formats = {name: workbook.add_format(properties) for name, properties in _FORMATS.items()}
    for sheet in sheets:
        name = _NOT_IN_A_NAME.sub(" ", sheet.name).strip("'")[:31] or None
        _fill(workbook.add_worksheet(name), sheet, formats)
    workbook.close()
    return out.getvalue()


def _fill(page: Any, sheet: Sheet, formats: Mapping[str, Any]) -> None:
    """Write one sheet, its header fixed at the top."""
    page.freeze_panes(1, 0)
    for column, name in enumerate(sheet.header):
        page.write_string(0, column, name, formats["head"])
        page.set_column(column, column, max(12, len(name) + 2), formats["text"] if name in sheet.text_columns else None)
    texts = [name in sheet.text_columns for name in sheet.header]
    for number, row in enumerate(sheet.rows, 1):
        for column, (cell, text_only) in enumerate(zip(row, texts, strict=True)):
            if text := plain_text(cell):
                write_cell(page, (number, column), text, text_only, formats)


def write_cell(sheet: Any, place: tuple[int, int], text: str, text_only: bool, formats: Mapping[str, Any]) -> None:
    """One cell: a number where it is one and may be, otherwise text."""
    if not text_only and _NUMBER.fullmatch(text):
        sheet.write_number(*place, Decimal(text), formats["amount"] if "." in text else None)
    else:
        sheet.write_string(*place, text, formats["quoted" if text.startswith(DANGEROUS) else "text"])


def plain_text(cell: Cell) -> str:
    """A cell as text: days in ISO, nothing for nothing."""
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def harmless(text: str) -> str:
    """
    The text with an apostrophe before it when a spreadsheet would run it; a negative amount is left alone.

    >>> harmless("=1+1"), harmless("-12.50"), harmless("+260977")
    ("'=1+1", '-12.50', "'+260977")
    """
    if text.lstrip("'").startswith(DANGEROUS) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def unharmed(text: str) -> str:
    """What *harmless* was given: the apostrophe before a sign goes again."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(DANGEROUS) else text
