"""What of a revision only a change of the rules has brought: it was not owed when the month was due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from portal.contributions.assessment import Sums, assess
from portal.contributions.basis import Basis, Line
from portal.contributions.standing import Declared
from portal.employers.roster import day_of


def amended_since(
    basis: Basis, lines: Sequence[Line], sums: Mapping[str, Sums], before: Mapping[str, Declared]
) -> dict[str, int]:
    """
    How much of each scheme's total in *sums* is due only by rules that became known after the month was declared.

    In minor units; a scheme that was not declared *before* has no such part.
    """
    given = dict(basis.given)
    for scheme, declared in before.items():
        if scheme in given:
            known = declared.main.given.get("known_on")
            then = date.fromisoformat(known) if known else day_of(declared.main.submitted_at)
            given[scheme] = replace(given[scheme], known_on=then)
    if given == basis.given:
        return {}
    then_due = assess(replace(basis, given=given), lines).sums
    return {scheme: one.total - then_due[scheme].total for scheme, one in sums.items()}
