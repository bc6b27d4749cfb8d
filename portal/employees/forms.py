"""The forms of employees, and of those who hand out slips and answer reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, InputRequired, Length

from portal.cases.kinds import REPORTS
from portal.cases.service import LONGEST_NAME
from portal.employers.answers import read_day
from portal.employers.forms import DayField
from portal.installation import fund
from portal.web.filters import say
from portal.web.forms import PortalForm

#: Longest report, in characters.
LONGEST = 1000


class WhoForm(PortalForm):
    """Who wants to come in, and how."""

    number = StringField(
        _l("Insurance number"),
        validators=[DataRequired(_l("Enter your insurance number.")), Length(max=40)],
        description=_l("It stands on your slip and on your payslip."),
        render_kw={"autocomplete": "off", "inputmode": "numeric", "spellcheck": "false"},
    )
    birth_date = DayField(_l("Birth date"), description=_l("For example, 17 5 1990."))
    way = RadioField(
        _l("How do you get your code?"),
        choices=[
            SelectChoice("mail", _l("Send a code to the e-mail address the fund has for me")),
            SelectChoice("slip", _l("I have a slip with a code, from my employer or the fund")),
        ],
        validators=[InputRequired(_l("Choose how you get your code."))],
    )

    def validate_number(self, field: StringField) -> None:
        """A slip of the pen is said at once; whether anybody has the number is never said."""
        if problem := fund().insurance_number.problem(field.data or ""):
            raise ValidationError(say(problem))

    def validate_birth_date(self, field: DayField) -> None:
        """A day there is."""
        if read_day(field.data or "") is None:
            raise ValidationError(_l("Enter your birth date: day, month and year."))

    @property
    def born(self) -> date:
        """The birth date, once the form is valid."""
        day = read_day(self.birth_date.data or "")
        assert day is not None  # validated
        return day


class CodeForm(PortalForm):
    """The code."""

    code = StringField(
        _l("Code"),
        validators=[DataRequired(_l("Enter the code.")), Length(max=20)],
        description=_l("Eight letters and figures, such as ACDE-FGHJ. Capital letters and hyphens do not matter."),
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"},
    )


class ReportForm(PortalForm):
    """What is wrong with a month."""

    kind = RadioField(_l("What is wrong?"), validators=[InputRequired(_l("Choose what is wrong."))])
    month = SelectField(_l("Month"), validators=[InputRequired(_l("Choose the month."))])
    employer = SelectField(_l("Employer"), validators=[InputRequired(_l("Choose the employer."))])
    message = TextAreaField(
        _l("What should the fund know?"),
        validators=[Length(max=LONGEST, message=_l("Use at most %(max)d characters."))],
        description=_l("For a wrong wage: what you were paid, before deductions. Your employer does not see this."),
        render_kw={"rows": "5"},
    )

    def offer(self, months: Sequence[tuple[str, str]], employers: Mapping[str, str]) -> None:
        """The months and employers one may choose from."""
        self.kind.choices = [SelectChoice(kind, say(words)) for kind, words in REPORTS.items()]
        self.month.choices = [SelectChoice(*one) for one in months]
        self.employer.choices = [SelectChoice(*one) for one in employers.items()]

    def validate_message(self, field: TextAreaField) -> None:
        """A wrong wage needs the right one."""
        if self.kind.data == "wrong_wage" and not field.data:
            raise ValidationError(_l("Write what you were paid, so that the fund can compare."))


class ComplaintForm(PortalForm):
    """A complaint about the fund."""

    title = StringField(
        _l("What is it about?"),
        validators=[DataRequired(_l("Write in a few words what it is about.")), Length(max=LONGEST_NAME)],
    )
    message = TextAreaField(
        _l("What happened?"),
        validators=[
            DataRequired(_l("Write what happened.")),
            Length(max=LONGEST, message=_l("Use at most %(max)d characters.")),
        ],
        render_kw={"rows": "6"},
    )  # fmt: skip


class FindForm(PortalForm):
    """Whose slip to print."""

    number = StringField(
        _l("Insurance number"),
        validators=[DataRequired(_l("Enter the insurance number.")), Length(max=40)],
        render_kw={"autocomplete": "off", "inputmode": "numeric", "spellcheck": "false"},
    )
