"""The forms of the cashier: who pays, what was received, and why a payment is taken back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField as IsoDayField
from wtforms import HiddenField, RadioField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length

from portal.employers.models import Employer
from portal.installation import pack, packs
from portal.payments.refunds import LONGEST_ACCOUNT, LONGEST_NAME, BankAccount
from portal.payments.service import LONGEST_REASON, LONGEST_REFERENCE, METHODS, MOST
from portal.tabular.amounts import AmountRule
from portal.web.filters import say
from portal.web.forms import PortalForm
from portal.web.typed import checked_amount
from portal.words import _


class DayField(IsoDayField):
    """A day; what cannot be one is kept as typed, and said in our words."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the ISO 8601 day a browser sends."""
        text = " ".join(valuelist).strip()
        try:
            self.data = date.fromisoformat(text) if text else None
        except ValueError:
            self.data = None
            raise ValueError(say(_("Write the day as year, month and day: 2026-11-15."))) from None


class FindForm(PortalForm):
    """Who pays: by employer number, bill reference or name."""

    find = StringField(
        _l("Employer number, bill reference or name"),
        validators=[InputRequired(_l("Write an employer number, a bill reference or a name.")), Length(max=120)],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )


class PaymentForm(PortalForm):
    """Money received, as it stands on the slip or the bank's statement; *minor* units once it was checked."""

    minor = 0
    key = HiddenField()
    bill = HiddenField()
    scheme = RadioField(_l("For"), choices=[], validate_choice=False)
    amount = StringField(
        _l("Amount received"),
        validators=[InputRequired(_l("Write the amount that was received."))],
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
    paid_on = DayField(
        _l("Paid on"),
        validators=[InputRequired(_l("Write the day the money reached the fund."))],
        description=_l("The day the money reached the fund. It decides whether the payment was in time."),
    )
    method = RadioField(_l("How"), choices=[], validate_choice=False)
    bank_reference = StringField(
        _l("Bank's reference"),
        validators=[Length(max=LONGEST_REFERENCE)],
        description=_l("As on the bank's statement, the slip or the cheque. Leave it empty for cash."),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )

    def offer(self, schemes: Collection[str]) -> None:
        """Offer the schemes this employer can pay into, and say how money comes in in the reader's language."""
        self.scheme.choices = [SelectChoice(one, rules.short_name) for one, rules in packs().items() if one in schemes]
        self.method.choices = [SelectChoice(code, say(words)) for code, words in METHODS.items()]

    def validate_scheme(self, field: Any) -> None:
        """One of those offered."""
        if field.data not in [choice.value for choice in field.choices or ()]:
            raise ValidationError(say(_("Choose the scheme the money is for.")))

    def validate_method(self, field: Any) -> None:
        """One of those offered."""
        if field.data not in METHODS:
            raise ValidationError(say(_("Choose how the money came in.")))

    def validate_amount(self, field: Any) -> None:
        """An amount that can be read in one way only; `minor` holds it then, in the scheme's currency."""
        currency = (pack(self.scheme.data) if self.scheme.data in packs() else next(iter(packs().values()))).currency
        self.minor = checked_amount(field.data, AmountRule(currency.code, currency.digits, MOST))


class RefundForm(PortalForm):
    """How much of the credit is asked back, why, and the account it goes to; *minor* units once it was checked."""

    minor = 0
    amount = StringField(
        _l("Amount to give back"),
        validators=[InputRequired(_l("Write the amount to give back."))],
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
    account_name = StringField(
        _l("Account holder"),
        validators=[InputRequired(_l("Write who holds the bank account.")), Length(max=LONGEST_NAME)],
        render_kw={"autocomplete": "off"},
    )
    account_number = StringField(
        _l("Account number"),
        validators=[InputRequired(_l("Write the number of the bank account.")), Length(max=LONGEST_ACCOUNT)],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    bank = StringField(_l("Bank and branch"), validators=[Length(max=LONGEST_NAME)])
    reason = TextAreaField(
        _l("Why it is asked back"),
        validators=[InputRequired(_l("Write why the credit is asked back.")), Length(max=LONGEST_REASON)],
        description=_l("For example: paid twice, or the enterprise closes."),
        render_kw={"rows": "3"},
    )

    def __init__(self, *, currency: str) -> None:
        super().__init__()
        rules = next(one.currency for one in packs().values() if one.currency.code == currency)
        self.rule = AmountRule(rules.code, rules.digits, MOST)

    def begin(self, employer: Employer, left: int) -> None:
        """What the form says before anything is typed: all of the credit, and the account on the employer's file."""
        self.amount.data = self.rule.written(left)
        self.account_name.data = employer.legal_name
        self.account_number.data, self.bank.data = employer.bank_account, employer.bank_name

    def validate_amount(self, field: Any) -> None:
        """An amount that can be read in one way only; `minor` holds it then."""
        self.minor = checked_amount(field.data, self.rule)

    @property
    def bank_account(self) -> BankAccount:
        """Where the money goes."""
        return BankAccount(self.account_name.data or "", self.account_number.data or "", self.bank.data or "")


class TakeBackForm(PortalForm):
    """Why a payment is taken back."""

    reason = TextAreaField(
        _l("Why it is taken back"),
        validators=[InputRequired(_l("Write why the payment is taken back.")), Length(max=LONGEST_REASON)],
        description=_l("For example: the cheque bounced, or the money was another employer's. It stays on record."),
        render_kw={"rows": "3"},
    )
