"""What the page about a roster file shows: taken from a plan, and kept as JSON where the plan takes long to make."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from portal.employers.given import in_words, label_of, questions
from portal.employers.roster_forms import component_labels
from portal.employers.roster_moves import Move, Plan
from portal.installation import fund, month_words
from portal.scheme.explain import words_from_json, words_to_json
from portal.tabular.table import Problem
from portal.words import Amount, Words, _, _n

#: Problems drawn on a page; all of them are in the file to download.
SHOWN = 100
EVERYTHING = slice(None)


@dataclass(frozen=True, slots=True)
class Change:
    """One row that changes something: its number, whom it is about, what it does."""

    row: int
    name: str
    words: Sequence[Words]


@dataclass(frozen=True, slots=True)
class Review:
    """Everything a file would do and every problem in it, as much of it as a page needs: *changes* may be a part."""

    fingerprint: str
    does_anything: bool
    good: int
    faulty: int
    summary: Sequence[tuple[Words, int]]
    groups: Sequence[tuple[Words, int]]
    problems: Sequence[Problem]
    all_problems: int
    notices: Sequence[Problem]
    all_notices: int
    changes: Sequence[Change]
    all_changes: int

    @property
    def button(self) -> Words:
        """What the button says."""
        if self.faulty:
            return _n("Continue with the good row", "Continue with the %(n)s good rows", self.good)
        return _("Make these changes")


def review_of(plan: Plan, part: slice = EVERYTHING) -> Review:
    """A plan as the page shows it, with that part of the changes."""
    problems = plan.problems
    moves = [move for move in plan.moves if move.changes]
    changes = [Change(move.row.row, f"{move.row.surname}, {move.row.first_name}", _what(move)) for move in moves[part]]
    return Review(
        plan.fingerprint, plan.does_anything, len(plan.moves), len(plan.faulty), _summary(plan.counts),
        _groups(problems), problems[:SHOWN], len(problems), plan.notices[:SHOWN], len(plan.notices), changes,
        len(moves),
    )  # fmt: skip


def review_to_json(review: Review) -> bytes:
    """A review as it is kept."""
    kept = {each.name: getattr(review, each.name) for each in fields(Review)} | {
        "summary": [(words_to_json(words), n) for words, n in review.summary],
        "groups": [(words_to_json(words), n) for words, n in review.groups],
        "problems": [_problem_out(one) for one in review.problems],
        "notices": [_problem_out(one) for one in review.notices],
        "changes": [(one.row, one.name, [words_to_json(words) for words in one.words]) for one in review.changes],
    }
    return json.dumps(kept).encode()


def review_from_json(content: bytes, part: slice = EVERYTHING) -> Review:
    """The review that :func:`review_to_json` wrote, with that part of the changes."""
    kept = json.loads(content)
    for name in ("summary", "groups"):
        kept[name] = [(words_from_json(words), n) for words, n in kept[name]]
    for name in ("problems", "notices"):
        kept[name] = [_problem_in(one) for one in kept[name]]
    kept["changes"] = [
        Change(row, name, [words_from_json(one) for one in words]) for row, name, words in kept["changes"][part]
    ]
    return Review(**kept)


def _problem_out(one: Problem) -> list[Any]:
    return [one.code, words_to_json(one.words), one.row, one.column, one.found, one.blocking]


def _problem_in(kept: list[Any]) -> Problem:
    code, words, *place = kept
    return Problem(code, words_from_json(words), *place)


def _groups(problems: Sequence[Problem]) -> list[tuple[Words, int]]:
    """How many problems stand in which column, most first."""
    found = Counter(problem.column for problem in problems)
    return [
        (_("in the column %(column)s", column=column) if column else _("of the whole row"), n)
        for column, n in found.most_common()
    ]


def _summary(counts: dict[str, int]) -> list[tuple[Words, int]]:
    return [
        (_("Hired"), counts["hired"]),
        (_("Wage changed"), counts["wages"]),
        (_("Left"), counts["left"]),
        (_("Category or staff number corrected"), counts["corrected"]),
        (_("Unchanged"), counts["unchanged"]),
        (_("Rows with problems"), counts["faulty"]),
    ]


def _what(move: Move) -> list[Words]:
    """What a row does, in words."""
    row, done = move.row, []
    if move.hires:
        done.append(_("Hired from %(day)s", day=row.from_day))
    if move.last_day:
        done.append(_("Leaves; last day %(day)s", day=move.last_day))
    if move.wage:
        month, pay = move.wage
        labels, currency = component_labels(), fund().currency.code
        done += [
            _("%(component)s %(amount)s from %(month)s", component=labels[code], amount=Amount(amount, currency),
              month=month_words(month))
            for code, amount in pay.items()
        ]  # fmt: skip
    for key, text in move.said.items():
        rules, asked = questions()[key]
        said = in_words(rules, asked.code, text)
        done.append(_("%(question)s: %(answer)s from %(day)s", question=label_of(key), answer=said, day=move.said_from))
    if move.corrects and not move.said:
        done.append(_("Category or staff number corrected"))
    return done
