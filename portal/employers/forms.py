"""
The pages of the registration wizard as forms, and the form that lets somebody act for an employer.

The wizard's forms check nothing themselves: what is wrong is said by ``answers.problems`` when the
page is saved, so that the same words stand here, on the task list and before sending.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_wtf.file import FileField
from wtforms import (
    EmailField,
    Field,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.widgets import CheckboxInput

from portal.employers import answers as asked
from portal.employers.answers import Answers, Page
from portal.employers.registration import document_field
from portal.installation import fund, packs
from portal.scheme.fund import Choice
from portal.web.filters import pack_words, say
from portal.web.forms import PortalForm
from portal.words import Words, _

HINTS = {
    "legal_name": _("As it stands on the certificate of registration."),
    "trade_name": _("The name people know you by, if it is another one."),
    "registration_number": _("From the register of companies, societies or cooperatives, if you have one."),
    "address": _("Where letters reach you."),
    "contact_name": _("Someone who can answer questions about your payroll."),
    "email": _("For this enterprise; letters about its contributions go there."),
    "bank_name": _("For refunds. Leave both empty if you have no account."),
    "first_employment_day": _("The day the first employee began. Contributions are due from that month on."),
    "headcount": _("How many people you employ now."),
    "schemes": _("Membership begins on the first day of employment."),
}


class DayField(Field):
    """A day typed into three boxes, kept as typed: ``1-9-2026``.  Drawn by ``employers/fields.html``."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Put the three boxes together; a box left out is empty."""
        boxes = [str(value).strip().replace("-", "") for value in valuelist[:3]]
        self.data = "-".join(boxes + [""] * (3 - len(boxes))) if any(boxes) else ""

    @property
    def boxes(self) -> tuple[str, str, str]:
        """What stands in the boxes for day, month and year."""
        parts = [*(self.data or "").split("-"), "", "", ""]
        return parts[0], parts[1], parts[2]


def _field(name: str, label: str) -> Any:
    """The form field in which one answer is typed."""
    hint = say(HINTS[name]) if name in HINTS else ""
    if name in _SHAPES:
        return _SHAPES[name](label, hint)
    return StringField(label, description=hint, render_kw={"autocomplete": "off"})


#: How the answers that are not a line of text are asked for.
_SHAPES: dict[str, Callable[[str, str], Any]] = {
    "legal_form": lambda label, hint: RadioField(
        label,
        choices=[SelectChoice(form.code, pack_words(form.name)) for form in fund().legal_forms],
        validate_choice=False,
    ),
    "activity": lambda label, hint: SelectField(label, choices=_with_empty(fund().activities), validate_choice=False),
    "location": lambda label, hint: SelectField(label, choices=_place_choices(), validate_choice=False),
    "schemes": lambda label, hint: SelectMultipleField(
        label,
        choices=[SelectChoice(scheme, pack_words(pack.name)) for scheme, pack in packs().items()],
        validate_choice=False,
        option_widget=CheckboxInput(),
        description=hint,
    ),
    "first_employment_day": lambda label, hint: DayField(label, description=hint),
    "address": lambda label, hint: TextAreaField(
        label, description=hint, render_kw={"rows": 3, "autocomplete": "street-address"}
    ),
    "phone": lambda label, hint: TelField(label, description=hint, render_kw={"autocomplete": "tel"}),
    "email": lambda label, hint: EmailField(
        label, description=hint, render_kw={"autocomplete": "email", "spellcheck": "false"}
    ),
    "tax_number": lambda label, hint: StringField(
        label, description=_example_of_tax_number(), render_kw={"autocomplete": "off", "inputmode": "numeric"}
    ),
    "headcount": lambda label, hint: StringField(
        label, description=hint, render_kw={"autocomplete": "off", "inputmode": "numeric"}
    ),
}


def _with_empty(choices: Iterable[Choice]) -> list[SelectChoice]:
    return [SelectChoice("", say(_("Choose one"))), *(SelectChoice(one.code, pack_words(one.name)) for one in choices)]


def _place_choices() -> list[SelectChoice]:
    """The smallest places, each under the widest one it lies in."""
    choices = [SelectChoice("", say(_("Choose a place")))]
    for widest, inside in asked.places(fund()).items():
        choices += [SelectChoice(code, pack_words(name), optgroup=pack_words(widest)) for code, name in inside]
    return choices


def _example_of_tax_number() -> str:
    first = fund().tax_number.kinds[0]
    return say(_("%(name)s, for example %(example)s.", name=pack_words(first.name), example=first.example))


def page_form(page: Page, answers: Answers) -> PortalForm:
    """The form of one page, filled with what was typed last."""
    fields = {one.name: _field(one.name, say(one.label)) for one in page.asked}
    made: PortalForm = type("PageForm", (PortalForm,), fields)(data=dict(answers))
    return made


def typed_into(form: PortalForm, page: Page) -> dict[str, str | list[str]]:
    """What was typed, by field."""
    return {one.name: form[one.name].data or "" for one in page.asked}


def documents_form(wanted: Iterable[Choice]) -> PortalForm:
    """One file for each document the legal form asks for."""
    fields = {document_field(choice.code): FileField(pack_words(choice.name)) for choice in wanted}
    made: PortalForm = type("DocumentsForm", (PortalForm,), fields)()
    return made


def say_beside(form: PortalForm, problems: Mapping[str, Words]) -> None:
    """Put each problem beside the field it belongs to."""
    for field, words in problems.items():
        if field in form:
            form[field].errors = [say(words)]
