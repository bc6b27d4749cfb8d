"""
How every charge of an employer stands: one question to the book, however many months.

Amounts are minor units of the scheme's currency.  Whoever holds the book (`book.lock`) is answered
without asking the database again until something is posted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ARRAY, BigInteger, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from portal.ledger import book
from portal.ledger.book import ChargeBalance
from portal.ledger.models import AccountName, Charge, Posting, Transaction
from portal.scheme.allocation import OpenCharge
from portal.scheme.late import ChargeHistory, Movement


@dataclass(frozen=True, slots=True)
class Standing:
    """
    One charge with what the book holds of it.

    *charged* are the contributions declared, or owed when the fund began here; *late_posted* the late charges
    added so far, in *late_entries* entries, the last of them reckoned to the end of *late_on*.
    """

    charge: Charge
    balance: ChargeBalance
    charged: int
    late_posted: int
    late_entries: int
    late_on: date

    @property
    def settled(self) -> bool:
        """Whether nothing of the contribution is open any more; a late charge may still be."""
        return self.balance.contribution <= 0

    def as_open_charge(self) -> OpenCharge:
        """The charge as the rule of allocation reads it; the key is its id as text."""
        contribution, late = max(self.balance.contribution, 0), max(self.balance.late, 0)
        return OpenCharge(str(self.charge.id), self.charge.month, self.charge.due_day, contribution, late)


_OF_LATE = Posting.account == AccountName.LATE_INCOME
_DUE = Posting.account == AccountName.CONTRIBUTION_DUE
_amount = func.sum(Posting.amount)
_STANDINGS = (
    select(
        Charge,
        func.coalesce(_amount.filter(_DUE), 0),
        func.coalesce(_amount.filter(Posting.account == AccountName.LATE_DUE), 0),
        func.coalesce(_amount.filter(_DUE, Transaction.kind.in_(("declaration", "amendment", "opening"))), 0),
        func.coalesce(-_amount.filter(_OF_LATE), 0),
        func.count().filter(_OF_LATE),
        func.max(Transaction.effective_day).filter(_OF_LATE),
    )
    .outerjoin(Posting, (Posting.charge_id == Charge.id) & (Posting.employer_id == Charge.employer_id))
    .outerjoin(Transaction, Transaction.id == Posting.transaction_id)
    .where(Charge.employer_id == bindparam("employer"))
    .where(Charge.scheme == func.coalesce(bindparam("scheme"), Charge.scheme))
    .group_by(Charge.id)
    .order_by(Charge.month, Charge.scheme)
)
_reversed = aliased(Transaction)
_MOVEMENTS = (
    select(
        Posting.charge_id, Posting.amount, Transaction.kind, Transaction.effective_day, _reversed.kind,
        _reversed.effective_day,
    )
    .join(Transaction, Posting.transaction_id == Transaction.id)
    .outerjoin(_reversed, Transaction.reverses_id == _reversed.id)
    .where(Posting.employer_id == func.any(bindparam("employers", type_=ARRAY(BigInteger))))
    .where(Posting.charge_id == func.any(bindparam("charges", type_=ARRAY(BigInteger))), _DUE)
    .order_by(Transaction.effective_day, Transaction.id)
)  # fmt: skip
_CREDITS = (
    select(Transaction.scheme, -_amount)
    .join(Posting, Posting.transaction_id == Transaction.id)
    .where(Posting.employer_id == bindparam("employer"), Posting.account == AccountName.CREDIT)
    .group_by(Transaction.scheme)
)


def standings(session: Session, employer_id: int, scheme: str | None = None) -> Sequence[Standing]:
    """Every charge of an employer, or those of one scheme, oldest month first.  One query at most."""
    return book.once(session, employer_id, "standings", scheme, lambda: _standings(session, employer_id, scheme))


def _standings(session: Session, employer_id: int, scheme: str | None) -> list[Standing]:
    rows = session.execute(_STANDINGS, {"employer": employer_id, "scheme": scheme})
    return [
        Standing(
            charge, ChargeBalance(int(contribution), int(late)), int(charged), int(posted), entries, last or date.min
        )
        for charge, contribution, late, charged, posted, entries, last in rows
    ]


def histories(session: Session, employer_id: int, scheme: str | None = None) -> Mapping[int, ChargeHistory]:
    """
    Every change of what is unpaid, by charge, as the rule for late charges reads it: of all schemes, or of one.

    One query more at most.
    """

    def read() -> Mapping[int, ChargeHistory]:
        return histories_of(session, [one.charge for one in standings(session, employer_id, scheme)])

    return book.once(session, employer_id, "histories", scheme, read)


def history(session: Session, charge: Charge) -> ChargeHistory:
    """Every change of what is unpaid of one charge, as the rule for late charges reads it."""
    return histories_of(session, [charge])[charge.id]


def histories_of(session: Session, charges: Sequence[Charge]) -> dict[int, ChargeHistory]:
    """The same for many charges, by id, in one query."""
    movements: dict[int, list[Movement]] = {charge.id: [] for charge in charges}
    due = {charge.id: charge.due_day for charge in charges}
    employers = list({charge.employer_id for charge in charges})
    rows = session.execute(_MOVEMENTS, {"employers": employers, "charges": list(due)})
    for charge_id, amount, kind, day, reversed_kind, reversed_day in rows:
        assert charge_id is not None  # the condition above names them
        movements[charge_id].append(movement(amount, reversed_kind or kind, reversed_day or day, due[charge_id]))
    return {charge.id: ChargeHistory(charge.due_day, tuple(movements[charge.id])) for charge in charges}


def movement(amount: int, kind: str, day: date, due: date) -> Movement:
    """
    One posting as a change of what is unpaid.  A reversal is read with the kind and day of what it takes back.

    What is declared, more or less of it, was owed from the due day on, whenever it was declared; what a change of the
    rules that became known later adds to it is not late before it is posted.  Money counts from
    its own day; taking it back counts from that same day, so that the two cancel.
    """
    if kind == "declaration" or (kind == "amendment" and amount < 0):
        return Movement(min(day, due), amount)
    return Movement(day, amount, late_from_posting=amount > 0)


def open_charges(session: Session, employer_id: int, scheme: str) -> list[OpenCharge]:
    """What a payment can settle, oldest month first; the key is the charge's id as text."""
    opened = [one.as_open_charge() for one in standings(session, employer_id, scheme)]
    return [charge for charge in opened if charge.contribution or charge.late]


def ever_had_credit(session: Session, employer_id: int, scheme: str) -> bool:
    """Whether anything ever moved on the account for credit: most employers pay what they owe."""
    return scheme in credits(session, employer_id)


def credits(session: Session, employer_id: int) -> Mapping[str, int]:
    """Money of the employer that settles nothing yet, by scheme (those that ever had any), in minor units."""

    def read() -> Mapping[str, int]:
        rows = session.execute(_CREDITS, {"employer": employer_id})
        return {scheme: int(amount) for scheme, amount in rows}

    return book.once(session, employer_id, "credits", None, read)


def credit(session: Session, employer_id: int, scheme: str) -> int:
    """The same in one scheme."""
    return credits(session, employer_id).get(scheme, 0)
