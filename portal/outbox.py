"""
What must leave the portal (to the core, by mail), saved in the transaction that causes it.

The broker only wakes the sender.  A row is leased while it is being sent; a sender that dies
leaves a lease that runs out, and the next try knows from ``attempts`` that it must look first.
Leases run on the real clock: moving the practice clock must not hand a message to two senders.

Turns are fair: whoever had a message dealt with goes behind everybody who waits, so one employer
with a thousand messages, or with one that fails for ever, delays nobody.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from portal import clock, tally, trace
from portal.db import WAKE, Base, Id, PublicId
from portal.logs import note
from portal.scheme.explain import words_to_json
from portal.words import Words

log = logging.getLogger("portal.outbox")

#: Longer than any one request to the core may take; it is renewed before each that changes something.
LEASE = timedelta(minutes=5)
#: Waiting after the first failure, doubled each time up to the longest.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=15)
#: How long a message that always fails is tried before it is set aside with the reason.
GIVE_UP = timedelta(hours=48)


def wait_after(tries: int) -> timedelta:
    """
    How long to wait after this many failures in a row (1 or more), before chance is added.

    >>> [wait_after(tries).total_seconds() for tries in (1, 2, 3, 11)]
    [1.0, 2.0, 4.0, 900.0]
    """
    return min(FIRST_WAIT * (1 << min(tries - 1, 20)), LONGEST_WAIT)


def tries_in(time: timedelta) -> int:
    """
    How many failures in a row, each waited after, fill *time*.

    >>> tries_in(GIVE_UP)
    201
    """
    tries, waited = 0, timedelta()
    while waited < time:
        tries += 1
        waited += wait_after(tries)
    return tries


#: The failures in a row after which a message is set aside.
MOST_TRIES = tries_in(GIVE_UP)


class Message(Base):
    """One thing to send.  *effect* is chosen before the insert, so that it names the effect for good."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'leased', 'done', 'refused')", name="state"),
        Index("ix_outbox_open", "topic", "next_try_at", postgresql_where=text("state IN ('queued', 'leased')")),
        Index("ix_outbox_refused", "topic", postgresql_where=text("state = 'refused'")),
        Index(None, "employer_id", "topic", "id"),
    )

    id: Mapped[Id]
    effect: Mapped[PublicId]
    topic: Mapped[str]
    #: A name used once: putting the same message again adds nothing.
    name: Mapped[str] = mapped_column(unique=True)
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str]
    #: How often it was leased: whoever holds the lease knows the number, so an older sender is told apart.
    attempts: Mapped[int] = mapped_column(default=0)
    #: Failures in a row that count against the message itself; a fresh start begins at 0.
    tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    lease_until: Mapped[datetime | None]
    next_try_at: Mapped[datetime]
    last_problem: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    #: Of the click that caused it.
    reference: Mapped[str] = mapped_column(default="", server_default="")
    done_at: Mapped[datetime | None]


_NEW = insert(Message).on_conflict_do_nothing(index_elements=[Message.name])


def put(
    session: Session, topic: str, name: str, payload: dict[str, Any], *, at: datetime, employer: int | None = None
) -> None:
    """Queue one message in the caller's transaction.  The same *name* again changes nothing."""
    row = {
        "topic": topic, "name": name, "employer_id": employer, "payload": payload, "state": "queued", "attempts": 0,
        "last_problem": "",
        "next_try_at": clock.real_now(),  # *at* may be a moved clock's; sending never waits for that
        "created_at": at, "reference": trace.current(),
    }  # fmt: skip
    session.execute(_NEW, row)
    session.info[WAKE] = True


def put_many(session: Session, topic: str, messages: Sequence[tuple[str, dict[str, Any]]], *, at: datetime) -> None:
    """Queue many messages of nobody in particular, each with its name, in one statement; no order between them."""
    if not messages:
        return
    now = clock.real_now()
    rows = [
        {
            "topic": topic, "name": name, "payload": payload, "state": "queued", "attempts": 0, "last_problem": "",
            "next_try_at": now, "created_at": at, "reference": trace.current(),
        }
        for name, payload in messages
    ]  # fmt: skip
    session.execute(insert(Message).values(rows).on_conflict_do_nothing(index_elements=[Message.name]))
    session.info[WAKE] = True


def put_mail(
    session: Session, name: str, to: str, subject: Words, text: Words, *, at: datetime, employer: int | None = None
) -> None:
    """Queue one mail.  It is put into a language when it is sent, like a page when it is shown."""
    payload = {"to": to, "subject": words_to_json(subject), "text": words_to_json(text)}
    put(session, "mail", name, payload, at=at, employer=employer)


def claim(session: Session, topic: str, *, at: datetime) -> Message | None:
    """
    Lease the oldest message of *topic* that may be sent now, or None.

    Messages of one employer go in order and one at a time: a message waits while an older one of the same employer
    is open, or any is being sent.  Claims of a topic are made one after the other: two made at once could miss each
    other.  *at* is the real time.  From here on what happens belongs to the click that caused the message.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("outbox/" + topic))))
    other = aliased(Message)
    in_the_way = ((other.id < Message.id) & other.state.in_(("queued", "leased"))) | (
        (other.id != Message.id) & (other.state == "leased") & (other.lease_until >= at)
    )
    held_back = exists().where(other.topic == Message.topic, other.employer_id == Message.employer_id, in_the_way)
    ready = or_(
        (Message.state == "queued") & (Message.next_try_at <= at),
        (Message.state == "leased") & (Message.lease_until < at),
    )
    statement = (
        select(Message)
        .where(Message.topic == topic, ready, ~held_back)
        .order_by(Message.next_try_at, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    message = session.scalar(statement)
    if message is not None:
        message.state = "leased"
        message.attempts += 1
        message.lease_until = at + LEASE
        trace.follow(message.reference)
    return message


def still_leased(session: Session, effect: UUID, attempts: int) -> Message | None:
    """The message, locked, if this sender still holds it: nobody claimed it since attempt *attempts*."""
    statement = select(Message).where(Message.effect == effect).with_for_update()
    message = session.scalar(statement)
    return message if message and message.state == "leased" and message.attempts == attempts else None


def done(session: Session, message: Message, *, at: datetime) -> None:
    """It was sent and read back.  What it carried is emptied: it may hold a code or an address."""
    message.state, message.done_at, message.lease_until, message.last_problem = "done", at, None, ""
    if message.topic in ("mail", "sms"):
        message.payload = {}
    _noted(message, "done")
    _let_others_first(session, message, at)


def again(message: Message, problem: str, *, at: datetime) -> None:
    """It could not be sent now: wait longer after each failure, with some chance in it."""
    message.tries += 1
    message.state, message.lease_until, message.last_problem = "queued", None, problem[:500]
    message.next_try_at = at + wait_after(message.tries) * random.uniform(0.8, 1.2)
    _noted(message, "again")


def worn_out(message: Message) -> bool:
    """Whether it failed so often that it should be set aside."""
    return message.tries >= MOST_TRIES


def put_back(message: Message, problem: str, *, at: datetime) -> None:
    """It could not be sent, which says nothing about it: it keeps its place in time, behind the others who wait."""
    message.state, message.lease_until, message.last_problem = "queued", None, problem[:500]
    message.next_try_at = at


def refused(session: Session, message: Message, problem: str, *, at: datetime) -> None:
    """It will never succeed as it is: set aside, with the reason, until an officer sends it again."""
    message.state, message.lease_until, message.last_problem = "refused", None, problem[:500]
    _noted(message, "refused")
    _let_others_first(session, message, at)


def retry(message: Message, *, at: datetime) -> None:
    """Try it afresh: an officer sends a refused message again, or a part of it is done and the rest follows."""
    message.state, message.lease_until, message.next_try_at, message.tries = "queued", None, at, 0


def _noted(message: Message, outcome: str) -> None:
    """One line and one figure; what went wrong stands in the row: it may repeat what somebody typed."""
    tally.count(f"message/{message.topic}/{outcome}")
    note(
        log, "message", topic=message.topic, message=str(message.effect), outcome=outcome, attempts=message.attempts,
        reference=message.reference or trace.current(),
    )  # fmt: skip


def _let_others_first(session: Session, message: Message, at: datetime) -> None:
    """The employer had a turn: the next message of the same employer goes behind everybody who waits now."""
    if message.employer_id is None:
        return
    following = (
        select(Message.id)
        .where(Message.topic == message.topic, Message.employer_id == message.employer_id, Message.id > message.id)
        .where(Message.state == "queued")
        .order_by(Message.id)
        .limit(1)
        .scalar_subquery()
    )
    session.execute(
        update(Message).where(Message.id == following, Message.next_try_at < at).values(next_try_at=at),
        execution_options={"synchronize_session": False},
    )
