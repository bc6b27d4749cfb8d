"""
What counts for a month: the main declaration of each scheme, and the supplementary returns beside it.

Whoever asks what was declared asks here, so that people who were forgotten at first count like all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import Session

from portal.contributions.models import Declaration, DeclarationLine, State
from portal.people.models import Person
from portal.scheme.calendars import Month

#: Declarations that no longer count: another one took their place.
GONE = (State.SUPERSEDED.value, State.CANCELLED.value)


@dataclass(frozen=True, slots=True)
class Declared:
    """One month of one scheme as it is declared together; amounts in minor units of the scheme's currency."""

    main: Declaration
    supplements: tuple[Declaration, ...] = ()

    @property
    def all(self) -> tuple[Declaration, ...]:
        """The main declaration, then the supplementary returns in the order in which they came."""
        return (self.main, *self.supplements)

    @property
    def total(self) -> int:
        """What has to be paid for the month, both shares of everybody."""
        return sum(one.total for one in self.all)

    @property
    def people(self) -> int:
        """How many people are declared."""
        return sum(one.people for one in self.all)

    @property
    def earnings(self) -> int:
        """Pay of everybody that the scheme counts."""
        return sum(one.earnings for one in self.all)

    @property
    def insurable(self) -> int:
        """The part of it that counts, up to the ceiling."""
        return sum(one.insurable for one in self.all)

    @property
    def employer_share(self) -> int:
        """The employer's shares of everybody."""
        return sum(one.employer_share for one in self.all)

    @property
    def employee_share(self) -> int:
        """The employees' shares of everybody."""
        return sum(one.employee_share for one in self.all)


def counts() -> ColumnElement[bool]:
    """Whether a declaration counts: no later one took its place."""
    return Declaration.state.not_in(GONE)


def together(found: Iterable[Declaration]) -> dict[tuple[int, str, Month], Declared]:
    """Declarations that count, by employer, scheme and month, each main one with its supplementary returns."""
    main: dict[tuple[int, str, Month], Declaration] = {}
    beside: dict[tuple[int, str, Month], list[Declaration]] = {}
    for one in sorted(found, key=lambda each: each.id):
        key = (one.employer_id, one.scheme, one.month)
        if one.supplements_id is None:
            main[key] = one
        else:
            beside.setdefault(key, []).append(one)
    return {key: Declared(one, tuple(beside.get(key, ()))) for key, one in main.items()}


def declared_months(session: Session, employer_id: int) -> dict[tuple[str, Month], Declared]:
    """Everything that counts of one employer, by scheme and month, in one query."""
    found = session.scalars(select(Declaration).where(Declaration.employer_id == employer_id, counts()))
    return {(scheme, month): one for (_employer, scheme, month), one in together(found).items()}


#: Built once: it is asked several times for each month that is declared or paid.
_OF_MONTH = select(Declaration).where(
    Declaration.employer_id == bindparam("employer"), Declaration.month == bindparam("month"), counts()
)


def standing_declarations(session: Session, employer_id: int, month: Month) -> dict[str, Declared]:
    """What counts for *month*, by scheme."""
    found = session.scalars(_OF_MONTH, {"employer": employer_id, "month": month})
    return {scheme: one for (_employer, scheme, _month), one in together(found).items()}


def declared_in(session: Session, employer_id: int, scheme: str, month: Month) -> Declared | None:
    """What counts for one month of one scheme; None where nothing is declared."""
    return standing_declarations(session, employer_id, month).get(scheme)


def declared_people(session: Session, employer_id: int, scheme: str, month: Month) -> list[tuple[int, str, int]]:
    """Everybody who is declared for the month: person, insurance number, both shares together (minor units)."""
    wanted = (Declaration.employer_id == employer_id, Declaration.scheme == scheme, Declaration.month == month)
    statement = (
        select(Person.id, Person.insurance_number, DeclarationLine.employer_share + DeclarationLine.employee_share)
        .join(DeclarationLine, DeclarationLine.person_id == Person.id)
        .join(Declaration, Declaration.id == DeclarationLine.declaration_id)
        .where(*wanted, counts())
        .order_by(Person.id)
    )
    return [(person, number, paid) for person, number, paid in session.execute(statement)]


def already_declared(session: Session, declared: Mapping[str, Declared]) -> dict[int, str]:
    """Everybody who stands in what is declared for a month, in whichever scheme: person -> acknowledgement."""
    numbers = {one.id: one.number for each in declared.values() for one in each.all}
    columns = (DeclarationLine.person_id, DeclarationLine.declaration_id)
    rows = session.execute(select(*columns).where(DeclarationLine.declaration_id.in_(numbers)))
    return {person: numbers[declaration] for person, declaration in rows}
