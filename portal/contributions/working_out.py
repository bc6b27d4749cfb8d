"""
The contributions of all lines of a payroll: one calculation a scheme, over columns.

Where a line cannot be computed the lines are halved until it is found; it gets a problem that names
what is missing, and all others their amounts.  The results are those of one line after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.contributions.basis import Basis, Line
from portal.employers.given import Given, asked_of_employer, of_person, read
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.contribution import Contribution, Earlier, People, Share, Shares, contribution_on, work_out
from portal.scheme.pay.unusable import Unusable
from portal.tabular.table import Problem
from portal.words import Words, _

#: So few lines are computed one by one: halving them on costs more.
FEW = 8


@dataclass(frozen=True, slots=True)
class _Asked:
    """One line as a scheme's rules are asked about it."""

    place: int
    line: Line
    said: Mapping[str, Any]
    born: int
    earlier: tuple[Earlier, ...]

    @property
    def shape(self) -> tuple[object, ...]:
        """Lines of the same shape stand in columns together: the same is known of each."""
        return tuple(self.said), self.line.days is None, tuple(one.month for one in self.earlier)


@dataclass
class Worked:
    """For each line, in their order, its contributions by scheme; and what kept lines from having one, by row."""

    contributions: list[dict[str, Contribution]]
    problems: dict[int, list[Problem]] = field(default_factory=dict)


def worked_out(basis: Basis, lines: Sequence[Line], columns: Mapping[str, str]) -> Worked:
    """Every line by every scheme; *columns* is how the reader's file names our columns."""
    done = Worked([{} for _line in lines])
    for given in basis.given.values():
        together: dict[tuple[object, ...], list[_Asked]] = {}
        for place, line in enumerate(lines):
            one = _asked(basis, given.rules, place, line)
            together.setdefault(one.shape, []).append(one)
        for alike in together.values():
            _All(basis, given, columns, done).work_out(alike)
    return done


def _asked(basis: Basis, rules: Pack, place: int, line: Line) -> _Asked:
    who = basis.people[line.person_id]
    said = read(rules, of_person(rules, who.answers, basis.month, who.from_day)) if who.answers else {}
    earlier = tuple(Earlier(month, paid) for month, paid in basis.earlier.get((rules.id, line.person_id), ()))
    return _Asked(place, line, said, who.birth_date.toordinal(), earlier)


@dataclass(frozen=True, slots=True)
class _All:
    """Lines of one shape in one scheme."""

    basis: Basis
    given: Given
    columns: Mapping[str, str]
    done: Worked

    def work_out(self, asked: Sequence[_Asked]) -> None:
        """All of them, or by halves what of them can be."""
        if len(asked) <= FEW:
            for one in asked:
                self.one(one)
            return
        try:
            found = self.together(asked)
        except Unusable as fault:
            self._apart(asked, fault if self._is_employers(fault) else None)
        except NotKnown:
            self._apart(asked, None)
        else:
            for one, contribution in zip(asked, found, strict=True):
                self.done.contributions[one.place][self.given.rules.id] = contribution

    def _apart(self, asked: Sequence[_Asked], of_all: Unusable | None) -> None:
        """What the employer has not said (*of_all*) is missing in every line; anything else is looked for by halves."""
        if of_all is not None:
            for one in asked:
                self.at_fault(one, of_all)
            return
        middle = len(asked) // 2
        self.work_out(asked[:middle])
        self.work_out(asked[middle:])

    def _is_employers(self, fault: Unusable) -> bool:
        return fault.field in {one.code for one in asked_of_employer(self.given.rules)}

    def together(self, asked: Sequence[_Asked]) -> list[Contribution]:
        """The contributions of many lines in one calculation; nobody's where one cannot be."""
        first, rules = asked[0], self.given.rules
        people = People(
            {code: [one.line.components[code] for one in asked] for code in rules.components},
            {code: [one.said[code] for one in asked] for code in first.said},
            [one.born for one in asked],
            None if first.line.days is None else [one.line.days for one in asked],
            tuple(_column(asked, place) for place in range(len(first.earlier))),
        )
        given = self.given
        shares = work_out(rules, self.basis.month, people, given.employer, given.options, given.known_on)
        if shares.employer is None or shares.employee is None:
            raise NotKnown(_("How the total is shared is not known for this month."))  # line by line it says more
        return contributions_of(shares, len(asked))

    def one(self, asked: _Asked) -> None:
        """One line; its problem where it cannot be computed."""
        given, line = self.given, asked.line
        try:
            found = contribution_on(
                given.rules, self.basis.month, line.components, person=asked.said, employer=given.employer,
                options=given.options, days=line.days, birth=asked.born, earlier=asked.earlier,
                known_on=given.known_on,
            )  # fmt: skip
        except (Unusable, NotKnown) as fault:
            self.at_fault(asked, fault)
        else:
            self.done.contributions[asked.place][given.rules.id] = found

    def at_fault(self, asked: _Asked, fault: Unusable | NotKnown) -> None:
        """Keep the line back, naming what is missing and who can say it."""
        row = asked.line.row
        code = "E_NOT_SAID" if isinstance(fault, Unusable) else "E_NOT_KNOWN"
        problem = Problem(code, self._what_to_do(fault), row, self._name_of(fault))
        self.done.problems.setdefault(row, []).append(problem)

    def _what_to_do(self, fault: Unusable | NotKnown) -> Words:
        scheme, why = self.given.rules.short_name, fault.words
        if isinstance(fault, NotKnown):
            return _("%(scheme)s: %(why)s Ask the fund.", scheme=scheme, why=why)
        if fault.field not in self.given.rules.inputs:
            return _("%(scheme)s: %(why)s", scheme=scheme, why=why)
        if self._is_employers(fault):
            return _("%(scheme)s: %(why)s Ask the fund to enter it in your enrolment.", scheme=scheme, why=why)
        return _("%(scheme)s: %(why)s Enter it on your roster, then check the payroll again.", scheme=scheme, why=why)

    def _name_of(self, fault: Unusable | NotKnown) -> str | None:
        if isinstance(fault, NotKnown):
            return None
        rules = self.given.rules
        if fault.field in rules.inputs:
            return rules.inputs[fault.field].label
        if fault.field in rules.components:
            return self.columns.get(fault.field) or rules.label_of(fault.field)
        return fault.field


def _column(asked: Sequence[_Asked], place: int) -> Earlier:
    """What all of them were paid in one of the earlier months."""
    first, months = asked[0].earlier[place], [one.earlier[place].earnings for one in asked]
    return Earlier(first.month, {code: [paid.get(code, 0) for paid in months] for code in first.earnings})


def contributions_of(shares: Shares, count: int) -> list[Contribution]:
    """Columns of shares as one contribution a person."""
    branches = [
        [
            Share(branch.branch, insurable, employer, employee, branch.provisional, total)
            for insurable, employer, employee, total in zip(
                *(_listed(one, count) for one in (branch.insurable, branch.employer, branch.employee, branch.total)),
                strict=True,
            )
        ]
        for branch in shares.branches
    ]
    sides = zip(_listed(shares.employer, count), _listed(shares.employee, count), strict=True)
    lines = zip(*branches, strict=True) if branches else [()] * count
    return [
        Contribution(of_line, *both, max((one.insurable for one in of_line), default=0), shares.provisional)
        for of_line, both in zip(lines, sides, strict=True)
    ]


def _listed(numbers: Any, count: int) -> list[Any]:
    """A column as plain numbers; None for everybody where it is not known."""
    if numbers is None:
        return [None] * count
    return list(numbers.tolist()) if hasattr(numbers, "tolist") else [numbers] * count
