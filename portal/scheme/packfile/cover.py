"""What a payment settles, what it opens, what may be forgiven, and the other terms of a fund."""

from __future__ import annotations

from portal.scheme.blocks.cover import (
    AllocationOrder,
    Entitlement,
    OpensAfterPaidMonths,
    OpensByPeriod,
    OpensNothing,
    OpensWhenReceived,
    Period,
    Waiver,
    WaiverStep,
)
from portal.scheme.blocks.values import Series, Unknown
from portal.scheme.packfile.basics import Basics, month_day
from portal.scheme.packfile.dated import series
from portal.scheme.packfile.reading import Section
from portal.words import _

KINDS = ("contribution", "penalty", "interest")
_RULES = ("paid_months", "periods", "received_by_due", "none")


def read_allocation(content: Section, basics: Basics) -> Series[AllocationOrder]:
    """The order of allocation by date."""
    return series(basics.sources, content, "allocation", _("The order of allocation"), _order)


def _order(section: Section) -> AllocationOrder:
    order = tuple(("penalty", "interest") if one == "late" else (one,) for one in section.texts("order"))
    if sorted(kind for kinds in order for kind in kinds) != sorted(KINDS):
        words = _('it has to name each of these once: contribution, penalty, interest ("late" is the last two).')
        section.wrong("order", words)
        order = (("contribution",), ("penalty", "interest"))
    return AllocationOrder(
        order=order,
        months_first=section.choice("first", ("kinds", "months")) == "months",
        pro_rata=section.yes("pro_rata"),
        designation=section.yes("designation"),
        plan_first=section.yes("plan_first"),
    )


def read_entitlement(content: Section, basics: Basics, branches: tuple[str, ...]) -> Entitlement | Unknown:
    """Which paid months open which months of cover."""
    section = content.section("entitlement")
    found: Entitlement | Unknown
    if "unknown" in section:
        found = Unknown(basics.sources.lack(section, _("What opens cover")))
    else:
        rule = section.choice("rule", _RULES)
        if rule == "none":
            found = OpensNothing(section.text("why"))
            if "source" in section:
                basics.sources.cite(section, _("What opens cover"))
        else:
            source, doubt = basics.sources.cited(section, _("What opens cover"))
            found = _opens(rule, section, source, doubt, branches)
    section.close()
    return found


def _opens(rule: str, section: Section, source: str, doubt: str | None, branches: tuple[str, ...]) -> Entitlement:
    if rule == "received_by_due":
        return OpensWhenReceived(source, doubt)
    if rule == "periods":
        return OpensByPeriod(_periods(section), source, doubt)
    months = section.number("months", 1, 1200)
    opens = OpensAfterPaidMonths(
        months=months,
        within=section.number("within", 1, 1200) if "within" in section else months,
        opens=section.choice("opens", ("next_month", "after_last")),
        run_off=section.number("run_off", 0, 1200) if "run_off" in section else 0,
        source=source,
        unverified=doubt,
        branch=section.optional("branch"),
    )
    if opens.within < months:
        section.wrong("within", _("so many months cannot be paid within fewer. Correct one of the two."))
    if opens.branch is not None and opens.branch not in branches:
        section.wrong("branch", _("there is no [branch.%(name)s]. Add it, or name another.", name=opens.branch))
    return opens


def _periods(section: Section) -> tuple[Period, ...]:
    periods = []
    for one in section.each("periods"):
        days = [month_day(one, key) for key in ("from", "to", "benefit_from", "benefit_to")]
        periods.append(Period(*days))
        one.close()
    if not periods:
        section.wrong("periods", _("there is no period. Add one with from, to, benefit_from and benefit_to."))
    return tuple(periods)


def read_waivers(content: Section, basics: Basics) -> tuple[Waiver, ...]:
    """What a law forgives, in the order of the file."""
    waivers: dict[str, Waiver] = {}
    for section in content.each("waiver"):
        code, name = section.text("code"), section.text("name")
        source, doubt = basics.sources.cited(section, name)
        waiver = Waiver(
            code=code,
            name=name,
            incurred_from=section.day("incurred_from") if "incurred_from" in section else None,
            incurred_to=section.day("incurred_to") if "incurred_to" in section else None,
            steps=_steps(section),
            principal_open=section.yes("principal_open"),
            source=source,
            unverified=doubt,
        )
        _check_waiver(section, waiver, waivers)
        waivers[code] = waiver
        section.close()
    return tuple(waivers.values())


def _check_waiver(section: Section, waiver: Waiver, others: dict[str, Waiver]) -> None:
    if waiver.code in others:
        section.wrong("code", _("another waiver has this code. Give it its own."))
    if waiver.incurred_from and waiver.incurred_to and waiver.incurred_to < waiver.incurred_from:
        section.wrong("incurred_to", _("this is before the first day. Exchange the two, or correct one."))


def _steps(section: Section) -> tuple[WaiverStep, ...]:
    steps: list[WaiverStep] = []
    for one in section.each("steps"):
        step = WaiverStep(one.day("until"), one.rate("share"))
        if steps and step.until <= steps[-1].until:
            one.wrong("until", _("it is no later than the step before it. Put the steps in order of time."))
        steps.append(step)
        one.close()
    if not steps:
        section.wrong("steps", _('there is no step. Write [ { until = 2026-01-07, share = "100 %%" } ].'))
    return tuple(steps)
