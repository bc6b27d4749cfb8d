"""A first pass over a sheet: where values stand, and what hides behind them (formulas, hidden rows, merges)."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from xml.parsers import expat

from portal.tabular.archive import chunks, damaged, declarations
from portal.tabular.table import Limits, Mark, refuse
from portal.words import _

#: Hidden rows or columns named in a message before "…".
NAMED = 5


@dataclass(slots=True)
class Scan:
    """What stands in one sheet; rows and columns count from 1."""

    last_row: int = 0
    last_column: int = 0
    filled: int = 0
    marks: dict[tuple[int, int], Mark] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    merged: str | None = None

    def hidden_range(self) -> str:
        """The hidden rows and columns that stand beside values, as text: ``C, 5, 6``; empty when there are none."""
        rows = [str(row) for row in self.hidden_rows if row <= self.last_row]
        named = self.hidden + rows
        return ", ".join(named[:NAMED]) + (" …" if len(named) > NAMED else "")


class _Reader:
    """Follows the elements of one sheet.  A cell counts once it has a value or a formula; mere colours do not."""

    def __init__(self, limits: Limits) -> None:
        self.scan = Scan()
        self.limits = limits
        self.row = self.column = 0
        self.reference = self.kind = self.row_text = ""
        self.columns: dict[str, int] = {}
        self.fresh = False  # the cell at hand has not been counted yet

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """One element begins."""
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            self.reference = attributes.get("r", "")
            self.kind = attributes.get("t", "")
            self.column += 1  # without a reference a cell stands right of the one before
            self.fresh = True
        elif name in ("v", "is", "f"):
            if self.fresh:
                self.count()
            if name == "f":
                self.scan.marks[self.row, self.column] = Mark.FORMULA
        else:
            self.beside(name, attributes)

    def beside(self, name: str, attributes: dict[str, str]) -> None:
        """An element that is no cell begins: a row, a column's width, merged cells."""
        if name == "row":
            self.row = number_of(attributes.get("r")) or self.row + 1
            self.row_text = str(self.row)
            self.column = 0
            if attributes.get("hidden") in ("1", "true"):
                self.scan.hidden_rows.append(self.row)
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            first = number_of(attributes.get("min"))
            if first <= self.limits.columns:
                self.scan.hidden.append(column_letters(first))
        elif name == "mergeCell" and self.scan.merged is None:
            self.scan.merged = attributes.get("ref", "")

    def count(self) -> None:
        """The cell at hand holds something."""
        scan = self.scan
        self.fresh = False
        scan.filled += 1
        if self.reference:
            letters = self.reference.rstrip("0123456789")
            self.column = self.columns.get(letters) or self.new_column(letters)
            if self.reference[len(letters) :] != self.row_text:
                self.row = number_of(self.reference[len(letters) :])
                self.row_text = str(self.row)
        if self.row > scan.last_row:
            scan.last_row = self.row
        if self.column > scan.last_column:
            scan.last_column = self.column
        if self.kind == "e":
            scan.marks[self.row, self.column] = Mark.ERROR

    def new_column(self, letters: str) -> int:
        """The number of a column met for the first time."""
        self.columns[letters] = column_number(letters)
        return self.columns[letters]


def scan_sheet(archive: zipfile.ZipFile, part: str, limits: Limits) -> Scan:
    """Read through a sheet in pieces, in little memory, however large it is."""

    def forbidden(*_declaration: object) -> None:
        raise declarations()

    reader = _Reader(limits)
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.StartDoctypeDeclHandler = forbidden
    parser.EntityDeclHandler = forbidden
    try:
        for chunk in chunks(archive, part):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError):
        raise damaged() from None
    if reader.scan.merged is not None:
        raise refuse("E_MERGED", _("The cells %(range)s are merged. Unmerge them.", range=reader.scan.merged[:20]))
    return reader.scan


def number_of(text: str | None) -> int:
    """A row or column number written in XML; 0 when there is none."""
    return int(text) if text and len(text) <= 7 and text.isascii() and text.isdigit() else 0


def column_number(letters: str) -> int:
    """``A`` is 1, ``AA`` is 27."""
    number = 0
    for letter in letters[:3]:
        number = number * 26 + ord(letter) - 64
    return max(number, 0)


def column_letters(number: int) -> str:
    """27 is ``AA``."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
