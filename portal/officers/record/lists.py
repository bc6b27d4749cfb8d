"""The lists of an employer's record that no other room draws; read-only, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, func, literal, select, union_all
from sqlalchemy.orm import Session, defer

from portal.auth.models import Account, Mandate
from portal.auth.on_behalf import OnBehalf
from portal.cases.models import Case, CaseEntry, CaseFile
from portal.contributions.models import Declaration, Payroll
from portal.db import day_range
from portal.employers.models import Employer, Registration, RegistrationDocument
from portal.errors import NotFound
from portal.files import StoredFile
from portal.installation import fund
from portal.notices.models import Notice
from portal.notices.written import Written, put_into_words
from portal.web.filters import pack_words
from portal.web.pages import PER_PAGE


@dataclass(frozen=True, slots=True)
class Return:
    """A declaration in the list of returns: how it came in, and who sent it (empty: not an account)."""

    declaration: Declaration
    source: str
    by: str


@dataclass(frozen=True, slots=True)
class Told:
    """A notice the employer got, in the reader's language."""

    written: Written
    at: datetime


@dataclass(frozen=True, slots=True)
class Paper:
    """A document on file: where it comes from, who brought it (empty: not known)."""

    file: StoredFile
    origin: str
    by: str


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody's mandate for the employer, and whether it holds today."""

    mandate: Mandate
    account: Account
    holds: bool


def returns(session: Session, employer_id: int, number: int) -> tuple[list[Return], int]:
    """Page *number* of everything declared, the newest first, and how many there are."""
    mine = Declaration.employer_id == employer_id
    rows = session.execute(
        select(Declaration, Payroll.source, func.coalesce(Account.name, ""))
        .join(Payroll, Payroll.id == Declaration.payroll_id)
        .outerjoin(Account, Account.id == Declaration.submitted_by)
        .where(mine)
        .options(defer(Declaration.snapshot, raiseload=True))
        .order_by(Declaration.id.desc())
        .limit(PER_PAGE)
        .offset((number - 1) * PER_PAGE)
    )
    return [Return(*row) for row in rows], session.scalar(select(func.count(Declaration.id)).where(mine)) or 0


def told(session: Session, employer_id: int, number: int, language: str) -> tuple[list[Told], int]:
    """Page *number* of what the employer was told, the newest first, in a language; and how many there are."""
    mine = (Notice.employer_id == employer_id, Notice.audience == "employer")
    found = session.scalars(
        select(Notice).where(*mine).order_by(Notice.id.desc()).limit(PER_PAGE).offset((number - 1) * PER_PAGE)
    ).all()
    written = put_into_words(session, found, language)
    total = session.scalar(select(func.count(Notice.id)).where(*mine)) or 0
    return [Told(words, one.at) for words, one in zip(written, found, strict=True)], total


def _papers(employer_id: int) -> CompoundSelect[Any]:
    """Every paper about an employer with where it comes from; not the documents that the portal draws itself."""
    registered = (
        select(RegistrationDocument.file_id, literal("registration").label("origin"))
        .join(Registration, Registration.id == RegistrationDocument.registration_id)
        .where(Registration.employer_id == employer_id)
    )
    payrolls = select(Payroll.file_id, literal("payroll")).where(
        Payroll.employer_id == employer_id, Payroll.file_id.is_not(None)
    )
    asked = (
        select(CaseFile.file_id, literal("case"))
        .join(CaseEntry, CaseEntry.id == CaseFile.entry_id)
        .join(Case, Case.id == CaseEntry.case_id)
        .where(Case.employer_id == employer_id)
    )
    entered = select(OnBehalf.file_id, literal("on_behalf")).where(OnBehalf.employer_id == employer_id)
    return union_all(registered, payrolls, asked, entered)


def papers(session: Session, employer_id: int, number: int) -> tuple[list[Paper], int]:
    """Page *number* of the papers on file, the newest first, and how many there are."""
    known = _papers(employer_id).subquery()
    rows = session.execute(
        select(StoredFile, known.c.origin, func.coalesce(Account.name, ""))
        .join(known, known.c.file_id == StoredFile.id)
        .outerjoin(Account, Account.id == StoredFile.created_by)
        .order_by(StoredFile.id.desc())
        .limit(PER_PAGE)
        .offset((number - 1) * PER_PAGE)
    )
    return [Paper(*row) for row in rows], session.scalar(select(func.count()).select_from(known)) or 0


def paper(session: Session, employer_id: int, name: UUID) -> StoredFile:
    """One paper of this employer; NotFound for anything else."""
    known = _papers(employer_id).subquery()
    found = session.scalar(
        select(StoredFile).where(StoredFile.public_id == name, StoredFile.id.in_(select(known.c.file_id)))
    )
    if found is None:
        raise NotFound(name)
    return found


def acting(session: Session, employer: Employer, today: date) -> Sequence[Acting]:
    """Who acts or acted for the employer, those who may today first."""
    rows = session.execute(
        select(Mandate, Account, day_range(today, Mandate.from_day, Mandate.to_day).label("holds"))
        .join(Account, Account.id == Mandate.account_id)
        .where(Mandate.employer_id == employer.id)
        .order_by(day_range(today, Mandate.from_day, Mandate.to_day).desc(), Account.name, Mandate.id)
    )
    return [Acting(*row) for row in rows]


def place_of(employer: Employer) -> str:
    """Where the employer is: the place and what it lies in."""
    return ", ".join(pack_words(place.name) for place in reversed(fund().path_to(employer.location)))
