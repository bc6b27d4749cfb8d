"""Asking the gateway what it did not tell: what became of a bill somebody went to pay, and what a day held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock, db
from portal.gateway import payouts, taking
from portal.gateway.billing import ENQUIRIES, wait_before
from portal.gateway.models import GatewayBill, GatewayDay, GatewayPayment
from portal.gateway.providers.provider import GatewayRefused, GatewayUnavailable, Kind, PaidOut, Provider, Told
from portal.installation import fund
from portal.payments.models import Bill

#: So many days back are compared where the gateway could not be asked before.
DAYS_BACK = 7
#: Differences that a comparison does not mend: such a day is compared again until they are gone.
STAYS = ("different", "extra", "payout")


def enquire_one(provider: Provider) -> bool:
    """Ask about the bill that has waited longest for an answer; False when none does.  Real time."""
    now = clock.real_now()
    with db.writing() as session:
        statement = select(GatewayBill).where(GatewayBill.next_enquiry_at <= now).order_by(GatewayBill.next_enquiry_at)
        row = session.scalar(statement.limit(1).with_for_update(skip_locked=True))
        if row is None:
            return False
        # Moved on before the question: a question that is lost is asked again later, never in a circle.
        row.enquiries += 1
        row.next_enquiry_at = now + wait_before(row.enquiries + 1) if row.enquiries < ENQUIRIES else None
        name, reference = row.id, session.get_one(Bill, row.bill_id).reference
    try:
        found = provider.enquire(reference)
    except (GatewayUnavailable, GatewayRefused):
        return True
    for told in found:
        with db.writing() as session:
            taking.take(session, told, way="enquiry", at=clock.now())
    if not found:
        with db.writing() as session:
            session.execute(update(GatewayBill).where(GatewayBill.id == name).values(nothing_at=clock.now()))
    return True


# -- a day, beside the gateway's list of it ----------------------------------------------


@dataclass(frozen=True, slots=True)
class Ours:
    """A payment as we had it before the list was taken in."""

    amount: int
    currency: str
    state: str


def compare_days(provider: Provider, today: date) -> int:
    """
    Compare the days before *today* that were not yet, or that differed; how many.

    Stops at the first for which nobody answers.
    """
    wanted = [today - timedelta(days=back) for back in range(DAYS_BACK, 0, -1)]
    with db.reading() as session:
        known = session.scalars(select(GatewayDay).where(GatewayDay.day.in_(wanted))).all()
    done = {row.day for row in known if not any(one["kind"] in STAYS for one in row.differences)}
    compared = 0
    for day in wanted:
        if day in done:
            continue
        try:
            compare(provider, day)
        except (GatewayUnavailable, GatewayRefused):
            break
        compared += 1
    return compared


def compare(provider: Provider, day: date) -> None:
    """
    Take in what the gateway's list of a day holds and we were not told, and keep what differed.

    Missing and reversed ones are mended by this; different and extra ones need an officer.  Raises when nobody answers.
    """
    listed, paid_out = provider.of_day(day), provider.payouts(day)
    with db.reading() as session:
        ours = _ours(session, day, listed)
    differences = _differences(ours, listed)
    for told in listed:
        with db.writing() as session:
            taking.take(session, told, way="list", at=clock.now())
    with db.writing() as session:
        differences += _payouts(session, paid_out)
        row = session.scalar(select(GatewayDay).where(GatewayDay.day == day).with_for_update())
        if row is None:
            row = GatewayDay(day=day)
            session.add(row)
        mended = [one for one in row.differences or () if one["kind"] not in STAYS]  # by an earlier comparison
        differences = [*mended, *(one for one in differences if one not in mended)]
        row.compared_at, row.listed, row.differences = clock.now(), len(listed), differences
        row.same = len(listed) - sum(1 for one in differences if one["kind"] not in ("extra", "payout"))


def _payouts(session: Session, paid_out: Sequence[PaidOut]) -> list[dict[str, Any]]:
    """Keep what was sent to the bank; gives those that were told otherwise before."""
    found = []
    for one in paid_out:
        known = payouts.take(session, one, taking.provider_name(), at=clock.now())
        if known is not None:
            found.append({
                "kind": "payout", "transaction": one.number, "ours": known.amount, "theirs": one.amount,
                "currency": one.currency,
            })  # fmt: skip
    return found


def _ours(session: Session, day: date, listed: Sequence[Told]) -> dict[str, Ours]:
    """What we had of that day, or of the transactions in the list, whenever we think they were paid."""
    first, after = span(day)
    of_day = (GatewayPayment.paid_at >= first) & (GatewayPayment.paid_at < after)
    in_list = GatewayPayment.transaction.in_([one.transaction for one in listed])
    rows = session.scalars(
        select(GatewayPayment).where(GatewayPayment.provider == taking.provider_name(), of_day | in_list)
    )
    return {one.transaction: Ours(one.amount, one.currency, one.state) for one in rows}


def span(day: date) -> tuple[datetime, datetime]:
    """When a day of the fund begins, and when the next one does."""
    zone = ZoneInfo(fund().timezone)
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


def _differences(ours: Mapping[str, Ours], listed: Sequence[Told]) -> list[dict[str, Any]]:
    found = []
    for told in listed:
        have = ours.get(told.transaction)
        kind = _kind(have, told)
        if kind:
            found.append(_row(kind, told.transaction, have, told))
    theirs = {one.transaction for one in listed}
    found += [_row("extra", number, have, None) for number, have in ours.items() if number not in theirs]
    return sorted(found, key=lambda one: (one["kind"], one["transaction"]))


def _kind(have: Ours | None, told: Told) -> str:
    if have is None:
        return "missing"
    if (have.amount, have.currency) != (told.amount, told.currency):
        return "different"
    taken_back = told.kind is Kind.REVERSED
    return "reversed" if taken_back and have.state not in ("reversed", "stuck") else ""


def _row(kind: str, transaction: str, have: Ours | None, told: Told | None) -> dict[str, Any]:
    return {
        "kind": kind, "transaction": transaction, "ours": have.amount if have else None,
        "theirs": told.amount if told else None,
        "currency": told.currency if told else (have.currency if have else ""),
    }  # fmt: skip
