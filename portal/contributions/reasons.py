"""
Why a line is not a whole month at the wage: the fund's codes, their names, and how people write them in files.

Pure: no database, no clock.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
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


#: Reasons for which somebody who is employed did not work: less pay, or none, is no oversight then.
ABSENT = frozenset(
    (Reason.UNPAID_LEAVE, Reason.MATERNITY, Reason.SICKNESS, Reason.SUSPENDED, Reason.SECONDED)
)  # fmt: skip
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
NO_REASON = Fault("E_REASON_MISSING", _("Days are given without a reason. Write the reason, or leave the days out."))
REVERSED = Fault("E_REASON_DAYS", _("The last day is before the first. Correct one of them."))
ELSEWHERE = Fault(
    "E_REASON_DAYS", _("These days do not touch the month of this payroll. Correct them, or leave the reason out.")
)
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


@dataclass(frozen=True, slots=True)
class Why:
    """A reason (its code, or None) and the days it is about, both included, as far as they are known."""

    reason: str | None = None
    reason_from: date | None = None
    reason_to: date | None = None

    def fault(self, first: date, last: date) -> tuple[str, Fault] | None:
        """What is wrong with it in a month from *first* to *last* (both included), and which part of it."""
        begins, ends = self.reason_from, self.reason_to
        if self.reason is None:
            return ("reason", NO_REASON) if begins or ends else None
        if begins and ends and ends < begins:
            return "reason_to", REVERSED
        if begins and begins > last:
            return "reason_from", ELSEWHERE
        if ends and ends < first:
            return "reason_to", ELSEWHERE
        return None

    def covers(self, first: date, last: date) -> bool:
        """Whether its days are all days from *first* to *last*; with neither end known they are."""
        return (self.reason_from is None or self.reason_from <= first) and (
            self.reason_to is None or self.reason_to >= last
        )


NONE = Why()
#: Its parts, as lines and files name them.
WHY = ("reason", "reason_from", "reason_to")


def by_roster(from_day: date, to_day: date | None, first: date, last: date) -> Why:
    """What the roster says of a month from *first* to *last* (both included): that the person joined or left in it."""
    joined = from_day if first < from_day <= last else None
    if to_day is not None and first <= to_day < last:
        return Why(Reason.LEFT.value, joined, to_day)
    return Why(Reason.JOINED.value, joined) if joined else NONE


def days_employed(from_day: date, to_day: date | None, first: date, last: date) -> int:
    """How many days from *first* to *last* (both included) lie in an employment."""
    ends = last if to_day is None else min(to_day, last)
    return max((ends - max(from_day, first)).days + 1, 0)
