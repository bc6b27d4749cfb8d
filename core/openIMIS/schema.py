"""One GraphQL schema of what all modules can be asked and told."""

from importlib import import_module
from importlib.util import find_spec

import graphene

from openIMIS.openimisapps import MODULES

_schemas = [import_module(f"{module}.schema") for module in MODULES if find_spec(f"{module}.schema")]


def _all(name):
    return tuple(getattr(schema, name) for schema in _schemas if hasattr(schema, name))


for _schema in _schemas:
    if hasattr(_schema, "bind_signals"):
        _schema.bind_signals()

Query = type("Query", (*_all("Query"), graphene.ObjectType), {})
Mutation = type("Mutation", (*_all("Mutation"), graphene.ObjectType), {})
schema = graphene.Schema(query=Query, mutation=Mutation)
