"""``flask audit …``: seal the audit log, and find out whether it is as it was written."""

from __future__ import annotations

import json

import click

from portal import audit_chain, clock, db


@click.group("audit")
def audit_command() -> None:
    """The audit log."""


@audit_command.command("seal")
def seal() -> None:
    """Seal what was written, as the timetable does every few minutes."""
    made = audit_chain.seal(at=clock.real_now())
    click.echo(f"{made} blocks sealed.")


@audit_command.command("verify")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
@click.option("--expect", default="", metavar="HASH", help="A hash published earlier, which must be in the chain.")
def verify(as_json: bool, expect: str) -> None:
    """Compute the chain again from the rows.  Ends with 1 when anything was changed, removed or slipped in."""
    with db.reading() as session:
        found = audit_chain.verify(session, expect=expect)
    if as_json:
        faults = [{"block": fault.block, "words": str(fault.words)} for fault in found.faults]
        facts = {"ok": found.ok, "blocks": found.blocks, "rows": found.rows, "unsealed": found.unsealed}
        click.echo(json.dumps({**facts, "latest": found.latest, "faults": faults}, indent=2))
    else:
        for fault in found.faults:
            click.echo(f"WRONG: {fault.words}")
        click.echo(f"{found.rows} rows in {found.blocks} blocks, {found.unsealed} rows not sealed yet.")
        click.echo(f"Latest hash: {found.latest}")
    if not found.ok:
        raise SystemExit(1)
