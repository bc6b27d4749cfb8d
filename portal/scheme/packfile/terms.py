"""How one share is made: rate, table, bands, or another share, from the keys of a dated entry."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from portal.scheme.blocks.shares import Band, Other, ShareTerms
from portal.scheme.blocks.values import Condition
from portal.scheme.money import parse_rate
from portal.scheme.packfile.basics import Basics, answers_of
from portal.scheme.packfile.reading import FINEST, Section
from portal.words import _

#: The ways to say a share; one of them, or bands alone.
_WAYS = ("rate", "by", "given", "amount", "of_total", "same_as")
#: Those that bands may multiply.
_MULTIPLIED = ("rate", "by")

#: The shares that stand before this one in the file: branch to its sides.
Earlier = Mapping[str, tuple[str, ...]]


def share_terms(one: Section, basics: Basics, earlier: Earlier, applies: Condition, *, has_total: bool) -> ShareTerms:
    """One entry of [[branch.NAME.employer]], employee or total."""
    _check_ways(one, has_total=has_total)
    bands = _bands(one, basics)
    terms = ShareTerms(
        rate=one.rate("rate") if "rate" in one else None,
        by=one.optional("by"),
        table=_table(one, basics, applies),
        given=_given(one, basics),
        amount=one.amount("amount", basics.currency) if "amount" in one else None,
        of_total=one.rate("of_total") if "of_total" in one else None,
        same_as=_other(one, "same_as", earlier),
        less=_other(one, "less", earlier),
        bands=bands,
        marginal=bool(bands) and one.choice("count", ("whole", "marginal")) == "marginal",
        most=one.amount("most", basics.currency) if "most" in one else None,
        least=one.amount("least", basics.currency) if "least" in one else None,
        nil_up_to_daily=one.amount("nil_up_to_daily", basics.currency) if "nil_up_to_daily" in one else None,
    )
    if terms.marginal and any(band.amount is not None for band in bands):
        one.wrong("count", _('an amount belongs to all of the pay. Write "whole", or rates instead of amounts.'))
    if terms.most is not None and terms.least is not None and terms.least > terms.most:
        one.wrong("least", _("it is more than the most. Exchange the two, or correct one."))
    return terms


def _check_ways(one: Section, *, has_total: bool) -> None:
    """Exactly one way to say the share, and bands only where they can multiply it."""
    ways = [key for key in _WAYS if key in one]
    if len(ways) > 1:
        words = _("the share is said in several ways: %(ways)s. Keep one.", ways=", ".join(ways))
        one.wrong(ways[1], words)
    if not ways and "bands" not in one:
        one.wrong("rate", _("this is missing. Write one of: %(ways)s.", ways=", ".join((*_WAYS, "bands"))))
    if "bands" in one and ways and ways[0] not in _MULTIPLIED:
        one.wrong("bands", _("bands can multiply a rate or a table only. Remove them, or %(way)s.", way=ways[0]))
    if "of_total" in one and not has_total:
        one.wrong("of_total", _("this branch has no total. Add one, or write the share as a rate."))
    if "less" in one and "same_as" not in one:
        one.wrong("less", _("it is taken off another share only. Add same_as, or remove it."))


def _given(one: Section, basics: Basics) -> str | None:
    code = one.optional("given")
    if code is not None:
        basics.input_of(one, "given", code, ("rate",))
    return code


def _table(one: Section, basics: Basics, applies: Condition) -> dict[str, Fraction]:
    """The rates by the answers to an input, or by age."""
    if "by" not in one:
        return {}
    by = one.text("by")
    table = {code: _rate(one, code, text) for code, text in one.pairs("rates").items()}
    if not table:
        one.wrong("rates", _('there is no rate. Write them as { general = "7 %%" }.'))
    elif by == "age":
        return _by_age(one, table)
    else:
        found = basics.input_of(one, "by", by, ("choice", "yes_no"))
        if found is not None:
            _check_answered(one, table, answers_of(found), applies.get(by))
    return table


def _rate(one: Section, code: str, text: object) -> Fraction:
    try:
        rate = parse_rate(str(text))
        if rate <= 1 and rate.denominator <= FINEST:
            return rate
    except ValueError:
        pass
    one.wrong(
        "rates",
        _(
            'found %(found)s for %(code)s. Write a rate between 0 and 100 %% in quotes, such as "4.5 %%".',
            found=repr(text), code=code,
        ),
    )  # fmt: skip
    return Fraction(0)


def _by_age(one: Section, table: dict[str, Fraction]) -> dict[str, Fraction]:
    if not all(age.isdecimal() and len(age) <= 3 for age in table):
        one.wrong("rates", _('an age is not a number. Write the age from which a rate holds, such as "55".'))
        return table
    if "0" not in table:
        one.wrong("rates", _('there is no rate for the youngest. Begin with "0", with a rate of 0 %% if need be.'))
    return {age: table[age] for age in sorted(table, key=int)}


def _check_answered(
    one: Section, table: Mapping[str, Fraction], answers: tuple[str, ...], asked: tuple[str, ...] | None
) -> None:
    """Every answer that a person of this branch can give has its rate, and no other has one."""
    for answer in answers:
        if answer not in table and (asked is None or answer in asked):
            one.wrong("rates", _("there is no rate for %(answer)s. Add it.", answer=answer))
    for code in table:
        if code not in answers:
            one.wrong(
                "rates", _("%(code)s is no answer to it. Write one of: %(words)s.", code=code, words=", ".join(answers))
            )


def _other(one: Section, key: str, earlier: Earlier) -> Other | None:
    """Another share, as "BRANCH.employee"; it stands before this one in the file, because it is made before."""
    if key not in one:
        return None
    remedy = _('Write the branch and the side, such as "pension.employee".')
    found = one.text(key, like=r"[\w-]+\.(employer|employee)", remedy=remedy)
    branch, _dot, side = found.partition(".")
    if found and branch not in earlier:
        words = _("there is no [branch.%(name)s] before this one. Put it before, or name another.", name=branch)
        one.wrong(key, words)
    elif found and side not in earlier[branch]:
        one.wrong(key, _("%(name)s has no share of the %(side)s. Add it, or name another.", name=branch, side=side))
    return Other(branch, side)


def _bands(one: Section, basics: Basics) -> tuple[Band, ...]:
    """Bands of pay from zero up, each with its edge, and what holds in it."""
    if "bands" not in one:
        return ()
    multiplies = any(way in one for way in _MULTIPLIED)
    bands: list[Band] = []
    for section in one.each("bands"):
        band = _band(section, basics, multiplies=multiplies)
        if not bands and (band.edge != 0 or not band.inclusive):
            words = _('the first band leaves the pay below it without a rule. Begin with from = "0".')
            section.wrong("from" if band.inclusive else "above", words)
        if bands and band.edge <= bands[-1].edge:
            key = "from" if band.inclusive else "above"
            section.wrong(key, _("it begins no higher than the band before it. Put the bands in order."))
        bands.append(band)
    if not bands:
        one.wrong("bands", _('there is no band. Begin with { from = "0", rate = "0 %%" }.'))
    return tuple(bands)


def _band(section: Section, basics: Basics, *, multiplies: bool) -> Band:
    currency = basics.currency
    inclusive = "above" not in section
    edge = section.amount("from" if inclusive else "above", currency)
    if multiplies:
        less = section.amount("less", currency) if "less" in section else 0
        band = Band(edge, inclusive, times=section.decimal("times"), less=less)
    elif "amount" in section:
        band = Band(edge, inclusive, amount=section.amount("amount", currency))
    else:
        band = Band(edge, inclusive, rate=section.rate("rate"))
    section.close()
    return band
