"""What a fund's file says of its schemes, checked against their packs."""

from __future__ import annotations

from collections.abc import Mapping

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Unknown
from portal.scheme.packfile.reading import Section
from portal.words import _


def can_serve(content: Section, packs: Mapping[str, Pack]) -> None:
    """A pack in use knows by when to pay, and all packs of a fund count the same months."""
    for id, pack in packs.items():
        if isinstance(pack.due.payment, Unknown):
            words = _(
                "%(scheme)s: the day by which to pay is not known (%(why)s). Without it nothing can be billed or be "
                "late. Write [[due.payment]] with its source into overlays/%(scheme)s.toml, and name that file under "
                "[overlay].",
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
