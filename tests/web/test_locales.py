"""Days, months, amounts and counts as readers of English, French and Nepali write them, in either calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale, ngettext

from portal import installation
from portal.scheme.calendars import Month
from portal.scheme.days.bikram_sambat import BIKRAM_SAMBAT
from portal.scheme.deadlines import explain_due, shown_day
from portal.scheme.explain import words_from_json, words_to_json
from portal.web import filters
from portal.words import Amount, _, _n

ROOT = Path(__file__).resolve().parents[2]
NEPAL = ROOT / "portal" / "demo" / "nepal" / "fund.toml"
DAY = date(2026, 11, 11)


@pytest.fixture(autouse=True)
def _context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def nepal(app: Flask) -> Iterator[None]:
    """The practice fund of Nepal, for one test, read in English where no other language is asked for."""
    installation.use(NEPAL)
    with force_locale("en"):
        yield
    installation.use(ROOT / "fund.toml")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "25 Kartik 2083 (11 November 2026)"),
        ("fr", "25 Kartik 2083 (11 novembre 2026)"),
        ("ne", "२५ कात्तिक २०८३"),
    ],
)
def test_a_day_is_told_in_the_funds_calendar_first(app: Flask, nepal: None, language: str, words: str) -> None:
    with force_locale(language):
        assert filters.day(DAY) == words
        assert filters.day("2026-11-11") == words
        assert filters.say(_("Due on %(day)s", day=DAY)).endswith(words) or language != "en"


@pytest.mark.parametrize(
    ("language", "words"), [("en", "11 November 2026"), ("fr", "11 novembre 2026"), ("ne", "११ नोभेम्बर २०२६")]
)
def test_a_fund_with_the_gregorian_calendar_tells_that_day_only(app: Flask, language: str, words: str) -> None:
    with force_locale(language):
        assert filters.day(DAY) == words


def test_a_moment_is_the_day_and_hour_in_the_funds_zone(app: Flask, nepal: None) -> None:
    at = datetime(2026, 11, 11, 18, 30, tzinfo=UTC)  # a quarter past midnight in Kathmandu
    assert filters.day(at) == "26 Kartik 2083 (12 November 2026)"
    assert filters.moment(at) == "26 Kartik 2083 (12 November 2026), 00:15"
    with force_locale("ne"):
        assert filters.moment(at) == "२६ कात्तिक २०८३, ००:१५"


def test_a_day_before_the_calendar_begins_is_told_in_the_gregorian_one(app: Flask, nepal: None) -> None:
    assert filters.day(date(1890, 3, 2)) == "2 March 1890"
    assert filters.day(None) == "not known yet"


def test_a_month_is_named_in_the_readers_language(app: Flask, nepal: None) -> None:
    assert filters.month_name("2083-07") == "Kartik 2083"
    with force_locale("ne"):
        assert filters.month_name(Month(2083, 7)) == "कात्तिक २०८३"
        assert filters.say(_("%(month)s", month=Month(2083, 1))) == "वैशाख २०८३"


def test_a_due_day_is_not_told_twice_and_survives_a_snapshot(app: Flask, nepal: None) -> None:
    pack = installation.pack("np-ssf")
    words = shown_day(pack, DAY)
    kept = words_from_json(words_to_json(words))  # type: ignore[arg-type]
    assert filters.say(kept) == filters.say(words) == "25 Kartik 2083 (11 November 2026)"
    due = filters.say(explain_due(pack, Month(2083, 6))[1].words)
    assert due.count("25 Kartik 2083") == due.count("(11 November 2026)") == 1
    with force_locale("ne"):
        assert filters.say(kept) == "२५ कात्तिक २०८३"
    assert BIKRAM_SAMBAT.language == "ne"


@pytest.mark.parametrize(
    ("language", "words", "column"),
    [
        ("en", "NPR\u00a012,34,567.80", "12,34,567.80"),
        ("fr", "1\u202f234\u202f567,80\u00a0NPR", "1\u202f234\u202f567,80"),
        ("ne", "रु\u00a0१२,३४,५६७.८०", "१२,३४,५६७.८०"),
    ],
)
def test_rupees_are_grouped_as_readers_reckon(app: Flask, language: str, words: str, column: str) -> None:
    with force_locale(language):
        assert filters.money(1234567_80, "NPR") == words
        assert filters.figures(1234567_80, "NPR") == column
        assert filters.say(_("%(amount)s", amount=Amount(1234567_80, "NPR"))) == words


def test_what_a_rule_wrote_out_is_regrouped_too(app: Flask) -> None:
    words = _("Exactly: %(exact)s", exact="1,234,567.8901 NPR")
    assert filters.say(words) == "Exactly: 12,34,567.8901 NPR"
    with force_locale("ne"):
        assert "रु\u00a0१२,३४,५६७.८९०१" in filters.say(words)
        assert filters.say(_("%(rate)s of it", rate="8.33\u00a0%")).find("८.३३\u00a0%") >= 0
    assert filters.say(_("Exactly: %(exact)s", exact="1,234,567.8901 ZMW")) == "Exactly: 1,234,567.8901 ZMW"


def test_counts_are_in_the_readers_digits_and_names_are_not(app: Flask, nepal: None) -> None:
    with force_locale("ne"):
        assert "१२" in filters.say(_n("%(n)s day", "%(n)s days", 12))
        assert "१२" in ngettext("%(n)s row", "%(n)s rows", 12, n=12)
        shown = app.jinja_env.from_string("{{ _('Page %(page)s of %(pages)s', page=3, pages='4') }}").render()
        assert "३" in shown
        assert "4" in shown
        assert filters.say(_("%(number)s", number="R-2026-000012")) == "R-2026-000012"
    assert filters.say(_n("%(n)s day", "%(n)s days", 12)) == "12 days"


def test_what_the_fund_calls_things_is_in_the_readers_language(app: Flask, nepal: None) -> None:
    assert filters.pack_words("Kaski") == "Kaski"
    with force_locale("ne"):
        assert filters.pack_words("Kaski") == "कास्की"
        assert filters.pack_words("Nowhere") == "Nowhere"
