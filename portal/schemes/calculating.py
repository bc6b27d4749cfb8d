"""What the calculators answer: each share with its steps, what it costs to be late, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.shares import Branch
from portal.scheme.blocks.values import NotKnown, Series, Unknown
from portal.scheme.calendars import Month
from portal.scheme.cases.explained import explained_due
from portal.scheme.cases.given import Asked, asked_of
from portal.scheme.cases.inputs import count, table
from portal.scheme.contribution import BranchShares, work_out
from portal.scheme.deadlines import due_day, shown_day
from portal.scheme.explain import Step
from portal.scheme.late import ChargeHistory, Movement, late_charges_on, rules_of
from portal.words import Words, _


@dataclass(frozen=True, slots=True)
class ShareShown:
    """One branch's shares in minor units; *why* says what is not known of it, and its amounts are then None."""

    name: str
    insurable: int | None
    employer: int | None
    employee: int | None
    total: int | None
    why: Words | None = None


@dataclass(frozen=True, slots=True)
class ContributionAnswer:
    """
    What is due on one person's pay; totals are None where a part of them is not known.

    *gaps*: why a total is known and not how it is shared.  *doubts*: what it rests on although nobody
    confirmed it, or what is only provisional.
    """

    month: Month
    shares: tuple[ShareShown, ...]
    employer: int | None
    employee: int | None
    total: int | None
    steps: tuple[Step, ...]
    due: Words | None
    due_steps: tuple[Step, ...]
    doubts: tuple[Words, ...]
    provisional: bool
    gaps: tuple[Words, ...] = ()


def contribution_answer(pack: Pack, inputs: Mapping[str, Any]) -> ContributionAnswer:
    """
    The answer to a question in the form of the test vectors.

    ``BadInput`` or ``Unusable`` where something in it cannot be used.
    """
    asked, steps = asked_of(pack, inputs), list[Step]()
    due, due_steps = _due(pack, asked.month, inputs)
    doubts = tuple(_doubts(pack, asked.month))
    try:
        found = work_out(
            asked.pack, asked.month, asked.people, asked.employer, asked.options, asked.known_on, steps
        )  # fmt: skip
    except NotKnown as gap:
        shares, known_steps = _what_is_known(asked, gap)
        return ContributionAnswer(asked.month, shares, None, None, None, known_steps, due, due_steps, doubts, False)
    shown = tuple(_shown(pack, one) for one in found.branches)
    return ContributionAnswer(
        asked.month, shown, found.employer, found.employee, found.total, tuple(steps), due, due_steps, doubts,
        found.provisional, tuple(_unshared(pack, asked.month, found.branches)),
    )  # fmt: skip


def _shown(pack: Pack, one: BranchShares) -> ShareShown:
    return ShareShown(pack.branch(one.branch).name, one.insurable, one.employer, one.employee, one.total)


def _unshared(pack: Pack, month: Month, found: Iterable[BranchShares]) -> Iterator[Words]:
    """Why nobody knows how a total that is known is shared."""
    day = pack.deciding_day(month)
    for one in found:
        if one.employer is None or one.employee is None:
            branch = pack.branch(one.branch)
            for series in (branch.employer, branch.employee):
                if series is not None and series.dated(day).value is None:
                    yield series.not_known(series.dated(day), day).words


def _what_is_known(asked: Asked, gap: NotKnown) -> tuple[tuple[ShareShown, ...], tuple[Step, ...]]:
    """Branch by branch, where not all of them can be worked out: the others are known all the same."""
    found: list[ShareShown] = []
    steps: list[Step] = []
    for branch in asked.pack.branches:
        if branch.per_establishment:
            continue
        own: list[Step] = []
        try:
            shares = work_out(
                asked.pack, asked.month, asked.people, asked.employer, asked.options, asked.known_on, own,
                branches=[branch.code, *_leans_on(branch)],
            )  # fmt: skip
        except NotKnown as why:
            found.append(ShareShown(branch.name, None, None, None, None, why.words))
        else:
            found.append(_shown(asked.pack, shares.branch(branch.code)))
            steps += own
    if all(one.why is None for one in found):  # what is not known concerns all of them together
        steps.append(Step(gap.words))
    return tuple(found), tuple(steps)


def _leans_on(branch: Branch) -> Iterator[str]:
    """The branches whose shares this one is made from."""
    for series in (branch.employer, branch.employee, branch.total):
        for dated in series.values if series is not None else ():
            if dated.value is not None:
                others = (dated.value.same_as, dated.value.less)
                yield from (one.branch for one in others if one is not None and one.branch != branch.code)


def _due(pack: Pack, month: Month, inputs: Mapping[str, Any]) -> tuple[Words | None, tuple[Step, ...]]:
    """The due day and how it is found, or the one sentence why it is not known."""
    employer = table(inputs, "employer")
    headcount = employer.get("headcount")
    said = {**table(inputs, "person"), **employer, **table(inputs, "options")}
    try:
        steps = explained_due(pack, inputs)
        people = None if headcount is None else count(headcount, "headcount")
        day = due_day(pack, month, headcount=people, options=said)
        return _("To be paid by %(day)s.", day=shown_day(pack, day)), steps
    except NotKnown as gap:
        return None, (Step(gap.words),)


def _doubts(pack: Pack, month: Month) -> Iterator[Words]:
    """Every value in force that is used although nobody confirmed it, or that waits for a new one."""
    for gap in pack.unverified:
        if gap.where.startswith("rounding"):
            yield _("%(what)s: %(why)s", what=gap.words or gap.what, why=gap.why)
    for branch in pack.branches:
        for series in _series(branch):
            yield from _doubts_of(branch, series, pack.deciding_day(month))


def _doubts_of(branch: Branch, series: Series[Any], day: date) -> Iterator[Words]:
    try:
        dated = series.dated(day)
    except NotKnown:
        return
    if dated.unverified:
        yield _("%(branch)s, %(rule)s: %(why)s", branch=branch.name, rule=series.name, why=dated.unverified)
    if dated.provisional:
        yield _(
            "%(branch)s, %(rule)s: the new value is not published yet; the one before it is used for the time being.",
            branch=branch.name, rule=series.name,
        )  # fmt: skip


def _series(branch: Branch) -> Iterable[Series[Any]]:
    """Everything dated in a branch."""
    listed = (
        branch.base, branch.floor, branch.ceiling, branch.year_ceiling, branch.above, branch.employer,
        branch.employee, branch.total, branch.minimum,
    )  # fmt: skip
    return [one for one in listed if one is not None]


@dataclass(frozen=True, slots=True)
class LateQuestion:
    """A charge in minor units, its due day, part payments, and the day on which the rest was paid, or is not yet."""

    charge: int
    due: date
    on: date
    paid: bool
    parts: Sequence[tuple[date, int]] = ()
    employer: Mapping[str, object] | None = None
    options: Mapping[str, object] | None = None

    @property
    def history(self) -> ChargeHistory:
        """The same, as the rules take it."""
        movements = [Movement(self.due, self.charge), *(Movement(day, -amount) for day, amount in self.parts)]
        rest = self.charge - sum(amount for _day, amount in self.parts)
        if self.paid and rest > 0:
            movements.append(Movement(self.on, -rest))
        return ChargeHistory(self.due, tuple(movements))


@dataclass(frozen=True, slots=True)
class LateShown:
    """What one rule asks, in minor units; *why* says why that is not known, and the amount is then None."""

    name: str
    amount: int | None
    why: Words | None = None
    beneficiary: str | None = None


@dataclass(frozen=True, slots=True)
class LateAnswer:
    """What being late costs; *total* is None where one of the rules is not known."""

    rules: tuple[LateShown, ...]
    total: int | None
    steps: tuple[Step, ...]
    unpaid: int
    next_begins: date | None


def late_answer(pack: Pack, question: LateQuestion) -> LateAnswer:
    """Each rule by itself, so that one that is not known does not hide the others."""
    unpaid = sum(movement.amount for movement in question.history.movements if movement.day <= question.on)
    if isinstance(pack.late, Unknown):
        charge = late_charges_on(pack, question.history, question.on)
        return LateAnswer((LateShown(pack.short_name, None, charge.steps[0].words),), None, charge.steps, unpaid, None)
    shown, steps, following = [], list[Step](), list[date]()
    for rule in rules_of(pack, None):
        try:
            found = late_charges_on(
                pack, question.history, question.on, rules=(rule.code,),
                employer=question.employer or {}, options=question.options or {},
            )  # fmt: skip
        except NotKnown as gap:
            shown.append(LateShown(rule.name, None, gap.words))
            continue
        shown.append(LateShown(rule.name, found.amount, None, found.beneficiary))
        steps += [Step(_("%(rule)s:", rule=rule.name)), *found.steps] if len(pack.late) > 1 else found.steps
        following += [found.next_begins] if found.next_begins else []
    known = all(one.amount is not None for one in shown)
    total = sum(one.amount or 0 for one in shown) if known else None
    return LateAnswer(tuple(shown), total, tuple(steps), unpaid, min(following, default=None))
