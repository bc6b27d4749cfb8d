"""A fund without a gateway: no button, no route, no message; and what its file and settings may say of one."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from config import BadSetting, from_environment
from portal import db
from portal.app import create_app
from portal.gateway import billing
from portal.gateway.models import GatewayBill
from portal.gateway.providers.choosing import provider
from portal.outbox import Message
from portal.scheme.fund import load_fund
from portal.scheme.packfile.reading import PackRefused
from tests.funds import FUND, serving
from tests.gateway.conftest import JAN, SETTING, count
from tests.payments.conftest import Story


def without(folder: Path) -> Path:
    """The practice fund without its gateway."""
    path = folder / "fund.toml"
    path.write_text(re.sub(r"(?s)\[gateway\].*?\n\n", "", FUND.read_text()))
    return path


def test_a_fund_without_a_gateway_has_no_route_and_tells_nobody(
    app: Flask, kafue: Story, database: str, tmp_path: Path
) -> None:
    with serving(without(tmp_path)) as fund:
        assert fund.gateway is None
        assert provider("http://gateway.example", SETTING) is None
        config = replace(app.config["PORTAL"], fund_file=without(tmp_path), database_url=database)
        off = create_app(config)
        assert not [rule for rule in off.url_map.iter_rules() if "gateway" in rule.endpoint]
        assert off.test_client().post("/gateway/call-back", data=b"{}").status_code in (400, 404)
        kafue.declare(JAN, date(2026, 2, 5))
        made = kafue.bill(JAN, date(2026, 2, 5))
        assert count(GatewayBill) == 0
        with db.reading() as session:
            assert billing.payable(session, made, made.issued_at) is None
            assert not [one for one in session.query(Message) if one.topic == "gateway"]


@pytest.mark.parametrize(("line", "instead", "said"), [
    ('provider = "signed-json"', 'provider = "carrier-pigeon"', "provider"),
    ('pays = "any"', 'pays = "sometimes"', "pays"),
    ('days = "14"', 'days = "0"', "days"),
])  # fmt: skip
def test_what_a_fund_says_of_its_gateway_is_checked(tmp_path: Path, line: str, instead: str, said: str) -> None:
    path = tmp_path / "fund.toml"
    path.write_text(FUND.read_text().replace(line, instead))
    with pytest.raises(PackRefused) as refused:
        load_fund(path)
    assert [said in str(mistake) for mistake in refused.value.mistakes] == [True]


def test_a_key_that_can_be_guessed_is_refused_when_the_portal_starts() -> None:
    with pytest.raises(BadSetting, match="at least 24") as refused:
        from_environment({"GATEWAY_KEYS": "a:too-short-to-be-one"})
    assert "too-short" not in str(refused.value)
    keys = from_environment({"GATEWAY_KEYS": SETTING, "GATEWAY_URL": "https://gateway.example/"})
    assert (keys.gateway_keys, keys.gateway_url) == (SETTING, "https://gateway.example")
