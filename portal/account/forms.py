"""The forms of one's own account."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import DataRequired, Email, InputRequired, Length

from portal.auth.forms import new_password, refuse_weak
from portal.web.forms import PortalForm


class DetailsForm(PortalForm):
    """Name and office."""

    name = StringField(
        _l("Your name"),
        validators=[DataRequired(_l("Enter your name.")), Length(max=120)],
        render_kw={"autocomplete": "name"},
    )
    office = StringField(
        _l("Office of accountants (if you work for one)"),
        validators=[Length(max=120)],
        description=_l("Employers you act for see it beside your name."),
        render_kw={"autocomplete": "organization"},
    )


class PasswordForm(PortalForm):
    """The old password and a new one."""

    old = PasswordField(
        _l("Your password now"),
        validators=[InputRequired(_l("Enter your password.")), Length(max=200)],
        render_kw={"autocomplete": "current-password"},
    )
    password = new_password(_l("New password"))

    def validate_password(self, field: Any) -> None:
        """Long enough, and hard to guess."""
        refuse_weak(field.data, current_user.email)


class AddressForm(PortalForm):
    """Another e-mail address to sign in with."""

    email = EmailField(
        _l("New e-mail address"),
        validators=[
            InputRequired(_l("Enter your e-mail address.")),
            Length(max=254),
            Email(_l("Enter an e-mail address like name@example.org.")),
        ],
        render_kw={"autocomplete": "email", "spellcheck": "false"},
    )
