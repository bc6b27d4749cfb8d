"""
Letters of the fund to an employer: written by an officer from a template, numbered without gaps, drawn once and kept.

What stands in a letter is frozen when it is written.  The worker draws it, puts it among the employer's messages and
mails it; each way it went is noted with the fingerprint of what was sent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import force_locale
from sqlalchemy import String, cast, column, func, select, table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import audit, files, outbox, series
from portal.audit import Event
from portal.auth.models import Account
from portal.errors import NotFound, Refused
from portal.files import StoredFile
from portal.installation import fund
from portal.notices import service as notices
from portal.notices import templates, wording
from portal.notices.catalogue import LETTERS
from portal.notices.kinds import Kind, LetterKind
from portal.notices.models import Delivery, Letter, LetterSent, Notice
from portal.notices.templates import BadTemplate
from portal.notices.written import default_text
from portal.web.filters import day
from portal.words import _

#: The letters before a letter's number.
PREFIX = "LT"
TOPIC = "letter"
_employer = table("employer", *map(column, ("id", "number", "legal_name", "address")))


@dataclass(frozen=True, slots=True)
class Addressee:
    """The employer a letter goes to."""

    id: int
    number: str
    name: str
    address: str


def addressee(session: Session, employer_id: int) -> Addressee:
    """Name and address as they stand in the employer's file now."""
    return Addressee(*session.execute(select(_employer).where(_employer.c.id == employer_id)).one())


def begun(session: Session, kind: LetterKind, language: str, to: Addressee, *, at: datetime) -> tuple[str, str]:
    """Subject and text to begin with: the fund's template, or the portal's, with its places filled."""
    own = templates.in_force(session, kind, language)
    subject, text = (own.subject, own.text) if own else default_text(LETTERS[kind], language)
    with force_locale(language):
        known = {"employer": to.name, "number": to.number, "fund": fund().name, "day": day(_day(at)), "link": ""}
    return wording.filled(subject, known), wording.filled(text, known)


def write(
    session: Session, employer_id: int, kind: LetterKind, language: str, subject: str, text: str, *, once: str,
    by: int, at: datetime,
) -> Letter:  # fmt: skip
    """
    Write a letter: it gets its number and is drawn and sent by the worker.  *once* again: the first letter.

    `BadTemplate` where the subject or the text is missing, too long, or still has a place in braces.
    """
    _check(language, subject, text)
    name = f"letter/{employer_id}/{once}"
    there = session.scalar(select(Letter).where(Letter.name == name))
    if there is not None:
        return there
    to, writer = addressee(session, employer_id), session.get_one(Account, by)
    snapshot = _snapshot(to, language, subject, text, signed_by=writer.name, at=at)
    number = f"{PREFIX}-{_day(at).year}-{series.next_number(session, f'letter/{_day(at).year}'):06d}"
    made = Letter(
        number=number, name=name, kind=kind.value, employer_id=employer_id, language=language,
        snapshot={**snapshot, "number": number}, file_id=None, written_at=at, written_by=by,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(
        session, Event.LETTER_WRITTEN, at=at, by=by, employer=employer_id, subject=f"letter:{made.public_id}",
        letter=number, kind=kind.value,
    )  # fmt: skip
    outbox.put(session, TOPIC, f"letter/{made.public_id}", {"letter": made.id}, at=at, employer=employer_id)
    return made


def _check(language: str, subject: str, text: str) -> None:
    if language not in fund().languages:
        raise Refused(_("The fund does not write in this language."), field="language", status=422)
    problems = wording.problems_of_letter(subject, text)
    if problems:
        raise BadTemplate(problems)


def _snapshot(
    to: Addressee, language: str, subject: str, text: str, *, signed_by: str, at: datetime
) -> dict[str, Any]:  # fmt: skip
    """What ``templates/pdf/letter.html`` wants, without the number."""
    head = fund()
    return {
        "issued_on": _day(at).isoformat(),
        "language": language,
        "practice": head.practice,
        "fund": {
            "name": head.name, "logo": head.logo, "address": list(head.contact.address), "email": head.contact.email,
            "phone": head.contact.phone, "hours": head.contact.hours,
        },
        "employer": {"number": to.number, "name": to.name, "address": to.address},
        "subject": " ".join(subject.split()),
        "paragraphs": [one.split("\n") for one in wording.paragraphs(text)],
        "signed_by": signed_by,
    }  # fmt: skip


def _day(at: datetime) -> Any:
    return at.astimezone(ZoneInfo(fund().timezone)).date()


# -- drawn and sent ------------------------------------------------------------------


def to_draw(session: Session, letter_id: int) -> Letter | None:
    """A letter that is not drawn yet; None when it is."""
    found = session.get_one(Letter, letter_id)
    return found if found.file_id is None else None


def keep(session: Session, letter_id: int, pdf: bytes, *, at: datetime) -> None:
    """Keep the PDF, put the letter among the employer's messages, and note that it is there.  Again: nothing."""
    letter = session.get_one(Letter, letter_id, with_for_update=True)
    if letter.file_id is not None:
        return
    kept = files.keep(
        session, pdf, name=f"{letter.number}.pdf", media_type="application/pdf", at=at, employer=letter.employer_id,
        by=letter.written_by,
    )  # fmt: skip
    session.flush()
    letter.file_id = kept.id
    _note(session, letter.id, letter.employer_id, "portal", letter.snapshot["employer"]["number"], kept.sha256, at)
    notices.tell(
        session, Kind.LETTER, name=str(letter.public_id), at=at, employer=letter.employer_id,
        about={"letter_id": letter.public_id}, letter=letter.number, about_what=letter.snapshot["subject"],
    )  # fmt: skip


def attached_to(session: Session, notice: Notice) -> dict[str, bytes]:
    """The PDF that goes with a notice about a letter, by the name of the file."""
    found = session.scalar(
        select(StoredFile)
        .join(Letter, Letter.file_id == StoredFile.id)
        .where(Letter.public_id == notice.about["letter_id"])
    )
    return {found.name: found.content} if found is not None else {}


def went_by_mail(session: Session, ids: Collection[int], *, at: datetime) -> None:
    """Note which letters went out with these deliveries, to which address."""
    rows = session.execute(
        select(Letter.id, Letter.employer_id, Delivery.address, StoredFile.sha256)
        .join(Notice, Notice.id == Delivery.notice_id)
        .join(Letter, cast(Letter.public_id, String) == Notice.about["letter_id"].astext)
        .join(StoredFile, StoredFile.id == Letter.file_id)
        .where(Delivery.id == func.any(list(ids)), Notice.kind == Kind.LETTER.value, Delivery.channel == "mail")
    )
    for letter, employer, address, sha256 in rows:
        _note(session, letter, employer, "mail", address, sha256, at)


def _note(session: Session, letter: int, employer: int, way: str, address: str, sha256: str, at: datetime) -> None:
    row = {"letter_id": letter, "employer_id": employer, "way": way, "address": address, "at": at, "sha256": sha256}
    session.execute(insert(LetterSent).values(row).on_conflict_do_nothing())


# -- read ----------------------------------------------------------------------------


def letter_of(session: Session, employer_id: int, letter: UUID) -> tuple[Letter, StoredFile | None]:
    """A letter of an employer with its PDF, None until it is drawn; NotFound when it is another's or none."""
    rows = select(Letter, StoredFile).outerjoin(StoredFile, StoredFile.id == Letter.file_id)
    found = session.execute(rows.where(Letter.employer_id == employer_id, Letter.public_id == letter)).one_or_none()
    if found is None:
        raise NotFound(letter)
    return found[0], found[1]


def letters_of(session: Session, employer_id: int) -> list[tuple[Letter, str, Sequence[LetterSent]]]:
    """Every letter of an employer, the newest first, with who wrote it and each way it went."""
    wanted = select(Letter, Account.name).outerjoin(Account, Account.id == Letter.written_by)
    rows = session.execute(wanted.where(Letter.employer_id == employer_id).order_by(Letter.id.desc())).all()
    sent = session.scalars(
        select(LetterSent).where(LetterSent.employer_id == employer_id).order_by(LetterSent.id)
    ).all()
    return [(one, name or "", [way for way in sent if way.letter_id == one.id]) for one, name in rows]
