"""The form in which an officer says whose a payment of the gateway is."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length

from portal.installation import packs
from portal.web.filters import say
from portal.web.forms import PortalForm
from portal.words import _


class AssignForm(PortalForm):
    """Whose money it is."""

    employer = StringField(
        _l("Employer number or bill reference"),
        validators=[InputRequired(_l("Write an employer number or a bill reference.")), Length(max=80)],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    scheme = SelectField(_l("For"), validate_choice=False)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = [one for one, rules in packs().items() if rules.currency.code == currency]
        self.scheme.choices = [SelectChoice(one, packs()[one].short_name) for one in self.codes]

    def validate_scheme(self, field: Any) -> None:
        """One of those offered."""
        if field.data not in self.codes:
            raise ValidationError(say(_("Choose the scheme the money is for.")))
