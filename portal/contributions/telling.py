"""What an employer is told when a month is declared or corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal import audit
from portal.contributions.models import Declaration, Payroll
from portal.employers.roster import day_of
from portal.installation import month_words, pack
from portal.notices import service as notices
from portal.notices.kinds import Kind
from portal.words import Amount, Words, _


def declared(session: Session, payroll: Payroll, made: Sequence[Declaration], *, at: datetime) -> None:
    """One notice for all declarations a payroll made."""
    if not made:
        return
    revised = any(one.supersedes_id is not None for one in made)
    kind = Kind.DECLARATION_REVISED if revised else Kind.DECLARATION_SUBMITTED
    notices.tell(
        session, kind, name=str(payroll.public_id), at=at, employer=payroll.employer_id,
        about={"payroll": payroll.public_id}, month=payroll.month, lines=[_line(one) for one in made],
    )  # fmt: skip
    if audit.acting_under(session) is not None:
        month = month_words(payroll.month)
        notices.tell(
            session, Kind.ON_BEHALF, name=str(payroll.public_id), at=at, employer=payroll.employer_id,
            day=day_of(at), what=_("%(month)s was declared from a paper form.", month=month),
        )  # fmt: skip


def waits(
    session: Session, payroll: Payroll, credits: Sequence[tuple[str, Amount]], *, name: str, at: datetime
) -> None:
    """A correction waits for the fund: by scheme (its short name) what was paid too much.  *name* is used once."""
    lines = [_("%(scheme)s: %(amount)s would become credit", scheme=one, amount=amount) for one, amount in credits]
    notices.tell(
        session, Kind.CORRECTION_WAITING, name=name, at=at, employer=payroll.employer_id, month=payroll.month,
        lines=lines,
    )  # fmt: skip


def decided(session: Session, payroll: Payroll, *, agreed: bool, note: str, name: str, at: datetime) -> None:
    """The fund decided on a correction; *note* is what the officer wrote, *name* is used once."""
    if agreed:
        decision = _("it is in force, and what was paid too much is credit.")
    else:
        decision = _("it is not in force. You can change it and submit it again, or give it up.")
    notices.tell(
        session, Kind.CORRECTION_DECIDED, name=name, at=at, employer=payroll.employer_id, month=payroll.month,
        decision=decision, note=note,
    )  # fmt: skip


def _line(one: Declaration) -> Words:
    scheme, number = pack(one.scheme).short_name, one.number
    if not one.total:
        return _("%(scheme)s: acknowledgement %(number)s, nothing to pay", scheme=scheme, number=number)
    return _(
        "%(scheme)s: acknowledgement %(number)s, %(amount)s to be paid by %(due)s",
        scheme=scheme, number=number, amount=Amount(one.total, one.currency), due=one.due_day,
    )  # fmt: skip
