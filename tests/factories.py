"""
Rows to begin a story with.  ``make_employer(session, legal_name="Kafue Mining Ltd")``: name only what matters.

What the story is about goes through the services; this is only its stage.
"""

from __future__ import annotations

import itertools
import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal import clock, db
from portal.auth.models import Account, EmployerRole, FundRole, FundRoleName, Mandate, WebSession
from portal.auth.sessions import _digest
from portal.employers.models import Employer, Employment, Enrolment, Wage
from portal.people.models import Person
from portal.scheme.calendars import Month

AT = datetime(2025, 1, 6, 8, 0, tzinfo=UTC)
SCHEMES = ("zm-nhima", "zm-napsa")
_count = itertools.count(1)


def make_account(session: Session, **changes: Any) -> Account:
    """A confirmed account."""
    n = next(_count)
    values: dict[str, Any] = {
        "email": f"account{n}@example.org",
        "name": f"Account {n}",
        "password_hash": None,
        "confirmed_at": AT,
        "created_at": AT,
    }
    account = Account(**{**values, **changes})
    session.add(account)
    session.flush()
    return account


def make_officer(session: Session, role: FundRoleName = FundRoleName.SUPERVISOR, **changes: Any) -> Account:
    """Someone who works at the fund."""
    account = make_account(session, **changes)
    session.add(FundRole(account_id=account.id, role=role.value, from_day=date(2020, 1, 1), to_day=None))
    session.flush()
    return account


def make_employer(session: Session, *, schemes: tuple[str, ...] = SCHEMES, **changes: Any) -> Employer:
    """An approved employer, enrolled in both schemes since 2024."""
    n = next(_count)
    values: dict[str, Any] = {
        "number": f"T{n:06d}",
        "state": "active",
        "legal_name": f"Employer {n} Limited",
        "tax_number": f"10{n:08d}",
        "legal_form": "company",
        "activity": "G",
        "location": "ZM-09",
        "address": "Plot 1",
        "phone": "+260211000000",
        "email": f"employer{n}@example.org",
        "first_employment_day": date(2024, 1, 1),
        "headcount": 10,
        "approved_at": AT,
    }
    employer = Employer(**{**values, **changes})
    session.add(employer)
    session.flush()
    for scheme in schemes:
        session.add(Enrolment(employer_id=employer.id, scheme=scheme, from_day=date(2024, 1, 1), to_day=None))
    session.flush()
    return employer


def give_mandate(
    session: Session, employer: Employer, role: EmployerRole = EmployerRole.ADMINISTRATOR, **changes: Any
) -> Account:
    """A new account that may act for the employer."""
    account = make_account(session, **changes)
    session.add(
        Mandate(employer_id=employer.id, account_id=account.id, role=role.value, from_day=date(2020, 1, 1), to_day=None)
    )
    session.flush()
    return account


def make_person(session: Session, **changes: Any) -> Person:
    """Someone insured."""
    n = next(_count)
    values: dict[str, Any] = {
        "insurance_number": f"9{n:09d}",
        "national_id": f"{100000 + n:06d}/11/1",
        "surname": "Banda",
        "first_name": f"Person{n}",
        "other_names": "",
        "sex": "F",
        "birth_date": date(1990, 5, 17),
        "phone": "+260970000000",
        "email": "",
        "created_at": AT,
    }
    person = Person(**{**values, **changes})
    session.add(person)
    session.flush()
    return person


def hire(
    session: Session,
    employer: Employer,
    person: Person | None = None,
    *,
    from_day: date = date(2024, 1, 1),
    basic: int = 5_000_00,
    gross: int = 6_000_00,
    **changes: Any,
) -> Employment:
    """Put someone on the roster with a wage (minor units) from the month of *from_day*."""
    person = person or make_person(session)
    values: dict[str, Any] = {"category": "permanent", "staff_number": "", "to_day": None, "leave_reason": ""}
    employment = Employment(
        employer_id=employer.id, person_id=person.id, from_day=from_day, created_at=AT, **{**values, **changes}
    )
    session.add(employment)
    session.flush()
    session.add(
        Wage(
            employer_id=employer.id,
            employment_id=employment.id,
            from_month=Month(from_day.year, from_day.month),
            components={"basic": basic, "gross": gross},
            recorded_at=AT,
        )
    )
    session.flush()
    return employment


def sign_in(client: FlaskClient, account: Account | None = None, *, person_id: int | None = None) -> None:
    """Begin a visit as an account, or as an employee, without the pages of signing in."""
    token, visit = begun_visit(account, person_id=person_id)
    with db.writing() as session:
        session.add(visit)
    client.set_cookie("session", token)


def begun_visit(account: Account | None = None, *, person_id: int | None = None) -> tuple[str, WebSession]:
    """The visit of somebody who signed in and saw a page: the browser's token, and the row, still to be stored."""
    token = secrets.token_urlsafe(16)
    now = clock.real_now()
    user = f"person:{person_id}" if account is None else account.get_id()
    return token, WebSession(
        id=_digest(token),
        account_id=account.id if account else None,
        content={"_user_id": user, "_fresh": False, "csrf_token": secrets.token_hex(20)},
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=1),
    )
