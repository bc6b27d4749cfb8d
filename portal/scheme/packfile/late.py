"""What being late costs: the rules of [late], one table each."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from portal.scheme.blocks.late import EACH, LATE_AXES, TRIGGERS, FailureCount, LateRule, Phase, Slab
from portal.scheme.blocks.values import Unknown
from portal.scheme.money import Minor
from portal.scheme.packfile.basics import Basics, month_day, read_rounding
from portal.scheme.packfile.dated import series
from portal.scheme.packfile.reading import Section
from portal.words import _

_MANY_TIMES = Fraction(100)


def read_late(content: Section, basics: Basics, branches: tuple[str, ...]) -> tuple[LateRule, ...] | Unknown:
    """The late rules in the order of the file, or why they are not known."""
    section = content.section("late")
    if "unknown" in section:
        unknown = Unknown(basics.sources.lack(section, _("What being late costs")))
        section.close()
        return unknown
    rules = tuple(_rule(code, one, basics, branches) for code, one in section.rest())
    if not rules and section.table.place.line is not None and "late" in content:
        section.wrong("unknown", _("there is no rule. Add [late.penalty], or say unknown and why."))
    return rules


def _rule(code: str, section: Section, basics: Basics, branches: tuple[str, ...]) -> LateRule:
    name = section.text("name")
    rounding = section.section("rounding")
    cited = basics.sources.cite(rounding, _("%(what)s: rounding", what=name)) if "source" in rounding else None
    how = replace(read_rounding(rounding, basics.currency), source=cited)
    truncate = rounding.number("truncate", 0, 9) if "truncate" in rounding else None
    rounding.close()
    source, doubt = basics.sources.cited(section, name)
    failures = _failure_count(section)
    rule = LateRule(
        code=code,
        name=name,
        kind=section.choice("kind", ("penalty", "interest")),
        trigger=section.choice("trigger", TRIGGERS),
        axis=section.choice("axis", LATE_AXES),
        base=section.choice("base", ("unpaid", "charge")),
        terms=series(
            basics.sources, section, "terms", _("The terms of %(rule)s", rule=name),
            lambda one: _phases(one, basics, counts_failures=failures is not None),
        ),
        rounding=how,
        source=source,
        branches=_branches(section, branches),
        calendar_months=section.choice("counting", ("anniversary", "calendar")) == "calendar",
        compound=section.choice("compounding", ("simple", "compound")) == "compound",
        count_pay_day=section.choice("pay_day", ("counted", "not_counted"), default="counted") == "counted",
        round_each=section.yes("round_each"),
        truncate=truncate,
        minimum=section.amount("minimum", basics.currency) if "minimum" in section else 0,
        maximum=section.rate("maximum", most=_MANY_TIMES) if "maximum" in section else None,
        tolerance=section.amount("tolerance", basics.currency) if "tolerance" in section else 0,
        failures=failures,
        beneficiary=section.optional("beneficiary"),
        option=section.optional("option"),
        unverified=doubt,
    )  # fmt: skip
    section.close()
    return rule


def _branches(section: Section, known: tuple[str, ...]) -> tuple[str, ...]:
    named = section.texts("branches") if "branches" in section else ()
    for code in named:
        if code not in known:
            section.wrong("branches", _("there is no [branch.%(name)s]. Add it, or name another.", name=code))
    return named


def _failure_count(section: Section) -> FailureCount | None:
    if "failures" not in section:
        return None
    inner = section.section("failures")
    month, day = month_day(inner, "year_begins")
    count = FailureCount(month, day, inner.number("free"))
    inner.close()
    return count


def _phases(one: Section, basics: Basics, *, counts_failures: bool) -> tuple[Phase, ...]:
    """The phases of a list, or the only one, written without it."""
    if "phases" not in one:
        return (_phase(one, basics, counts_failures=counts_failures),)
    phases: list[Phase] = []
    for section in one.each("phases"):
        phase = _phase(section, basics, counts_failures=counts_failures)
        if phases and phase.after_months < phases[-1].after_months:
            section.wrong("after_months", _("it begins before the phase before it. Put the phases in order."))
        phases.append(phase)
        section.close()
    if not phases:
        one.wrong("phases", _('there is no phase. Write [ { rate = "5 %%", each = "month_or_part" } ].'))
    return tuple(phases)


def _phase(section: Section, basics: Basics, *, counts_failures: bool) -> Phase:
    ways = [key for key in ("rate", "slabs", "failures", "headcount") if key in section]
    if len(ways) != 1:
        section.wrong("rate", _("write exactly one of: rate, slabs, failures, headcount."))
    if "failures" in section and not counts_failures:
        section.wrong("failures", _("nothing says how failures are counted. Add failures to the rule."))
    return Phase(
        each=section.choice("each", EACH),
        rate=section.rate("rate") if "rate" in section else None,
        after_months=section.number("after_months", 0, 1200) if "after_months" in section else 0,
        slabs=tuple(Slab(months, rate) for months, rate in _steps(section, "slabs", "from_months", 0)),
        by_failures=_steps(section, "failures", "from", 1),
        by_headcount=_amounts(section, basics),
    )


def _steps(section: Section, key: str, edge: str, first: int) -> tuple[tuple[int, Fraction], ...]:
    """Rates from a number on, upwards from *first*."""
    found = []
    for one in section.each(key):
        found.append((one.number(edge, 0, 10_000), one.rate("rate")))
        _check_step(one, edge, [number for number, _rate in found], first)
        one.close()
    return tuple(found)


def _amounts(section: Section, basics: Basics) -> tuple[tuple[int, Minor], ...]:
    """Amounts from a size of the employer on."""
    found = []
    for one in section.each("headcount"):
        found.append((one.number("from"), one.amount("amount", basics.currency)))
        _check_step(one, "from", [number for number, _amount in found], 1)
        one.close()
    return tuple(found)


def _check_step(one: Section, edge: str, numbers: list[int], first: int) -> None:
    if len(numbers) == 1:
        if numbers[0] > first:
            one.wrong(edge, _('what is below has no rule. Begin with "%(first)s".', first=str(first)))
    elif numbers[-1] <= numbers[-2]:
        one.wrong(edge, _("it is no higher than the step before it. Put the steps in order."))
