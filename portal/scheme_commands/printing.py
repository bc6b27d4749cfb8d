"""What the commands have in common: finding a pack, speaking a language, printing rules and calculations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import click
from flask import current_app

from portal.scheme.blocks.pack import Pack
from portal.scheme.explain import Step
from portal.scheme.pack import PackRefused, find_pack, load_pack
from portal.scheme.told.lines import Line
from portal.words import Amount, Words, _

in_language = click.option("--lang", default="en", metavar="LANGUAGE", help="The language to answer in, such as fr.")
with_overlay = click.option("--overlay", type=click.Path(path_type=Path), help="A fund's own file, laid over the pack.")

Answers = tuple[tuple[str, str], ...]


def _pairs(_context: click.Context, _option: click.Parameter, given: Iterable[str]) -> Answers:
    """Every KEY=VALUE of an option."""
    found = []
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise click.BadParameter(f"{text} is not of the form name=value.")
        found.append((key.strip(), value.strip()))
    return tuple(found)


def pairs(name: str, help: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """An option that may be given several times, each with a name and a value."""
    return click.option(name, multiple=True, metavar="NAME=VALUE", callback=_pairs, help=help)


def pack_named(named: str, overlay: Path | None = None) -> Pack:
    """A pack by its id or its file; every mistake in it ends the command."""
    try:
        path = Path(named) if named.endswith(".toml") else find_pack(named.lower())
        return load_pack(path, overlay, tests=False)
    except PackRefused as problem:
        raise click.ClickException(str(problem)) from None


def speaking(lang: str, *packs: Pack) -> AbstractContextManager[Any]:
    """Sentences are said in this language, amounts with the digits of the packs' currencies."""
    from babel import Locale, UnknownLocaleError
    from flask_babel import force_locale

    from portal.web import filters

    app: Any = current_app
    filters.register(app._get_current_object(), {one.currency.code: one.currency.digits for one in packs})
    try:
        Locale.parse(lang)
        spoken: AbstractContextManager[Any] = force_locale(lang)
        return spoken
    except (UnknownLocaleError, ValueError):
        raise click.ClickException(f"{lang} is no language; write a code such as fr.") from None


def say(words: object) -> str:
    """A sentence, an amount or a day in the language spoken."""
    from portal.web import filters

    match words:
        case Amount():
            return filters.money(words.minor, words.currency)
        case date():
            return filters.day(words)
    return filters.say(words)


def _source(title: str) -> str:
    from portal.web import filters

    return filters.source(title)


def print_line(line: Line, sign: str) -> None:
    """A rule: its days, what it says, where it stands, and what is not sure about it."""
    said = _together(line.sentences)
    click.echo(f"{sign} {say(line.name)}{_days(line)}{': ' if said else ''}{said}")
    for note in line.notes:
        click.echo(f"      ! {say(note)}")
    if line.source:
        click.echo(f"      § {_source(line.source)}")


def _days(line: Line) -> str:
    """From when to when a value holds; nothing for one that always does."""
    since = None if line.since in (None, date.min) else str(line.since)
    if since and line.until:
        return " " + say(_("from %(first)s to %(last)s", first=since, last=str(line.until)))
    if since:
        return " " + say(_("from %(first)s", first=since))
    return " " + say(_("to %(last)s", last=str(line.until))) if line.until else ""


def _together(sentences: Iterable[Words]) -> str:
    """One after the other; after a colon or a full stop nothing more is needed between them."""
    text = ""
    for words in sentences:
        between = "" if not text else " " if text.endswith((":", ".")) else "; "
        text += between + say(words)
    return text


def print_steps(steps: Iterable[Step], pack: Pack) -> None:
    """A calculation, each step with what it gave and where its rule stands."""
    for number, step in enumerate(steps, 1):
        amount = Amount(step.result, pack.currency.code, pack.currency.digits) if step.result is not None else None
        click.echo(f"{number:>3}. {say(step.words)}{f' = {say(amount)}' if amount else ''}")
        if step.source:
            click.echo(f"      § {_source(step.source)}")
