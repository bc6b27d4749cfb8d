"""What waits for a second person, and what was decided, read-only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from portal.approvals import ACTIONS, Approval, Row
from portal.auth.models import Account
from portal.employers.models import Employer
from portal.errors import NotFound
from portal.installation import fund
from portal.officers.timeline import Happened
from portal.officers.waiting import Waiting
from portal.words import Words, _

#: What the list can be narrowed to, in words; without a choice: what still waits.
STATES = {"open": _("Waiting for a decision"), "decided": _("Decided"), "all": _("All")}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to: a state of `STATES`, and the code of an action or nothing."""

    state: str = "open"
    action: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request with who asked for it, who decided it, and the employer it is about."""

    approval: Approval
    maker: Account
    checker: Account | None
    employer: Employer | None

    @property
    def state(self) -> str:
        """open, approved, refused or withdrawn."""
        return self.approval.decision or "open"

    @property
    def right(self) -> str:
        """The right one needs to decide on it."""
        return ACTIONS[self.approval.action].right

    def days(self, today: date) -> int:
        """For how many days of the fund's calendar it has waited."""
        return (today - self.approval.asked_at.astimezone(ZoneInfo(fund().timezone)).date()).days

    def history(self) -> list[Happened]:
        """Who asked and who decided, with what they wrote."""
        asked = Happened(_("Asked for"), self.maker.name, self.approval.asked_at, self.approval.reason)
        if self.approval.decided_at is None or self.checker is None:
            return [asked]
        return [asked, Happened(_DONE[self.state], self.checker.name, self.approval.decided_at, self.approval.note)]


_DONE: dict[str, Words] = {
    "approved": _("Approved, and done at once"),
    "refused": _("Refused; nothing was changed"),
    "withdrawn": _("Taken back by the person who asked; nothing was changed"),
}


def requests(session: Session, wanted: Wanted, *, limit: int, offset: int) -> tuple[list[Request], int]:
    """One page of requests and how many there are: what waits with the oldest first, all else with the newest."""
    conditions = _conditions(wanted)
    total = session.scalar(select(func.count()).select_from(Approval).where(*conditions)) or 0
    order = Approval.id.asc() if wanted.state == "open" else Approval.id.desc()
    rows = session.execute(_rows().where(*conditions).order_by(order).limit(limit).offset(offset))
    return [Request(*row) for row in rows], total


def request_on_page(session: Session, approval: UUID) -> tuple[Request, Sequence[Row]]:
    """One request with what it is about in rows; NotFound when there is none."""
    row = session.execute(_rows().where(Approval.public_id == approval)).one_or_none()
    if row is None:
        raise NotFound("approval")
    found = Request(*row)
    return found, ACTIONS[found.approval.action].rows(session, found.approval)


def waiting(session: Session) -> Waiting:
    """All that waits for a second person."""
    return _waiting(session)


def waiting_for(session: Session, rights: Collection[str], account: int) -> Waiting:
    """What somebody with these rights may decide: never what they asked for themselves."""
    codes = [one.code for one in ACTIONS.values() if one.right in rights]
    return _waiting(session, Approval.action.in_(codes), Approval.asked_by != account)


def _waiting(session: Session, *conditions: ColumnElement[bool]) -> Waiting:
    statement = select(func.count(), func.min(Approval.asked_at)).where(Approval.decision.is_(None), *conditions)
    count, oldest = session.execute(statement).one()
    return Waiting(count, oldest)


def _rows() -> Select[Approval, Account, Account | None, Employer | None]:
    checker = aliased(Account)
    return (
        select(Approval, Account, checker, Employer)
        .join(Account, Account.id == Approval.asked_by)
        .outerjoin(checker, checker.id == Approval.decided_by)
        .outerjoin(Employer, Employer.id == Approval.employer_id)
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state == "open":
        found.append(Approval.decision.is_(None))
    elif wanted.state == "decided":
        found.append(Approval.decision.is_not(None))
    if wanted.action:
        found.append(Approval.action == wanted.action)
    return found
