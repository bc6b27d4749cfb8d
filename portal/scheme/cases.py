"""
A pack's own tests: worked examples that have to come out to the ngwee before the pack is used.

A test has the shape of the published test vectors: a category, inputs, and the results expected;
amounts and counts as decimal texts.  Only what is expected is compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from portal.scheme.blocks import NotKnown, Pack
from portal.scheme.calendars import Month
from portal.scheme.contribution import contribution_on
from portal.scheme.deadlines import due_day
from portal.scheme.entitlement import entitled_months
from portal.scheme.late import ChargeHistory, Movement, late_charges_on
from portal.scheme.money import format_amount, parse_amount
from portal.words import Words, _

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One test of a pack."""

    id: str
    category: str
    inputs: Mapping[str, Any]
    expected: Mapping[str, Any]


def run(pack: Pack, category: str, inputs: Mapping[str, Any]) -> Answer:
    """What the pack answers to *inputs*, in the vocabulary of the test vectors."""
    answering = CATEGORIES.get(category)
    if answering is None:
        raise NotKnown(_("The portal cannot work out a test of the kind %(kind)s.", kind=category))
    return answering(pack, inputs)


def differences(pack: Pack, case: Case) -> list[Words]:
    """Where the pack's answer is not the expected one, in words; empty when the test passes."""
    try:
        answer = run(pack, case.category, case.inputs)
    except NotKnown as gap:
        return [gap.words]
    except (KeyError, ValueError, TypeError, AttributeError) as fault:
        return [_("the inputs cannot be read: %(fault)s. Compare them with another test.", fault=repr(fault))]
    return list(_compare(case.expected, answer, ""))


def _compare(expected: Any, answer: Any, where: str) -> Iterator[Words]:
    """Every expected value that the answer does not have."""
    if isinstance(expected, Mapping):
        for key, wanted in expected.items():
            inner = answer.get(key) if isinstance(answer, Mapping) else None
            yield from _compare(wanted, inner, f"{where}.{key}" if where else key)
    elif not _same(expected, answer):
        yield _(
            "%(key)s is %(answer)s, expected %(expected)s. Correct the rule or the test.",
            key=where, answer=str(answer), expected=str(expected),
        )  # fmt: skip


def _same(expected: Any, answer: Any) -> bool:
    """Equal as numbers where both are numbers ("28" is "28.00"), else as they stand."""
    if expected == answer:
        return True
    try:
        return Fraction(str(expected)) == Fraction(str(answer))
    except ValueError:
        return False


def _contribution(pack: Pack, inputs: Mapping[str, Any]) -> Answer:
    month = Month.parse(inputs["month"])
    earnings = {name: parse_amount(text, pack.currency) for name, text in inputs["earnings"].items()}
    found = contribution_on(pack, month, earnings)

    def text(minor: int) -> str:
        return format_amount(minor, pack.currency)

    shares = {
        share.branch: {
            "employer": text(share.employer),
            "employee": text(share.employee),
            "total": text(share.employer + share.employee),
        }
        for share in found.shares
    }
    return {
        "shares": shares,
        "employer": text(found.employer),
        "employee": text(found.employee),
        "total": text(found.total),
        "insurable": {component: text(found.insurable) for component in pack.components},
        "due": due_day(pack, month).isoformat(),
    }


def _penalty(pack: Pack, inputs: Mapping[str, Any]) -> Answer:
    due, paid = date.fromisoformat(inputs["due"]), date.fromisoformat(inputs["paid"])
    charge = parse_amount(inputs["charge"], pack.currency)
    parts = [
        Movement(date.fromisoformat(part["date"]), -parse_amount(part["amount"], pack.currency))
        for part in inputs.get("part_payments", [])
    ]
    rest = Movement(paid, -charge - sum(part.amount for part in parts))
    late = late_charges_on(pack, ChargeHistory(due, (Movement(due, charge), *parts, rest)), paid)
    if not late.known:
        raise NotKnown(late.steps[0].words)
    rates = {period.rate for period in late.periods}
    answer: Answer = {
        "late": {"penalty": format_amount(late.amount, pack.currency)},
        "units": len(late.periods),
        "total": format_amount(late.amount, pack.currency),
        "is_late": bool(late.periods),
    }
    if len(rates) == 1:
        answer["rate"] = {"penalty": str(rates.pop())}
    return answer


def _due_date(pack: Pack, inputs: Mapping[str, Any]) -> Answer:
    return {"due": due_day(pack, Month.parse(inputs["period"])).isoformat()}


def _eligibility(pack: Pack, inputs: Mapping[str, Any]) -> Answer:
    covered = sorted(entitled_months(pack, [Month.parse(text) for text in inputs["paid_months"]]))
    answer: Answer = {"covered": [str(month) for month in covered]}
    if covered:
        answer["covered_through"] = str(covered[-1])
    return answer


def _parameter(pack: Pack, inputs: Mapping[str, Any]) -> Answer:
    """The formula behind a published value, applied to the figure it is made from."""
    for branch in pack.branches:
        if inputs["name"] == "monthly_ceiling" and branch.ceiling_multiple is not None:
            average = parse_amount(inputs["values"]["national_average_earnings"], pack.currency)
            return {"value": format_amount(int(branch.ceiling_multiple * average), pack.currency)}
    raise NotKnown(_("This pack has no formula for %(name)s.", name=inputs["name"]))


CATEGORIES = {
    "contribution": _contribution,
    "penalty": _penalty,
    "due_date": _due_date,
    "eligibility": _eligibility,
    "parameter": _parameter,
}
