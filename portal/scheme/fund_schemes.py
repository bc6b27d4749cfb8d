"""What a fund's file says of its schemes, checked against their packs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Unknown
from portal.scheme.institution import Off
from portal.scheme.packfile.reading import Section
from portal.words import _

#: Beside the fund's file: a file of this folder named after a scheme is the fund's own for it.
OVERLAYS = "overlays"


def overlays(content: Section, schemes: tuple[str, ...], folder: Path) -> dict[str, Path]:
    """The fund's own file for each scheme that it changes: those in ``overlays/``, and those that [overlay] names."""
    found: dict[str, Path] = {}
    for path in sorted((folder / OVERLAYS).glob("*.toml")):
        found[path.stem] = path
        if path.stem not in schemes:
            words = _("%(file)s is for a scheme that the fund does not run. Add it to schemes, or remove the file.",
                      file=f"{OVERLAYS}/{path.name}")  # fmt: skip
            content.wrong("schemes", words)
    if "overlay" not in content:
        return found
    section = content.section("overlay")
    for scheme in section.table.values:
        found[scheme] = folder / section.text(scheme)
        if scheme not in schemes:
            section.wrong(scheme, _("the fund does not run this scheme. Add it to schemes, or remove this."))
    return found


def overlay_of(scheme: str, fund_file: Path) -> Path | None:
    """The fund's own file for one scheme, when it has one; the fund was read before."""
    named = tomllib.loads(fund_file.read_text(encoding="utf-8")).get("overlay", {}).get(scheme)
    usual = fund_file.parent / OVERLAYS / f"{scheme}.toml"
    return fund_file.parent / named if named else usual if usual.is_file() else None


def can_serve(content: Section, packs: Mapping[str, Pack]) -> None:
    """A pack in use knows by when to pay, and all packs of a fund count the same months."""
    for id, pack in packs.items():
        if isinstance(pack.due.payment, Unknown):
            words = _(
                "%(scheme)s: the day by which to pay is not known (%(why)s). Without it nothing can be billed or be "
                "late. Write [[due.payment]] with its source into overlays/%(scheme)s.toml beside this file.",
                scheme=id, why=pack.due.payment.why,
            )  # fmt: skip
            content.wrong("schemes", words)
    calendars = {pack.calendar_name for pack in packs.values()}
    if len(calendars) > 1:
        words = _(
            "the schemes count their months in several calendars: %(calendars)s. A payroll serves all schemes of a "
            "fund, so they have to have the same one. Run the others as a fund of their own.",
            calendars=", ".join(sorted(calendars)),
        )  # fmt: skip
        content.wrong("schemes", words)


def products(content: Section, packs: Mapping[str, Pack]) -> dict[tuple[str, str], str]:
    """Which product in the core a branch is; every branch that opens months of cover needs one."""
    found: dict[tuple[str, str], str] = {}
    for section in content.each("product"):
        scheme, branch = section.text("scheme"), section.text("branch")
        if scheme in packs and branch not in {one.code for one in packs[scheme].branches}:
            section.wrong("branch", _("%(scheme)s has no branch %(branch)s.", scheme=scheme, branch=branch))
        found[scheme, branch] = section.text("core_code")
        section.close()
    for id, pack in packs.items():
        for one in pack.branches:
            if pack.opens_coverage and (id, one.code) not in found:
                missing = f"{id}.{one.code}"
                content.wrong("product", _("%(branch)s has no product in the core. Add [[product]].", branch=missing))
    return found


def off(content: Section, packs: Mapping[str, Pack]) -> tuple[Off, ...]:
    """What the fund does without: each [[off]] names something its pack does not know, and who decided it."""
    found = []
    for section in content.each("off"):
        one = Off(section.text("scheme"), section.text("what"), section.day("date"), section.text("source"))
        if one.scheme in packs and one.what not in {gap.what for gap in packs[one.scheme].missing}:
            words = _("%(scheme)s misses nothing of this name. `flask scheme missing %(scheme)s` lists what it misses.",
                      scheme=one.scheme)  # fmt: skip
            section.wrong("what", words)
        found.append(one)
        section.close()
    return tuple(found)
