"""
``flask fund …``: making a fund of one's own, and seeing whether it can go live.

``flask fund create`` runs before there is a fund; the others serve the fund that the settings name.
"""

from __future__ import annotations

from collections.abc import Sequence

import click
from flask import Flask

from portal.fund_commands import bring, create, invite, link, move, ready
from portal.scheme_commands import asked


@click.group("fund")
def fund_command() -> None:
    """The fund itself: make it, and see what is missing."""


for _command in (
    create.create, link.link, ready.ready, invite.staff, bring.import_employers, bring.import_balances,
    invite.invite_employers, move.export, move.import_fund,
):  # fmt: skip
    fund_command.add_command(_command)


def alone(argv: Sequence[str]) -> bool:
    """Whether the command line asks to make a fund: then there is none yet to serve."""
    return asked(argv)[:2] == ["fund", "create"]


def application() -> Flask:
    """An application that can make a fund and do nothing else."""
    app = Flask("portal")
    register(app)
    return app


def register(app: Flask) -> None:
    """Add the commands to Flask's own."""
    app.cli.add_command(fund_command)
