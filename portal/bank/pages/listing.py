"""What the pages of the bank show: accounts and how they stand, statements, entries that wait, one entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal import taken
from portal.approvals import Approval
from portal.bank import payouts
from portal.bank.accounts import accounts
from portal.bank.models import BankAccount, BankEntry, BankStatement
from portal.bank.returning import waiting
from portal.employers.models import Employer
from portal.errors import NotFound
from portal.gateway.models import GatewayPayout
from portal.gateway.payouts import of_entry
from portal.installation import fund
from portal.ledger import cashbook
from portal.ledger.cashbook import CashAccount, CashMove
from portal.payments.models import Bill, Receipt
from portal.scheme.explain import words_from_json
from portal.taken import Owner
from portal.words import Words, _

#: What becomes of an entry, as the list is narrowed to it.
SHOWN: dict[str, Words] = {
    "waiting": _("waiting"),
    "parked": _("left in suspense"),
    "settled": _("settled"),
    "all": _("all"),
}

NO_RECEIPT = _("There is no receipt of this number. Compare it with the receipt.")
SEVERAL = _("Several employers are called so. Write the employer's number.")


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account, what it holds by the book, what lies in suspense, and its last statement with balances."""

    account: BankAccount
    balance: int
    suspense: int
    last: BankStatement | None

    @property
    def off(self) -> int:
        """By how much the book differs from the last statement."""
        return self.balance - (self.last.closing or 0) if self.last else 0


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry in a list: who it may belong to, who looks after it, and how many days it waits."""

    entry: BankEntry
    why: Words | None
    employer: str
    owner: Owner | None
    age: int


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry with everything about it."""

    row: EntryRow
    account: BankAccount
    bill: Bill | None
    receipts: Sequence[Any]
    first: BankEntry | None
    request: Approval | None
    hand: Receipt | None
    #: The payout of the payment gateway it is, and those it may be.
    payout: GatewayPayout | None
    payouts: Sequence[GatewayPayout]


def overview(session: Session) -> list[AccountRow]:
    """Every account and how it stands."""
    found = []
    for account in accounts(session):
        balanced = (BankStatement.bank_account_id == account.id, BankStatement.closing.is_not(None))
        last = select(BankStatement).where(*balanced).order_by(BankStatement.to_day.desc(), BankStatement.id.desc())
        found.append(AccountRow(
            account, cashbook.balance(session, account.id, CashAccount.BANK),
            -cashbook.balance(session, account.id, CashAccount.SUSPENSE), session.scalar(last.limit(1)),
        ))  # fmt: skip
    return found


def statements(session: Session, limit: int = 20) -> Sequence[tuple[BankStatement, BankAccount]]:
    """The statements that were imported last."""
    asked = select(BankStatement, BankAccount).join(BankAccount, BankAccount.id == BankStatement.bank_account_id)
    return [(row, account) for row, account in session.execute(asked.order_by(BankStatement.id.desc()).limit(limit))]


def _shown(which: str) -> list[ColumnElement[bool]]:
    match which:
        case "waiting":
            return [BankEntry.unsettled != 0, BankEntry.parked == ""]
        case "parked":
            return [BankEntry.unsettled != 0, BankEntry.parked != ""]
        case "settled":
            return [BankEntry.unsettled == 0]
    return []


def entries(
    session: Session, which: str, *, today: date, statement: BankStatement | None = None, text: str = "",
    limit: int, offset: int = 0,
) -> tuple[list[EntryRow], int]:  # fmt: skip
    """A part of the entries, the oldest first, and how many there are in all."""
    wanted = _shown(which)
    if statement is not None:
        wanted.append((BankEntry.statement_id == statement.id) | (BankEntry.notice_id == statement.id))
    if text:
        told = (BankEntry.payer_name, BankEntry.remittance, BankEntry.bank_reference, BankEntry.creditor_reference)
        wanted.append(func.concat_ws(" ", *told).icontains(text, autoescape=True))
    total = session.scalar(select(func.count()).select_from(BankEntry).where(*wanted)) or 0
    asked = select(BankEntry, Employer.legal_name).outerjoin(Employer, Employer.id == BankEntry.found_employer_id)
    rows = session.execute(
        asked.where(*wanted).order_by(BankEntry.booking_day, BankEntry.id).limit(limit).offset(offset)
    ).all()
    owners = taken.owners(session, [entry.subject for entry, _name in rows])
    return [_row(entry, name, owners.get(entry.subject), today) for entry, name in rows], total


def _row(entry: BankEntry, name: str | None, owner: Owner | None, today: date) -> EntryRow:
    why = words_from_json(entry.why) if entry.why else None
    return EntryRow(entry, why, name or "", owner, (today - entry.booking_day).days)


def entry_page(session: Session, entry: BankEntry, today: date) -> EntryPage:
    """One entry with its account, what matching found, and the receipts it paid; those of a payout stand there."""
    employer = session.get(Employer, entry.found_employer_id) if entry.found_employer_id else None
    paid = (
        select(Receipt, CashMove.amount, CashMove.credit, Employer)
        .join(Receipt, Receipt.payment_id == CashMove.payment_id)
        .join(Employer, Employer.id == Receipt.employer_id)
        .where(CashMove.entry_id == entry.id, CashMove.credit == CashAccount.EMPLOYERS.value)
        .order_by(CashMove.id)
    )
    owner = taken.owners(session, [entry.subject]).get(entry.subject)
    payout = of_entry(session, entry.id) if fund().gateway else None
    hand = select(Receipt).where(Receipt.payment_id == entry.found_payment_id)
    return EntryPage(
        _row(entry, employer.legal_name if employer else "", owner, today),
        session.get_one(BankAccount, entry.bank_account_id),
        session.get(Bill, entry.found_bill_id) if entry.found_bill_id else None,
        [] if payout else session.execute(paid).all(),
        session.get(BankEntry, entry.found_entry_id) if entry.found_entry_id else None,
        waiting(session, entry),
        session.scalar(hand) if entry.found_payment_id else None,
        payout,
        payouts.candidates(session, entry) if fund().gateway else [],
    )


def not_imported(name: str, why: Words) -> Words:
    """That a file is refused, and why."""
    return _("“%(file)s” is not imported. %(sentence)s", file=name[:80], sentence=why)


def receipt_by_number(session: Session, number: str) -> Receipt:
    """The receipt of this number; NotFound when there is none."""
    found = session.scalar(select(Receipt).where(Receipt.number == number.strip().upper()))
    if found is None:
        raise NotFound("receipt")
    return found
