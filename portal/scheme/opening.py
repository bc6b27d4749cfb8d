"""Which months of cover the paid months open."""

from __future__ import annotations

from collections.abc import Collection

from portal.scheme.blocks import OpensNextMonth, OpensNothing, Pack
from portal.scheme.calendars import Month, month_in_words
from portal.scheme.explain import Step
from portal.words import Words, _, _n


def entitled_months(pack: Pack, paid: Collection[Month]) -> frozenset[Month]:
    """
    The months of cover opened by the months that are *paid* in full for a person.

    A paid month opens the next month when it and the ones before it, as many in all as the
    waiting period has, are paid.  After an unpaid month the count starts again.
    """
    rule = pack.entitlement
    if isinstance(rule, OpensNothing):
        return frozenset()
    months = frozenset(paid)
    return frozenset(
        month.next(pack.calendar)
        for month in months
        if all(month.plus(-back, pack.calendar) in months for back in range(1, rule.waiting_months))
    )


def opening_months(pack: Pack, month: Month) -> tuple[Month, ...]:
    """The months that all have to be paid so that *month* is covered, oldest first; none where nothing opens."""
    rule = pack.entitlement
    if isinstance(rule, OpensNothing):
        return ()
    return tuple(month.plus(-back, pack.calendar) for back in range(rule.waiting_months, 0, -1))


def explain_entitlement(pack: Pack, paid: Collection[Month], month: Month) -> tuple[Step, ...]:
    """Why *month* is covered, or which months would have to be paid for it to be."""
    rule = pack.entitlement
    if isinstance(rule, OpensNothing):
        return (Step(_("%(scheme)s: %(why)s", scheme=pack.short_name, why=rule.why)),)
    needed = opening_months(pack, month)
    unpaid = tuple(one for one in needed if one not in paid)
    words = _closed(pack, month, unpaid, rule) if unpaid else _open(pack, month, needed)
    steps = [Step(words, source=rule.source)]
    if rule.unverified:
        steps.append(Step(_("Not verified: %(why)s", why=rule.unverified), source=rule.source))
    return tuple(steps)


def _open(pack: Pack, month: Month, needed: tuple[Month, ...]) -> Words:
    name = month_in_words(month, pack.calendar)
    return _n(
        "Cover in %(month)s because %(paid)s was paid.",
        "Cover in %(month)s because %(paid)s were paid.",
        len(needed), month=name, paid=listed(pack, needed),
    )  # fmt: skip


def _closed(pack: Pack, month: Month, unpaid: tuple[Month, ...], rule: OpensNextMonth) -> Words:
    name = month_in_words(month, pack.calendar)
    return _n(
        "No cover in %(month)s: %(months)s successive months before it must be paid, and %(unpaid)s is not paid.",
        "No cover in %(month)s: %(months)s successive months before it must be paid, and %(unpaid)s are not paid.",
        len(unpaid), month=name, months=rule.waiting_months, unpaid=listed(pack, unpaid),
    )  # fmt: skip


def listed(pack: Pack, months: tuple[Month, ...]) -> Words:
    """Months one after the other, translatable: July 2026, August 2026 and September 2026."""
    words = month_in_words(months[0], pack.calendar)
    for month in months[1:-1]:
        words = _("%(first)s, %(next)s", first=words, next=month_in_words(month, pack.calendar))
    if len(months) > 1:
        words = _("%(first)s and %(last)s", first=words, last=month_in_words(months[-1], pack.calendar))
    return words
