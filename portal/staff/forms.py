"""Forms about the fund's own people: invited, given a role, places to work for, a lost second step."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput

from portal.approvals import LONGEST_REASON
from portal.auth.roles import AT_THE_FUND
from portal.colleagues.forms import choices, email_field
from portal.employers.forms import DayField
from portal.installation import fund
from portal.web.filters import pack_words
from portal.web.forms import PortalForm


def _first_day() -> DayField:
    return DayField(_l("First day"), description=_l("Leave it empty to begin today."))


def _last_day() -> DayField:
    return DayField(_l("Last day"), description=_l("Leave it empty when there is no end."))


class PlacesForm(PortalForm):
    """The widest places somebody works for."""

    districts = SelectMultipleField(
        _l("Where?"), option_widget=CheckboxInput(),
        description=_l("Employers elsewhere do not exist for them. Choose nothing for the whole fund."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {place.code for place in fund().locations}
        kept = [place for code in self.kept() if code not in known and (place := fund().location(code))]
        self.districts.choices = [SelectChoice(one.code, pack_words(one.name)) for one in [*fund().locations, *kept]]

    def kept(self) -> list[str]:
        """Smaller places somebody works for already, which the list would not offer."""
        return list(self.districts.data or [])


class FundInviteForm(PlacesForm):
    """Who is to work at the fund, as what, where, and from when to when."""

    email = email_field()
    roles = SelectMultipleField(
        _l("What may they do?"), option_widget=CheckboxInput(),
        validators=[InputRequired(_l("Choose what they may do."))],
    )  # fmt: skip
    from_day = _first_day()
    to_day = _last_day()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles.choices = choices(AT_THE_FUND)


class FundRoleForm(PortalForm):
    """Another role at the fund."""

    role = RadioField(_l("Another role"), validators=[InputRequired(_l("Choose what they may do."))])
    from_day = _first_day()
    to_day = _last_day()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = choices(AT_THE_FUND)


class ResetForm(PortalForm):
    """Why a second step is to be taken away."""

    reason = TextAreaField(
        _l("Why, and how you made sure who is asking"), validators=[Length(max=LONGEST_REASON)],
        description=_l("The person who decides reads it."), render_kw={"rows": 3},
    )  # fmt: skip
