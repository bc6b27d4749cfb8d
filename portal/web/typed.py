"""What someone typed into a form, read in one way or asked back."""

from __future__ import annotations

from uuid import UUID

from wtforms import ValidationError

from portal.tabular.amounts import AMBIGUOUS, AmountRule, amount_reader
from portal.tabular.table import Fault, Noted
from portal.web.filters import say
from portal.words import Words, _


def typed_amount(text: str | None, rule: AmountRule, *, negative: bool = False) -> int | Words:
    """
    Minor units of an amount of money, the currency's code before it or not; or what is wrong with it.

    *negative*: a balance, which may stand below zero.  The words of a payroll file do not fit here: nobody is told to
    correct an earlier month.
    """
    typed = (text or "").removeprefix(rule.currency).strip()
    below = negative and typed.startswith("-")
    found = amount_reader(rule)(typed.lstrip("-") if below else typed)
    if isinstance(found, Noted):
        found = found.value
    if isinstance(found, int):
        return -found if below else found
    if isinstance(found, Fault) and found.code == AMBIGUOUS.code:
        return found.at(None, None, typed).words
    return _("“%(found)s” is not an amount. Write it like 1708.20.", found=(text or "")[:40])


def checked_amount(text: str | None, rule: AmountRule) -> int:
    """The same where a form is checked.  Raises wtforms' ValidationError with what is wrong."""
    found = typed_amount(text, rule)
    if isinstance(found, Words):
        raise ValidationError(say(found))
    return found


def name_of(text: str | None) -> UUID | None:
    """The name a form carries, so that sending it twice is one deed; None when it was tampered with."""
    try:
        return UUID(text or "")
    except ValueError:
        return None
