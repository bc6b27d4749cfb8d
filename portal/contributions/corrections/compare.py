"""
Two states of one month and scheme side by side, line by line: who was added, removed or changed, and in what.

The database compares them; pages ask for fifty lines at a time, however many people there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Select, Subquery, and_, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from portal.contributions.models import Declaration, DeclarationLine, Payroll, PayrollLine
from portal.contributions.standing import Declared
from portal.people.models import Person
from portal.scheme.blocks.pack import Pack

#: What of a line is compared beside the pay components.
COMPARED = ("components", "days", "reason", "reason_from", "reason_to", "employer_share", "employee_share")


@dataclass(frozen=True, slots=True)
class Side:
    """A person's line in one of the two states; pay by component and both shares in minor units."""

    components: Mapping[str, int]
    days: int | None
    reason: str | None
    reason_from: date | None
    reason_to: date | None
    employer_share: int
    employee_share: int

    @property
    def total(self) -> int:
        """Both shares."""
        return self.employer_share + self.employee_share


@dataclass(frozen=True, slots=True)
class Difference:
    """One person whose line differs; a side is None where the person does not stand in that state."""

    insurance_number: str
    name: str
    before: Side | None
    now: Side | None

    @property
    def kind(self) -> str:
        """``added``, ``removed`` or ``changed``."""
        if self.before is None:
            return "added"
        return "changed" if self.now else "removed"

    @property
    def owed(self) -> int:
        """How much more is owed for the person, in minor units; below zero: less."""
        return (self.now.total if self.now else 0) - (self.before.total if self.before else 0)


@dataclass(frozen=True, slots=True)
class Sum:
    """What a state comes to: people, and amounts in minor units."""

    people: int
    earnings: int
    employer_share: int
    employee_share: int

    @property
    def total(self) -> int:
        """Both shares together."""
        return self.employer_share + self.employee_share


@dataclass(frozen=True, slots=True)
class Compared:
    """Two states of a month in one scheme: their sums, and how many lines differ in which way."""

    rules: Pack
    before: Sum
    now: Sum
    added: int
    removed: int
    changed: int

    @property
    def lines(self) -> int:
        """How many lines differ."""
        return self.added + self.removed + self.changed

    @property
    def owed(self) -> int:
        """How much more is owed, in minor units; below zero: less."""
        return self.now.total - self.before.total


@dataclass(frozen=True, slots=True)
class State:
    """The lines of a month in one scheme as they are declared together, or as a draft has them."""

    rules: Pack
    lines: Subquery


def of_declared(rules: Pack, declared: Declared | None) -> State:
    """What is declared together; nobody where nothing is."""
    line = DeclarationLine
    ids = [one.id for one in declared.all] if declared else []
    columns = (line.person_id, line.earnings, *(getattr(line, name) for name in COMPARED))
    return State(rules, select(*columns).where(line.declaration_id.in_(ids)).subquery())


def of_draft(rules: Pack, draft: Payroll) -> State:
    """A payroll's lines as this scheme counts them."""
    line = PayrollLine
    paid = {code: line.components[code] for code in rules.components}
    share = line.shares[rules.id]
    columns = (
        line.person_id,
        _sum(cast(line.components[code].astext, BigInteger) for code in paid).label("earnings"),
        func.jsonb_build_object(*(part for one in paid.items() for part in one)).label("components"),
        line.days, line.reason, line.reason_from, line.reason_to,
        func.coalesce(cast(share[1].astext, BigInteger), 0).label("employer_share"),
        func.coalesce(cast(share[2].astext, BigInteger), 0).label("employee_share"),
    )  # fmt: skip
    return State(rules, select(*columns).where(line.payroll_id == draft.id).subquery())


def _sum(amounts: Any) -> Any:
    total = literal(0, BigInteger)
    for amount in amounts:
        total = total + amount
    return total


def compared(session: Session, before: State, now: State) -> Compared:
    """The sums of both states, and how many lines differ.  One statement."""
    old, new = before.lines.alias("old"), now.lines.alias("new")
    differs = _differs(old, new)
    count = func.count
    statement = select(
        *_sums(old), *_sums(new),
        count().filter(old.c.person_id.is_(None)),
        count().filter(new.c.person_id.is_(None)),
        count().filter(and_(old.c.person_id.is_not(None), new.c.person_id.is_not(None), differs)),
    ).select_from(old.join(new, old.c.person_id == new.c.person_id, full=True))  # fmt: skip
    found = [int(one) for one in session.execute(statement).one()]
    return Compared(now.rules, Sum(*found[:4]), Sum(*found[4:8]), *found[8:])


def _sums(of: Any) -> list[Any]:
    amounts = (func.coalesce(func.sum(of.c[name]), 0) for name in ("earnings", "employer_share", "employee_share"))
    return [func.count(of.c.person_id), *amounts]


def _differs(old: Any, new: Any) -> Any:
    return or_(*(old.c[name].is_distinct_from(new.c[name]) for name in COMPARED))


def differences(
    session: Session, before: State, now: State, *, limit: int | None = None, offset: int = 0
) -> list[Difference]:
    """The lines that differ, by surname.  One statement."""
    old, new = before.lines.alias("old"), now.lines.alias("new")
    statement: Select[Any] = (
        select(
            Person.insurance_number, Person.surname, Person.first_name, Person.other_names,
            old.c.person_id, *(old.c[name] for name in COMPARED),
            new.c.person_id, *(new.c[name] for name in COMPARED),
        )
        .select_from(old.join(new, old.c.person_id == new.c.person_id, full=True))
        .join(Person, Person.id == func.coalesce(old.c.person_id, new.c.person_id))
        .where(or_(old.c.person_id.is_(None), new.c.person_id.is_(None), _differs(old, new)))
        .order_by(Person.surname, Person.first_name, Person.id)
    )  # fmt: skip
    return [_difference(*row) for row in session.execute(statement.limit(limit).offset(offset))]


def _difference(number: str, surname: str, first_name: str, other_names: str, *sides: Any) -> Difference:
    width = 1 + len(COMPARED)
    name = " ".join(part for part in (surname, first_name, other_names) if part)
    return Difference(number, name, *(_side(sides[at : at + width]) for at in (0, width)))


def _side(found: Sequence[Any]) -> Side | None:
    return None if found[0] is None else Side(*found[1:])


def versions_of(session: Session, employer_id: int, declaration: Declaration) -> list[Declared]:
    """
    Every state in which the month of a declaration stood in its scheme, the newest first.

    A state is a main declaration with the supplementary returns that came beside it.
    """
    wanted = (Declaration.employer_id == employer_id, Declaration.scheme == declaration.scheme)
    found = session.scalars(
        select(Declaration).where(*wanted, Declaration.month == declaration.month).order_by(Declaration.id)
    ).all()
    beside: dict[int | None, list[Declaration]] = {}
    for one in found:
        beside.setdefault(one.supplements_id, []).append(one)
    return [Declared(one, tuple(beside.get(one.id, ()))) for one in reversed(beside.get(None, []))]
