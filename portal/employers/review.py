"""What an officer looks at before deciding: the list of applications, likely duplicates, what happened so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select, text
from sqlalchemy.orm import Session

from portal.audit import AuditEvent, Event
from portal.auth.models import Account
from portal.employers import answers as asked
from portal.employers.models import Employer, Registration, RegistrationState
from portal.employers.registration import subject_of
from portal.installation import fund, packs
from portal.words import Words, _

#: Trigram similarity of two names, from which on they may be the same enterprise.
ALIKE = 0.4
#: More likely duplicates than this help nobody.
MOST_SHOWN = 20

#: What the list can be narrowed to.  A draft belongs to its applicant alone.
STATES = (
    RegistrationState.SUBMITTED,
    RegistrationState.RETURNED,
    RegistrationState.APPROVED,
    RegistrationState.REJECTED,
)


def registrations(
    session: Session, *, state: str, words: str, first: int, most: int
) -> tuple[Sequence[Registration], int]:
    """
    *most* applications from the *first* on (from 0) and how many there are in all.

    *words* are looked for in names and numbers as they stand.  Who waits longest comes first.
    """
    states = [state] if state in STATES else list(STATES)
    condition: list[ColumnElement[bool]] = [Registration.state.in_(states)]
    if words:
        condition.append(
            or_(
                Registration.tracking_number.icontains(words, autoescape=True),
                *(
                    Registration.answers[field].astext.icontains(words, autoescape=True)
                    for field in ("legal_name", "trade_name", "tax_number")
                ),
            )
        )
    total = session.scalar(select(func.count()).select_from(Registration).where(*condition)) or 0
    waiting_first = case((Registration.state == RegistrationState.SUBMITTED.value, 0), else_=1)
    statement = select(Registration).where(*condition)
    statement = statement.order_by(waiting_first, Registration.submitted_at, Registration.id)
    return session.scalars(statement.offset(first).limit(most)).all(), total


@dataclass(frozen=True, slots=True)
class Likely:
    """An employer or another application that may be the same enterprise, and why; *alike* in per cent."""

    number: str
    name: str
    state: str
    why: tuple[Words, ...]
    alike: int
    registration: UUID | None


@dataclass(frozen=True, slots=True)
class _Known:
    """The columns by which an enterprise is recognised."""

    legal_name: ColumnElement[str]
    trade_name: ColumnElement[str]
    tax_number: ColumnElement[str]
    registration_number: ColumnElement[str]
    phone: ColumnElement[str]
    email: ColumnElement[str]


_OF_EMPLOYER = _Known(**{name: getattr(Employer, name) for name in _Known.__slots__})
_OF_REGISTRATION = _Known(**{name: Registration.answers[name].astext for name in _Known.__slots__})

#: The same number means the same enterprise unless somebody mistyped.
_SAME = {
    "tax_number": _("The same tax number"),
    "registration_number": _("The same registration number"),
    "phone": _("The same telephone number"),
    "email": _("The same e-mail address"),
}


def likely_duplicates(session: Session, registration: Registration) -> list[Likely]:
    """Employers and other applications that share a number with this one or are named alike, the surest first."""
    session.execute(select(func.set_config("pg_trgm.similarity_threshold", str(ALIKE), True)))
    given = {field: asked.text_of(registration.answers, field) for field in _Known.__slots__}
    employers = select(Employer.number, Employer.state, *_compared(_OF_EMPLOYER, given)).where(
        _may_be(_OF_EMPLOYER, given)
    )
    if registration.employer_id is not None:
        employers = employers.where(Employer.id != registration.employer_id)
    others = select(
        Registration.tracking_number, Registration.state, *_compared(_OF_REGISTRATION, given), Registration.public_id
    ).where(
        Registration.id != registration.id,
        Registration.state.in_((RegistrationState.SUBMITTED.value, RegistrationState.RETURNED.value)),
        _may_be(_OF_REGISTRATION, given),
    )
    found = [*_likely(session, employers, given), *_likely(session, others, given)]
    return sorted(found, key=lambda one: (-len(one.why), -one.alike, one.number))[:MOST_SHOWN]


def _compared(known: _Known, given: dict[str, str]) -> list[ColumnElement[Any]]:
    """The name, how alike the names are in per cent, and the numbers, as columns."""
    pairs = [func.similarity(column, name) for column, name in _names(known, given)]
    alike = func.round(func.greatest(0, *pairs) * 100).label("alike")
    return [known.legal_name.label("name"), alike, *(getattr(known, field).label(field) for field in _SAME)]


def _may_be(known: _Known, given: dict[str, str]) -> ColumnElement[bool]:
    same = []
    for field in _SAME:
        column = getattr(known, field)
        if given[field]:
            same.append(func.lower(column) == given[field].lower())
    alike = [column.op("%")(name) for column, name in _names(known, given)]
    return or_(*same, *alike) if same or alike else text("false")  # type: ignore[return-value]  # text is a condition


def _names(known: _Known, given: dict[str, str]) -> Iterable[tuple[ColumnElement[str], str]]:
    for name in (given["legal_name"], given["trade_name"]):
        if name:
            yield known.legal_name, name
            yield known.trade_name, name


def _likely(session: Session, statement: Select[Any], given: dict[str, str]) -> Iterable[Likely]:
    for row in session.execute(statement.limit(MOST_SHOWN * 5)).mappings():
        number = row.get("number") or row.get("tracking_number")
        why = [
            words
            for field, words in _SAME.items()
            if given[field] and (row[field] or "").lower() == given[field].lower()
        ]
        alike = int(row["alike"])
        if alike >= ALIKE * 100:
            why.append(_("The names are %(alike)s per cent alike", alike=alike))
        if why:
            yield Likely(str(number), row["name"] or "", row["state"], tuple(why), alike, row.get("public_id"))


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to an application; *who* is empty for a reader who may not know."""

    what: Words
    who: str
    at: datetime
    more: str


_WORDS = {
    Event.REGISTRATION_STARTED.label: _("Application begun"),
    Event.REGISTRATION_SUBMITTED.label: _("Application sent to the fund"),
    Event.REGISTRATION_RETURNED.label: _("Returned with remarks"),
    Event.REGISTRATION_APPROVED.label: _("Approved"),
    Event.REGISTRATION_REJECTED.label: _("Rejected"),
    Event.DOCUMENT_ADDED.label: _("Document sent"),
}
_BY_OFFICER = {
    Event.REGISTRATION_RETURNED.label,
    Event.REGISTRATION_APPROVED.label,
    Event.REGISTRATION_REJECTED.label,
}


def history(session: Session, registration: Registration, *, officers: bool) -> list[Happened]:
    """What happened to the application, the newest first.  *officers*: whether the reader may know who decided."""
    rows = session.execute(
        select(AuditEvent, Account.name)
        .outerjoin(Account, Account.id == AuditEvent.account_id)
        .where(AuditEvent.subject == subject_of(registration), AuditEvent.event.in_(_WORDS))
        .order_by(AuditEvent.id.desc())
    )
    return [
        Happened(
            _WORDS[event.event],
            "" if event.event in _BY_OFFICER and not officers else name or "",
            event.at,
            str(event.fields.get("reason") or event.fields.get("employer_number") or ""),
        )
        for event, name in rows
    ]


def written(answers: asked.Answers, field: str) -> Words | str:
    """One answer as a person reads it: names instead of codes; empty when nothing was given."""
    text = asked.text_of(answers, field)
    match field:
        case "legal_form":
            form = fund().legal_form(text)
            return _("%(answer)s", answer=form.name) if form else text
        case "activity":
            return _("%(answer)s", answer=next((one.name for one in fund().activities if one.code == text), text))
        case "location":
            return _("%(answer)s", answer=asked.place_in_words(fund(), text) or text)
        case "first_employment_day":
            day = asked.read_day(text)
            return _("%(day)s", day=day) if day else text
        case "schemes":
            names = (pack.name for scheme, pack in packs().items() if scheme in asked.schemes_of(answers))
            return _("%(answer)s", answer=", ".join(names))
    return text
