"""The catalogue of bad input: its base file, its cases, and the files its cases describe."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from portal.scheme.calendars import Month
from portal.tabular.amounts import AmountRule
from portal.tabular.identity import LuhnNumber
from portal.tabular.rows import FileRules

#: The catalogue beside the project where it is there, else the copy that every checkout has.
BESIDE = Path(__file__).parents[3] / "shared" / "bad_inputs.json"
COPY = Path(__file__).parents[1] / "data" / "bad_inputs.json"
_ALL = json.loads((BESIDE if BESIDE.exists() else COPY).read_text(encoding="utf-8"))

CASES: list[dict[str, Any]] = _ALL["cases"]
HEADER: list[str] = _ALL["meta"]["base_header"]
ROWS: list[list[str]] = _ALL["meta"]["base_rows"]

MONTH = Month(2026, 7)
TODAY = date(2026, 8, 10)
FIRST_OPEN = Month(2025, 8)
RULES = FileRules(LuhnNumber(12), AmountRule("XTS", 2, 10_000_000_00), TODAY)


def value_of(case: dict[str, Any]) -> str:
    """The text a case puts into its cell."""
    repeat = case.get("value_repeat")
    return repeat["char"] * repeat["times"] if repeat else case["value"]


def rows_with(column: str, value: str) -> list[list[str]]:
    """The base rows with *value* in *column* of the second row, which is row 3 of the spreadsheet."""
    rows = [list(row) for row in ROWS]
    rows[1][HEADER.index(column)] = value
    rows[0] = [with_check_digit("11000039595"), "Tsehay Alemu", *rows[0][2:]]  # several cases write the first person's
    return rows


def as_csv(header: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str = ",", newline: str = "\r\n") -> str:
    """The table as CSV text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline)
    writer.writerows([header, *rows])
    return out.getvalue()


def as_xlsx(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """The table as a workbook whose cells are all text."""

    def fill(sheet: Any, _book: Any) -> None:
        return None

    return workbook(header, rows, fill)


def workbook(header: Sequence[str], rows: Sequence[Sequence[str]], change: Callable[[Any, Any], None]) -> bytes:
    """A workbook of text cells, changed by *change(sheet, book)* before it is saved."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    for number, row in enumerate([header, *rows]):
        for column, cell in enumerate(row):
            if cell:
                sheet.write_string(number, column, cell[:32767])
    change(sheet, book)
    book.close()
    return out.getvalue()


def repacked(content: bytes, change: Callable[[dict[str, bytes]], list[tuple[str, bytes]]]) -> bytes:
    """A workbook whose parts were changed behind the writer's back."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in change(parts):
            archive.writestr(name, part)
    return out.getvalue()


def materialised(case: dict[str, Any]) -> tuple[bytes, str]:
    """The file a case describes, and its name."""
    params = case.get("params", {})
    return {
        "bytes": lambda: (base64.b64decode(params.get("b64", "")), "payroll.csv"),
        "csv": lambda: csv_of(params),
        "raw": lambda: (named_row(params["text"].encode(params["encoding"])), "payroll.csv"),
        "raw_bytes": lambda: (named_row(bytes.fromhex(params["hex"])), "payroll.csv"),
        "mixed": lambda: (mixed(params["a"], params["b"]), "payroll.csv"),
        "csv_quote": lambda: (open_quote(params["rows"], params["row"]), "payroll.csv"),
        "raw_bytes_file": lambda: (bytes.fromhex(params["hex"]) + b"\0" * 600, f"payroll.{params['ext']}"),
        "raw_text_file": lambda: (params["text"].encode(), f"payroll.{params['ext']}"),
        "gzip": lambda: (gzip.compress(as_csv(HEADER, ROWS).encode()), "payroll.csv.gz"),
        "zipnest": lambda: (nested(params["depth"]), "payroll.zip"),
        "xlsx_bomb": lambda: (lying_bomb(min(params["mib"], 64)), "payroll.xlsx"),
        "xlsx_xml": lambda: (declared(params["part"], params["xml"].encode()), "payroll.xlsx"),
        "xlsx_members": lambda: (repacked(BOOK, lambda parts: [*parts.items(), *many(params["n"])]), "payroll.xlsx"),
        "xlsx_extra": lambda: (with_extra(params["name"]), "payroll.xlsx"),
        "xlsx_formula": lambda: (with_formula(params["cached"]), "payroll.xlsx"),
        "xlsx_cell": lambda: (error_cell(), "payroll.xlsx"),
        "xlsx_sheets": lambda: (workbook(HEADER, ROWS, second_sheet), "payroll.xlsx"),
        "xlsx_merged": lambda: (workbook(HEADER, ROWS, lambda s, b: s.merge_range("A9:B9", "")), "payroll.xlsx"),
        "xlsx_dim": lambda: (workbook(HEADER, ROWS, formatted_to_the_end), "payroll.xlsx"),
        "xlsx_numeric": lambda: (workbook(HEADER, ROWS, long_number), "payroll.xlsx"),
        None: lambda: (as_csv(HEADER, ROWS).encode(), case["value"]),
    }[case.get("op")]()


BOOK = as_xlsx(HEADER, ROWS)


def csv_of(params: dict[str, Any]) -> tuple[bytes, str]:
    """A CSV file as its parameters describe it."""
    header, rows = list(HEADER), [list(row) for row in ROWS]
    if "rows" in params:
        rows = many_people(params["rows"])
    if "cell" in params:
        column, fill = params["cell"]
        rows[1][header.index(column)] = fill["char"] * fill["times"]
    if "columns" in params:
        header += [f"extra {number}" for number in range(params["columns"] - len(header))]
        rows = [row + ["1"] * (len(header) - len(row)) for row in rows]
    if "drop" in params:
        at = header.index(params["drop"])
        header, rows = header[:at] + header[at + 1 :], [row[:at] + row[at + 1 :] for row in rows]
    if params.get("shuffle"):
        header, rows = header[::-1], [row[::-1] for row in rows]
    if params.get("header_style") == "messy":
        header = [f"\u00a0 {name.upper().replace('_', '  ')}\ufeff " for name in header]
    if params.get("trailing"):
        header, rows = [*header, ""], [[*row, ""] for row in rows]
    text = as_csv(header, rows, params.get("delimiter", ","), params.get("newline", "\r\n"))
    if params.get("header") is False:
        text = text.partition("\r\n")[2]
    text = params.get("prefix", "") + text
    return text.encode(
        params.get("encoding", "utf-8"), params.get("errors", "strict")
    ), f"payroll.{params.get('ext', 'csv')}"


def many_people(count: int) -> list[list[str]]:
    """So many good rows, each with a number of its own."""
    return [
        [
            with_check_digit(f"{20_000_000_000 + number}"),
            "Abebe Kebede",
            "2026-07",
            "12500.00",
            "30",
            "2020-01-01",
            "",
            "M",
        ]
        for number in range(count)
    ]


def with_check_digit(digits: str) -> str:
    """The number with the digit that makes Luhn's sum a multiple of ten."""
    total = sum(map(int, digits[-2::-2])) + sum(int("0246813579"[int(digit)]) for digit in digits[-1::-2])
    return f"{digits}{-total % 10}"


def named_row(name: bytes) -> bytes:
    """The base file with these bytes as the name in row 3."""
    return as_csv(HEADER, rows_with("name", "HERE")).encode().replace(b"HERE", name)


def mixed(first: str, second: str) -> bytes:
    """The first rows in one encoding, the others in another."""
    return as_csv(HEADER, ROWS[:3]).encode(first) + as_csv(ROWS[2], ROWS[2:3]).encode(second, "replace")


def open_quote(count: int, row: int) -> bytes:
    """A large file with one quotation mark that is opened and never closed."""
    lines = as_csv(HEADER, many_people(count)).split("\r\n")
    lines[row - 1] = lines[row - 1].replace("Abebe", '"Abebe')
    return "\r\n".join(lines).encode()


def nested(depth: int) -> bytes:
    """An archive in an archive in an archive."""
    content = b"0" * 1000
    for _level in range(depth):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner.zip", content)
        content = out.getvalue()
    return content


def lying_bomb(mib: int) -> bytes:
    """A workbook with a sheet of zeros whose table of contents says it is small."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            if name != "xl/worksheets/sheet1.xml":
                archive.writestr(name, source.read(name))
                continue
            with archive.open(name, "w") as part:
                part.write(source.read(name)[:-12])
                for _piece in range(mib // 8):
                    part.write(b" " * (8 << 20))
        archive.getinfo("xl/worksheets/sheet1.xml").file_size = 5000
    return out.getvalue()


def declared(part: str, xml: bytes) -> bytes:
    """A workbook with a document type in one of its parts."""

    def change(parts: dict[str, bytes]) -> list[tuple[str, bytes]]:
        head, mark, rest = parts[part].partition(b"?>")
        return [*({**parts, part: head + mark + xml + rest}).items()]

    return repacked(BOOK, change)


def many(count: int) -> list[tuple[str, bytes]]:
    """So many tiny parts."""
    return [(f"xl/media/{number}.txt", b"") for number in range(count)]


def with_extra(name: str) -> bytes:
    """A workbook with one part more; the writer warns when it is there already."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return repacked(BOOK, lambda parts: [*parts.items(), (name, b"<x/>")])


def with_formula(cached: bool) -> bytes:
    """A workbook whose wage in row 3 is a formula, with or without the value it gave last."""
    return workbook(HEADER, ROWS, lambda s, b: s.write_formula("D3", "=8000+900", None, 8900 if cached else ""))


def error_cell() -> bytes:
    """A workbook whose wage in row 3 is the error #N/A, pasted as a value."""
    book = workbook(HEADER, ROWS, lambda s, b: s.write_formula("D3", "=NA()", None, "#N/A"))
    sheet = "xl/worksheets/sheet1.xml"
    return repacked(book, lambda parts: [*{**parts, sheet: parts[sheet].replace(b"<f>NA()</f>", b"")}.items()])


def second_sheet(_sheet: Any, book: Any) -> None:
    """Another sheet with values."""
    book.add_worksheet().write_row(0, 0, ["national_id", "wage"])


def formatted_to_the_end(sheet: Any, book: Any) -> None:
    """An empty cell with a colour in the last row a sheet can have."""
    sheet.write_blank(1048575, 0, None, book.add_format({"bg_color": "yellow"}))


def long_number(sheet: Any, _book: Any) -> None:
    """An identity number typed as a number of 18 digits."""
    sheet.write_number("A3", 110000079191123456)
