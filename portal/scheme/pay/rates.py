"""
The rate that holds for each person, and what it makes of the pay: exact, before any rounding.
"""

from __future__ import annotations

from math import lcm

from portal.scheme.blocks.shares import ShareTerms
from portal.scheme.blocks.values import NotKnown
from portal.scheme.columns import Numbers, any_of, least, most, pick, times
from portal.scheme.money import Rounding, round_ratio, truncated
from portal.scheme.pay.people import Who
from portal.scheme.pay.terms import Bands, Rates, SideTerms, over_one
from portal.words import _

#: An amount before rounding: a numerator (a column, perhaps) over one denominator.
Exact = tuple[Numbers, int]


def rate_of(side: SideTerms, who: Who) -> Exact:
    """The rate for each: the only one, the one a table has for an answer or an age, or the one that was given."""
    rates = side.rates
    if rates is None:
        given = who.answer(side.in_force.value.given or "")
        numerators, denominator = over_one(given.values)
        return pick(numerators, given.index), denominator
    if rates.by is None:
        return rates.numerators[0], rates.denominator
    return pick(rates.numerators, place_in(rates, who)), rates.denominator


def place_in(rates: Rates, who: Who) -> Numbers:
    """Which rate of a table is theirs: its place in the table."""
    if rates.by == "age":
        born = who.birth()
        place = sum(born < day for day in rates.reached) - 1
        if any_of(place < 0):
            raise NotKnown(_("There is no rate for somebody younger than %(age)s.", age=rates.keys[0]))
        return place
    answer = who.answer(rates.by or "")
    missing = [value for value in answer.values if value not in rates.keys]
    if missing:
        raise NotKnown(
            _("There is no rate for %(answer)s (%(input)s).", answer=missing[0], input=who.label_of(answer.code))
        )
    return pick(tuple(rates.keys.index(value) for value in answer.values), answer.index)


def band_of(bands: Bands, pay: Numbers) -> Numbers:
    """The place of the band that the pay falls in; -1 below the first."""
    return sum((pay >= edge if inclusive else pay > edge) for edge, inclusive in bands.edges) - 1


def of_whole_band(bands: Bands, pay: Numbers, rate: Exact | None) -> Exact:
    """What the band that the pay falls in makes of all of it."""
    place = band_of(bands, pay) + 1
    if rate is not None:
        numerator = times(times(most(pay - pick((0, *bands.less), place), 0), pick((0, *bands.times), place)), rate[0])
        return numerator, rate[1] * bands.times_of
    fixed = pick((0, *(amount * bands.denominator for amount in bands.amounts)), place)
    if not any(bands.rates):
        return fixed, bands.denominator
    return times(pay, pick((0, *bands.rates), place)) + fixed, bands.denominator


def slice_of(bands: Bands, number: int, pay: Numbers) -> Numbers:
    """The part of the pay that lies in one band."""
    over = most(pay - bands.edges[number][0], 0)
    if number + 1 == len(bands.edges):
        return over
    return least(over, bands.edges[number + 1][0] - bands.edges[number][0])


def of_slices(bands: Bands, pay: Numbers, rate: Exact | None, rounding: Rounding | None) -> list[Exact]:
    """What each band makes of the slice of pay inside it, cut or rounded where bands are."""
    found = []
    for number, (edge, inclusive) in enumerate(bands.edges):
        part = slice_of(bands, number, pay)
        if rate is not None:
            exact = times(times(part, bands.times[number]), rate[0]), rate[1] * bands.times_of
        else:
            reached = pay >= edge if inclusive else pay > edge
            fixed = bands.amounts[number] * bands.denominator
            exact = times(part, bands.rates[number]) + fixed * reached, bands.denominator
        found.append(_rounded_band(exact, rounding))
    return found


def _rounded_band(exact: Exact, rounding: Rounding | None) -> Exact:
    """Cut only, where the law says how many decimals of a band are kept; otherwise rounded as the rest is."""
    if rounding is None:
        return exact
    if rounding.truncate is not None:
        return truncated(*exact, rounding.truncate)
    return round_ratio(*exact, rounding), 1


def added(parts: list[Exact]) -> Exact:
    """Amounts over several denominators, together."""
    one = lcm(*(denominator for _numerator, denominator in parts))
    found: Numbers = 0
    for numerator, denominator in parts:
        found = found + times(numerator, one // denominator)
    return found, one


def bounded(exact: Exact, share: ShareTerms) -> Exact:
    """Not below the least and not above the most that the share may be."""
    numerator, denominator = exact
    if share.least is not None:
        numerator = most(numerator, share.least * denominator)
    if share.most is not None:
        numerator = least(numerator, share.most * denominator)
    return numerator, denominator
