"""
The fund this installation serves, and its schemes: read once, checked, then the same for all.

``use`` is called when the portal starts; everything else asks ``fund()`` and ``pack(scheme)``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from portal.errors import NotFound
from portal.scheme.calendars import GREGORIAN, Calendar, Month, month_in_words, month_of
from portal.scheme.fund import Fund, load_fund
from portal.scheme.pack import Pack
from portal.words import Words

_fund: Fund | None = None
_packs: dict[str, Pack] = {}


def use(fund_file: Path, *, practice: bool | None = None) -> Fund:
    """
    Read and check the fund and its active packs; raises with every mistake in them at once.

    *practice* is what the settings say; it decides whether documents carry the word, whatever the file says.
    """
    global _fund, _packs
    found = load_fund(fund_file)
    if practice is not None:
        found = replace(found, practice=practice)
    _fund, _packs = found, dict(found.packs)  # only now: a file that is refused leaves what was in use
    return found


def fund() -> Fund:
    """The fund; `use` comes first."""
    if _fund is None:
        raise RuntimeError("no fund is loaded; call installation.use(path) first")
    return _fund


def called(text: str, language: str) -> str:
    """A text of the fund's file in a language; as it is where no fund is in use, or it says nothing else."""
    return _fund.called(text, language) if _fund is not None else text


def packs() -> dict[str, Pack]:
    """The active schemes in the fund's order, by id."""
    return _packs


def pack(scheme: str) -> Pack:
    """The rules of one active scheme; NotFound when the fund does not run it."""
    try:
        return _packs[scheme]
    except KeyError:
        raise NotFound(scheme) from None


def is_decision(source: str) -> bool:
    """Whether a source, as it is printed, is a decision of the fund and not law."""
    return any(source in one.decisions for one in _packs.values())


def components() -> tuple[str, ...]:
    """Every pay component that some active scheme counts, in a stable order: the columns of a payroll."""
    seen: dict[str, None] = {}
    for each in _packs.values():
        seen.update(dict.fromkeys(each.components))
    return tuple(seen)


def calendar() -> Calendar:
    """The calendar in which the fund's months are counted: all its schemes have the same one."""
    return next((each.calendar for each in _packs.values()), GREGORIAN)


def month_on(day: date) -> Month:
    """The wage month in which *day* lies, in the fund's calendar."""
    return month_of(day, calendar())


def month_from(text: str) -> Month:
    """The wage month an address, a form or a job names, such as 2026-10; ``ValueError`` when it names none."""
    return Month.parse(text, calendar())


def month_words(month: Month) -> Words:
    """A wage month as people say it."""
    return month_in_words(month, calendar())
