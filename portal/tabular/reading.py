"""One way in for every uploaded table: what it is shows from its content, not from its name."""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
from os.path import splitext
from pathlib import Path
from typing import Any

from portal.tabular.archive import bomb, encrypted, open_archive
from portal.tabular.csv_file import read_csv
from portal.tabular.table import FileRefused, Limits, Mark, Problem, Row, Table, refuse, shown
from portal.tabular.xlsx_file import read_xlsx
from portal.words import Words, _

LIMITS = Limits()

#: An XLSX file that unpacks to less is opened here; a larger one in a child with limits on memory and time.
SMALL_UNPACKED = 10 * 1024 * 1024

_CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from portal.tabular import reading; reading.serve()"

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
        return read_spreadsheet(content, limits)
    if content.startswith(_OLE) and ending != ".xls":
        raise encrypted()
    if content.startswith((*_BINARY, _OLE, b"PK")) or ending in _OTHERS or content[:64].lstrip()[:1] == b"<":
        raise refuse("E_FILE_TYPE", _("%(name)s is not a CSV or XLSX file.", name=shown(filename)))
    return read_csv(content, limits)


def read_spreadsheet(content: bytes, limits: Limits) -> Table:
    """Here when it is small, otherwise in a child that cannot take more memory or time than its share."""
    archive = open_archive(content, limits)
    if sum(part.file_size for part in archive.infolist()) <= SMALL_UNPACKED:
        return read_xlsx(content, limits)
    bounds = json.dumps([getattr(limits, name) for name in Limits.__dataclass_fields__])
    child = [sys.executable, "-I", "-c", _CHILD, str(Path(__file__).parents[2]), bounds]
    try:  # it gets no environment: an attacker inside it finds no address and no secret
        done = subprocess.run(child, input=content, capture_output=True, timeout=limits.seconds, env={})
    except subprocess.TimeoutExpired:
        raise bomb(limits) from None
    if done.returncode:  # what is wrong with the file it would have said: it ran out of memory or time
        raise bomb(limits)
    return unpacked(json.loads(done.stdout))


def serve() -> None:
    """In the child: read the file from standard input under its limits, write the table to standard output."""
    limits = Limits(*json.loads(sys.argv[2]))
    gc.disable()  # nothing here is garbage before the end, and looking for it is a third of the time
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
    try:
        answer = packed(read_xlsx(sys.stdin.buffer.read(), limits))
    except FileRefused as refused:
        answer = {"refused": flat(refused.problem)}
    sys.stdout.write(json.dumps(answer))


def packed(table: Table) -> dict[str, Any]:
    """A table as JSON carries it between the two processes."""
    return {
        "header": table.header,
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
        "xlsx",
        {(row, column): Mark(mark) for row, column, mark in answer["marks"]},
        tuple(problem_of(notice) for notice in answer["notices"]),
    )


def flat(problem: Problem) -> list[Any]:
    """A problem of the whole file as JSON carries it."""
    words = problem.words
    return [problem.code, words.msgid, dict(words.values), words.plural, words.n, problem.row, problem.blocking]


def problem_of(parts: list[Any]) -> Problem:
    """The problem *flat* took apart."""
    code, msgid, values, plural, n, row, blocking = parts
    return Problem(code, Words(msgid, values, plural, n), row, None, None, blocking)
