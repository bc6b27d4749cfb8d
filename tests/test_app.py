"""The front door answers, with its headers, for anyone."""

from __future__ import annotations

from flask.testing import FlaskClient


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
        assert headers["X-Content-Type-Options"] == "nosniff"
