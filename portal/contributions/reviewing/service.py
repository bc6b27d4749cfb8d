"""A declaration is looked at by the rules, then by an officer, who finds it in order or gives it back with a reason."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import audit, taken
from portal.audit import Event
from portal.contributions.models import Declaration, Payroll, State
from portal.contributions.reviewing.models import DeclarationReview
from portal.contributions.reviewing.rules import findings
from portal.contributions.standing import GONE
from portal.errors import NotFound, Refused
from portal.notices import service as notices
from portal.notices.kinds import Kind
from portal.scheme.explain import words_to_json
from portal.words import _

#: Longest reason, in characters.
LONGEST = 2000


def look(session: Session, payroll: UUID, *, at: datetime) -> None:
    """Let the rules look at what a payroll declared; what seems odd waits for an officer.  Again: nothing more."""
    mine = select(Payroll.id).where(Payroll.public_id == payroll).scalar_subquery()
    made = select(Declaration).where(Declaration.payroll_id == mine, Declaration.state.not_in(GONE))
    for one in session.scalars(made.order_by(Declaration.id)):
        found = findings(session, one)
        if found:
            row = {
                "declaration_id": one.id, "employer_id": one.employer_id, "found_at": at, "reason": "",
                "findings": [words_to_json(words) for words in found],
            }  # fmt: skip
            session.execute(insert(DeclarationReview).values(**row).on_conflict_do_nothing())


def review_of(session: Session, declaration: Declaration) -> DeclarationReview | None:
    """The look at a declaration; None while neither a rule nor an officer had anything to say."""
    return session.scalar(select(DeclarationReview).where(DeclarationReview.declaration_id == declaration.id))


def given_back(session: Session, employer_id: int) -> Declaration | None:
    """The declaration of the oldest month that the fund gave back and the employer did not revise yet."""
    wanted = (Declaration.employer_id == employer_id, Declaration.state == State.RETURNED.value)
    return session.scalar(select(Declaration).where(*wanted).order_by(Declaration.month, Declaration.id).limit(1))


def decide(
    session: Session, employer_id: int, declaration: UUID, decision: str, *, reason: str, by: int, at: datetime
) -> None:
    """
    An officer finds a declaration in order ("fine"), or gives it back ("returned") with a *reason* the employer reads.

    What is charged stands until the employer revises the month.  The same again: nothing changes.  Refused (409) when
    a colleague decided otherwise or the employer corrected it meanwhile.
    """
    wanted = (Declaration.public_id == declaration, Declaration.employer_id == employer_id)
    found = session.scalar(select(Declaration).where(*wanted).with_for_update())
    if found is None:
        raise NotFound(declaration)
    row = review_of(session, found) or DeclarationReview(
        declaration_id=found.id, employer_id=employer_id, findings=[], found_at=at
    )
    if row.decision == decision and row.reason == reason:
        return
    if row.decision == "returned" or found.state in GONE:
        raise Refused(_("This declaration was corrected or given back meanwhile. Look at it again."))
    if decision == "returned" and not reason:
        raise Refused(_("Write what the employer should look at."), field="reason", status=422)
    row.decision, row.reason, row.decided_at, row.decided_by = decision, reason, at, by
    session.add(row)
    _settled(session, found, row, by=by, at=at)


def _settled(session: Session, found: Declaration, row: DeclarationReview, *, by: int, at: datetime) -> None:
    """What a decision brings: the state, the log, the notice, and the work off the officer's hands."""
    subject = f"declaration:{found.public_id}"
    event = Event.DECLARATION_LOOKED_AT
    if row.decision == "returned":
        event = Event.DECLARATION_RETURNED
        found.move_to(State.RETURNED)
        notices.tell(
            session, Kind.DECLARATION_RETURNED, name=str(found.public_id), at=at, employer=found.employer_id,
            month=found.month, reason=row.reason,
        )  # fmt: skip
    audit.record(
        session, event, at=at, by=by, employer=found.employer_id, subject=subject, scheme=found.scheme,
        month=found.month,
    )  # fmt: skip
    taken.release(session, subject, by=by, at=at)
