"""``flask scheme list``, ``show``, ``missing`` and ``check``: looking at packs."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from portal import clock
from portal.scheme.pack import PackRefused, find_pack, load_pack, pack_ids
from portal.scheme.told.described import described
from portal.scheme_commands.printing import in_language, pack_named, print_line, say, speaking, with_overlay


@click.command("list")
def list_packs() -> None:
    """Every pack that comes with the portal."""
    for id in pack_ids():
        pack = pack_named(id)
        gaps = f"{len(pack.missing)} not known, {len(pack.unverified)} not confirmed"
        click.echo(f"{id:<18} {pack.status:<10} {pack.country}  {pack.name}: {gaps}")


@click.command("show")
@click.argument("pack")
@with_overlay
@in_language
def show(pack: str, overlay: Path | None, lang: str) -> None:
    """All that PACK says, in words; * marks what holds today."""
    rules = pack_named(pack, overlay)
    with speaking(lang, rules):
        for part in described(rules, clock.today(rules.timezone)):
            click.echo(f"\n{say(part.title)}")
            for line in part.lines:
                print_line(line, "*" if line.holds and line.since else " ")


@click.command("missing")
@click.argument("pack")
@with_overlay
def missing(pack: str, overlay: Path | None) -> None:
    """What is not known of PACK, and what is used although nobody confirmed it."""
    rules = pack_named(pack, overlay)
    for title, gaps in (("Not known", rules.missing), ("Not confirmed", rules.unverified)):
        for gap in gaps:
            click.echo(f"{title}: {gap.what}: {gap.why} [{gap.where}]")


@click.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@with_overlay
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
