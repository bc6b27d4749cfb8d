"""What the rest of a pack refers to: its currency, parts of pay, inputs, and how its shares are rounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from portal.scheme.blocks.values import Component, Condition, Input
from portal.scheme.money import MODES, Currency, Rounding, parse_amount, parse_rate
from portal.scheme.packfile.reading import FINEST, Section
from portal.scheme.packfile.sources import Sources
from portal.words import _

_OWNERS = ("employer", "person", "options")
_INPUT_KINDS = ("choice", "rate", "amount", "yes_no", "count", "date")
_YES_NO = ("yes", "no")

#: The months of every calendar are within these; a day is not checked further than to be one of some month.
_MONTH_DAY = r"(0[1-9]|1[0-3])-(0[1-9]|[12]\d|3[0-2])"


@dataclass(frozen=True, slots=True)
class Basics:
    """What the sections of a pack refer to."""

    sources: Sources
    currency: Currency
    pay: Mapping[str, Component]
    inputs: Mapping[str, Input]
    rounding: Rounding

    def input_of(self, section: Section, key: str, code: str, kinds: tuple[str, ...]) -> Input | None:
        """The input that a rule names, where it is there and of one of these kinds."""
        found = self.inputs.get(code)
        if found is None:
            if code:
                section.wrong(key, _("there is no [input.%(name)s]. Add it, or name another.", name=code))
        elif found.kind not in kinds:
            section.wrong(
                key, _("the input %(name)s has to be of the kind %(kinds)s.", name=code, kinds=" or ".join(kinds))
            )
            return None
        return found

    def component(self, section: Section, key: str) -> str:
        """The component of pay that a rule names."""
        code = section.text(key)
        if code and code not in self.pay:
            section.wrong(key, _("there is no [component.%(name)s]. Add it.", name=code))
        return code

    def counted(self, section: Section, key: str) -> tuple[str, ...]:
        """The components, or inputs of the kind amount, that a base adds up."""
        codes = section.texts(key)
        for code in codes:
            given = self.inputs.get(code)
            if code not in self.pay and (given is None or given.kind != "amount"):
                section.wrong(key, _("there is no [component.%(name)s]. Add it.", name=code))
        return codes

    def condition(self, section: Section, key: str) -> Condition:
        """Which answers a rule asks for; none where it is left out."""
        asked: dict[str, tuple[str, ...]] = {}
        if key not in section:
            return asked
        inner = section.section(key)
        for code in inner.table.values:
            answers = inner.texts(code)
            found = self.input_of(inner, code, code, ("choice", "yes_no"))
            if found is not None:
                _check_answers(inner, code, answers, answers_of(found))
            asked[code] = answers
        return asked


def _check_answers(section: Section, key: str, answers: tuple[str, ...], among: tuple[str, ...]) -> None:
    for answer in answers:
        if answer not in among:
            section.wrong(
                key, _("%(answer)s is no answer to it. Write one of: %(words)s.", answer=answer, words=", ".join(among))
            )


def answers_of(given: Input) -> tuple[str, ...]:
    """The answers that an input of the kind choice or yes_no can have."""
    return _YES_NO if given.kind == "yes_no" else tuple(given.choices)


def read_basics(content: Section) -> Basics:
    """The sections of a pack that others refer to."""
    sources = Sources(content)
    currency = _currency(content.section("currency"))
    pay = {code: _component(code, one) for code, one in content.named("component")} if "component" in content else {}
    inputs = {code: _input(code, one, currency) for code, one in content.named("input")} if "input" in content else {}
    for code in set(pay) & set(inputs):
        content.section("input").wrong(code, _("a component of pay has this name. Give one of them another."))
    section = content.section("rounding")
    source = sources.cite(section, _("Rounding"))
    rounding = replace(read_rounding(section, currency), source=source)
    section.close()
    return Basics(sources, currency, pay, inputs, rounding)


def read_rounding(section: Section, currency: Currency, usual: Rounding | None = None) -> Rounding:
    """
    How to round, from the keys of a section; no rule may leave it open, but *usual* may have said it.

    The file counts the decimals that are kept from the main unit, the rule from the minor unit.
    """
    mode = section.choice("mode", MODES, default=usual.mode if usual else None)
    unit = usual.unit if usual and "unit" not in section else section.number("unit", 1)
    truncate = section.number("truncate", 0, 9) - currency.digits if "truncate" in section else None
    return Rounding(mode, unit, truncate)


def month_day(section: Section, key: str) -> tuple[int, int]:
    """A day of the year, month first: "04-01"."""
    found = section.text(key, like=_MONTH_DAY, remedy=_('Write a month and a day, such as "04-01".'))
    return (int(found[:2]), int(found[3:])) if found else (1, 1)


def optional_number(section: Section, key: str, least: int = 0, most: int = 999_999_999) -> int | None:
    """A whole number that may be left out."""
    return section.number(key, least, most) if key in section else None


def _currency(section: Section) -> Currency:
    code = section.text("code", like="[A-Z]{3}", remedy=_('Write the three letters of ISO 4217: "ZMW".'))
    currency = Currency(code, section.number("digits", 0, 4))
    section.close()
    return currency


def _component(code: str, section: Section) -> Component:
    component = Component(code, section.text("label"))
    section.close()
    return component


def _input(code: str, section: Section, currency: Currency) -> Input:
    if code == "age":
        section.wrong("kind", _("the age of a person is known from the date of birth. Give this another name."))
    kind = section.choice("kind", _INPUT_KINDS)
    given = Input(
        code=code,
        of=section.choice("of", _OWNERS),
        kind=kind,
        label=section.text("label"),
        choices=_choices(section) if kind == "choice" else {},
        rates=_listed_rates(section) if kind == "rate" and "rates" in section else (),
        amounts=_listed_amounts(section, currency) if kind == "amount" and "amounts" in section else (),
        default=section.optional("default"),
    )
    if given.default is not None:
        _check_default(section, given, given.default, currency)
    section.close()
    return given


def _choices(section: Section) -> dict[str, str]:
    choices = {code: str(label) for code, label in section.pairs("choices").items()}
    if not choices:
        section.wrong("choices", _('there is no choice. Write them as { code = "Label" }.'))
    return choices


def _listed_rates(section: Section) -> tuple[Fraction, ...]:
    try:
        rates = tuple(parse_rate(one) for one in section.texts("rates"))
    except ValueError:
        rates = (Fraction(2),)
    if any(rate > 1 or rate.denominator > FINEST for rate in rates):
        section.wrong("rates", _('Write rates between 0 and 100 %% in quotes, such as ["1.75 %%", "2.5 %%"].'))
        return ()
    return rates


def _listed_amounts(section: Section, currency: Currency) -> tuple[int, ...]:
    try:
        return tuple(parse_amount(one, currency) for one in section.texts("amounts"))
    except ValueError:
        section.wrong("amounts", _('Write amounts in quotes, such as ["2000.00", "3000.00"].'))
        return ()


def _check_default(section: Section, given: Input, default: str, currency: Currency) -> None:
    """The default has to be an answer that somebody could give."""
    if given.kind in ("choice", "yes_no"):
        _check_answers(section, "default", (default,), answers_of(given))
        return
    try:
        fits = _fits(given, default, currency)
    except ValueError:
        fits = False
    if not fits:
        section.wrong("default", _("nobody could answer this. Write an answer of the kind %(kind)s.", kind=given.kind))


def _fits(given: Input, default: str, currency: Currency) -> bool:
    if given.kind == "rate":
        return not given.rates or parse_rate(default) in given.rates
    if given.kind == "amount":
        return not given.amounts or parse_amount(default, currency) in given.amounts
    return default.isdigit() if given.kind == "count" else bool(date.fromisoformat(default))
