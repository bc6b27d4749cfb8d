"""
Every sentence a visitor reads can be translated.

All messages are extracted as a translator's tool does it, "translated" into brackets, and every page
is read: text outside brackets that is not somebody's name, a number or a code was forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from flask import Flask
from flask_babel import get_babel, get_domain
from sqlalchemy import text

from portal import db
from portal.demo.cards import CARDS
from portal.installation import fund, packs
from tests.access.test_matrix import address, ask, routes
from tests.access.world import World, make_world
from tests.conftest import Cluster

ROOT = Path(__file__).resolve().parent.parent.parent
KEYWORDS = {"_": None, "_l": None, "_n": (1, 2), "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
#: Words of dates, currencies and languages, which Babel translates by itself, and signs that stand for themselves.
OWN = re.compile(
    r"\b(January|February|March|April|May|June|July|August|September|October|November|December|ZMW|RF|PDF|CSV|XLSX|English|Français)\b|"
    r"https?://\S+|\w+@\S+|\b[a-z]+/[0-9a-f-]{36}\b|less than I was paid|\w+\.(csv|xlsx|pdf)\b",
)


class Reader(HTMLParser):
    """The texts a person reads on a page: what is shown, and the labels and titles that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "code", "samp"}:
            self._inside.append(tag)
        self.texts += [
            value for name, value in attrs if name in {"aria-label", "title", "placeholder", "alt"} and value
        ]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside and data.strip():
            self.texts.append(data.strip())


def bracketed(folder: Path) -> Path:
    """A catalogue in which every message stands in brackets, as the English "translation"."""
    catalog = Catalog(locale="en")
    for _file, _line, message, _comments, _context in extract_from_dir(
        str(ROOT / "portal"), METHODS, keywords=KEYWORDS, strip_comment_tags=True
    ):
        forms = message if isinstance(message, tuple) else (message,)
        if any(form is None for form in forms):
            continue
        catalog.add(message, tuple(f"⟦{form}⟧" for form in forms) if len(forms) > 1 else f"⟦{forms[0]}⟧")
    place = folder / "en" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "messages.mo").open("wb") as file:
        write_mo(file, catalog)
    return folder


@pytest.fixture(scope="module")
def world(app: Flask, cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two employers, and every sentence in brackets."""
    name = cluster.create(template)
    db.bind(cluster.app.format(name=name), pool=2)
    config = get_babel(app)
    with app.app_context():
        before, cache = config.translation_directories, get_domain().cache
    made = make_world()  # before the brackets: what is stored is not what is shown
    config.translation_directories = [str(bracketed(tmp_path_factory.mktemp("translations")))]
    cache.clear()
    yield made
    config.translation_directories = before
    cache.clear()
    db.engine().dispose()
    cluster.drop(name)


def known_words() -> set[str]:
    """Words that belong to somebody: names of people, employers and places, and what a fund or pack calls things."""
    with db.reading() as session:
        rows = session.execute(
            text(
                "SELECT surname || ' ' || first_name || ' ' || email FROM person UNION SELECT legal_name || ' ' || "
                "trade_name || ' ' || address || ' ' || email || ' ' || contact_name || ' ' || bank_name FROM employer "
                "UNION SELECT name || ' ' || email FROM account UNION SELECT name FROM stored_file "
                "UNION SELECT answers::text FROM registration UNION SELECT reason FROM approval "
                "UNION SELECT text FROM case_entry "
                "UNION SELECT payer_name || ' ' || remittance || ' ' || additional || ' ' || bank_reference "
                "FROM bank_entry"
            )
        ).scalars()
        words = {word for row in rows for word in re.findall(r"[A-Za-z]+", row)}
    words |= {word for card in CARDS for word in card.who.split()}
    named = repr(fund()) + (ROOT / "fund.toml").read_text()
    for rules in packs():
        named += (ROOT / "portal" / "scheme" / "packs" / f"{rules}.toml").read_text()
    return words | set(re.findall(r"[A-Za-z]+", named))


def forgotten(page: str, known: set[str]) -> list[str]:
    """Texts with words in them that stand outside brackets."""
    reader = Reader()
    reader.feed(page)
    joined = "\n".join(reader.texts)
    while True:
        shorter = re.sub(r"⟦[^⟦⟧]*⟧", "", joined)
        if shorter == joined:
            break
        joined = shorter
    left = OWN.sub("", joined)
    return [line for line in left.splitlines() if set(re.findall(r"[A-Za-z]{3,}", line)) - known]


def test_no_page_holds_a_sentence_that_cannot_be_translated(app: Flask, world: World) -> None:
    known = known_words()
    faults: dict[str, list[str]] = {}
    for name in ("own administrator", "supervisor", "employee", "applicant"):
        principal = next(each for each in world.principals if each.name == name)
        for rule, method in routes(app):
            if method != "GET" or rule.endpoint in {"static", "practice.mail"}:  # mail as it was sent
                continue
            answer = ask(app, principal, method, address(app, rule, world.own))
            if answer.status_code == 200 and answer.mimetype == "text/html" and answer.text:
                left = forgotten(answer.text, known)
                if left:
                    faults[rule.endpoint] = left[:5]
            answer.close()
    assert faults == {}
