"""
A revision that leaves less owed than was paid: what was paid too much would be credit, so an officer decides.

The revised payroll is kept as it was submitted and waits.  Approved, it is checked once more and declared, and exactly
the difference is posted.  Refused or taken back, it is a draft again.  The whole revision waits, also where one scheme
goes up and another down: what was signed together is decided together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import approvals
from portal.approvals import Action, Approval, Decider, Decision, Row
from portal.auth.access import Right
from portal.contributions import telling
from portal.contributions.binding import Ready, make_binding, ready_to_declare
from portal.contributions.corrections.compare import compared, of_declared, of_draft
from portal.contributions.corrections.consequence import Consequence
from portal.contributions.models import Payroll, PayrollState
from portal.contributions.storage import payroll_of
from portal.errors import Refused
from portal.installation import month_from, month_words, pack
from portal.ledger import book
from portal.words import Amount, Words, _

CODE = "declaration.lower"


def subject_of(draft: Payroll) -> str:
    """How the request about a payroll is found."""
    return f"payroll:{draft.public_id}"


def ask(
    session: Session,
    ready: Ready,
    found: Sequence[Consequence],
    *,
    reason: str,
    late_reason: str,
    by: int,
    at: datetime,
) -> Approval:
    """
    Let the fund decide on a revision that is ready; the payroll waits and can no longer be changed.

    *by* is the employer's person who signs.  `Refused` without a *reason*: the officer reads it.
    """
    draft = ready.draft
    shown = _shown(session, ready, found, late_reason)
    asked = approvals.ask(
        session, CODE, subject_of(draft), shown=shown, reason=reason, by=by, at=at, employer=draft.employer_id
    )
    draft.state = PayrollState.ASKED.value
    draft.version += 1
    session.flush()
    credits = [
        (pack(one["scheme"]).short_name, Amount(one["credit"], one["currency"]))
        for one in shown["schemes"] if one["credit"]
    ]  # fmt: skip
    telling.waits(session, draft, credits, name=str(asked.public_id), at=at)
    return asked


def request_of(session: Session, draft: Payroll) -> Approval | None:
    """The latest request about a payroll, open or decided."""
    wanted = (Approval.action == CODE, Approval.subject == subject_of(draft))
    return session.scalar(select(Approval).where(*wanted).order_by(Approval.id.desc()).limit(1))


def take_back(session: Session, employer_id: int, payroll: UUID, *, by: int, at: datetime) -> Payroll:
    """The employer's person who asked takes the request back: the payroll is a draft again.  Again: nothing changes."""
    book.lock(session, employer_id)
    draft = payroll_of(session, employer_id, payroll, lock=True)
    asked = request_of(session, draft)
    if draft.state == PayrollState.ASKED.value and asked is not None:
        approvals.withdraw(session, asked.public_id, by=by, at=at)
    return draft


def _shown(session: Session, ready: Ready, found: Sequence[Consequence], late_reason: str) -> dict[str, Any]:
    """The facts the officer decides on; amounts in minor units."""
    draft = ready.draft
    schemes = []
    for one in found:
        if one.rules.id not in ready.assessed.sums:
            continue
        before = of_declared(one.rules, ready.before.get(one.rules.id))
        lines = compared(session, before, of_draft(one.rules, draft))
        schemes.append(
            {
                "scheme": one.rules.id, "currency": one.rules.currency.code, "before": one.before, "now": one.now,
                "paid": one.paid, "credit": one.overpaid if one.lowers_paid else 0,
                "added": lines.added, "removed": lines.removed, "changed": lines.changed,
            }
        )  # fmt: skip
    return {"month": str(draft.month), "version": draft.version, "late_reason": late_reason, "schemes": schemes}


def _rows(_session: Session, asked: Approval) -> list[Row]:
    """What is asked for, in words: for each scheme what is owed before and after, what is paid, who is affected."""
    rows: list[Row] = [(_("Month"), month_words(month_from(asked.shown["month"])))]
    for one in asked.shown["schemes"]:
        currency, name = one["currency"], pack(one["scheme"]).short_name
        sides = {side: Amount(one[side], currency) for side in ("before", "now", "paid", "credit")}
        rows += [
            (_("%(scheme)s: declared before", scheme=name), sides["before"]),
            (_("%(scheme)s: by the revision", scheme=name), sides["now"]),
            (_("%(scheme)s: paid already", scheme=name), sides["paid"]),
            (_("%(scheme)s: would become credit", scheme=name), sides["credit"]),
            (_("%(scheme)s: lines that differ", scheme=name), _counted(one)),
        ]
    return rows


def _counted(one: dict[str, Any]) -> Words:
    """How many people are affected."""
    return _(
        "added: %(added)s, taken out: %(removed)s, changed: %(changed)s",
        added=one["added"], removed=one["removed"], changed=one["changed"],
    )  # fmt: skip


def _carry_out(session: Session, asked: Approval, decider: Decider) -> None:
    """The declarations are made, signed by who asked, on the day of the decision."""
    draft = _waiting(session, asked)
    draft.state = PayrollState.DRAFT.value
    session.flush()
    ready = ready_to_declare(session, draft, decider.at)
    make_binding(session, ready, by=asked.asked_by, at=decider.at, late_reason=asked.shown.get("late_reason", ""))
    telling.decided(session, draft, agreed=True, note=asked.note, name=str(asked.public_id), at=decider.at)


def _refused(session: Session, asked: Approval, decider: Decider) -> None:
    """It will not be done: the employer may change the draft and submit it again, or give it up."""
    draft = _waiting(session, asked)
    draft.state = PayrollState.DRAFT.value
    draft.version += 1
    session.flush()
    if asked.decision == Decision.REFUSED:  # whoever took it back knows
        telling.decided(session, draft, agreed=False, note=asked.note, name=str(asked.public_id), at=decider.at)


def _waiting(session: Session, asked: Approval) -> Payroll:
    """The payroll a request is about, with its employer's book held."""
    employer_id = asked.employer_id or 0
    book.lock(session, employer_id)
    draft = payroll_of(session, employer_id, UUID(asked.subject.removeprefix("payroll:")), lock=True)
    if draft.state != PayrollState.ASKED.value:
        raise Refused(_("This revision no longer waits for a decision."))
    return draft


LOWER = approvals.action(
    Action(CODE, Right.CONTRIBUTIONS.value, _("Revise a month to less than was paid"), _rows, _carry_out, _refused)
)
