"""What a pack's rules ask beside the pay: age, days, people employed, other months, other employers."""

from __future__ import annotations

from collections.abc import Iterator

from portal.scheme.blocks.due import DueTerms
from portal.scheme.blocks.late import LateRule
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.shares import ShareTerms
from portal.scheme.blocks.values import Series, Unknown


def _shares(pack: Pack) -> Iterator[ShareTerms]:
    """The terms of every share the pack ever had."""
    for branch in pack.branches:
        for series in (branch.employer, branch.employee, branch.total):
            if series is not None:
                yield from (dated.value for dated in series.values if dated.value is not None)


def _due(pack: Pack) -> Iterator[DueTerms]:
    payment = pack.due.payment
    if isinstance(payment, Series):
        yield from (terms for dated in payment.values for terms in dated.value or ())


def _late(pack: Pack) -> tuple[LateRule, ...]:
    return () if isinstance(pack.late, Unknown) else pack.late


def needs_birth(pack: Pack) -> bool:
    """Whether a rate depends on the age."""
    return any(terms.by == "age" for terms in _shares(pack))


def needs_headcount(pack: Pack, *, due: bool = False, late: bool = False) -> bool:
    """Whether the due day, or the late charge, depends on how many people the employer has."""
    if "headcount" in pack.inputs and not late:
        return False
    phases = (phase for rule in _late(pack) for dated in rule.terms.values for phase in dated.value or ())
    by_size = late and any(phase.by_headcount for phase in phases)
    return by_size or (due and any(terms.from_headcount for terms in _due(pack)))


def asks_days(pack: Pack) -> bool:
    """Whether days worked change what is due: a part of a month, or a wage per day."""
    return any(branch.part_month for branch in pack.branches) or any(
        terms.nil_up_to_daily is not None for terms in _shares(pack)
    )


def asks_elsewhere(pack: Pack) -> bool:
    """Whether pay at another employer uses up a ceiling."""
    return any(branch.shared_ceiling for branch in pack.branches)


def asks_year(pack: Pack) -> bool:
    """Whether earlier months of the year use up a limit."""
    return any(branch.year_ceiling is not None or branch.additional is not None for branch in pack.branches)


def late_options(pack: Pack) -> set[str]:
    """The answers that only the rules on being late ask for."""
    found = {rule.option for rule in _late(pack) if rule.option}
    if any(rule.failures is not None for rule in _late(pack)):
        found.add("failures_before")
    phases = (phase for rule in _late(pack) for dated in rule.terms.values for phase in dated.value or ())
    if any(phase.by_headcount for phase in phases):
        found.add("headcount")
    return found
