"""What is on file about the people of a roster file, and what each of its rows would do: plain values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from portal.employers.models import Employment
from portal.employers.roster_file import RosterRow
from portal.people.models import Person
from portal.people.service import PersonFacts
from portal.scheme.calendars import Month
from portal.tabular.rows import FaultyRow
from portal.tabular.table import Problem

#: Sex as stored when somebody already known is only compared.
NOT_SAID = "O"


@dataclass(frozen=True, slots=True)
class Known:
    """What is on file: persons by national identity number, this employer's employments and their wages."""

    people: Mapping[str, Person]
    by_insurance: Mapping[str, Person]
    employments: Mapping[int, Sequence[Employment]]  # by person, the first one first
    wages: Mapping[int, Sequence[tuple[Month, dict[str, int]]]]  # by employment, the first one first


@dataclass(frozen=True, slots=True)
class Move:
    """
    What one row does.  Without *employment* it hires; *wage* is written from its month on; *last_day* ends.

    *category* and *reason* are codes of the fund's lists; empty ones leave what is on file.  *said* are the
    answers that differ from those on file, from *said_from* on.
    """

    row: RosterRow
    person: Person | None
    employment: Employment | None
    category: str = ""
    reason: str = ""
    wage: tuple[Month, Mapping[str, int]] | None = None
    last_day: date | None = None
    corrects: bool = False
    said: Mapping[str, str] = field(default_factory=dict)
    said_from: date = date.min

    @property
    def hires(self) -> bool:
        """Whether somebody is taken on."""
        return self.employment is None

    @property
    def leaves(self) -> bool:
        """Whether an employment on the roster ends."""
        return self.employment is not None and self.last_day is not None

    @property
    def pays(self) -> bool:
        """Whether the wage of somebody on the roster changes."""
        return self.employment is not None and self.wage is not None

    @property
    def changes(self) -> bool:
        """Whether the row does anything at all."""
        return self.hires or self.leaves or self.pays or self.corrects


@dataclass(frozen=True)
class Plan:
    """Everything a file would do: a move for each good row, and the rows that wait to be mended."""

    moves: Sequence[Move]
    faulty: Sequence[FaultyRow]
    notices: Sequence[Problem]

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many are hired, get another wage, leave, are corrected, stay as they are, and wait."""
        return {
            "hired": sum(move.hires for move in self.moves),
            "wages": sum(move.pays for move in self.moves),
            "left": sum(move.leaves for move in self.moves),
            "corrected": sum(move.corrects for move in self.moves),
            "unchanged": sum(not move.changes for move in self.moves),
            "faulty": len(self.faulty),
        }

    @property
    def does_anything(self) -> bool:
        """Whether confirming it changes the roster."""
        return any(move.changes for move in self.moves)

    @property
    def problems(self) -> list[Problem]:
        """What keeps rows out, in the order of the file."""
        return [problem for row in self.faulty for problem in row.problems]

    @property
    def fingerprint(self) -> str:
        """What was shown: a confirmation of something else is not taken."""
        shown = [
            (move.row, move.hires, move.last_day, move.reason, move.category, move.corrects, move.wage, dict(move.said))
            for move in self.moves
            if move.changes
        ]
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:24]


def facts_of(row: RosterRow) -> PersonFacts:
    """What a row says about the person."""
    return PersonFacts(
        row.national_id, row.surname, row.first_name, row.sex or NOT_SAID, row.birth_date,
        row.other_names, row.phone or "", row.email or "", row.insurance_number or "",
    )  # fmt: skip
