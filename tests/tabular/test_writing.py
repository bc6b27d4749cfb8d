"""Files out: read back they are the same, and no cell of them runs."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.tabular.reading import read
from portal.tabular.writing import harmless, unharmed, write_csv, write_xlsx

ROOT = Path(__file__).parents[2]
#: Text as cells hold it: no control characters, not blank.
CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    lambda t: not t.isspace()
)
TABLE = st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TABLE)
def test_csv_read_back_is_what_was_written(rows: list[tuple[str, str]]) -> None:
    table = read(write_csv(["one", "two"], rows), "x.csv")
    assert [tuple(row.cells) for row in table.rows] == rows


@settings(max_examples=40, deadline=None)
@given(TABLE)
def test_a_workbook_read_back_is_what_was_written(rows: list[tuple[str, str]]) -> None:
    table = read(write_xlsx(["one", "two"], rows, {"one", "two"}), "x.xlsx")
    assert [tuple(row.cells) for row in table.rows] == rows
    assert table.marks == {}


@given(st.text())
def test_harmless_is_undone_by_reading(text: str) -> None:
    assert unharmed(harmless(text)) == text


def test_no_cell_of_an_export_is_run_by_a_spreadsheet() -> None:
    dangerous = ["=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"]
    text = write_csv(["name", *dangerous], [["x", *dangerous]]).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline="")):
        assert all(cell.startswith("'") for cell in row[1:])
    with zipfile.ZipFile(io.BytesIO(write_xlsx(["name"], [[cell] for cell in dangerous], ()))) as book:
        assert b"<f" not in book.read("xl/worksheets/sheet1.xml")


def test_numbers_of_people_stay_text_and_amounts_become_numbers() -> None:
    book = write_xlsx(["id", "pay"], [["001234567890", "12500.50"], ["9" * 20, "-3.00"]], {"id"})
    assert [row.cells for row in read(book, "x.xlsx").rows] == [["001234567890", "12500.5"], ["9" * 20, "-3"]]
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b"<v>12500.5" in sheet
    assert b"001234567890" not in sheet


def test_there_is_one_place_that_writes_tables() -> None:
    ways = ("csv.writer", "csv.DictWriter", "xlsxwriter", "to_csv")
    writers = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "portal").rglob("*.py")
        if any(way in path.read_text(encoding="utf-8") for way in ways)
    ]
    assert writers == ["portal/tabular/writing.py"]
