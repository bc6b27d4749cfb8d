"""
From the sections of a pack's file to its blocks: a closed set, each read by one function here.

Nothing is evaluated: a pack chooses among named rules and gives them values.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from portal.scheme.blocks import (
    AllocationOrder,
    Branch,
    Component,
    DueRule,
    LatePerMonth,
    Membership,
    Missing,
    OpensNextMonth,
    OpensNothing,
    Pack,
    Series,
    Unknown,
)
from portal.scheme.calendars import CALENDARS
from portal.scheme.cases import CATEGORIES, Case
from portal.scheme.dated import Sources
from portal.scheme.money import Currency
from portal.scheme.reading import Section
from portal.words import Words, _

KINDS = ("contribution", "late")


def read_pack(content: Section, digest: str) -> tuple[Pack, tuple[Case, ...]]:
    """The pack and its tests; mistakes go to the report of *content*."""
    sources = Sources(content)
    currency = _currency(content)
    blocks = _blocks(content, sources, currency)
    tests = _tests(content, sources)
    missing = _written_as_missing(content)
    pack = Pack(
        id=content.text("id", like=r"[a-z][a-z0-9-]{1,39}", remedy=_("Write small letters, digits and hyphens.")),
        name=content.text("name"),
        short_name=content.text("short_name"),
        country=content.text("country", like="[A-Z]{2}", remedy=_('Write the two letters of ISO 3166: "ZM".')),
        timezone=content.text("timezone", like=r"\w+(/\w+)+", remedy=_('Write a zone such as "Africa/Lusaka".')),
        calendar_name=content.choice("calendar", tuple(CALENDARS)),
        currency=currency,
        hash=digest,
        sources=sources.by_key,
        missing=(*sources.missing, *missing),
        unverified=tuple(sources.unverified),
        **blocks,
    )
    content.choice("frequency", ("monthly",))
    content.choice("axis", ("wage_month",))
    sources.close()
    content.close()
    return pack, tests


def _blocks(content: Section, sources: Sources, currency: Currency) -> dict[str, Any]:
    """The rules themselves, by the name of their field in :class:`Pack`."""
    pay = tuple(_component(code, section) for code, section in content.named("component"))
    rounding = content.section("rounding")
    sources.cite(rounding)
    sources.doubt(rounding, "Rounding")
    return {
        "pay": pay,
        "rounding": content.rounding("rounding"),
        "branches": tuple(_branch(code, one, sources, currency, pay) for code, one in content.named("branch")),
        "membership": _membership(content, sources, currency, pay),
        "due": sources.series(content, "due", _("The due day"), _due_rule),
        "late": _late(content.section("late"), sources),
        "allocation": sources.series(content, "allocation", _("The order of allocation"), _order),
        "entitlement": _entitlement(content.section("entitlement"), sources),
    }


def _currency(content: Section) -> Currency:
    section = content.section("currency")
    code = section.text("code", like="[A-Z]{3}", remedy=_('Write the three letters of ISO 4217: "ZMW".'))
    currency = Currency(code, section.number("digits"))
    section.close()
    return currency


def _component(code: str, section: Section) -> Component:
    component = Component(code, section.text("label"))
    section.close()
    return component


def _known_component(section: Section, key: str, code: str, pay: tuple[Component, ...]) -> None:
    if code and code not in {component.code for component in pay}:
        section.wrong(key, _("there is no [component.%(name)s]. Add it.", name=code))


def _branch(code: str, section: Section, sources: Sources, currency: Currency, pay: tuple[Component, ...]) -> Branch:
    name = section.text("name")
    base = section.texts("base")
    for component in base:
        _known_component(section, "base", component, pay)
    multiple = Fraction(section.number("ceiling_multiple")) if "ceiling_multiple" in section else None

    def rates(key: str, name_of_rule: Words) -> Series[Fraction]:
        return sources.series(section, key, name_of_rule, lambda one: one.rate("value"))

    branch = Branch(
        code=code,
        name=name,
        base=base,
        base_source=sources.cite(section),
        ceiling=_ceiling(section, name, sources, currency, multiple),
        ceiling_multiple=multiple,
        employer_rate=rates("employer_rate", _("The employer's rate for %(branch)s", branch=name)),
        employee_rate=rates("employee_rate", _("The employee's rate for %(branch)s", branch=name)),
    )
    section.close()
    return branch


def _ceiling(
    section: Section, branch: str, sources: Sources, currency: Currency, multiple: Fraction | None
) -> Series[int] | None:
    """The ceiling by year, checked against its formula where the figure behind it is given; or "none"."""
    if section.plain("ceiling") == "none":
        return None

    def parse(one: Section) -> int:
        value = one.amount("value", currency)
        if "average" in one and multiple is None:
            one.wrong("average", _("it is not used without ceiling_multiple. Add that, or remove this."))
        if "average" in one and multiple is not None and multiple * one.amount("average", currency) != value:
            one.wrong("value", _("it is not %(times)s times the average. Correct one.", times=str(multiple)))
        return value

    return sources.series(section, "ceiling", _("The ceiling of %(branch)s", branch=branch), parse)


def _membership(content: Section, sources: Sources, currency: Currency, pay: tuple[Component, ...]) -> Membership:
    """Who has to be declared; a pack without the section sets no limit."""
    if "membership" not in content:
        return Membership(None, None, None, None, None)
    section = content.section("membership")
    component = section.text("component")
    _known_component(section, "component", component, pay)
    membership = Membership(
        component=component,
        minimum_earnings=sources.series(
            section, "minimum_earnings", _("The least wage to be declared"), lambda one: one.amount("value", currency)
        ),
        age_from=section.number("age_from") if "age_from" in section else None,
        age_to=section.number("age_to") if "age_to" in section else None,
        source=sources.cite(section),
    )
    section.close()
    return membership


def _due_rule(section: Section) -> DueRule:
    section.choice("rule", ("day_of_next_month",))
    day = section.number("day")
    if not 1 <= day <= 31:
        section.wrong("day", _('there is no such day of a month. Write one from "1" to "31".'))
        day = 1
    return DueRule(day)


def _late(section: Section, sources: Sources) -> LatePerMonth | Unknown:
    """What being late costs: one of the named shapes, or unknown, with the reason."""
    if "unknown" in section:
        unknown = Unknown(section.text("unknown"))
        sources.missing.append(Missing("What being late costs", unknown.why, section.where))
        section.close()
        return unknown
    for key, words in _LATE_CHOICES.items():
        section.choice(key, words)
    rounding = section.section("rounding")
    sources.cite(rounding)
    sources.doubt(rounding, "Rounding of late charges")
    late = LatePerMonth(
        name=section.text("name"),
        rate=sources.series(section, "rate", _("The rate for paying late"), lambda one: one.rate("value")),
        rounding=section.rounding("rounding"),
        source=sources.cite(section),
        unverified=sources.doubt(section, "What being late costs"),
    )
    section.close()
    return late


#: What the one shape of late charge that is known so far leaves to choose: nothing, but it has to be said.
_LATE_CHOICES = {
    "rule": ("per_month_or_part",),
    "base": ("unpaid_contribution",),
    "counting": ("anniversary",),
    "compounding": ("simple",),
    "axis": ("default_date",),
}


def _order(section: Section) -> AllocationOrder:
    order = section.texts("order")
    if sorted(order) != sorted(KINDS):
        section.wrong("order", _("it has to name each of these once: %(kinds)s.", kinds=", ".join(KINDS)))
        order = KINDS
    return AllocationOrder(order, section.choice("first", ("kinds", "months")) == "months")


def _entitlement(section: Section, sources: Sources) -> OpensNextMonth | OpensNothing:
    if section.choice("rule", ("successive_paid_months", "none")) == "none":
        nothing = OpensNothing(section.text("why"))
        section.close()
        return nothing
    section.choice("opens", ("next_month",))
    opens = OpensNextMonth(
        waiting_months=section.number("waiting_months"),
        source=sources.cite(section),
        unverified=sources.doubt(section, "Which months open"),
    )
    if opens.waiting_months == 0:
        section.wrong("waiting_months", _('no month opens before one is paid. Write "1" or more.'))
    section.close()
    return opens


def _written_as_missing(content: Section) -> list[Missing]:
    """What the pack lists as not known without a place of its own."""
    found = []
    for section in content.each("missing"):
        found.append(Missing(section.text("what"), section.text("why"), section.where))
        section.close()
    return found


def _tests(content: Section, sources: Sources) -> tuple[Case, ...]:
    """The pack's own tests; a pack without one is not trusted."""
    found: dict[str, Case] = {}
    sections = content.each("test")
    if not sections:
        content.wrong("test", _("there is no test. Add [[test]] with a worked example."))
    for section in sections:
        id = section.text("id")
        category = section.choice("category", tuple(CATEGORIES))
        sources.cite(section)
        if id in found:
            section.wrong("id", _("another test has this id. Give it its own."))
        found[id] = Case(id, category, _table(section, "inputs"), _table(section, "expected"))
        section.close()
    return tuple(found.values())


def _table(section: Section, key: str) -> dict[str, Any]:
    """The inputs or results of a test, which its category understands."""
    found = section.plain(key)
    if isinstance(found, dict) and found:
        return found
    section.wrong(key, _('this is missing. Write it as { name = "value" }.'))
    return {}
