"""Who among many people can be written to."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.people.models import Person


def has_address() -> ColumnElement[bool]:
    """Whether there is an address of a person, or a number to which they agreed to get text messages."""
    return (Person.email != "") | ((Person.phone != "") & Person.texts_agreed_at.is_not(None))


def reachable(session: Session, people: Collection[int]) -> set[int]:
    """Those of *people* (ids) who can be written to; one statement."""
    if not people:
        return set()
    return set(session.scalars(select(Person.id).where(Person.id == func.any(sorted(people)), has_address())))
