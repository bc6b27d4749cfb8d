"""
What a roster file would change: each good row compared with the roster, without touching it.

Pure: persons, employments and wages come as they stand, a plan comes out.  The same plan is
shown before anything is done and carried out when it is confirmed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from portal.employers.models import Employment
from portal.employers.roster import doubts, same_wage
from portal.employers.roster_file import ParsedRoster, RosterRow
from portal.installation import month_on
from portal.people.models import Person
from portal.people.service import DIFFERENT, OTHER_NUMBER, PersonFacts, agrees
from portal.scheme.calendars import Month
from portal.scheme.fund import Choice, Fund
from portal.tabular.amounts import AmountRule
from portal.tabular.cells import REQUIRED
from portal.tabular.rows import FaultyRow, Fitted
from portal.tabular.table import Fault, Problem
from portal.words import Words, _, _n

#: What a long import is doing, first and last.
READING, SAVING = _("Reading the file"), _("Putting the changes into your roster")
#: Sex as stored when somebody already known is only compared.
NOT_SAID = "O"

UNKNOWN_NUMBER = Fault(
    "E_NUMBER_UNKNOWN", _("Nobody has this insurance number. Leave the cell empty: the fund gives the number.")
)
NUMBER_NEEDED = Fault("E_REQUIRED", _("The fund gives insurance numbers itself. Write the person's number."))
BORN_LATER = Fault("E_DATE_RANGE", _("“%(found)s”: the birth date must lie before the first day of work."))
REASON_NEEDED = Fault("E_REQUIRED", _("Somebody who left needs a reason. Write one of %(choices)s."))


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

    *category* and *reason* are codes of the fund's lists; empty ones leave what is on file.
    """

    row: RosterRow
    person: Person | None
    employment: Employment | None
    category: str = ""
    reason: str = ""
    wage: tuple[Month, Mapping[str, int]] | None = None
    last_day: date | None = None
    corrects: bool = False

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
            (move.row, move.hires, move.last_day, move.reason, move.category, move.corrects, move.wage)
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


def plan(fitted: Fitted, parsed: ParsedRoster, known: Known, fund: Fund, wages_from: Month) -> Plan:
    """Compare every good row with what is on file.  *wages_from*: the month new wages of people on the roster start."""
    judge = _Judge(fitted, known, fund, wages_from)
    moves: list[Move] = []
    faulty = list(parsed.faulty)
    sources = {row.number: row for row in fitted.table.rows}
    # By first day, so that a row that ends an employment frees the days for the row that begins the next.
    for row in sorted(parsed.rows, key=lambda row: (row.from_day, row.row)):
        move = judge.move(row)
        if judge.problems:
            faulty.append(FaultyRow(row.row, fitted.typed(sources[row.row]), tuple(judge.problems)))
        else:
            moves.append(move)
    waiting = {row.row for row in faulty}
    notices = [notice for notice in (*parsed.notices, *judge.notices) if notice.row not in waiting]
    return Plan(sorted(moves, key=lambda move: move.row.row), sorted(faulty, key=lambda row: row.row), notices)


@dataclass
class _Judge:
    """Looks at one row after the other; *problems* are those of the row just looked at."""

    fitted: Fitted
    known: Known
    fund: Fund
    wages_from: Month
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    ends: dict[int, date] = field(default_factory=dict)  # employments that rows before this one end

    def __post_init__(self) -> None:
        self.categories = _spellings(self.fund.categories)
        self.reasons = _spellings(self.fund.leave_reasons)
        self.money = AmountRule(self.fund.currency.code, self.fund.currency.digits)

    def move(self, row: RosterRow) -> Move:
        """What the row does, as far as it has no problems."""
        self.problems = []
        person = self.known.people.get(row.national_id)
        category = self.choice(row, "category", row.category, self.categories)
        reason = self.choice(row, "leave_reason", row.leave_reason, self.reasons)
        held = self.known.employments.get(person.id, ()) if person else ()
        if person is None:
            self.check_new(row)
        else:
            self.check_same(row, person, ours=bool(held))
        move = Move(row, person, next((one for one in held if one.from_day == row.from_day), None), category, reason)
        return self.hiring(move, held) if move.hires else self.changing(move, held)

    def hiring(self, move: Move, held: Sequence[Employment]) -> Move:
        """Somebody new, or somebody who comes back."""
        row = move.row
        if not move.category and not row.category:
            self.wrong(row, "category", REQUIRED)
        if row.birth_date >= row.from_day:
            self.wrong(row, "birth_date", BORN_LATER, row.birth_date.isoformat())
        self.check_reason(move)
        for one in held:
            end = self.ends.get(one.id, one.to_day)
            if one.from_day <= (row.to_day or date.max) and (end is None or end >= row.from_day):
                words = _("This person works for you since %(first)s: write that day, or the day they left.",
                          first=one.from_day)  # fmt: skip
                self.wrong(row, "from_day", Fault("E_OVERLAP", words), row.from_day.isoformat())
        self.ask_about_wage(row, None)
        wage = (month_on(row.from_day), row.components) if row.components else None
        return replace(move, wage=wage, last_day=row.to_day)

    def changing(self, move: Move, held: Sequence[Employment]) -> Move:
        """Somebody on the roster: another wage, a last day, another staff number or category."""
        row, on_file = move.row, move.employment
        assert on_file is not None
        if row.to_day is None and on_file.to_day is not None:
            words = _("This person left on %(last)s. To take them back, write the new first day.", last=on_file.to_day)
            self.wrong(row, "to_day", Fault("E_LEFT", words))
        last_day = row.to_day if row.to_day != on_file.to_day else None
        if last_day:
            self.check_reason(move)
            self.ends[on_file.id] = last_day
            if any(on_file.from_day < one.from_day <= last_day for one in held):
                words = _("The days overlap with a later employment of this person. Check the last day.")
                self.wrong(row, "to_day", Fault("E_OVERLAP", words), last_day.isoformat())
        corrects = bool(
            (row.staff_number and row.staff_number != on_file.staff_number)
            or (move.category and move.category != on_file.category)
        )
        return replace(move, wage=self.new_wage(row, on_file), last_day=last_day, corrects=corrects)

    def new_wage(self, row: RosterRow, on_file: Employment) -> tuple[Month, Mapping[str, int]] | None:
        """The wage to write and its first month; None when the row names none or it is already paid."""
        month = max(self.wages_from, month_on(on_file.from_day))
        if end := row.to_day or on_file.to_day:
            month = min(month, month_on(end))
        before = next((paid for since, paid in reversed(self.known.wages.get(on_file.id, ())) if since <= month), None)
        after = {**(before or {}), **row.components}
        if not row.components or same_wage(before, after):
            return None
        self.ask_about_wage(row, before)
        return month, after

    def check_new(self, row: RosterRow) -> None:
        """Somebody the fund does not know yet."""
        rule, number = self.fund.insurance_number, row.insurance_number
        if row.sex is None:
            self.wrong(row, "sex", REQUIRED)
        if number is None and not rule.given_by_portal:
            self.wrong(row, "insurance_number", NUMBER_NEEDED)
        elif number and number in self.known.by_insurance:
            self.wrong(row, "insurance_number", Fault("E_NUMBER_OTHER", OTHER_NUMBER), number)
        elif number and rule.given_by_portal:
            self.wrong(row, "insurance_number", UNKNOWN_NUMBER, number)

    def check_same(self, row: RosterRow, person: Person, *, ours: bool) -> None:
        """Somebody known; only about people of its own roster is an employer told what differs."""
        if not agrees(person, facts_of(row)):
            words = DIFFERENT
            if ours:
                words = _("This number is %(name)s's on your roster. Check the number, the name and the birth date.",
                          name=person.full_name)  # fmt: skip
            self.wrong(row, "national_id", Fault("E_PERSON_DIFFERS", words), row.national_id)
        elif row.insurance_number and row.insurance_number != person.insurance_number:
            self.wrong(row, "insurance_number", Fault("E_NUMBER_OTHER", OTHER_NUMBER), row.insurance_number)

    def check_reason(self, move: Move) -> None:
        """Whoever leaves does so for a reason of the fund's list."""
        if move.row.to_day and not move.row.leave_reason:
            words = Words(REASON_NEEDED.words.msgid, {"choices": _offered(self.reasons)})
            self.wrong(move.row, "leave_reason", Fault(REASON_NEEDED.code, words))

    def choice(self, row: RosterRow, name: str, text: str | None, spellings: Mapping[str, str]) -> str:
        """The code of a word of one of the fund's lists."""
        code = spellings.get(text.casefold(), "") if text else ""
        if text and not code:
            words = _("“%(found)s” is not one of %(choices)s.", choices=_offered(spellings))
            self.wrong(row, name, Fault("E_CHOICE", words), text)
        return code

    def ask_about_wage(self, row: RosterRow, before: Mapping[str, int] | None) -> None:
        """Say which of the row's wages need a look."""
        for name, words in doubts(before, row.components).items():
            fault = Fault("W_WAGE_JUMP", words, blocking=False)
            self.notices.append(self.fitted.problem(row.row, name, fault, self.money.written(row.components[name])))

    def wrong(self, row: RosterRow, name: str, fault: Fault, found: str = "") -> None:
        """Keep the row out, for this."""
        self.problems.append(self.fitted.problem(row.row, name, fault, found))


def comparing(rows: int) -> Words:
    """What is done with a file of so many good rows once it is read."""
    return _n("Comparing %(n)s row with your roster", "Comparing %(n)s rows with your roster", rows)


def _spellings(choices: Sequence[Choice]) -> dict[str, str]:
    """The code of a choice by everything people may write for it, in lower case."""
    return {spelling.casefold(): one.code for one in choices for spelling in (one.name, one.code)}


def _offered(spellings: Mapping[str, str]) -> str:
    return ", ".join(dict.fromkeys(spellings.values()))
