"""Who among many people can be written to."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.people.models import Person


def has_address() -> ColumnElement[bool]:
    """Whether a person gave an address, or a number to which text messages may be sent."""
    return (Person.email != "") | (Person.phone != "")


def reachable(session: Session, people: Collection[int]) -> set[int]:
    """Those of *people* (ids) who can be written to; one statement."""
    if not people:
        return set()
    return set(session.scalars(select(Person.id).where(Person.id == func.any(sorted(people)), has_address())))
