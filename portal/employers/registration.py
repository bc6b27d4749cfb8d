"""
An application to be registered: begun, saved page by page, and submitted by its applicant.

It is changed by its applicant while it is a draft or returned, and decided by an officer
(``decisions.py``) while it is submitted; nobody else, and never both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit, files, series
from portal.audit import Event
from portal.auth.models import Account
from portal.employers import answers as asked
from portal.employers.answers import Page
from portal.employers.models import Registration, RegistrationDocument, RegistrationState
from portal.errors import NotFound, Refused
from portal.files import StoredFile
from portal.installation import fund
from portal.notices import service as notices
from portal.notices.kinds import Kind
from portal.scheme.identity import NumberRule
from portal.words import Words, _

#: The applicant may change the answers in these states.
OPEN = (RegistrationState.DRAFT, RegistrationState.RETURNED)


@dataclass(frozen=True, slots=True)
class DocumentOnFile:
    """A document the applicant has sent; *size* in bytes."""

    kind: str
    name: str
    media_type: str
    size: int
    file_id: int


def subject_of(registration: Registration) -> str:
    """How the audit log names it."""
    return f"registration:{registration.public_id}"


def document_field(kind: str) -> str:
    """The field name under which a document is remarked upon."""
    return f"document_{kind}"


def start(session: Session, account: Account, *, at: datetime) -> Registration:
    """A new, empty application with its tracking number.  While one is still a draft, that one."""
    session.scalar(select(Account.id).where(Account.id == account.id).with_for_update())
    draft = session.scalar(
        select(Registration).where(
            Registration.account_id == account.id, Registration.state == RegistrationState.DRAFT.value
        )
    )
    if draft is not None:
        return draft
    given = {"email": account.email, "contact_name": account.name, "schemes": list(fund().schemes)}
    registration = Registration(
        tracking_number=_tracking_numbers().issue(series.next_number(session, "registration")),
        state=RegistrationState.DRAFT.value,
        account_id=account.id,
        answers=given,
        created_at=at,
    )
    session.add(registration)
    session.flush()
    record(session, Event.REGISTRATION_STARTED, registration, by=account.id, at=at)
    return registration


def _tracking_numbers() -> NumberRule:
    prefix = fund().series.get("application", "T")
    return NumberRule(name="tracking number", prefix=prefix, digits=6, check="luhn", first=100001)


def registration_of(
    session: Session, public_id: UUID, *, account_id: int | None = None, lock: bool = False
) -> Registration:
    """The application; NotFound when there is none, or when it is not that of *account_id*."""
    statement = select(Registration).where(Registration.public_id == public_id)
    if account_id is not None:
        statement = statement.where(Registration.account_id == account_id)
    registration = session.scalar(statement.with_for_update() if lock else statement)
    if registration is None:
        raise NotFound("registration")
    return registration


def registrations_of(session: Session, account_id: int) -> Sequence[Registration]:
    """Every application an account has begun, the newest first."""
    return session.scalars(
        select(Registration).where(Registration.account_id == account_id).order_by(Registration.id.desc())
    ).all()


def save_answers(
    registration: Registration, page: Page, typed: Mapping[str, str | list[str]], *, today: date
) -> dict[str, Words]:
    """
    Keep what was typed on one page, wrong or not, and say what is still wrong there, by field.

    Refused once the application is with the fund.
    """
    _refuse_unless_open(registration)
    saved = dict(registration.answers)
    for field in page.asked:
        value = typed.get(field.name, "")
        if isinstance(value, str):
            saved[field.name] = asked.kept(field.name, asked.clean(value), fund())
        else:
            saved[field.name] = [scheme for scheme in fund().schemes if scheme in value]
    registration.answers = saved
    return asked.problems(saved, fund(), today, [page])


def add_document(
    session: Session, registration: Registration, kind: str, name: str, content: bytes, *, by: int, at: datetime
) -> None:
    """Keep a document of this kind in place of an earlier one.  Refused when it is too large or no PDF, PNG or JPEG."""
    _refuse_unless_open(registration)
    field = document_field(kind)
    if all(kind != choice.code for choice in fund().documents):
        raise NotFound("document")
    media_type = files.document_type(content, field=field)
    stored = files.keep(session, content, name=asked.clean(name) or kind, media_type=media_type, at=at, by=by)
    _replace(session, registration, kind, stored)
    record(session, Event.DOCUMENT_ADDED, registration, by=by, at=at, kind=kind)


def _replace(session: Session, registration: Registration, kind: str, stored: StoredFile) -> None:
    row = session.scalar(
        select(RegistrationDocument).where(
            RegistrationDocument.registration_id == registration.id, RegistrationDocument.kind == kind
        )
    )
    if row is None:
        session.add(RegistrationDocument(registration_id=registration.id, kind=kind, file_id=stored.id))
        return
    earlier, row.file_id = row.file_id, stored.id
    session.flush()
    if registration.submitted_at is None:  # the fund never saw it; what it saw is kept
        session.delete(session.get_one(StoredFile, earlier))


def documents_of(session: Session, registration: Registration) -> dict[str, DocumentOnFile]:
    """The documents sent so far, by kind."""
    rows = session.execute(
        select(RegistrationDocument.kind, StoredFile)
        .join(StoredFile, StoredFile.id == RegistrationDocument.file_id)
        .where(RegistrationDocument.registration_id == registration.id)
    )
    return {kind: DocumentOnFile(kind, one.name, one.media_type, one.size, one.id) for kind, one in rows}


def document(session: Session, registration: Registration, kind: str) -> StoredFile:
    """One document with its bytes; NotFound when it was not sent."""
    on_file = documents_of(session, registration).get(kind)
    if on_file is None:
        raise NotFound("document")
    return session.get_one(StoredFile, on_file.file_id)


def open_points(session: Session, registration: Registration, today: date) -> dict[str, Words]:
    """All that is missing or cannot be right, by field, documents included.  Empty: it can be submitted."""
    points = asked.problems(registration.answers, fund(), today)
    sent = documents_of(session, registration)
    for wanted in fund().documents_for(asked.text_of(registration.answers, "legal_form")):
        if wanted.code not in sent:
            points[document_field(wanted.code)] = _("Send this document: %(name)s.", name=wanted.name)
    return points


def submit(session: Session, registration: Registration, *, by: int, at: datetime) -> None:
    """
    Hand the application to the fund and tell the applicant.  Again: nothing changes.

    *registration* is locked by the caller.
    """
    if registration.state == RegistrationState.SUBMITTED:
        return
    _refuse_unless_open(registration)
    points = open_points(session, registration, day_of(at))
    if points:
        raise Refused(
            _("The application is not complete yet. Look at the tasks that are still to do."),
            field=next(iter(points)),
            status=422,
        )
    registration.move_to(RegistrationState.SUBMITTED)
    registration.submitted_at, registration.remarks = at, {}
    record(session, Event.REGISTRATION_SUBMITTED, registration, by=by, at=at)
    tell(session, Kind.REGISTRATION_RECEIVED, registration, at=at)


def _refuse_unless_open(registration: Registration) -> None:
    if registration.state not in OPEN:
        raise Refused(
            _("The application %(number)s is with the fund and cannot be changed now.",
              number=registration.tracking_number)
        )  # fmt: skip


def day_of(at: datetime) -> date:
    """The day it is at the fund."""
    return at.astimezone(ZoneInfo(fund().timezone)).date()


def record(
    session: Session,
    event: Event,
    registration: Registration,
    *,
    by: int,
    at: datetime,
    employer: int | None = None,
    **fields: Any,
) -> None:
    number, subject = registration.tracking_number, subject_of(registration)
    audit.record(session, event, at=at, by=by, employer=employer, subject=subject, registration=number, **fields)


def tell(session: Session, kind: Kind, registration: Registration, *, at: datetime, **values: Any) -> None:
    """Tell the applicant, once for each change of state."""
    notices.tell(
        session, kind, name=f"{registration.public_id}/{at.isoformat()}", at=at, account=registration.account_id,
        about={"registration": registration.public_id}, tracking=registration.tracking_number, **values,
    )  # fmt: skip
