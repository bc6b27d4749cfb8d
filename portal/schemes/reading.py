"""A pack in use as its page shows it: chapters, the history of each rule, and where its files lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from portal.scheme.blocks.pack import Pack
from portal.scheme.fund_schemes import overlay_of
from portal.scheme.pack import find_pack
from portal.scheme.told.described import Part, described
from portal.scheme.told.lines import Line
from portal.web.charts import Chart
from portal.web.filters import day as day_in_words
from portal.web.filters import say
from portal.web.spans import Span, spans
from portal.words import Words, _

#: What a source is, in words.
SOURCES: dict[str, Words] = {
    "page": _("Published page"),
    "law": _("Text of the law"),
    "memory": _("From memory, not verified"),
    "assumed": _("Assumed, not verified"),
    "decision": _("Decision of the fund"),
}
STATUSES: dict[str, Words] = {
    "scheme": _("Scheme of a country"),
    "reference": _("Reference, kept to prove the rules"),
    "template": _("Template, to be filled in by a fund"),
}


@dataclass(frozen=True, slots=True)
class Files:
    """Where the rules of a scheme lie: the pack that comes with the portal, and the fund's own file over it."""

    pack: Path
    overlay: Path | None


def files_of(scheme: str, fund_file: Path) -> Files:
    """The files behind a scheme that is in use."""
    return Files(find_pack(scheme), overlay_of(scheme, fund_file))


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the pack: what *holds*, all its dated lines where a rule ever changed, and their time line."""

    title: Words
    holds: Sequence[Line]
    history: Sequence[Line]
    chart: Chart | None


def chapters(pack: Pack, on: date) -> tuple[Chapter, ...]:
    """The whole pack on a day; what is not known or not confirmed stands apart on the page."""
    return tuple(_chapter(part, on) for part in described(pack, on) if str(part.title) not in _APART)


_APART = {"Not known", "Not confirmed"}


def decided(pack: Pack, on: date) -> list[tuple[Words, Line]]:
    """What holds on a day by a decision of the fund and not by law, each with its chapter."""
    return [
        (part.title, line)
        for part in described(pack, on)
        for line in part.lines
        if line.holds and line.source and not pack.decisions.isdisjoint((line.source, *line.source.split("; ")))
    ]


def _chapter(part: Part, on: date) -> Chapter:
    holds = [line for line in part.lines if line.holds]
    history = [line for _name, lines in _rules(part) if len(lines) > 1 for line in lines]
    return Chapter(part.title, holds, history, _chart(part, on) if history else None)


def _rules(part: Part) -> Iterator[tuple[str, list[Line]]]:
    """The dated lines of a chapter, rule by rule."""
    dated = [line for line in part.lines if line.since is not None]
    for name, lines in groupby(dated, key=lambda line: say(line.name)):
        yield name, list(lines)


def _chart(part: Part, on: date) -> Chart:
    """The rules of a chapter that ever changed, one below the other."""
    rows = [(name, [_span(line) for line in lines]) for name, lines in _rules(part) if len(lines) > 1]
    return spans(rows, on, day_in_words)


def _span(line: Line) -> Span:
    assert line.since is not None
    said = " ".join(say(words) for words in (*line.sentences, *line.notes))
    return Span(line.since, line.until, said, known=bool(line.sentences), holds=line.holds)
