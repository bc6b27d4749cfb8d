"""
Lines of a payroll against the roster, on plain values: every problem at once.

Pure: no database, no clock.  Blocking problems keep a declaration from being submitted; the others ask for a look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from portal.contributions.reasons import ABSENT
from portal.scheme.calendars import GREGORIAN, Calendar, Month, days_in, month_in_words
from portal.tabular.amounts import AmountRule
from portal.tabular.table import Fault, Problem
from portal.words import Amount, Words, _


@dataclass(frozen=True, slots=True)
class LineToCheck:
    """
    A line as it stands in a draft: who (as matched, any key; None when nobody was found), what was paid (minor units).

    *shares_in_file* and *shares_due* are (employee's, employer's) when the file brought shares of its own.
    """

    row: int
    person_key: Hashable
    national_id: str | None
    surname: str
    first_name: str
    components: Mapping[str, int]
    days: int | None = None
    shares_in_file: tuple[int, int] | None = None
    shares_due: tuple[int, int] | None = None
    #: Why it is not a whole month at the wage: a code of `reasons`.
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A person on the roster: *from_day* to *to_day* both included, pay of the last declared month (minor units)."""

    person_key: Hashable
    national_id: str | None
    names: str
    from_day: date
    to_day: date | None = None
    last_components: Mapping[str, int] | None = None
    #: The acknowledgement by which the month was declared for this person already, where others are being added.
    declared: str = ""


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """
    What is asked about: pay above the money's maximum, below *minimums* for a whole month (minor units, by component),
    pay *jump* times last month's or a *jump*-th of it.  *columns* says how the file names our columns.
    """

    money: AmountRule
    minimums: Mapping[str, int] = field(default_factory=dict)
    jump: int = 3
    columns: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> str:
        """The header of our column *name*."""
        return self.columns.get(name, name)

    def amount(self, minor: int) -> Amount:
        """Money for a sentence."""
        return Amount(minor, self.money.currency)


UNKNOWN = Fault("E_NOT_ON_ROSTER", _("This person is not on your roster. Add them first, or leave the row out."))
TWICE = _("This person stands in rows %(rows)s. Keep one row for each person.")
SAME_NAME = _("Rows %(rows)s have the same name and different numbers. Are they two people?")


def check(
    lines: Sequence[LineToCheck], roster: Mapping[Hashable, RosterEntry], month: Month, limits: CheckLimits,
    calendar: Calendar = GREGORIAN,
) -> list[Problem]:  # fmt: skip
    """All problems of a draft, by row; people who are missing come last."""
    first, last = month.first_day(calendar), month.last_day(calendar)
    problems: list[Problem] = []
    for line in lines:
        entry = roster.get(line.person_key)
        if entry is None:
            problems.append(UNKNOWN.at(line.row, limits.column("national_id"), line.national_id or "", secret=True))
        else:
            problems += employed(line, entry, month, calendar, limits)
            problems += added_before(line, entry, limits)
        problems += pay(line, entry, days_in(month, calendar), limits)
        if line.shares_in_file is not None and line.shares_due is not None:
            problems += shares(line, line.shares_in_file, line.shares_due, limits)
    problems += repeated(lines, limits)
    problems += namesakes(lines, limits, {line.person_key for line in lines if settled_name(line, roster)})
    problems.sort(key=lambda problem: problem.row or 0)
    return [*problems, *missing(lines, roster.values(), first, last)]


def employed(
    line: LineToCheck, entry: RosterEntry, month: Month, calendar: Calendar, limits: CheckLimits
) -> Iterable[Problem]:
    """A person who had left before the month, or had not begun by its end."""
    first, last, name = month.first_day(calendar), month.last_day(calendar), month_in_words(month, calendar)
    column = limits.column("national_id")
    if entry.to_day is not None and entry.to_day < first:
        words = _("The person left on %(day)s, before %(month)s. Leave the row out.", day=entry.to_day, month=name)
        yield Fault("E_ENDED_BEFORE", words).at(line.row, column, line.national_id or "", secret=True)
    if entry.from_day > last:
        words = _("The person starts on %(day)s, after %(month)s. Leave the row out.", day=entry.from_day, month=name)
        yield Fault("E_START_AFTER_MONTH", words).at(line.row, column, line.national_id or "", secret=True)


def pay(line: LineToCheck, entry: RosterEntry | None, month_days: int, limits: CheckLimits) -> Iterable[Problem]:
    """Nothing paid, too much, less than the law allows, or far from last month."""
    before = (entry.last_components if entry else None) or {}
    days = month_days if line.days is None else line.days
    for name, minor in line.components.items():
        fault = None
        if minor > limits.money.maximum:
            words = _(
                "“%(found)s” is above the highest amount accepted (%(most)s).", most=limits.amount(limits.money.maximum)
            )
            fault = Fault("E_AMOUNT_MAX", words)
        elif minor == 0 and line.reason not in ABSENT:
            fault = Fault("W_ZERO_WAGE", _("The amount is 0. Is the person on unpaid leave?"), blocking=False)
        elif line.reason not in ABSENT and minor * month_days < limits.minimums.get(name, 0) * days:
            words = _(
                "“%(found)s” is below the minimum for %(days)s days (%(least)s a month).",
                days=days,
                least=limits.amount(limits.minimums[name]),
            )
            fault = Fault("W_BELOW_MINIMUM", words, blocking=False)
        if fault is not None:
            yield fault.at(line.row, limits.column(name), limits.money.written(minor))
        if minor and jumps(minor, last := before.get(name, 0), line, limits):
            yield jump(minor, last, limits).at(line.row, limits.column(name), limits.money.written(minor))


def jumps(minor: int, last: int, line: LineToCheck, limits: CheckLimits) -> bool:
    """Whether pay is far from what it was; who gave a reason for less is not asked for one."""
    return bool(last) and (minor >= limits.jump * last or (not line.reason and minor * limits.jump <= last))


def jump(minor: int, last: int, limits: CheckLimits) -> Fault:
    """Pay far from what it was."""
    words = _("“%(found)s”: last month it was %(before)s. Is it right?", before=limits.amount(last))
    if minor > last:
        times = minor // last
        words = _(
            "“%(found)s” is %(times)s times last month's %(before)s. Is it right?",
            times=times,
            before=limits.amount(last),
        )
    return Fault("W_WAGE_JUMP", words, blocking=False)


def shares(line: LineToCheck, in_file: tuple[int, int], due: tuple[int, int], limits: CheckLimits) -> Iterable[Problem]:
    """Shares the file works out otherwise than the rules; the rules hold."""
    for name, found, right in zip(("employee_share", "employer_share"), in_file, due, strict=True):
        if found != right:
            words = _(
                "The file says %(found)s, by the rules it is %(due)s. The rules' amount is used.",
                due=limits.amount(right),
            )
            differs = Fault("W_SHARE_DIFFERS", words, blocking=False)
            yield differs.at(line.row, limits.column(name), limits.money.written(found))


def added_before(line: LineToCheck, entry: RosterEntry, limits: CheckLimits) -> Iterable[Problem]:
    """Nobody is declared twice for a month."""
    if entry.declared:
        words = _(
            "This person is declared for the month already, with %(number)s. Leave the row out. If something in it is "
            "wrong, revise the month instead.",
            number=entry.declared,
        )
        yield Fault("E_DECLARED", words).at(line.row, limits.column("national_id"), line.national_id or "", secret=True)


def repeated(lines: Sequence[LineToCheck], limits: CheckLimits) -> Iterable[Problem]:
    """A person in several rows: each of the rows is said."""
    rows: dict[Hashable, list[LineToCheck]] = defaultdict(list)
    for line in lines:
        if line.person_key is not None:
            rows[line.person_key].append(line)
    for same in rows.values():
        if len(same) > 1:
            fault = Fault("E_DUP_ID", with_rows(TWICE, same))
            for line in same:
                yield fault.at(line.row, limits.column("national_id"), line.national_id or "", secret=True)


def settled_name(line: LineToCheck, roster: Mapping[Hashable, RosterEntry]) -> bool:
    """Whether this person stood in the last payroll and still has the name the roster has."""
    entry = roster.get(line.person_key)
    if entry is None or entry.last_components is None:
        return False
    return set(f"{line.first_name} {line.surname}".casefold().split()) <= set(entry.names.casefold().split())


def namesakes(
    lines: Sequence[LineToCheck], limits: CheckLimits, asked: Collection[Hashable] = frozenset()
) -> Iterable[Problem]:
    """
    The same name with different numbers may be one person typed twice.

    People who all stood in the last payroll, *asked* by key, were asked about then and are not again.
    """
    rows: dict[tuple[str, str], list[LineToCheck]] = defaultdict(list)
    for line in lines:
        rows[line.surname.casefold(), line.first_name.casefold()].append(line)
    for same in rows.values():
        if len({line.national_id for line in same}) > 1 and not all(line.person_key in asked for line in same):
            fault = Fault("W_SAME_NAME", with_rows(SAME_NAME, same), blocking=False)
            for line in same:
                yield fault.at(line.row, limits.column("surname"), f"{line.surname} {line.first_name}".strip())


def with_rows(sentence: Words, lines: Sequence[LineToCheck]) -> Words:
    """The sentence with the numbers of the rows it is about, ten at most."""
    numbers = ", ".join(str(line.row) for line in lines[:10])
    return Words(sentence.msgid, {"rows": numbers + (" …" if len(lines) > 10 else "")})


def missing(lines: Iterable[LineToCheck], roster: Iterable[RosterEntry], first: date, last: date) -> Iterable[Problem]:
    """Who worked in the month by the roster and is in no line: one problem a person, of no row."""
    declared = {line.person_key for line in lines}
    for entry in roster:
        working = entry.from_day <= last and (entry.to_day is None or entry.to_day >= first)
        if working and not entry.declared and entry.person_key not in declared:
            words = _(
                "%(names)s is on your roster and not in this payroll. Did they leave, or were they not paid?",
                names=entry.names,
            )
            yield Problem("W_MISSING_EMPLOYEE", words, found=entry.names, blocking=False)


def control_total(lines: Iterable[LineToCheck], component: str, declared: int, limits: CheckLimits) -> Problem | None:
    """The total the employer typed beside the file, when the rows add up to another (minor units)."""
    total = sum(line.components.get(component, 0) for line in lines)
    if total == declared:
        return None
    words = _(
        "The rows add up to %(sum)s; you declared %(declared)s. Check which is right.",
        sum=limits.amount(total),
        declared=limits.amount(declared),
    )
    return Problem("W_CONTROL_TOTAL", words, None, component, None, blocking=False)
