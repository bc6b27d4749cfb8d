"""Which earlier entry a return or reversal takes back: the opposite amount, with a reference in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.bank.matching.references import squashed
from portal.bank.models import BankEntry
from portal.ledger.cashbook import CashMove
from portal.payments.models import PaymentReversal, Receipt
from portal.words import Words, _

Said = TypeVar("Said")
#: A return comes back within so many days.
WITHIN = timedelta(days=180)
REFERENCES = ("bank_reference", "end_to_end", "creditor_reference", "instruction")


def find(session: Session, rows: Sequence[Any], answer: Callable[..., Said]) -> dict[int, Said]:
    """An answer for each of *rows* that takes an earlier entry back; a plain charge of the bank gets none."""
    if not rows:
        return {}
    earlier = _opposite(session, rows)
    paid = _payments(session, [one.id for ones in earlier.values() for one in ones])
    found: dict[int, Said] = {}
    used: set[int] = set()
    for row in rows:
        near = [one for one in earlier.get((row.bank_account_id, -row.amount), []) if _near(row, one)]
        first = next((one for one in near if one.id not in used and _in_common(row, one)), None)
        if first is None and (row.reversal or row.return_reason):
            first = near[0] if len(near) == 1 else None
        if first is not None:
            used.add(first.id)
            payment, receipt = paid.get(first.id, (None, ""))
            found[row.id] = answer("return", _words(row, first, receipt), payment=payment, entry=first.id)
        elif row.reversal or row.return_reason:
            found[row.id] = answer("return", _("It takes back an entry that cannot be told for sure."))
    return found


def _words(row: Any, first: Any, receipt: str) -> Words:
    reason = row.return_reason or "-"
    if receipt:
        return _(
            "It takes back the entry of %(day)s, which paid receipt %(number)s. Reason: %(reason)s.",
            day=first.booking_day, number=receipt, reason=reason,
        )  # fmt: skip
    return _("It takes back the entry of %(day)s. Reason: %(reason)s.", day=first.booking_day, reason=reason)


def _opposite(session: Session, rows: Sequence[Any]) -> dict[tuple[int, int], list[Any]]:
    amounts = {-row.amount for row in rows}
    columns = [getattr(BankEntry, name) for name in (
        "id", "bank_account_id", "amount", "booking_day", "payer_account", "remittance", "additional", *REFERENCES,
    )]  # fmt: skip
    statement = select(*columns).where(BankEntry.amount == func.any(list(amounts))).order_by(BankEntry.id.desc())
    found: dict[tuple[int, int], list[Any]] = {}
    for one in session.execute(statement):
        found.setdefault((one.bank_account_id, one.amount), []).append(one)
    return found


def _payments(session: Session, entries: Sequence[int]) -> dict[int, tuple[int, str]]:
    """The payment an entry made, while it stands, with its receipt."""
    statement = (
        select(CashMove.entry_id, CashMove.payment_id, Receipt.number)
        .join(Receipt, Receipt.payment_id == CashMove.payment_id)
        .where(CashMove.entry_id == func.any(list(entries)), CashMove.credit == "employers")
        .where(~select(PaymentReversal.id).where(PaymentReversal.payment_id == CashMove.payment_id).exists())
    )
    return {entry: (payment, number) for entry, payment, number in session.execute(statement) if entry and payment}


def _near(row: Any, one: Any) -> bool:
    return bool(one.id != row.id) and timedelta(0) <= row.booking_day - one.booking_day <= WITHIN


def _in_common(row: Any, one: Any) -> bool:
    """A reference of one stands somewhere in the other."""
    ours = "|".join(_texts(row, (*REFERENCES, "remittance", "additional")))
    return any(len(text) >= 5 and text in ours for text in _texts(one, REFERENCES)) or bool(
        {text for text in _texts(one, ("remittance",)) if len(text) >= 8 and text in ours}
    )


def _texts(row: Any, names: Sequence[str]) -> Iterator[str]:
    return (squashed(getattr(row, name)) for name in names)
