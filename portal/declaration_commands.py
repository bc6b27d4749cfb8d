"""
``flask declarations check``: what the portal would say of payroll files, without keeping anything.

With the profile *catalogue* it needs no server and no fund.  With *fund* it reads files for an employer's month, by the
fund's numbers and the employer's roster.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from portal.tabular.table import Problem

#: The reading of larger files is refused before a byte is read.
LARGEST = 20 * 1024 * 1024
#: The code of a path behind which there is no file to read.
NOT_OPENED = "E_NOT_OPENED"


@click.group("declarations")
def declarations_command() -> None:
    """Payroll files."""


@declarations_command.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--profile", type=click.Choice(["catalogue", "fund"]), default="fund", show_default=True)
@click.option("--employer", help="The employer's number; with the profile fund.")
@click.option("--month", help="The month the files are for, like 2026-10.")
def check(files: Sequence[Path], profile: str, employer: str | None, month: str | None) -> None:
    """
    One line of JSON for each of FILES: the outcome, each problem with row and column, the rows as stored.

    Ends with 0 when every file was looked at, whatever was found; 1 when one could not be opened (its line says so) or
    there is no such employer or month; 2 when the call itself is wrong.
    """
    if profile == "fund" and not (employer and month):
        raise click.UsageError("With the profile fund, name --employer and --month.")
    opened = True
    for path in files:
        try:
            content = _content(path)
        except (OSError, ValueError) as failure:
            opened, checked = False, _not_opened(failure)
        else:
            checked = (
                _by_catalogue(content, path.name, month)
                if profile == "catalogue"
                else _by_fund(content, path.name, employer or "", month or "")
            )
        click.echo(json.dumps({"file": str(path), **checked}, ensure_ascii=False).encode("utf-8", "replace"))
    if not opened:
        raise SystemExit(1)


def _content(path: Path) -> bytes:
    """The file, or as much of it as shows that it is too large.  Raises OSError; ValueError for a name no file has."""
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _not_opened(failure: OSError | ValueError) -> dict[str, Any]:
    """What is said of a file that is not there, is a folder, or may not be read."""
    why = getattr(failure, "strerror", None) or str(failure)
    problem = {"row": None, "column": None, "code": NOT_OPENED, "message": f"The file cannot be opened: {why}."}
    return {"outcome": "file_error", "problems": [problem], "rows": []}


def _by_catalogue(content: bytes, name: str, month: str | None) -> dict[str, Any]:
    from portal.contributions.file_check import CATALOGUE, check_file
    from portal.scheme.calendars import Month

    try:
        wanted = Month(*map(int, month.split("-"))) if month else None
    except (TypeError, ValueError):
        raise click.UsageError(f"{month} is not a month like 2026-10.") from None
    found = check_file(content, name, CATALOGUE, wanted)
    return {"outcome": found.outcome, "problems": told(found.problems), "rows": list(found.rows)}


def _by_fund(content: bytes, name: str, employer: str, month: str) -> dict[str, Any]:
    from portal import clock, db
    from portal.contributions.file_check import outcome_of
    from portal.contributions.looking import looked_at
    from portal.employers.service import employer_by_number
    from portal.errors import NotFound, Refused
    from portal.installation import month_from
    from portal.tabular.table import FileRefused

    with db.reading() as session:
        try:
            found = employer_by_number(session, employer)
            wanted = month_from(month)
            problems, rows = looked_at(session, found.id, wanted, content, name, at=clock.now())
        except NotFound:
            raise click.ClickException(f"There is no employer {employer}.") from None
        except ValueError:
            raise click.UsageError(f"{month} is not a month like 2026-10.") from None
        except Refused as refused:
            raise click.ClickException(str(refused.words)) from None
        except FileRefused as refusal:
            return {"outcome": "file_error", "problems": told([refusal.problem]), "rows": []}
    return {"outcome": outcome_of(problems), "problems": told(problems), "rows": rows}


def told(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problems as the line carries them."""
    return [
        {"row": one.row, "column": one.column, "code": one.code, "message": str(one.placed)} for one in problems
    ]  # fmt: skip
