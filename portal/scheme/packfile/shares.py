"""The branches of a pack: what pay counts, up to where, and the shares of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from portal.scheme.blocks.shares import (
    AdditionalPay,
    Base,
    Branch,
    MinimumContribution,
    ShareRounding,
    ShareTerms,
    WageLimit,
)
from portal.scheme.blocks.values import Condition, Dated, Series
from portal.scheme.money import Minor, Rounding
from portal.scheme.packfile.basics import Basics, read_rounding
from portal.scheme.packfile.dated import amounts, series
from portal.scheme.packfile.reading import Section
from portal.scheme.packfile.terms import Earlier, share_terms
from portal.words import Words, _

_SIDES = ("employer", "employee")

#: A base that is not dated holds on every day.
_ALWAYS = date.min


def read_branches(content: Section, basics: Basics) -> tuple[Branch, ...]:
    """The branches in the order of the file, which is the order in which their shares are made."""
    branches: list[Branch] = []
    earlier: dict[str, tuple[str, ...]] = {}
    is_split = "split" in content
    for code, section in content.named("branch") if "branch" in content else ():
        branch = _Reader(code, section, basics, earlier).branch(is_split=is_split)
        branches.append(branch)
        sides = [side for side in _SIDES if getattr(branch, side) is not None or branch.rounding.rest == side]
        earlier[code] = tuple(sides)
    return tuple(branches)


class _Reader:
    """Reads one branch; its parts ask the same few things."""

    def __init__(self, code: str, section: Section, basics: Basics, earlier: Earlier) -> None:
        self.code, self.section, self.basics, self.earlier = code, section, basics, earlier
        self.name = section.text("name")
        self.applies: Condition = basics.condition(section, "applies")

    def branch(self, *, is_split: bool) -> Branch:
        section = self.section
        source, doubt = self._source()
        base = self._base(source, doubt)
        shares = {side: self._share(side, words) for side, words in _SHARES.items()}
        branch = Branch(
            code=self.code,
            name=self.name,
            base=base,
            source=source or base.values[-1].source,
            rounding=self._rounding(shares, is_split=is_split),
            applies=self.applies,
            floor=self._limit("floor", _("The least pay that counts for %(branch)s", branch=self.name)),
            ceiling=self._ceiling(),
            ceiling_when=self._when("ceiling_when", "ceiling"),
            ceiling_multiple=section.decimal("ceiling_multiple") if "ceiling_multiple" in section else None,
            shared_ceiling=section.yes("shared_ceiling"),
            part_month=section.yes("part_month"),
            year_ceiling=self._limit("year_ceiling", _("The ceiling of a year of %(branch)s", branch=self.name)),
            year_ceiling_when=self._when("year_ceiling_when", "year_ceiling"),
            above=self._limit("above", _("The pay above which %(branch)s counts", branch=self.name)),
            additional=self._additional(),
            wage_limit=self._wage_limit(),
            employer=shares["employer"],
            employee=shares["employee"],
            total=shares["total"],
            minimum=self._minimum(),
            establishment_minimum=self._limit(
                "establishment_minimum", _("The least contribution of an establishment to %(branch)s", branch=self.name)
            ),
            per_establishment=section.yes("per_establishment"),
        )
        section.close()
        return branch

    def _source(self) -> tuple[str, str | None]:
        """The branch's source; with a dated base it may be left out, and is that of the base."""
        if "source" in self.section or not self.section.is_list("base"):
            return self.basics.sources.cited(self.section, self.name)
        return "", None

    def _base(self, source: str, doubt: str | None) -> Series[Base]:
        name = _("The pay that counts for %(branch)s", branch=self.name)
        if self.section.is_list("base"):
            return series(self.basics.sources, self.section, "base", name, self._base_of)
        plus = self.basics.counted(self.section, "base")
        return Series(name, (Dated(_ALWAYS, None, Base(plus), source, unverified=doubt),))

    def _base_of(self, one: Section) -> Base:
        counted = self.basics.counted
        return Base(
            plus=counted(one, "plus"),
            minus=counted(one, "minus") if "minus" in one else (),
            not_below=counted(one, "not_below") if "not_below" in one else (),
        )

    def _limit(self, key: str, name: Words) -> Series[Minor] | None:
        if key not in self.section:
            return None
        return amounts(self.basics.sources, self.section, key, name, self.basics.currency)

    def _minimum(self) -> Series[MinimumContribution] | None:
        if "minimum" not in self.section:
            return None
        name = _("The least contribution to %(branch)s", branch=self.name)
        sources, currency = self.basics.sources, self.basics.currency
        return series(sources, self.section, "minimum", name, self._least, bounded_in=currency)

    def _ceiling(self) -> Series[Minor] | None:
        """The ceiling, checked against its formula where the figure behind it is given; none where it says so."""
        section = self.section
        if "ceiling" not in section or not section.is_list("ceiling"):
            if "ceiling" in section:
                section.choice("ceiling", ("none",))
            return None
        multiple = section.decimal("ceiling_multiple") if "ceiling_multiple" in section else None
        name = _("The ceiling of %(branch)s", branch=self.name)
        currency = self.basics.currency

        def parse(one: Section) -> Minor:
            value = one.amount("value", currency)
            if "average" in one:
                _check_formula(one, multiple, one.amount("average", currency), value)
            return value

        return series(self.basics.sources, section, "ceiling", name, parse, bounded_in=currency)

    def _when(self, key: str, limit: str) -> Condition:
        condition = self.basics.condition(self.section, key)
        if condition and limit not in self.section:
            self.section.wrong(key, _("there is no %(limit)s for it. Add it, or remove this.", limit=limit))
        return condition

    def _share(self, key: str, words: str) -> Series[ShareTerms] | None:
        if key not in self.section:
            return None
        has_total = "total" in self.section and key != "total"

        def parse(one: Section) -> ShareTerms:
            return share_terms(one, self.basics, self.earlier, self.applies, has_total=has_total)

        name = Words(words, {"branch": self.name})
        return series(self.basics.sources, self.section, key, name, parse)

    def _rounding(self, shares: dict[str, Series[ShareTerms] | None], *, is_split: bool) -> ShareRounding:
        section = self.section.section("rounding") if "rounding" in self.section else None
        usual = self.basics.rounding

        cited = (
            self.basics.sources.cite(section, _("%(what)s: rounding", what=self.name))
            if section and "source" in section
            else None
        )

        def of(key: str, otherwise: Rounding | None) -> Rounding | None:
            if section is None or key not in section:
                return otherwise
            inner = section.section(key)
            found = replace(read_rounding(inner, self.basics.currency, usual), source=cited)
            inner.close()
            return found

        has_total = shares["total"] is not None
        rest = section.choice("rest", _SIDES) if section is not None and "rest" in section else None
        rounds_total = section is not None and "total" in section
        rest = self._rest(rest, shares, rounds_total=rounds_total, is_split=is_split)
        rounding = ShareRounding(
            employer=of("employer", usual) or usual,
            employee=of("employee", usual) or usual,
            total=of("total", usual if has_total else None),
            bands=of("bands", None),
            rest=rest,
        )
        if section is not None:
            section.close()
        return rounding

    def _rest(
        self, said: str | None, shares: dict[str, Series[ShareTerms] | None], *, rounds_total: bool, is_split: bool
    ) -> str | None:
        """Which share is what is left of the total."""
        section = self.section
        given = [side for side in _SIDES if shares[side] is not None]
        if shares["total"] is None:
            if said is not None and not (rounds_total and len(given) == 2):
                words = _("a rest needs a total. Add [[%(at)s]], or a rounding of the total.", at=section.at("total"))
                section.wrong("rounding", words)
            if not given:
                section.wrong("employer", _("there is no share. Add [[%(at)s]].", at=section.at("employer")))
            return said
        if len(given) == 2 or said in given:
            section.wrong("total", _("one of the two shares is the rest of the total. Leave one of the two out."))
            return said
        if not given:
            if not is_split and said is None:
                section.wrong("total", _("nothing says who bears it. Add a share of one of the two, or [split]."))
            return said
        return "employee" if given == ["employer"] else "employer"

    def _additional(self) -> AdditionalPay | None:
        if "additional" not in self.section:
            return None
        inner = self.section.section("additional")
        name = _("The limit of additional pay in a year for %(branch)s", branch=self.name)
        additional = AdditionalPay(
            self.basics.component(inner, "component"),
            amounts(self.basics.sources, inner, "limit", name, self.basics.currency),
        )
        inner.close()
        return additional

    def _wage_limit(self) -> WageLimit | None:
        if "wage_limit" not in self.section:
            return None
        inner = self.section.section("wage_limit")
        crossed = inner.text("crossed")
        self.basics.input_of(inner, "crossed", crossed, ("date",))
        name = _("The pay up to which %(branch)s insures", branch=self.name)
        limit = WageLimit(amounts(self.basics.sources, inner, "limit", name, self.basics.currency), crossed)
        inner.close()
        return limit

    def _least(self, one: Section) -> MinimumContribution:
        currency = self.basics.currency
        if ("wage" in one) == ("amount" in one):
            one.wrong("amount", _("write either the amount itself, or the wage it is reckoned on."))
        return MinimumContribution(
            amount=one.amount("amount", currency) if "amount" in one else None,
            wage=one.amount("wage", currency) if "wage" in one else None,
            borne_by=one.choice("borne_by", _SIDES),
        )


#: How the shares of a branch are called in a sentence.
_SHARES = {
    "employer": _("The employer's share of %(branch)s").msgid,
    "employee": _("The employee's share of %(branch)s").msgid,
    "total": _("The contribution to %(branch)s").msgid,
}


def _check_formula(one: Section, multiple: Fraction | None, average: Minor, value: Minor) -> None:
    if multiple is None:
        one.wrong("average", _("it is not used without ceiling_multiple. Add that, or remove this."))
    elif multiple * average != value:
        one.wrong("value", _("it is not %(times)s times the average. Correct one.", times=str(multiple)))
