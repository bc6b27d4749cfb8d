"""
What an officer decides about a submitted registration: return it, reject it, or make it an employer.

Each is done once, to a row its caller has locked: whoever comes second is told who was first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import series
from portal.audit import Event
from portal.auth import service as accounts
from portal.auth.models import Account, EmployerRole
from portal.employers import answers as asked
from portal.employers.models import Employer, Registration, RegistrationState
from portal.employers.registration import day_of, document_field, open_points, record, tell
from portal.employers.service import enrol
from portal.errors import Refused
from portal.installation import fund
from portal.notices import service as notices
from portal.notices.kinds import Kind
from portal.words import _

LONGEST_REMARK, SHORTEST_REASON = 1000, 10


def give_back(
    session: Session, registration: Registration, remarks: Mapping[str, str], *, by: int, at: datetime
) -> None:
    """Return the application with a remark beside each field that has to be looked at again."""
    _refuse_unless_waiting(session, registration, by)
    known = {*asked.FIELDS, *(document_field(choice.code) for choice in fund().documents)}
    said = {field: asked.clean(text)[:LONGEST_REMARK] for field, text in remarks.items() if field in known}
    said = {field: text for field, text in said.items() if text}
    if not said:
        raise Refused(_("Write at least one remark: the applicant must know what to change."), status=422)
    registration.move_to(RegistrationState.RETURNED)
    registration.remarks = said
    registration.decided_at, registration.decided_by = at, by
    record(session, Event.REGISTRATION_RETURNED, registration, by=by, at=at, remarks=said)
    tell(session, Kind.REGISTRATION_RETURNED, registration, at=at)


def reject(session: Session, registration: Registration, reason: str, *, by: int, at: datetime) -> None:
    """Turn the application down for good, with a reason the applicant can read."""
    _refuse_unless_waiting(session, registration, by)
    said = asked.clean(reason)[:LONGEST_REMARK]
    if len(said) < 10:
        raise Refused(_("Write the reason in a sentence: the applicant gets to read it."), field="reason", status=422)
    registration.move_to(RegistrationState.REJECTED)
    registration.reason = said
    registration.decided_at, registration.decided_by = at, by
    record(session, Event.REGISTRATION_REJECTED, registration, by=by, at=at, reason=said)
    tell(session, Kind.REGISTRATION_REJECTED, registration, at=at, reason=said)


def approve(
    session: Session, registration: Registration, *, by: int, at: datetime,
    said: Mapping[str, Mapping[str, str]] | None = None,
) -> Employer:  # fmt: skip
    """
    Make the applicant an employer: its number, its enrolments, and the mandate of who applied.

    *registration* is locked by the caller, so of two officers one is told that the other was first.  *said*
    answers what each scheme asks about an employer, by scheme and code.
    """
    _refuse_unless_waiting(session, registration, by)
    if open_points(session, registration, day_of(at)):
        raise Refused(_("The application is not complete. Return it with a remark on what is missing."), status=422)
    registration.move_to(RegistrationState.APPROVED)
    employer = _new_employer(session, registration, by=by, at=at)
    registration.employer_id = employer.id
    registration.decided_at, registration.decided_by = at, by
    _let_in(session, employer, registration, said or {}, by=by, at=at)
    record(
        session, Event.REGISTRATION_APPROVED, registration, by=by, at=at, employer=employer.id,
        employer_number=employer.number,
    )  # fmt: skip
    notices.tell(session, Kind.REGISTRATION_APPROVED, name=str(employer.public_id), at=at, employer=employer.id)
    return employer


def _let_in(
    session: Session, employer: Employer, registration: Registration, said: Mapping[str, Mapping[str, str]], *,
    by: int, at: datetime,
) -> None:  # fmt: skip
    """Who applied administers the employer from today; it is enrolled from its first day of employment on."""
    applicant, today = session.get_one(Account, registration.account_id), day_of(at)
    accounts.give_mandate(session, employer.id, applicant, EmployerRole.ADMINISTRATOR, from_day=today, at=at, by=by)
    for scheme in asked.schemes_of(registration.answers):
        try:
            enrol(session, employer.id, scheme, employer.first_employment_day, at=at, by=by, said=said.get(scheme))
        except Refused as refused:
            raise Refused(refused.words, field=f"{scheme}.{refused.field}", status=refused.status) from None


#: The answers that an employer's file takes over as they are.
_TAKEN_OVER = (
    "legal_name", "trade_name", "tax_number", "registration_number", "legal_form", "activity", "location", "address",
    "contact_name", "phone", "email", "bank_name", "bank_account",
)  # fmt: skip


def _new_employer(session: Session, registration: Registration, *, by: int, at: datetime) -> Employer:
    # The series is held from here to the end of the transaction, so that of two applications
    # with one tax number the second sees the first; the refusal gives its number back.
    number = fund().employer_number.issue(series.next_number(session, "employer"))
    given = {field: asked.text_of(registration.answers, field) for field in asked.FIELDS}
    _refuse_taken(session, given["tax_number"])
    first_day, headcount = asked.read_day(given["first_employment_day"]), asked.read_count(given["headcount"])
    assert first_day is not None  # open_points() has looked
    assert headcount is not None
    employer = Employer(
        number=number,
        first_employment_day=first_day,
        headcount=headcount,
        approved_at=at,
        approved_by=by,
        **{field: given[field] for field in _TAKEN_OVER},
    )
    session.add(employer)
    session.flush()
    return employer


def _refuse_taken(session: Session, tax_number: str) -> None:
    taken = session.scalar(select(Employer).where(Employer.tax_number == tax_number))
    if taken is not None:
        raise Refused(
            _(
                "%(name)s, employer %(number)s, already has the tax number %(tax)s. Nothing was changed.",
                name=taken.legal_name, number=taken.number, tax=taken.tax_number,
            )
        )  # fmt: skip


def _refuse_unless_waiting(session: Session, registration: Registration, by: int) -> None:
    """Say who decided what and when, to the officer who comes second; nobody decides about their own."""
    if registration.account_id == by:
        raise Refused(_("This is your own application. A colleague has to decide it."), status=403)
    if registration.state == RegistrationState.SUBMITTED:
        return
    officer = session.get(Account, registration.decided_by) if registration.decided_by else None
    employer = session.get(Employer, registration.employer_id) if registration.employer_id else None
    who, when = officer.name if officer else "", registration.decided_at
    match registration.state:
        case RegistrationState.APPROVED if employer is not None:
            words = _(
                "%(who)s approved this application on %(when)s as employer %(number)s. Nothing was changed.",
                who=who, when=when, number=employer.number,
            )  # fmt: skip
        case RegistrationState.REJECTED:
            words = _("%(who)s rejected this application on %(when)s. Nothing was changed.", who=who, when=when)
        case RegistrationState.RETURNED:
            words = _(
                "%(who)s returned this application on %(when)s. It can be decided once the applicant sends it again.",
                who=who, when=when,
            )  # fmt: skip
        case _unsent:
            words = _("This application has not been submitted. There is nothing to decide yet.")
    raise Refused(words)
