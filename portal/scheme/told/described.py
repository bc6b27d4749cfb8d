"""A whole pack in plain words: what holds, since when, where it stands, and what nobody confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from portal.scheme.blocks.due import Due
from portal.scheme.blocks.late import LateRule
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.shares import Branch, ShareRounding
from portal.scheme.blocks.values import Dated, Missing, Series, Unknown
from portal.scheme.money import rate_in_words
from portal.scheme.told.cover import cover_lines
from portal.scheme.told.lines import Line, bare, noted, plain
from portal.scheme.told.rules import (
    Sentences,
    amount_in_words,
    base_in_words,
    condition_in_words,
    due_in_words,
    minimum_in_words,
    money,
    order_in_words,
    phases_in_words,
    rounding_in_words,
    share_in_words,
)
from portal.words import Words, _, _n

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """A chapter of the pack."""

    title: Words
    lines: tuple[Line, ...]


def described(pack: Pack, today: date) -> tuple[Part, ...]:
    """The pack, chapter by chapter; a line that holds on *today* says so."""
    parts = [
        Part(_("The scheme"), tuple(_scheme(pack))),
        Part(_("What it has to be told"), tuple(_inputs(pack))),
        *(
            Part(_("Branch: %(branch)s", branch=branch.name), tuple(_branch(pack, branch, today)))
            for branch in pack.branches
        ),
        Part(_("Both shares together"), tuple(_split(pack, today))),
        Part(_("Who has to be declared"), tuple(_membership(pack, today))),
        Part(_("When it is due"), tuple(_due(pack, pack.due, today))),
        Part(_("Being late"), tuple(_late(pack, today))),
        Part(_("What a payment settles"), tuple(_series(_("Order"), pack.allocation, today, order_in_words))),
        Part(_("What it gives, and what may be agreed"), tuple(cover_lines(pack))),
        Part(_("Not known"), tuple(_gaps(pack.missing))),
        Part(_("Not confirmed"), tuple(_gaps(pack.unverified))),
    ]
    return tuple(part for part in parts if part.lines)


def _series(name: Words, series: Series[T] | None, today: date, say: Callable[[T], Sentences]) -> Iterator[Line]:
    """Every value a rule ever had."""
    for dated in series.values if series is not None else ():
        yield Line(
            name, () if dated.value is None else say(dated.value), dated.since, dated.until,
            holds=dated.holds_on(today), source=dated.source or None, notes=tuple(_notes(dated)),
        )  # fmt: skip


def _notes(dated: Dated[T]) -> Iterable[Words]:
    if dated.unknown:
        yield _("not known: %(why)s", why=dated.unknown)
    if dated.provisional:
        yield _("the value before it is used for the time being")
    if dated.known:
        yield _("known since %(day)s only", day=dated.known)
    if dated.unverified:
        yield _("not verified: %(why)s", why=dated.unverified)


def _scheme(pack: Pack) -> Iterator[Line]:
    yield plain(_("Name"), _("%(name)s (%(short)s)", name=pack.name, short=pack.short_name))
    yield plain(_("Country and currency"), _("%(country)s, %(code)s", country=pack.country, code=pack.currency.code))
    month, day = pack.fiscal_year
    yield plain(
        _("Calendar"),
        _CALENDARS[pack.calendar_name],
        _("its fiscal year begins on day %(day)s of month %(month)s", day=day, month=month),
    )
    if pack.version_day == "first":
        yield plain(_("Version of a rule"), _("the one that holds on the first day of the wage month"))
    else:
        yield plain(_("Version of a rule"), _("the one that holds on the last day of the wage month"))
    yield noted(_("Rounding"), (rounding_in_words(pack, pack.rounding),), pack.rounding.source)
    if pack.overlay:
        yield plain(_("Decided by the fund"), _("%(file)s is laid over the pack", file=pack.overlay))


_CALENDARS = {
    "gregorian": _("Gregorian"),
    "bikram_sambat": _("Bikram Sambat (Nepal)"),
    "ethiopian": _("Ethiopian, with thirteen months"),
}
_OF = {"employer": _("of the employer"), "person": _("of the person"), "options": _("chosen")}


def _inputs(pack: Pack) -> Iterator[Line]:
    for one in pack.inputs.values():
        said = [_("%(code)s, %(of)s", code=one.code, of=_OF[one.of])]
        if one.choices:
            choices = ", ".join(f"{code} ({name})" for code, name in one.choices.items())
            said.append(_("one of: %(choices)s", choices=choices))
        if one.default is not None:
            said.append(_("where nothing is said: %(default)s", default=one.default))
        yield Line(bare(one.label), tuple(said))


def _branch(pack: Pack, branch: Branch, today: date) -> Iterator[Line]:
    if branch.applies:
        yield plain(_("For whom"), bare(condition_in_words(pack, branch.applies)))
    yield from _series(_("Pay that counts"), branch.base, today, lambda base: base_in_words(pack, base))
    yield from _amounts(pack, branch, today)
    for name, series in (
        (_("Employer's share"), branch.employer),
        (_("Employee's share"), branch.employee),
        (_("Both shares"), branch.total),
    ):
        yield from _series(name, series, today, lambda terms: share_in_words(pack, terms))
    yield from _series(_("Least for a person"), branch.minimum, today, lambda least: minimum_in_words(pack, least))
    yield from _branch_rounding(pack, branch.rounding)


def _amounts(pack: Pack, branch: Branch, today: date) -> Iterator[Line]:
    """The limits of the pay that counts."""
    limits = [
        (_("Floor"), branch.floor),
        (_("Ceiling of a month"), branch.ceiling),
        (_("Ceiling of a year"), branch.year_ceiling),
        (_("Counts only above"), branch.above),
        (_("Least of an establishment"), branch.establishment_minimum),
    ]
    if branch.additional:
        limits.append((_("Most of a year with additional pay"), branch.additional.year_limit))
    if branch.wage_limit:
        limits.append((_("Insured up to a wage of"), branch.wage_limit.limit))
    for name, series in limits:
        yield from _series(name, series, today, lambda minor: amount_in_words(pack, minor))
    for name, condition in (
        (_("Ceiling of a month"), branch.ceiling_when),
        (_("Ceiling of a year"), branch.year_ceiling_when),
    ):
        if condition:
            yield plain(name, _("only where %(condition)s", condition=condition_in_words(pack, condition)))


def _branch_rounding(pack: Pack, rounding: ShareRounding) -> Iterator[Line]:
    """Only where the branch rounds otherwise than the scheme."""
    for name, one in (
        (_("Rounding of the employer's share"), rounding.employer),
        (_("Rounding of the employee's share"), rounding.employee),
    ):
        if one != pack.rounding:
            yield noted(name, (rounding_in_words(pack, one),), one.source)
    if rounding.total:
        yield noted(_("Rounding of both together"), (rounding_in_words(pack, rounding.total),), rounding.total.source)
    if rounding.rest == "employer":
        yield plain(_("Employer's share"), _("is what the employee's share leaves of both together"))
    if rounding.rest == "employee":
        yield plain(_("Employee's share"), _("is what the employer's share leaves of both together"))


def _split(pack: Pack, today: date) -> Iterator[Line]:
    if pack.split is not None:
        series = pack.split.employee
        yield from _series(_("Employee's part of all"), series, today, lambda terms: share_in_words(pack, terms))


def _membership(pack: Pack, today: date) -> Iterator[Line]:
    rule = pack.membership
    least = rule.minimum_earnings
    yield from _series(_("From earnings of"), least, today, lambda minor: amount_in_words(pack, minor))
    if rule.age_from is not None:
        yield noted(_("From the age of"), (_("%(age)s years", age=rule.age_from),), rule.source)
    if rule.age_to is not None:
        yield noted(_("To the age of"), (_("%(age)s years", age=rule.age_to),), rule.source)


def _due(pack: Pack, due: Due, today: date) -> Iterator[Line]:
    for name, series in ((_("Paying"), due.payment), (_("Declaring"), due.declaration)):
        if isinstance(series, Unknown):
            yield Line(name, (), notes=(_("not known: %(why)s", why=series.why),))
        else:
            yield from _series(name, series, today, lambda terms: due_in_words(pack, terms))
    if due.grace is not None:
        words = _("nothing is charged when all is paid by day %(day)s of the month after", day=due.grace.day)
        yield noted(_("Grace"), (words,), due.grace.source)
    if due.effective == "credited":
        yield plain(_("Paid on"), _("the day on which the fund's account is credited"))


def _late(pack: Pack, today: date) -> Iterator[Line]:
    if isinstance(pack.late, Unknown):
        yield Line(_("What it costs"), (), notes=(_("not known: %(why)s", why=pack.late.why),))
        return
    for rule in pack.late:
        name = bare(rule.name)
        yield noted(name, tuple(_late_rule(pack, rule)), rule.source, rule.unverified)
        yield from _series(name, rule.terms, today, lambda phases: phases_in_words(pack, phases))


def _late_rule(pack: Pack, rule: LateRule) -> Iterator[Words]:
    yield _("for a late return") if rule.trigger == "late_return" else _("for a late payment")
    yield _("of the whole charge") if rule.base == "charge" else _("of what is unpaid")
    yield _AXES[rule.axis]
    yield _("months of the calendar") if rule.calendar_months else _("months from the due day to the same day")
    yield _("a charge bears the next one") if rule.compound else _("a charge does not bear the next one")
    if rule.minimum:
        yield _("at least %(amount)s", amount=money(pack, rule.minimum))
    if rule.maximum is not None:
        yield _("at most %(share)s of what was paid late", share=rate_in_words(rule.maximum))
    if rule.tolerance:
        yield _("up to %(amount)s short counts as paid", amount=money(pack, rule.tolerance))
    if rule.failures is not None:
        free = rule.failures.free
        yield _n("the first of a year costs nothing", "the first %(n)s of a year cost nothing", free)
    if rule.beneficiary:
        yield _("it goes to %(whom)s", whom=rule.beneficiary)
    yield rounding_in_words(pack, rule.rounding)


_AXES = {
    "default_date": _("the version of the first day after the due day"),
    "due_date": _("the version of the due day"),
    "calendar_day": _("each day by its own version"),
}


def _gaps(gaps: Iterable[Missing]) -> Iterator[Line]:
    for gap in gaps:
        yield Line(gap.words or bare(gap.what), (bare(gap.why),))
