"""From a table to rows of values: columns found by name, every fault of a row at once, good rows never held back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.tabular.amounts import AmountRule
from portal.tabular.cells import CELL_ERROR, FORMULA, REQUIRED, Reader
from portal.tabular.identity import ROUNDED, IdentityRule
from portal.tabular.table import Fault, Mark, Noted, Problem, Row, Table, refuse
from portal.words import Words, _

#: Our columns that say who a row is about.
PEOPLE = ("national_id", "insurance_number", "staff_number", "surname", "first_name", "other_names", "name")

_TOTALS = frozenset(("total", "totals", "grand total", "sub total", "subtotal", "sub-total", "sum"))


@dataclass(frozen=True, slots=True)
class FileRules:
    """What a fund's files are read by: its numbers, its money, the day it is, the country code of its telephones."""

    identity: IdentityRule
    money: AmountRule
    today: date
    insurance: IdentityRule | None = None
    country_code: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column we know: our *name*, other names people give it, how a cell of it is read."""

    name: str
    read: Reader
    synonyms: tuple[str, ...] = ()
    needed: bool = False  # the file must have it
    filled: bool = False  # and every row must fill it in
    secret: bool = False  # an identity number: messages repeat its last four only


@dataclass(frozen=True, slots=True)
class FaultyRow:
    """A row that waits to be mended: what was typed, by our column names, and all that is wrong with it."""

    row: int
    cells: dict[str, str]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class ReadRow:
    """One row read: values by our column names, and what was found on the way."""

    number: int
    values: dict[str, Any]
    source: Row
    problems: tuple[Problem, ...] = ()
    notices: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a known column stands in this file, and its header as the user wrote it."""

    index: int
    header: str
    column: Column


@dataclass(frozen=True, slots=True)
class Fitted:
    """A table whose header was matched with the columns we know."""

    table: Table
    places: dict[str, Place]
    notices: tuple[Problem, ...]

    def header(self, name: str) -> str:
        """The header of our column *name* as the user wrote it; our own name when the file has no such column."""
        place = self.places.get(name)
        return place.header if place else name

    def typed(self, row: Row) -> dict[str, str]:
        """The cells of a row as they stood in the file."""
        width = len(row.cells)
        return {name: row.cells[place.index] for name, place in self.places.items() if place.index < width}

    def faulty(self, row: ReadRow) -> FaultyRow:
        """The row as it waits to be mended."""
        return FaultyRow(row.number, self.typed(row.source), row.problems)

    def problem(self, row: int, name: str, fault: Fault, found: str = "") -> Problem:
        """A fault found by comparing cells, placed in *row* and our column *name*."""
        place = self.places.get(name)
        return fault.at(row, self.header(name), found, secret=bool(place and place.column.secret))


def key_of(header: str) -> str:
    """
    A header as names are compared: without case, spaces, signs and invisible characters.

    >>> key_of("\\ufeff National  ID "), key_of("Date of Birth (DD/MM/YYYY)")
    ('national_id', 'date_of_birth_dd_mm_yyyy')
    """
    text = unicodedata.normalize("NFKC", header).casefold()
    text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cf", "Cc") or letter.isspace())
    return re.sub(r"[\W_]+", "_", text).strip("_")


def fit(table: Table, columns: Sequence[Column]) -> Fitted:
    """Find each known column in the header; a missing or doubled one refuses the file, an unknown one is only said."""
    known = {key_of(name): column for column in columns for name in (column.name, *column.synonyms)}
    places: dict[str, Place] = {}
    unknown = []
    for index, header in enumerate(table.header):
        column = known.get(key_of(header))
        name = header.strip("\ufeff ")
        if column is None:
            unknown.append(name)
        elif column.name in places:
            raise refuse("E_HEADER_DUP", _("The column %(column)s appears twice.", column=name), row=1, column=name)
        else:
            places[column.name] = Place(index, name, column)
    needed = [column.name for column in columns if column.needed]
    if not places:
        words = _("The first row must hold the column names: %(names)s.", names=", ".join(needed))
        raise refuse("E_HEADER", words, row=1)
    if missing := [name for name in needed if name not in places]:
        words = _("The file has no column named %(names)s. Add it.", names=", ".join(missing))
        raise refuse("E_HEADER_MISSING", words, row=1, column=missing[0])
    return Fitted(table, places, (*table.notices, *extra_columns([name for name in unknown if name])))


def extra_columns(names: list[str]) -> tuple[Problem, ...]:
    """A word about columns that were not stored."""
    if not names:
        return ()
    listed = ", ".join(name[:30] for name in names[:10]) + (" …" if len(names) > 10 else "")
    words = _("These columns are not used and were not stored: %(names)s.", names=listed)
    return (Problem("W_EXTRA_COLUMNS", words, row=1, found=listed[:40], blocking=False),)


def read_rows(fitted: Fitted) -> Iterator[ReadRow]:
    """Every row with its values and all its problems; a row with too few or too many cells has only that one."""
    width = len(fitted.table.header)
    places = [(place.index, name, place.column.read, place) for name, place in fitted.places.items()]
    marked = {row for row, _column in fitted.table.marks}
    for source in fitted.table.rows:
        values: dict[str, Any] = {}
        row = ReadRow(source.number, values, source)
        cells = source.cells
        if len(cells) != width and (problem := wrong_width(source, width)):
            row.problems = (problem,)
            yield row
            continue
        for index, name, read, place in places:
            text = cells[index]
            value = read(text) if text else None
            if value is None or value.__class__ is Fault or value.__class__ is Noted:
                value = look_again(row, place, text, value)
            values[name] = value
        if source.number in marked:
            look_behind(row, fitted)
        yield row


def look_again(row: ReadRow, place: Place, text: str, value: Any) -> Any:
    """The value of a cell that is blank, faulty or worth a word; what must be said is added to the row."""
    if value is None:
        value = REQUIRED if place.column.filled else None
    if isinstance(value, Noted):
        secret = place.column.secret
        row.notices += tuple(fault.at(row.number, place.header, text, secret=secret) for fault in value.faults)
        return value.value
    if isinstance(value, Fault):
        row.problems += (value.at(row.number, place.header, text, secret=place.column.secret),)
        return None
    return value


def look_behind(row: ReadRow, fitted: Fitted) -> None:
    """Replace what was said of cells whose text is not what they hold: formulas, errors, rounded numbers."""
    for name, place in fitted.places.items():
        mark = fitted.table.marks.get((row.number, place.index))
        if mark is None or (mark is Mark.ROUNDED and not place.column.secret):
            continue
        fault = {Mark.FORMULA: FORMULA, Mark.ERROR: CELL_ERROR, Mark.ROUNDED: ROUNDED}[mark]
        found = fitted.problem(row.number, name, fault, fitted.typed(row.source).get(name, ""))
        row.problems = (*(problem for problem in row.problems if problem.column != place.header), found)
        row.notices = tuple(notice for notice in row.notices if notice.column != place.header)
        row.values[name] = None


def wrong_width(row: Row, width: int) -> Problem | None:
    """The problem of a row that does not have the cells its header promises; empty cells behind it do not count."""
    found = len(row.cells)
    values: Mapping[str, int] = {"found": found, "wanted": width}
    if found < width:
        words = Words(_("This row has %(found)s cells, %(wanted)s are expected.").msgid, values)
        return Problem("E_ROW_SHORT", words, row.number)
    if any(cell.strip() for cell in row.cells[width:]):
        sentence = _("This row has %(found)s cells, %(wanted)s are expected. Is a comma missing its quotation marks?")
        return Problem("E_ROW_LONG", Words(sentence.msgid, values), row.number)
    return None


#: Looks at a row beyond its single cells and adds what it finds.
RowCheck = Callable[[ReadRow, Fitted], None]


def sift(
    fitted: Fitted,
    checks: Sequence[RowCheck],
    amounts: Sequence[str],
    mark_doubles: Callable[[list[ReadRow], Fitted], list[ReadRow]],
) -> tuple[list[ReadRow], list[ReadRow]]:
    """The good rows and the faulty ones.  *mark_doubles* gives rows about one person a problem, and says which."""
    good: list[ReadRow] = []
    faulty: list[ReadRow] = []
    for row in read_rows(fitted):
        if row.values:
            for check in checks:
                check(row, fitted)
        if row.problems and looks_like_total(row, fitted, amounts):
            row.problems = (total_problem(row),)
        (faulty if row.problems else good).append(row)
    if doubles := mark_doubles(good, fitted):
        good = [row for row in good if not row.problems]
        faulty = sorted(faulty + doubles, key=lambda row: row.number)
    return good, faulty


def looks_like_total(row: ReadRow, fitted: Fitted, amounts: Sequence[str]) -> bool:
    """A row that adds up the others: it says so, or it has amounts and nobody they belong to."""
    cells = fitted.typed(row.source)
    if any(cell.strip(" :").casefold() in _TOTALS for cell in cells.values()):
        return True
    nobody = not any(cells.get(name, "").strip() for name in PEOPLE)
    return nobody and any(cells.get(name, "").strip() for name in amounts)


def total_problem(row: ReadRow) -> Problem:
    """What to do with such a row."""
    return Problem("E_TOTALS_ROW", _("This row looks like a total. Leave it out."), row.number)
