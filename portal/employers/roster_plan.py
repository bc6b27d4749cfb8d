"""
What a roster file would change: each good row compared with the roster, without touching it.

Pure: persons, employments and wages come as they stand, a plan comes out.  The same plan is
shown before anything is done and carried out when it is confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from portal.employers.given import about_person, holding
from portal.employers.models import Employment
from portal.employers.roster import doubts, same_wage
from portal.employers.roster_file import ParsedRoster, RosterRow
from portal.employers.roster_moves import Known, Move, Plan, facts_of
from portal.errors import Refused
from portal.installation import calendar, month_on
from portal.people.models import Person
from portal.people.service import DIFFERENT, OTHER_NUMBER, agrees
from portal.scheme.calendars import Month
from portal.scheme.fund import Choice, Fund
from portal.tabular.amounts import AmountRule
from portal.tabular.cells import REQUIRED
from portal.tabular.rows import FaultyRow, Fitted
from portal.tabular.table import Fault, Problem
from portal.words import Words, _, _n

#: What a long import is doing, first and last.
READING, SAVING = _("Reading the file"), _("Putting the changes into your roster")

UNKNOWN_NUMBER = Fault(
    "E_NUMBER_UNKNOWN", _("Nobody has this insurance number. Leave the cell empty: the fund gives the number.")
)
NUMBER_NEEDED = Fault("E_REQUIRED", _("The fund gives insurance numbers itself. Write the person's number."))
BORN_LATER = Fault("E_DATE_RANGE", _("“%(found)s”: the birth date must lie before the first day of work."))
REASON_NEEDED = Fault("E_REQUIRED", _("Somebody who left needs a reason. Write one of %(choices)s."))


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
        on_file = next((one for one in held if one.from_day == row.from_day), None)
        move = self.answering(Move(row, person, on_file, category, reason))
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
            or move.said
        )
        return replace(move, wage=self.new_wage(row, on_file), last_day=last_day, corrects=corrects)

    def answering(self, move: Move) -> Move:
        """What the row says to the questions of the schemes, as far as it is not on file."""
        row, on_file = move.row, move.employment
        day = max(self.wages_from.first_day(calendar()), row.from_day) if on_file else row.from_day
        held = holding(on_file.answers, day) if on_file else {}
        try:
            said = about_person(row.said)
        except Refused as refused:
            self.wrong(row, refused.field or "", Fault("E_CHOICE", refused.words), row.said[refused.field or ""])
            return move
        return replace(move, said={key: text for key, text in said.items() if held.get(key) != text}, said_from=day)

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
