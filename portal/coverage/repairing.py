"""
Putting right what the core has otherwise than the portal: asked for by one person, decided by another, done once.

Who is missing is told again; what the core has too much of, or twice, is ended; what it has for other days is ended and
told again.  It goes through the outbox like everything the core hears, so it is looked up, fenced and read back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import approvals, audit, clock, outbox
from portal.approvals import Action, Approval, Decider, Row
from portal.audit import Event
from portal.coverage import findings
from portal.coverage.comparing import DIFFERENT, DOUBLED, EXTRA, MISSING
from portal.coverage.models import CoreDifference, CoverageMonth
from portal.coverage.setting_aside import CORE, Subject, ask_anew
from portal.errors import Refused
from portal.installation import month_from, month_words, pack
from portal.people.models import Person
from portal.scheme.calendars import Month
from portal.words import Words, _

REPAIR = "core.repair"
#: Differences a request: more are asked for once these are decided.
MOST = 500
#: Insurance numbers the checker is shown.
SHOWN = 20
KINDS: Mapping[str, Words] = {
    MISSING: _("Covered here, missing in the core"),
    EXTRA: _("Covered in the core, not here"),
    DIFFERENT: _("Covered in the core for other days"),
    DOUBLED: _("Covered twice in the core"),
}


def subject_of(scheme: str, month: Month) -> str:
    """How the request about a month is found."""
    return f"core_month:{scheme}/{month}"


def waiting_requests(session: Session) -> dict[str, Approval]:
    """The requests that wait for a second person, by scheme and month as in "zm-nhima/2026-11"."""
    waiting = select(Approval).where(Approval.action == REPAIR, Approval.decision.is_(None))
    return {one.subject.partition(":")[2]: one for one in session.scalars(waiting)}


def ask_to_repair(
    session: Session, scheme: str, month: Month, *, only: UUID | None = None, reason: str, by: int, at: datetime
) -> Approval:
    """
    Ask that what differs in a month is put right, or *only* one person's.

    `Refused` (409) when nothing of it is left to repair, or another request about this month waits.
    """
    rows = [row for row in findings.to_repair(session, scheme, month) if only in (None, row.public_id)][:MOST]
    if not rows:
        raise Refused(_("Nothing of this is left to put right."), status=409)
    shown = {"scheme": scheme, "month": str(month), "differences": [_as_shown(row) for row in rows]}
    return approvals.ask(session, REPAIR, subject_of(scheme, month), shown=shown, reason=reason, by=by, at=at)


def _as_shown(row: CoreDifference) -> list[str]:
    return [str(row.public_id), row.kind, row.policy]


def _rows(session: Session, request: Approval) -> list[Row]:
    shown = request.shown
    kinds = [kind for _name, kind, _policy in shown["differences"]]
    ids = [UUID(name) for name, _kind, _policy in shown["differences"][:SHOWN]]
    who = (
        select(Person.insurance_number)
        .join(CoreDifference, CoreDifference.person_id == Person.id)
        .where(CoreDifference.public_id == func.any(ids))
        .order_by(Person.insurance_number)
    )
    return [
        (_("For"), pack(shown["scheme"]).name),
        (_("Month"), month_words(month_from(shown["month"]))),
        *((KINDS[kind], kinds.count(kind)) for kind in KINDS if kind in kinds),
        (_("Insurance numbers, the first of them"), ", ".join(session.scalars(who))),
        (_("What follows"), _(
            "Who is missing is told to the core again, cover that should not be is ended there, and the next "
            "comparison shows whether it helped."
        )),
    ]  # fmt: skip


def _carry_out(session: Session, request: Approval, by: Decider) -> None:
    """Put right what still differs as it was shown; the rest has changed and is left alone."""
    shown = {UUID(name): [kind, policy] for name, kind, policy in request.shown["differences"]}
    scheme, month = request.shown["scheme"], month_from(request.shown["month"])
    statement = select(CoreDifference).where(
        CoreDifference.public_id == func.any(list(shown)),
        CoreDifference.gone_at.is_(None),
        CoreDifference.repaired_at.is_(None),
    )
    still = [
        row
        for row in session.scalars(statement.order_by(CoreDifference.id).with_for_update())
        if shown[row.public_id] == [row.kind, row.policy]
    ]
    if not still:
        raise Refused(_("Nothing of this differs any more. Refuse this request."), status=409)
    _repair(session, scheme, month, still, request)
    for row in still:
        row.repair_approval, row.repaired_at = request.id, by.at
    audit.record(
        session, Event.CORE_REPAIRED, at=by.at, by=by.account, scheme=scheme, month=month, people=len(still)
    )  # fmt: skip


def _repair(
    session: Session, scheme: str, month: Month, differences: Sequence[CoreDifference], request: Approval
) -> None:
    """One message an employer: what to end there, and that what waits is told."""
    rows = _cover_of(session, scheme, month, [one.person_id for one in differences])
    of_employer: dict[int, list[str]] = {}
    strays: list[str] = []
    for one in differences:
        row = rows.get(one.person_id)
        if row is None:
            strays.append(one.policy)
            continue
        ends = of_employer.setdefault(row.employer_id, [])
        if one.policy:
            ends.append(one.policy)
        if one.kind in (MISSING, DIFFERENT) and row.state == "open":
            row.core_state, row.core_problem = "waiting", ""
    for employer, ends in sorted(of_employer.items()):
        ask_anew(session, Subject(employer, scheme, month), **({"end": ends} if ends else {}))
    if strays:
        payload: dict[str, Any] = {"end": strays}
        outbox.put(session, CORE, f"core/end/{request.public_id}", payload, at=clock.real_now())


def _cover_of(session: Session, scheme: str, month: Month, people: Sequence[int]) -> Mapping[int, CoverageMonth]:
    """By person, the row of this month that decides: an open one before a closed one.  Locked."""
    wanted = (
        CoverageMonth.scheme == scheme, CoverageMonth.month == month, CoverageMonth.person_id == func.any(list(people))
    )  # fmt: skip
    statement = select(CoverageMonth).where(*wanted).order_by(CoverageMonth.id).with_for_update()
    found: dict[int, CoverageMonth] = {}
    for row in session.scalars(statement):
        if row.person_id not in found or row.state == "open":
            found[row.person_id] = row
    return found


approvals.action(Action(REPAIR, "decide", _("Put right what the core has otherwise"), _rows, _carry_out))
