"""Forms for what schemes ask beside pay: about an employer when it is enrolled, about a person when hired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import Length

from portal.employers import answers as asked
from portal.employers.forms import DayField
from portal.employers.given import asked_of_employer, choices, in_words
from portal.errors import Refused
from portal.installation import pack, packs
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Input
from portal.web.filters import say
from portal.web.forms import PortalForm
from portal.words import _

#: The reason for a change is a sentence, not a novel.
LONGEST_REASON = 500
SHORTEST_REASON = 10


def question_fields(questions: Mapping[str, tuple[Pack, Input]], *, with_default: bool = True) -> dict[str, Any]:
    """A field for each question, by its key; nothing has to be answered here."""
    return {key: _field(rules, one, with_default) for key, (rules, one) in questions.items()}


def _field(rules: Pack, one: Input, with_default: bool) -> Any:
    label = f"{rules.short_name}: {one.label}"
    listed = choices(rules, one)
    if not listed:
        kind = "decimal" if one.kind in ("rate", "amount") else "numeric" if one.kind == "count" else "text"
        return StringField(label, description=_hint(one), render_kw={"inputmode": kind, "autocomplete": "off"})
    unsaid = _unsaid(rules, one) if with_default else say(_("As it is"))
    offered = [SelectChoice(text, say(_("%(answer)s", answer=words))) for text, words in listed]
    return SelectField(label, choices=[SelectChoice("", unsaid), *offered], validate_choice=False)


def _unsaid(rules: Pack, one: Input) -> str:
    """What holds where nothing is said."""
    if one.default is None:
        return say(_("Not said yet"))
    return say(_("Not said; counts as: %(answer)s", answer=in_words(rules, one.code, one.default)))


def _hint(one: Input) -> str:
    match one.kind:
        case "rate":
            return say(_("A rate, for example 2.5 %"))
        case "date":
            return say(_("A day, for example 2026-07-31"))
    return ""


class AnswersForm(PortalForm):
    """Answers that change: from which day, and why."""

    from_day = DayField(_l("From which day"))
    reason = TextAreaField(
        _l("Reason"), validators=[Length(max=LONGEST_REASON)], render_kw={"rows": 3},
        description=_l("What shows it, for example the letter and its day."),
    )  # fmt: skip

    def said(self) -> dict[str, str]:
        """What was typed, by key; empty boxes change nothing."""
        return said_in(self)

    def day(self) -> date:
        """The day that was typed."""
        found = asked.read_day(self.from_day.data or "")
        if found is None:
            raise Refused(_("Write the day as day, month and year."), field="from_day", status=422)
        return found

    def why(self) -> str:
        """The reason that was typed."""
        reason = asked.clean(self.reason.data or "")
        if len(reason) < SHORTEST_REASON:
            raise Refused(_("Write the reason in a sentence."), field="reason", status=422)
        return reason

    @property
    def question_fields(self) -> list[Any]:
        """The fields of the questions."""
        return fields_of(self)


def said_in(form: PortalForm) -> dict[str, str]:
    """The answers of a form, by key, without those that were left empty."""
    return {one.name: one.data for one in fields_of(form) if (one.data or "").strip()}


def fields_of(form: PortalForm) -> list[Any]:
    """The fields of a form that ask what a scheme asks: their names are keys with a scheme before the point."""
    return [field for name, field in form._fields.items() if name.partition(".")[0] in packs()]


def with_questions(form: type[PortalForm], fields: Mapping[str, Any]) -> type[Any]:
    """The form with these fields more."""
    return type(form.__name__, (form,), dict(fields))


def of_employer(schemes: Iterable[str]) -> dict[str, tuple[Pack, Input]]:
    """What these schemes ask about an employer, by key."""
    rules = [pack(scheme) for scheme in schemes]
    return {f"{each.id}.{one.code}": (each, one) for each in rules for one in asked_of_employer(each)}


def by_code(scheme: str, said: Mapping[str, str]) -> dict[str, str]:
    """The answers to one scheme, by the code of its question."""
    start = f"{scheme}."
    return {key.removeprefix(start): text for key, text in said.items() if key.startswith(start)}
