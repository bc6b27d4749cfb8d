"""The forms of accounts: sign in, make an account, choose a password."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, PasswordField, StringField, ValidationError
from wtforms.validators import Email, InputRequired, Length

from portal.auth.passwords import SHORTEST_PASSWORD, problem_of_password
from portal.web.forms import PortalForm

PROBLEMS = {
    "too_short": _l("Use at least %(n)s characters: three or four words you can remember.", n=SHORTEST_PASSWORD),
    "has_email": _l("Leave your e-mail address out of the password."),
    "too_simple": _l("Use more different characters."),
    "our_words": _l("Leave out the words of this portal and the name of the fund: they are tried first."),
    "common": _l("This is like passwords that many people use, and those are tried first. Take words nobody expects."),
}


def _email() -> Any:
    return EmailField(
        _l("E-mail address"),
        validators=[
            InputRequired(_l("Enter your e-mail address.")),
            Length(max=254),
            Email(_l("Enter an e-mail address like name@example.org.")),
        ],
        render_kw={"autocomplete": "username", "spellcheck": "false"},
    )


def new_password(label: Any) -> Any:
    """The field for a password one chooses; `refuse_weak` looks at what was typed."""
    return PasswordField(
        label,
        validators=[InputRequired(_l("Choose a password.")), Length(max=200)],
        description=_l(
            "At least %(n)s characters. Three or four words are easy to remember and hard to guess.",
            n=SHORTEST_PASSWORD,
        ),
        render_kw={"autocomplete": "new-password"},
    )


def refuse_weak(password: str | None, email: str) -> None:
    """Raise what stands beside the field, when a password for the account of *email* is easy to guess."""
    problem = problem_of_password(password or "", email)
    if problem:
        raise ValidationError(PROBLEMS[problem])


class SignInForm(PortalForm):
    """E-mail address and password."""

    email = _email()
    password = PasswordField(
        _l("Password"),
        validators=[InputRequired(_l("Enter your password.")), Length(max=200)],
        render_kw={"autocomplete": "current-password"},
    )


class CodeForm(PortalForm):
    """A code of an authenticator, or a recovery code."""

    code = StringField(
        _l("Code"),
        validators=[InputRequired(_l("Enter the code.")), Length(max=40)],
        description=_l("The six figures your authenticator shows now, or one of your recovery codes."),
        render_kw={"autocomplete": "one-time-code", "spellcheck": "false"},
    )


class AccountForm(PortalForm):
    """A new account."""

    name = StringField(
        _l("Your name"),
        validators=[InputRequired(_l("Enter your name.")), Length(max=120)],
        render_kw={"autocomplete": "name"},
    )
    email = _email()
    password = new_password(_l("Choose a password"))

    def validate_password(self, field: Any) -> None:
        """Long enough, and not the address."""
        refuse_weak(field.data, self.email.data or "")


class ForgottenForm(PortalForm):
    """Ask for a link to choose a new password."""

    email = _email()


class NewPasswordForm(PortalForm):
    """Choose a new password by the link in a mail."""

    password = new_password(_l("New password"))

    def __init__(self, email: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.email = email

    def validate_password(self, field: Any) -> None:
        """Long enough, hard to guess, and not the address the link was sent to."""
        refuse_weak(field.data, self.email)
