"""What became of what was sent: each try is noted beside the outbox, and an officer may send a refused one again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal import audit, outbox
from portal.audit import Event
from portal.errors import NotFound, Refused
from portal.notices import letters
from portal.notices.models import Delivery
from portal.words import _

#: Addresses of persons are forgotten after this; who was told what stays.
KEPT = timedelta(days=90)


def noted(
    session: Session, payload: Mapping[str, Any], state: str, *, attempts: int, at: datetime, problem: str = ""
) -> None:
    """
    Note what became of a row of the outbox: sent, queued (it is tried again) or refused, with the reason.

    Rows that are no notices have nothing to note.
    """
    ids = payload.get("digest") or ([payload["delivery"]] if "delivery" in payload else [])
    if not ids:
        return
    values = {
        "state": state,
        "attempts": attempts,
        "problem": problem[:500],
        "sent_at": at if state == "sent" else None,
    }
    session.execute(update(Delivery).where(Delivery.id == func.any(list(ids))).values(values))
    if state == "sent":
        letters.went_by_mail(session, ids, at=at)


def send_again(session: Session, delivery: UUID, *, by: int, at: datetime) -> Delivery:
    """Send what was refused once more.  `Refused` when it is not refused (any more)."""
    found = session.scalar(select(Delivery).where(Delivery.public_id == delivery).with_for_update())
    if found is None:
        raise NotFound(delivery)
    if found.state != "refused":
        raise Refused(_("This message is not refused any more. Look at how it stands now."))
    found.state, found.problem = "queued", ""
    name = f"{found.channel}/again/{found.public_id}/{at.isoformat()}"
    topic = "sms" if found.channel == "sms" else "mail"
    outbox.put_many(session, topic, [(name, {"delivery": found.id})], at=at)
    audit.record(
        session, Event.NOTICE_RETRIED, at=at, by=by, employer=found.employer_id,
        subject=f"delivery:{found.public_id}", delivery=found.public_id,
    )  # fmt: skip
    return found


def make_digests(session: Session, *, at: datetime) -> int:
    """Put what waits for a summary into one mail for each reader; how many mails."""
    waiting = (
        select(Delivery).where(Delivery.state == "waiting").order_by(Delivery.id).with_for_update(skip_locked=True)
    )
    of_reader: dict[tuple[int | None, str], list[Delivery]] = defaultdict(list)
    for one in session.scalars(waiting.with_for_update(skip_locked=True)):
        of_reader[one.account_id, one.address].append(one)
    mails: Sequence[tuple[str, dict[str, Any]]] = [
        (f"mail/digest/{ones[0].public_id}", {"digest": [one.id for one in ones]}) for ones in of_reader.values()
    ]
    for ones in of_reader.values():
        for one in ones:
            one.state = "queued"
    outbox.put_many(session, "mail", mails, at=at)
    return len(mails)


def forget_addresses(session: Session, *, at: datetime) -> None:
    """Forget the addresses of persons who were written to long ago."""
    old = (Delivery.person_id.is_not(None), Delivery.created_at < at - KEPT, Delivery.address != "")
    session.execute(update(Delivery).where(*old).values(address=""))
