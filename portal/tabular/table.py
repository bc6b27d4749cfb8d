"""What a file is once read: a header, rows with their spreadsheet numbers, and what is wrong with them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from portal.words import Words, _

T = TypeVar("T")

#: Longest piece of a cell that is repeated in a message, in characters.
SHOWN = 40


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one upload may hold.  Beyond these the file is refused before it is unpacked or read on."""

    file_bytes: int = 20 * 1024 * 1024
    rows: int = 100_000
    unpacked_bytes: int = 200 * 1024 * 1024
    ratio: int = 50  # unpacked size over packed size
    parts: int = 1_000  # members of the archive an XLSX file is
    columns: int = 200
    cells: int = 4_000_000
    memory_bytes: int = 512 * 1024 * 1024  # address space of the child that reads the file
    seconds: int = 60  # of its processor, and of the clock


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One thing wrong in a file, as a value: collected and shown with all the others, never raised.

    *words* say what is wrong and what to do; *row* is the spreadsheet's own number (1 is the header), *column* the
    header as the user wrote it, *found* what stood there (shortened; identity numbers show their last four).
    A blocking problem must be mended or its row left out; any other needs a look.
    """

    code: str
    words: Words
    row: int | None = None
    column: str | None = None
    found: str | None = None
    blocking: bool = True

    @property
    def placed(self) -> Words:
        """The sentence with its place before it, for where no table shows row and column."""
        if self.row is not None and self.column is not None:
            return _("Row %(row)s, %(column)s: %(sentence)s", row=self.row, column=self.column, sentence=self.words)
        if self.row is not None:
            return _("Row %(row)s: %(sentence)s", row=self.row, sentence=self.words)
        return self.words


class FileRefused(Exception):
    """The file as a whole cannot be read; nothing of it is kept."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem.placed))
        self.problem = problem


def refuse(code: str, words: Words, *, row: int | None = None, column: str | None = None) -> FileRefused:
    """The exception that refuses a file: ``raise refuse("E_EMPTY", …)``."""
    return FileRefused(Problem(code, words, row, column))


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one cell is not taken, or (``blocking=False``) needs a look; it does not know yet where the cell stands."""

    code: str
    words: Words
    blocking: bool = True

    def at(self, row: int | None, column: str | None, found: str, *, secret: bool = False) -> Problem:
        """The fault of the cell in *row* and *column* that held *found*."""
        seen = masked(found) if secret else shown(found)
        words = Words(self.words.msgid, {"found": seen, **self.words.values}, self.words.plural, self.words.n)
        return Problem(self.code, words, row, column, seen, self.blocking)


@dataclass(frozen=True, slots=True)
class Noted(Generic[T]):
    """A value that was taken, with what must be said about it: it was written another way, or looks odd."""

    value: T
    faults: tuple[Fault, ...]


class Mark(StrEnum):
    """What a spreadsheet cell was, where its text alone does not tell."""

    FORMULA = "formula"
    ERROR = "error"
    ROUNDED = "rounded"  # a number of more digits than a spreadsheet keeps


@dataclass(frozen=True, slots=True)
class Row:
    """One row that holds something; *number* is its number in the spreadsheet, where the header is row 1."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file as text.  Blank rows are left out, the others keep their numbers; *marks* are by row number and column."""

    header: list[str]
    rows: list[Row]
    encoding: str = "utf-8"
    marks: Mapping[tuple[int, int], Mark] = field(default_factory=dict)
    notices: tuple[Problem, ...] = ()

    @classmethod
    def typed(cls, rows: Sequence[tuple[int, Mapping[str, str]]]) -> Table:
        """Rows typed on a page, by column name: so a mended row passes the same readers as a file."""
        header = list(dict.fromkeys(name for _number, cells in rows for name in cells))
        return cls(header, [Row(number, [cells.get(name, "") for name in header]) for number, cells in rows])


def shown(text: str) -> str:
    """A cell as a message repeats it: on one line, nothing invisible, at most forty characters."""
    short = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    if short.isprintable():
        return short
    return "".join(letter if letter.isprintable() else "�" for letter in short)


def masked(text: str) -> str:
    """An identity number as a message repeats it: the last four characters."""
    seen = "".join(letter for letter in text[-64:] if unicodedata.category(letter)[0] in "LNPS")
    return shown(seen if len(seen) <= 4 else "…" + seen[-4:])
