"""The calculation behind an answer, step by step, for the same inputs."""

from __future__ import annotations

from collections.abc import Callable

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.cases.given import asked_of
from portal.scheme.cases.inputs import BadInput, Inputs, count, day, month, needed, table
from portal.scheme.cases.late import charges
from portal.scheme.contribution import work_out
from portal.scheme.deadlines import explain_due
from portal.scheme.explain import Step
from portal.words import Words, _


def explained(pack: Pack, inputs: Inputs) -> list[tuple[Words, tuple[Step, ...]]]:
    """All that the inputs ask for: the contribution on pay, the due day of a month, what a late charge costs."""
    parts = []
    if inputs.get("earnings"):
        parts.append((_("Contribution"), explained_contribution(pack, inputs)))
    if inputs.get("month"):
        parts.append((_("Due day"), _or_why_not(explained_due, pack, inputs)))
    if inputs.get("charge"):
        parts.append((_("Being late"), _or_why_not(explained_late, pack, inputs)))
    if not parts:
        raise BadInput(
            _("Say a month, with earnings or without, or a charge with the days on which it was due and paid.")
        )
    return parts


def _or_why_not(telling: Callable[[Pack, Inputs], tuple[Step, ...]], pack: Pack, inputs: Inputs) -> tuple[Step, ...]:
    """The steps, or the one sentence why they are not known: the other parts are told all the same."""
    try:
        return telling(pack, inputs)
    except NotKnown as gap:
        return (Step(gap.words),)


def explained_contribution(pack: Pack, inputs: Inputs) -> tuple[Step, ...]:
    """What is due on one person's pay."""
    asked, steps = asked_of(pack, inputs), list[Step]()
    work_out(asked.pack, asked.month, asked.people, asked.employer, asked.options, asked.known_on, steps)
    return tuple(steps)


def explained_late(pack: Pack, inputs: Inputs) -> tuple[Step, ...]:
    """What being late costs, rule by rule; a rule that cannot be worked out says why."""
    found, gaps = charges(pack, inputs)
    steps = list[Step]()
    for charge in found:
        if len(found) > 1:
            steps.append(Step(_("%(rule)s:", rule=charge.rules[0].rule.name)))
        steps += charge.steps
    if len(found) > 1:
        steps.append(Step(_("All late charges together"), sum(charge.amount for charge in found)))
    return (*steps, *(Step(gap.words) for gap in gaps))


def explained_due(pack: Pack, inputs: Inputs) -> tuple[Step, ...]:
    """By when the month has to be paid; *salary_paid*, where the rule counts from the day of pay."""
    employer = table(inputs, "employer")
    headcount, paid = employer.get("headcount"), inputs.get("salary_paid")
    return explain_due(
        pack,
        month(needed(inputs, "month"), "month", pack.calendar),
        headcount=None if headcount is None else count(headcount, "headcount"),
        options={**table(inputs, "person"), **employer, **table(inputs, "options")},
        salary_paid=None if paid is None else day(inputs, "salary_paid"),
    )
