"""What was told, and what reached whom."""

from __future__ import annotations

import email
import email.policy
import html
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from config import Config
from portal import clock, db
from portal.jobs import mail, notifying
from portal.notices.models import Delivery, Notice


class Post:
    """The worker's part: who is written to, and the mail that was written."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.app = app
        self.config: Config = replace(app.config["PORTAL"], var=folder, smtp_url="")

    def goes_out(self) -> list[EmailMessage]:
        """Address and send everything that waits; every mail written so far, the oldest first."""
        with self.app.app_context():
            while notifying.address(self.config):
                pass
            while mail.send_one(self.config):
                pass
            while mail.send_one_text(self.config):
                pass
        return self.mails()

    def mails(self) -> list[EmailMessage]:
        found = sorted((self.config.var / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in found]  # type: ignore[misc]

    def to(self, address: str) -> list[EmailMessage]:
        return [one for one in self.goes_out() if one["To"] == address]


class Page:
    """An answer as a reader sees it."""

    def __init__(self, answer: TestResponse) -> None:
        self.status, self.html = answer.status_code, answer.text
        self.text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def plain(mail: EmailMessage) -> str:
    """The text of a mail for programs that show no pages, on one line."""
    return re.sub(r"[ \n]+", " ", str(mail.get_body(("plain",)).get_content()))  # type: ignore[union-attr]


def page(mail: EmailMessage) -> str:
    """The mail as a page."""
    return str(mail.get_body(("html",)).get_content())  # type: ignore[union-attr]


def notices() -> list[Notice]:
    with db.reading() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def deliveries() -> list[Delivery]:
    with db.reading() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


@pytest.fixture
def post(app: Flask, database: str, tmp_path: Path) -> Post:
    return Post(app, tmp_path)


@pytest.fixture
def today() -> datetime:
    """It is 5 November 2026, whatever day it is."""
    at = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
    clock.shift(at - clock.real_now())
    return at
