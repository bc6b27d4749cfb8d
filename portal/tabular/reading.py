"""One way in for every uploaded table: what it is shows from its content, not from its name."""

from __future__ import annotations

from os.path import splitext
from typing import Any

from portal.tabular.apart import BrokeDown, Share, TooMuchWork, call
from portal.tabular.archive import damaged, encrypted
from portal.tabular.csv_file import read_csv
from portal.tabular.table import FileRefused, Limits, Mark, Problem, Row, Table, refuse, shown
from portal.tabular.xlsx_file import read_xlsx
from portal.words import Words, _

LIMITS = Limits()

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Excel, or any Office file with a password
_BINARY = (b"\x1f\x8b", b"%PDF", b"7z\xbc\xaf", b"Rar!", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
#: How the harmless file begins by which one sees that virus scanners work; in two parts, or they would find it here.
_SCANNERS_TEST = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!"
_OTHERS = (".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".pdf", ".zip", ".gz", ".html", ".htm")


def read(content: bytes, filename: str, *, limits: Limits = LIMITS) -> Table:
    """
    The table in an uploaded CSV or XLSX file.

    Raises :class:`FileRefused` when it cannot be read as a whole.  *filename* helps to tell a renamed file and is
    repeated in messages; it opens nothing.
    """
    if len(content) > limits.file_bytes:
        most = limits.file_bytes // (1024 * 1024)
        raise refuse("E_TOO_LARGE", _("The file is larger than %(most)s MB.", most=most))
    if not content:
        raise refuse("E_EMPTY", _("The file is empty."))
    table = of_kind(content, filename, limits)
    if not table.rows:
        raise refuse("E_NO_ROWS", _("The file has a header but no rows."))
    return table


def of_kind(content: bytes, filename: str, limits: Limits) -> Table:
    """Read by what the content is: an archive, an Office file with a password, or text."""
    if content.startswith(_SCANNERS_TEST):
        raise refuse("E_MALWARE", _("%(name)s looks like a virus. It was not kept.", name=shown(filename)))
    ending = splitext(filename)[1].lower()
    if content.startswith(b"PK") and len(content) > 22 and ending not in (".ods", ".zip"):
        return in_a_child("xlsx", content, limits)
    if content.startswith(_OLE) and ending != ".xls":
        raise encrypted()
    if content.startswith((*_BINARY, _OLE, b"PK")) or ending in _OTHERS or content[:64].lstrip()[:1] == b"<":
        raise refuse("E_FILE_TYPE", _("%(name)s is not a CSV or XLSX file.", name=shown(filename)))
    return in_a_child("csv", content, limits)


def in_a_child(kind: str, content: bytes, limits: Limits) -> Table:
    """Read apart from this process, by a child that cannot take more memory or time than its share."""
    bounds = [getattr(limits, name) for name in Limits.__dataclass_fields__]
    try:
        answer = call(
            "portal.tabular.reading:serve", content, [kind, bounds], Share(limits.memory_bytes, limits.seconds)
        )
    except TooMuchWork:  # what is wrong with the file it would have said: it ran out of memory or time
        raise too_much_work(kind) from None
    except BrokeDown:
        raise damaged() from None
    return unpacked(answer)


def too_much_work(kind: str) -> FileRefused:
    """The refusal of a file whose reading was stopped."""
    words = _("It takes too much work to read this file. Save it again with fewer rows, or split it.")
    return refuse("E_ARCHIVE_BOMB" if kind == "xlsx" else "E_TOO_LARGE", words)


def serve(content: bytes, asked: list[Any]) -> dict[str, Any]:
    """In the child: the table as JSON carries it, or the refusal."""
    kind, bounds = asked
    limits = Limits(*bounds)
    try:
        return packed(read_xlsx(content, limits) if kind == "xlsx" else read_csv(content, limits))
    except FileRefused as refused:
        return {"refused": flat(refused.problem)}


def packed(table: Table) -> dict[str, Any]:
    """A table as JSON carries it between the two processes."""
    return {
        "header": table.header,
        "encoding": table.encoding,
        "rows": [(row.number, row.cells) for row in table.rows],
        "marks": [(row, column, mark) for (row, column), mark in table.marks.items()],
        "notices": [flat(notice) for notice in table.notices],
    }


def unpacked(answer: dict[str, Any]) -> Table:
    """The table the child read, or its refusal raised here."""
    if "refused" in answer:
        raise FileRefused(problem_of(answer["refused"]))
    return Table(
        answer["header"],
        [Row(number, cells) for number, cells in answer["rows"]],
        answer["encoding"],
        {(row, column): Mark(mark) for row, column, mark in answer["marks"]},
        tuple(problem_of(notice) for notice in answer["notices"]),
    )


def flat(problem: Problem) -> list[Any]:
    """A problem of the whole file as JSON carries it."""
    words = problem.words
    place = [problem.row, problem.column, problem.found, problem.blocking]
    return [problem.code, words.msgid, dict(words.values), words.plural, words.n, *place]


def problem_of(parts: list[Any]) -> Problem:
    """The problem *flat* took apart."""
    code, msgid, values, plural, n, *place = parts
    return Problem(code, Words(msgid, values, plural, n), *place)
