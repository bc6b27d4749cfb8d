"""
Why a line is not a whole month at the wage: the fund's codes, their names, and how people write them in files.

Pure: no database, no clock.
"""

from __future__ import annotations

import unicodedata
from datetime import date
from enum import StrEnum

from portal.tabular.cells import Reader, noted, tidied
from portal.tabular.rows import key_of
from portal.tabular.table import Fault
from portal.words import Words, _


class Reason(StrEnum):
    """A code that stands in lines and files."""

    UNPAID_LEAVE = "unpaid_leave"
    MATERNITY = "maternity"
    SICKNESS = "sickness"
    SUSPENDED = "suspended"
    SECONDED = "seconded"
    JOINED = "joined"
    LEFT = "left"
    OTHER = "other"


NAMES: dict[str, Words] = {
    Reason.UNPAID_LEAVE: _("Unpaid leave"),
    Reason.MATERNITY: _("Maternity leave"),
    Reason.SICKNESS: _("Sickness"),
    Reason.SUSPENDED: _("Suspended"),
    Reason.SECONDED: _("Seconded to another employer"),
    Reason.JOINED: _("Joined in the month"),
    Reason.LEFT: _("Left in the month"),
    Reason.OTHER: _("Another reason"),
}
#: Other ways in which files say it, in English and French, as `key_of` makes headers comparable.
WRITTEN: dict[str, Reason] = {
    **{key_of(name.msgid): Reason(code) for code, name in NAMES.items()},
    "leave_without_pay": Reason.UNPAID_LEAVE,
    "conge_sans_solde": Reason.UNPAID_LEAVE,
    "maternity": Reason.MATERNITY,
    "conge_de_maternite": Reason.MATERNITY,
    "maternite": Reason.MATERNITY,
    "sick": Reason.SICKNESS,
    "sick_leave": Reason.SICKNESS,
    "maladie": Reason.SICKNESS,
    "conge_de_maladie": Reason.SICKNESS,
    "suspension": Reason.SUSPENDED,
    "suspendu": Reason.SUSPENDED,
    "secondment": Reason.SECONDED,
    "detache": Reason.SECONDED,
    "detachement": Reason.SECONDED,
    "new": Reason.JOINED,
    "hired": Reason.JOINED,
    "embauche": Reason.JOINED,
    "entree": Reason.JOINED,
    "depart": Reason.LEFT,
    "sortie": Reason.LEFT,
    "autre": Reason.OTHER,
}
UNKNOWN = Fault(
    "E_REASON",
    _("“%(found)s” is not a reason. Write one of: %(codes)s.", codes=", ".join(Reason)),
)


def without_accents(text: str) -> str:
    """The letters alone: people leave accents out, and programs lose them."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def name_of(code: str | None) -> Words | str:
    """A reason in words; empty where there is none."""
    return NAMES.get(code or "", "")


def reason_reader() -> Reader:
    """Reads a reason: its code, or a name of it in English or French."""

    def read(text: str) -> object:
        clean = tidied(text, 60)
        if isinstance(clean, Fault):
            return clean
        if not clean:
            return None
        code = key_of(without_accents(clean))
        if code in set(Reason):
            return Reason(code).value
        known = WRITTEN.get(code)
        return UNKNOWN if known is None else noted(known.value, known.value, text)

    return read


def by_roster(
    from_day: date, to_day: date | None, first: date, last: date
) -> tuple[str, date | None, date | None] | None:
    """What the roster says of a month from *first* to *last* (both included): that the person joined or left in it."""
    if to_day is not None and first <= to_day < last:
        return Reason.LEFT.value, None, to_day
    if first < from_day <= last:
        return Reason.JOINED.value, from_day, None
    return None
