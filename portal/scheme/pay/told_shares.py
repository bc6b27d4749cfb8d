"""
The words for how a share is made: by a rate, a table, bands, or from another share.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from portal.scheme.blocks.shares import Band, ShareTerms
from portal.scheme.columns import Numbers
from portal.scheme.money import Minor, Rounding, rate_in_words
from portal.scheme.pay.rates import Exact, band_of, place_in, slice_of
from portal.scheme.pay.told import SIDES, Telling
from portal.words import Words, _

if TYPE_CHECKING:
    from portal.scheme.pay.people import Who
    from portal.scheme.pay.terms import BranchTerms, Rates, SideTerms


class ShareTelling(Telling):
    """All that :class:`Telling` says, and how each share is made."""

    def named(self, terms: BranchTerms, side: str) -> dict[str, object]:
        """Which share of which branch, for a sentence."""
        return {"share": SIDES[side], "branch": terms.branch.name}

    def rate_chosen(self, name: str, side: SideTerms, who: Who, rate: Exact) -> None:
        """Why this rate and no other."""
        rates, values = side.rates, {"share": SIDES[name], "rate": rate_in_words(Fraction(*rate))}
        if rates is None:
            words = _("%(share)s: the rate was given (%(input)s), %(rate)s",
                      input=self.label(side.in_force.value.given or ""), **values)  # fmt: skip
        elif rates.by == "age":
            words = self._rate_by_age(rates, who, values)
        elif rates.by is not None:
            chosen, asked = who.answer(rates.by).values[0], self.pack.inputs[rates.by]
            words = _("%(share)s: the rate for %(answer)s (%(input)s) is %(rate)s", input=asked.label,
                      answer=asked.choices.get(chosen, chosen), **values)  # fmt: skip
        else:
            return
        self.add(words, None, side.in_force.source)

    def _rate_by_age(self, rates: Rates, who: Who, values: dict[str, object]) -> Words:
        """Which age counts in this month."""
        place = place_in(rates, who)
        values |= {"born": date.fromordinal(who.birth()), "month": self.month, "age": rates.keys[place]}
        if place + 1 == len(rates.keys):
            return _("%(share)s: born on %(born)s, the person counts as %(age)s or older in %(month)s. The rate is"
                     " %(rate)s", **values)  # fmt: skip
        values["next"] = rates.keys[place + 1]
        if place == 0:
            return _("%(share)s: born on %(born)s, the person does not count as %(next)s yet in %(month)s. The rate is"
                     " %(rate)s", **values)  # fmt: skip
        return _("%(share)s: born on %(born)s, the person counts as %(age)s in %(month)s, not as %(next)s yet. The rate"
                 " is %(rate)s", **values)  # fmt: skip

    def by_rate(self, terms: BranchTerms, side: str, rate: Exact, pay: Minor) -> Words:
        """A rate of the pay."""
        return _("%(share)s for %(branch)s: %(rate)s of %(pay)s", rate=rate_in_words(Fraction(*rate)),
                 pay=self.amount(pay), **self.named(terms, side))  # fmt: skip

    def of_total(self, terms: BranchTerms, side: str, part: Fraction, total: Minor) -> Words:
        """A part of both shares."""
        return _("%(share)s for %(branch)s: %(rate)s of the total of %(total)s", rate=rate_in_words(part),
                 total=self.amount(total), **self.named(terms, side))  # fmt: skip

    def fixed(self, terms: BranchTerms, side: str) -> Words:
        """The same for everybody."""
        return _("%(share)s for %(branch)s: the same amount for everybody", **self.named(terms, side))

    def taken_over(self, terms: BranchTerms, side: str, share: ShareTerms, first: Minor, less: Minor) -> Words:
        """Another share, less one more."""
        assert share.same_as is not None
        values = self.named(terms, side) | {
            "other": SIDES[share.same_as.side], "whose": self.pack.branch(share.same_as.branch).name,
            "first": self.amount(first),
        }  # fmt: skip
        if share.less is None:
            return _("%(share)s for %(branch)s: as much as %(other)s for %(whose)s, %(first)s", **values)
        return _(
            "%(share)s for %(branch)s: as much as %(other)s for %(whose)s, %(first)s, less %(second)s for %(off)s,"
            " %(less)s", second=SIDES[share.less.side], off=self.pack.branch(share.less.branch).name,
            less=self.amount(less), **values,
        )  # fmt: skip

    def by_slices(
        self, terms: BranchTerms, name: str, side: SideTerms, pay: Minor, rate: Exact | None, parts: list[Exact]
    ) -> Words:
        """What each slice of the pay gives, one step each; the share is all of them."""
        assert side.bands is not None
        for number, band in enumerate(side.bands.bands):
            part = slice_of(side.bands, number, pay)
            if not part or not parts[number][0]:
                continue
            of = Fraction(*rate) * band.times if rate is not None else band.rate or Fraction(0)
            words = _(
                "%(rate)s of the %(part)s of pay above %(edge)s is %(exact)s",
                rate=rate_in_words(of), part=self.amount(part), edge=self.amount(band.edge),
                exact=self.in_words(parts[number]),
            )  # fmt: skip
            self.add(words, None, side.in_force.source)
        return _("%(share)s for %(branch)s: all bands of pay together", **self.named(terms, name))

    def by_band(self, terms: BranchTerms, name: str, side: SideTerms, pay: Minor, rate: Exact | None) -> Words:
        """The band that the pay falls in, and what it asks."""
        assert side.bands is not None
        place = band_of(side.bands, pay)
        values = self.named(terms, name) | {"pay": self.amount(pay)}
        if place < 0:
            return _("%(share)s for %(branch)s: nothing is due on %(pay)s", **values)
        band = side.bands.bands[place]
        self.add(self._band(band, place, side, pay), None, side.in_force.source)
        if band.amount is not None:
            return _("%(share)s for %(branch)s: the amount of this band", **values)
        of = Fraction(*rate) * band.times if rate is not None else band.rate or Fraction(0)
        if not of:
            return _("%(share)s for %(branch)s: nothing is due on %(pay)s", **values)
        if band.less:
            return _("%(share)s for %(branch)s: %(times)s times %(rate)s of what %(pay)s is above %(less)s",
                     times=str(band.times), rate=rate_in_words(of / band.times), less=self.amount(band.less),
                     **values)  # fmt: skip
        return _("%(share)s for %(branch)s: %(rate)s of %(pay)s", rate=rate_in_words(of), **values)

    def _band(self, band: Band, place: int, side: SideTerms, pay: Minor) -> Words:
        """From where to where the band goes."""
        assert side.bands is not None
        values = {"pay": self.amount(pay), "edge": self.amount(band.edge)}
        if place + 1 == len(side.bands.bands):
            if band.inclusive:
                return _("Pay of %(pay)s falls in the highest band, from %(edge)s", **values)
            return _("Pay of %(pay)s falls in the highest band, above %(edge)s", **values)
        above = side.bands.bands[place + 1]
        values["end"] = self.amount(above.edge)
        if above.inclusive:
            return _("Pay of %(pay)s falls in the band from %(edge)s to less than %(end)s", **values)
        return _("Pay of %(pay)s falls in the band from %(edge)s to %(end)s, %(end)s included", **values)

    def bounded(self, terms: BranchTerms, name: str, side: SideTerms, before: Exact, after: Exact, how: Words) -> Words:
        """The least and the most a share may be, where one of them decides."""
        if before == after:
            return how
        self.before_rounding(how, before, side.in_force.source)
        share, values = side.in_force.value, self.named(terms, name)
        if after[0] > before[0]:
            return _("%(share)s for %(branch)s: this is less than %(limit)s, the least that is due",
                     limit=self.amount(share.least or 0), **values)  # fmt: skip
        return _("%(share)s for %(branch)s: this is more than %(limit)s, the most that is due",
                 limit=self.amount(share.most or 0), **values)  # fmt: skip

    def low_wage(self, terms: BranchTerms, name: str, base: Numbers, days: Numbers, limit: Minor) -> Words:
        """Nothing is taken from a low wage."""
        return _(
            "%(share)s for %(branch)s: nothing, because %(pay)s for %(days)s days is not more than %(limit)s a day",
            pay=self.amount(base), days=days, limit=self.amount(limit), **self.named(terms, name),
        )  # fmt: skip

    def split(
        self, how: Words | None, exact: Exact, rounding: Rounding, employee: Minor, total: Minor, source: str | None
    ) -> None:
        """The employee's part of all branches together, and the employer's rest."""
        self.share(how, exact, rounding, employee, source)
        words = _("The employer bears the rest of the total of %(total)s", total=self.amount(total))
        self.add(words, total - employee, source)

    def in_all(self, total: Minor) -> None:
        """All branches together."""
        self.add(_("%(scheme)s for %(month)s in all", scheme=self.pack.short_name, month=self.month), total)
