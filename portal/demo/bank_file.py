"""The practice bank's statement as a file: what the practice gateway paid out since the last one, to be imported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.bank.accounts import accounts
from portal.bank.models import BankAccount, BankEntry, BankStatement
from portal.gateway.models import GatewayPayout
from portal.installation import fund


def payouts_on_the_way(session: Session, today: date) -> Sequence[GatewayPayout]:
    """Payouts up to *today* (inclusive) in the fund's currency that stand in no statement yet, the first told first."""
    shown = select(BankEntry.id).where(func.strpos(BankEntry.remittance, GatewayPayout.number) > 0).exists()
    wanted = (
        GatewayPayout.entry_id.is_(None), GatewayPayout.day <= today, GatewayPayout.currency == fund().currency.code,
        ~shown,
    )  # fmt: skip
    return session.scalars(select(GatewayPayout).where(*wanted).order_by(GatewayPayout.id)).all()


def next_statement(session: Session, today: date) -> bytes | None:
    """The statement after the last one, up to *today*, as MT940; None where nothing is new or no account is open."""
    account = next((one for one in accounts(session) if one.currency == fund().currency.code), None)
    new = payouts_on_the_way(session, today)
    if account is None or not new:
        return None
    last = _last(session, account)
    opening, since = (last.closing or 0, last.to_day) if last else (0, new[0].day)
    closing = opening + sum(one.amount for one in new)
    lines = [_line(one, min(max(one.day, since), today)) for one in new]
    number = 1 + (session.scalar(select(func.count()).where(BankStatement.bank_account_id == account.id)) or 0)
    said = [
        f":20:PRACTICE{number}", f":25:{account.number}", f":28C:{number}/1",
        f":60F:{_sign(opening)}{min(since, today):%y%m%d}{account.currency}{_written(opening)}", *lines,
        f":62F:{_sign(closing)}{today:%y%m%d}{account.currency}{_written(closing)}", "-",
    ]  # fmt: skip
    return "\n".join([*said, ""]).encode()


def _last(session: Session, account: BankAccount) -> BankStatement | None:
    balanced = (BankStatement.bank_account_id == account.id, BankStatement.closing.is_not(None))
    latest = select(BankStatement).where(*balanced).order_by(BankStatement.to_day.desc(), BankStatement.id.desc())
    return session.scalar(latest.limit(1))


def _line(one: GatewayPayout, day: date) -> str:
    """One payout, with its number in the text."""
    gateway = fund().gateway
    name = gateway.name.upper() if gateway else ""
    return (
        f":61:{day:%y%m%d}{day:%m%d}{_sign(one.amount)}{_written(one.amount)}NTRFNONREF//{one.number[:16]}\n"
        f":86:{name} {one.number}"
    )


def _sign(amount: int) -> str:
    return "D" if amount < 0 else "C"


def _written(amount: int) -> str:
    """An amount as MT940 writes it: a comma before the decimals, also where there are none."""
    whole, part = divmod(abs(amount), 10 ** fund().currency.digits)
    return f"{whole},{part:0{fund().currency.digits}d}" if fund().currency.digits else f"{whole},"
