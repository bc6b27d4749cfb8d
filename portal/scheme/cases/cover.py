"""Questions about settling and covering: allocation, cover, waivers and instalments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from portal.scheme.agreements import plan_of
from portal.scheme.allocation import INTEREST, LATE, PENALTY, Debt, order_on, settle
from portal.scheme.blocks.cover import AllocationOrder, OpensAfterPaidMonths, OpensByPeriod
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.cases.contribution import eligibility_on_pay
from portal.scheme.cases.inputs import Answer, BadInput, Inputs, count, day, month, needed, texts, word, wrong
from portal.scheme.cases.money import amount, amount_in, money, share
from portal.scheme.entitlement import active_after, benefit_period_of, entitled_months, explain_entitlement
from portal.scheme.money import Currency, format_amount
from portal.scheme.opening import Span
from portal.scheme.waivers import waive
from portal.words import _

#: Two classes of debt that are settled as one.
POOLED = "penalty_and_interest"
_KINDS = ("penalty", "interest", "contribution")
_PERIOD_ORDERS = ("oldest_first", "newest_first", "pro_rata", "kinds_first", "current_first")
#: Without a scheme amounts have the two decimals that the examples have.
_ANY_CURRENCY = Currency("", 2)


def allocation(pack: Pack | None, inputs: Inputs) -> Answer:
    """What a payment settles, by period and class, in the order told or in the pack's."""
    currency = pack.currency if pack else _ANY_CURRENCY
    listed = inputs.get("debts")
    if not isinstance(listed, list | tuple) or not all(isinstance(debt, Mapping) for debt in listed):
        raise wrong("debts", listed, _("Write a list of debts, each with period and what is open of it."))
    debts = [_debt(debt, currency) for debt in listed]
    if len({debt.key for debt in debts}) < len(debts):
        raise BadInput(_("debts: each period may stand there once only."))
    period_order = word(inputs, "period_order", _PERIOD_ORDERS)
    order = _order(pack, inputs, period_order)
    _all_named(order, debts)
    sorted_debts = sorted(debts, key=lambda debt: debt.key, reverse=period_order == "newest_first")
    payment = amount_in(needed(inputs, "payment"), "payment", currency)
    settled = settle(order, sorted_debts, payment, _first(inputs, debts, period_order))
    return {
        "periods": [_period(debt.key, settled.allocations, currency) for debt in debts],
        "unapplied": format_amount(settled.leftover, currency),
    }


def _debt(inputs: Inputs, currency: Currency) -> Debt:
    """One period's debt; what is not named is not owed."""
    period = needed(inputs, "period")
    if not isinstance(period, str):
        raise wrong("period", period, _("Write a month, such as 2026-10."))
    kinds = {kind: kind for kind in _KINDS} | {POOLED: LATE}
    return Debt(period, {kind: amount_in(inputs.get(name) or 0, name, currency) for name, kind in kinds.items()})


def _order(pack: Pack | None, inputs: Inputs, period_order: str | None) -> AllocationOrder:
    """The order told, or that of the pack."""
    named = texts(inputs, "order")
    if named is None:
        if pack is None:
            raise BadInput(_("%(key)s is missing from the inputs.", key="order"))
        return order_on(pack, day(inputs, "paid") if inputs.get("paid") is not None else None)
    classes = tuple((PENALTY, INTEREST) if name in (POOLED, "late") else (name,) for name in named)
    kinds = [kind for each in classes for kind in each]
    if not set(kinds) <= set(_KINDS) or len(set(kinds)) < len(kinds):
        raise wrong("order", named, _("Name each of penalty, interest, contribution once."))
    in_proportion = period_order == "pro_rata"
    return AllocationOrder(classes, not in_proportion and period_order != "kinds_first", in_proportion, True, True)


def _all_named(order: AllocationOrder, debts: Sequence[Debt]) -> None:
    """An order has to say where each class stands of which something is open."""
    named = {kind for each in order.order for kind in each}
    named |= {LATE} if named & {PENALTY, INTEREST} else set()
    for kind in (*_KINDS, LATE):
        if kind not in named and any(debt.amounts[kind] for debt in debts):
            raise wrong("order", sorted(named), _("Name each of penalty, interest, contribution once."))


def _first(inputs: Inputs, debts: Sequence[Debt], period_order: str | None) -> tuple[str, ...]:
    """The periods that come before all others: the one the payer named, then the current one of a plan."""
    named = [inputs.get("designated_period"), inputs.get("current_period")]
    if period_order == "current_first" and named[1] is None and debts:
        named[1] = max(debt.key for debt in debts)
    return tuple(dict.fromkeys(str(period) for period in named if period is not None))


def _period(key: str, allocations: Sequence[Any], currency: Currency) -> Answer:
    kinds = (*_KINDS, LATE)
    spent = {kind: sum(one.amount for one in allocations if (one.key, one.kind) == (key, kind)) for kind in kinds}
    spent[POOLED] = spent[PENALTY] + spent[INTEREST] + spent.pop(LATE)
    return {"period": key} | {kind: format_amount(minor, currency) for kind, minor in spent.items()}


def eligibility(pack: Pack | None, inputs: Inputs) -> Answer:
    """Which cover the paid months give; or with pay, what is due on it and how long the person stays insured."""
    assert pack is not None  # run() refuses this category without a scheme
    answer = eligibility_on_pay(pack, inputs) if inputs.get("earnings") is not None else {}
    if inputs.get("paid_months") is None:
        if not answer:
            raise BadInput(_("%(key)s is missing from the inputs.", key="paid_months"))
        return answer
    paid = [month(text, "paid_months", pack.calendar) for text in texts(inputs, "paid_months") or ()]
    _known_for(pack, inputs)
    covered = sorted(entitled_months(pack, paid))
    asked = inputs.get("month")
    answer |= {
        "covered": month(asked, "month", pack.calendar) in covered if asked is not None else bool(covered),
        "covered_months": [str(one) for one in covered],
    }
    if covered:
        answer["covered_through"] = str(covered[-1])
    if (after := active_after(pack, paid)) is not None:
        answer["active_after"] = str(after)
    if isinstance(pack.entitlement, OpensByPeriod) and paid:
        contribution, benefit = benefit_period_of(pack, max(paid))
        answer |= {"contribution_period": _span(contribution), "benefit_period": _span(benefit)}
    return answer


def _known_for(pack: Pack, inputs: Inputs) -> None:
    """:class:`NotKnown` where the pack does not say what opens cover, or says it of another branch."""
    rule = pack.entitlement
    if not pack.opens_coverage:
        raise NotKnown(explain_entitlement(pack, (), month("2026-01", "month", pack.calendar))[0].words)
    branch = inputs.get("branch")
    if isinstance(rule, OpensAfterPaidMonths) and rule.branch and branch is not None and branch != rule.branch:
        raise NotKnown(
            _("%(scheme)s: what opens cover is known of %(branch)s only.", scheme=pack.short_name, branch=rule.branch)
        )


def _span(span: Span) -> Answer:
    return {"from": span.first.isoformat(), "to": span.last.isoformat()}


def waiver(pack: Pack | None, inputs: Inputs) -> Answer:
    """What a law forgives of a late charge."""
    assert pack is not None
    if not pack.waivers:
        raise NotKnown(_("No law that forgives late charges is known of %(scheme)s.", scheme=pack.short_name))
    outstanding = inputs.get("principal_outstanding")
    still_open = None if outstanding is None else amount(inputs, "principal_outstanding", pack)
    found = waive(
        pack, amount(inputs, "penalty", pack), day(inputs, "incurred"),
        principal_paid=_principal_paid(inputs, still_open), principal_open=still_open or 0,
    )  # fmt: skip
    return {"waived": money(found.waived, pack), "payable": money(found.payable, pack)}


def _principal_paid(inputs: Inputs, still_open: int | None) -> date | None:
    """The day the principal was paid; where nothing is open and no day is told, the day of the application."""
    if inputs.get("principal_paid") is not None:
        return day(inputs, "principal_paid")
    if still_open == 0 and inputs.get("applied") is not None:
        return day(inputs, "applied")
    if still_open:
        return None
    raise BadInput(_("%(key)s is missing from the inputs.", key="principal_paid"))


def instalment(pack: Pack | None, inputs: Inputs) -> Answer:
    """Arrears in parts that add up."""
    assert pack is not None
    told = inputs.get("down_payment_share")
    plan = plan_of(
        pack, amount(inputs, "arrears", pack), count(needed(inputs, "months"), "months"),
        down_payment=None if told is None else share(inputs, "down_payment_share"),
    )  # fmt: skip
    return {
        "down_payment": money(plan.down_payment, pack),
        "instalment": money(plan.instalment, pack),
        "last": money(plan.instalments[-1], pack),
        "count": len(plan.instalments),
    }


ANSWERS: dict[str, Callable[[Pack | None, Any], Answer]] = {
    "allocation": allocation,
    "eligibility": eligibility,
    "waiver": waiver,
    "instalment": instalment,
}
