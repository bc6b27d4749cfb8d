"""Questions about late charges: from dates, from units told, or over the periods of a year."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from portal.scheme.blocks.late import LateRule
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown, Unknown
from portal.scheme.cases import cover
from portal.scheme.cases.inputs import Answer, BadInput, Inputs, count, day, day_from, month, needed, table, wrong
from portal.scheme.cases.money import amount, amount_from, decimal, money
from portal.scheme.deadlines import due_day, effective_day
from portal.scheme.late import ChargeHistory, Given, LateCharge, Movement, late_charges_on, late_for, rules_of
from portal.scheme.lateness.assessed import Assessed
from portal.scheme.lateness.counting import MONTHS_OF
from portal.scheme.lateness.terms import counting_of
from portal.words import _

_ONE_DAY = timedelta(days=1)
_UNITS = {"months_late": "months", "days_late": "days", "periods_late": "periods"}

#: Beyond this nothing is late, it is a slip of the keyboard; and a compound rule would count for ever.
_MOST = {"months_late": 2_400, "days_late": 73_000, "periods_late": 2_400}


@dataclass(frozen=True, slots=True)
class Asked:
    """The question that is put to each rule alike."""

    pack: Pack
    inputs: Inputs
    employer: Mapping[str, Any]
    options: Mapping[str, Any]


def late(pack: Pack | None, inputs: Inputs) -> Answer:
    """What being late costs by each rule of the scheme, or by the one named in ``kind``."""
    assert pack is not None  # run() refuses this category without a scheme
    if inputs.get("periods") is not None:
        return _over_periods(_asked(pack, inputs), _rules(pack, inputs))
    found, gaps = charges(pack, inputs)
    if not found or (gaps and inputs.get("kind") is not None):
        raise gaps[0]
    return _answer(pack, found, complete=not gaps) | _as_of(pack, inputs)


def _as_of(pack: Pack, inputs: Inputs) -> Answer:
    """Where nothing says when the rest was paid: what is unpaid, and the day up to which the charges are reckoned."""
    asked = _asked(pack, inputs)
    due = None if any(inputs.get(key) is not None for key in _UNITS) else _due(asked)
    if due is None or _paid(asked) is not None:
        return {}
    parts = _part_payments(asked)
    unpaid = amount(inputs, "charge", pack) + sum(part.amount for part in parts)
    return {"unpaid": money(unpaid, pack), "as_of": _day_after(due, parts).isoformat()} if unpaid > 0 else {}


def charges(pack: Pack, inputs: Inputs) -> tuple[list[LateCharge], list[NotKnown]]:
    """The charge of each rule asked about that has an answer, and why the others have none."""
    return _by_rule(_asked(pack, inputs), _rules(pack, inputs))


def _asked(pack: Pack, inputs: Inputs) -> Asked:
    return Asked(pack, inputs, table(inputs, "employer"), table(inputs, "options"))


def _rules(pack: Pack, inputs: Inputs) -> Sequence[LateRule]:
    """The rules asked about; :class:`NotKnown` where the scheme's are not known at all."""
    kind = inputs.get("kind")
    if isinstance(pack.late, Unknown):
        raise NotKnown(late_for(pack, 0, Given("periods", 1, date.min)).steps[0].words)
    return rules_of(pack, None if kind is None else (str(kind),))


def _by_rule(asked: Asked, rules: Sequence[LateRule]) -> tuple[list[LateCharge], list[NotKnown]]:
    """The answer of each rule that has one, and why the others have none."""
    found, gaps = [], []
    for rule in rules:
        try:
            found.append(_one(asked, rule))
        except NotKnown as gap:
            gaps.append(gap)
    return found, gaps


def _one(asked: Asked, rule: LateRule) -> LateCharge:
    """One rule, from dates where they are known."""
    inputs = asked.inputs
    told = [key for key in _UNITS if inputs.get(key) is not None]
    if not told:
        return _from_dates(asked, rule)
    number = count(inputs[told[0]], told[0], _MOST[told[0]])
    due = _due(asked)
    if told[0] == "days_late" and due is not None:
        return _on(asked, rule, due, due + timedelta(days=number + (not rule.count_pay_day and number > 0)))
    if told[0] == "months_late" and due is not None and _changes_by_month(rule):
        # Each month has the rate of its own days: as if paid on the last day of so many months.
        end = counting_of(asked.pack, rule).end_of(due.toordinal(), number)
        return _on(asked, rule, due, date.fromordinal(int(end)))
    given = Given(_UNITS[told[0]], number, due or _month_end(asked))
    charge = amount(inputs, "charge", asked.pack) if inputs.get("charge") is not None else 0
    return late_for(asked.pack, charge, given, rules=(rule.code,), employer=asked.employer, options=asked.options)


def _changes_by_month(rule: LateRule) -> bool:
    """Whether the months of one delay may have different rates."""
    phases = [phase for entry in rule.terms.values for phase in entry.value or ()]
    return rule.axis == "calendar_day" and all(phase.each in MONTHS_OF for phase in phases)


def _from_dates(asked: Asked, rule: LateRule) -> LateCharge:
    """From the due day and the day of payment; where nothing says when the rest was paid, as of the next day."""
    due = _due(asked)
    if due is None:
        raise BadInput(_("%(key)s is missing from the inputs.", key="due"))
    return _on(asked, rule, due, _paid(asked))


def _on(asked: Asked, rule: LateRule, due: date, paid: date | None) -> LateCharge:
    """The history that the inputs tell, put to one rule."""
    pack, charge = asked.pack, amount(asked.inputs, "charge", asked.pack)
    parts = _part_payments(asked)
    movements = [Movement(due, charge), *parts]
    # The rest comes in on the day of payment; what was paid beyond the charge is no new debt.
    rest = max(0, charge + sum(part.amount for part in parts))
    if paid is not None:
        movements.append(Movement(paid, -rest))
    history = ChargeHistory(due, tuple(movements))
    after = _day_after(due, parts)
    on = after if paid is None else max(after - _ONE_DAY, paid)
    return late_charges_on(
        pack, history, on, rules=(rule.code,), employer=asked.employer, options=asked.options
    )  # fmt: skip


def _day_after(due: date, parts: Sequence[Movement]) -> date:
    """The day after the last one that the question tells of."""
    return max([due, *(part.day for part in parts)]) + _ONE_DAY


def _due(asked: Asked) -> date | None:
    """The due day told, or that of the month; None where the scheme's due day is not known."""
    if asked.inputs.get("due") is not None:
        return day(asked.inputs, "due")
    if asked.inputs.get("month") is None:
        return None
    headcount = asked.employer.get("headcount")
    try:
        return due_day(
            asked.pack, month(asked.inputs["month"], "month", asked.pack.calendar), options=asked.options,
            headcount=None if headcount is None else count(headcount, "headcount"),
        )  # fmt: skip
    except NotKnown:
        return None


def _month_end(asked: Asked) -> date:
    """The day that picks the rates where no due day is known."""
    found = month(needed(asked.inputs, "month"), "month", asked.pack.calendar)
    return found.last_day(asked.pack.calendar)


def _paid(asked: Asked) -> date | None:
    """The day from which the payment counts."""
    paid, ordered, credited = (
        day(asked.inputs, key) if asked.inputs.get(key) is not None else None for key in ("paid", "ordered", "credited")
    )
    if credited is None and paid is not None:
        return paid
    ordered = ordered or paid
    return effective_day(asked.pack, ordered, credited) if ordered or credited else None


def _part_payments(asked: Asked) -> list[Movement]:
    parts = asked.inputs.get("part_payments") or []
    if not isinstance(parts, list | tuple) or not all(isinstance(part, Mapping) for part in parts):
        raise wrong("part_payments", parts, _("Write a list of payments, each with date and amount."))
    return [Movement(day_from(needed(part, "date"), "date"), -amount(part, "amount", asked.pack)) for part in parts]


def _answer(pack: Pack, found: Sequence[LateCharge], *, complete: bool) -> Answer:
    """The charges of all rules in the words of the vectors; the total only where every rule has answered."""
    rules = [one for charge in found for one in charge.rules]
    answer: Answer = {
        "late": {one.code: money(one.amount, pack) for one in rules},
        "units": next((one.units for one in rules if one.rule.trigger == "late_payment"), rules[0].units),
        "rate": {one.code: decimal(one.rate) for one in rules if one.rate is not None},
        "before_cap": {one.code: money(one.before_cap, pack) for one in rules if one.before_cap is not None},
        "before_rounding": {one.code: _before_rounding(pack, one) for one in rules},
        "is_late": any(one.is_late for one in rules),
    }
    if complete:
        answer["total"] = money(sum(one.amount for one in rules), pack)
    if beneficiaries := [one.rule.beneficiary for one in rules if one.rule.beneficiary]:
        answer["beneficiary"] = beneficiaries[0]
    days = [period.month_days for charge in found for period in charge.periods if period.month_days]
    return answer | ({"days_in_month": days[-1]} if days else {})


def _before_rounding(pack: Pack, one: Assessed) -> str:
    return decimal(one.before_rounding / 10**pack.currency.digits)


def _over_periods(asked: Asked, rules: Sequence[LateRule]) -> Answer:
    """One charge a period, each late: failures are counted within the year."""
    counting = [rule for rule in rules if rule.failures and rule.trigger == "late_payment"]
    if not counting:
        raise NotKnown(_("%(scheme)s does not count how often somebody is late.", scheme=asked.pack.short_name))
    rule, periods = counting[0], asked.inputs["periods"]
    if not isinstance(periods, list | tuple) or not all(isinstance(one, Mapping) for one in periods):
        raise wrong("periods", periods, _("Write a list of periods, each with period_end and charge."))
    listed = [(day(one, "period_end"), amount_from(one.get("charge"), "charge", asked.pack)) for one in periods]
    in_time = sorted(range(len(listed)), key=lambda place: listed[place][0])
    counted = dict(zip(in_time, _failures(asked, rule, [listed[place] for place in in_time]), strict=True))
    amounts = [counted[place] for place in range(len(listed))]
    total = sum(one.amount for one in amounts)
    return {
        "late": {rule.code: money(total, asked.pack)},
        "by_period": [money(one.amount, asked.pack) for one in amounts],
        "rates": [decimal(one.rate or Fraction(0)) for one in amounts],
        "units": sum(one.amount > 0 for one in amounts),
        "is_late": any(one.is_late for one in amounts),
        "total": money(total, asked.pack),
    }


def _failures(asked: Asked, rule: LateRule, listed: Sequence[tuple[date, int]]) -> list[Assessed]:
    """What each period costs, given the failures before it in its year."""
    begun = count(asked.options.get("failures_before") or 0, "failures_before")
    failures: dict[int, int] = {}
    found: list[Assessed] = []
    for number, (end, charge) in enumerate(listed):  # in order of time
        year = _year(rule, end)
        before = failures.setdefault(year, begun if number == 0 else 0)
        late = charge > rule.tolerance
        failures[year] += late
        given = Given("periods", int(late), end)
        options = {**asked.options, "failures_before": before}
        found += late_for(asked.pack, charge if late else 0, given, rules=(rule.code,), options=options).rules
    return found


def _year(rule: LateRule, end: date) -> int:
    """The year in which failures are counted together, by the year in which it begins."""
    assert rule.failures is not None
    return end.year if (end.month, end.day) >= (rule.failures.month, rule.failures.day) else end.year - 1


ANSWERS: dict[str, Callable[[Pack | None, Any], Answer]] = {"penalty": late, "interest": late} | cover.ANSWERS
