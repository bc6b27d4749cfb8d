"""
Reading more than one person's work needs: counted an account and hour, and stopped.

What is stolen from funds is not money but records, thousands an hour through one officer's visit.  Whoever reads more
persons a day or takes more files an hour than the fund allows is signed out everywhere and their account closed;
the system administrators are told, and open it again when they know why.  All times are real ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import DateTime, ForeignKey, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import audit, clock, outbox
from portal.audit import AuditEvent, Event
from portal.auth.models import Account
from portal.auth.visits import end_visits
from portal.db import Base
from portal.installation import fund
from portal.notices import service as notices
from portal.notices.kinds import Kind
from portal.staff import service
from portal.words import _

#: How long the counts are kept: the day they are needed for, and one to look into what happened.
KEPT = timedelta(days=2)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Reading(Base):
    """How many persons an account was shown, and how many files it took, in the hour that begins at *hour*."""

    __tablename__ = "reading"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    persons: Mapped[int]
    files: Mapped[int]


@dataclass(frozen=True, slots=True)
class Most:
    """What one account may read: *persons* in any 24 hours, *files* in any hour."""

    persons: int
    files: int


_ADD = insert(Reading).values(
    account_id=bindparam("account"), hour=bindparam("of"), persons=bindparam("more"), files=bindparam("taken")
)
_ADD = _ADD.on_conflict_do_update(
    index_elements=[Reading.account_id, Reading.hour],
    set_={"persons": Reading.persons + _ADD.excluded.persons, "files": Reading.files + _ADD.excluded.files},
)


def add(session: Session, account: int, *, persons: int, files: int, at: datetime) -> None:
    """An account was shown so many persons more, and took so many files."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    session.execute(_ADD, {"account": account, "of": hour, "more": persons, "taken": files})


def read_by(session: Session, account: int, *, at: datetime) -> tuple[int, int]:
    """The persons of the last 24 hours and the files of the last one, each with the hour it began in."""
    counted = select(
        func.coalesce(func.sum(Reading.persons), 0),
        func.coalesce(func.sum(Reading.files).filter(Reading.hour > at - HOUR), 0),
    ).where(Reading.account_id == account, Reading.hour > at - DAY)
    persons, files = session.execute(counted).one()
    return int(persons), int(files)


def note(session: Session, account: int, *, persons: int, files: int, most: Most, at: datetime) -> bool:
    """Add what a page showed; whether it was too much, and the account is stopped."""
    add(session, account, persons=persons, files=files, at=at)
    read, taken = read_by(session, account, at=at)
    if read <= most.persons and taken <= most.files:
        return False
    stop(session, account, persons=read, files=taken, at=at)
    return True


def stop(session: Session, account: int, *, persons: int, files: int, at: datetime) -> None:
    """Sign out everywhere, close the account, and tell its owner and the system administrators.  Again: nothing."""
    found = session.scalars(select(Account).where(Account.id == account).with_for_update(key_share=True)).one()
    if found.disabled_at is not None:
        return
    end_visits(session, account)
    # The last system administrator is signed out only: somebody has to be able to open accounts again.
    if not service.is_last_administrator(session, found, clock.today(fund().timezone)):
        found.disabled_at = clock.now()
    # Opened again, the count begins anew: what was read before was looked into.
    session.execute(delete(Reading).where(Reading.account_id == account))
    who = str(found.public_id)
    audit.record(session, Event.READING_STOPPED, at=clock.now(), account=who, persons=persons, files=files)
    name = f"{who}/{at.isoformat()}"
    notices.tell(
        session, Kind.READING_STOPPED, name=name, at=clock.now(), about={"account": who}, who=found.name,
        persons=str(persons), files=str(files),
    )  # fmt: skip
    subject, text = _("Your account was stopped"), _(
        "It read about %(persons)s persons in 24 hours and took %(files)s files in an hour, more than the work of one "
        "person needs. If this was not you, change your password when the account is open again. The system "
        "administrator of the fund knows and can open it.", persons=persons, files=files,
    )  # fmt: skip
    outbox.put_mail(session, f"mail/reading/{name}", found.email, subject, text, at=at)


@dataclass(frozen=True, slots=True)
class Stopped:
    """When an account was closed for reading too much, and the persons and files it was at."""

    at: datetime
    persons: int
    files: int


def stopped(session: Session, account: Account) -> Stopped | None:
    """Why *account* is closed, where that is for reading; None where it is open or somebody closed it."""
    if account.disabled_at is None:
        return None
    wanted = (
        AuditEvent.event == Event.READING_STOPPED.label, AuditEvent.at >= account.disabled_at,
        AuditEvent.fields["account"].astext == str(account.public_id),
    )  # fmt: skip
    found = session.scalar(select(AuditEvent).where(*wanted).order_by(AuditEvent.id.desc()).limit(1))
    return Stopped(found.at, found.fields["persons"], found.fields["files"]) if found else None


def sweep(session: Session, *, at: datetime) -> None:
    """Forget what is too old to count."""
    session.execute(delete(Reading).where(Reading.hour < at - KEPT))
