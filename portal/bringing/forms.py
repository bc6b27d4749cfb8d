"""The forms of bringing over: a file, and for balances the day and the control totals."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal.approvals import LONGEST_REASON
from portal.bringing.balances_file import MOST
from portal.installation import fund
from portal.tabular.amounts import AmountRule
from portal.web.filters import say
from portal.web.forms import PortalForm
from portal.web.typed import typed_amount
from portal.words import Words


class EmployersForm(PortalForm):
    """A register."""

    file = FileField(_l("Your file"), validators=[FileRequired(_l("Choose the file with your employers."))])


class BalancesForm(PortalForm):
    """Balances, the day they are of, and what they have to add up to."""

    file = FileField(_l("Your file"), validators=[FileRequired(_l("Choose the file with the balances."))])
    as_of = DateField(
        _l("Balances at the end of"),
        validators=[InputRequired(_l("Enter the day the balances are of."))],
        description=_l("The last day that was kept in the books before."),
    )
    owed = StringField(
        _l("Owed in all"),
        validators=[InputRequired(_l("Type what contributions and late charges add up to in the books before."))],
        description=_l("Contributions and late charges together, copied from the books before and not from the file."),
    )
    credit = StringField(
        _l("Credit in all"),
        validators=[InputRequired(_l("Type what the credit of all employers adds up to, 0 for none."))],
        description=_l("Money of employers that settles nothing yet."),
    )

    def minor(self, name: str) -> int | None:
        """An amount as typed in minor units; None, with a word at the field, when it is not one."""
        field: Any = self[name]
        found = typed_amount(field.data, AmountRule(fund().currency.code, fund().currency.digits, MOST))
        if isinstance(found, Words):
            field.errors = [say(found)]
            return None
        return found


class AskForm(PortalForm):
    """Why a second person should agree."""

    reason = TextAreaField(
        _l("What the second person should know"),
        validators=[InputRequired(_l("Write why this should be done.")), Length(max=LONGEST_REASON)],
        description=_l("Where the balances come from, and who compared them."),
        render_kw={"rows": 3},
    )
