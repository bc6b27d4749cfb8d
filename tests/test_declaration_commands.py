"""``flask declarations check``: every case of the catalogue that is a file, by the command itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal import db
from portal.declaration_commands import declarations_command
from tests.factories import hire, make_employer, make_person
from tests.tabular import catalogue as bad

ROOT = Path(__file__).resolve().parent.parent
#: Cases a file alone does not decide, and why.
ELSEWHERE = {
    "CSV18": "headers in a language that is not enabled",
    "LIM01": "a hundred thousand rows: tests/tabular",
    "LIM03": "the web server cuts the request off",
    "LIM04": "the web server cuts the request off",
    "LIM06": "the web server sees the broken request",
    "LIM08": "the web server counts the parts of a request",
    "LIM10": "the form asks for a file",
    "FNM01": "a file on a disk has no such name",
    "FNM02": "a file on a disk has no such name",
    "FNM04": "a file on a disk has no such name",
    "FNM08": "a file on a disk has no such name",
    "FNM12": "the form asks for a file",
    "ROW06": "there is no roster without an employer",
    "ROW07": "there is no roster without an employer",
    "ROW15": "the total is typed beside the file",
}
CASES = [
    case for case in bad.CASES if case["surface"] in ("cell", "rows", "file") and case["id"] not in ELSEWHERE
]  # fmt: skip
#: Another answer is as good, or the answer of a file with warnings says more.
AS_GOOD = {"XLS02": {"E_CORRUPT"}}


def made(case: dict[str, Any], folder: Path) -> Path:
    """The file of a case."""
    if case["surface"] == "file":
        content, name = bad.materialised(case)
    else:
        rows = case["value"] if case["surface"] == "rows" else bad.rows_with(case["field"], bad.value_of(case))
        if case["id"] == "DAY02":  # the case is about a month of 30 days
            rows = [[cell.replace("2026-07", "2026-06") for cell in row] for row in rows]
        content, name = bad.as_csv(bad.HEADER, rows).encode(), "payroll.csv"
    place = folder / case["id"]
    place.mkdir()
    path = place / name
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the command says of every file, in one call that finds no server and no fund."""
    folder = tmp_path_factory.mktemp("files")
    paths = {str(made(case, folder)): case["id"] for case in CASES}
    command = [
        sys.executable,
        "-m",
        "flask",
        "--app",
        "wsgi",
        "declarations",
        "check",
        *paths,
        "--profile",
        "catalogue",
    ]
    environment = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {paths[line["file"]]: line for line in lines}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_file_gets_the_outcome_code_row_and_column_of_the_catalogue(
    case: dict[str, Any], answers: dict[str, dict[str, Any]]
) -> None:
    expect, answer = case["expect"], answers[case["id"]]
    where = expect.get("where", {})
    assert answer["outcome"] == expect["outcome"], answer
    if code := expect.get("code"):
        found = [one for one in answer["problems"] if one["code"] in {code} | AS_GOOD.get(case["id"], set())]
        assert found, answer
        assert all(one["message"] for one in found)
        if "column" in where:
            assert (where["row"], where["column"]) in {(one["row"], one["column"]) for one in found}
        if "rows" in where:
            assert sorted({one["row"] for one in found if one["row"]}) == where["rows"]
    rows = {row["row"]: row for row in answer["rows"]}
    if "stored" in expect and case["surface"] == "cell":
        assert str(rows[3][case["field"]]) == expect["stored"]
    if expect["outcome"] == "file_error":
        assert rows == {}
    elif case["surface"] == "cell":
        assert {2, 4, 5, 6} <= set(rows)
        assert (3 in rows) == (expect["outcome"] != "row_error")


def test_every_case_is_run_or_excused() -> None:
    assert len(CASES) >= 175
    assert {case["id"] for case in CASES} & set(ELSEWHERE) == set()


def test_the_funds_own_files_are_read_by_its_roster_and_nothing_is_kept(
    app: Flask, database: str, tmp_path: Path
) -> None:
    with db.writing() as session:
        employer = make_employer(session)
        known = make_person(session)
        hire(session, employer, known)
        number, who = employer.number, known.national_id
    path = tmp_path / "payroll.csv"
    path.write_text(f"national_id,surname,first_name,month,basic,gross\n{who},Banda,X,2026-10,5000.00,6000.00\n"
                    "999999/11/1,Zulu,Y,2026-10,1,1\n")  # fmt: skip
    arguments = ["check", str(path), "--employer", number, "--month", "2026-10"]
    with app.app_context():
        done = app.test_cli_runner().invoke(declarations_command, arguments)
    answer = json.loads(done.output)
    assert answer["outcome"] == "row_error"
    assert [(one["row"], one["code"]) for one in answer["problems"] if one["code"].startswith("E_")] == [
        (3, "E_NOT_ON_ROSTER")
    ]
    assert [(row["row"], row["basic"], row["gross"]) for row in answer["rows"]] == [(2, "5000.00", "6000.00")]


def test_what_cannot_be_asked_is_said_in_one_line(app: Flask, database: str) -> None:
    with db.writing() as session:
        number = make_employer(session).number
    run = app.test_cli_runner().invoke
    assert "name --employer and --month" in run(declarations_command, ["check", __file__]).output
    for who, month, code, said in (
        ("ZE0", "2026-10", 1, "There is no employer ZE0"),
        (number, "x", 2, "x is not a month"),
        (number, "1990-01", 1, "in no scheme"),
    ):
        with app.app_context():
            done = run(declarations_command, ["check", __file__, "--employer", who, "--month", month])
        assert (done.exit_code, said in done.output) == (code, True), done.output


def test_what_is_no_file_is_a_line_and_the_others_are_still_read(app: Flask, tmp_path: Path) -> None:
    good = tmp_path / "payroll.csv"
    good.write_text(bad.as_csv(bad.HEADER, bad.ROWS))
    paths = [str(tmp_path / "no.csv"), str(tmp_path), str(good)]
    done = app.test_cli_runner().invoke(declarations_command, ["check", *paths, "--profile", "catalogue"])
    lines = [json.loads(line) for line in done.output.splitlines()]
    assert done.exit_code == 1
    assert [line["file"] for line in lines] == paths
    assert [line["outcome"] for line in lines] == ["file_error", "file_error", "accept"]
    assert [one["code"] for line in lines for one in line["problems"] if one["code"][0] == "E"] == ["E_NOT_OPENED"] * 2
