"""The catalogue's file names, and its requests that are no proper upload, at the page of a payroll file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import EnvironBuilder, run_wsgi_app

from portal import clock, db
from portal.contributions.models import Payroll
from portal.files import StoredFile
from portal.web.pages import download
from tests.contributions.test_pages import NOW
from tests.factories import give_mandate, hire, make_employer, sign_in
from tests.hostile.canary import alive
from tests.tabular import catalogue as bad

#: A request that breaks off leaves its unnamed temporary file to be closed with the request.
broken_off = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="october.csv"\r\n\r\n'


@pytest.fixture
def page(client: FlaskClient) -> str:
    """Where an administrator sends the payroll file of October 2025; its one person is on the roster."""
    with db.writing() as session:
        db.store_offset(session, NOW - clock.real_now())
        employer = make_employer(session)
        hire(session, employer)
        account = give_mandate(session, employer)
    sign_in(client, account)
    return f"/employers/{employer.number}/payrolls/start/2025-10/file"


def kept() -> tuple[list[Payroll], list[str]]:
    with db.reading() as session:
        return list(session.scalars(select(Payroll))), list(session.scalars(select(StoredFile.name)))


NAMES = [pytest.param(case, id=case["id"]) for case in bad.CASES if case["field"] == "filename"]


@pytest.mark.parametrize("case", NAMES)
def test_a_file_keeps_its_name_as_a_name_and_nothing_more(case: dict[str, Any], page: str, client: FlaskClient) -> None:
    content = b"national_id,surname,first_name,month,basic,gross\n1,Banda,X,2025-10,1,1\n"
    answer = client.post(page, data={"file": (io.BytesIO(content), case["value"])}, follow_redirects=True)
    drafts, names = kept()
    if case["expect"]["outcome"] == "file_error":
        assert (answer.status_code, drafts, names) == (422, [], [])
        return
    assert answer.status_code == 200
    assert len(drafts) == 1
    assert alive(answer.text) == []
    assert "\u202e" not in answer.text
    assert all(len(name) <= 200 and "\0" not in name for name in names)


@pytest.mark.parametrize("case", NAMES)
def test_a_download_names_its_file_by_rfc_6266(app: Flask, case: dict[str, Any]) -> None:
    with app.app_context():
        header = download(b"", case["value"], "text/csv").headers["Content-Disposition"]
    assert header.startswith('attachment; filename="')
    plain = header.split('"')[1]
    assert plain.isascii()
    assert not {"/", "\\"} & set(plain)
    assert header.isascii()
    assert header.count('"') == 2
    assert "%2F" not in header
    assert "%E2%80%AE" not in header
    if case["id"] == "FNM11":
        assert "filename*=UTF-8''%E1%8B%B0" in header


def sent(client: FlaskClient, page: str, stream: io.RawIOBase, **environ: Any) -> int:
    """The status of a request whose body is *stream*."""
    built = EnvironBuilder(page, method="POST").get_environ()
    cookie = client.get_cookie("session")
    assert cookie is not None
    built |= {"CONTENT_TYPE": "multipart/form-data; boundary=x", "wsgi.input": stream}
    built.update({"HTTP_COOKIE": f"session={cookie.value}", **environ})
    _body, status, _headers = run_wsgi_app(client.application, built)
    return int(status.split()[0])


class Endless(io.RawIOBase):
    """A body that begins well and never ends."""

    def __init__(self) -> None:
        self.given = 0
        self.head: Iterator[bytes] = iter((HEAD,))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """More of it."""
        part = next(self.head, b"x" * len(buffer))[: len(buffer)]
        buffer[: len(part)] = part
        self.given += len(part)
        assert self.given < 64 << 20, "the portal reads on and on"
        return len(part)


def test_a_gigabyte_is_refused_before_it_is_read(page: str, client: FlaskClient) -> None:
    body = Endless()
    assert sent(client, page, body, CONTENT_LENGTH=str(1 << 30)) == 413
    assert body.given < 1 << 20
    assert kept() == ([], [])


@broken_off
def test_a_body_without_end_is_cut_off(page: str, client: FlaskClient) -> None:
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    assert sent(client, page, Endless(), **environ) == 413
    assert kept() == ([], [])


@broken_off
def test_an_upload_that_breaks_off_leaves_nothing(page: str, client: FlaskClient) -> None:
    assert sent(client, page, io.BytesIO(HEAD + b"national_id\n1"), CONTENT_LENGTH="100000") == 400
    assert kept() == ([], [])


def test_a_thousand_and_one_parts_are_too_many(page: str, client: FlaskClient) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    body = part * 1001 + b"--x--\r\n"
    assert sent(client, page, io.BytesIO(body), CONTENT_LENGTH=str(len(body))) == 413


def test_no_file_is_asked_for(page: str, client: FlaskClient) -> None:
    assert client.post(page, data={}, content_type="multipart/form-data").status_code == 422
    assert kept() == ([], [])
