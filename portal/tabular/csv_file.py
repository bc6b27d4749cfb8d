"""CSV as people save it: three encodings, three delimiters, and never a guess."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator

from portal.tabular.table import FileRefused, Limits, Row, Table, refuse
from portal.tabular.writing import unharmed
from portal.words import _

DELIMITERS = (",", ";", "\t")

#: A cell may be as long as the largest file: too long a cell is that row's fault, not the file's.
csv.field_size_limit(64 * 1024 * 1024)


def read_csv(content: bytes, limits: Limits) -> Table:
    """The rows of a CSV file.  The header is row 1; a quoted cell may hold line breaks and stays one row."""
    text, encoding = decode(content)
    if not text.strip("\ufeff \t\r\n,;"):
        raise refuse("E_EMPTY", _("The file is empty."))
    text, delimiter = without_hint(text)
    records = numbered(text, delimiter or delimiter_of(text), limits)
    header_number, header = next(records)
    if header_number != 1:
        raise refuse("E_HEADER", _("The first row is empty. It must hold the column names."), row=1)
    if len(trimmed(header)) > limits.columns:
        raise too_many_columns(len(header), limits)
    if "'" in text:
        records = ((number, [unharmed(cell) for cell in cells]) for number, cells in records)
    rows = [Row(number, cells) for number, cells in records]
    return Table(trimmed(header), rows, encoding)


def decode(content: bytes) -> tuple[str, str]:
    """The text and the name of its encoding: UTF-8, or UTF-16 when a byte order mark says so."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig" if content.startswith(codecs.BOM_UTF8) else "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise wrong_encoding(row=content[: error.start].count(b"\n") + 1) from None
    if "\0" in text.split("\n", 1)[0]:  # UTF-16 without its mark: every other byte of the header is zero
        raise wrong_encoding(row=1)
    return text, encoding.removesuffix("-sig")


def wrong_encoding(*, row: int) -> FileRefused:
    """The refusal of a file in another encoding; it is never guessed, names would be damaged."""
    return refuse(
        "E_ENCODING",
        _("The file is not in UTF-8 (row %(row)s). In Excel choose “CSV UTF-8” when you save it.", row=row),
        row=row,
    )


def without_hint(text: str) -> tuple[str, str | None]:
    """The text without the ``sep=;`` line Excel writes and hides, and the delimiter that line names."""
    first, _newline, rest = text.partition("\n")
    hint = first.strip().lower()
    if hint.startswith("sep=") and hint[4:] in DELIMITERS:
        return rest, hint[4:]
    if first.lower().startswith("sep=\t"):
        return rest, "\t"
    return text, None


def delimiter_of(text: str) -> str:
    """The delimiter of the header: the one of the three that stands there most often."""
    header = io.StringIO(text.lstrip("\r\n"), newline=None).readline()
    best = max(DELIMITERS, key=header.count)
    if not header.count(best):
        raise refuse("E_DELIMITER", _("The columns are not separated by a comma, a semicolon or a tab."), row=1)
    return best


def numbered(text: str, delimiter: str, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """Each record that holds something with its row number; at most *limits.rows* below the header."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = filled = 0
    try:
        for number, cells in enumerate(reader, 1):
            if any(cell and not cell.isspace() for cell in cells):
                filled += 1
                if filled > limits.rows + 1:
                    raise too_many_rows(filled - 1 + sum(1 for _rest in reader), limits)
                yield number, cells
    except csv.Error:
        raise refuse(
            "E_QUOTE",
            _("A quotation mark is opened and never closed, or closed too early. Nothing was read."),
            row=number + 1,
        ) from None


def trimmed(header: list[str]) -> list[str]:
    """The header without the empty names a trailing comma leaves behind it."""
    last = len(header)
    while last and not header[last - 1].strip():
        last -= 1
    return header[:last]


def too_many_rows(found: int, limits: Limits) -> FileRefused:
    """The refusal of a file with more rows than one upload may hold."""
    parts = -(-found // limits.rows)
    return refuse(
        "E_TOO_MANY_ROWS",
        _(
            "The file has %(found)s rows; at most %(most)s may be uploaded at once. Split it in %(parts)s files.",
            found=found,
            most=limits.rows,
            parts=parts,
        ),
    )


def too_many_columns(found: int, limits: Limits) -> FileRefused:
    """The refusal of a file with more columns than anything we read has."""
    return refuse(
        "E_COLUMNS",
        _("The file has %(found)s columns; at most %(most)s are read.", found=found, most=limits.columns),
        row=1,
    )
