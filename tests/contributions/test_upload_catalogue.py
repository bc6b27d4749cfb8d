"""Every case of the bad-input catalogue that a payroll file decides, as CSV and as a workbook."""

from __future__ import annotations

from typing import Any

import pytest

from portal.contributions import checks, upload
from portal.contributions.checks import CheckLimits, LineToCheck, RosterEntry
from portal.tabular.reading import read
from portal.tabular.table import FileRefused, Problem
from tests.tabular import catalogue as bad

#: Cases this file does not run, and why.
ELSEWHERE = {
    "CSV18": "headers in a language that is not enabled: the portal speaks English so far",
    "TYP06": "a virus scanner stands before the portal; as a table the file is refused for its delimiter",
    "LIM03": "the web server cuts the request off",
    "LIM04": "the web server cuts the request off",
    "LIM06": "the web server sees the broken request",
    "LIM08": "the web server counts the parts of a request",
    "LIM10": "the form asks for a file",
    "FNM12": "the form asks for a file",
    "ROW16": "who works elsewhere is not in a file; nothing here could reveal it",
}
ROSTER_FIELDS = ("start_date", "end_date", "sex")

CELLS = [c for c in bad.CASES if c["surface"] == "cell" and c["field"] not in ROSTER_FIELDS]
ROWS = [c for c in bad.CASES if c["surface"] == "rows" and c["id"] not in ELSEWHERE]
FILES = [c for c in bad.CASES if c["surface"] == "file" and c["id"] not in ELSEWHERE]

#: What the catalogue calls a cell, in our words.
STORED = {"national_id": "national_id", "name": "surname"}


def parsed(content: bytes, filename: str) -> upload.ParsedPayroll:
    table = read(content, filename)
    layout = upload.layout_of(table.header, ["wage"])
    return upload.parse(table, layout, bad.MONTH, bad.RULES, first_open=bad.FIRST_OPEN)


def all_problems(result: upload.ParsedPayroll, roster: dict[Any, RosterEntry] | None = None) -> list[Problem]:
    """What the page lists: the faulty rows', the notices, and those of checking the good lines against the roster."""
    lines = [
        LineToCheck(n.row, n.national_id, n.national_id, n.surname, n.first_name, n.components, n.days)
        for n in result.lines
    ]
    if roster is None:
        roster = {
            n.national_id: RosterEntry(n.national_id, n.national_id, n.surname, bad.TODAY.replace(2020)) for n in lines
        }
    limits = CheckLimits(bad.RULES.money, columns={"surname": "name"})
    found = [problem for row in result.faulty for problem in row.problems] + result.notices
    return found + checks.check(lines, roster, bad.MONTH, limits)


def files(rows: list[list[str]]) -> list[tuple[bytes, str]]:
    files = [(bad.as_csv(bad.HEADER, rows).encode(), "payroll.csv")]
    if not any(len(cell) > 32767 for row in rows for cell in row):  # more than a spreadsheet's cell can hold
        files.append((bad.as_xlsx(bad.HEADER, rows), "payroll.xlsx"))
    return files


def stored(line: upload.ParsedLine, field: str) -> str:
    if field == "wage":
        return bad.RULES.money.written(line.components["wage"])
    return str(getattr(line, STORED[field])) if field in STORED else str(bad.MONTH)


@pytest.mark.parametrize("case", CELLS, ids=lambda case: case["id"])
def test_a_cell_has_the_outcome_the_catalogue_names(case: dict[str, Any]) -> None:
    expect, value = case["expect"], bad.value_of(case)
    month, rows = bad.MONTH, bad.rows_with(case["field"], value)
    if case["id"] == "DAY02":  # the case is about a month of 30 days
        month = bad.MONTH.previous()
        rows = [[str(month) if cell == str(bad.MONTH) else cell for cell in row] for row in rows]
    for content, name in files(rows):
        table = read(content, name)
        result = upload.parse(
            table, upload.layout_of(table.header, ["wage"]), month, bad.RULES, first_open=bad.FIRST_OPEN
        )
        problems = [p for p in all_problems(result) if p.row == 3 and p.column == case["field"]]
        codes = {p.code for p in problems}
        rows_read = {line.row: line for line in result.lines}
        if expect["outcome"] == "row_error":
            assert [p.code for p in problems] == [expect["code"]], name
            assert problems[0].blocking
            assert sorted(rows_read) == [2, 4, 5, 6]
            assert result.faulty[0].cells[case["field"]] == value
            continue
        assert sorted(rows_read) == [2, 3, 4, 5, 6], (name, problems)
        assert not any(p.blocking for p in problems)
        wanted = {"warn": {expect.get("code")}, "normalise": {"W_NORMALISED"}, "accept": set()}[expect["outcome"]]
        assert wanted <= codes <= wanted | {"W_NORMALISED"}, name
        assert expect["outcome"] != "accept" or not codes
        if expect["outcome"] in ("normalise", "accept") or "stored" in expect:
            assert stored(rows_read[3], case["field"]) == expect.get("stored", value)


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case["id"])
def test_rows_have_the_outcome_the_catalogue_names(case: dict[str, Any]) -> None:
    expect = case["expect"]
    on_roster = {
        row[0]: RosterEntry(row[0], row[0], row[1], bad.TODAY.replace(2020))
        for row in [*bad.ROWS, ["110000475142", "राम बहादुर"]]
        if row[0] in {bad.ROWS[i][0] for i in range(5)} or case["id"] == "ROW05"
    }
    for content, name in files(case["value"]):
        result = parsed(content, name)
        problems = all_problems(result, on_roster)
        if case["id"] == "ROW15":
            lines = [LineToCheck(n.row, n.row, None, "", "", n.components) for n in result.lines]
            total = checks.control_total(lines, "wage", 1, CheckLimits(bad.RULES.money))
            problems += [total] if total else []
        where = expect.get("where", {})
        if expect["outcome"] == "accept":
            assert {p.code for p in problems} == {"W_EXTRA_COLUMNS"}
            assert [line.row for line in result.lines] == [2, 4, 5, 6, 7]
        else:
            found = [p for p in problems if p.code == expect["code"]]
            assert found, (name, problems)
            assert all(p.blocking == (expect["outcome"] == "row_error") for p in found)
            if "rows" in where:
                assert sorted({p.row for p in found if p.row}) == where["rows"]
            if "row" in where:
                assert (found[0].row, found[0].column) == (where["row"], where["column"])


@pytest.mark.parametrize("case", FILES, ids=lambda case: case["id"])
def test_a_file_has_the_outcome_the_catalogue_names(case: dict[str, Any]) -> None:
    expect = case["expect"]
    content, name = bad.materialised(case)
    if expect["outcome"] == "file_error":
        with pytest.raises(FileRefused) as refused:
            parsed(content, name)
        also = {"XLS02": {"E_CORRUPT"}}.get(case["id"], set())
        assert refused.value.problem.code in {expect["code"]} | also
        if "where" in expect:
            assert refused.value.problem.row == expect["where"]["row"]
        return
    result = parsed(content, name)
    if expect["outcome"] == "row_error":
        assert [p.code for row in result.faulty for p in row.problems] == [expect["code"]]
        assert [line.row for line in result.lines] == [2, 4, 5, 6]
    else:
        assert result.faulty == []
        assert {p.code for p in result.notices} == {"W_EXTRA_COLUMNS"}


def test_every_case_of_the_catalogue_is_run_or_excused() -> None:
    run = {case["id"] for case in (*CELLS, *ROWS, *FILES)}
    files = {case["id"] for case in bad.CASES if case["surface"] in ("cell", "rows", "file")}
    roster = {case["id"] for case in bad.CASES if case["field"] in ROSTER_FIELDS}
    assert files - run - roster == set(ELSEWHERE)
    assert len(run) >= 160
