"""
The forms of the roster.  What is typed is read by the same readers as a file, so both say the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import EmailField, Field, RadioField, SelectField, StringField, TelField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, ValidationError

from portal.employers.answer_forms import fields_of, question_fields, said_in, with_questions
from portal.employers.forms import DayField
from portal.employers.given import questions
from portal.employers.roster_import import file_rules, money
from portal.installation import fund, packs
from portal.people.service import PersonFacts
from portal.scheme.calendars import Month
from portal.scheme.fund import Choice
from portal.tabular.amounts import amount_reader
from portal.tabular.cells import Reader, text_reader
from portal.tabular.contacts import phone_reader, read_email
from portal.tabular.dates import date_reader
from portal.tabular.identity import identity_reader
from portal.tabular.names import read_name
from portal.tabular.table import Fault, Noted
from portal.web.filters import month_name, pack_words, say
from portal.web.forms import PortalForm
from portal.words import _

#: Before the code of a pay component in the name of its field.
PAY = "pay_"


class _Read(Field):
    """A field whose text is read as a cell of a file is; *taken* is the value read."""

    taken: Any = None

    def __init__(self, label: Any, reader: Callable[[date], Reader], needed: bool = True, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.reader = reader
        self.needed = needed

    def pre_validate(self, form: Any) -> None:
        """Read what was typed; say what a file's problem would say."""
        typed = self.data or ""
        value = self.reader(form.today)(typed)
        if isinstance(value, Noted):
            value = value.value
        if value is None and self.needed:
            value = Fault("E_REQUIRED", _("“%(label)s” is empty. Fill it in.", label=str(self.label.text)))
        if isinstance(value, Fault):
            raise ValidationError(say(value.at(None, None, typed).words))
        self.taken = value


class ReadText(_Read, StringField):
    """A line of text."""


class ReadDay(_Read, DayField):
    """A day in three boxes."""


class ReadPhone(_Read, TelField):
    """A telephone number."""


class ReadEmail(_Read, EmailField):
    """An e-mail address."""


def _day(today: date) -> Reader:
    return date_reader(today, day_first=True)


def _birth_day(today: date) -> Reader:
    return date_reader(today, past=True, day_first=True)


class RosterForm(PortalForm):
    """A form about people; *today* is the day it is where the fund is."""

    def __init__(self, today: date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(**kwargs)
        for name, codes in (("category", fund().categories), ("reason", fund().leave_reasons)):
            if name in self:
                self[name].choices = _with_empty(codes)

    def pay(self) -> dict[str, int]:
        """The wage that was typed, by component; a component left empty is not among them."""
        taken = {name.removeprefix(PAY): field.taken for name, field in self._fields.items() if name.startswith(PAY)}
        return {name: amount for name, amount in taken.items() if amount is not None}

    def said(self) -> dict[str, str]:
        """What was answered to the schemes about the person, by key."""
        return said_in(self)

    @property
    def question_fields(self) -> list[Any]:
        """The fields of what the schemes ask about the person."""
        return fields_of(self)

    @property
    def pay_fields(self) -> list[Any]:
        """The fields of the wage."""
        return [field for name, field in self._fields.items() if name.startswith(PAY)]


class HireForm(RosterForm):
    """Who is taken on, from when."""

    national_id = ReadText(_l("Identity number"), lambda today: identity_reader(file_rules(today).identity))
    first_name = ReadText(_l("First name"), lambda today: read_name)
    other_names = ReadText(_l("Other names (if any)"), lambda today: read_name, needed=False)
    surname = ReadText(_l("Surname"), lambda today: read_name)
    sex = RadioField(
        _l("Sex"),
        choices=[SelectChoice("F", _l("Female")), SelectChoice("M", _l("Male")), SelectChoice("O", _l("Other"))],
        validators=[InputRequired(_l("Choose what the identity card says."))],
    )
    birth_date = ReadDay(_l("Birth date"), _birth_day)
    phone = ReadPhone(
        _l("Telephone (if known)"), lambda today: phone_reader(file_rules(today).country_code), needed=False
    )
    email = ReadEmail(_l("E-mail address (if known)"), lambda today: read_email, needed=False)
    from_day = ReadDay(_l("First day of work"), _day)
    category = SelectField(_l("Category"), validators=[InputRequired(_l("Choose a category."))])
    staff_number = ReadText(_l("Your own number for this person (if any)"), lambda today: text_reader(30), needed=False)

    def facts(self) -> PersonFacts:
        """The person as typed."""
        brought = self["insurance_number"].taken if "insurance_number" in self else None
        return PersonFacts(
            self.national_id.taken, self.surname.taken, self.first_name.taken, self.sex.data, self.birth_date.taken,
            self.other_names.taken or "", self.phone.taken or "", self.email.taken or "", brought or "",
        )  # fmt: skip


class LeaveForm(RosterForm):
    """When somebody left, and why."""

    last_day = ReadDay(_l("Last day of work"), _day)
    reason = SelectField(_l("Reason"), validators=[InputRequired(_l("Choose a reason."))])


class WageForm(RosterForm):
    """What somebody is paid from which month on."""

    from_month = SelectField(_l("From the pay of"), validators=[InputRequired(_l("Choose a month."))])


class AnswersOfPerson(RosterForm):
    """What holds of somebody from which day on."""

    from_day = ReadDay(_l("From which day"), _day)


class ImportForm(PortalForm):
    """A file, and the month from which changed wages count."""

    file = FileField(_l("Your file"), validators=[FileRequired(_l("Choose the file with your people."))])
    wages_from = SelectField(_l("Changed wages count from the pay of"))


def component_labels() -> dict[str, str]:
    """The pay components of all schemes and what they are called, in the order of the files."""
    labels: dict[str, str] = {}
    for pack in packs().values():
        for one in pack.pay:
            labels.setdefault(one.code, one.label)
    return labels


def with_pay(form: type[RosterForm], needed: bool = True) -> type[RosterForm]:
    """The form with a field for each pay component that some scheme counts."""
    fields: dict[str, Any] = {
        PAY + code: ReadText(
            pack_words(label),
            lambda today: amount_reader(money()),
            needed,
            render_kw={"inputmode": "decimal", "autocomplete": "off"},
        )
        for code, label in component_labels().items()
    }
    if issubclass(form, HireForm) and not fund().insurance_number.given_by_portal:
        name = pack_words(fund().insurance_number.name).capitalize()
        fields["insurance_number"] = ReadText(name, _insurance)
    if issubclass(form, HireForm):
        fields |= question_fields(questions())
    return type(form.__name__, (form,), fields)


def answers_form(today: date) -> AnswersOfPerson:
    """The form in which what schemes ask about a person changes."""
    made: AnswersOfPerson = with_questions(AnswersOfPerson, question_fields(questions(), with_default=False))(today)
    return made


def month_choices(months: Iterable[Month]) -> list[SelectChoice]:
    """Months to choose from, by name."""
    return [SelectChoice(str(month), month_name(month)) for month in months]


def field_of(name: str | None) -> str | None:
    """The form's field for the field a service names: those of the wage are called after their component."""
    return PAY + name if name in component_labels() else name


def _insurance(today: date) -> Reader:
    rule = file_rules(today).insurance
    assert rule is not None
    return identity_reader(rule)


def _with_empty(choices: Iterable[Choice]) -> list[SelectChoice]:
    return [
        SelectChoice("", say(_("Choose one"))),
        *(SelectChoice(choice.code, pack_words(choice.name)) for choice in choices),
    ]
