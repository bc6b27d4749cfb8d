"""
A statement taken in: checked against itself, the account and what is there already, then booked entry by entry.

Nothing is taken in part: the first thing that is wrong refuses the whole file.  What was taken in before adds nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Event
from portal.bank import accounts
from portal.bank.models import BankAccount, BankEntry, BankStatement
from portal.bank.reading.values import Line, Statement
from portal.db import copy_rows
from portal.errors import Refused
from portal.files import StoredFile
from portal.installation import fund
from portal.ledger import cashbook
from portal.ledger.cashbook import CashAccount, Move
from portal.words import Amount, Words, _

COLUMNS = (
    "public_id", "bank_account_id", "key", "statement_id", "notice_id", "position", "amount", "currency",
    "booking_day", "value_day", "ordered_day", "reversal", "return_reason", "bank_reference", "creditor_reference",
    "end_to_end", "instruction", "remittance", "additional", "payer_name", "payer_account", "code", "recorded_at",
    "unsettled", "settled_at", "found", "why", "parked",
)  # fmt: skip


def take_in(
    session: Session, statements: Sequence[Statement], file: StoredFile, *, chosen: BankAccount | None = None,
    by: int | None, at: datetime,
) -> list[BankStatement]:  # fmt: skip
    """
    Check and book every statement of a file.  Those that were taken in before, as they are, are left out.

    Refused when an account is not the fund's (or not the *chosen* one), anything does not add up, or all is known.
    """
    known = accounts.accounts(session)
    made = []
    for one in statements:
        account = _account(known, one, chosen)
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"bank/{account.id}", 0))))
        _check(one, at)
        if not _was_taken_in(session, account, one):
            made.append(_book(session, account, one, file, by=by, at=at))
    if not made:
        when = session.scalar(select(func.max(BankStatement.imported_at)).where(BankStatement.sha256 == file.sha256))
        words = _("Everything in this file was imported before, on %(day)s. Nothing was changed.", day=when or at)
        raise Refused(words, field="file")
    return made


def _account(known: Sequence[BankAccount], one: Statement, chosen: BankAccount | None) -> BankAccount:
    found = accounts.find(known, one.account, one.currency)
    if found is None or (chosen is not None and found.id != chosen.id):
        words = (
            _("The statement is of account %(number)s, which is none of the fund's.", number=one.account or "-")
            if found is None
            else _("The statement is of account %(number)s. Choose that account.", number=one.account)
        )
        raise Refused(words, field="file", status=422)
    if found.currency != one.currency:
        words = _(
            "The statement is in %(found)s, the account %(number)s in %(currency)s.",
            found=one.currency or "-", number=found.number, currency=found.currency,
        )  # fmt: skip
        raise Refused(words, field="file", status=422)
    return found


def _check(one: Statement, at: datetime) -> None:
    """What a statement must say of itself."""
    today = at.astimezone(ZoneInfo(fund().timezone)).date()
    if one.to_day > today:
        words = _("The statement reaches to %(day)s, which is still to come.", day=one.to_day)
        raise Refused(words, field="file", status=422)
    if one.opening is None or one.closing is None:
        if one.format != "camt.054":
            words = _(
                "The file holds no balances. Type what the account held before the first entry and after the last."
            )
            raise Refused(words, field="opening", status=422)
        return
    total = sum(line.amount for line in one.lines)
    if one.opening + total != one.closing:
        raise Refused(_off(one, one.closing - one.opening - total), field="file", status=422)


def _off(one: Statement, difference: int) -> Words:
    """By how much it does not add up; and the entry that stands there twice, when that explains it."""
    amount = Amount(difference, one.currency)
    seen: dict[str, int] = {}
    for line in one.lines:
        first = seen.setdefault(_base(line), line.position)
        if first != line.position and line.amount == -difference:
            return _(
                "Balance before and entries differ from the balance after by %(amount)s. Entry %(entry)s stands there "
                "twice: it is the same as entry %(first)s. Ask the bank for the statement again.",
                amount=amount, entry=line.position, first=first,
            )  # fmt: skip
    return _(
        "Balance before and entries differ from the balance after by %(amount)s. An entry is missing or changed: ask "
        "the bank for the statement again.", amount=amount,
    )  # fmt: skip


def _key(one: Statement) -> str:
    if one.number:
        return f"{one.format}/{one.number}/{one.from_day.year}/{one.to_day}"
    lines = json.dumps([_base(line) for line in one.lines]).encode()
    return f"{one.format}/{one.from_day}/{one.to_day}/{hashlib.sha256(lines).hexdigest()[:16]}"


def _was_taken_in(session: Session, account: BankAccount, one: Statement) -> bool:
    wanted = (BankStatement.bank_account_id == account.id, BankStatement.key == _key(one))
    found = session.scalar(select(BankStatement).where(*wanted))
    if found is None:
        return False
    if (found.opening, found.closing, found.entries) != (one.opening, one.closing, len(one.lines)):
        words = _(
            "Statement %(number)s was imported on %(day)s with other balances or entries. Ask the bank which one is "
            "right.",
            number=found.number or one.to_day, day=found.imported_at,
        )  # fmt: skip
        raise Refused(words, field="file")
    return True


# -- booking -------------------------------------------------------------------------


def _book(
    session: Session, account: BankAccount, one: Statement, file: StoredFile, *, by: int | None, at: datetime
) -> BankStatement:
    keys = _keys(session, account, one)
    there = _there(session, account, keys)
    statement = BankStatement(
        bank_account_id=account.id, key=_key(one), format=one.format, number=one.number[:80], from_day=one.from_day,
        to_day=one.to_day, currency=one.currency, opening=one.opening, closing=one.closing, entries=len(one.lines),
        known=len(there), file_id=file.id, sha256=file.sha256, imported_at=at, imported_by=by,
    )  # fmt: skip
    session.add(statement)
    session.flush()
    balanced = one.opening is not None
    if balanced:
        _attach(session, statement, [row for row, attached in there.values() if not attached])
        _begin(session, account, statement, by=by, at=at)
    new = [(key, line) for key, line in zip(keys, one.lines, strict=True) if key not in there and line.amount]
    copy_rows(session, "bank_entry", COLUMNS, (_row(key, line, statement, balanced, at) for key, line in new))
    _move(session, statement, by=by, at=at)
    audit.record(
        session, Event.STATEMENT_IMPORTED, at=at, by=by, subject=f"bank_statement:{statement.public_id}",
        format=one.format, from_day=one.from_day, to_day=one.to_day, entries=len(one.lines), known=len(there),
    )  # fmt: skip
    return statement


def _base(line: Line) -> str:
    """What makes an entry this one, as far as the bank tells: its reference, or else everything the payer said."""
    reference = line.bank_reference.upper()
    if reference and reference not in ("NONREF", "NOTPROVIDED"):
        return f"{line.booking_day}/{line.amount}/{reference}"
    said = (
        line.value_day,
        line.end_to_end,
        line.creditor_reference,
        line.instruction,
        line.remittance,
        line.payer_account,
    )
    digest = hashlib.sha256("\x1f".join(map(str, said)).encode()).hexdigest()[:24]
    return f"{line.booking_day}/{line.amount}/#{digest}"


def _keys(session: Session, account: BankAccount, one: Statement) -> list[str]:
    """
    The key of each entry: what it is, and the how-manieth of its kind.

    A statement that begins where the last one ended repeats nothing, so what looks alike in it is new by arithmetic.
    """
    bases = [_base(line) for line in one.lines]
    counted = Counter[str]()
    if one.opening is not None and one.opening == _balance(session, account):
        counted.update(_counted(session, account, set(bases)))
    keys = []
    for base in bases:
        counted[base] += 1
        keys.append(f"{base}/{counted[base]}")
    return keys


def _balance(session: Session, account: BankAccount) -> int | None:
    """What the account holds by all statements with balances; None before the first one."""
    before = cashbook.balance(session, account.id, CashAccount.BEFORE)
    wanted = (BankEntry.bank_account_id == account.id, BankEntry.statement_id.is_not(None))
    some, total = session.execute(select(func.count(), func.sum(BankEntry.amount)).where(*wanted)).one()
    return int(total) - before if some else None


def _counted(session: Session, account: BankAccount, bases: set[str]) -> Mapping[str, int]:
    """How many entries of each kind stand in statements with balances already."""
    counted: dict[str, int] = {}
    nth, wanted = 0, bases
    while wanted:
        nth += 1
        there = _there(session, account, [f"{base}/{nth}" for base in wanted])
        wanted = {key.rpartition("/")[0] for key, (_row, attached) in there.items() if attached}
        counted |= dict.fromkeys(wanted, nth)
    return counted


def _there(session: Session, account: BankAccount, keys: Sequence[str]) -> dict[str, tuple[int, bool]]:
    """The entries that are there already: their row, and whether it stands in a statement with balances."""
    wanted = (BankEntry.bank_account_id == account.id, BankEntry.key == func.any(list(keys)))
    rows = session.execute(select(BankEntry.key, BankEntry.id, BankEntry.statement_id).where(*wanted))
    return {key: (row, statement is not None) for key, row, statement in rows}


def _attach(session: Session, statement: BankStatement, rows: Sequence[int]) -> None:
    """Entries that a notification told before stand in this statement now."""
    session.execute(update(BankEntry).where(BankEntry.id == func.any(list(rows))).values(statement_id=statement.id))


def _begin(session: Session, account: BankAccount, statement: BankStatement, *, by: int | None, at: datetime) -> None:
    """What the account held before its earliest statement; where that was another one till now, it gives way."""
    balanced = (BankStatement.bank_account_id == account.id, BankStatement.opening.is_not(None))
    asked = select(BankStatement).where(*balanced).order_by(BankStatement.from_day, BankStatement.id).limit(2)
    earliest, *later = session.scalars(asked).all()
    if earliest.id != statement.id or statement.opening is None:
        return
    name, until_now = f"before/{statement.public_id}", cashbook.balance(session, account.id, CashAccount.BEFORE)
    sides = (account.id, CashAccount.BANK, CashAccount.BEFORE)
    moves = [Move(f"{name}/instead", *sides, until_now, one.from_day) for one in later]
    moves.append(Move(name, *sides, statement.opening, statement.from_day))
    cashbook.move(session, moves, at=at, by=by)


def _row(key: str, line: Line, statement: BankStatement, balanced: bool, at: datetime) -> tuple[object, ...]:
    stands = (statement.id, None) if balanced else (None, statement.id)
    return (
        uuid4(), statement.bank_account_id, key, *stands, line.position, line.amount, statement.currency,
        line.booking_day, line.value_day, line.ordered_day, line.reversal, line.return_reason, line.bank_reference,
        line.creditor_reference, line.end_to_end, line.instruction, line.remittance, line.additional, line.payer_name,
        line.payer_account, line.code, at, 0, at, "", "{}", "",
    )  # fmt: skip


def _move(session: Session, statement: BankStatement, *, by: int | None, at: datetime) -> None:
    """Every new entry moves money between the bank and suspense."""
    ours = (BankEntry.statement_id == statement.id) | (BankEntry.notice_id == statement.id)
    rows = session.execute(select(BankEntry.id, BankEntry.amount, BankEntry.booking_day).where(ours))
    moves = [
        Move(f"entry/{row.id}", statement.bank_account_id, CashAccount.BANK, CashAccount.SUSPENSE, row.amount,
             row.booking_day, row.id)
        for row in rows
    ]  # fmt: skip
    cashbook.move(session, moves, at=at, by=by)


def gap_before(session: Session, statement: BankStatement) -> tuple[date, int] | None:
    """The day the last statement before ended, and by how much this one begins otherwise; None without a gap."""
    if statement.opening is None:
        return None
    earlier = (
        BankStatement.bank_account_id == statement.bank_account_id, BankStatement.opening.is_not(None),
        tuple_(BankStatement.to_day, BankStatement.id) < tuple_(statement.to_day, statement.id),
    )  # fmt: skip
    last = session.scalar(
        select(BankStatement).where(*earlier).order_by(BankStatement.to_day.desc(), BankStatement.id.desc()).limit(1)
    )
    if last is None or last.closing is None or last.closing == statement.opening:
        return None
    return last.to_day, statement.opening - last.closing
