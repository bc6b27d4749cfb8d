"""
Persons: found by their numbers, added once, never overwritten by somebody who only employs them.

The national identity number (in the fund's normal form) says who is who.  The insurance number
is given by the portal from a gapless series, unless the fund brings its own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.audit import Event
from portal.db import copy_rows
from portal.errors import Refused
from portal.installation import fund
from portal.people.models import Person
from portal.series import Series
from portal.words import _

#: The series the portal counts its insurance numbers in.
SERIES = "insurance_number"

COLUMNS = (
    "public_id", "insurance_number", "national_id", "surname", "first_name", "other_names",
    "sex", "birth_date", "phone", "email", "created_at",
)  # fmt: skip

#: Says neither what is on file nor which part differs: whoever asks may not know the person at all.
DIFFERENT = _(
    "The name or the birth date does not agree with this national identity number. "
    "Compare all three with the identity card. If they are right, ask the fund to look at it."
)

OTHER_NUMBER = _(
    "This insurance number does not belong to this national identity number. "
    "Compare both with the cards, or leave the insurance number empty."
)


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What somebody says about a person.  *national_id* is in the fund's normal form; *sex* is F, M or O."""

    national_id: str
    surname: str
    first_name: str
    sex: str
    birth_date: date
    other_names: str = ""
    phone: str = ""
    email: str = ""
    insurance_number: str = ""


def person_by_insurance_number(session: Session, number: str) -> Person | None:
    """The person with this insurance number, however it was typed; None when there is none."""
    kept = fund().insurance_number.normalise(number)
    return session.scalar(select(Person).where(Person.insurance_number == kept)) if kept else None


def people_by_national_id(session: Session, numbers: Iterable[str]) -> dict[str, Person]:
    """The persons known by these national identity numbers (in normal form), in one statement."""
    found = session.scalars(select(Person).where(Person.national_id == func.any(list(set(numbers)))))
    return {one.national_id: one for one in found}


def agrees(person: Person, facts: PersonFacts) -> bool:
    """Whether *facts* can be about *person*: same birth date, same names whatever their order, accents and case."""
    said = _name_key(facts.surname, facts.first_name)
    return person.birth_date == facts.birth_date and said == _name_key(person.surname, person.first_name)


def find_or_add(
    session: Session, facts: PersonFacts, *, at: datetime, by: int | None = None, employer: int | None = None
) -> Person:
    """
    The person with this national identity number, added when nobody has it yet.

    Somebody already known keeps what is on file; Refused when the facts do not agree with it.
    """
    known = people_by_national_id(session, [facts.national_id]).get(facts.national_id)
    brought = fund().insurance_number.normalise(facts.insurance_number)
    if brought and person_by_insurance_number(session, brought) is not known:
        raise Refused(OTHER_NUMBER, field="insurance_number")
    if known is None:
        (known,) = add_people(session, [facts], at=at, by=by, employer=employer).values()
    if not agrees(known, facts):
        raise Refused(DIFFERENT, field="national_id")
    return known


def add_people(
    session: Session,
    new: Sequence[PersonFacts],
    *,
    at: datetime,
    by: int | None = None,
    employer: int | None = None,
) -> dict[str, Person]:
    """
    Add all of *new* with an insurance number each, in a number of statements that does not grow with them.

    Gives the persons by national identity number.  One whom somebody else added a moment before
    is not added again; the caller compares.  An insurance number in *new* must be free.
    """
    _hold_series(session)
    known = people_by_national_id(session, (one.national_id for one in new))
    fresh = list({one.national_id: one for one in new if one.national_id not in known}.values())
    if not fresh:
        return known
    numbers = iter(_new_numbers(session, sum(not one.insurance_number for one in fresh)))
    rule = fund().insurance_number
    rows = [
        (
            uuid4(), rule.normalise(one.insurance_number) or next(numbers), one.national_id, one.surname,
            one.first_name, one.other_names, one.sex, one.birth_date, one.phone, one.email, at,
        )
        for one in fresh
    ]  # fmt: skip
    copy_rows(session, "person", COLUMNS, rows)
    added = people_by_national_id(session, (one.national_id for one in fresh))
    _record_added(session, added.values(), at=at, by=by, employer=employer)
    return known | added


def _record_added(
    session: Session, people: Iterable[Person], *, at: datetime, by: int | None, employer: int | None
) -> None:
    """One audit event a person, all of them in one statement."""
    columns = ("at", "event", "account_id", "employer_id", "subject", "fields")
    label = Event.PERSON_ADDED.label
    rows = [(at, label, by, employer, f"person:{one.public_id}", "{}") for one in people]
    copy_rows(session, "audit_event", columns, rows)


def _hold_series(session: Session) -> None:
    """Let one transaction at a time add persons: what it then sees of them is all there is."""
    session.execute(
        insert(Series)
        .values(name=SERIES, last=0)
        .on_conflict_do_update(index_elements=[Series.name], set_={"last": Series.last})
    )


def _new_numbers(session: Session, count: int) -> list[str]:
    """The next *count* insurance numbers, passing over any that the fund brought; `_hold_series` comes first."""
    rule = fund().insurance_number
    if count and not rule.given_by_portal:
        raise Refused(_("The fund gives insurance numbers itself: write the person's insurance number."),
                      field="insurance_number")  # fmt: skip
    numbers: list[str] = []
    while len(numbers) < count:
        last = _advance(session, count - len(numbers))
        issued = [rule.issue(number) for number in range(last - (count - len(numbers)) + 1, last + 1)]
        taken = set(session.scalars(select(Person.insurance_number).where(Person.insurance_number == func.any(issued))))
        numbers += [number for number in issued if number not in taken]
    return numbers


def _advance(session: Session, count: int) -> int:
    """Give out *count* more of the series; the last of them."""
    statement = (
        insert(Series)
        .values(name=SERIES, last=count)
        .on_conflict_do_update(index_elements=[Series.name], set_={"last": Series.last + count})
        .returning(Series.last)
    )
    return session.execute(statement).scalar_one()


def _name_key(*names: str) -> list[str]:
    """The words of a name without case, accents and signs, sorted: people put surnames first or last."""
    plain = unicodedata.normalize("NFKD", " ".join(names)).casefold().replace("-", " ")
    kept = (c for c in plain if c == " " or (unicodedata.category(c)[0] in "LMN" and not unicodedata.combining(c)))
    return sorted("".join(kept).split())
