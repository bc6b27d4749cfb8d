"""The tests that a pack carries: worked examples in the form of the published test vectors."""

from __future__ import annotations

from typing import Any

from portal.scheme.blocks.case import CATEGORIES, Case
from portal.scheme.packfile.basics import Basics
from portal.scheme.packfile.reading import Section
from portal.scheme.packfile.tree import Place
from portal.words import _

#: A test, and where it stands, for what is said when it fails.
PlacedCase = tuple[Case, Place]


def read_tests(content: Section, basics: Basics, *, needed: bool) -> tuple[PlacedCase, ...]:
    """The pack's own tests; a pack without one is not trusted, unless it is only a template."""
    found: dict[str, PlacedCase] = {}
    sections = content.each("test")
    if needed and not sections:
        content.wrong("test", _("there is no test. Add [[test]] with a worked example."))
    for section in sections:
        id = section.text("id")
        category = section.choice("category", CATEGORIES)
        basics.sources.read(section)
        if id in found:
            section.wrong("id", _("another test has this id. Give it its own."))
        case = Case(id, category, _table(section, "inputs"), _table(section, "expected"))
        found[id] = case, section.place
        section.close()
    return tuple(found.values())


def _table(section: Section, key: str) -> dict[str, Any]:
    """The inputs or results of a test, which its category understands."""
    found = section.plain(key)
    if isinstance(found, dict) and found:
        return found
    section.wrong(key, _('this is missing. Write it as { name = "value" }.'))
    return {}
