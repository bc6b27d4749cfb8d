"""What a rule says, whatever the month and whoever pays: the values of a pack as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from portal.scheme.blocks.cover import AllocationOrder
from portal.scheme.blocks.due import DueTerms
from portal.scheme.blocks.late import Phase
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.shares import Band, Base, MinimumContribution, Other, ShareTerms
from portal.scheme.blocks.values import Condition
from portal.scheme.deadlines import rule_in_words
from portal.scheme.money import Minor, Rounding, rate_in_words
from portal.scheme.told.lines import bare
from portal.words import Amount, Words, _, _n

#: A value takes one sentence or several.
Sentences = tuple[Words, ...]


def money(pack: Pack, minor: Minor) -> Amount:
    """An amount of the pack's currency."""
    return Amount(minor, pack.currency.code, pack.currency.digits)


def amount_in_words(pack: Pack, minor: Minor) -> Sentences:
    """An amount alone."""
    return (bare(money(pack, minor)),)


def base_in_words(pack: Pack, base: Base) -> Sentences:
    """Which pay counts."""
    found = [bare(_labels(pack, base.plus))]
    if base.minus:
        found.append(_("less %(parts)s", parts=_labels(pack, base.minus)))
    if base.not_below:
        found.append(_("not below %(parts)s", parts=_labels(pack, base.not_below)))
    return tuple(found)


def _labels(pack: Pack, codes: Iterable[str]) -> str:
    return " + ".join(label(pack, code) for code in codes)


def label(pack: Pack, code: str) -> str:
    """The name of a pay component or an input; its code where it has none."""
    if code in pack.components:
        return pack.label_of(code)
    return pack.inputs[code].label if code in pack.inputs else code


def share_in_words(pack: Pack, terms: ShareTerms) -> Sentences:
    """How a share is made, its bands, and its limits."""
    return (*_made(pack, terms), *_bands(pack, terms), *_limits(pack, terms))


def _made(pack: Pack, terms: ShareTerms) -> Sentences:
    if terms.rate is not None:
        return (bare(rate_in_words(terms.rate)),)
    if terms.by is not None:
        return (_("by %(input)s: %(rates)s", input=_by(pack, terms.by), rates=_table(pack, terms.by, terms.table)),)
    if terms.given is not None:
        return (_("the rate given as: %(input)s", input=label(pack, terms.given)),)
    if terms.amount is not None:
        return amount_in_words(pack, terms.amount)
    if terms.of_total is not None:
        return (_("%(rate)s of the branch's total", rate=rate_in_words(terms.of_total)),)
    if terms.same_as is not None:
        other = _("the same as %(other)s", other=_other(pack, terms.same_as))
        if terms.less is None:
            return (other,)
        return (other, _("less %(other)s", other=_other(pack, terms.less)))
    return ()


def _by(pack: Pack, by: str) -> Words | str:
    return _("age") if by == "age" else label(pack, by)


def _table(pack: Pack, by: str, table: Mapping[str, Fraction]) -> str:
    names = {age: f"{age}+" for age in table} if by == "age" else pack.inputs[by].choices
    return ", ".join(f"{names.get(key, key)} {rate_in_words(rate)}" for key, rate in table.items())


def _other(pack: Pack, other: Other) -> Words:
    side = _("employer") if other.side == "employer" else _("employee")
    return _("%(branch)s, %(side)s", branch=pack.branch(other.branch).name, side=side)


def _bands(pack: Pack, terms: ShareTerms) -> Sentences:
    found = tuple(_band(pack, band) for band in terms.bands)
    if not found:
        return ()
    if terms.marginal:
        return (_("each band counts the pay inside it"), *found)
    return (_("the band that the pay falls in decides for all of it"), *found)


def _band(pack: Pack, band: Band) -> Words:
    edge = money(pack, band.edge)
    begins = _("from %(edge)s", edge=edge) if band.inclusive else _("above %(edge)s", edge=edge)
    if band.amount is not None:
        return _("%(from)s: %(amount)s", **{"from": begins}, amount=money(pack, band.amount))
    if band.rate is not None:
        return _("%(from)s: %(rate)s", **{"from": begins}, rate=rate_in_words(band.rate))
    if band.less:
        return _(
            "%(from)s: %(times)s times the rate, of what is over %(less)s",
            **{"from": begins}, times=str(band.times), less=money(pack, band.less),
        )  # fmt: skip
    return _("%(from)s: %(times)s times the rate", **{"from": begins}, times=str(band.times))


def _limits(pack: Pack, terms: ShareTerms) -> Sentences:
    found = []
    if terms.most is not None:
        found.append(_("at most %(amount)s", amount=money(pack, terms.most)))
    if terms.least is not None:
        found.append(_("at least %(amount)s", amount=money(pack, terms.least)))
    if terms.nil_up_to_daily is not None:
        daily = money(pack, terms.nil_up_to_daily)
        found.append(_("nothing up to an average wage of %(amount)s a day", amount=daily))
    return tuple(found)


def minimum_in_words(pack: Pack, minimum: MinimumContribution) -> Sentences:
    """The least a branch takes for one person, and who bears what is short."""
    if minimum.wage is not None:
        least = _("the contribution on a wage of %(amount)s", amount=money(pack, minimum.wage))
    else:
        least = bare(money(pack, minimum.amount or 0))
    if minimum.borne_by == "employer":
        return (least, _("the employer bears what is short"))
    return (least, _("the employee bears what is short"))


def due_in_words(pack: Pack, every: Sequence[DueTerms]) -> Sentences:
    """Each way to find a due day, and for whom it is."""
    return tuple(words for terms in every for words in _due(pack, terms))


def _due(pack: Pack, terms: DueTerms) -> Iterable[Words]:
    if terms.from_headcount:
        yield _n(
            "From %(n)s person employed:", "From %(n)s people employed:", terms.from_headcount,
        )  # fmt: skip
    if terms.when:
        yield _("Where %(condition)s:", condition=condition_in_words(pack, terms.when))
    yield rule_in_words(terms)
    if terms.dates:
        days = ", ".join(f"{month:02d}-{day:02d}" for month, day in terms.dates)
        yield _("The printed days are %(days)s.", days=days)
    if terms.frequency == "quarterly":
        yield _("The period is a quarter of the year.")
    if terms.roll == "next":
        yield _("On a day of rest it moves to the next working day.")
    if terms.roll == "previous":
        yield _("On a day of rest it moves to the last working day before.")


def condition_in_words(pack: Pack, condition: Condition) -> str:
    """Which answers are asked for: "Regime: General or Agriculture"."""
    return "; ".join(f"{label(pack, code)}: {_answers(pack, code, codes)}" for code, codes in condition.items())


def _answers(pack: Pack, code: str, answers: Sequence[str]) -> str:
    choices = pack.inputs[code].choices if code in pack.inputs else {}
    return " / ".join(choices.get(answer, answer) for answer in answers)


_EACH = {
    "once": _("once"),
    "day": _("for each day"),
    "month": _("for each full month"),
    "month_or_part": _("for each month or part of one"),
    "quarter": _("for each full quarter"),
    "quarter_or_part": _("for each quarter or part of one"),
    "year_by_days": _("a year, by days of 365"),
    "month_by_days": _("a month, by the days of the month of payment"),
}


def phases_in_words(pack: Pack, phases: Sequence[Phase]) -> Sentences:
    """What being late costs, one phase after the other."""
    return tuple(words for phase in phases for words in _phase(pack, phase))


def _phase(pack: Pack, phase: Phase) -> Iterable[Words]:
    each = _EACH[phase.each]
    if phase.after_months:
        yield _n("From %(n)s month late on:", "From %(n)s months late on:", phase.after_months)
    if phase.rate is not None:
        yield _("%(rate)s %(each)s", rate=rate_in_words(phase.rate), each=each)
    for slab in phase.slabs:
        rate = rate_in_words(slab.rate)
        yield _("from %(months)s full months: %(rate)s %(each)s", months=slab.from_months, rate=rate, each=each)
    for number, rated in phase.by_failures:
        rate = rate_in_words(rated)
        yield _("from failure number %(number)s of the year on: %(rate)s %(each)s", number=number, rate=rate, each=each)
    for people, minor in phase.by_headcount:
        amount = money(pack, minor)
        yield _("from %(people)s people employed: %(amount)s %(each)s", people=people, amount=amount, each=each)


_KINDS = {"contribution": _("contributions"), "penalty": _("penalties"), "interest": _("interest")}


def order_in_words(order: AllocationOrder) -> Sentences:
    """What a payment settles first."""
    classes = [_together([_KINDS[kind] for kind in together]) for together in order.order]
    words = classes[0]
    for following in classes[1:]:
        words = _("%(first)s, then %(next)s", first=words, next=following)
    found = [words]
    if order.months_first:
        found.append(_("the oldest month in full before the next"))
    elif order.pro_rata:
        found.append(_("all months in proportion"))
    else:
        found.append(_("each of them in all months, the oldest first"))
    if order.designation:
        found.append(_("the payer may name the month"))
    if order.plan_first:
        found.append(_("with a plan of instalments the current month first"))
    return tuple(found)


def _together(kinds: Sequence[Words]) -> Words:
    words = kinds[0]
    for following in kinds[1:]:
        words = _("%(first)s and %(next)s together", first=words, next=following)
    return words


_MODES = {
    "half_up": _("to the nearest %(unit)s, half of it up"),
    "half_down": _("to the nearest %(unit)s, half of it down"),
    "half_even": _("to the nearest %(unit)s, half of it to the even one"),
    "floor": _("down to a whole %(unit)s"),
    "ceil": _("up to a whole %(unit)s"),
}


def rounding_in_words(pack: Pack, rounding: Rounding) -> Words:
    """Which way, and to what."""
    return Words(_MODES[rounding.mode].msgid, {"unit": money(pack, rounding.unit)})
