"""Who among many people can be written to, and who agreed to text messages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.errors import Refused
from portal.people.models import Person
from portal.words import _


def has_address() -> ColumnElement[bool]:
    """Whether there is an address of a person, or a number to which they agreed to get text messages."""
    return (Person.email != "") | ((Person.phone != "") & Person.texts_agreed_at.is_not(None))


def reachable(session: Session, people: Collection[int]) -> set[int]:
    """Those of *people* (ids) who can be written to; one statement."""
    if not people:
        return set()
    return set(session.scalars(select(Person.id).where(Person.id == func.any(sorted(people)), has_address())))


def agree_to_texts(session: Session, person: int, agreed: bool, *, at: datetime) -> None:
    """A person agrees to text messages at the number on file, or not any more.  `Refused` without a number."""
    found = session.get_one(Person, person, with_for_update=True)
    if agreed and not found.phone:
        raise Refused(_("There is no telephone number of yours on file. Ask your employer to add it."), status=409)
    found.texts_agreed_at = (found.texts_agreed_at or at) if agreed else None
