"""What contributions give, and what a fund may forgive, agree or certify, as lines of a described pack."""

from __future__ import annotations

from collections.abc import Iterator

from portal.scheme.blocks.cover import (
    Clearance,
    EstimateTerms,
    InstalmentTerms,
    OpensAfterPaidMonths,
    OpensByPeriod,
    OpensNothing,
    OpensWhenReceived,
    Waiver,
)
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Unknown
from portal.scheme.money import rate_in_words
from portal.scheme.told.lines import Line, bare, noted, plain
from portal.words import Words, _, _n


def cover_lines(pack: Pack) -> Iterator[Line]:
    """Cover, waivers, instalments, estimates, the certificate, formulas and files."""
    yield _cover(pack)
    for waiver in pack.waivers:
        yield noted(
            _("Waiver: %(waiver)s", waiver=waiver.name), tuple(_waiver(waiver)), waiver.source, waiver.unverified
        )
    if pack.instalments is not None:
        terms = pack.instalments
        yield noted(_("Instalments"), tuple(_instalments(terms)), terms.source, terms.unverified)
    if pack.estimate is not None:
        yield noted(
            _("Where nothing is declared"),
            tuple(_estimate(pack.estimate)),
            pack.estimate.source,
            pack.estimate.unverified,
        )
    if pack.clearance is not None:
        yield noted(
            _("Certificate"), tuple(_clearance(pack.clearance)), pack.clearance.source, pack.clearance.unverified
        )
    for formula in pack.formulas:
        words = _("%(times)s times %(of)s", times=str(formula.times), of=formula.of.replace("_", " "))
        yield noted(bare(formula.name), (words,), formula.source)
    for line in pack.file_lines:
        words = _("a line with %(fields)s fields", fields=len(line.fields))
        yield noted(_("File: %(name)s", name=line.name), (words,), line.source)


def _cover(pack: Pack) -> Line:
    rule, name = pack.entitlement, _("Cover")
    match rule:
        case Unknown():
            return Line(name, (), notes=(_("not known: %(why)s", why=rule.why),))
        case OpensNothing():
            return plain(name, bare(rule.why))
        case OpensAfterPaidMonths():
            return noted(name, tuple(_paid_months(rule)), rule.source, rule.unverified)
        case OpensByPeriod():
            return noted(name, tuple(_periods(rule)), rule.source, rule.unverified)
        case OpensWhenReceived():
            words = _("as long as the last month was received by its due day")
            return noted(name, (words,), rule.source, rule.unverified)


def _paid_months(rule: OpensAfterPaidMonths) -> Iterator[Words]:
    if rule.within > rule.months:
        yield _("after %(months)s paid months of the last %(within)s", months=rule.months, within=rule.within)
    else:
        yield _n("after %(n)s paid month", "after %(n)s successive paid months", rule.months)
    yield _("from the next month on") if rule.opens == "next_month" else _("from the end of the last of them")
    if rule.run_off:
        yield _n(
            "and %(n)s month after the last paid month", "and %(n)s months after the last paid month", rule.run_off
        )


def _periods(rule: OpensByPeriod) -> Iterator[Words]:
    for period in rule.periods:
        days = (period.contribution_from, period.contribution_to, period.benefit_from, period.benefit_to)
        first, last, benefit, end = (f"{month:02d}-{day:02d}" for month, day in days)
        yield _(
            "paid from %(first)s to %(last)s: covered from %(benefit)s to %(end)s",
            first=first, last=last, benefit=benefit, end=end,
        )  # fmt: skip


def _waiver(waiver: Waiver) -> Iterator[Words]:
    if waiver.incurred_from is not None:
        yield _("late charges incurred from %(day)s", day=waiver.incurred_from)
    if waiver.incurred_to is not None:
        yield _("late charges incurred to %(day)s", day=waiver.incurred_to)
    for step in waiver.steps:
        yield _("paid by %(day)s: %(share)s forgiven", day=step.until, share=rate_in_words(step.share))
    if waiver.principal_open:
        yield _("also while contributions are open")
    else:
        yield _("only when no contributions are open")


def _instalments(terms: InstalmentTerms) -> Iterator[Words]:
    if terms.down_payment is not None:
        yield _("%(share)s paid down first", share=rate_in_words(terms.down_payment))
    if terms.most_months is not None:
        yield _n("at most %(n)s month", "at most %(n)s months", terms.most_months)
    if terms.missed_allowed is not None:
        yield _("%(n)s may be missed", n=terms.missed_allowed)
    if terms.late_charges == "stop":
        yield _("late charges stop while it is kept")
    if terms.late_charges == "go_on":
        yield _("late charges go on")


_BASES = {
    "last_declaration": _("the last declaration counts again"),
    "average": _("the average of the last %(months)s months counts"),
    "officer": _("an officer assesses"),
}


def _estimate(terms: EstimateTerms) -> Iterator[Words]:
    yield Words(_BASES[terms.basis].msgid, {"months": terms.months} if terms.basis == "average" else {})
    if terms.uplift:
        yield _("%(share)s is added", share=rate_in_words(terms.uplift))
    if terms.notice_days is not None:
        yield _n("after %(n)s day of notice", "after %(n)s days of notice", terms.notice_days)


def _clearance(terms: Clearance) -> Iterator[Words]:
    yield bare(terms.name)
    for condition in terms.conditions:
        yield bare(condition)
    if terms.paid_years is not None:
        yield _n("all of the last %(n)s year paid", "all of the last %(n)s years paid", terms.paid_years)
    if terms.valid_days is not None:
        yield _n("valid for %(n)s day", "valid for %(n)s days", terms.valid_days)
    else:
        yield _("valid to the end of the year")
