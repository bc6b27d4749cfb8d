"""
What happens with an uploaded statement: read, taken in, matched, and what is sure is booked.

A short file is done while the page waits; a long one, and booking many entries, by the worker, some entries a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock, work
from portal.auth.access import Right
from portal.bank import importing, payouts
from portal.bank.accounts import account_by_id
from portal.bank.matching import deciding, keeping
from portal.bank.models import BankAccount, BankEntry, BankStatement
from portal.bank.reading import detect
from portal.bank.reading.csv_layout import Layout
from portal.bank.reading.csv_statement import header_place, read_csv_statement, rows_of
from portal.bank.reading.values import Statement, wrong
from portal.bank.settling import book_sure
from portal.errors import NotFound
from portal.files import StoredFile
from portal.tabular.table import FileRefused
from portal.words import Words, _
from portal.work import Kind, Order, Part, Tell, Work

#: A file of so many bytes is taken in about a second; a longer one not while a page waits.
LONG = 200_000
#: Entries booked while a page waits, and in one step of the worker.
AT_ONCE, A_STEP = 40, 20


@dataclass(frozen=True, slots=True)
class Typed:
    """What an officer says beside the file: the account, and for a CSV without balances what it held."""

    account: UUID | None
    balances: tuple[int, int] | None = None


def needs_layout(content: bytes, account: BankAccount | None) -> bool:
    """Whether this is a CSV file whose columns this bank has not been told for."""
    if detect.format_of(content) != detect.CSV or account is None:
        return False
    layout = Layout.from_json(account.layout)
    if layout is None:
        return True
    try:
        return header_place(rows_of(content, layout.encoding, layout.delimiter), layout) is None
    except FileRefused:
        return True


def read(content: bytes, account: BankAccount | None, typed: Typed) -> list[Statement]:
    """The statements of a file.  FileRefused for what cannot be read, and for a CSV without its account."""
    kind = detect.format_of(content)
    if kind != detect.CSV:
        return detect.read_statements(content, kind)
    layout = Layout.from_json(account.layout) if account is not None else None
    if account is None or layout is None:
        raise wrong(_("A CSV file does not say of which account it is. Choose the account."), field="CSV")
    return [
        read_csv_statement(
            content, layout, account=account.number, currency=account.currency, balances=typed.balances
        )
    ]  # fmt: skip


def take_in(session: Session, file: StoredFile, typed: Typed, *, by: int | None, at: datetime) -> list[BankStatement]:
    """Read and take in a file, match everything that waits, and book what is sure; much of it is left to the worker."""
    account = account_by_id(session, typed.account) if typed.account else None
    statements = read(file.content, account, typed)
    made = importing.take_in(session, statements, file, chosen=account, by=by, at=at)
    payouts.join_waiting(session, by=by, at=at)
    deciding.match_waiting(session)
    sure = keeping.sure_ones(session, AT_ONCE + 1)
    if len(sure) > AT_ONCE:
        begin_booking(session, by=by)
    else:
        book_sure(session, sure, by=by, at=at)
    return made


def is_long(file: StoredFile) -> bool:
    """Whether a file is left to the worker."""
    return file.size > LONG


def begin_import(session: Session, file: StoredFile, typed: Typed, *, by: int) -> Work:
    """Take a long file in, in the background."""
    payload = {
        "file": str(file.public_id), "name": file.name, "account": str(typed.account) if typed.account else None,
        "balances": list(typed.balances) if typed.balances else None,
    }  # fmt: skip
    return work.begin(session, IMPORT, file.sha256, payload, employer=None, by=by, total=2, back="/fund/bank/")


def begin_booking(session: Session, *, by: int | None) -> Work:
    """Book everything that is sure, in the background."""
    wanted = (BankEntry.found.in_(keeping.SURE), BankEntry.unsettled == BankEntry.amount, BankEntry.parked == "")
    total = session.scalar(select(func.count()).where(*wanted)) or 1
    return work.begin(session, BOOK, "sure", {"after": 0}, employer=None, by=by, total=total, back="/fund/bank/")


def under_way(session: Session) -> list[Work]:
    """What the worker still does, and the last import that was refused."""
    imports = work.latest(session, None, IMPORT, most=3)
    found = [*imports, *work.latest(session, None, BOOK, most=1)]
    newest = imports[0] if imports else None
    return [one for one in found if one.is_open or (one is newest and one.state == "failed")]


def _import(session: Session, order: Order, tell: Tell) -> Part:
    asked: Mapping[str, Any] = order.payload
    file = session.scalar(select(StoredFile).where(StoredFile.public_id == UUID(asked["file"])))
    if file is None:
        raise NotFound(asked["file"])
    tell(0, _("Reading the statement"))
    balances = asked["balances"]
    typed = Typed(UUID(asked["account"]) if asked["account"] else None, tuple(balances) if balances else None)
    made = take_in(session, file, typed, by=order.by, at=clock.now())
    return Part(2, result={"endpoint": "bank.statement", "args": {"statement": str(made[0].public_id)}})


def _book(session: Session, order: Order, _tell: Tell) -> Part:
    """The next entries, one after another; those that are refused stay for an officer, and are passed over."""
    chosen = keeping.sure_ones(session, A_STEP, after=_reached(session, order))
    if not chosen:
        return Part(order.total, result={"endpoint": "bank.index", "args": {}})
    book_sure(session, chosen, by=order.by, at=clock.now())
    row = session.get_one(Work, order.id, populate_existing=True)
    row.payload = {**row.payload, "after": chosen[-1][0]}
    return Part(min(order.total, order.done + len(chosen)), BOOKING)


def _reached(session: Session, order: Order) -> int:
    return int(session.get_one(Work, order.id).payload.get("after", 0))


BOOKING: Words = _("Booking what is sure")
IMPORT = work.kind(Kind("bank_import", Right.CASH.value, _("Taking in a bank statement"), _import))
BOOK = work.kind(Kind("bank_booking", Right.CASH.value, BOOKING, _book))
