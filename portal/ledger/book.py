"""
The only way into the book: lock an employer, post, reverse, read balances.

Rows are only ever added.  A debit is above zero, a credit below; all amounts are minor units of
the currency of the scheme.  Whoever writes calls `lock` first, so that what was read still holds
when it is written.  How an employer's charges stand is read in `standing`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from portal.errors import Refused
from portal.ledger.models import AccountName, Charge, Posting, Transaction
from portal.scheme.calendars import Month
from portal.words import _

#: Accounts whose every entry belongs to one month's charge.
DUE_ACCOUNTS = (AccountName.CONTRIBUTION_DUE, AccountName.LATE_DUE)
#: What together is the employer's account with the fund: what is owed, less what was paid ahead.
EMPLOYER_ACCOUNTS = (*DUE_ACCOUNTS, AccountName.CREDIT, AccountName.SET_ASIDE)
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a transaction: a debit above zero or a credit below, in minor units."""

    account: AccountName
    amount: int
    charge_id: int | None = None


@dataclass(frozen=True, slots=True)
class ChargeBalance:
    """What is open of one charge, in minor units; below zero when more was paid than is owed."""

    contribution: int = 0
    late: int = 0

    @property
    def total(self) -> int:
        """Contribution and late charge together."""
        return self.contribution + self.late


#: Where a session notes which books it holds, in which transaction, and what it read of each since the last entry.
HELD = "books held"
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:book, 0))")


def lock(session: Session, employer_id: int) -> None:
    """
    Let nobody else write in this employer's book until the transaction ends.  Doing it twice is harmless.

    Every service locks for itself and calls others that do: the second time asks the database nothing.
    """
    held = _held(session)
    if employer_id not in held:
        session.execute(LOCK, {"book": f"book/{employer_id}"})
        session.info[HELD] = (session.get_transaction(), {**held, employer_id: {}})


def _held(session: Session) -> dict[int, dict[tuple[str, str | None], Any]]:
    """The books held in the transaction that runs, each with what was read of it."""
    transaction, held = session.info.get(HELD, (None, {}))
    return held if transaction is session.get_transaction() else {}


def once(session: Session, employer_id: int, name: str, scheme: str | None, read: Callable[[], Found]) -> Found:
    """
    What *read* finds in an employer's book of one *scheme*, or of all, under *name*.

    Nobody else writes in a book that is held, so there it is read once until something is posted in that scheme.
    """
    known = _held(session).get(employer_id)
    if known is None:
        return read()
    if (name, scheme) not in known:
        known[name, scheme] = read()
    found: Found = known[name, scheme]
    return found


def _written(session: Session, employer_id: int, scheme: str) -> None:
    """What was read of this book before, of the scheme or of all, no longer holds."""
    known = _held(session).get(employer_id, {})
    for name, of in [key for key in known if key[1] in (scheme, None)]:
        del known[name, of]


_NEW_CHARGE = insert(Charge).on_conflict_do_nothing(index_elements=["employer_id", "scheme", "month"]).returning(Charge)


def charge_for(
    session: Session,
    employer_id: int,
    *,
    scheme: str,
    month: Month,
    due_day: date,
    currency: str,
    pack_hash: str,
    at: datetime,
) -> Charge:
    """The charge of one month of one scheme; made when there is none yet, and otherwise left as it is."""
    facts = {
        "employer_id": employer_id, "scheme": scheme, "month": month, "due_day": due_day, "currency": currency,
        "pack_hash": pack_hash, "created_at": at,
    }  # fmt: skip
    made = session.scalars(_NEW_CHARGE, [facts]).one_or_none()
    if made is not None:
        _written(session, employer_id, scheme)
        return made
    wanted = (Charge.employer_id == employer_id, Charge.scheme == scheme, Charge.month == month)
    return session.scalars(select(Charge).where(*wanted)).one()


#: One transaction with its postings, unless one of that name is there.  The database checks once a statement that
#: postings sum to zero, so they go in together.
POST = text(
    """
    WITH made AS (
        INSERT INTO transaction (
            employer_id, scheme, currency, name, kind, effective_day, recorded_at, recorded_by, explanation, reverses_id
        )
        VALUES (:employer, :scheme, :currency, :name, :kind, :effective, :at, :by, :explanation, :reverses)
        ON CONFLICT (employer_id, name) DO NOTHING
        RETURNING *
    ), written AS (
        INSERT INTO posting (transaction_id, employer_id, account, charge_id, amount)
        SELECT made.id, made.employer_id, entry.account, entry.charge, entry.amount
        FROM made, unnest(CAST(:accounts AS varchar[]), CAST(:charges AS bigint[]), CAST(:amounts AS bigint[]))
            WITH ORDINALITY AS entry(account, charge, amount, place)
        ORDER BY entry.place
    )
    SELECT * FROM made
    """
).bindparams(bindparam("explanation", type_=JSONB))
_POSTED = select(Transaction).from_statement(POST)


def post(
    session: Session,
    employer_id: int,
    *,
    scheme: str,
    currency: str,
    name: str,
    kind: str,
    effective: date,
    entries: Iterable[Entry],
    at: datetime,
    by: int | None = None,
    explanation: Mapping[str, Any] | None = None,
    reverses: int | None = None,
) -> Transaction:
    """
    Write one transaction; its entries sum to zero.

    The same *name* again gives the first transaction and adds nothing; ``ValueError`` when the
    entries differ from the first ones, because then two events share a name.  *effective* is the
    day it counts from, *at* the moment it is written, *by* the account that did it (None: a job).
    """
    wanted = sorted((entry for entry in entries if entry.amount), key=_order)
    _check(session, employer_id, scheme, currency, wanted)
    facts = {
        "employer": employer_id, "scheme": scheme, "currency": currency, "name": name, "kind": kind,
        "effective": effective, "at": at, "by": by, "explanation": dict(explanation or {}), "reverses": reverses,
        "accounts": [str(entry.account) for entry in wanted], "charges": [entry.charge_id for entry in wanted],
        "amounts": [entry.amount for entry in wanted],
    }  # fmt: skip
    made: Transaction | None = session.scalars(_POSTED, facts).one_or_none()
    if made is not None:
        _written(session, employer_id, scheme)
        return made
    of_name = (Transaction.employer_id == employer_id, Transaction.name == name)
    first = session.scalars(select(Transaction).where(*of_name)).one()
    if sorted(entries_of(session, first), key=_order) != wanted:
        raise ValueError(f"{name} stands in the book with other entries")
    return first


def _order(entry: Entry) -> tuple[str, int, int]:
    """Entries have no order of their own; this one makes two lists comparable."""
    return entry.account, entry.charge_id or 0, entry.amount


def _check(session: Session, employer_id: int, scheme: str, currency: str, entries: Sequence[Entry]) -> None:
    """Our own mistakes, found before the database finds them: they are never the reader's."""
    if sum(entry.amount for entry in entries):
        raise ValueError("the entries of a transaction must sum to zero")
    if any(entry.charge_id is None for entry in entries if entry.account in DUE_ACCOUNTS):
        raise ValueError("what is owed belongs to a charge")
    wanted = {entry.charge_id for entry in entries if entry.charge_id is not None}
    found = _charges(session, wanted)
    account = (employer_id, scheme, currency)
    if sum((one.employer_id, one.scheme, one.currency) == account for one in found) != len(wanted):
        raise ValueError(f"a charge belongs to another employer, scheme or currency than {scheme} {currency}")


def _charges(session: Session, wanted: Collection[int]) -> list[Charge]:
    """Charges by id, from this session where it knows them: a charge never changes."""
    known = [one for key in wanted if isinstance(one := session.identity_map.get(identity_key(Charge, key)), Charge)]
    missing = set(wanted) - {one.id for one in known}
    return [*known, *(session.scalars(select(Charge).where(Charge.id == func.any(list(missing)))) if missing else ())]


def entries_of(session: Session, transaction: Transaction) -> list[Entry]:
    """The entries of one transaction, in the order they were written."""
    found = session.scalars(select(Posting).where(Posting.transaction_id == transaction.id).order_by(Posting.id))
    return [Entry(AccountName(posting.account), posting.amount, posting.charge_id) for posting in found]


def reverse(
    session: Session, transaction: Transaction, *, name: str, at: datetime, by: int | None, effective: date
) -> Transaction:
    """
    Take a transaction back by writing its opposite; both stay readable.

    *effective* is the day the reversal shows in the account.  For late charges a reversed payment
    counts as never made, whatever that day is (see `history`).
    """
    if transaction.kind == "reversal":
        raise Refused(_("This entry takes another one back. It cannot be taken back itself; enter what is right anew."))
    done = session.scalar(select(Transaction).where(Transaction.reverses_id == transaction.id))
    if done is not None and done.name != name:
        raise Refused(_("This entry was already taken back on %(day)s.", day=done.effective_day))
    opposite = [Entry(entry.account, -entry.amount, entry.charge_id) for entry in entries_of(session, transaction)]
    return post(
        session, transaction.employer_id, scheme=transaction.scheme, currency=transaction.currency, name=name,
        kind="reversal", effective=effective, entries=opposite, at=at, by=by, reverses=transaction.id,
        explanation={"pack": transaction.explanation["pack"]} if "pack" in transaction.explanation else None,
    )  # fmt: skip


def balances(session: Session, charge_ids: Iterable[int], on: date | None = None) -> dict[int, ChargeBalance]:
    """What is open of each charge, by id; with *on*, at the end of that day.  One query, however many."""
    wanted = list(charge_ids)
    found = {charge_id: ChargeBalance() for charge_id in wanted}
    amount = func.sum(Posting.amount)
    statement = (
        select(
            Posting.charge_id,
            amount.filter(Posting.account == AccountName.CONTRIBUTION_DUE),
            amount.filter(Posting.account == AccountName.LATE_DUE),
        )
        .join(Charge, (Charge.id == Posting.charge_id) & (Charge.employer_id == Posting.employer_id))
        .where(Charge.id == func.any(wanted))
        .group_by(Posting.charge_id)
    )
    if on is not None:
        of_day = Transaction.effective_day <= on
        statement = statement.join(Transaction, Transaction.id == Posting.transaction_id).where(of_day)
    for charge_id, contribution, late in session.execute(statement):
        assert charge_id is not None  # the condition above names them
        found[charge_id] = ChargeBalance(int(contribution or 0), int(late or 0))
    return found
