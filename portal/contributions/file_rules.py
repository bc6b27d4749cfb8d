"""How this fund's payroll files are read: its numbers, its money, its telephones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.scheme.fund import Fund
from portal.scheme.identity import IdentityKind, IdentityRules
from portal.tabular.amounts import AmountRule
from portal.tabular.identity import IdentityRule, LuhnNumber, ShapedNumber, shape_problem
from portal.tabular.rows import FileRules
from portal.tabular.table import Fault
from portal.words import _

WRONG_DIGIT = Fault("E_ID_CHECK", _("The number ending %(found)s has a wrong digit. Check it against the card."))


@dataclass(frozen=True, slots=True)
class FundNumber:
    """A number by the fund's rules, in the words of files: a message repeats no more than its last four characters."""

    rules: IdentityRules

    def normalise(self, text: str) -> str:
        """The one way the number is stored."""
        return self.rules.normalise(text)

    def problem(self, text: str) -> Fault | None:
        """What is wrong with a normalised number; None when one of the fund's kinds allows it."""
        if self.rules.kind_of(text):
            return None
        if any(kind.fits(text) is not None for kind in self.rules.kinds):
            return WRONG_DIGIT
        first = self.rules.kinds[0]
        if not any(mark.isalpha() for mark in first.pattern):
            return shape_problem(text, first.pattern.replace("9", "#"))
        words = _("The number ending %(found)s must look like %(example)s.", example=first.example)
        return Fault("E_ID_FORMAT", words)


def identity_rule(rules: IdentityRules) -> IdentityRule:
    """The fund's identity numbers; one kind made of digits alone reads fastest and has the clearest messages."""
    only: IdentityKind | None = rules.kinds[0] if len(rules.kinds) == 1 else None
    if only is not None and only.check == "none" and not any(mark.isalpha() for mark in only.pattern):
        return ShapedNumber(only.pattern.replace("9", "#"))
    return FundNumber(rules)


def insurance_rule(fund: Fund) -> IdentityRule | None:
    """The fund's insurance numbers, when they are digits with a check digit by Luhn's rule; else any text is taken."""
    rule = fund.insurance_number
    return LuhnNumber(rule.digits + 1) if rule.check == "luhn" and not rule.prefix else None


def money_rule(fund: Fund) -> AmountRule:
    """The currency of wages and the highest one that is taken."""
    return AmountRule(fund.currency.code, fund.currency.digits, fund.limits.most_wage)


def file_rules(fund: Fund, today: date) -> FileRules:
    """All of it, on the day it is."""
    return FileRules(
        identity_rule(fund.identity), money_rule(fund), today, insurance_rule(fund), fund.phone.country
    )
