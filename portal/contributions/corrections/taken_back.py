"""A month whose payment the fund is about to take back is not revised until that is decided."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.approvals import Approval
from portal.errors import Refused
from portal.installation import month_words
from portal.scheme.calendars import Month
from portal.words import _

#: The request to take a payment back, which the room of payments registers: it shows the months the payment settled.
ACTION = "payment.reverse"


def refuse_while_taken_back(session: Session, employer_id: int, month: Month) -> None:
    """
    `Refused` while a request waits to take back a payment that settles something of *month*.

    First that is decided, then the month is revised: both change what is paid of it, and whoever decides on one has to
    see the other as it stands.
    """
    waiting = select(Approval.id).where(
        Approval.employer_id == employer_id, Approval.action == ACTION, Approval.decision.is_(None),
        Approval.shown["months"].contains([str(month)]),
    )  # fmt: skip
    if session.scalar(waiting.limit(1)) is not None:
        words = _(
            "The fund is deciding whether to take back a payment for %(month)s. Revise the month when that is decided; "
            "a draft is kept until then.",
            month=month_words(month),
        )
        raise Refused(words, status=409)
