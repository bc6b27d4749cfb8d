"""
What the gateway pays to the fund's bank in one sum, and where the money of each payment in it lies in the cash book.

Till a payout's entry at the bank is known, its payments have no money behind them there.  Once it is, the entry leaves
suspense: to the employers whose payments it holds, to what the gateway took back, and to its fee.  What becomes of a
payment later moves its money on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.db import by_public_id
from portal.gateway.models import GatewayPart, GatewayPayment, GatewayPayout
from portal.gateway.providers.provider import Paid, PaidOut
from portal.ledger import cashbook
from portal.ledger.cashbook import CashAccount, CashMove, Move
from portal.words import Words, _, _n

#: A part of a payout, and the payment it is of, where we know it.
Held = tuple[GatewayPart, GatewayPayment | None]


def take(session: Session, told: PaidOut, provider: str, *, at: datetime) -> GatewayPayout | None:
    """Keep what the gateway tells of a payout, once.  The kept one where it says something else now; None else."""
    statement = insert(GatewayPayout).values(
        provider=provider, number=told.number, day=told.day, amount=told.amount, fee=told.fee, currency=told.currency,
        told_at=at,
    )  # fmt: skip
    kept = statement.on_conflict_do_nothing(index_elements=["provider", "number"]).returning(GatewayPayout.id)
    row = session.scalar(kept)
    if row is not None:
        parts = [{"payout_id": row, "transaction": one.transaction, "amount": one.amount} for one in told.parts]
        session.execute(insert(GatewayPart).values(parts)) if parts else None
        return None
    wanted = (GatewayPayout.provider == provider, GatewayPayout.number == told.number)
    known = session.scalars(select(GatewayPayout).where(*wanted)).one()
    parts_known = {Paid(part.transaction, part.amount) for part, _row in parts_of(session, known)}
    same = (known.day, known.amount, known.fee, known.currency) == (told.day, told.amount, told.fee, told.currency)
    return None if same and parts_known == set(told.parts) else known


def by_id(session: Session, public_id: UUID, *, lock: bool = False) -> GatewayPayout:
    """One payout; NotFound when there is none."""
    return by_public_id(session, GatewayPayout, public_id, lock=lock)


def of_entry(session: Session, entry: int) -> GatewayPayout | None:
    """The payout that an entry of the bank is."""
    return session.scalar(select(GatewayPayout).where(GatewayPayout.entry_id == entry))


def entry_name(session: Session, payout: GatewayPayout) -> UUID | None:
    """The address of the bank's entry of a payout, once it is known."""
    asked = text("SELECT public_id FROM bank_entry WHERE id = :entry")
    found: UUID | None = session.scalar(asked, {"entry": payout.entry_id})
    return found


def parts_of(session: Session, payout: GatewayPayout, *, lock: bool = False) -> Sequence[Held]:
    """The parts of a payout with their payments, the first told first."""
    same = (GatewayPayment.transaction == GatewayPart.transaction) & (GatewayPayment.provider == payout.provider)
    statement = select(GatewayPart, GatewayPayment).outerjoin(GatewayPayment, same)
    statement = statement.where(GatewayPart.payout_id == payout.id).order_by(GatewayPart.id)
    if lock:  # the payments first, in one order: what becomes of one waits until the whole payout is joined
        ids = [row.id for _part, row in session.execute(statement) if row is not None]
        wanted = select(GatewayPayment.id).where(GatewayPayment.id == func.any(ids)).order_by(GatewayPayment.id)
        session.execute(wanted.with_for_update())
    return [(part, row) for part, row in session.execute(statement.execution_options(populate_existing=True))]


def problem(session: Session, payout: GatewayPayout, parts: Sequence[Held]) -> Words | None:
    """Why the parts of a payout cannot be booked to the bank's entry of it; None where they can."""
    unknown = [part for part, row in parts if row is None or abs(part.amount) != row.amount]
    if unknown:
        return _n(
            "%(n)s payment in this payout is not known here, or with another amount. Compare the day first.",
            "%(n)s payments in this payout are not known here, or with another amount. Compare the day first.",
            len(unknown),
        )
    backed = [row.payment_id for part, row in parts if row is not None and row.payment_id and part.amount > 0]
    entry = select(CashMove.id).where(CashMove.payment_id == func.any(backed), CashMove.credit == CashAccount.EMPLOYERS)
    back = select(CashMove.payment_id).where(
        CashMove.payment_id == func.any(backed), CashMove.debit == CashAccount.EMPLOYERS
    )
    if session.scalar(entry.where(CashMove.payment_id.not_in(back)).limit(1)):
        return _("Another entry of the bank stands behind a payment in this payout. Take that back first.")
    twice = select(GatewayPayout.number).join(GatewayPart, GatewayPart.payout_id == GatewayPayout.id)
    paid = [part.transaction for part, _row in parts if part.amount > 0]
    joined = (GatewayPart.transaction == func.any(paid), GatewayPart.amount > 0, GatewayPayout.entry_id.is_not(None))
    other = session.scalar(twice.where(*joined, GatewayPayout.provider == payout.provider).limit(1))
    return _("Payout %(number)s holds a payment of this one already. Ask the gateway.", number=other) if other else None


def moves(payout: GatewayPayout, parts: Iterable[Held], account: int, entry: int, day: date) -> list[Move]:
    """What an entry of the bank moves once it is known to be this payout; what waits for an officer stays with it."""
    found = [one for held in parts if (one := _move(payout, held, account, entry, day)) is not None]
    fee = Move(f"{_names(payout)}fee", account, CashAccount.OTHER, CashAccount.SUSPENSE, payout.fee, day, entry)
    return [*found, fee]


def _names(payout: GatewayPayout) -> str:
    """What the names of its moves begin with, since it was joined last."""
    return f"payout/{payout.id}.{payout.undone}/" if payout.undone else f"payout/{payout.id}/"


def moves_back(session: Session, payout: GatewayPayout) -> list[Move]:
    """What moves back when a payout is taken off its entry; what a payment gave back before has done so already."""
    made = CashMove.name.startswith(_names(payout), autoescape=True)
    rows = session.scalars(select(CashMove).where(CashMove.entry_id == payout.entry_id, made).order_by(CashMove.id))
    return [
        Move(
            f"back/{one.id}" if one.credit == CashAccount.EMPLOYERS else f"undone/{one.id}", one.bank_account_id,
            CashAccount(one.credit), CashAccount(one.debit), one.amount, one.effective_day, one.entry_id,
            one.payment_id,
        )
        for one in rows
    ]  # fmt: skip


def _move(payout: GatewayPayout, held: Held, account: int, entry: int, day: date) -> Move | None:
    """Out of suspense: to the payment, to what went back; a deduction comes from there."""
    part, row = held
    name = f"{_names(payout)}{part.id}"
    if part.amount < 0 or (row is not None and row.state == "reversed"):
        return Move(
            f"{name}/returned", account, CashAccount.SUSPENSE, CashAccount.RETURNED, part.amount, day, entry
        )  # fmt: skip
    if row is None or row.state == "waiting" or row.payment_id is None:
        return None
    return Move(
        f"{name}/{row.payment_id}", account, CashAccount.SUSPENSE, CashAccount.EMPLOYERS, part.amount, day, entry,
        row.payment_id,
    )  # fmt: skip


def follow(session: Session, row: GatewayPayment, *, by: int | None, at: datetime) -> None:
    """
    Something became of a payment: its money at the bank, where that is known, goes where the payment went.

    The caller holds the lock of *row*.  Again: nothing.
    """
    session.flush()
    wanted = (GatewayPart.transaction == row.transaction, GatewayPart.amount > 0)
    joined = (GatewayPayout.provider == row.provider, GatewayPayout.entry_id.is_not(None))
    statement = select(GatewayPayout, GatewayPart).join(GatewayPart, GatewayPart.payout_id == GatewayPayout.id)
    found = session.execute(statement.where(*wanted, *joined)).first()
    if found is None:
        return
    payout, part = found
    assert payout.entry_id is not None  # it is joined
    came = select(CashMove).where(CashMove.entry_id == payout.entry_id, CashMove.name == f"entry/{payout.entry_id}")
    bank = session.scalars(came).one()
    one = _move(payout, (part, row), bank.bank_account_id, payout.entry_id, bank.effective_day)
    cashbook.move(session, [one] if one else [], at=at, by=by)
