"""What the portal knows that can tell whose money an entry is: asked once for all entries, whatever their number."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.employers.models import Employer
from portal.gateway.models import GatewayPayment
from portal.ledger.book import DUE_ACCOUNTS
from portal.ledger.cashbook import CashMove
from portal.ledger.models import Charge, Posting
from portal.payments.models import Bill, Payment, PaymentReversal, Receipt

#: What a company's name ends with in one register and not in the other.
SUFFIXES = "(private|pvt|pty|limited|ltd|plc|llc|company|co|sarl|sa|inc|gmbh|bv)+$"
#: Methods by which money recorded by hand may come in through the bank.
BY_BANK = ("bank", "cheque", "mobile")


@dataclass(frozen=True, slots=True)
class BillKnown:
    """A bill as matching needs it."""

    id: int
    employer: int
    scheme: str
    number: str
    reference: str
    currency: str
    amount: int
    charge: int


@dataclass(frozen=True, slots=True)
class PaymentKnown:
    """A payment recorded by hand, or told by the gateway, that no bank entry stands behind yet."""

    id: int
    employer: int
    scheme: str
    amount: int
    paid_on: date
    reference: str
    bill: int | None
    number: str
    #: The payment gateway told of it.
    at_gateway: bool


@dataclass(slots=True)
class Evidence:
    """Bills, employers by number, account and name, what they owe, and what was recorded by hand."""

    by_reference: Mapping[str, BillKnown] = field(default_factory=dict)
    by_number: Mapping[str, BillKnown] = field(default_factory=dict)
    employers: Mapping[str, int] = field(default_factory=dict)
    by_account: Mapping[str, int] = field(default_factory=dict)
    by_name: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[int, str] = field(default_factory=dict)
    #: By employer: what is open by scheme and charge.
    owed: Mapping[int, Mapping[str, Sequence[int]]] = field(default_factory=dict)
    #: By amount: what was recorded by hand and no entry stands behind.
    recorded: Mapping[int, list[PaymentKnown]] = field(default_factory=dict)


def bills(session: Session, column: Any, wanted: Collection[str]) -> dict[str, BillKnown]:
    """Bills by reference or number, whichever *column* is."""
    if not wanted:
        return {}
    statement = select(
        Bill.id, Bill.employer_id, Bill.scheme, Bill.number, Bill.reference, Bill.currency, Bill.amount, Bill.charge_id,
        column,
    ).where(column == func.any(list(wanted)))  # fmt: skip
    return {row[-1]: BillKnown(*row[:-1]) for row in session.execute(statement)}


def employers_by_number(session: Session, wanted: Collection[str]) -> dict[str, int]:
    """Employers by their number."""
    if not wanted:
        return {}
    statement = select(Employer.number, Employer.id).where(Employer.number == func.any(list(wanted)))
    return dict(session.execute(statement).all())


def employers_by_account(session: Session, wanted: Collection[str]) -> dict[str, int]:
    """Employers by the account they pay from: on their file, or seen before.  Shared ones tell nothing."""
    if not wanted:
        return {}
    found: dict[str, set[int]] = {}
    asked = text(
        """
        SELECT regexp_replace(upper(bank_account), '[^0-9A-Z]', '', 'g') AS account, id FROM employer
        WHERE regexp_replace(upper(bank_account), '[^0-9A-Z]', '', 'g') = ANY(:wanted)
        UNION
        SELECT entry.payer_account, payment.employer_id FROM bank_entry entry
        JOIN cash_move ON cash_move.entry_id = entry.id AND cash_move.credit = 'employers'
        JOIN payment ON payment.id = cash_move.payment_id
        WHERE entry.payer_account = ANY(:wanted)
            AND NOT EXISTS (SELECT FROM payment_reversal WHERE payment_reversal.payment_id = payment.id)
        """
    )
    for account, employer in session.execute(asked, {"wanted": list(wanted)}):
        found.setdefault(account, set()).add(employer)
    return {account: next(iter(ids)) for account, ids in found.items() if len(ids) == 1}


NAMED = text(
    """
    SELECT name, min(id), count(DISTINCT id) FROM (
        SELECT id, regexp_replace(regexp_replace(lower(called), '[^[:alnum:]]', '', 'g'), :suffixes, '') AS name
        FROM employer CROSS JOIN LATERAL (VALUES (legal_name), (trade_name)) AS names(called)
    ) plain
    WHERE name = ANY(:wanted) AND name <> '' GROUP BY name
    """
)


def employers_by_name(session: Session, wanted: Collection[str]) -> dict[str, int]:
    """Employers by what is left of their name without blanks, signs and the form of the company; unique ones only."""
    if not wanted:
        return {}
    rows = session.execute(NAMED, {"wanted": list(wanted), "suffixes": SUFFIXES})
    return {name: employer for name, employer, several in rows if several == 1}


def names(session: Session, wanted: Collection[int]) -> dict[int, str]:
    """What employers are called."""
    statement = select(Employer.id, Employer.legal_name).where(Employer.id == func.any(list(wanted)))
    return dict(session.execute(statement).all())


def owed(session: Session, wanted: Collection[int], currency: str) -> dict[int, dict[str, list[int]]]:
    """What is open of each charge of these employers, by scheme; charges that are paid are left out."""
    if not wanted:
        return {}
    total = func.sum(Posting.amount)
    statement = (
        select(Charge.employer_id, Charge.scheme, total)
        .join(Posting, (Posting.charge_id == Charge.id) & (Posting.employer_id == Charge.employer_id))
        .where(Charge.employer_id == func.any(list(wanted)), Charge.currency == currency)
        .where(Posting.account.in_(DUE_ACCOUNTS))
        .group_by(Charge.id)
        .having(total > 0)
    )
    found: dict[int, dict[str, list[int]]] = {}
    for employer, scheme, amount in session.execute(statement):
        found.setdefault(employer, {}).setdefault(scheme, []).append(int(amount))
    return found


def recorded(
    session: Session, wanted: Collection[int], amounts: Collection[int], references: Collection[str]
) -> dict[int, list[PaymentKnown]]:
    """Payments recorded by hand of these employers or with these references of the bank, by amount; see `Evidence`."""
    whose = Payment.employer_id == func.any(list(wanted))
    statement = (
        select(
            Payment.id, Payment.employer_id, Payment.scheme, Payment.amount, Payment.paid_on, Payment.bank_reference,
            Payment.bill_id, Receipt.number,
            select(GatewayPayment.id).where(GatewayPayment.payment_id == Payment.id).exists(),
        )
        .join(Receipt, Receipt.payment_id == Payment.id)
        .where(Payment.amount == func.any(list(amounts)))
        .where(whose | (Payment.bank_reference == func.any(list(references))))
        .where(Payment.method.in_(BY_BANK))
        .where(~select(PaymentReversal.id).where(PaymentReversal.payment_id == Payment.id).exists())
        .where(~select(CashMove.id).where(CashMove.payment_id == Payment.id).exists())
        .order_by(Payment.id)
    )  # fmt: skip
    found: dict[int, list[PaymentKnown]] = {}
    for row in session.execute(statement):
        one = PaymentKnown(*row)
        found.setdefault(one.amount, []).append(one)
    return found
