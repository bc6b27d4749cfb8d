"""Mail: written to a folder, or handed to a real server; once, and later when the server does not answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock, db, outbox
from portal.jobs import mail
from portal.outbox import Message
from portal.words import _


@pytest.fixture(autouse=True)
def _app(app: Flask, database: str) -> None:
    """The fund's rules and a database."""


def test_mail_is_written_once_and_its_text_is_then_forgotten(app: Flask, tmp_path: Path) -> None:
    config = replace(app.config["PORTAL"], var=tmp_path, smtp_url="")
    with db.writing() as session:
        outbox.put_mail(session, "m/1", "a@example.org", _("Hello"), _("A secret"), at=clock.now())
    with app.app_context():
        assert mail.send_one(config)
        assert not mail.send_one(config)
    (written,) = (config.var / "mail").glob("*.eml")
    assert "A secret" in written.read_text()
    with db.reading() as session:
        (message,) = session.scalars(select(Message))
        assert (message.state, message.payload) == ("done", {})


def test_a_mail_server_that_does_not_answer_is_tried_again_later(app: Flask) -> None:
    config = replace(app.config["PORTAL"], smtp_url="smtp://127.0.0.1:9")
    with db.writing() as session:
        outbox.put_mail(session, "m/2", "a@example.org", _("Hello"), _("A secret"), at=clock.now())
    with app.app_context():
        assert mail.send_one(config)
    with db.reading() as session:
        (message,) = session.scalars(select(Message))
        assert (message.state, message.attempts) == ("queued", 1)
        assert message.next_try_at > clock.real_now()
        assert "ConnectionRefused" in message.last_problem


class MailServer:
    """A server that speaks just enough SMTP to take one letter."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.lines: list[str] = []
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        connection, _address = self.listening.accept()
        with connection, connection.makefile("rwb") as stream:
            stream.write(b"220 ready\r\n")
            stream.flush()
            in_letter = False
            for raw in stream:
                line = raw.decode().rstrip()
                self.lines.append(line)
                if in_letter and line != ".":
                    continue
                command = line.lower()
                in_letter = command == "data"
                answers = {"data": b"354 go on\r\n", "quit": b"221 bye\r\n"}
                stream.write(answers.get(command, b"250 ok\r\n"))
                stream.flush()
                if command == "quit":
                    return


@pytest.fixture
def server() -> Iterator[MailServer]:
    made = MailServer()
    yield made
    made.listening.close()
    made.thread.join(5)


def test_a_letter_reaches_the_server_the_settings_name(app: Flask, server: MailServer) -> None:
    config = replace(app.config["PORTAL"], smtp_url=f"smtp://127.0.0.1:{server.port}", mail_from="fund@example.org")
    with db.writing() as session:
        outbox.put_mail(session, "m/3", "ruth@example.org", _("Hello"), _("The text"), at=clock.now())
    with app.app_context():
        assert mail.send_one(config)
    server.thread.join(5)
    assert any(line.lower().startswith("mail from:<fund@example.org>") for line in server.lines)
    assert any(line.lower().startswith("rcpt to:<ruth@example.org>") for line in server.lines)
    assert {"Subject: Hello", "The text"} <= set(server.lines)
    with db.reading() as session:
        assert session.scalars(select(Message.state)).all() == ["done"]
