"""
Laying a fund's own file over a pack: what it decides for itself, with date and source.

Dated lists are added to; tables are merged key by key; everything else is replaced.  The result is read
and checked like any pack, and each mistake names the file that it stands in.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, TypeGuard

from portal.scheme.packfile.reading import shown
from portal.scheme.packfile.tree import Report, Table, read_tree
from portal.words import _

#: What makes a pack the pack of its scheme; a fund cannot decide it.
_FIXED = (
    "id", "status", "country", "timezone", "calendar", "fiscal_year", "version_day", "age_counts", "currency",
)  # fmt: skip
#: Sections that need not name a source in a pack, but do where a fund changes them.
_UNSOURCED = ("due", "rounding")
#: Lists without dates, and the key by which an entry replaces the one that has the same.
_NAMED_LISTS = {"test": "id", "waiver": "code", "missing": "what"}
#: A table that names its rule anew is another rule: nothing of the old one is kept.
_WHOLE = "rule"


def lay_over(tree: Table, path: Path, report: Report) -> tuple[Table, str]:
    """The tree of the pack with the overlay of *path* over it, and the meaning of the overlay."""
    added, meaning = read_tree(path, report, added=True)
    named = added.values.pop("overlay_of", None)
    if named != tree.values.get("id"):
        remedy = _('found %(found)s. Write the pack it is laid over: overlay_of = "np-ssf".', found=shown(named))
        report.say(added.at("overlay_of"), remedy)
    for key in _FIXED:
        if key in added.values:
            report.say(added.at(key), _("a fund cannot change this of a pack. Remove it, or write a pack of its own."))
    return _merged(tree, added, report, is_top=True), meaning


def _merged(under: Table, over: Table, report: Report, *, is_top: bool = False) -> Table:
    """One table over another."""
    values, places = dict(under.values), dict(under.places)
    for key in _outdone(under, over):
        values.pop(key, None)
        places.pop(key, None)
    _check_source(under, over, report)
    for key, value in over.values.items():
        below = values.get(key)
        if isinstance(value, Table):
            if not isinstance(below, Table) or _WHOLE in value.values or "unknown" in value.values:
                below = Table(value.place)
            values[key] = _merged(below, value, report)
        elif isinstance(value, list) and isinstance(below, list) and (is_top and key in _NAMED_LISTS):
            values[key] = _replaced(below, value, _NAMED_LISTS[key])
        elif _is_dated(value) and _is_dated(below):
            values[key] = [*below, *value]
        else:
            values[key] = value
        places[key] = over.places[key]
    return replace(under, values=values, places=places)


def _outdone(under: Table, over: Table) -> list[str]:
    """What the overlay makes known, and so is no longer unknown."""
    rules = [key for key, value in over.values.items() if isinstance(value, (Table, list))]
    outdone = []
    if rules and ("payment" in rules or "declaration" not in rules):
        outdone.append("unknown")
    if "declaration" in rules:
        outdone.append("declaration_unknown")
    return [key for key in outdone if key in under.values]


def _check_source(under: Table, over: Table, report: Report) -> None:
    """A rule that is changed key by key says anew where it comes from."""
    name = over.place.where.rpartition(".")[2]
    changes = [
        key
        for key, value in over.values.items()
        if not _is_dated(value) and (name == "rounding" or not isinstance(value, Table))
    ]
    needs_one = isinstance(under.values.get("source"), str) or name in _UNSOURCED
    if changes and needs_one and "source" not in over.values:
        words = _("this changes the pack and does not say by which decision. Add source to the section.")
        report.say(over.at(changes[0]), words)


def _is_dated(value: Any) -> TypeGuard[list[Table]]:
    """Whether it is a list of dated values: each from a day or of a year."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, Table) and _has_day(one) for one in value)


def _has_day(one: Table) -> bool:
    return isinstance(one.values.get("from"), date) or "year" in one.values


def _replaced(below: list[Any], over: list[Any], key: str) -> list[Any]:
    """The list with entries replaced that have the same name, and the others behind; settled ones are left out."""
    by_name = {str(one.values.get(key)): one for one in below if isinstance(one, Table)}
    for one in over:
        if not isinstance(one, Table):
            continue
        name = str(one.values.get(key))
        if one.values.get("settled") is True and name in by_name:
            del by_name[name]
        else:
            by_name[name] = one
    return list(by_name.values())
