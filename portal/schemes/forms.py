"""
Forms made from a pack: what a calculation has to be told, in fields with the pack's own names.

They are sent with GET, so that an address says the whole question; their names are the keys of the
published test vectors: ``pay.basic``, ``employer.category``, ``options.split``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.form import BaseForm

from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Input
from portal.scheme.calendars import Month, OutsideCalendar, month_in_words, month_of
from portal.scheme.contribution import MOST_EARNINGS, Unusable
from portal.scheme.money import format_amount, rate_in_words
from portal.scheme.pay.answers import answer_from_text, answered
from portal.schemes.needs import asks_days, asks_elsewhere, asks_year, late_options, needs_birth, needs_headcount
from portal.tabular.amounts import AmountRule, amount_reader
from portal.tabular.table import Fault, Noted
from portal.web.filters import pack_words, say
from portal.words import Words

#: So many answers stand below each other; more are folded into a list.
FEW = 5
Fields = dict[str, Any]


class Question(BaseForm):
    """The fields of one calculation, as they came; what cannot be used is said beside its field."""

    def refuse(self, name: str, words: object) -> None:
        """Say beside a field why it cannot be used."""
        self[name].errors = [*self[name].errors, say(words)]

    def place_of(self, code: str) -> str | None:
        """The field in which a rule's *code* was asked: ``basic`` is ``pay.basic``."""
        known = (code, *(f"{group}.{code}" for group in ("pay", "person", "employer", "options")))
        return next((name for name in known if name in self), None)

    def text(self, name: str) -> str:
        """What was typed or chosen, without blanks around it; nothing where there is no such field."""
        return str(self[name].data or "").strip() if name in self else ""

    def amount(self, name: str, pack: Pack, *, needed: bool = False) -> int | None:
        """An amount in minor units of the pack's currency; None where there is none, or an error stands beside it."""
        typed = self.text(name)
        if not typed:
            if needed:
                self.refuse(name, _("Give an amount."))
            return None
        found: Any = amount_reader(AmountRule(pack.currency.code, pack.currency.digits, MOST_EARNINGS))(typed)
        if isinstance(found, Fault):
            self.refuse(name, found.at(None, None, typed).words)
            return None
        return found.value if isinstance(found, Noted) else found

    def day(self, name: str, *, needed: bool = False) -> date | None:
        """A day; None where there is none, or an error stands beside it."""
        typed = self.text(name)
        try:
            if typed:
                return date.fromisoformat(typed)
        except ValueError:
            self.refuse(name, _("Write a day as year, month and day, such as 2026-10-31."))
            return None
        if needed:
            self.refuse(name, _("Give a day."))
        return None

    def count(self, name: str, most: int = 999_999_999) -> int | None:
        """A whole number; None where there is none, or an error stands beside it."""
        typed = self.text(name)
        if not typed:
            return None
        if not (typed.isascii() and typed.isdigit() and len(typed) <= 9) or int(typed) > most:
            self.refuse(name, _("Write a whole number from 0 to %(most)s.", most=most))
            return None
        return int(typed)

    def month(self, pack: Pack) -> Month | None:
        """The month chosen, in the pack's calendar; None with an error beside the year."""
        year = self.text("year")
        try:
            if not (year.isascii() and year.isdigit() and len(year) == 4):
                self.refuse("year", _("Write the year with four digits."))
                return None
            found = Month(int(year), int(self.text("month") or "0"))
            found.last_day(pack.calendar)
            return found
        except OutsideCalendar as fault:
            self.refuse("year", fault.words)
        except ValueError:
            self.refuse("month", _("Choose a month."))
        return None

    def answers(self, pack: Pack, of: str) -> dict[str, str]:
        """What was said about the employer, the person or the options, as text; each answer looked at."""
        found: dict[str, str] = {}
        for name in self:
            group, dot, code = name.name.partition(".")
            said = self.text(name.name)
            if not dot or group != of or not said or code == "date_of_birth":
                continue
            if code in pack.inputs:
                self._look_at(pack, code, name.name, said)
            elif self.count(name.name) is None:
                continue
            found[code] = said
        return found

    def _look_at(self, pack: Pack, code: str, name: str, said: str) -> None:
        try:
            answered(pack, pack.inputs[code], answer_from_text(pack, code, said))
        except Unusable as fault:
            self.refuse(name, fault.words)


def ask(fields: Fields, given: Any) -> Question:
    """The form with what was given in the address; with its defaults where nothing was."""
    form = Question(fields)
    form.process(given)
    form.validate()
    return form


def contribution_fields(pack: Pack, today: date) -> Fields:
    """What a contribution depends on: the month, the pay, and what the pack asks about people and employer."""
    fields = month_fields(pack, today)
    fields |= {f"pay.{one.code}": amount_field(pack, pack_words(one.label)) for one in pack.pay}
    fields |= dict(_input_fields(pack, without=late_options(pack)))
    if needs_birth(pack):
        fields["person.date_of_birth"] = day_field(_("Date of birth"), hint=_("A rate depends on the age."))
    if needs_headcount(pack, due=True):
        fields["employer.headcount"] = _headcount()
    if asks_days(pack):
        fields["days"] = number_field(_("Days worked"), _("Leave it empty for a whole month."))
    if asks_elsewhere(pack):
        for one in pack.pay:
            label = _("%(component)s at another employer", component=pack_words(one.label))
            fields[f"elsewhere.{one.code}"] = amount_field(pack, label)
    return fields | (_year_fields(pack) if asks_year(pack) else {})


def _year_fields(pack: Pack) -> Fields:
    """What was paid before in the same year, where a limit of the year is used up by it."""
    hint = _("A limit holds for the whole year. Leave it empty when this is the first month.")
    fields: Fields = {"earlier": number_field(_("Months paid before this one in the same year"), hint)}
    for one in pack.pay:
        label = _("%(component)s in each of those months", component=pack_words(one.label))
        fields[f"earlier.{one.code}"] = amount_field(pack, label)
    return fields


def month_fields(pack: Pack, today: date) -> Fields:
    """A month of the scheme's calendar, with its own names; this month to begin with."""
    now = month_of(today, pack.calendar)
    names = [SelectChoice(str(n), name_of_month(pack, n)) for n in range(1, pack.calendar.months_in_year + 1)]
    return {
        "month": SelectField(_("Month"), choices=names, default=str(now.number), validate_choice=False),
        "year": StringField(_("Year"), default=str(now.year), render_kw={"inputmode": "numeric"}),
    }


def name_of_month(pack: Pack, number: int) -> str:
    """The name of a month without its year."""
    words = month_in_words(Month(2000, number), pack.calendar)
    return say(Words(words.msgid, {**words.values, "year": ""})).strip()


def common_fields(pack: Pack) -> Fields:
    """What is said once for all people of a roster: of the employer, of the person, and the options."""
    return dict(_input_fields(pack, without={*late_options(pack), "headcount"}))


def _input_fields(pack: Pack, *, without: set[str]) -> Iterator[tuple[str, Any]]:
    for one in pack.inputs.values():
        if one.code not in without:
            yield f"{one.of}.{one.code}", _input_field(pack, one)


def _input_field(pack: Pack, one: Input) -> Any:
    """One question of the pack."""
    choices, label = _choices(pack, one), pack_words(one.label)
    if one.kind == "date":
        return day_field(label)
    if not choices:
        hints = {
            "rate": _("For example %(rate)s", rate="1.75 %"),
            "amount": _("In %(currency)s", currency=pack.currency.code),
        }
        return StringField(label, default=one.default, description=hints.get(one.kind, ""))
    if len(choices) <= FEW:
        return RadioField(label, choices=choices, default=one.default, validate_choice=False)
    empty = [] if one.default else [SelectChoice("", _("Choose"))]
    return SelectField(label, choices=[*empty, *choices], default=one.default or "", validate_choice=False)


def _choices(pack: Pack, one: Input) -> list[Any]:
    """The answers to choose from, where the pack lists them."""
    if one.kind == "yes_no":
        return [SelectChoice("yes", _("Yes")), SelectChoice("no", _("No"))]
    if one.choices:
        return [SelectChoice(code, pack_words(label)) for code, label in one.choices.items()]
    listed = [rate_in_words(rate) for rate in one.rates]
    listed += [format_amount(amount, pack.currency) for amount in one.amounts]
    return [SelectChoice(text, text) for text in listed]


def late_fields(pack: Pack, today: date, rows: int) -> Fields:
    """What a late charge depends on: the amount, its due day, when it was paid, and what the rules ask beside."""
    fields: Fields = {
        "charge": amount_field(pack, _("Contribution that was due")),
        "due_is": RadioField(
            _("When was it due?"), default="day", validate_choice=False,
            choices=[
                SelectChoice("day", _("On a day that I know")), SelectChoice("month", _("For a contribution month")),
            ],
        ),
        "due": day_field(_("Due day"), hint=_("Where you know the day. For example 2026-10-31")),
    }  # fmt: skip
    fields |= month_fields(pack, today)
    fields["paid_is"] = RadioField(
        _("Was the rest paid?"), default="yes", validate_choice=False,
        choices=[
            SelectChoice("yes", _("Yes, on this day")), SelectChoice("no", _("No, it is still unpaid on this day")),
        ],
    )  # fmt: skip
    fields["on"] = day_field(_("Day"), hint=_("For example 2026-10-31"), default=today.isoformat())
    for n in range(1, rows + 1):
        fields[f"part{n}.day"] = day_field(_("Day of part payment %(n)s", n=n))
        fields[f"part{n}.amount"] = amount_field(pack, _("Amount of part payment %(n)s", n=n))
    if needs_headcount(pack, due=True, late=True):
        fields["employer.headcount"] = _headcount()
    wanted = late_options(pack)
    for one in pack.inputs.values():
        if one.code in wanted and one.code != "headcount":
            fields[f"options.{one.code}"] = _input_field(pack, one)
    for code, label in (_late_questions(wanted - set(pack.inputs))).items():
        fields[f"options.{code}"] = number_field(label, _("Leave it empty for none."))
    return fields


def _late_questions(codes: set[str]) -> Mapping[str, str]:
    """The questions of late rules that are no inputs of the pack."""
    known = {"failures_before": _("Times late before in the same year")}
    return {
        code: known.get(code, _("Months the return came late")) for code in sorted(codes) if code != "headcount"
    }  # fmt: skip


def _headcount() -> Any:
    return number_field(_("How many people the employer has"), "")


def amount_field(pack: Pack, label: str) -> Any:
    """An amount of the pack's currency."""
    return StringField(
        label, description=_("In %(currency)s", currency=pack.currency.code),
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )  # fmt: skip


def number_field(label: str, hint: str) -> Any:
    """A whole number."""
    return StringField(label, description=hint, render_kw={"inputmode": "numeric", "autocomplete": "off"})


def day_field(label: str, hint: str = "", default: str = "") -> Any:
    """A day; browsers without a calendar of their own take it as text."""
    return StringField(label, description=hint, default=default, render_kw={"type": "date"})
