"""
A payroll checked as one set and computed: the same for one line changed, a file, or the moment of submission.

The number of statements does not grow with the number of people.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from portal.contributions.basis import Basis, Line
from portal.contributions.checks import CheckLimits, LineToCheck, RosterEntry, check
from portal.contributions.part_months import part_month
from portal.contributions.working_out import worked_out
from portal.employers.roster import RosterPerson
from portal.employers.roster_import import money
from portal.installation import calendar, fund
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.contribution import Contribution
from portal.scheme.explain import words_from_json, words_to_json
from portal.tabular.amounts import AmountRule
from portal.tabular.table import Problem
from portal.words import _

#: More people missing than this are counted, not named one by one.
NAMED = 50
#: More rows with a name that stands in another row too are counted, not asked about row by row: three pairs of people.
NAMESAKES = 6


@dataclass(frozen=True, slots=True)
class Sums:
    """What a payroll comes to in one scheme, in minor units of its currency."""

    people: int = 0
    earnings: int = 0
    insurable: int = 0
    employer: int = 0
    employee: int = 0
    provisional: bool = False

    @property
    def total(self) -> int:
        """Both shares: what has to be paid."""
        return self.employer + self.employee


@dataclass(frozen=True, slots=True)
class Assessed:
    """
    Lines with their contributions by scheme and their problems; *notices* belong to no line.

    *namesakes* is how many rows have the name of another row, where they are too many to be asked about one by one.
    """

    lines: Sequence[Line]
    contributions: Sequence[Mapping[str, Contribution]]
    problems: Mapping[int, list[Problem]]
    notices: list[Problem] = field(default_factory=list)
    missing: int = 0
    namesakes: int = 0
    sums: Mapping[str, Sums] = field(default_factory=dict)

    @property
    def blocking(self) -> int:
        """How many lines cannot be submitted as they are."""
        return sum(any(one.blocking for one in found) for found in self.problems.values())

    @property
    def warnings(self) -> int:
        """How many lines ask for a look."""
        return sum(not any(one.blocking for one in found) for found in self.problems.values())


def assess(basis: Basis, lines: Sequence[Line], columns: Mapping[str, str] | None = None) -> Assessed:
    """Check and compute all *lines* as one set; *columns* is how the reader's file names our columns."""
    worked = worked_out(basis, lines, columns or {})
    contributions = worked.contributions
    limits = CheckLimits(_money(), _minimums(basis), _jump(), columns or {})
    entries: dict[Hashable, RosterEntry] = {
        key: _entry(one, basis.last_pay.get(key), basis.declared.get(key, "")) for key, one in basis.people.items()
    }
    checked = [_to_check(basis, line, found) for line, found in zip(lines, contributions, strict=True)]
    problems = worked.problems
    missing = []
    found, namesakes = _crowds(check(checked, entries, basis.month, limits, calendar()))
    for problem in found:
        if problem.row is None:
            missing.append(problem)
        else:
            problems.setdefault(problem.row, []).append(problem)
    for line in lines:
        if part := list(part_month(basis, line, limits)):
            problems.setdefault(line.row, []).extend(part)
    sums = {rules.id: _sums(rules, lines, contributions) for rules in basis.packs}
    return Assessed(lines, contributions, problems, _few(missing), len(missing), namesakes, sums)


def _crowds(problems: list[Problem]) -> tuple[list[Problem], int]:
    """The problems without those about names when these are many, and how many were left out."""
    others = [one for one in problems if one.code != "W_SAME_NAME"]
    left_out = len(problems) - len(others)
    return (others, left_out) if left_out > NAMESAKES else (problems, 0)


def _money() -> AmountRule:
    """How wages are written, and the highest one the fund takes."""
    return replace(money(), maximum=fund().limits.most_wage)


def _to_check(basis: Basis, line: Line, found: Mapping[str, Contribution]) -> LineToCheck:
    """A line in the terms of the checks; the shares in a file are those of the scheme that counts gross pay."""
    who = basis.people[line.person_id]
    due = next((found.get(rules.id) for rules in basis.packs if "gross" in rules.components), None)
    return LineToCheck(
        line.row, line.person_id, who.national_id, who.surname, f"{who.first_name} {who.other_names}".strip(),
        line.components, line.days,
        line.in_file if due else None, (due.employee, due.employer) if due else None, line.reason,
    )  # fmt: skip


def _entry(who: RosterPerson, last: Mapping[str, int] | None, declared: str) -> RosterEntry:
    names = f"{who.first_name} {who.surname}"
    return RosterEntry(who.person_id, who.national_id, names, who.from_day, who.to_day, last, declared)


def _minimums(basis: Basis) -> dict[str, int]:
    """The least pay of a whole month by component, where a scheme states one."""
    found: dict[str, int] = {}
    for rules in basis.packs:
        member = rules.membership
        if member.minimum_earnings is None or member.component is None:
            continue
        try:
            least = member.minimum_earnings.value_at(basis.month.first_day(rules.calendar))
        except NotKnown:
            continue
        found[member.component] = max(least, found.get(member.component, 0))
    return found


def _jump(least: int = 2) -> int:
    """How many times last month's pay is asked about: the fund's limit, rounded up to a whole number."""
    wanted = 1 + fund().limits.wage_jump
    return max(least, -(-wanted.numerator // wanted.denominator))


def _few(missing: list[Problem]) -> list[Problem]:
    """The people who are missing by name, or their number when they are many."""
    if len(missing) <= NAMED:
        return missing
    words = _(
        "%(n)s people on your roster are not in this payroll. Did they leave, or were they not paid?", n=len(missing)
    )
    return [Problem("W_MISSING_EMPLOYEE", words, blocking=False)]


def _sums(rules: Pack, lines: Sequence[Line], contributions: Sequence[Mapping[str, Contribution]]) -> Sums:
    shares = [found[rules.id] for found in contributions if rules.id in found]
    return Sums(
        people=len(lines),
        earnings=sum(earnings_of(rules, line.components) for line in lines),
        insurable=sum(one.insurable for one in shares),
        employer=sum(one.employer for one in shares),
        employee=sum(one.employee for one in shares),
        provisional=any(one.provisional for one in shares),
    )


def earnings_of(rules: Pack, components: Mapping[str, int]) -> int:
    """What was paid of the components this scheme counts."""
    return sum(components[code] for code in rules.components)


def problem_to_json(problem: Problem) -> dict[str, Any]:
    """A problem as the database keeps it."""
    return {
        "code": problem.code,
        "words": words_to_json(problem.words),
        "row": problem.row,
        "column": problem.column,
        "found": problem.found,
        "blocking": problem.blocking,
    }


def problem_from_json(kept: Mapping[str, Any]) -> Problem:
    """The problem that was kept."""
    return Problem(**{**kept, "words": words_from_json(kept["words"])})


def problems_from_json(kept: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """All problems that were kept, in their order."""
    return [problem_from_json(one) for one in kept]
