"""The forms of the fund's bank accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length

from portal.approvals import LONGEST_REASON
from portal.bank.accounts import LONGEST
from portal.bank.models import BankAccount
from portal.bank.reading.csv_layout import DAY_FORMATS, DELIMITERS, ENCODINGS, MARKS, ROLES, Layout
from portal.bank.reading.values import MOST, digits_of
from portal.bank.running import Typed
from portal.cases.forms import WithPaper
from portal.installation import packs
from portal.payments.forms import DayField
from portal.tabular.amounts import AmountRule
from portal.web.filters import say, sign
from portal.web.forms import PortalForm
from portal.web.typed import checked_amount, typed_amount
from portal.words import Words, _


def _rule(currency: str) -> AmountRule:
    """How amounts of a bank's currency are typed."""
    return AmountRule(currency, digits_of(currency), MOST)


class AccountForm(PortalForm):
    """A bank account of the fund."""

    bank = StringField(
        _l("Bank and branch"), validators=[InputRequired(_l("Write the name of the bank.")), Length(max=LONGEST)]
    )
    number = StringField(
        _l("Account number"),
        validators=[InputRequired(_l("Write the number of the account.")), Length(max=LONGEST)],
        description=_l("As it stands in the bank's statements: IBAN or account number."),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    currency = SelectField(_l("Currency"), validate_choice=False)
    scheme = SelectField(_l("For"), validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = dict.fromkeys(rules.currency.code for rules in packs().values())
        self.currency.choices = [SelectChoice(code, code) for code in codes]
        self.scheme.choices = [
            SelectChoice("", _l("several schemes")),
            *(SelectChoice(one, rules.short_name) for one, rules in packs().items()),
        ]


class ImportForm(PortalForm):
    """A statement file, the account where the file does not name it, and its balances where it has none."""

    file = FileField(
        _l("The bank's file"),
        validators=[FileRequired(_l("Choose the file of the bank."))],
        description=_l("CSV, MT940, camt.053 or camt.054, up to 20 MB."),
    )
    account = RadioField(_l("Account"), validate_choice=False, validators=[])
    opening = StringField(
        _l("Balance before the first entry (only for CSV without balances)"), render_kw={"inputmode": "decimal"}
    )
    closing = StringField(
        _l("Balance after the last entry (only for CSV without balances)"), render_kw={"inputmode": "decimal"}
    )

    def offer(self, accounts: Sequence[BankAccount]) -> None:
        """Offer the accounts of the fund."""
        self.accounts = {str(one.public_id): one for one in accounts}
        named = [SelectChoice(key, f"{one.bank}, {one.number} ({one.currency})") for key, one in self.accounts.items()]
        self.account.choices = [SelectChoice("", _l("The file names it (MT940, camt)")), *named]
        if self.account.data is None:
            self.account.data = ""

    @property
    def chosen(self) -> BankAccount | None:
        """The account that was chosen."""
        return self.accounts.get(self.account.data or "")

    def typed(self) -> Typed:
        """What is typed beside the file.  ValidationError's words stand at the field that cannot be read."""
        account = self.chosen
        said = [str(self[name].data or "") for name in ("opening", "closing")]
        if account is None or not any(said):
            return Typed(account.public_id if account else None)
        before, after = [typed_amount(text, _rule(account.currency), negative=True) for text in said]
        for name, amount in (("opening", before), ("closing", after)):
            if isinstance(amount, Words):
                self[name].errors = [say(amount)]
        return Typed(account.public_id, (before, after) if isinstance(before, int) and isinstance(after, int) else None)


class LayoutForm(PortalForm):
    """How a bank writes its CSV."""

    delimiter = SelectField(_l("Columns are separated by"), validate_choice=False)
    encoding = SelectField(_l("Letters are written in"), validate_choice=False)
    mark = SelectField(_l("Before the decimals stands a"), validate_choice=False)
    day_format = SelectField(_l("Days are written as"), validate_choice=False)
    opening = HiddenField()
    closing = HiddenField()

    def offer(self, header: Sequence[str], known: Layout) -> None:
        """Offer the columns of the header, and what was told before."""
        lists: dict[str, Any] = {
            "delimiter": DELIMITERS,
            "encoding": ENCODINGS,
            "mark": MARKS,
            "day_format": DAY_FORMATS,
        }
        for name, choices in lists.items():
            named = choices if name != "day_format" else {one: one for one in choices}
            self[name].choices = [SelectChoice(code, say(words)) for code, words in named.items()]
            if not self.is_submitted():
                self[name].data = getattr(known, name)
        self.header = [name for name in dict.fromkeys(cell.strip() for cell in header) if name]

    def layout(self, said: Any) -> Layout:
        """What was told; *said* is the form as sent, a column a role."""
        columns = {role: said[f"column-{role}"] for role in ROLES if said.get(f"column-{role}") in self.header}
        picked = {
            name: self[name].data
            for name, known in (("delimiter", DELIMITERS), ("encoding", ENCODINGS), ("mark", MARKS),
                                ("day_format", DAY_FORMATS))
            if self[name].data in known
        }  # fmt: skip
        return Layout(**picked, columns=columns)

    def balances(self) -> tuple[int, int] | None:
        """The balances typed on the page before, in minor units; None where none were."""
        said = [str(self[name].data or "") for name in ("opening", "closing")]
        whole = [text for text in said if text.lstrip("-").isdecimal() and len(text) < 17]
        return (int(whole[0]), int(whole[1])) if len(whole) == len(said) else None


class SettleForm(PortalForm):
    """Whose money it is, and how much of it; *minor* units once it was checked."""

    minor = 0
    key = HiddenField()
    employer = StringField(
        _l("Employer number or bill reference"),
        validators=[InputRequired(_l("Write an employer number or a bill reference.")), Length(max=80)],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    scheme = SelectField(_l("For"), validate_choice=False)
    amount = StringField(
        _l("Amount"),
        validators=[InputRequired(_l("Write the amount."))],
        description=_l("Less than all of it splits the entry; the rest stays in suspense."),
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.scheme.choices = [
            SelectChoice(one, rules.short_name) for one, rules in packs().items() if rules.currency.code == currency
        ]

    def validate_scheme(self, field: Any) -> None:
        """One of those offered."""
        if field.data not in packs() or packs()[field.data].currency.code != self.currency:
            raise ValidationError(say(_("Choose the scheme the money is for.")))

    def validate_amount(self, field: Any) -> None:
        """An amount that can be read in one way only; `minor` holds it then."""
        self.minor = checked_amount(field.data, _rule(self.currency))


class ClaimedForm(SettleForm):
    """How much of an entry is booked for a claim, and why, where a second person has to agree."""

    employer = None  # type: ignore[assignment]  # the claim says who
    reason = TextAreaField(
        _l("Why it is theirs"),
        validators=[Length(max=LONGEST_REASON)],
        description=_l("The second person reads it: what the slip shows, whom you asked."),
        render_kw={"rows": "2"},
    )


class LinkForm(PortalForm):
    """The receipt of money that was recorded by hand."""

    receipt = StringField(
        _l("Receipt number"), validators=[InputRequired(_l("Write the number of the receipt.")), Length(max=40)]
    )


class ReasonForm(PortalForm):
    """Why something is done with an entry."""

    reason = TextAreaField(
        _l("Why"),
        validators=[InputRequired(_l("Write why this should be done.")), Length(max=LONGEST_REASON)],
        render_kw={"rows": "2"},
    )


class ClaimForm(WithPaper):
    """What an employer paid, when, and the slip that shows it; *minor* units once it was checked."""

    minor = 0
    once = HiddenField(validators=[Length(max=40)])
    amount = StringField(
        _l("What did you pay?"),
        validators=[InputRequired(_l("Write the amount you paid."))],
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
    currency = SelectField(_l("Currency"), validate_choice=False)
    paid_on = DayField(_l("When did you pay?"), validators=[InputRequired(_l("Write the day you paid."))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = dict.fromkeys(rules.currency.code for rules in packs().values())
        self.currency.choices = [SelectChoice(code, sign(code)) for code in codes]
        self.only = len(codes) == 1  # nothing to choose
        if self.only:
            self.currency.data = next(iter(codes))
        self.text.label.text = gettext("How did you pay?")
        self.text.description = _l("From which account or branch, and the reference you quoted.")
        self.papers.label.text = gettext("The slip or the advice of your bank (optional)")

    def validate_currency(self, field: Any) -> None:
        """One of the fund's."""
        if field.data not in {rules.currency.code for rules in packs().values()}:
            raise ValidationError(say(_("Choose the currency you paid in.")))

    def validate_amount(self, field: Any) -> None:
        """An amount that can be read in one way only; `minor` holds it then."""
        self.minor = checked_amount(field.data, _rule(self.currency.data or ""))
