"""
Which months of cover the paid months open, and why: declared and not paid is told apart from not declared.

The rules themselves stand in ``opening.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from portal.scheme.blocks.cover import OpensAfterPaidMonths, OpensByPeriod, OpensWhenReceived
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Unknown
from portal.scheme.calendars import Month, month_in_words
from portal.scheme.explain import Step
from portal.scheme.opening import active_after as active_after
from portal.scheme.opening import benefit_period_of as benefit_period_of
from portal.scheme.opening import covered_on as covered_on
from portal.scheme.opening import covered_through as covered_through
from portal.scheme.opening import entitled_months as entitled_months
from portal.scheme.opening import needs_all as needs_all
from portal.scheme.opening import opener_of as opener_of
from portal.scheme.opening import opening_months as opening_months
from portal.scheme.opening import why_unknown
from portal.words import Words, _, _n


def explain_entitlement(
    pack: Pack, paid: Collection[Month], month: Month, declared: Collection[Month] | None = None
) -> tuple[Step, ...]:  # fmt: skip
    """
    Why *month* is covered, or which months would have to be paid for it to be.

    With *declared* it is told which of the unpaid months were declared: then the employer has to pay, otherwise to
    declare.
    """
    rule = pack.entitlement
    if isinstance(rule, OpensAfterPaidMonths | OpensByPeriod | OpensWhenReceived):
        unpaid = tuple(one for one in opening_months(pack, month) if one not in paid)
        covered = month in entitled_months(pack, paid)
        steps = [Step(_open(pack, paid, month) if covered else _closed(pack, month, unpaid), source=rule.source)]
        if declared is not None and not covered:
            steps += [Step(words) for words in _whose_fault(pack, unpaid, declared)]
        if rule.unverified:
            steps.append(Step(_("Not verified: %(why)s", why=rule.unverified), source=rule.source))
        return tuple(steps)
    if isinstance(rule, Unknown):
        words = _("What opens cover in %(scheme)s is not known: %(why)s", scheme=pack.short_name, why=rule.why)
        return (Step(words),)
    return (Step(_("%(scheme)s: %(why)s", scheme=pack.short_name, why=why_unknown(pack) or "")),)


def _open(pack: Pack, paid: Collection[Month], month: Month) -> Words:
    """Because of which paid months."""
    rule, name = pack.entitlement, month_in_words(month, pack.calendar)
    needed = tuple(one for one in opening_months(pack, month) if one in paid)
    last = opener_of(pack, paid, month)
    if isinstance(rule, OpensAfterPaidMonths) and rule.run_off and last is not None:
        return _n(
            "Cover in %(month)s because %(last)s was paid: cover goes on for %(n)s month after the last paid one.",
            "Cover in %(month)s because %(last)s was paid: cover goes on for %(n)s months after the last paid one.",
            rule.run_off, month=name, last=month_in_words(last, pack.calendar),
        )  # fmt: skip
    return _n(
        "Cover in %(month)s because %(paid)s was paid.",
        "Cover in %(month)s because %(paid)s were paid.",
        len(needed), month=name, paid=listed(pack, needed),
    )  # fmt: skip


def _closed(pack: Pack, month: Month, unpaid: tuple[Month, ...]) -> Words:
    """What the rule asks, and what of it is not there."""
    rule, name = pack.entitlement, month_in_words(month, pack.calendar)
    if isinstance(rule, OpensByPeriod):
        return _(
            "No cover in %(month)s: one month from %(first)s to %(last)s must be paid, and none is.",
            month=name, first=month_in_words(unpaid[0], pack.calendar), last=month_in_words(unpaid[-1], pack.calendar),
        )  # fmt: skip
    if isinstance(rule, OpensWhenReceived):
        return _(
            "No cover in %(month)s: %(unpaid)s must be received by its due day, and is not paid.",
            month=name, unpaid=listed(pack, unpaid),
        )  # fmt: skip
    assert isinstance(rule, OpensAfterPaidMonths)
    if not unpaid:  # all are paid, so that cover begins only after them
        return _("No cover in %(month)s.", month=name)
    if rule.months < rule.within:
        return _(
            "No cover in %(month)s: %(months)s of the %(within)s months before it must be paid, and only %(paid)s are.",
            month=name, months=rule.months, within=rule.within, paid=rule.within - len(unpaid),
        )  # fmt: skip
    return _n(
        "No cover in %(month)s: %(months)s successive months before it must be paid, and %(unpaid)s is not paid.",
        "No cover in %(month)s: %(months)s successive months before it must be paid, and %(unpaid)s are not paid.",
        len(unpaid), month=name, months=rule.months, unpaid=listed(pack, unpaid),
    )  # fmt: skip


def _whose_fault(pack: Pack, unpaid: tuple[Month, ...], declared: Collection[Month]) -> Iterator[Words]:
    """Which of the unpaid months are declared, and which are not."""
    known = tuple(one for one in unpaid if one in declared)
    not_known = tuple(one for one in unpaid if one not in declared)
    if known:
        yield _n(
            "%(months)s is declared; the employer has to pay for it.",
            "%(months)s are declared; the employer has to pay for them.",
            len(known), months=listed(pack, known),
        )  # fmt: skip
    if not_known:
        yield _n(
            "%(months)s is not declared; the employer has to declare and pay for it.",
            "%(months)s are not declared; the employer has to declare and pay for them.",
            len(not_known), months=listed(pack, not_known),
        )  # fmt: skip


def listed(pack: Pack, months: tuple[Month, ...]) -> Words:
    """Months one after the other, translatable: July 2026, August 2026 and September 2026."""
    words = month_in_words(months[0], pack.calendar)
    for month in months[1:-1]:
        words = _("%(first)s, %(next)s", first=words, next=month_in_words(month, pack.calendar))
    if len(months) > 1:
        words = _("%(first)s and %(last)s", first=words, last=month_in_words(months[-1], pack.calendar))
    return words
