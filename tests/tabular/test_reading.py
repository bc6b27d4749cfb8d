"""Files as a whole: what is read, what is refused, and that a large one is opened apart."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from portal.tabular.csv_file import read_csv
from portal.tabular.reading import LIMITS, read
from portal.tabular.size import about_rows
from portal.tabular.table import FileRefused, Limits, Mark
from portal.tabular.xlsx_file import read_xlsx
from tests.tabular.catalogue import HEADER, ROWS, as_csv, as_xlsx, repacked, workbook


def refused(content: bytes, name: str, limits: Limits = LIMITS) -> str:
    with pytest.raises(FileRefused) as caught:
        read(content, name, limits=limits)
    assert str(caught.value)
    return caught.value.problem.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
def test_the_ways_people_save_csv_give_the_same_table(encoding: str, delimiter: str, newline: str) -> None:
    table = read(as_csv(HEADER, ROWS, delimiter, newline).encode(encoding), "payroll.csv")
    assert table.header == HEADER
    assert [(row.number, row.cells) for row in table.rows] == list(enumerate(ROWS, 2))


def test_a_workbook_and_a_csv_file_give_the_same_table() -> None:
    table = read(as_xlsx(HEADER, ROWS), "payroll.xlsx")
    assert [(row.number, row.cells) for row in table.rows] == list(enumerate(ROWS, 2))


def test_row_numbers_are_the_spreadsheets_own_past_blank_rows_and_line_breaks_in_cells() -> None:
    rows = [["1", "a\nb"], ["", ""], [" ", ""], ["2", "c\u2028d"]]
    table = read(as_csv(["id", "name"], rows).encode(), "x.csv")
    assert [(row.number, row.cells[0]) for row in table.rows] == [(2, "1"), (5, "2")]
    assert [row.number for row in read(as_xlsx(["id", "name"], rows), "x.xlsx").rows] == [2, 5]


def test_numbers_of_a_workbook_are_taken_as_the_text_it_shows() -> None:
    def numbers(sheet, book) -> None:  # type: ignore[no-untyped-def]
        day = book.add_format({"num_format": "mmm-yy"})
        for column, value in enumerate([12500, 12500.5, 110000079191, 1234.0999999999999, 0.1 + 0.2]):
            sheet.write_number(1, column, value)
        sheet.write_number(1, 5, 46204, day)
        sheet.write_boolean(1, 6, True)

    table = read(workbook([*"abcdefg"], [], numbers), "x.xlsx")
    assert table.rows[0].cells == ["12500", "12500.5", "110000079191", "1234.1", "0.3", "2026-07-01", "TRUE"]


def test_formulas_and_hidden_rows_do_not_pass_unseen() -> None:
    def change(sheet, _book) -> None:  # type: ignore[no-untyped-def]
        sheet.write_formula("D4", "=1+1", None, 2)
        sheet.set_row(4, None, None, {"hidden": True})
        sheet.set_column("C:C", None, None, {"hidden": True})

    table = read(workbook(HEADER, ROWS, change), "x.xlsx")
    assert table.marks == {(4, 3): Mark.FORMULA}
    assert [(notice.code, notice.found) for notice in table.notices] == [("W_HIDDEN", "C, 5")]


def test_hidden_rows_below_the_last_value_are_nobodys_business() -> None:
    table = read(workbook(HEADER, ROWS, lambda s, b: s.set_row(400, None, None, {"hidden": True})), "x.xlsx")
    assert table.notices == ()


@pytest.mark.wide
def test_a_value_in_a_far_corner_is_refused_before_the_sheet_is_spread_out() -> None:
    assert refused(workbook(HEADER, ROWS, lambda s, b: s.write_string("XFD1048576", "x")), "x.xlsx") == "E_COLUMNS"
    assert refused(workbook(HEADER, ROWS, lambda s, b: s.write_string("A1048576", "x")), "x.xlsx") == "E_TOO_MANY_ROWS"


def test_a_cell_that_lies_about_its_row_is_taken_at_its_word() -> None:
    def lie(parts: dict[str, bytes]) -> list[tuple[str, bytes]]:
        sheet = "xl/worksheets/sheet1.xml"
        return [*{**parts, sheet: parts[sheet].replace(b'r="A2"', b'r="A1000002"')}.items()]

    assert refused(repacked(as_xlsx(HEADER, ROWS), lie), "x.xlsx") == "E_TOO_MANY_ROWS"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_a_child_reads_is_what_would_be_read_here(kind: str) -> None:
    book = workbook(HEADER, ROWS, lambda s, b: s.write_formula("D4", "=1+1", None, 2))
    here = read_csv(as_csv(HEADER, ROWS).encode("utf-16"), LIMITS) if kind == "csv" else read_xlsx(book, LIMITS)
    assert read(as_csv(HEADER, ROWS).encode("utf-16") if kind == "csv" else book, f"x.{kind}") == here


@pytest.mark.wide
def test_a_child_that_takes_too_much_memory_is_stopped() -> None:
    large = as_xlsx(["name"], [[f"{number}" + "x" * 32_000] for number in range(500)])
    assert refused(large, "x.xlsx", Limits(ratio=10_000, memory_bytes=64 << 20)) == "E_ARCHIVE_BOMB"
    text = as_csv(["a", "b"], [["x" * 100, "y"]] * 90_000).encode()
    assert refused(text, "x.csv", Limits(memory_bytes=64 << 20)) == "E_TOO_LARGE"
    assert len(read(large, "x.xlsx", limits=Limits(ratio=10_000)).rows) == 500


def test_limits_are_the_files_own_and_said_with_numbers() -> None:
    csv = as_csv(HEADER, ROWS).encode()
    assert refused(csv, "x.csv", Limits(file_bytes=100)) == "E_TOO_LARGE"
    with pytest.raises(FileRefused, match=r"The file has 5 rows; at most 4 .* Split it in 2 files"):
        read(csv, "x.csv", limits=Limits(rows=4))
    assert refused(as_xlsx(HEADER, ROWS), "x.xlsx", Limits(unpacked_bytes=1000)) == "E_ARCHIVE_BOMB"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('a,b\n1,"2\n', "E_QUOTE"),
        ('a,b\n1,"2"x\n', "E_QUOTE"),
        ("a|b\n1|2\n", "E_DELIMITER"),
        ("\n\na,b\n1,2\n", "E_HEADER"),
        (" \n,\n", "E_EMPTY"),
        ("a,b\n,\n", "E_NO_ROWS"),
    ],
)
def test_text_that_is_no_table_is_refused_with_the_reason(text: str, code: str) -> None:
    assert refused(text.encode(), "x.csv") == code


def test_a_truncated_workbook_is_damaged_wherever_it_is_cut() -> None:
    book = as_xlsx(HEADER, ROWS)
    assert {refused(book[:cut], "x.xlsx") for cut in range(30, len(book) - 1, 97)} == {"E_CORRUPT"}


def test_noise_in_a_workbook_never_crashes_the_reader() -> None:
    book = as_xlsx(HEADER, ROWS)
    for place in range(0, len(book), 61):
        noisy = book[:place] + bytes([book[place] ^ 0x55]) + book[place + 1 :]
        with contextlib.suppress(FileRefused):
            assert read(noisy, "x.xlsx").rows


def test_reading_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    read(as_xlsx(HEADER, ROWS), "../../etc/payroll.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_a_long_table_of_contents_is_not_counted_in_this_process() -> None:
    assert about_rows(as_xlsx(HEADER, ROWS)) > 0
    assert (
        about_rows(
            repacked(as_xlsx(HEADER, ROWS), lambda parts: [*parts.items(), *[(str(n) * 99, b"") for n in range(5000)]])
        )
        == 0
    )
