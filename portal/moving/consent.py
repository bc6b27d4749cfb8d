"""An export with personal data: asked for by one person, agreed to by another, used once, written into a register."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import approvals, audit
from portal.approvals import Action, Approval, Decider, Decision, Row, action
from portal.audit import Event
from portal.auth.models import Account
from portal.employers.models import Employer
from portal.errors import NotFound, Refused
from portal.moving.models import FundExport
from portal.people.models import Person
from portal.words import Words, _

EXPORT = "fund.export"
SUBJECT = "fund:export"
#: How long a consent is good.
GOOD_FOR = timedelta(days=7)


def ask(session: Session, *, reason: str, by: int, at: datetime) -> Approval:
    """Ask a second person to agree that everything about everybody leaves the portal as files."""
    shown: dict[str, Any] = {
        "employers": session.scalar(select(func.count()).select_from(Employer)) or 0,
        "persons": session.scalar(select(func.count()).select_from(Person)) or 0,
    }
    return approvals.ask(session, EXPORT, SUBJECT, shown=shown, reason=reason, by=by, at=at)


def consent_for(session: Session, request: UUID, *, at: datetime, lock: bool = False) -> Approval:
    """The consent behind a request: agreed to, not too old, not used.  `Refused` otherwise."""
    statement = select(Approval).where(Approval.public_id == request, Approval.action == EXPORT)
    found = session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise Refused(_("There is no request of this number to export personal data. Ask on the page “Export”."))
    if found.decision != Decision.APPROVED or found.decided_at is None:
        raise Refused(_("Nobody agreed to this export. A second person decides under “Approvals”."))
    if at - found.decided_at > GOOD_FOR:
        raise Refused(_("This consent is older than a week. Ask again."))
    if session.scalar(select(FundExport.id).where(FundExport.approval_id == found.id)) is not None:
        raise Refused(_("This consent was used already. Each is good for one export; ask again."))
    return found


def register(session: Session, *, request: UUID | None, rows: int, sha256: str, by: int, at: datetime) -> FundExport:
    """Write an export into the register; with *request*, its consent is used up.  `Refused` as `consent_for`."""
    consent = consent_for(session, request, at=at, lock=True) if request else None
    made = FundExport(
        persons=consent is not None, approval_id=consent.id if consent else None, rows=rows, sha256=sha256,
        made_at=at, made_by=by,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(
        session, Event.FUND_EXPORTED, at=at, by=by, subject=f"export:{made.public_id}", persons=made.persons, rows=rows,
        sha256=sha256,
    )  # fmt: skip
    return made


def exports(session: Session) -> Sequence[tuple[FundExport, str]]:
    """Every export with who made it, the newest first."""
    statement = select(FundExport, Account.name).join(Account, Account.id == FundExport.made_by)
    return [(made, name) for made, name in session.execute(statement.order_by(FundExport.id.desc()).limit(100))]


def standing(session: Session, at: datetime) -> Approval | None:
    """The request that waits, or the consent that can be used."""
    waiting = approvals.open_about(session, EXPORT, SUBJECT)
    if waiting is not None:
        return waiting
    newest = select(Approval).where(Approval.action == EXPORT, Approval.decision == Decision.APPROVED)
    for one in session.scalars(newest.order_by(Approval.id.desc()).limit(1)):
        try:
            return consent_for(session, one.public_id, at=at)
        except (Refused, NotFound):
            return None
    return None


def _rows(_session: Session, request: Approval) -> list[Row]:
    week: Words = _("One export within a week, by the command on the server.")
    return [
        (_("Employers"), str(request.shown["employers"])),
        (_("Insured persons"), str(request.shown["persons"])),
        (_("What leaves the portal"), _(
            "Every table and every document: names, numbers, wages, cover, letters and cases. Passwords and other "
            "secrets stay."
        )),
        (_("What follows"), week),
    ]  # fmt: skip


def _nothing(_session: Session, _request: Approval, _by: Decider) -> None:
    """The consent is what was asked for; the command uses it."""


action(Action(EXPORT, "decide", _("Export personal data of the whole fund"), _rows, _nothing))
