"""A notice put into a language: subject, paragraphs for a page and for plain text, and where to go next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import force_locale
from markupsafe import Markup, escape
from sqlalchemy import column, func, select, table
from sqlalchemy.orm import Session

from portal.installation import fund
from portal.notices import wording
from portal.notices.catalogue import CATALOGUE
from portal.notices.kinds import AnyKind, Kind, Place, Spec, read_back
from portal.notices.models import Notice, Template
from portal.notices.templates import Texts, texts
from portal.scheme.calendars import Month
from portal.web.filters import day, money, month_name, say
from portal.words import Amount

# The employers' room stands above this one and is not imported.
EMPLOYER = table("employer", *map(column, ("id", "number", "legal_name", "trade_name", "email", "state")))


@dataclass(frozen=True, slots=True)
class Named:
    """An employer as texts name it."""

    number: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """
    A notice in words.

    *page* holds the paragraphs as HTML, *plain* the same as text; *short* is what a text message says.  *link* is an
    address of the portal that begins with a slash, *action* the words of it.
    """

    kind: AnyKind
    subject: str
    page: Sequence[Markup]
    plain: Sequence[str]
    link: str
    action: str

    @property
    def short(self) -> str:
        """The first paragraph on one line."""
        return self.plain[0].replace("\n", " ") if self.plain else self.subject


def employers_named(session: Session, ids: Collection[int]) -> dict[int, Named]:
    """Number and name of these employers, by id; one statement, none without ids."""
    if not ids:
        return {}
    columns = EMPLOYER.c
    rows = session.execute(select(columns.id, columns.number, columns.legal_name, columns.trade_name).where(
        columns.id == func.any(sorted(ids))
    ))  # fmt: skip
    return {one: Named(number, trade or legal) for one, number, legal, trade in rows}


def put_into_words(session: Session, notices: Sequence[Notice], language: str) -> list[Written]:
    """All of *notices* in one language.  Two statements at most, however many they are."""
    own = texts(session, language)
    named = employers_named(session, {one.employer_id for one in notices if one.employer_id is not None})
    with force_locale(language):
        return [_write(one, own, named.get(one.employer_id or 0, Named()), language) for one in notices]


def sample(spec: Spec, subject: str, text: str, language: str) -> Written:
    """A text as it would read, with the sample values of the catalogue and an employer that does not exist."""
    with force_locale(language):
        values = {name: place.sample for name, place in spec.places.items()}
        return _fill(spec, subject, text, values, {}, Named("ZE9000005", "Mulungushi Bakery"))


def place_written(place: Place) -> str:
    """The sample of a place as it would be written now."""
    return _value(place.sample)


def default_text(spec: Spec, language: str) -> tuple[str, str]:
    """The portal's own subject and text in a language."""
    with force_locale(language):
        return say(spec.subject), say(spec.text)


def _write(notice: Notice, own: Texts, named: Named, language: str) -> Written:
    spec = CATALOGUE[Kind(notice.kind)]
    template = own.of(spec.kind, notice.edition)
    subject, text = _text_of(spec, template)
    return _fill(spec, subject, text, read_back(notice.values), notice.about, named)


def _text_of(spec: Spec, template: Template | None) -> tuple[str, str]:
    return (template.subject, template.text) if template else (say(spec.subject), say(spec.text))


def _fill(
    spec: Spec, subject: str, text: str, values: Mapping[str, Any], about: Mapping[str, str], named: Named
) -> Written:
    link = _link(spec, values, about, named)
    written = {name: _value(value) for name, value in values.items() if name in spec.places}
    # A kind may have a place of its own under a name that is known everywhere.
    known = {"employer": named.name, "number": named.number, "fund": fund().short_name, "link": link} | written
    lines = {name: value for name, value in values.items() if isinstance(value, list | tuple)}
    parted = wording.paragraphs(text)
    return Written(
        spec.kind,
        _capital(" ".join(wording.filled(subject, known).split())),  # with common spaces: it is the head of a mail
        [_page(one, known, lines) for one in parted if _plain(one, known, lines)],
        [_plain(one, known, lines) for one in parted if _plain(one, known, lines)],
        link,
        say(spec.action),
    )


def _link(spec: Spec, values: Mapping[str, Any], about: Mapping[str, str], named: Named) -> str:
    months = {name: str(value) for name, value in values.items() if isinstance(value, Month)}
    return wording.filled(spec.link, {"number": named.number, **months, **about})


def _value(value: object) -> str:
    """What stands in a place, written as people write it in the reader's language."""
    match value:
        case Amount():
            return money(value.minor, value.currency)
        case Month():
            return month_name(value)
        case date():
            return day(value)
        case list() | tuple():
            return "; ".join(say(one) for one in value)
    return say(value)


def _page(paragraph: str, known: Mapping[str, str], lines: Mapping[str, Sequence[Any]]) -> Markup:
    """A paragraph as HTML: a place with lines that stands alone becomes a list; everything else is escaped."""
    alone = lines.get(paragraph.strip("{}")) if paragraph.startswith("{") else None
    if alone is not None:
        return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(say(one)) for one in alone))
    parts = wording.pieces(_capital(paragraph), escape, lambda name: escape(known.get(name, "")))
    return Markup("<p>{}</p>").format(_capital_page(Markup("").join(parts)).replace("\n", Markup("<br>")))


def _plain(paragraph: str, known: Mapping[str, str], lines: Mapping[str, Sequence[Any]]) -> str:
    alone = lines.get(paragraph.strip("{}")) if paragraph.startswith("{") else None
    if alone is not None:
        return "\n".join(f"- {say(one)}" for one in alone)
    return _capital(wording.filled(paragraph, known).strip())


def _capital(text: str) -> str:
    """A text begins with a capital even where a place stands first: months are written small in French."""
    if "@" in text.partition(" ")[0]:
        return text  # an address stays as it was written
    return text[:1].upper() + text[1:]


def _capital_page(text: Markup) -> Markup:
    return text if text.startswith("&") else Markup(_capital(str(text)))  # noqa: S704  # was escaped piece by piece
