"""Making a payroll binding: one declaration for each scheme, acknowledged and charged in one transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from portal.contributions.assessment import Assessed, Sums
from portal.contributions.basis import load_basis
from portal.contributions.binding import NotReady, Ready, make_binding, ready_to_declare, submission
from portal.contributions.changes import cancel
from portal.contributions.corrections import lowering
from portal.contributions.corrections.consequence import consequences
from portal.contributions.corrections.taken_back import refuse_while_taken_back
from portal.contributions.declaring import declare
from portal.contributions.found import declarations_of
from portal.contributions.models import Declaration, Payroll, PayrollState
from portal.contributions.months import schemes_of, still_to_declare
from portal.contributions.standing import standing_declarations
from portal.contributions.storage import Stale, open_payroll, payroll_of
from portal.employers.roster import day_of, roster_in
from portal.errors import Refused
from portal.installation import month_words
from portal.ledger import book
from portal.scheme.calendars import Month
from portal.words import _, _n

__all__ = ["NotReady", "submit_nil", "submit_payroll"]


def submit_payroll(
    session: Session,
    employer_id: int,
    payroll: UUID,
    *,
    version: int,
    by: int | None,
    at: datetime,
    reason: str = "",
    late_reason: str = "",
) -> list[Declaration]:
    """
    Make a draft binding: a declaration, its acknowledgement and its charge for each scheme.

    *version* is what the page showed: `Stale` when the payroll changed since.  `NotReady` while rows
    are faulty.  *late_reason*: why it comes after the due day.  Again: the same declarations.
    A revision to less than was paid makes none yet: it waits for the fund, which reads the *reason*.
    """
    book.lock(session, employer_id)
    draft = payroll_of(session, employer_id, payroll, lock=True)
    if draft.state == PayrollState.SUBMITTED.value:
        return declarations_of(session, draft)
    if draft.state == PayrollState.ASKED.value:
        return []
    if draft.state != PayrollState.DRAFT.value:
        raise Refused(_("This payroll was given up. Start the month again."))
    if draft.version != version:
        raise Stale
    if draft.revises:
        refuse_while_taken_back(session, employer_id, draft.month)
    ready = ready_to_declare(session, draft, at)
    if draft.revises and _asks(session, ready, reason=reason, late_reason=late_reason, by=by, at=at):
        return []
    return make_binding(session, ready, by=by, at=at, late_reason=late_reason)


def _asks(session: Session, ready: Ready, *, reason: str, late_reason: str, by: int | None, at: datetime) -> bool:
    """Whether the revision leaves less owed than was paid: then it waits for the fund."""
    found = consequences(session, ready.draft, day_of(at))
    if not any(one.lowers_paid and one.rules.id in ready.assessed.sums for one in found):
        return False
    if by is None:
        raise ValueError("who asks the fund has an account")
    lowering.ask(session, ready, found, reason=reason, late_reason=late_reason, by=by, at=at)
    return True


def submit_nil(
    session: Session, employer_id: int, month: Month, *, by: int | None, at: datetime, nobody_paid: bool = False
) -> list[Declaration]:
    """
    Declare that nobody was paid in *month*.  Again: the same declarations.

    With people on the roster of that month, *nobody_paid* must say that none of them earned anything.
    """
    book.lock(session, employer_id)
    if done := _nil_before(session, employer_id, month):
        return done
    packs = still_to_declare(session, employer_id, month, day_of(at))
    people = len(roster_in(session, employer_id, month))
    if people and not nobody_paid:
        words = _n(
            "%(n)s person is on your roster in %(month)s. Tick the box if nobody was paid.",
            "%(n)s people are on your roster in %(month)s. Tick the box if nobody was paid.",
            people,
            month=month_words(month),
        )
        raise Refused(words, field="nobody_paid", status=422)
    if (draft := open_payroll(session, employer_id, month)) is not None:
        cancel(session, employer_id, draft.public_id, at=at, by=by)
    payroll = Payroll(
        employer_id=employer_id, month=month, state=PayrollState.DRAFT.value, source="nil", version=1,
        checked={"schemes": [rules.id for rules in packs]}, created_at=at, created_by=by,
    )  # fmt: skip
    session.add(payroll)
    session.flush()
    nothing = Assessed((), (), {}, sums={rules.id: Sums() for rules in packs})
    basis = load_basis(session, employer_id, month, packs, day_of(at))
    return declare(session, submission(session, payroll, basis, "nil", "", by, at), nothing)


def _nil_before(session: Session, employer_id: int, month: Month) -> list[Declaration]:
    """The nil declarations of *month*, when that is all there is."""
    standing = [one.main for one in standing_declarations(session, employer_id, month).values()]
    nil = standing and all(each.kind == "nil" for each in standing)
    complete = {each.scheme for each in standing} >= set(schemes_of(session, employer_id, month))
    return sorted(standing, key=lambda each: each.number) if nil and complete else []
