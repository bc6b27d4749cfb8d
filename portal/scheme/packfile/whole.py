"""A whole pack, from the sections of its file."""

from __future__ import annotations

from typing import Any

from portal.scheme.blocks.pack import STATUSES, Pack
from portal.scheme.blocks.shares import AGE_COUNTS
from portal.scheme.blocks.values import Missing
from portal.scheme.calendars import CALENDARS
from portal.scheme.packfile.arrangements import (
    clearance,
    estimate,
    instalments,
    read_file_lines,
    read_formulas,
    read_optional,
)
from portal.scheme.packfile.basics import Basics, month_day, read_basics
from portal.scheme.packfile.cover import read_allocation, read_entitlement, read_waivers
from portal.scheme.packfile.due import read_due, read_rest
from portal.scheme.packfile.late import read_late
from portal.scheme.packfile.membership import read_membership, read_split
from portal.scheme.packfile.reading import Section
from portal.scheme.packfile.shares import read_branches
from portal.scheme.packfile.tests import PlacedCase, read_tests
from portal.words import _

ID = r"[a-z][a-z0-9-]{1,39}"


def read_pack(content: Section, digest: str, overlay: str | None = None) -> tuple[Pack, tuple[PlacedCase, ...]]:
    """The pack and its tests; mistakes go to the report of *content*."""
    basics = read_basics(content)
    head = _head(content)
    blocks = _blocks(content, basics)
    tests = read_tests(content, basics, needed=head["status"] != "template")
    missing = _written_as_missing(content)
    pack = Pack(
        **head,
        **blocks,
        hash=digest,
        currency=basics.currency,
        rounding=basics.rounding,
        sources=basics.sources.by_key,
        pay=tuple(basics.pay.values()),
        inputs=basics.inputs,
        missing=(*basics.sources.missing, *missing),
        unverified=tuple(dict.fromkeys(basics.sources.unverified)),
        overlay=overlay,
    )
    _check_whole(content, pack)
    basics.sources.close()
    content.close()
    return pack, tests


def _head(content: Section) -> dict[str, Any]:
    """What the pack is: the fields of :class:`Pack` that stand at the top of the file."""
    return {
        "id": content.text("id", like=ID, remedy=_("Write small letters, digits and hyphens.")),
        "name": content.text("name"),
        "short_name": content.text("short_name"),
        "status": content.choice("status", STATUSES),
        "country": content.text("country", like="[A-Z]{2}", remedy=_('Write the two letters of ISO 3166: "ZM".')),
        "timezone": content.text("timezone", like=r"\w+(/\w+)+", remedy=_('Write a zone such as "Africa/Lusaka".')),
        "calendar_name": content.choice("calendar", tuple(CALENDARS)),
        "fiscal_year": month_day(content, "fiscal_year"),
        "version_day": content.choice("version_day", ("first", "last")),
        "age_counts": content.choice("age_counts", AGE_COUNTS, default=AGE_COUNTS[0]),
    }


def _blocks(content: Section, basics: Basics) -> dict[str, Any]:
    """The rules themselves, by the name of their field in :class:`Pack`."""
    branches = read_branches(content, basics)
    codes = tuple(branch.code for branch in branches)
    return {
        "branches": branches,
        "split": read_split(content, basics, branches),
        "membership": read_membership(content, basics),
        "due": read_due(content, basics),
        "rest": read_rest(content, basics),
        "late": read_late(content, basics, codes),
        "allocation": read_allocation(content, basics),
        "entitlement": read_entitlement(content, basics, codes),
        "waivers": read_waivers(content, basics),
        "instalments": read_optional(content, basics, "instalments", instalments),
        "estimate": read_optional(content, basics, "estimate", estimate),
        "clearance": read_optional(content, basics, "clearance", clearance),
        "formulas": read_formulas(content, basics),
        "file_lines": read_file_lines(content, basics, codes),
    }


def _check_whole(content: Section, pack: Pack) -> None:
    """What only shows when all sections are read."""
    if pack.status == "scheme" and not pack.branches:
        content.wrong("branch", _("this section is missing. Add [branch.NAME] with what counts and the two shares."))


def _written_as_missing(content: Section) -> list[Missing]:
    """What the pack lists as not known without a place of its own."""
    found = []
    for section in content.each("missing"):
        found.append(Missing(section.text("what"), section.text("why"), section.where))
        section.close()
    return found
