"""A line explained again from what it was computed with: its pay, and what was said of the employer and the person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.contributions.models import Declaration, DeclarationLine
from portal.employers.given import Given, given_from_json, read
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.calendars import Month
from portal.scheme.contribution import Contribution, Earlier, contribution_on
from portal.scheme.explain import Step
from portal.scheme.pay.unusable import Unusable

#: Pay of earlier months of the year, as schemes with limits of a year ask it.
Before = Iterable[tuple[Month, Mapping[str, int]]]


@dataclass(frozen=True, slots=True)
class LineTold:
    """The steps of a line's shares and what they come to; *found* is None where the rules cannot say it."""

    steps: tuple[Step, ...]
    found: Contribution | None


def told(
    given: Given, month: Month, components: Mapping[str, int], days: int | None, said: Mapping[str, str], birth: date,
    before: Before = (),
) -> LineTold:  # fmt: skip
    """How a line's shares follow from its pay; where they do not, the one step says what is missing."""
    steps: list[Step] = []
    facts: dict[str, Any] = {
        "person": read(given.rules, said), "employer": given.employer, "options": given.options, "days": days,
        "birth": birth, "earlier": tuple(Earlier(*one) for one in before), "known_on": given.known_on,
    }  # fmt: skip
    try:
        found = contribution_on(given.rules, month, components, **facts, steps=steps)
    except (NotKnown, Unusable) as gap:
        return LineTold((Step(gap.words),), None)
    return LineTold(tuple(steps), found)


def declared_line(
    rules: Pack, declared: Declaration, line: DeclarationLine, birth: date, before: Before = ()
) -> LineTold:  # fmt: skip
    """The same for a line that was declared, with what it was declared with."""
    given = given_from_json(rules, declared.given)
    return told(given, declared.month, line.components, line.days, line.given, birth, before)
