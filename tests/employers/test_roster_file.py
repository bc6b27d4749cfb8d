"""Rosters as files: the catalogue's cases about employments, faulty rows, and the way out and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from portal.employers.roster_file import COLUMNS, TEXT_COLUMNS, ParsedRoster, RosterRow, export, parse
from portal.tabular.amounts import AmountRule
from portal.tabular.identity import ShapedNumber
from portal.tabular.reading import read
from portal.tabular.rows import FileRules
from portal.tabular.table import FileRefused
from portal.tabular.writing import write_csv, write_xlsx
from tests.tabular import catalogue as bad

RULES = FileRules(ShapedNumber("######/##/#"), AmountRule("ZMW"), bad.TODAY, country_code="+260")
PAY = ["basic", "gross"]
MARY = RosterRow(
    2,
    "123456/78/1",
    "1002003",
    "Banda",
    "Mary",
    "Mutinta",
    "F",
    date(1990, 4, 3),
    "+260977123456",
    "mary@example.org",
    "00017",
    "permanent",
    date(2020, 1, 1),
    None,
    None,
    {"basic": 800000, "gross": 950050},
)
JOHN = replace(
    MARY, row=3, national_id="223456/78/1", first_name="John", other_names="", sex=None, phone=None, email=None,
    insurance_number=None, to_day=date(2026, 6, 30), leave_reason="retired", components={"gross": 1},
)  # fmt: skip


def roster(rows: list[list[str]], header: list[str]) -> ParsedRoster:
    return parse(read(bad.as_csv(header, rows).encode(), "roster.csv"), PAY, RULES)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_exported_roster_is_read_back_as_it_was(kind: str) -> None:
    header, rows = export([MARY, JOHN], PAY, RULES.money)
    content = write_csv(header, rows) if kind == "csv" else write_xlsx(header, rows, TEXT_COLUMNS)
    result = parse(read(content, f"roster.{kind}"), PAY, RULES)
    assert (result.rows, result.faulty) == ([MARY, JOHN], [])
    assert {notice.code for notice in result.notices} <= {"W_NORMALISED"}


def test_a_roster_tells_every_problem_and_keeps_the_good_rows() -> None:
    header, rows = export([MARY, JOHN], PAY, RULES.money)
    broken = dict(zip(header, rows[0], strict=True)) | {
        "national_id": "", "surname": "B4nda", "birth_date": "2030-01-01", "phone": "12", "email": "mary", "sex": "X",
        "to_day": "2019-12-31", "gross": "1.005",
    }  # fmt: skip
    result = roster([list(broken.values()), rows[1]], header)
    assert [row.row for row in result.rows] == [3]
    assert [(p.code, p.column) for p in result.faulty[0].problems] == [
        ("E_REQUIRED", "national_id"),
        ("E_NAME", "surname"),
        ("E_CHOICE", "sex"),
        ("E_DATE_FUTURE", "birth_date"),
        ("E_PHONE", "phone"),
        ("E_EMAIL", "email"),
        ("E_DECIMALS", "gross"),
        ("E_END_BEFORE_START", "to_day"),
    ]
    assert result.faulty[0].cells == broken


def test_a_person_who_left_and_came_back_may_stand_twice_but_not_at_one_time() -> None:
    first = replace(MARY, to_day=date(2021, 12, 31), leave_reason="resigned")
    again = replace(MARY, row=3, from_day=date(2024, 1, 1))
    header, rows = export([first, again], PAY, RULES.money)
    assert roster(rows, header).rows == [first, again]
    header, rows = export([MARY, again], PAY, RULES.money)
    assert [[p.code for p in row.problems] for row in roster(rows, header).faulty] == [["E_DUP_ID"], ["E_DUP_ID"]]


def test_a_roster_without_birth_dates_is_refused_and_says_what_to_add() -> None:
    with pytest.raises(FileRefused, match="no column named birth_date"):
        roster([["123456/78/1", "Banda", "Mary", "2020-01-01", "1", "1"]],
               ["national_id", "surname", "first_name", "from_day", "basic", "gross"])  # fmt: skip


def test_an_empty_roster_exports_its_columns() -> None:
    assert export([], PAY, RULES.money) == ([*COLUMNS, *PAY], [])


HEADER = ["national_id", "surname", "first_name", "birth_date", "start_date", "end_date", "sex"]
CASES = [c for c in bad.CASES if c["field"] in HEADER[4:] and c["id"] != "DAT08"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_cell_of_an_employment_has_the_outcome_the_catalogue_names(case: dict[str, Any]) -> None:
    expect, field = case["expect"], case["field"]
    rows = [[r[0], "Banda", "Mary", "1964-02-01", r[5], r[6], r[7]] for r in bad.ROWS]
    rows[1][HEADER.index(field)] = bad.value_of(case)
    for content, name in ((bad.as_csv(HEADER, rows).encode(), "r.csv"), (bad.as_xlsx(HEADER, rows), "r.xlsx")):
        result = parse(read(content, name), [], bad.RULES)
        faulty = [p for row in result.faulty for p in row.problems]
        if expect["outcome"] == "row_error":
            assert [(p.code, p.row, p.column) for p in faulty] == [(expect["code"], 3, field)], name
            assert [row.row for row in result.rows] == [2, 4, 5, 6]
            continue
        assert faulty == []
        code = expect.get("code", "W_NORMALISED")
        assert [(p.code, p.row, p.column) for p in result.notices] == [(code, 3, field)], name
        stored = result.rows[1].from_day.isoformat() if field == "start_date" else result.rows[1].sex
        assert stored == expect.get("stored", case["value"])
