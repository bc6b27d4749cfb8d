"""Questions about what is due on pay, about rounding, published figures and lines of files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.cases.given import Asked, amount, answers_of, asked_of, asked_of_establishment
from portal.scheme.cases.inputs import Answer, BadInput, Inputs, count, day, month, needed, table, wrong
from portal.scheme.contribution import BranchShares, People, Shares, Unusable, pay_that_counts, rates_on, work_out
from portal.scheme.deadlines import due_day
from portal.scheme.money import Minor, Rounding, format_amount, parse_decimal, round_ratio, round_to
from portal.scheme.pay.additional import Additional
from portal.scheme.pay.counted import insured_until
from portal.scheme.pay.establishment import establishment_on
from portal.words import _


def contribution(pack: Pack | None, inputs: Inputs) -> Answer:
    """What is due on one person's pay, or with ``people`` on that of an establishment."""
    assert pack is not None  # run() refuses this category without a scheme
    if "people" in inputs:
        asked = asked_of_establishment(pack, inputs)
        return _answer(asked, establishment_on(*asked.given())) | _due(asked, inputs)
    asked = asked_of(pack, inputs)
    try:
        answer = _rates(asked) | _answer(asked, asked.shares()) | _insurable(asked)
    except (NotKnown, Unusable) as refused:
        answer = _in_part(asked, inputs, refused)
    return answer | _daily(asked) | _due(asked, inputs)


def _answer(asked: Asked, found: Shares) -> Answer:
    """Shares and totals; what is not known is left out."""
    answer: Answer = {"shares": {one.branch: _share(asked, one) for one in found.branches}}
    for name in ("employer", "employee", "total"):
        value = getattr(found, name)
        if value is not None:
            answer[name] = asked.text(value)
    if found.provisional:
        answer["provisional"] = True
    return answer


def _share(asked: Asked, one: BranchShares) -> Answer:
    names = ("employer", "employee", "total", "computed", "top_up")
    return {name: asked.text(value) for name in names if (value := getattr(one, name)) is not None}


def _insurable(asked: Asked) -> Answer:
    """The pay that counts, by component; the highest where branches count up to different limits."""
    found: dict[str, str] = {}
    highest: dict[str, Minor] = {}
    for code, counted in pay_that_counts(*asked.given()).items():
        parts = asked.pack.branch(code).base.value_at(asked.pack.deciding_day(asked.month), asked.known_on).plus
        pay = counted.pay if counted.insured else 0
        if isinstance(counted.additional, Additional):
            rule = asked.pack.branch(code).additional
            found["additional_ceiling"] = asked.text(counted.additional.limit)
            if rule is not None:
                found[rule.component] = asked.text(counted.additional.counts)
            pay = counted.additional.ordinary
        if len(parts) == 1:
            highest[parts[0]] = max(pay, highest.get(parts[0], 0))
    return {"insurable": {code: asked.text(pay) for code, pay in highest.items()} | found}


def _in_part(asked: Asked, inputs: Inputs, refused: NotKnown | Unusable) -> Answer:
    """
    What can be said although something is missing: the rates where no pay was given, the limits of a year
    where somebody asks about those, the branches whose pay was given.
    """
    missing_pay = isinstance(refused, Unusable) and refused.field in asked.pack.components
    if missing_pay and inputs.get("earnings") == {} and (rates := _rates(asked)):
        return rates
    additional = {one.additional.component for one in asked.pack.branches if one.additional is not None}
    if not missing_pay and additional and ("earlier" in inputs or additional & set(table(inputs, "earnings"))):
        return _insurable(asked) | {"not_answered": str(refused.words)}
    given = [one.code for one in asked.pack.branches if set(_needs(asked, one.code)) <= set(asked.people.earnings)]
    if not missing_pay or not given:
        raise refused
    found = asked.shares(given)
    return {"shares": {one.branch: _share(asked, one) for one in found.branches}}


def _needs(asked: Asked, code: str) -> Sequence[str]:
    """The components of pay without which a branch cannot be worked out."""
    base = asked.pack.branch(code).base.value_at(asked.pack.deciding_day(asked.month), asked.known_on)
    return [part for part in base.plus if part not in asked.pack.inputs]


def _rates(asked: Asked) -> Answer:
    """The rates of the month, where the shares are plain rates and all that decides them was said."""
    try:
        found = rates_on(*asked.given())
    except (NotKnown, Unusable):
        return {}
    if found is None:
        return {}
    rates = {"employer": found[0], "employee": found[1], "total": found[0] + found[1]}
    return {"rates": {side: _decimal(rate) for side, rate in rates.items()}}


def _decimal(rate: Fraction) -> str:
    """A rate as a decimal text: 0.0175."""
    places = next((n for n in range(12) if (rate * 10**n).denominator == 1), None)
    if places is None:
        return str(rate)
    digits = f"{int(rate * 10**places):0{places + 1}d}"
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def _daily(asked: Asked) -> Answer:
    """The average wage of a day worked, to the nearest smallest coin."""
    days = asked.people.days
    paid = sum(asked.people.earnings.values())
    if not days or not asked.people.earnings:
        return {}
    return {"average_daily_wage": asked.text(round_ratio(paid, days, Rounding("half_up")))}


def _due(asked: Asked, inputs: Inputs) -> Answer:
    """When it is due, where that is known without more questions."""
    employer = table(inputs, "employer")
    headcount = employer.get("headcount")
    said = {**table(inputs, "person"), **employer, **table(inputs, "options")}
    try:
        people = None if headcount is None else count(headcount, "headcount")
        due = due_day(asked.pack, asked.month, headcount=people, options=said)
    except (NotKnown, BadInput):
        return {}
    return {"due": due.isoformat()}


def eligibility_on_pay(pack: Pack, inputs: Inputs) -> Answer:
    """A question about cover that brings pay: what is due, and until when who is above the wage limit stays insured."""
    answer = contribution(pack, inputs)
    crossings = {one.wage_limit.crossed for one in pack.branches if one.wage_limit is not None}
    person = table(inputs, "person")
    for code in crossings & set(person):
        answer["contributions_until"] = insured_until(pack, day(person, code)).isoformat()
    return answer


def rounding(pack: Pack | None, inputs: Inputs) -> Answer:
    """An amount rounded as the pack rounds a share."""
    assert pack is not None
    given = needed(inputs, "amount")
    try:
        exact = parse_decimal(str(given)) if isinstance(given, str | int) and not isinstance(given, bool) else None
    except ValueError:
        exact = None
    if exact is None:
        raise wrong("amount", given, _("Write an amount, such as %(amount)s.", amount="87.4568"))
    return {"rounded": format_amount(round_to(exact * 10**pack.currency.digits, pack.rounding), pack.currency)}


def parameter(pack: Pack | None, inputs: Inputs) -> Answer:
    """A published figure by the formula behind it."""
    assert pack is not None
    name, values = needed(inputs, "name"), table(inputs, "values")
    formula = next((one for one in pack.formulas if one.code == name), None)
    if formula is None:
        raise NotKnown(_("This pack has no formula for %(name)s.", name=str(name)))
    exact = formula.times * amount(pack, needed(values, formula.of), f"values.{formula.of}")
    return {"value": format_amount(round_to(exact, pack.rounding), pack.currency)}


def file_format(pack: Pack | None, inputs: Inputs) -> Answer:
    """A line of a file that an authority reads, with the shares worked out from the record's own pay."""
    assert pack is not None
    code, record = needed(inputs, "format"), table(inputs, "record")
    line = next((one for one in pack.file_lines if one.code == code), None)
    if line is None:
        raise NotKnown(_("This pack does not know the format %(name)s.", name=str(code)))
    pay = {branch: amount(pack, needed(record, key), f"record.{key}") for branch, key in line.bases}
    people = People({}, answers_of(pack, table(inputs, "person")))
    when = month(needed(inputs, "month"), "month", pack.calendar)
    shares = work_out(pack, when, people, branches=list(pay), counted=pay)
    return {"line": line.separator.join(_field(pack, name, record, shares, line.separator) for name in line.fields)}


def _field(pack: Pack, name: str, record: Inputs, shares: Shares, separator: str) -> str:
    """One field: of the record, or a share without decimals where it has none."""
    branch, dot, side = name.partition(".")
    if not dot:
        text = str(needed(record, name))
        if separator in text or not text.isprintable():
            raise wrong(f"record.{name}", text, _("Leave out %(text)s, which divides the fields.", text=separator))
        return text
    share = shares.branch(branch).of(side)
    if share is None:
        raise NotKnown(_("How the total of %(branch)s is shared is not known.", branch=branch))
    whole, rest = divmod(share, 10**pack.currency.digits)
    return format_amount(share, pack.currency) if rest else str(whole)


ANSWERS: dict[str, Callable[[Pack | None, Any], Answer]] = {
    "contribution": contribution,
    "rounding": rounding,
    "parameter": parameter,
    "file_format": file_format,
}
