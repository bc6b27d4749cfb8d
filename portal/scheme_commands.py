"""
``flask scheme …``: looking at packs, checking them, and asking them.

These commands need the files of the packs and nothing else: no database, no broker, no fund.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app

from portal import clock
from portal.scheme.blocks.pack import Pack
from portal.scheme.cases.file import answers, read_questions
from portal.scheme.cases.inputs import BadInput
from portal.scheme.changes import changes
from portal.scheme.described import described
from portal.scheme.lines import Line
from portal.scheme.pack import PackRefused, find_pack, load_pack, pack_ids
from portal.words import Words

_OF_FLASK = ("-A", "--app", "-e", "--env-file")


def alone(argv: Sequence[str]) -> bool:
    """Whether the command line asks for these commands only, so that no server has to be there."""
    program, rest = Path(argv[0]), list(argv[1:])
    if "flask" not in (program.name, program.parent.name):
        return False
    while rest and rest[0].startswith("-"):
        taken = 2 if rest[0] in _OF_FLASK else 1
        rest = rest[taken:]
    return rest[:1] == ["scheme"]


def application() -> Flask:
    """An application that has these commands and nothing else; it speaks the languages of the portal."""
    from flask_babel import Babel

    app = Flask("portal")
    Babel(app)
    app.cli.add_command(scheme_command)
    return app


@click.group("scheme")
def scheme_command() -> None:
    """The rules of schemes: what they say, what is missing, and what they answer."""


_LANGUAGE = click.option("--lang", default="en", metavar="LANGUAGE", help="The language to answer in, such as fr.")
_OVERLAY = click.option("--overlay", type=click.Path(path_type=Path), help="A fund's own file, laid over the pack.")


@scheme_command.command("list")
def list_packs() -> None:
    """Every pack that comes with the portal."""
    for id in pack_ids():
        pack = _pack(id)
        gaps = f"{len(pack.missing)} not known, {len(pack.unverified)} not confirmed"
        click.echo(f"{id:<18} {pack.status:<10} {pack.country}  {pack.name}: {gaps}")


@scheme_command.command("show")
@click.argument("pack")
@_OVERLAY
@_LANGUAGE
def show(pack: str, overlay: Path | None, lang: str) -> None:
    """All that PACK says, in words; * marks what holds today."""
    rules = _pack(pack, overlay)
    with _speaking(lang, rules):
        for part in described(rules, clock.today(rules.timezone)):
            click.echo(f"\n{_say(part.title)}")
            for line in part.lines:
                _print_line(line, "*" if line.holds and line.since else " ")


@scheme_command.command("missing")
@click.argument("pack")
@_OVERLAY
def missing(pack: str, overlay: Path | None) -> None:
    """What is not known of PACK, and what is used although nobody confirmed it."""
    rules = _pack(pack, overlay)
    for title, gaps in (("Not known", rules.missing), ("Not confirmed", rules.unverified)):
        for gap in gaps:
            click.echo(f"{title}: {gap.what}: {gap.why} [{gap.where}]")


@scheme_command.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@_OVERLAY
def check(files: tuple[Path, ...], overlay: Path | None) -> None:
    """Read every pack (or only FILES) and run its own tests; every mistake is told."""
    began, refused = time.monotonic(), 0
    paths = files or tuple(find_pack(id) for id in pack_ids())
    for path in paths:
        try:
            load_pack(path, overlay)
        except PackRefused as problem:
            refused += 1
            click.echo(str(problem), err=True)
    click.echo(f"{len(paths) - refused} packs in order, {refused} not, in {time.monotonic() - began:.1f} s.")
    if refused:
        sys.exit(1)


@scheme_command.command("run")
@click.argument("file", type=click.Path(path_type=Path))
def run(file: Path) -> None:
    """Answer every question in FILE, shaped like the published test vectors: one JSON line for each."""
    try:
        questions = read_questions(file)
    except BadInput as problem:
        raise click.ClickException(str(problem.words)) from None
    for answer in answers(questions):
        click.echo(json.dumps(answer, default=str))


@scheme_command.command("diff")
@click.argument("old")
@click.argument("new")
@_LANGUAGE
def diff(old: str, new: str, lang: str) -> None:
    """What changes from the pack OLD to NEW: another pack, its file, or a fund's file laid over OLD."""
    before = _pack(old)
    after = _pack(old, Path(new)) if _is_overlay(new) else _pack(new)
    with _speaking(lang, before, after):
        found = changes(before, after, clock.today(before.timezone))
        for title, group in groupby(found, key=lambda change: change.title):
            click.echo(f"\n{_say(title)}")
            for change in group:
                for sign, line in (("-", change.before), ("+", change.after)):
                    _print_line(line, sign) if line is not None else None
        click.echo("Nothing is different." if not found else f"\n{len(found)} differences.")


def _is_overlay(named: str) -> bool:
    """Whether the file says which pack it is laid over; what is wrong in it is told when it is read."""
    try:
        return any(line.startswith("overlay_of") for line in Path(named).read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return False


def _pack(named: str, overlay: Path | None = None) -> Pack:
    """A pack by its id or its file; every mistake in it ends the command."""
    try:
        path = Path(named) if named.endswith(".toml") else find_pack(named.lower())
        return load_pack(path, overlay, tests=False)
    except PackRefused as problem:
        raise click.ClickException(str(problem)) from None


def _speaking(lang: str, *packs: Pack) -> AbstractContextManager[Any]:
    """Sentences are said in this language, amounts with the digits of the packs' currencies."""
    from babel import UnknownLocaleError
    from flask_babel import force_locale

    from portal.web import filters

    filters.register(current_app._get_current_object(), {one.currency.code: one.currency.digits for one in packs})  # type: ignore[attr-defined]  # as Flask documents it
    try:
        speaking: AbstractContextManager[Any] = force_locale(lang)
        return speaking
    except (UnknownLocaleError, ValueError):
        raise click.ClickException(f"{lang} is no language; write a code such as fr.") from None


def _say(words: Words) -> str:
    from portal.web.filters import say

    return say(words)


def _print_line(line: Line, sign: str) -> None:
    """A rule: its days, what it says, where it stands, and what is not sure about it."""
    said = _together(line.sentences)
    click.echo(f"{sign} {_say(line.name)}{_days(line)}{': ' if said else ''}{said}")
    for note in line.notes:
        click.echo(f"      ! {_say(note)}")
    if line.source:
        click.echo(f"      § {line.source}")


def _days(line: Line) -> str:
    """From when to when a value holds; nothing for one that always does."""
    if line.since in (None, date.min) and line.until is None:
        return ""
    since = "" if line.since in (None, date.min) else f" from {line.since}"
    return since + (f" to {line.until}" if line.until else "")


def _together(sentences: Iterable[Words]) -> str:
    """One after the other; after a colon or a full stop nothing more is needed between them."""
    text = ""
    for words in sentences:
        between = "" if not text else " " if text.endswith((":", ".")) else "; "
        text += between + _say(words)
    return text
