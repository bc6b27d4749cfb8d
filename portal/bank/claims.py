"""Money an employer says it paid and does not find on its account: a case, with what may be it beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.approvals import Approval
from portal.bank.models import BankEntry
from portal.bank.reading.values import MOST
from portal.cases import service
from portal.cases.kinds import UNPOSTED, beside
from portal.cases.models import Case, Side
from portal.cases.service import New, Paper, Writer
from portal.errors import Refused
from portal.gateway.models import GatewayPayment
from portal.installation import fund
from portal.words import _

#: Entries shown beside a claim, and how far from its day they may lie.
MOST_ENTRIES, NEAR = 10, timedelta(days=15)
#: The request that a second person agrees to book an entry for a claim; see `claiming.booking`.
CLAIM = "bank.claim"


def claim(
    session: Session, employer: int, *, amount: int, currency: str, paid_on: date, text: str, papers: Sequence[Paper],
    key: UUID, by: int, today: date, at: datetime,
) -> Case:  # fmt: skip
    """
    Say that *amount* (minor units) was paid on a day and is not on the account.  The same form again: the same case.

    Refused for an amount that is not above zero and for a day to come.
    """
    if not 0 < amount <= MOST:
        raise Refused(_("Write the amount you paid, above zero."), field="amount", status=422)
    if paid_on > today:
        raise Refused(_("%(day)s is still to come. Write the day you paid.", day=paid_on), field="paid_on", status=422)
    facts = {"amount": amount, "currency": currency, "paid_on": paid_on.isoformat()}
    new = New(
        UNPOSTED, Side.EMPLOYER, facts, employer=employer, account=by, name=f"unposted/{employer}/{key}"
    )  # fmt: skip
    return service.open_case(session, new, text, by=Writer(service.OTHER, account=by), at=at, papers=papers)


def candidates(session: Session, facts: Mapping[str, Any]) -> Sequence[BankEntry]:
    """Entries in suspense that may be the money: of the same amount first, then those of days near by."""
    day, amount = date.fromisoformat(facts["paid_on"]), int(facts["amount"])
    near = BankEntry.value_day.between(day - NEAR, day + NEAR)
    wanted = (
        BankEntry.unsettled > 0, BankEntry.currency == facts["currency"], near | (BankEntry.unsettled == amount),
    )  # fmt: skip
    order = (BankEntry.unsettled != amount, func.abs(BankEntry.value_day - day), BankEntry.id)
    return session.scalars(select(BankEntry).where(*wanted).order_by(*order).limit(MOST_ENTRIES)).all()


def at_gateway(session: Session, facts: Mapping[str, Any]) -> Sequence[GatewayPayment]:
    """Payments at the gateway that wait for an officer and may be the money: as `candidates`."""
    day, amount = date.fromisoformat(facts["paid_on"]), int(facts["amount"])
    paid = func.date(func.timezone(fund().timezone, GatewayPayment.paid_at))
    near = paid.between(day - NEAR, day + NEAR)
    wanted = (
        GatewayPayment.state == "waiting", GatewayPayment.currency == facts["currency"],
        near | (GatewayPayment.amount == amount),
    )  # fmt: skip
    order = (GatewayPayment.amount != amount, func.abs(paid - day), GatewayPayment.id)
    return session.scalars(select(GatewayPayment).where(*wanted).order_by(*order).limit(MOST_ENTRIES)).all()


def asked_about(session: Session, claim: Case) -> Approval | None:
    """The open request to book an entry for this claim."""
    wanted = (Approval.action == CLAIM, Approval.employer_id == claim.employer_id, Approval.decision.is_(None))
    of_claim = Approval.shown["claim"].as_string() == str(claim.public_id)
    return session.scalar(select(Approval).where(*wanted, of_claim).limit(1))


def _shown(session: Session, case: Case) -> tuple[str, Mapping[str, Any]]:
    return "bank/beside_claim.html", {
        "candidates": candidates(session, case.facts), "at_gateway": at_gateway(session, case.facts),
        "gateway": fund().gateway, "claimed": case.facts,
        "asked": asked_about(session, case),
    }  # fmt: skip


beside(UNPOSTED.code, _shown)
