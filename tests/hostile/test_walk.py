"""
Every page, document, table and mail with names that want to be more than names, and every field with what it does not
expect.  One world, walked through three times; the order of the tests matters, the last one changes the world.
"""

from __future__ import annotations

import contextlib
import csv
import io
import logging
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from markupsafe import escape
from pypdf import PdfReader
from sqlalchemy import Engine, event, select
from sqlalchemy.engine import ExceptionContext
from werkzeug.routing.exceptions import BuildError

from portal import db
from portal.notices import mailing
from portal.outbox import Message
from portal.people.models import Person
from portal.tabular.writing import DANGEROUS
from tests.access.test_matrix import address, failed
from tests.access.world import World
from tests.hostile.canary import CANARY, ESCAPED, alive
from tests.hostile.walk import Forms, Visit, Visitors

ROOT = Path(__file__).parents[2]
#: Every name a view looks for in an address, and some it does not.
NAMES = sorted({
    name for path in (ROOT / "portal").rglob("*.py")
    for name in re.findall(r'args\.get\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
} | {"page", "month", "back", "_external"})  # fmt: skip
SQL, LONG, WIDE = "' OR 1=1;--", "9" * 400, "\u0663"
PAYLOADS = (SQL, LONG)
MORE_PAYLOADS = (WIDE, LONG, "-1", "9999-12", "2026-13", "99999999999", "NaN", "%s%n", "[]", CANARY)
NUMBER = re.compile(r"-?\d+(\.\d+)?")


@pytest.fixture(scope="module")
def visitors(app: Flask, world: World) -> Visitors:
    """Somebody of every kind."""
    return Visitors(app, world)


@pytest.fixture(scope="module")
def walked(visitors: Visitors) -> list[Visit]:
    """Every page once, with its answer."""
    return list(visitors.pages())


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the database complains of: statements it could not read, values it could not take."""
    heard: list[str] = []

    def listen(context: ExceptionContext) -> None:
        heard.append(f"{type(context.original_exception).__name__}: {str(context.original_exception)[:100]}")

    event.listen(Engine, "handle_error", listen)
    yield heard
    event.remove(Engine, "handle_error", listen)


def test_a_canary_would_be_seen() -> None:
    assert alive(f"<p>{CANARY}</p>")
    assert alive(f'<input value="{CANARY}">')
    assert alive(f"<input value='{CANARY}'>")
    assert not alive(f"<p>{escape(CANARY)}</p>")


def test_no_page_takes_a_name_for_more_than_a_name(walked: list[Visit]) -> None:
    pages = [visit for visit in walked if visit.answer.mimetype == "text/html" and visit.answer.status_code == 200]
    assert [visit.url for visit in pages if alive(visit.answer.text)] == []
    assert len(pages) > 120
    assert len([visit for visit in pages if ESCAPED in visit.answer.text]) > 70
    assert [visit.url for visit in walked if failed(visit.answer)] == []


def test_no_table_holds_a_formula_and_numbers_stay_numbers(walked: list[Visit]) -> None:
    tables = [visit for visit in walked if visit.answer.mimetype == "text/csv"]
    cells = [
        cell for visit in tables for row in csv.reader(io.StringIO(visit.answer.get_data().decode("utf-8-sig")))
        for cell in row
    ]  # fmt: skip
    assert [cell for cell in cells if cell.startswith(DANGEROUS) and not NUMBER.fullmatch(cell)] == []
    assert len([cell for cell in cells if cell.startswith("'=cmd")]) > 10
    assert not [cell for cell in cells if NUMBER.fullmatch(cell.removeprefix("'")) and cell.startswith("'")]
    books = [visit.client.get(visit.url.removesuffix("csv") + "xlsx") for visit in tables if visit.url.endswith("csv")]
    sheets = [
        archive.read(name).decode()
        for book in books if book.status_code == 200 and book.mimetype.endswith("sheet")
        for archive in [zipfile.ZipFile(io.BytesIO(book.get_data()))]
        for name in archive.namelist() if name.startswith("xl/worksheets/sheet")
    ]  # fmt: skip
    assert len(sheets) >= 3
    assert not [sheet for sheet in sheets if "<f>" in sheet or "hyperlink" in sheet]


def test_no_document_holds_a_file_or_leads_elsewhere(walked: list[Visit]) -> None:
    drawn = [
        visit for visit in walked
        if visit.answer.mimetype == "application/pdf" and len(visit.answer.get_data()) > 2000
    ]  # fmt: skip
    assert len(drawn) >= 5
    named = 0
    for visit in drawn:
        content = visit.answer.get_data()
        reader = PdfReader(io.BytesIO(content))
        named += "xss-canary" in "".join(page.extract_text() for page in reader.pages).replace("\n", "")
        assert dict(reader.attachments) == {}
        assert not re.search(rb"/(JavaScript|Launch|EmbeddedFile)\b", content)
        assert visit.answer.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in visit.answer.headers["Content-Security-Policy"]
    assert named >= 4


def test_no_mail_takes_a_name_for_more_than_a_name(app: Flask, world: World) -> None:
    drawn = 0
    with app.app_context(), app.test_request_context(), db.reading() as session:
        for row in session.scalars(select(Message).where(Message.topic == "mail").order_by(Message.id).limit(60)):
            mail = mailing.compose(session, row.payload) if row.payload else None
            if mail is not None:
                letter = mailing.written_down(mail, sender="portal@fund.example", name="x")
                assert alive(mailing.page_of(mail)) == []
                assert not any("\n" in str(letter[name]) for name in ("To", "Subject", "From"))
                drawn += 1
    assert drawn > 3


def test_what_a_page_does_not_expect_in_its_address_breaks_nothing(
    walked: list[Visit], visitors: Visitors, complaints: list[str]
) -> None:
    broken = []
    for visit in walked:
        urls = [(visit.url, dict.fromkeys(NAMES, SQL))]
        for name in visit.rule.arguments:
            with contextlib.suppress(BuildError, ValueError):  # not an address: the router does not know it either
                urls.append((address(visitors.app, visit.rule, {**visitors.world.own, name: SQL}), {}))
        for url, query in urls:
            answer = visit.client.get(url, query_string=query)
            if failed(answer):
                broken.append((url, query))
            answer.close()
    assert broken == []
    assert complaints == []


def posted(walked: list[Visit], payloads: tuple[str, ...]) -> tuple[int, list[tuple[str, str]]]:
    """Send every form of every page with each payload in all its fields; how many, and which broke."""
    sent, broken = 0, []
    for visit in walked:
        if visit.answer.mimetype != "text/html" or visit.answer.status_code != 200:
            continue
        forms = Forms(visit.url)
        forms.feed(visit.answer.text)
        for url, names in forms.found.items():
            if url != "/sign-out" and url.startswith("/") and not url.startswith("/practice"):
                for payload in payloads:
                    sent += 1
                    if failed(visit.client.post(url, data=dict.fromkeys(names, payload))):
                        broken.append((url, payload))
    return sent, broken


def test_what_a_field_does_not_expect_breaks_nothing_and_nobody_stands_in_the_log(
    walked: list[Visit], complaints: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sent, broken = posted(walked, (*PAYLOADS, "a\0b"))
    assert broken == []
    assert sent > 200
    assert [one for one in complaints if "NUL" not in one] == []
    with db.reading() as session:
        people = [
            number for row in session.execute(select(Person.national_id, Person.insurance_number)) for number in row
        ]
    assert len(caplog.records) > 200
    assert [number for number in people if number in caplog.text] == []
    assert "canary" not in caplog.text
    assert "OR 1=1" not in caplog.text


@pytest.mark.long
def test_many_more_strange_values_break_nothing(walked: list[Visit], complaints: list[str]) -> None:
    broken = [
        (visit.url, payload) for visit in walked for payload in MORE_PAYLOADS
        if failed(visit.client.get(visit.url, query_string=dict.fromkeys(NAMES, payload)))
    ]  # fmt: skip
    assert broken == []
    assert posted(walked, MORE_PAYLOADS)[1] == []
    assert not [one for one in complaints if "Syntax" in one or "Undefined" in one]
