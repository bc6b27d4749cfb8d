"""
``flask scheme …``: looking at packs, checking them, comparing them, and asking them.

These commands need the files of the packs and nothing else: no database, no broker, no fund.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from flask import Flask

from portal.declaration_commands import declarations_command
from portal.scheme_commands import ask, compare, look

#: Options of ``flask`` itself that take a value.
_WITH_VALUE = ("-A", "--app", "-e", "--env-file")


@click.group("scheme")
def scheme_command() -> None:
    """The rules of schemes: what they say, what is missing, and what they answer."""


for _command in (look.list_packs, look.show, look.missing, look.check, compare.diff, ask.explain, ask.run):
    scheme_command.add_command(_command)


def asked(argv: Sequence[str]) -> list[str]:
    """What ``flask`` is asked to do, without its own options; nothing when it is another program."""
    program, rest = Path(argv[0]), list(argv[1:])
    if "flask" not in (program.name, program.parent.name):
        return []
    while rest and rest[0].startswith("-"):
        rest = rest[2 if rest[0] in _WITH_VALUE else 1 :]
    return rest


def alone(argv: Sequence[str]) -> bool:
    """Whether the command line asks only for commands that need no server."""
    wanted = asked(argv)
    by_catalogue = "catalogue" in " ".join(wanted[2:]).replace("=", " ").split()
    return wanted[:1] == ["scheme"] or (wanted[:2] == ["declarations", "check"] and by_catalogue)


def application() -> Flask:
    """An application that has these commands and nothing else; it speaks the languages of the portal."""
    from flask_babel import Babel

    from portal.web import catalogue

    catalogue.ready()
    app = Flask("portal")
    Babel(app)
    app.cli.add_command(scheme_command)
    app.cli.add_command(declarations_command)
    return app
