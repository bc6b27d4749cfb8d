"""The form of one line: the days worked, and why it is not a whole month.  It reads what is typed as a file is read."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from portal.contributions.queries import LineOnPage
from portal.contributions.reasons import NAMES, Why
from portal.employers.roster_forms import ReadDay
from portal.installation import calendar
from portal.scheme.calendars import Month, days_in
from portal.tabular.cells import Reader, days_reader
from portal.tabular.dates import date_reader
from portal.tabular.table import Fault, Noted
from portal.web.filters import say
from portal.web.forms import PortalForm


def _day(today: date) -> Reader:
    return date_reader(today, day_first=True)


class WhyForm(PortalForm):
    """Days and reason of one person in one month."""

    version = HiddenField()
    days = StringField(
        _l("Days worked"),
        description=_l("Leave it empty for a whole month."),
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    reason = SelectField(_l("Why it is not a whole month"))
    reason_from = ReadDay(_l("First day (optional)"), _day, needed=False)
    reason_to = ReadDay(
        _l("Last day (optional)"),
        _day,
        needed=False,
        description=_l("Both days are included. They may lie outside the month."),
    )

    def __init__(self, month: Month, today: date, **kwargs: Any) -> None:
        self.month, self.today = month, today
        super().__init__(**kwargs)
        self.reason.choices = [
            SelectChoice("", _l("No reason: a whole month")),
            *(SelectChoice(code, say(name)) for code, name in NAMES.items()),
        ]

    @classmethod
    def of(cls, line: LineOnPage, month: Month, today: date) -> WhyForm:
        """The form as the line stands."""
        form = cls(month, today, formdata=None)
        form.days.data = "" if line.days is None else str(line.days)
        form.reason.data = line.reason or ""
        for field, day in ((form.reason_from, line.reason_from), (form.reason_to, line.reason_to)):
            field.data = f"{day.day}-{day.month}-{day.year}" if day else ""
        return form

    def validate_days(self, field: StringField) -> None:
        """No more days than the month has."""
        value = self._read_days()
        if isinstance(value, Fault):
            raise ValidationError(say(value.at(None, None, field.data or "").words))

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field for itself, then the days together: they belong to a reason and touch the month."""
        if not super().validate(extra_validators):
            return False
        found = self.why.fault(self.month.first_day(calendar()), self.month.last_day(calendar()))
        if found is None:
            return True
        name, fault = found
        self[name].errors = [say(fault.at(None, None, "").words)]
        return False

    @property
    def shown_version(self) -> int:
        """The version of the payroll that the page showed."""
        typed = self.version.data or ""
        return int(typed) if typed.isdigit() else 0

    @property
    def why(self) -> Why:
        """What was chosen and typed."""
        return Why(self.reason.data or None, self.reason_from.taken, self.reason_to.taken)

    @property
    def taken_days(self) -> int | None:
        """The days that were typed; None is the whole month."""
        value = self._read_days()
        return None if value is None else int(value)

    def _read_days(self) -> Any:
        value = days_reader(days_in(self.month, calendar()))(self.days.data or "")
        return value.value if isinstance(value, Noted) else value
