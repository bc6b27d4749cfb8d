"""
The places of a fund: a tree in its file, or a table beside it that a spreadsheet can write.

The table has a row a place: its code, its name, and in the column "in" the code of the place it lies in.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portal.scheme.institution import Location
from portal.scheme.packfile.reading import Report, Section
from portal.scheme.packfile.tree import Place
from portal.words import Words, _

COLUMNS = ("code", "name", "in")


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the table and the line it stands in."""

    code: str
    name: str
    inside: str
    line: int


def locations(content: Section, folder: Path) -> tuple[Location, ...]:
    """The location tree, from [[location]] or from the file that *location_file* names in *folder*; each code once."""
    named = content.optional("location_file")
    found = tuple(_of_file(folder / named, content.report)) if named else tuple(_of_tree(content))
    if not found and not named:
        content.wrong("location", _("there is no place. Add [[location]] with code and name."))
    return found


def _of_tree(content: Section) -> list[Location]:
    seen: set[str] = set()

    def read(section: Section) -> Location:
        code, name = section.text("code"), section.text("name")
        if code in seen:
            section.wrong("code", _("another place has this code. Give it its own."))
        seen.add(code)
        location = Location(code, name, tuple(read(inner) for inner in section.each("places")))
        section.close()
        return location

    return [read(section) for section in content.each("location")]


def _of_file(path: Path, report: Report) -> list[Location]:
    rows: dict[str, _Row] = {}
    for row in _rows(path, report):
        if not row.code or not row.name:
            _wrong(report, path, row.line, "code", _("a place needs a code and a name. Write both, or remove the row."))
        elif row.code in rows:
            _wrong(report, path, row.line, "code", _("another place has this code. Give it its own."))
        else:
            rows[row.code] = row
    for row in rows.values():
        if row.inside and not _reaches_the_top(row, rows):
            words = _("there is no place %(code)s around it. Write its code, or leave this empty.", code=row.inside)
            _wrong(report, path, row.line, "in", words)
    return _inside("", rows)


def _inside(code: str, rows: dict[str, _Row]) -> list[Location]:
    return [
        Location(row.code, row.name, tuple(_inside(row.code, rows)))
        for row in rows.values()
        if row.inside == code and row.code != code
    ]


def _reaches_the_top(row: _Row, rows: dict[str, _Row]) -> bool:
    """Whether every place around it is in the table, and none lies in itself."""
    seen = {row.code}
    while row.inside:
        if row.inside not in rows or row.inside in seen:
            return False
        row = rows[row.inside]
        seen.add(row.code)
    return True


def _rows(path: Path, report: Report) -> Iterator[_Row]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError:
        _wrong(report, path, None, "", _("this file cannot be read. Check that it is there and may be read."))
        return
    except UnicodeDecodeError:
        _wrong(report, path, None, "", _("this file is not in UTF-8. Save it as UTF-8."))
        return
    reader = csv.reader(text.splitlines(), delimiter=";" if ";" in text.partition("\n")[0] else ",")
    header = [name.strip().lower() for name in next(reader, [])]
    if not set(COLUMNS) <= set(header):
        _wrong(report, path, 1, "", _("the first row has to name the columns: code, name, in."))
        return
    for cells in reader:
        if any(cell.strip() for cell in cells):
            by_name = dict(zip(header, (cell.strip() for cell in cells), strict=False))
            yield _Row(by_name.get("code", ""), by_name.get("name", ""), by_name.get("in", ""), reader.line_num)
    if reader.line_num < 2:
        _wrong(report, path, None, "", _("the list is empty. Add a row for each place."))


def _wrong(report: Report, path: Path, line: int | None, where: str, words: Words) -> None:
    report.say(Place(path.name, where, line), words)
