"""Forms about who may act for an employer: invite, accept, another role, the end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, Email, InputRequired, Length, Optional

from portal.approvals import LONGEST_REASON
from portal.auth.forms import new_password, refuse_weak
from portal.auth.roles import AT_AN_EMPLOYER
from portal.employers.answers import read_day
from portal.employers.forms import DayField
from portal.errors import Refused
from portal.web.filters import say
from portal.web.forms import PortalForm
from portal.words import Words, _

ONE_ADDRESS = _l("Write one e-mail address, for example pay@example.com.")


def email_field() -> Any:
    """Where the invitation is sent."""
    return EmailField(
        _l("E-mail address"),
        validators=[
            InputRequired(_l("Write the e-mail address of the person.")),
            Length(max=254),
            Email(ONE_ADDRESS),
        ],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )


def choices(names: Mapping[Any, Words]) -> list[SelectChoice]:
    """Roles to choose from, with what each may do."""
    return [SelectChoice(role.value, say(words)) for role, words in names.items()]


def typed_day(field: DayField) -> date | None:
    """The day in three boxes; None when they are empty.  Refused when they hold no day."""
    text = field.data or ""
    if not text.strip("-"):
        return None
    found = read_day(text)
    if found is None:
        raise Refused(_("Write the day as day, month and year."), field=field.name, status=422)
    return found


class RoleForm(PortalForm):
    """What somebody may do for the employer."""

    role = RadioField(_l("What may they do?"), validators=[InputRequired(_l("Choose what they may do."))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = choices(AT_AN_EMPLOYER)


class InviteForm(RoleForm):
    """Who may act for the employer, as what, and from when to when."""

    email = email_field()
    from_day = DayField(_l("First day"), description=_l("Leave it empty to begin today."))
    to_day = DayField(_l("Last day"), description=_l("Leave it empty when there is no end."))


class EndForm(PortalForm):
    """When a mandate ends."""

    when = RadioField(
        _l("When does it end?"),
        choices=[SelectChoice("now", _l("Now")), SelectChoice("later", _l("After a day I choose"))],
        validators=[InputRequired(_l("Choose when it ends."))],
    )
    last_day = DayField(_l("Last day"), description=_l("That day included."))

    def day(self) -> date | None:
        """The last day; None for now.  Refused when a day was to be chosen and is missing."""
        if self.when.data != "later":
            return None
        found = typed_day(self.last_day)
        if found is None:
            raise Refused(_("Write the last day."), field="last_day", status=422)
        return found


class DetailsForm(PortalForm):
    """What the fund has to approve about the employer, and why it changes."""

    legal_name = StringField(
        _l("Legal name"),
        validators=[Length(max=200)],
        description=_l("As it stands on the certificate of registration."),
    )  # fmt: skip
    bank_name = StringField(_l("Bank"), validators=[Length(max=200)])
    bank_account = StringField(_l("Account number"), validators=[Length(max=60)])
    reason = TextAreaField(
        _l("Why does it change?"), validators=[Length(max=LONGEST_REASON)], render_kw={"rows": 3},
        description=_l("The fund reads it. Say what shows it, for example the letter and its day."),
    )  # fmt: skip


class LeaveForm(PortalForm):
    """Why the last administrator leaves, and who comes instead."""

    successor = EmailField(
        _l("E-mail address of the next administrator"), validators=[Optional(), Length(max=254), Email(ONE_ADDRESS)],
        description=_l("We write to them once the fund agrees. Leave it empty when the enterprise closes."),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )  # fmt: skip
    reason = TextAreaField(
        _l("Why?"), validators=[Length(max=LONGEST_REASON)], description=_l("The fund reads it."), render_kw={"rows": 3}
    )


class NewAccountForm(PortalForm):
    """The account of somebody who was invited; the address is that of the invitation."""

    name = StringField(
        _l("Your name"),
        validators=[DataRequired(_l("Enter your name.")), Length(max=120)],
        render_kw={"autocomplete": "name"},
    )
    password = new_password(_l("Choose a password"))

    def __init__(self, email: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.email = email

    def validate_password(self, field: Any) -> None:
        """Long enough, hard to guess, and not the address."""
        refuse_weak(field.data, self.email)
