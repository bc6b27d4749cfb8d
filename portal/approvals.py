"""
What one person may not do alone: asked for by a maker, decided by a checker, done once.

A request keeps what the maker was shown, and the fingerprint of it; the checker decides on exactly that.  The database
itself refuses a checker who is the maker.  What is approved is carried out in the transaction of the decision, by the
room that registered the action: either both stand or neither.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import audit
from portal.audit import Event
from portal.db import Base, Id, PublicId
from portal.errors import NotFound, Refused
from portal.words import Words, _

#: Longest reason and note that are kept, in characters.
LONGEST_REASON = 1000


class Decision(StrEnum):
    """How a request ended."""

    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Approval(Base):
    """One request that needs a second person; open while *decision* is null."""

    __tablename__ = "approval"
    __table_args__ = (
        CheckConstraint("decision IN ('approved', 'refused', 'withdrawn')", name="decision"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided"),
        CheckConstraint("decision IS NULL OR decision = 'withdrawn' OR decided_by <> asked_by", name="four_eyes"),
        CheckConstraint("decision IS NULL OR decided_by IS NOT NULL", name="decided_by"),
        Index("uq_approval_open", "action", "subject", unique=True, postgresql_where=text("decision IS NULL")),
        Index(None, "employer_id", "id"),
        Index(None, "subject"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    #: The code of its `Action`.
    action: Mapped[str]
    #: What it is about, as "kind:public id": only one request of an action about a thing is open at a time.
    subject: Mapped[str]
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    #: The facts the maker saw and the action is carried out with: plain JSON, amounts in minor units.
    shown: Mapped[dict[str, Any]]
    #: SHA-256 of *shown*: the page sends it back, so that nobody approves what they did not see.
    fingerprint: Mapped[str]
    reason: Mapped[str]
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    decision: Mapped[str | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a decision."""
        return self.decision is None

    @property
    def title(self) -> Words:
        """What is asked for, in words."""
        return ACTIONS[self.action].title


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, and when."""

    account: int
    at: datetime


#: What a page shows of a request: a label and a value (words, an amount, a day, plain text) a row.
Row = tuple[Words, Any]


@dataclass(frozen=True, slots=True)
class Action:
    """
    Something that needs two people.

    *right* (a value of ``Right``) is needed to decide on it.  *rows* says in words what *shown* holds.  *carry_out*
    does it, in the transaction of the approval; it raises `Refused` when it cannot be done any more, and then nothing
    is decided.  *refused* is told when it will not be done.
    """

    code: str
    right: str
    title: Words
    rows: Callable[[Session, Approval], list[Row]]
    carry_out: Callable[[Session, Approval, Decider], None]
    refused: Callable[[Session, Approval, Decider], None] = field(default=lambda _session, _approval, _decider: None)


ACTIONS: dict[str, Action] = {}


def action(one: Action) -> Action:
    """Make an action known to the portal."""
    ACTIONS[one.code] = one
    return one


def fingerprint_of(shown: Mapping[str, Any]) -> str:
    """SHA-256 over *shown*, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(shown, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def ask(
    session: Session,
    code: str,
    subject: str,
    *,
    shown: Mapping[str, Any],
    reason: str,
    by: int,
    at: datetime,
    employer: int | None = None,
) -> Approval:
    """
    Ask for a second person.  The same maker asking the same again gets the open request.

    `Refused` (409) while another request about the same thing is open, (422) without a reason.
    """
    if not reason.strip():
        raise Refused(_("Write why this should be done."), field="reason", status=422)
    found = open_about(session, code, subject, lock=True)
    wanted = fingerprint_of(shown)
    if found is not None:
        if found.asked_by == by and found.fingerprint == wanted:
            return found
        raise Refused(_("This was already asked for and waits for a decision. Decide on that first."), status=409)
    made = Approval(
        action=ACTIONS[code].code, subject=subject, employer_id=employer, shown=dict(shown), fingerprint=wanted,
        reason=reason.strip()[:LONGEST_REASON], asked_by=by, asked_at=at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    _record(session, Event.APPROVAL_ASKED, made, by, at)
    return made


def approve(session: Session, approval: UUID, *, fingerprint: str, note: str = "", by: int, at: datetime) -> Approval:
    """
    Decide that it is done, and do it.  By the same checker again: nothing more happens.

    `Refused` for the maker, when the page showed something else (*fingerprint*), or when it was decided otherwise.
    """
    found = _locked(session, approval)
    if found.decision == Decision.APPROVED and found.decided_by == by:
        return found
    _may_decide(found, fingerprint, by)
    _decide(session, found, Decision.APPROVED, note, by, at)
    ACTIONS[found.action].carry_out(session, found, Decider(by, at))
    _record(session, Event.APPROVAL_GIVEN, found, by, at)
    return found


def refuse(session: Session, approval: UUID, *, fingerprint: str, note: str, by: int, at: datetime) -> Approval:
    """Decide that it is not done; *note* tells the maker why."""
    found = _locked(session, approval)
    if found.decision == Decision.REFUSED and found.decided_by == by:
        return found
    if not note.strip():
        raise Refused(_("Write why it is refused: the person who asked reads it."), field="note", status=422)
    _may_decide(found, fingerprint, by)
    _decide(session, found, Decision.REFUSED, note, by, at)
    ACTIONS[found.action].refused(session, found, Decider(by, at))
    _record(session, Event.APPROVAL_REFUSED, found, by, at)
    return found


def withdraw(session: Session, approval: UUID, *, by: int, at: datetime) -> Approval:
    """The maker takes the request back; nobody else can."""
    found = _locked(session, approval)
    if found.decision == Decision.WITHDRAWN:
        return found
    if found.asked_by != by:
        raise Refused(_("Only the person who asked can take the request back."), status=409)
    if not found.is_open:
        raise _decided_before(found)
    _decide(session, found, Decision.WITHDRAWN, "", by, at)
    ACTIONS[found.action].refused(session, found, Decider(by, at))
    _record(session, Event.APPROVAL_WITHDRAWN, found, by, at)
    return found


def open_about(session: Session, code: str, subject: str, *, lock: bool = False) -> Approval | None:
    """The open request of an action about one thing."""
    wanted = (Approval.action == code, Approval.subject == subject, Approval.decision.is_(None))
    statement = select(Approval).where(*wanted)
    return session.scalar(statement.with_for_update() if lock else statement)


def approval_by_id(session: Session, approval: UUID) -> Approval:
    """One request; NotFound when there is none."""
    found = session.scalar(select(Approval).where(Approval.public_id == approval))
    if found is None:
        raise NotFound(approval)
    return found


def _locked(session: Session, approval: UUID) -> Approval:
    found = session.scalar(select(Approval).where(Approval.public_id == approval).with_for_update())
    if found is None:
        raise NotFound(approval)
    return found


def _may_decide(found: Approval, fingerprint: str, by: int) -> None:
    if not found.is_open:
        raise _decided_before(found)
    if found.asked_by == by:
        raise Refused(_("You asked for this yourself. Somebody else has to decide."), status=409)
    if found.fingerprint != fingerprint:
        raise Refused(_("This request is not the one you were shown. Look at it again."), status=409)


def _decided_before(found: Approval) -> Refused:
    words = {
        Decision.APPROVED: _("This was already approved."),
        Decision.REFUSED: _("This was already refused."),
        Decision.WITHDRAWN: _("This request was taken back by the person who made it."),
    }
    return Refused(words[Decision(found.decision or "")], status=409)


def _decide(session: Session, found: Approval, decision: Decision, note: str, by: int, at: datetime) -> None:
    found.decision, found.decided_by, found.decided_at = decision.value, by, at
    found.note = note.strip()[:LONGEST_REASON]
    session.flush()  # the database refuses the maker here, before anything is done


def _record(session: Session, event: Event, found: Approval, by: int, at: datetime) -> None:
    audit.record(
        session, event, at=at, by=by, employer=found.employer_id, subject=found.subject,
        approval=found.public_id, action=found.action,
    )  # fmt: skip
