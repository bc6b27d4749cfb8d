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


def _line(one: Declaration) -> Words:
    scheme, number = pack(one.scheme).short_name, one.number
    if not one.total:
        return _("%(scheme)s: acknowledgement %(number)s, nothing to pay", scheme=scheme, number=number)
    return _(
        "%(scheme)s: acknowledgement %(number)s, %(amount)s to be paid by %(due)s",
        scheme=scheme, number=number, amount=Amount(one.total, one.currency), due=one.due_day,
    )  # fmt: skip
