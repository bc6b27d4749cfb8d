"""What all forms share: CSRF, stripped text, and a refusal put beside the field it belongs to."""

from __future__ import annotations

from typing import Any

from flask import flash
from flask_wtf import FlaskForm

from portal.errors import Refused
from portal.web.filters import say


def stripped(text: Any) -> Any:
    """Typed text without blanks around it."""
    return text.strip() if isinstance(text, str) else text


class PortalForm(FlaskForm):
    """A form of the portal.  Templates draw it with ``components/forms.html``."""

    class Meta:
        """Text is stripped before it is checked; passwords are left as typed."""

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            """Add `stripped` to every text field."""
            name = unbound_field.field_class.__name__
            if name in {"StringField", "TextAreaField", "EmailField", "TelField"}:
                unbound_field.kwargs["filters"] = [*unbound_field.kwargs.get("filters", ()), stripped]
            return unbound_field.bind(form=form, **options)

    def refuse(self, refusal: Refused) -> None:
        """Show why a service refused: beside the field it names, or above the form."""
        field = self._fields.get(refusal.field or "")
        if field is None:
            flash(say(refusal.words), "error")
        else:
            field.errors = [*field.errors, say(refusal.words)]
