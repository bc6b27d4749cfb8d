"""Answers GraphQL as the core does: checks the document against the schema, then runs it, field by field, in order."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from portal.demo.practice_core_about import ALL_RIGHTS, FIELD_RIGHTS, LISTS, schema
from portal.demo.practice_core_graphql import Field, NotUnderstood, Operation, Variable, parse, value_of
from portal.demo.practice_core_schema import ALWAYS, CONNECTIONS, INPUTS, TYPES, Connection
from portal.demo.practice_core_store import Row, Store

MOST = 100
#: The one district the practice core has, which holds its village.
DISTRICT = "PORTAL-D"
PAGE = {"hasNextPage": "", "hasPreviousPage": "", "startCursor": "", "endCursor": ""}


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who asks.  *known*: signed in, with these *rights*.  *let_in*: by a program whose User-Agent the core was told of.
    """

    known: bool
    let_in: bool
    rights: Collection[int] = ALL_RIGHTS

    def may(self, field: str) -> bool:
        """Whether the right is there that a field asks for."""
        return FIELD_RIGHTS.get(field, 0) in {0, *self.rights}


#: Whether to fail this time in the way named; counts.
Fails = Callable[[str], object]


class Failed(Exception):
    """One field could not be answered: HTTP 200 with an error, and null in its place."""


def answer(store: Store, body: Mapping[str, Any], caller: Caller, fails: Fails) -> tuple[int, Row, bool]:
    """Status, JSON and whether something was written."""
    variables = dict(body.get("variables") or {})
    if "__schema" in str(body.get("query", "")):
        return 200, {"data": schema()}, False
    try:
        operation = parse(str(body.get("query", "")))
        variables = {**operation.defaults, **variables}
        _check(operation, variables)
    except NotUnderstood as problem:
        return 400, {"errors": [{"message": str(problem), "locations": [{"line": 1, "column": 1}]}]}, False
    results: Row = {}
    errors: list[Row] = []
    for field in operation.fields:
        try:
            results[field.key] = _run(store, operation.kind, field, variables, caller, fails)
        except Failed as problem:
            results[field.key] = None
            errors.append({"message": str(problem), "locations": [{"line": 1, "column": 2}], "path": [field.key]})
    whole: Row = {"errors": errors, "data": results} if errors else {"data": results}
    return 200, whole, operation.kind == "mutation"


def _run(store: Store, kind: str, field: Field, variables: Mapping[str, Any], caller: Caller, fails: Fails) -> Any:
    arguments = {name: value_of(value, variables) for name, value in field.arguments.items()}
    if kind == "query":
        return _list(store, field, arguments, caller)
    if not caller.let_in:
        raise Failed("'csrftoken'")
    return _pick(_mutate(store, field.name, arguments["input"], caller, fails), field.selections)


def _mutate(store: Store, name: str, given: Mapping[str, Any], caller: Caller, fails: Fails) -> Row:
    """Log, then do.  Answers alike whether it went well or not, as the core does."""
    with store.lock:
        entry = store.receive(name, given)
        if not caller.known:
            store.fail(entry, '[{"message": "mutation.authentication_required"}]')
        elif not caller.may(name):
            store.fail(entry, json.dumps([{"message": f"Failed to process {name} mutation", "detail": "unauthorized"}]))
        elif not fails("log_stays_received"):
            store.work(entry, receipt_taken=name != "suspendPolicies" and bool(fails("refuse_receipt")))
    return {"internalId": entry["uuid"], "clientMutationId": entry["client_mutation_id"]}


def _list(store: Store, field: Field, arguments: Mapping[str, Any], caller: Caller) -> Any:
    if field.name == "userDistricts":
        return _pick([{"code": DISTRICT}] if caller.known else [], field.selections)
    connection = CONNECTIONS[field.name]
    if connection.guarded and not caller.let_in:
        raise Failed("'csrftoken'")
    if not caller.known or not caller.may(field.name):
        raise Failed("unauthorized")
    first = arguments.get("first") or MOST
    if first > MOST:
        limit = f"exceeds the `first` limit of {MOST} records."
        raise Failed(f"Requesting {first} records on the `{field.name}` connection {limit}")
    rows = _rows(store, connection, arguments)
    start = _after(arguments.get("after"))
    page = [connection.show(row) for row in rows[start : start + first]]
    edges = [{"cursor": _cursor(start + n), "node": node} for n, node in enumerate(page)]
    info = {
        "hasNextPage": start + first < len(rows),
        "hasPreviousPage": False,
        "startCursor": edges[0]["cursor"] if edges else None,
        "endCursor": edges[-1]["cursor"] if edges else None,
    }
    whole: Row = _pick({"totalCount": len(rows), "pageInfo": info, "edges": edges}, field.selections)
    return whole


def _rows(store: Store, connection: Connection, arguments: Mapping[str, Any]) -> list[Row]:
    asked = {name: value for name, value in arguments.items() if name in connection.filters and value is not None}
    where = " and ".join(connection.filters[name] for name in asked) or "1"
    table = connection.source.rsplit(" from ", 1)[1].split()[0]
    return store.rows(f"{connection.source} where {where} order by {table}.rowid", *asked.values())


def _cursor(position: int) -> str:
    return b64encode(f"arrayconnection:{position}".encode()).decode()


def _after(cursor: str | None) -> int:
    return int(b64decode(cursor).decode().rpartition(":")[2]) + 1 if cursor else 0


def _pick(value: Any, selections: tuple[Field, ...]) -> Any:
    """Of *value* what was asked for."""
    if isinstance(value, list):
        return [_pick(each, selections) for each in value]
    if value is None or not selections:
        return value
    return {field.key: _pick(value[field.name], field.selections) for field in selections}


# ---- is it in the schema?


def _check(operation: Operation, variables: Mapping[str, Any]) -> None:
    unknown = set(_variables_in(operation.fields)) - set(operation.variables)
    if unknown:
        raise NotUnderstood(f'Variable "${min(unknown)}" is not defined.')
    for name, kind in operation.variables.items():
        if kind.endswith("!") and variables.get(name) is None:
            raise NotUnderstood(f'Variable "${name}" of required type "{kind}" was not provided.')
    for field in operation.fields:
        if operation.kind == "mutation":
            _check_mutation(field, operation, variables)
        else:
            _check_query(field)


def _check_query(field: Field) -> None:
    if field.name == "userDistricts":
        return _check_fields(field, "UserDistrictType", {"code": ""}, "")
    connection = CONNECTIONS.get(field.name)
    if connection is None:
        raise NotUnderstood(f'Cannot query field "{field.name}" on type "Query".')
    for name in field.arguments:
        if name not in {*connection.filters, *LISTS}:
            raise NotUnderstood(f'Unknown argument "{name}" on field "{field.name}" of type "Query".')
    whole = f"{connection.type}Connection"
    edge = f"{connection.type}Edge"
    return _check_fields(field, whole, {"totalCount": "", "pageInfo": "PageInfo", "edges": edge}, connection.type)


def _check_fields(field: Field, kind: str, known: Mapping[str, str], node: str) -> None:
    if not field.selections:
        raise NotUnderstood(f'Field "{field.name}" of type "{kind}" must have a sub selection.')
    for each in field.selections:
        if each.name not in known:
            raise NotUnderstood(f'Cannot query field "{each.name}" on type "{kind}".')
        if below := known[each.name]:
            _check_fields(each, below, _fields_of(below, node), node)
        elif each.selections:
            raise NotUnderstood(f'Field "{each.name}" of type "{kind}" must not have a sub selection.')


def _fields_of(kind: str, node: str) -> Mapping[str, str]:
    if kind == "PageInfo":
        return PAGE
    return {"node": node, "cursor": ""} if kind.endswith("Edge") else TYPES[kind]


def _check_mutation(field: Field, operation: Operation, variables: Mapping[str, Any]) -> None:
    if field.name not in INPUTS:
        raise NotUnderstood(f'Cannot query field "{field.name}" on type "Mutation".')
    kind = f"{field.name[0].upper()}{field.name[1:]}MutationInput!"
    written = field.arguments.get("input")
    if isinstance(written, Variable) and operation.variables[written.name] != kind:
        told = operation.variables[written.name]
        raise NotUnderstood(f'Variable "${written.name}" of type "{told}" used in position expecting type "{kind}".')
    given = value_of(written, variables)
    required, optional = INPUTS[field.name]
    if not isinstance(given, dict) or not required <= {name for name, value in given.items() if value is not None}:
        raise NotUnderstood(f'Argument "input" got invalid value: {", ".join(sorted(required))} expected.')
    if strange := set(given) - required - optional - ALWAYS:
        raise NotUnderstood(f'Argument "input" got invalid value: In field "{min(strange)}": Unknown field.')
    _check_fields(field, f"{field.name}Payload", {"internalId": "", "clientMutationId": ""}, "")


def _variables_in(value: Any) -> list[str]:
    """The names of all variables used."""
    if isinstance(value, Variable):
        return [value.name]
    if isinstance(value, Field):
        return _variables_in(list(value.arguments.values())) + _variables_in(value.selections)
    if isinstance(value, dict):
        return _variables_in(list(value.values()))
    return [name for each in value for name in _variables_in(each)] if isinstance(value, (list, tuple)) else []
