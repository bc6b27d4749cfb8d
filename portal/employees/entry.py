"""
How an employee comes in: insurance number, birth date and a code, each time; no password.

A code is sent to the e-mail address on file, or printed on a slip by the employer or at the
counter.  It is stored only as a keyed digest, opens one person's record and is good once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal import audit, clock, outbox
from portal.audit import Event
from portal.employees.models import EntryCode
from portal.errors import Refused
from portal.installation import fund
from portal.people.models import Person
from portal.people.service import person_by_insurance_number
from portal.words import _

#: Letters and digits that nobody takes for another: no 0 and O, 1, I and L, 2 and Z, 5 and S, B and 8.
ALPHABET = "34679ACDEFGHJKMNPQRTUVWXY"
LENGTH = 8
#: How long a code sent by mail and one on a slip is good.
SENT_FOR, SLIP_FOR = timedelta(minutes=15), timedelta(days=30)

#: Says nothing about which of the three was wrong, or whether there is such a number.
DOES_NOT_FIT = _(
    "Insurance number, birth date and code do not fit together, or the code was used already or is too old. "
    "Check all three, or ask for a new code."
)


@dataclass(frozen=True, slots=True)
class Slip:
    """A code to hand over on paper, as it is to be typed; *valid_until* is included."""

    person: Person
    code: str
    valid_until: date


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody came in: when, and by which kind of code made when."""

    at: datetime
    way: str
    made_at: datetime


def send_code(session: Session, number: str, birth_date: date, *, key: bytes, at: datetime) -> None:
    """
    Mail a code to the address on file, if number and birth date belong together and there is one.

    *key* is the installation's secret.  Nothing tells the caller whether a mail was written.
    """
    person = _person(session, number, birth_date)
    if person is None or not person.email:
        return
    code = "".join(secrets.choice(ALPHABET) for _place in range(LENGTH))
    session.add(
        EntryCode(
            person_id=person.id, code_hash=_digest(key, person.id, code), sent_by="email", expires_at=at + SENT_FOR,
            created_at=at,
        )
    )  # fmt: skip
    text = _(
        "Your code is %(code)s\n\nIt is good for 15 minutes and works once. Nobody from the fund will ask you "
        "for it. If you did not ask for a code, somebody else typed your insurance number and birth date; they cannot "
        "come in without this code.",
        code=printed(code),
    )
    subject = _("Your code for %(fund)s", fund=fund().short_name)
    outbox.put_mail(session, f"mail/entry/{secrets.token_hex(8)}", person.email, subject, text, at=clock.real_now())


def come_in(session: Session, number: str, birth_date: date, code: str, *, key: bytes, at: datetime) -> int:
    """The person whose record opens; the code is then spent.  Refused, always in the same words, otherwise."""
    person = _person(session, number, birth_date)
    wanted = _digest(key, person.id if person else 0, typed(code))
    found = session.scalar(
        select(EntryCode)
        .where(EntryCode.person_id == (person.id if person else 0), EntryCode.code_hash == wanted)
        .where(EntryCode.used_at.is_(None), EntryCode.expires_at > at)
        .limit(1)
        .with_for_update()
    )
    if person is None or found is None:
        raise Refused(DOES_NOT_FIT, field="code", status=422)
    found.used_at = at
    subject = f"person:{person.public_id}"
    audit.record(session, Event.EMPLOYEE_CAME_IN, at=at, person=person.id, subject=subject, way=found.sent_by)
    return person.id


def make_slips(
    session: Session,
    people: Sequence[Person],
    *,
    token: str,
    key: bytes,
    by: int,
    at: datetime,
    last_day: date,
    employer: int | None = None,
) -> list[Slip]:
    """
    A new code for each of *people*, good until the end of *last_day* (see `slip_expiry`); older slips end.

    *token* names this printing: the same one again gives the same codes and changes nothing, so
    that a second click does not spoil what the printer is already printing.
    """
    codes = {person.id: _derived(key, person.id, token) for person in people}
    hashes = {person: _digest(key, person, code) for person, code in codes.items()}
    made = select(EntryCode.code_hash).where(EntryCode.code_hash == func.any(list(hashes.values())))
    already = set(session.scalars(made))
    new = [person for person in people if hashes[person.id] not in already]
    older = (EntryCode.person_id == func.any([person.id for person in new]), EntryCode.sent_by == "slip")
    session.execute(
        update(EntryCode).where(*older, EntryCode.used_at.is_(None), EntryCode.expires_at > at).values(expires_at=at)
    )
    for person in new:
        session.add(
            EntryCode(
                person_id=person.id, code_hash=hashes[person.id], sent_by="slip", created_at=at, created_by=by,
                expires_at=slip_expiry(last_day),
            )
        )  # fmt: skip
        subject = f"person:{person.public_id}"
        audit.record(session, Event.SLIP_PRINTED, at=at, by=by, employer=employer, subject=subject)
    return [Slip(person, printed(codes[person.id]), last_day) for person in people]


def slip_expiry(last_day: date) -> datetime:
    """The first moment after *last_day* where the fund is."""
    return datetime.combine(last_day + timedelta(days=1), time(0), ZoneInfo(fund().timezone))


def visits(session: Session, person_id: int, *, most: int = 5) -> list[Visit]:
    """When somebody last came in to this record, the latest first: its owner can see whether it was they."""
    statement = (
        select(EntryCode)
        .where(EntryCode.person_id == person_id, EntryCode.used_at.is_not(None))
        .order_by(EntryCode.used_at.desc())
        .limit(most)
    )
    return [Visit(each.used_at, each.sent_by, each.created_at) for each in session.scalars(statement) if each.used_at]


def printed(code: str) -> str:
    """
    A code as people read it.

    >>> printed("ACDEFGHJ")
    'ACDE-FGHJ'
    """
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def typed(text: str) -> str:
    """
    A code as it is kept, however it was typed.

    >>> typed(" acde fghj")
    'ACDEFGHJ'
    """
    return "".join(letter for letter in text.upper() if letter.isalnum())


# -- the parts -----------------------------------------------------------------------


def _person(session: Session, number: str, birth_date: date) -> Person | None:
    person = person_by_insurance_number(session, number)
    return person if person is not None and person.birth_date == birth_date else None


def _digest(key: bytes, person_id: int, code: str) -> str:
    """Keyed, so that the table alone does not give the codes away; with the person, so that a code opens one record."""
    return hmac.new(key, f"entry/{person_id}/{code}".encode(), hashlib.sha256).hexdigest()


def _derived(key: bytes, person_id: int, token: str) -> str:
    """The code of one person in one printing."""
    number = int.from_bytes(hmac.new(key, f"slip/{person_id}/{token}".encode(), hashlib.sha256).digest(), "big")
    letters = []
    for _place in range(LENGTH):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)
