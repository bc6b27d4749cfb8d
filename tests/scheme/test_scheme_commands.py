"""The commands of those who write and read packs; none of them needs a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.scheme.pack import PACKS, pack_ids
from portal.scheme_commands import alone, application, scheme_command

ROOT = Path(__file__).resolve().parents[2]

OVERLAY = """
overlay_of = "np-ssf"

[source.board]
title = "Decision 12 of the board"
kind = "decision"
date = 2026-03-01

[[branch.provident.employer]]
from = 2026-04-14
rate = "11 %"
source = "board"
"""


def _ask(*words: object) -> Result:
    with application().app_context():
        return CliRunner().invoke(scheme_command, [str(word) for word in words])


def test_every_pack_is_listed_with_its_gaps() -> None:
    lines = _ask("list").output.splitlines()
    assert [line.split()[0] for line in lines] == list(pack_ids())
    assert any(line.startswith("np-hib ") and " template " in line for line in lines)


@pytest.mark.parametrize("id", pack_ids())
def test_every_pack_can_be_shown_whole(id: str) -> None:
    shown = _ask("show", id)
    assert shown.exit_code == 0
    assert "The scheme" in shown.output
    assert "%(" not in shown.output


def test_a_pack_is_shown_with_its_history_and_its_sources() -> None:
    said = _ask("show", "np-ssf").output
    assert "Paying from 2019-05-22 to 2025-07-29: Due 15 days after the last day of the period." in said
    assert "* Paying from 2025-07-30: Due 25 days after the last day of the period." in said
    assert "§ Pioneer Law" in said
    assert "! not verified: Many pages still print 15 days." in said


def test_what_is_missing_is_told_with_its_place() -> None:
    said = _ask("missing", "np-ssf").output
    assert "Not known: The period of the ten per cent of section 9" in said
    assert "Not confirmed: Rounding:" in said


def test_every_pack_is_in_order_within_ten_seconds() -> None:
    began = time.monotonic()
    checked = _ask("check")
    assert (checked.exit_code, checked.output.splitlines()[:-1]) == (0, [])
    assert f"{len(pack_ids())} packs in order, 0 not" in checked.output
    assert time.monotonic() - began < 10


def test_a_pack_that_is_wrong_ends_the_check_with_every_mistake(tmp_path: Path) -> None:
    text = (PACKS / "np-ssf.toml").read_text()
    wrong = tmp_path / "np-ssf.toml"
    wrong.write_text(text.replace('number = "15"', 'number = "16"').replace('rate = "1 %"', 'rate = "1.01 %"'))
    checked = _ask("check", wrong)
    assert checked.exit_code == 1
    assert "NP-SSF-DUE-2081-08" in checked.output
    assert "NP-SSF-30000" in checked.output


@pytest.mark.parametrize("named", ["no-such-pack", "../np-ssf", "nothing.toml", ""])
def test_a_pack_that_is_not_there_is_said_in_one_line(named: str) -> None:
    for command in ("show", "missing"):
        found = _ask(command, named)
        assert found.exit_code == 1
        assert found.output.startswith("Error: ")
        assert len(found.output.splitlines()) == 1


def test_a_contribution_and_its_due_day_are_explained() -> None:
    said = _ask("explain", "np-ssf", "--month", "2082-10", "--earnings", "basic=30000").output
    assert "Employer share for Gratuity: 8.33\u00a0% of NPR\u00a030,000.00 = NPR\u00a02,499.00" in said
    assert "SSF for Magh 2082 has to be paid by 25 Falgun 2082 (9 March 2026)." in said


def test_each_rule_on_lateness_is_explained_and_the_sum_of_them() -> None:
    said = _ask("explain", "in-epf", "--charge", "10193", "--due", "2015-11-15", "--paid", "2016-05-15").output
    assert "a half up = ₹1,271.00" in said
    assert "All late charges together = ₹1,881.00" in said


def test_what_is_not_known_is_explained_as_such() -> None:
    said = _ask("explain", "tz-nhif", "--month", "2026-01", "--charge", "1000", "--due", "2026-03-01").output
    assert "NHIF: the day by which to pay is not known:" in said
    assert "What NHIF charges for paying late is not known:" in said


def test_an_explanation_can_be_had_in_another_language_and_as_json() -> None:
    asked: tuple[str, ...] = ("explain", "cm-cnps", "--month", "2024-01", "--earnings", "salary=800000")
    asked += ("--employer", "category=general", "--employer", "risk_rate=0.0175")
    assert "52\u202f500" in _ask(*asked, "--lang", "fr").output
    first = json.loads(_ask(*asked, "--json").output.splitlines()[0])
    assert first["steps"][-1]["result"] == 129500


@pytest.mark.parametrize(
    "asked",
    [
        (),
        ("--month", "2082-13", "--earnings", "basic=1"),
        ("--month", "2082-10", "--earnings", "basic=lots"),
        ("--month", "2082-10", "--earnings", "basic=-5"),
        ("--month", "2082-10", "--earnings", "wages=5"),
        ("--month", "2082-10", "--lang", "klingon"),
        ("--month", "2082-10", "--earnings", "basic"),
    ],
)
def test_what_cannot_be_explained_is_said_without_a_traceback(asked: tuple[str, ...]) -> None:
    found = _ask("explain", "np-ssf", *asked)
    assert found.exit_code in (1, 2)
    assert found.exception is None or isinstance(found.exception, SystemExit)
    assert "Error: " in found.output


def test_two_versions_are_compared_in_words_and_on_a_roster(tmp_path: Path) -> None:
    overlay, roster = tmp_path / "board.toml", tmp_path / "roster.csv"
    overlay.write_text(OVERLAY)
    roster.write_text("name,basic\nSita,30000\nRam,\n")
    said = _ask("diff", "np-ssf", overlay, "--roster", roster, "--month", "2083-01").output
    assert "+ Employer's share from 2026-04-14: 11\u00a0%" in said
    assert "Sita: NPR\u00a06,000.00 + NPR\u00a03,300.00 -> NPR\u00a06,300.00 + NPR\u00a03,300.00" in said
    assert "Something changes for 1 people; 1 could not be worked out." in said


def test_a_version_compared_with_itself_has_no_differences() -> None:
    assert _ask("diff", "np-ssf", "np-ssf").output == "Nothing is different.\n"


def test_a_file_of_questions_gives_one_line_for_each(tmp_path: Path) -> None:
    good = {"id": "good", "scheme": "NP-SSF", "category": "due_date", "inputs": {"period": "2081-08"}}
    path = tmp_path / "questions.json"
    path.write_text(json.dumps([good, 5, {**good, "scheme": "QQ"}]))
    lines = [json.loads(line) for line in _ask("run", path).output.splitlines()]
    assert [line["id"] for line in lines] == ["good", None, "good"]
    assert ["result" in line for line in lines] == [True, False, False]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["/x/bin/flask", "scheme", "list"], True),
        (["flask", "--app", "wsgi", "scheme", "check"], True),
        (["/x/flask/__main__.py", "scheme"], True),
        (["flask", "--app", "scheme", "migrate"], False),
        (["flask", "run"], False),
        (["flask"], False),
        (["gunicorn", "wsgi:app", "scheme"], False),
    ],
)
def test_only_these_commands_do_without_servers(line: list[str], expected: bool) -> None:
    assert alone(line) is expected


def test_the_command_line_asks_no_server() -> None:
    """Run as people run it, with addresses where nothing answers."""
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1"}
    program = [sys.executable, "-m", "flask", "--app", "wsgi", "scheme", "missing", "np-ssf"]
    done = subprocess.run(
        program, cwd=ROOT, env=os.environ | nowhere, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0
    assert "Not known" in done.stdout
