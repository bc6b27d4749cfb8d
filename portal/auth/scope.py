"""
An officer who works for some districts sees and touches only employers that are located there.

Two nets, each whole in itself:

* An address below ``/fund`` that names an employer, or something that belongs to one, is looked up before the page
  does anything.  What lies elsewhere answers like what does not exist.
* What a page reads (``db.reading()``) is narrowed by the session: every row that belongs to an employer elsewhere is
  left out, in lists, searches, counts and sums.  No list can forget it.

Services that write see everything: two enterprises with one tax number are two, wherever they are.  A deed that chooses
rows by itself says so with the option `MINE`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any
from uuid import UUID

from flask import Request, g, has_app_context
from sqlalchemy import ColumnElement, Table, event, false, func, or_, select
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, with_loader_criteria

from portal import db
from portal.db import Base
from portal.installation import fund
from portal.scheme.institution import Location

#: Execution options of a statement inside `db.writing()` that chooses rows: only those of the officer's districts.
MINE = {"of_my_districts": True}
#: Arguments of addresses that are not called like the table they stand in.
TABLES = {
    ("registrations", "number"): "registration",
    ("cases", "case"): "fund_case",
    ("bank_claims", "claim"): "fund_case",
}
#: Rooms about all employers at once, where nothing can be left out: not for an officer of some districts.
WHOLE_FUND = {
    "simulations",
    "access",
    "bank",
    "bank_entries",
    "bank_days",
    "bank_claims",
    "bank_payouts",
    "bank_proposals",
    "gateway",
}
Places = frozenset[str]


def places_of(districts: Collection[str]) -> Places | None:
    """The codes of these places and of all that lie in them; None when there are none: the whole fund."""
    if not districts:
        return None
    inside = {place.code for code in districts for place in _below(fund().location(code))}
    return frozenset(inside | set(districts))


def is_mine(request: Request, places: Places | None) -> bool:
    """Whether everything that an address and its form name lies in these places."""
    if places is None:
        return True
    room = request.blueprint or ""
    if room in WHOLE_FUND:
        return False
    named = [_employer_of(room, name, value) for name, value in (request.view_args or {}).items()]
    numbers = [request.form.get(name, "") for name in ("employer", "employer_number")]
    named += [_by_number(number) for number in numbers if number]
    with db.reading() as session:
        return all(session.scalar(one) in (None, *places) for one in named if one is not None)


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    places = g.get("places") if has_app_context() else None
    if places is None or not state.is_select:
        return
    if state.session.info.get(db.READ_ONLY) or state.execution_options.get("of_my_districts"):
        state.statement = state.statement.options(*_criteria(places))


def _criteria(places: Places) -> Iterable[Any]:
    if g.get("places_criteria") is None:
        g.places_criteria = [
            with_loader_criteria(mapper.class_, condition, include_aliases=True)
            for mapper in Base.registry.mappers
            if (condition := _lies_in(mapper, places)) is not None
        ]
    found: Iterable[Any] = g.places_criteria
    return found


def _lies_in(mapper: Mapper[Any], places: Places) -> ColumnElement[bool] | None:
    """The condition that a row belongs to an employer in these places; None for what belongs to none."""
    table, here = mapper.class_, sorted(places)
    match table.__tablename__:
        case "employer":
            return _bool(table.location.in_(here))
        case "registration":
            return _bool(func.jsonb_extract_path_text(table.answers, "location").in_(here))
    if "employer_id" not in mapper.columns:
        return None
    employer = _table("employer")
    ours = table.employer_id.in_(select(employer.c.id).where(employer.c.location.in_(here)))
    return _bool(ours | table.employer_id.is_(None) if mapper.columns["employer_id"].nullable else ours)


def _bool(condition: Any) -> ColumnElement[bool]:
    return or_(false(), condition)


def _employer_of(room: str, name: str, value: Any) -> Any:
    """The statement that gives the place of the employer that an argument belongs to; None when to none."""
    if name == "employer_number":
        return _by_number(str(value))
    table = table_of(room, name)
    if table is None or not isinstance(value, UUID):
        return None
    if table.name == "registration":
        return select(func.coalesce(table.c.answers["location"].astext, "")).where(table.c.public_id == value)
    employer = _table("employer")
    return (
        select(employer.c.location).join(table, table.c.employer_id == employer.c.id).where(table.c.public_id == value)
    )


def table_of(room: str, argument: str) -> Table | None:
    """The table of things of employers that an argument of an address names; None when it names no such thing."""
    found = Base.metadata.tables.get(TABLES.get((room, argument), argument))
    return found if found is not None and {"public_id", "employer_id"} <= set(found.c.keys()) else None


def _by_number(number: str) -> Any:
    employer = _table("employer")
    return select(employer.c.location).where(employer.c.number == number)


@cache
def _table(name: str) -> Table:
    return Base.metadata.tables[name]


def _below(place: Location | None) -> Iterable[Location]:
    if place is not None:
        yield place
        for inner in place.places:
            yield from _below(inner)
