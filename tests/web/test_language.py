"""A reader's language: what the browser asks for, unless they chose another one here."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from portal import installation

FRENCH = {"Accept-Language": "fr-SN,fr;q=0.9,en;q=0.5"}


def test_a_browser_that_asks_for_french_gets_french(client: FlaskClient) -> None:
    page = client.get("/sign-in", headers=FRENCH).text
    assert '<html lang="fr"' in page
    assert "Mot de passe" in page


def test_a_language_nobody_translated_gives_the_funds_first(client: FlaskClient) -> None:
    assert '<html lang="en"' in client.get("/sign-in", headers={"Accept-Language": "sw"}).text
    assert '<html lang="en"' in client.get("/sign-in").text


def test_a_choice_is_kept_and_goes_before_what_the_browser_asks_for(client: FlaskClient) -> None:
    chosen = client.get("/sign-in?lang=fr", headers={"Accept-Language": "en"})
    assert "Mot de passe" in chosen.text
    cookie = chosen.headers["Set-Cookie"]
    assert "language=fr" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Mot de passe" in client.get("/sign-in", headers={"Accept-Language": "en"}).text
    assert "Password" in client.get("/sign-in?lang=en", headers=FRENCH).text
    assert "Password" in client.get("/sign-in", headers=FRENCH).text


def test_a_language_the_fund_does_not_speak_changes_nothing(client: FlaskClient) -> None:
    answer = client.get("/sign-in?lang=de")
    assert '<html lang="en"' in answer.text
    assert "language=" not in answer.headers.get("Set-Cookie", "")


def test_the_footer_offers_the_other_language_without_repeating_the_address(client: FlaskClient) -> None:
    page = client.get("/calculators/zm-napsa/late?charge=3000&lang=en").text
    assert 'href="/language/fr" lang="fr" hreflang="fr">Français</a>' in page
    assert '<b lang="en" aria-current="true">English</b>' in page


def test_who_chooses_a_language_is_back_on_their_page(client: FlaskClient) -> None:
    came = "http://localhost/calculators/zm-napsa/late?charge=3000&lang=en"
    back = client.get("/language/fr", headers={"Referer": came})
    assert back.headers["Location"] == "/calculators/zm-napsa/late?charge=3000&lang=fr"
    assert '<html lang="fr"' in client.get(back.headers["Location"]).text


@pytest.mark.parametrize("came", ["", "http://elsewhere.example/calculators/", "http://localhost/no/such/page"])
def test_from_elsewhere_the_way_leads_home(client: FlaskClient, came: str) -> None:
    assert client.get("/language/fr", headers={"Referer": came}).headers["Location"] == "/?lang=fr"


def test_a_language_the_fund_does_not_speak_is_no_address(client: FlaskClient) -> None:
    assert client.get("/language/de").status_code == 404


def test_where_the_fund_has_one_language_there_is_nothing_to_choose(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "_fund", replace(installation.fund(), languages=("fr",)))
    page = client.get("/sign-in", headers={"Accept-Language": "en"}).text
    assert '<html lang="fr"' in page
    assert "hreflang" not in page


def test_a_mistake_is_told_in_the_readers_language(client: FlaskClient) -> None:
    page = client.get("/no/such/page", headers=FRENCH)
    assert page.status_code == 404
    assert "Cette page n\u2019existe pas" in page.text
