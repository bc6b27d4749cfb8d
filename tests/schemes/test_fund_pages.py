"""The fund reads its rules: what holds on a day, what changed, what is not known; and candidates beside them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal import db
from portal.audit import AuditEvent
from portal.auth.models import Account, FundRoleName
from portal.files import StoredFile
from portal.installation import pack
from portal.scheme.candidate import candidate
from portal.scheme.pack import PackRefused, find_pack
from tests.schemes.test_calculators import seen

ComeIn = Callable[[FundRoleName], Account]
NAPSA = find_pack("zm-napsa").read_text()
OVERLAY = """
overlay_of = "zm-napsa"

[source.board]
title = "Decision of the board"
kind = "decision"
date = 2026-10-01

[[branch.pension.ceiling]]
from = 2027-01-01
value = "50000.00"
source = "board"
"""


def bring(client: FlaskClient, content: str, name: str = "napsa-2027.toml") -> tuple[int, str, str]:
    """Upload a candidate: status, page, and where it led to."""
    sent = {"file": (io.BytesIO(content.encode()), name)}
    answer = client.post("/fund/schemes/zm-napsa/compare", data=sent, content_type="multipart/form-data")
    return answer.status_code, answer.text, answer.headers.get("Location", "")


def test_the_packs_in_use_are_listed(client: FlaskClient, come_in: ComeIn) -> None:
    come_in(FundRoleName.AUDITOR)
    page = seen(client, "/fund/schemes/")
    assert f"Version {pack('zm-napsa').hash[:12]}" in page
    assert "Not known 2 things" in page


def test_a_pack_is_a_page_that_says_what_holds_today_and_what_held_before(client: FlaskClient, come_in: ComeIn) -> None:
    come_in(FundRoleName.CASHIER)
    today, before = (seen(client, f"/fund/schemes/zm-napsa/{on}") for on in ("", "?on=2018-06-30"))
    assert "This is what holds on 21 November 2026." in today
    assert "This is what holds on 30 June 2018." in before
    assert "How it changed over time : Branch: Pension" in today
    assert "Try a change on our rosters" not in today, "a cashier decides nothing"


def test_every_test_of_the_pack_is_run_and_listed(client: FlaskClient, come_in: ComeIn) -> None:
    come_in(FundRoleName.AUDITOR)
    page = seen(client, "/fund/schemes/zm-nhima/")
    listed = len(re.findall(r"\[\[test\]\]", find_pack("zm-nhima").read_text()))
    assert f"{listed} worked examples stand in the file." in page
    assert page.count("holds") > listed
    assert "fails" not in page


def test_the_file_is_given_as_it_stands(client: FlaskClient, come_in: ComeIn) -> None:
    come_in(FundRoleName.AUDITOR)
    assert client.get("/fund/schemes/zm-napsa/pack.toml").text == NAPSA
    assert client.get("/fund/schemes/zm-napsa/overlay.toml").status_code == 404


def test_two_days_stand_side_by_side(client: FlaskClient, come_in: ComeIn) -> None:
    come_in(FundRoleName.AUDITOR)
    page = seen(client, "/fund/schemes/zm-napsa/compare?one=2025-06-30&other=2026-06-30")
    assert "1 rule is different." in page
    assert "Ceiling of a month different" in page
    assert "0 rules are different." in seen(client, "/fund/schemes/zm-napsa/compare?one=2026-06-30&other=2026-06-30")


def test_an_overlay_is_compared_and_activates_nothing(client: FlaskClient, come_in: ComeIn) -> None:
    come_in(FundRoleName.SUPERVISOR)
    in_use = pack("zm-napsa").hash
    status, _page, address = bring(client, OVERLAY)
    assert status == 303
    page = seen(client, address)
    assert "ZMW 50,000.00" in page
    assert "Nothing is changed by it." in page
    assert pack("zm-napsa").hash == in_use
    with db.reading() as session:
        kept = session.scalar(select(AuditEvent.event).order_by(AuditEvent.id.desc()).limit(1))
    assert kept == "scheme.candidate_kept"


def test_a_whole_pack_is_compared(client: FlaskClient, come_in: ComeIn) -> None:
    come_in(FundRoleName.SUPERVISOR)
    _status, _page, address = bring(client, NAPSA)
    assert "Nothing is different." in seen(client, address)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (NAPSA.replace('rate = "5 %"', 'rate = "150 %"'), "Write a rate between 0 and 100 %"),
        ("id = ", "this is not TOML"),
        (OVERLAY.replace("zm-napsa", "np-ssf"), "Write the pack it is laid over"),
        (OVERLAY + "\nnonsense = 4.5\n", "stands without quotes"),
        ("", "this is missing"),
    ],
    ids=["a rate", "broken", "another pack", "a float", "empty"],
)
def test_a_candidate_with_mistakes_is_told_all_of_them_and_not_kept(
    client: FlaskClient, come_in: ComeIn, content: str, told: str
) -> None:
    come_in(FundRoleName.SUPERVISOR)
    status, page, _address = bring(client, content)
    assert status == 422
    assert told in page
    assert "to mend" in page
    with db.reading() as session:
        assert session.scalar(select(func.count(StoredFile.id))) == 0


def test_a_file_that_is_too_large_is_not_read() -> None:
    with pytest.raises(PackRefused, match="too large to be a pack"):
        candidate("zm-napsa", b"#" * 100_000_000)


def test_without_a_file_the_page_asks_for_one(client: FlaskClient, come_in: ComeIn) -> None:
    come_in(FundRoleName.SUPERVISOR)
    answer = client.post("/fund/schemes/zm-napsa/compare", data={})
    assert answer.status_code == 422
    assert "Choose the file first." in answer.text


def test_only_who_decides_may_bring_a_candidate(client: FlaskClient, come_in: ComeIn) -> None:
    come_in(FundRoleName.AUDITOR)
    assert bring(client, OVERLAY)[0] == 403


def test_a_candidate_of_one_scheme_is_none_of_another_nor_is_any_other_file(
    client: FlaskClient, come_in: ComeIn
) -> None:
    come_in(FundRoleName.SUPERVISOR)
    name = bring(client, OVERLAY)[2].rpartition("=")[2]
    assert client.get(f"/fund/schemes/zm-nhima/compare?candidate={name}").status_code == 404
    assert client.get("/fund/schemes/zm-napsa/compare?candidate=nothing").status_code == 404


def test_a_fund_with_a_file_of_its_own_sees_it(
    client: FlaskClient, app: Flask, come_in: ComeIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    (tmp_path / "own.toml").write_text(OVERLAY)
    (tmp_path / "fund.toml").write_text('[overlay]\nzm-napsa = "own.toml"\n')
    monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], fund_file=tmp_path / "fund.toml"))
    come_in(FundRoleName.AUDITOR)
    assert "The fund\u2019s own file (TOML)" in seen(client, "/fund/schemes/zm-napsa/")
    assert client.get("/fund/schemes/zm-napsa/overlay.toml").text == OVERLAY
