"""Uploads through a scanner that is a process of its own, as it is in production."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import db
from portal.audit import AuditEvent
from portal.files import StoredFile
from portal.scanner import ScannerDown, found_in
from tests.factories import give_mandate, make_employer, sign_in
from tests.hostile.clamd import VIRUS

HERE = Path(__file__).parent


def started(*arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, str(HERE / "clamd.py"), *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture(scope="module")
def scanner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scanner that runs."""
    path = str(tmp_path_factory.mktemp("c") / "c.sock")
    process = started("unix", path)
    yield f"unix:{path}"
    process.kill()
    process.communicate()


@pytest.fixture
def scanned(app: Flask, scanner: str) -> Iterator[Flask]:
    """The portal with this scanner."""
    before = app.config["PORTAL"]
    app.config["PORTAL"] = replace(before, clamd_url=scanner)
    yield app
    app.config["PORTAL"] = before


@pytest.fixture
def visitor(scanned: Flask, client: FlaskClient) -> FlaskClient:
    """An administrator of an employer."""
    with db.writing() as session:
        employer = make_employer(session)
        account = give_mandate(session, employer)
    sign_in(client, account)
    client.roster = f"/employers/{employer.number}/roster/import/"  # type: ignore[attr-defined]
    return client


def send(client: FlaskClient, content: bytes, name: str = "roster.csv") -> tuple[int, str]:
    answer = client.post(client.roster, data={"file": (io.BytesIO(content), name)})  # type: ignore[attr-defined]
    return answer.status_code, answer.text


def kept() -> tuple[list[str], list[tuple[str, dict[str, object]]]]:
    with db.reading() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.event.startswith("account.upload")))
        return list(session.scalars(select(StoredFile.name))), [(one.event, dict(one.fields)) for one in events]


def test_a_file_without_a_finding_passes_and_an_infected_one_leaves_its_size_and_the_finding(
    visitor: FlaskClient,
) -> None:
    status, page = send(visitor, b"national_id,surname\n1,Banda\n")
    assert (status, "virus" in page) in ((302, False), (422, False))
    status, page = send(visitor, b"surname\nMwale " + VIRUS, "<b>roster.csv")
    assert (status, "&lt;b&gt;roster.csv looks like a virus. It was not kept." in page) == (422, True)
    names, events = kept()
    assert "<b>roster.csv" not in names
    assert events == [("account.upload_infected", {"size": 14 + len(VIRUS), "finding": "Win.Test__.EICAR_HDB-1"})]


@pytest.mark.parametrize("scanner", ["unix:/nowhere/clamd.ctl", "tcp://127.0.0.1:9"])
def test_while_the_scanner_is_down_nothing_passes(visitor: FlaskClient, scanner: str) -> None:
    status, page = send(visitor, b"national_id\n1\n")
    assert (status, "cannot be checked for viruses" in page) == (422, True)
    assert kept() == ([], [("account.upload_not_scanned", {"size": 14})])


def test_a_file_the_scanner_cannot_judge_does_not_pass(scanner: str) -> None:
    with pytest.raises(ScannerDown):
        found_in(io.BytesIO(b"too much"), scanner)


def test_a_scanner_that_does_not_answer_in_time_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ScannerDown):
        found_in(io.BytesIO(b"x"), f"tcp://127.0.0.1:{silent.getsockname()[1]}", patience=0.2)


def test_a_scanner_may_be_behind_tcp_and_a_large_file_goes_in_pieces() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = started("tcp", str(port))
    try:
        assert found_in(io.BytesIO(b"x" * 5_000_000), f"tcp://127.0.0.1:{port}") is None
        assert found_in(io.BytesIO(b"x" * 100_000 + VIRUS), f"tcp://127.0.0.1:{port}") == "Win.Test__.EICAR_HDB-1"
    finally:
        process.kill()
        process.communicate()


def test_every_view_gets_its_files_through_the_gate() -> None:
    """Nobody reads the stream of a request past ``request.files``, but for a call-back: its bytes are signed."""
    root = HERE.parents[1] / "portal"
    past = [
        str(path.relative_to(root)) for path in root.rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in ("request.stream", "get_data(", "wsgi.input"))
    ]  # fmt: skip
    assert past == ["gateway/pages/call_views.py"]  # no file, and at most 16 kB
