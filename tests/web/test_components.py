"""What every page shares: written values, the base page, the macros, the stylesheet."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel, force_locale
from flask_wtf import CSRFProtect, FlaskForm
from wtforms import DateField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from portal.scheme.calendars import Month
from portal.scheme.explain import words_to_json
from portal.web import charts, filters
from portal.words import Amount, _, _n

STATIC = Path(__file__).parents[2] / "portal" / "static"
COMPONENTS = Path(__file__).parents[2] / "portal" / "templates" / "components"
FUND = SimpleNamespace(
    name="Zambezi Fund",
    short_name="ZF",
    logo="img/fund.svg",
    colours=SimpleNamespace(brand="#0b5563"),
    contact=SimpleNamespace(email="help@zf.example", phone="+260 211", hours="8 to 17"),
)


class Person:
    """Somebody who is signed in."""

    is_authenticated = True
    name = "Mutinta <Banda>"


class RegisterForm(FlaskForm):
    legal_name = StringField(
        "Legal name", validators=[DataRequired("Write the legal name.")], description="As registered"
    )
    legal_form = RadioField(
        "Legal form", choices=[SelectChoice("a", "Company")], validators=[DataRequired("Choose a form.")]
    )
    start = DateField("First day")


@pytest.fixture
def app() -> Iterator[Flask]:
    """The templates and filters of the portal, without its database."""
    app = Flask("portal")
    app.secret_key = "for this test"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Africa/Lusaka"
    Babel(app)
    CSRFProtect(app)
    filters.register(app, {"ZMW": 2})
    with app.test_request_context("/d"):
        yield app


def page(content: str, **context: Any) -> str:
    source = (
        '{% extends "base.html" %}{% import "components/ui.html" as ui %}{% block content %}'
        + content
        + "{% endblock %}"
    )
    navigation = [("Home", "/", False), ("Declarations", "/d", True)]
    shared = {
        "fund": FUND,
        "current_user": Person(),
        "navigation": navigation,
        "request_reference": "7F3A",
        "lang": "en",
    }
    return render_template_string(source, **(shared | context))


def ui(content: str, **context: Any) -> str:
    written = render_template_string('{% import "components/ui.html" as ui %}' + content, **context)
    return re.sub(r"\s+", " ", written)


# Values


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (1234_50, "ZMW", "ZMW\u00a01,234.50"),
        (0, "ZMW", "ZMW\u00a00.00"),
        (-5, "ZMW", "-ZMW\u00a00.05"),
        (7, "EUR", "€0.07"),
        (5000, "UGX", "UGX\u00a05,000"),
        (None, "ZMW", "not known yet"),
        (10**17 + 1, "ZMW", "ZMW\u00a01,000,000,000,000,000.01"),
    ],
)
def test_an_amount_is_written_exactly_with_its_currency(
    app: Flask, minor: int | None, currency: str, words: str
) -> None:
    assert filters.money(minor, currency) == words


def test_an_amount_follows_the_readers_language(app: Flask) -> None:
    with force_locale("de"):
        assert filters.money(1234_50, "ZMW") == "1.234,50\u00a0ZMW"
    with force_locale("ne"):
        assert filters.figures(123456_00, "NPR") == "१,२३,४५६.००"


def test_a_pack_knows_the_digits_of_its_currency_best(app: Flask) -> None:
    filters.register(app, {"UGX": 2})
    assert filters.money(5000, "UGX") == "UGX\u00a050.00"


def test_days_moments_and_months_are_written_out_from_values_and_from_snapshots(app: Flask) -> None:
    assert filters.day(date(2026, 11, 5)) == filters.day("2026-11-05") == "5 November 2026"
    assert filters.month_name(Month(2026, 10)) == filters.month_name("2026-10") == "October 2026"
    assert filters.moment(datetime(2026, 11, 5, 23, 30, tzinfo=UTC)) == "6 November 2026, 01:30"
    assert filters.day(datetime(2026, 11, 5, 23, 30, tzinfo=UTC)) == "6 November 2026"
    assert filters.day(None) == filters.month_name(None) == "not known yet"


def test_a_sentence_writes_its_values_and_its_plural(app: Flask) -> None:
    owed = _("%(amount)s by %(day)s", amount=Amount(5_00, "ZMW"), day=date(2026, 11, 10))
    words = _n("%(n)s line: %(owed)s", "%(n)s lines: %(owed)s", 2, owed=owed)
    assert filters.say(words) == "2 lines: ZMW\u00a05.00 by 10 November 2026"
    assert filters.say(words_to_json(words)) == filters.say(words)
    assert filters.say(_("5 % of the pay")) == "5 % of the pay"


def test_a_job_writes_in_the_readers_language_without_a_request() -> None:
    app = Flask("portal")
    Babel(app)
    filters.register(app)
    with app.app_context(), force_locale("fr"):
        assert filters.say(_("%(day)s", day=date(2026, 11, 10))) == "10 novembre 2026"


# The base page


def test_a_page_has_one_main_part_a_way_to_it_and_a_way_out(app: Flask) -> None:
    html = page("<h1>Hello</h1>")
    assert html.count("<main") == 1
    assert 'href="#main-content"' in html
    assert re.search(
        r'<form method="post" action="/sign-out">\s*<input type="hidden" name="csrf_token" value="[^"]+">', html
    )
    assert "Mutinta &lt;Banda&gt;" in html
    assert '<a href="/d" aria-current="page">Declarations</a>' in html
    assert "7F3A" in html
    assert "help@zf.example" in html


def test_practice_shows_on_the_page_with_its_day_and_never_elsewhere(app: Flask) -> None:
    shown = page("", practice=SimpleNamespace(today=date(2026, 11, 9)), practice_url="/practice/")
    assert "Today is 9 November 2026" in shown
    assert 'href="/practice/"' in shown
    assert "Nothing here is real" not in page("", practice=None)


def test_what_was_just_done_is_said_on_top(app: Flask) -> None:
    from flask import flash

    flash("October is submitted.", "success")
    html = page("<p>below</p>")
    assert html.index("October is submitted.") < html.index("below")
    assert "govuk-notification-banner--success" in html


# Macros


def test_every_macro_of_the_list_is_there_and_every_macro_is_listed(app: Flask) -> None:
    listed = set(
        re.findall(r"`(\w+)\(", "\n".join(re.findall(r"^\| (.*?) \|", (COMPONENTS / "README.md").read_text(), re.M)))
    )
    module = app.jinja_env.get_template("components/ui.html").module
    there = {name for name in vars(module) if not name.startswith(("_", "m_"))}
    assert listed == there


STATES = """draft grey, submitted blue, under_review light-blue, returned orange, accepted turquoise, part_paid yellow,
    paid green, overdue red, superseded outline, cancelled outline, covered green, not_covered red,
    covered_until yellow, waiting blue, refused red"""


@pytest.mark.parametrize(("state", "colour"), [pair.split() for pair in STATES.split(",")])
def test_a_status_has_one_colour_and_says_itself_in_words(app: Flask, state: str, colour: str) -> None:
    html = ui("{{ ui.tag(state) }}", state=state)
    assert f'class="tag tag--{colour}"' in html
    assert re.sub("<.*?>", "", html).strip()


def test_a_status_nobody_foresaw_is_still_readable(app: Flask) -> None:
    assert "Written off" in ui('{{ ui.tag("written_off") }}')


def test_an_unknown_amount_is_not_a_zero(app: Flask) -> None:
    assert "not known yet" in ui('{{ ui.amount(none, "ZMW") }}')
    assert "0.00" in ui('{{ ui.amount(0, "ZMW") }}')


def test_an_explanation_shows_each_step_with_its_result_and_its_law(app: Flask) -> None:
    steps = [
        SimpleNamespace(words=_("5 %% of %(a)s", a=Amount(100_00, "ZMW")), result=5_00, source="Act 40 of 1996, s. 14")
    ]
    html = ui('{{ ui.explanation(steps, currency="ZMW", about="October") }}', steps=steps)
    assert html.lstrip().startswith("<details")
    for words in ("5 % of ZMW\u00a0100.00", "ZMW\u00a05.00", "Act 40 of 1996, s. 14", "October"):
        assert words.replace("\u00a0", " ") in html.replace("\u00a0", " ")


def test_what_is_found_in_a_file_cannot_become_markup(app: Flask) -> None:
    problem = SimpleNamespace(
        row=12,
        column="Basic pay",
        found="<script>x</script>",
        words=_("Row %(row)s: write a number.", row=12),
        blocking=True,
    )
    html = ui("{{ ui.problem_table([problem]) }}", problem=problem)
    assert "<script>" not in html
    assert "Row 12: write a number." in html


def test_the_marks_of_a_month_say_what_they_mean(app: Flask) -> None:
    row = SimpleNamespace(declared=True, paid=False, posted=None, known="refused")
    html = ui("{{ ui.month_marks(row) }}", row=row)
    assert re.findall(r"<span>(.*?)</span>", html) == ["Declared", "Not paid", "Not posted", "Refused by the core"]


def test_every_error_of_a_form_leads_to_its_field_and_keeps_what_was_typed(app: Flask) -> None:
    with app.test_request_context("/", method="POST", data={"start": "31.31.2026"}):
        form = RegisterForm(meta={"csrf": False})
        form.validate()
        html = ui("{{ ui.error_summary(form) }}{% for f in form %}{{ ui.field(f) }}{% endfor %}", form=form)
    targets = re.findall(r'<li><a href="#([\w-]+)"', html)
    assert len(targets) == 3
    for target in targets:
        assert f'id="{target}"' in html
    assert 'aria-describedby="legal_name-hint legal_name-error"' in html
    assert 'value="31.31.2026"' in html


def test_binding_steps_carry_their_token_and_say_who_answers(app: Flask) -> None:
    asked = (
        'ui.check_and_submit("Check", rows, "You answer for it.", "/s", "Submit October", "tok", confirm="It is true.")'
    )
    html = ui("{{ " + asked + " }}", rows=[("To pay", "ZMW 5.00")])
    for words in ('name="csrf_token" value="tok"', "You answer for it.", 'name="confirm"', "Submit October</button>"):
        assert words in html


# Charts


def test_bars_start_at_zero_and_keep_their_proportions() -> None:
    chart = charts.bars([("A", [50]), ("B", [100]), ("C", [-10])], str)
    assert [rect.width for rect in chart.rects if rect.colour] == [5000, 10000, 0]
    assert all(rect.x == 0 for rect in chart.rects)


def test_stacked_columns_stand_on_each_other_and_on_the_ground() -> None:
    chart = charts.columns([("Sep", [30, 10]), ("Oct", [60, 20])], str, ["Paid", "Owed"])
    paid, owed = chart.rects[2:]
    ground = chart.lines[0].y1
    assert paid.y + paid.height == ground
    assert owed.y + owed.height == paid.y
    assert paid.height == 3 * owed.height


def test_a_chart_with_nothing_to_show_does_not_fail() -> None:
    for draw in (charts.bars, charts.columns, charts.lines):
        assert not [rect for rect in draw([], str).rects if rect.colour]
        assert draw([("A", [0])], str).texts


def test_a_sixth_colour_is_refused() -> None:
    with pytest.raises(ValueError):
        charts.bars([("A", [1, 2, 3, 4, 5, 6])], str)


def test_a_chart_is_an_image_with_a_name_and_without_style(app: Flask) -> None:
    chart = charts.lines([(f"M{n}", [n, 2 * n]) for n in range(14)], str, ["Declared", "Paid"])
    html = ui('{{ ui.chart(chart, "Paid follows declared") }}', chart=chart)
    assert 'role="img"' in html
    assert 'aria-label="Paid follows declared"' in html
    assert "style=" not in html
    assert "Declared</li>" in html


# What is sent


def test_no_template_carries_a_style_or_a_script() -> None:
    of_mails = COMPONENTS.parent / "mail"  # mail programs know no stylesheets
    for template in set(COMPONENTS.parent.rglob("*.html")) - set(of_mails.iterdir()):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|<style|\son\w+=\"|<script(?! type=\"module\" src=)|javascript:", text), template


def test_the_stylesheet_and_the_script_are_light_and_ask_for_nothing_else() -> None:
    css, script = (STATIC / "portal.css").read_bytes(), (STATIC / "portal.js").read_bytes()
    assert len(gzip.compress(css)) <= 14_000
    assert len(gzip.compress(script)) <= 12_000
    assert b"GDS Transport" not in css
    assert not re.search(rb"url\(|@import", css)


def test_the_fonts_and_the_borrowed_code_come_with_their_licences() -> None:
    assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / "OFL.txt").read_text(encoding="utf-8").upper()
    assert "govuk-frontend" in (STATIC / "LICENCES.txt").read_text(encoding="utf-8")
