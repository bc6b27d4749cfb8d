"""What all forms share: CSRF, stripped text, and a refusal put beside the field it belongs to."""

from __future__ import annotations

import unicodedata
from typing import Any

from flask import flash
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, TextAreaField
from wtforms.validators import DataRequired, InputRequired, StopValidation, ValidationError

from portal.errors import Refused
from portal.web.filters import say

#: Fields in which something is typed, and those whose text is stripped.
_TYPED = frozenset(("StringField", "TextAreaField", "EmailField", "TelField", "PasswordField", "SearchField"))
_STRIPPED = _TYPED - {"PasswordField"}
#: A reason needs so many letters or digits: two are a word in some scripts.
_SHORTEST_REASON = 2


def stripped(text: Any) -> Any:
    """Typed text without blanks around it, and without what cannot be seen."""
    if not isinstance(text, str):
        return text
    while text and (invisible(text[0]) or invisible(text[-1])):
        text = text[1:] if invisible(text[0]) else text[:-1]
    return text


def invisible(letter: str) -> bool:
    """Whether nothing is seen of a character at the edge of a text: blanks, joiners, marks of direction."""
    return letter.isspace() or unicodedata.category(letter) == "Cf"


def no_control_character(_form: Any, field: Field) -> None:
    """Refuse what no keyboard types and no database keeps, such as NUL; a new line where there is but one."""
    allowed = "\t\r\n" if isinstance(field, TextAreaField) else "\t"
    if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in allowed for letter in field.data or ""):
        raise StopValidation(_("This has an invisible control character. Type it again."))


def says_something(_form: Any, field: Field) -> None:
    """Refuse a reason of a dot or a dash; whether there must be one is said elsewhere."""
    text = field.data or ""
    if text and sum(letter.isalnum() for letter in text) < _SHORTEST_REASON:
        raise ValidationError(_("Write the reason in words."))


class PortalForm(FlaskForm):
    """A form of the portal.  Templates draw it with ``components/forms.html``."""

    class Meta:
        """Text is stripped before it is checked, passwords stay as typed; what must be there is more than blanks."""

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            """Add what all text fields share."""
            kind, given = unbound_field.field_class.__name__, dict(unbound_field.kwargs)
            if kind in _STRIPPED:
                given["filters"] = [*given.get("filters", ()), stripped]
            if kind in _TYPED:
                asked = list(given.get("validators") or ())
                asked += [DataRequired(one.message) for one in asked if type(one) is InputRequired]
                asked += [says_something] if options.get("name") == "reason" else []
                given["validators"] = [no_control_character, *asked]
            return type(unbound_field)(unbound_field.field_class, *unbound_field.args, **given).bind(form, **options)

    def refuse(self, refusal: Refused) -> None:
        """Show why a service refused: beside the field it names, or above the form."""
        field = self._fields.get(refusal.field or "")
        if field is None:
            flash(say(refusal.words), "error")
        else:
            field.errors = [*field.errors, say(refusal.words)]
