"""
Somebody of the fund does for an employer what the employer may do: paper returns, no internet.

It begins with the paper that says what is asked, lasts until it is ended or the day is over, and stands beside
everything that is done meanwhile: in the audit log, and with each declaration.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import audit, files
from portal.audit import Event
from portal.db import Base, Id, PublicId
from portal.files import StoredFile

#: Longest name of who signed a paper, in characters.
LONGEST = 200


class OnBehalf(Base):
    """One paper of an employer, and the officer who enters what it says, on one day."""

    __tablename__ = "on_behalf"
    __table_args__ = (Index(None, "employer_id", "id"), Index(None, "account_id", "employer_id", "day"))

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: Who of the employer signed the paper.
    signed_by: Mapped[str]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    #: A name used once, so that a second click begins nothing twice.
    name: Mapped[str] = mapped_column(unique=True)
    #: The day on which it holds.
    day: Mapped[date]
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def begin(
    session: Session, employer_id: int, *, signed_by: str, paper: tuple[str, bytes], once: str, by: int, day: date,
    at: datetime,
) -> tuple[OnBehalf, bool]:  # fmt: skip
    """
    Begin to act for an employer on *day*, with the *paper* (its name and bytes) that asks for it.

    Gives it and whether it is new: the same *once* again begins nothing.  Refused when the paper is no PDF, PNG or
    JPEG, or is too large.
    """
    name = f"{by}/{once}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"on_behalf/{name}", 0))))
    found = session.scalar(select(OnBehalf).where(OnBehalf.name == name))
    if found is not None:
        return found, False
    title, content = paper
    media = files.document_type(content, field="paper")
    kept = files.keep(session, content, name=title, media_type=media, at=at, employer=employer_id, by=by)
    made = OnBehalf(
        employer_id=employer_id, account_id=by, signed_by=signed_by[:LONGEST], file_id=kept.id, name=name, day=day,
        begun_at=at, ended_at=None,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(session, Event.ON_BEHALF_BEGUN, at=at, by=by, employer=employer_id, subject=_subject(made))
    return made, True


def open_of(session: Session, account_id: int, employer_id: int, day: date) -> OnBehalf | None:
    """Under what an account acts for an employer on *day*: the latest that is not ended; None where it does not."""
    mine = (OnBehalf.account_id == account_id, OnBehalf.employer_id == employer_id, OnBehalf.day == day)
    return session.scalar(
        select(OnBehalf).where(*mine, OnBehalf.ended_at.is_(None)).order_by(OnBehalf.id.desc()).limit(1)
    )


def end(session: Session, account_id: int, employer_id: int, *, at: datetime) -> None:
    """Stop acting for an employer.  Again: nothing changes."""
    mine = (OnBehalf.account_id == account_id, OnBehalf.employer_id == employer_id, OnBehalf.ended_at.is_(None))
    for one in session.scalars(select(OnBehalf).where(*mine).with_for_update()):
        one.ended_at = at
        audit.record(session, Event.ON_BEHALF_ENDED, at=at, by=account_id, employer=employer_id, subject=_subject(one))


def behind(session: Session) -> OnBehalf | None:
    """Under what this session's deeds are done; None where somebody acts for themselves."""
    number = audit.acting_under(session)
    return session.get(OnBehalf, number) if number is not None else None


def paper_of(session: Session, number: int) -> tuple[OnBehalf, StoredFile]:
    """What stands behind a deed, and its paper."""
    found = session.get_one(OnBehalf, number)
    return found, session.get_one(StoredFile, found.file_id)


def _subject(one: OnBehalf) -> str:
    return f"on_behalf:{one.public_id}"
