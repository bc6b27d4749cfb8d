"""The front door answers, with its headers, for anyone."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import InternalError, OperationalError

from portal import db
from tests.factories import make_account, sign_in


def test_the_health_page_says_that_the_database_answers(client: FlaskClient) -> None:
    assert client.get("/healthz").text == "ok\n"


def test_a_page_that_does_not_exist_says_so_kindly(client: FlaskClient) -> None:
    answer = client.get("/no-such-page")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    for path in ("/healthz", "/no-such-page", "/sign-in", "/static/portal.css"):
        answer = client.get(path)
        headers = answer.headers
        answer.close()
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "base-uri 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
        assert [name for name, _value in headers if name.startswith("Access-Control")] == []


@pytest.mark.usefixtures("database")
def test_what_only_reads_cannot_write() -> None:
    with pytest.raises(InternalError, match="read-only"), db.reading() as session:
        session.execute(text("UPDATE series SET last = last + 1"))


def test_while_the_database_is_away_a_page_says_what_to_do(client: FlaskClient, database: str) -> None:
    with db.writing() as session:
        account = make_account(session)
    sign_in(client, account)
    db.bind("postgresql://nobody@/nothing?host=/nowhere")
    try:
        for answer in (client.get("/account/"), client.post("/account/"), client.get("/sign-in?lang=fr")):
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "30"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert "what is sent twice counts once" in answer.text or "ne compte" in answer.text
    finally:
        db.bind(database, pool=2)
    assert client.get("/account/").status_code == 200


def test_a_page_whose_visit_could_not_be_stored_does_not_say_that_nothing_was_changed(
    app: Flask, client: FlaskClient, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deed was done before; the database went away between the two."""

    def gone(*_: object) -> None:
        raise OperationalError("", {}, Exception("server closed the connection unexpectedly"))

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)  # as it is outside of tests
    monkeypatch.setattr(type(app.session_interface), "save_session", gone)
    answer = client.get("/sign-in")
    assert answer.status_code == 503
    assert "it may be stored or not" in answer.text
