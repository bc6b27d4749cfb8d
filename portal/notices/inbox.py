"""Messages in the portal: what an employer or an account was told, the newest first, and what was read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.auth.models import EmployerRole
from portal.notices.catalogue import CATALOGUE, kinds_seen_by
from portal.notices.kinds import Audience, Role
from portal.notices.models import Notice, NoticeRead
from portal.notices.written import Written, put_into_words

#: Which notices are meant.
Scope = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a reader sees it."""

    notice: Notice
    written: Written
    is_read: bool


def to_employer(employer: int, roles: Collection[EmployerRole]) -> Scope:
    """What people with these roles may read of what an employer was told."""
    kinds = [kind.value for kind in kinds_seen_by(roles)]
    return and_(Notice.employer_id == employer, Notice.audience == Audience.EMPLOYER.value, Notice.kind.in_(kinds))


def to_account(account: int, roles: Collection[Role]) -> Scope:
    """What an account was told itself, and what the fund's people with these roles were told."""
    own = and_(Notice.account_id == account, Notice.audience == Audience.ACCOUNT.value)
    kinds = [
        spec.kind.value
        for spec in CATALOGUE.values()
        if spec.audience is Audience.FUND and set(roles) & set(spec.roles)
    ]
    return or_(own, and_(Notice.audience == Audience.FUND.value, Notice.kind.in_(kinds)))


def messages(
    session: Session, scope: Scope, reader: int, language: str, *, limit: int, offset: int
) -> tuple[list[Message], int]:
    """A page of messages, the newest first, and how many there are; *reader* is an account."""
    total = session.scalar(select(func.count()).select_from(Notice).where(scope)) or 0
    wanted = select(Notice).where(scope).order_by(Notice.id.desc()).limit(limit).offset(offset)
    found: Sequence[Notice] = session.scalars(wanted).all()
    read = _read(session, [one.id for one in found], reader)
    words = put_into_words(session, found, language) if found else []
    return [Message(one, written, one.id in read) for one, written in zip(found, words, strict=True)], total


def unread(session: Session, scope: Scope, reader: int) -> int:
    """How many messages an account has not marked as read."""
    seen = select(NoticeRead.notice_id).where(NoticeRead.notice_id == Notice.id, NoticeRead.account_id == reader)
    return session.scalar(select(func.count()).select_from(Notice).where(scope, ~seen.exists())) or 0


def mark_read(session: Session, scope: Scope, reader: int, *, upto: int, at: datetime) -> None:
    """Mark everything up to a message (its id) as read: what came since was not seen.  Again: nothing changes."""
    rows: Any = select(Notice.id, literal(reader), literal(at)).where(scope, Notice.id <= upto)
    made = insert(NoticeRead).from_select(["notice_id", "account_id", "read_at"], rows)
    session.execute(made.on_conflict_do_nothing())


def _read(session: Session, notices: Sequence[int], reader: int) -> set[int]:
    wanted = select(NoticeRead.notice_id).where(NoticeRead.account_id == reader)
    return set(session.scalars(wanted.where(NoticeRead.notice_id == func.any(list(notices))))) if notices else set()
