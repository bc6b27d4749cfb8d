"""Settings: read once, refused with one clear line; behind a proxy the visitor is not the proxy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, request

from config import PUBLIC_SECRET, SECRET_FILE, BadSetting, from_environment
from portal import db
from portal.app import create_app


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"PORT": "0"}, "PORT must be a number from 1 to 65535"),
        ({"TRUSTED_PROXIES": "many"}, "TRUSTED_PROXIES must be a number"),
        ({"WEB_WORKERS": "0"}, "WEB_WORKERS must be a number from 1 to 100"),
        ({"PORTAL_ENV": "prod"}, "PORTAL_ENV must be practice or production, not 'prod'"),
        ({"PRACTICE": "maybe"}, "PRACTICE must be yes or no, not 'maybe'"),
        ({"BASE_URL": "portal.example.org"}, "BASE_URL must begin with http:// or https://"),
        ({"CORE_URL": "imis.example.org"}, "CORE_URL must begin with http:// or https://"),
        ({"SMTP_URL": "mail.example.org:587"}, "SMTP_URL must begin with smtp:// or smtps://"),
        ({"DATABASE_URL": "mysql://db/portal"}, "DATABASE_URL must begin with postgresql://"),
        ({"PORTAL_ENV": "production", "SECRET_KEY": "short"}, "SECRET_KEY must be set to at least 32"),
        ({"PORTAL_ENV": "production", "PRACTICE": "yes", "SECRET_KEY": "x" * 40}, "cannot be combined"),
        ({"DEMO": "everything"}, "DEMO must be practice or none or nepal, not 'everything'"),
        ({"PORTAL_ENV": "production", "DEMO": "nepal", "SECRET_KEY": "x" * 40}, "DEMO=nepal cannot be combined"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(settings: dict[str, str], line: str) -> None:
    with pytest.raises(BadSetting, match=line):
        from_environment(settings)


def test_an_address_that_cannot_be_used_is_not_repeated_for_it_may_hold_a_password() -> None:
    with pytest.raises(BadSetting) as refused:
        from_environment({"OWNER_URL": "portal_owner:hunter2@db"})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("spelled", ["postgresql://", "postgres://", "postgresql+psycopg://"])
def test_a_database_may_be_named_in_the_spelling_of_each_client(spelled: str) -> None:
    """Some parts ask psycopg itself, which knows nothing of SQLAlchemy's."""
    config = from_environment({"DATABASE_URL": f"{spelled}app:w%40rd@db/fund?sslmode=require"})
    assert config.database_url == config.owner_url == "postgresql://app:w%40rd@db/fund?sslmode=require"


def test_a_setting_left_empty_is_as_one_not_set() -> None:
    names = ("PORTAL_ENV", "PRACTICE", "BASE_URL", "CORE_URL", "SMTP_URL", "DATABASE_URL", "OWNER_URL")
    assert from_environment(dict.fromkeys(names, "")) == from_environment({})


def test_each_demo_has_a_folder_and_a_fund_of_its_own_so_that_they_do_not_mix(tmp_path: Path) -> None:
    found = {demo: from_environment({"DEMO": demo, "VAR_DIR": str(tmp_path)}) for demo in ("practice", "none", "nepal")}
    assert [found[demo].var for demo in found] == [tmp_path, tmp_path / "none", tmp_path / "nepal"]
    assert len({config.fund_file for config in found.values()}) == 3
    assert found["none"].fund_file == tmp_path / "none" / "fund" / "fund.toml"
    assert from_environment({"DEMO": "none", "FUND_FILE": "/etc/portal/fund.toml"}).fund_file == Path(
        "/etc/portal/fund.toml"
    )


def test_a_fund_of_ones_own_is_for_practice_only_where_its_file_says_so(tmp_path: Path) -> None:
    fund = tmp_path / "fund.toml"
    asked = {"DEMO": "none", "FUND_FILE": str(fund)}
    assert not from_environment(asked).practice  # there is no file yet
    fund.write_text("practice = true\n")
    assert from_environment(asked).practice
    assert not from_environment({**asked, "PRACTICE": "no"}).practice
    fund.write_text("practice = false\n")
    assert not from_environment(asked).practice
    assert from_environment({}).practice


def test_production_starts_with_a_fund_of_ones_own(tmp_path: Path) -> None:
    config = from_environment({"PORTAL_ENV": "production", "SECRET_KEY": "x" * 40, "VAR_DIR": str(tmp_path)})
    assert (config.demo, config.practice) == ("none", False)
    assert config.fund_file == tmp_path / "fund" / "fund.toml"


def test_a_secret_that_was_made_for_this_machine_is_used_where_none_is_named(tmp_path: Path) -> None:
    asked = {"DEMO": "none", "VAR_DIR": str(tmp_path)}
    assert from_environment(asked).secret_key == PUBLIC_SECRET
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / SECRET_FILE).write_text("kept-here-and-nowhere-else\n")
    assert from_environment(asked).secret_key == "kept-here-and-nowhere-else"
    assert from_environment({**asked, "SECRET_KEY": "named"}).secret_key == "named"


def portal_with(app: Flask, **changes: object) -> Flask:
    """Another portal beside the session's, with other settings and no database of its own."""
    url = db.engine().url.render_as_string(hide_password=False)
    config = replace(app.config["PORTAL"], database_url="postgresql://nobody@/nothing", **changes)
    made = create_app(config)
    made.add_url_rule("/who-asks", "who_asks", lambda: f"{request.remote_addr} {request.scheme}")
    db.bind(url, pool=2)
    return made


FORWARDED = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Proto": "https"}


def test_what_a_visitor_claims_about_proxies_is_not_believed(app: Flask, database: str) -> None:
    client = portal_with(app).test_client()
    assert client.get("/who-asks", headers=FORWARDED).text == "127.0.0.1 http"


def test_behind_one_proxy_its_word_on_who_asks_is_taken(app: Flask, database: str) -> None:
    client = portal_with(app, proxies=1).test_client()
    assert client.get("/who-asks", headers=FORWARDED).text == "198.51.100.7 https"


def test_behind_tls_the_cookie_is_tied_to_the_host_and_browsers_are_told_to_stay(app: Flask, database: str) -> None:
    client = portal_with(app, base_url="https://portal.example.org").test_client()
    answer = client.get("/sign-in", base_url="https://portal.example.org")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
