"""What a fund decides for itself is marked wherever it is used; what nobody decided is off, and pages say so."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from portal import clock, db, installation, pdf
from portal.auth.models import FundRoleName
from portal.payments import documents
from portal.scheme.blocks.values import Unknown
from portal.scheme.calendars import Month
from portal.scheme.fund import Fund
from portal.web.filters import source
from tests.conftest import ROOT
from tests.factories import give_mandate, make_officer, sign_in
from tests.funds import serving
from tests.payments.conftest import NHIMA, Story

BOARD = """overlay_of = "zm-nhima"

[source.board]
title = "Resolution 4 of the board"
kind = "decision"
date = 2024-12-15
"""
LATE = """
[late.fee]
name = "Late fee"
kind = "penalty"
trigger = "late_payment"
axis = "due_date"
base = "unpaid"
counting = "anniversary"
compounding = "simple"
source = "board"

[late.fee.rounding]
mode = "half_up"
unit = "1"
source = "board"

[[late.fee.terms]]
from = 2019-10-01
rate = "2 %"
each = "month_or_part"
source = "board"
"""
ORDER = '\n[[allocation]]\nfrom = 2019-10-01\norder = ["late", "contribution"]\nfirst = "kinds"\nsource = "board"\n'
MARK = "Resolution 4 of the board (decision of the practice fund, not law)"
OCTOBER = Month(2025, 10)


@contextmanager
def fund_with(folder: Path, overlay: str, *, practice: bool = True) -> Iterator[Fund]:
    """The practice fund with a file of its own over NHIMA."""
    (folder / "overlays").mkdir()
    (folder / "overlays" / "zm-nhima.toml").write_text(overlay)
    text = (ROOT / "fund.toml").read_text().replace("practice = true", f"practice = {str(practice).lower()}")
    (folder / "fund.toml").write_text(text)
    with serving(folder / "fund.toml") as fund:
        yield fund


def seen(client: FlaskClient, address: str) -> str:
    """What a page says, on one line."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    body = re.sub(r"<head>.*?</head>", "", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def officer(client: FlaskClient, role: FundRoleName = FundRoleName.AUDITOR) -> None:
    with db.writing() as session:
        account = make_officer(session, role)
    sign_in(client, account)


def test_a_decision_is_marked_on_the_schemes_page_and_in_every_calculation(
    client: FlaskClient, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fund_with(tmp_path, BOARD + LATE + ORDER):
        monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], fund_file=tmp_path / "fund.toml"))
        officer(client)
        page = seen(client, "/fund/schemes/zm-nhima/")
        assert "Decided by the practice fund, not by law" in page
        decided = page.split("Decided by the practice fund, not by law")[1].split("This is what")[0]
        assert "Late fee" in decided
        assert MARK in decided
        assert "Resolution 4 of the board" in seen(client, "/fund/schemes/")
        assert "Decided by the practice fund, not by law" not in seen(client, "/fund/schemes/zm-napsa/")
        assert MARK in seen(client, "/calculators/zm-nhima/late?charge=100&due=2026-01-10&on=2026-03-20&paid_is=no")


def test_the_receipt_says_which_step_rests_on_a_decision(
    app: Flask, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(pdf, "render", lambda text, **_facts: drawn.append(text) or b"%PDF")
    with fund_with(tmp_path, BOARD + LATE + ORDER):
        story = Story()
        story.declare(OCTOBER, date(2025, 11, 5))
        receipt = story.pay(150_00, date(2025, 12, 20), scheme=NHIMA)
        with app.test_request_context():
            documents.receipt_pdf(receipt, at=clock.now())
    assert MARK in html.unescape(drawn[0])


def test_the_calculation_of_a_late_charge_says_it_to_the_employer_too(client: FlaskClient, tmp_path: Path) -> None:
    with fund_with(tmp_path, BOARD + LATE):
        story = Story()
        story.declare(OCTOBER, date(2025, 11, 5))
        story.night(date(2025, 12, 20))
        with db.writing() as session:
            account = give_mandate(session, story.employer)
        charge = story.charge(OCTOBER, NHIMA).public_id
        sign_in(client, account)
        assert MARK in seen(client, f"/employers/{story.employer.number}/account/charges/{charge}")


def test_a_fund_that_is_not_for_practice_calls_it_its_own_decision(app: Flask, tmp_path: Path) -> None:
    with fund_with(tmp_path, BOARD + ORDER, practice=False), app.test_request_context():
        assert source("Resolution 4 of the board") == "Resolution 4 of the board (decision of the fund)"
        assert source("Section 15; Resolution 4 of the board").startswith("Section 15; Resolution 4")
        with force_locale("fr"):
            assert "décision de la caisse" in source("Resolution 4 of the board")
    with app.test_request_context():
        assert source("Resolution 4 of the board") == "Resolution 4 of the board"
        assert source(None) == ""


def test_until_the_fund_decides_when_cover_opens_nobody_is_told_that_they_have_none(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    undecided = replace(installation.pack(NHIMA), entitlement=Unknown("No page says when cover opens."))
    monkeypatch.setattr(installation, "_packs", {**installation.packs(), NHIMA: undecided})
    story = Story()
    story.declare(OCTOBER, date(2025, 11, 5))
    story.pay(200_00, date(2025, 11, 8), scheme=NHIMA)
    sign_in(client, person_id=story.people[0].id)
    page = seen(client, "/me/")
    assert "when paid months open cover is not decided yet. No page says when cover opens." in page
    assert "That does not mean that you have none: ask the fund." in page
    assert "Paid in full. When that opens cover is not decided yet." in page
    assert "You are not covered" not in page
