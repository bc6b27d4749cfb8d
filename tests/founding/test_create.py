"""Somebody makes a fund of their own: from a file or from questions, checked before it is there, never over another."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal import db, fund_commands, installation
from portal.auth import service
from portal.auth.models import Account, FundRole
from portal.errors import NotFound
from portal.founding.making import CannotMake, answers_in, prepared
from portal.founding.questions import QUESTIONS, UNDECIDED, answered
from portal.outbox import Message
from portal.scheme.fund import load_fund
from tests.conftest import ROOT, Cluster
from tests.factories import make_employer
from tests.funds import serving

SAID = {
    "country": "ZM",
    "name": 'Copperbelt "Mutual" Health Fund',
    "short_name": "Copperbelt Fund",
    "email": "contributions@copperbelt.example",
    "administrator_name": "Ruth Kapata",
    "administrator_email": "ruth@copperbelt.example",
}


def answers_file(folder: Path, **changes: str) -> Path:
    """A file with the answers; one that is changed to nothing is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    said = {name: text for name, text in {**SAID, **changes}.items() if text}
    path = folder / "answers.toml"
    path.write_text("".join(f"{name} = '{text}'\n" for name, text in said.items()))
    return path


@pytest.fixture
def environment(cluster: Cluster, database: str, tmp_path: Path) -> dict[str, str]:
    """An empty database and a folder of this machine, for a fund that is still to be made."""
    owner = cluster.owner.format(name=re.split(r"[/?]", database.rpartition("@")[2])[1])
    return {
        **os.environ, "DEMO": "none", "VAR_DIR": str(tmp_path / "var"), "DATABASE_URL": database, "OWNER_URL": owner,
        "REDIS_URL": cluster.redis, "BASE_URL": "https://fund.example", "FLASK_APP": "wsgi",
    }  # fmt: skip


def flask(environment: dict[str, str], *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """What a command answers."""
    command = [str(Path(sys.executable).parent / "flask"), *words]
    return subprocess.run(command, env=environment, cwd=ROOT, input=typed, capture_output=True, text=True, check=False)


def test_an_empty_fund_and_its_first_administrator_come_from_a_file_of_answers(
    environment: dict[str, str], tmp_path: Path, app: Flask
) -> None:
    done = flask(environment, "fund", "create", "--from", str(answers_file(tmp_path)))
    assert done.returncode == 0, done.stderr
    made = load_fund(tmp_path / "var" / "none" / "fund" / "fund.toml")
    assert (made.name, made.practice, made.bank.number) == (SAID["name"], False, UNDECIDED)
    assert made.schemes == ("zm-napsa", "zm-nhima")
    assert [place.name for place in made.locations] == ["Zambia"]
    secret = tmp_path / "var" / "none" / "secret-key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(secret.read_text()) > 32
    link = re.search(r"https://fund\.example(/account/reset/\S+)", done.stdout)
    assert link
    with db.reading() as session:
        account = session.scalars(select(Account)).one()
        assert (account.email, account.password_hash) == (SAID["administrator_email"], None)
        assert session.scalars(select(FundRole.role)).one() == "system_administrator"
        assert session.scalars(select(Message.topic)).all() == ["mail"]
    client = app.test_client()
    assert "Choose a new password" in client.get(link[1]).text
    assert client.post(link[1], data={"password": "a long walk to Kitwe"}).status_code == 302
    assert client.post(link[1], data={"password": "a second walk to Kitwe"}).status_code == 404  # it is good once


def test_a_fund_that_is_there_is_never_written_over(environment: dict[str, str], tmp_path: Path) -> None:
    answers = str(answers_file(tmp_path))
    assert flask(environment, "fund", "create", "--from", answers).returncode == 0
    file = tmp_path / "var" / "none" / "fund" / "fund.toml"
    before = file.read_bytes()
    again = flask(environment, "fund", "create", "--from", answers)
    assert again.returncode == 1
    assert "there is a fund in" in again.stderr
    assert file.read_bytes() == before
    elsewhere = {**environment, "FUND_FILE": str(tmp_path / "other" / "fund.toml")}
    other = flask(elsewhere, "fund", "create", "--from", answers)
    assert "The database already holds a fund: 1 accounts" in other.stderr
    assert not (tmp_path / "other" / "fund.toml").exists()


def test_the_practice_fund_is_not_made_anew(environment: dict[str, str], tmp_path: Path) -> None:
    done = flask({**environment, "DEMO": "practice"}, "fund", "create", "--from", str(answers_file(tmp_path)))
    assert "DEMO=none flask fund create" in done.stderr


def test_questions_at_the_terminal_ask_again_until_an_answer_can_be(
    environment: dict[str, str], tmp_path: Path
) -> None:
    typed = {**SAID, "country": "Zambia\nZM", "email": "nowhere\ncontributions@copperbelt.example"}
    lines = "\n".join(typed.get(question.name, "") for question in QUESTIONS) + "\n"
    done = flask(environment, "fund", "create", typed=lines)
    assert done.returncode == 0, done.stderr
    assert "write the two letters of ISO 3166" in done.stdout
    assert "write an e-mail address" in done.stdout
    assert "zm-nhima: National Health Insurance" in done.stdout
    assert load_fund(tmp_path / "var" / "none" / "fund" / "fund.toml").timezone == "Africa/Lusaka"


def test_every_mistake_in_the_answers_is_told_at_once_and_nothing_is_made(
    environment: dict[str, str], tmp_path: Path
) -> None:
    wrong = {
        "country": "Zambia", "name": "", "practice": "perhaps", "schemes": "zm-none", "languages": "English",
        "currency": "kwacha", "currency_digits": "9", "timezone": "Lusaka", "email": "nowhere", "phone_country": "+260",
        "phone_digits": "many", "identity_pattern": "six digits", "tax_pattern": "?", "administrator_email": "ruth",
        "colour": "teal",
    }  # fmt: skip
    done = flask(environment, "fund", "create", "--from", str(answers_file(tmp_path, **wrong)))
    assert done.returncode == 1
    told = {line.split(": ")[2] for line in done.stderr.splitlines()}
    assert told == {*wrong, "bank_holder"}  # in whose name the account is follows from the name
    assert not (tmp_path / "var" / "none" / "fund").exists()


@pytest.mark.parametrize("content", ["name = ", "\xff\xfe", "name = 1\n"])
def test_a_file_that_holds_no_answers_says_so(tmp_path: Path, content: str) -> None:
    path = tmp_path / "answers.toml"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(CannotMake, match=r"answers\.toml"):
        answers_in(path)
    with pytest.raises(CannotMake, match="cannot be read"):
        answers_in(tmp_path / "missing.toml")


DECIDED = """overlay_of = "tz-nhif"
[source.board]
title = "Board resolution 4"
kind = "decision"
date = 2025-12-01
[[due.payment]]
from = 2026-01-01
rule = "day_of_month"
number = "15"
source = "board"
"""


def test_a_scheme_without_a_due_day_needs_the_funds_own_decision_beside_the_answers(tmp_path: Path) -> None:
    given = answers_in(answers_file(tmp_path, country="TZ", schemes="tz-nhif"))
    place = tmp_path / "fund" / "fund.toml"
    with (
        pytest.raises(CannotMake, match=r"Write \[\[due.payment\]\] with its source into overlays/tz-nhif.toml"),
        prepared(given, place),
    ):
        pass
    own = tmp_path / "overlays"
    own.mkdir()
    (own / "tz-nhif.toml").write_text(DECIDED)
    with prepared(given, place, own) as made, serving(made.folder / "fund.toml") as fund:
        assert fund.pack("tz-nhif").missing
        assert fund.pack("tz-nhif").due.payment
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("fund-")] == []  # nothing is left behind


@pytest.mark.parametrize("country", ["BD", "CM", "ET", "NE", "NG", "NP", "SN", "TJ", "TZ", "ZM"])
def test_what_is_usual_in_a_country_makes_a_fund_that_loads(tmp_path: Path, country: str) -> None:
    schemes = {"BD": "bd-ups-pragati"}.get(country, "")
    if schemes:
        (tmp_path / "overlays").mkdir()
        own = DECIDED.replace("tz-nhif", schemes)
        (tmp_path / "overlays" / f"{schemes}.toml").write_text(own)
    given = answers_in(answers_file(tmp_path, country=country, schemes=schemes))
    with prepared(given, tmp_path / "fund" / "fund.toml", tmp_path / "overlays") as made:
        fund = load_fund(made.folder / "fund.toml")
    assert fund.schemes
    assert {fund.pack(scheme).currency.code for scheme in fund.schemes} == {fund.currency.code}
    assert fund.phone.problem(fund.phone.example) is None


def test_a_country_without_packs_is_asked_for_what_nobody_knows() -> None:
    _given, wrong = answered({**SAID, "country": "KE"})
    assert [line.split(":")[0] for line in wrong] == ["schemes", "currency", "timezone", "phone_country"]


def test_another_link_ends_the_first_one(environment: dict[str, str], tmp_path: Path) -> None:
    first = flask(environment, "fund", "create", "--from", str(answers_file(tmp_path))).stdout
    second = flask(environment, "fund", "link", SAID["administrator_email"]).stdout
    tokens = [found[1] for text in (first, second) if (found := re.search(r"/account/reset/(\S+)", text))]
    with db.writing() as session, pytest.raises(NotFound):
        service.use_token(session, tokens[0], "reset")
    with db.writing() as session:
        assert service.use_token(session, tokens[1], "reset").email == SAID["administrator_email"]
    assert "Nobody who works at the fund" in flask(environment, "fund", "link", "mallory@example.org").stderr


def test_a_database_with_employers_is_not_taken_for_an_empty_one(environment: dict[str, str], tmp_path: Path) -> None:
    with db.writing() as session:
        make_employer(session)
    done = flask(environment, "fund", "create", "--from", str(answers_file(tmp_path)))
    assert "1 employers" in done.stderr
    assert not (tmp_path / "var" / "none" / "fund" / "fund.toml").exists()


@pytest.mark.parametrize(
    ("line", "alone"),
    [
        (["/x/bin/flask", "fund", "create"], True),
        (["/x/bin/flask", "--app", "wsgi", "fund", "create", "--from", "a"], True),
        (["/x/bin/flask", "fund", "ready"], False),
        (["gunicorn", "fund", "create"], False),
    ],
)
def test_only_making_a_fund_does_without_one(line: list[str], alone: bool) -> None:
    assert fund_commands.alone(line) is alone
    assert installation.fund()
