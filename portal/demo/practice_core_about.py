"""What the practice core says of itself: its FHIR resources, its schema, its account and what that may do."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from portal.coverage.core_check import RIGHTS
from portal.demo.practice_core_schema import ALWAYS, CONNECTIONS, INPUTS
from portal.demo.practice_core_store import Row

#: The right a field of GraphQL asks for; what is not listed asks for none.
FIELD_RIGHTS = {
    "insurees": 101101, "insureePolicy": 101500, "premiums": 101301, "products": 121001, "policyOfficers": 121501,
    "policyHolder": 150101, "createPolicy": 101202, "createPremium": 101302, "suspendPolicies": 101203,
}  # fmt: skip
#: The same of FHIR: method and resource.
RESOURCE_RIGHTS = {
    ("GET", "Organization"): 150101, ("POST", "Organization"): 150102,
    ("GET", "Patient"): 101101, ("POST", "Patient"): 101102,
}  # fmt: skip
ALL_RIGHTS = frozenset(RIGHTS)
#: Arguments every list takes.
LISTS = ("first", "after", "orderBy")


def resources(url: str) -> Row:
    """The FHIR resources there are, by their address."""
    return {name: f"{url}/api/api_fhir_r4/{name}/" for name in ("login", "Patient", "Organization")}


def account(user: str, rights: Collection[int]) -> Row:
    """Who asks, and what they may."""
    told = {"id": 1, "language": "en", "last_name": user, "other_names": "Portal", "rights": sorted(rights)}
    return {"id": "practice", "username": user, "i_user": told, "t_user": None}


def schema() -> dict[str, Any]:
    """The answer to an introspection, whatever part of it is asked for."""
    fields: list[Row] = [{"name": "userDistricts", "args": []}]
    for name, connection in CONNECTIONS.items():
        fields.append({"name": name, "args": [{"name": each} for each in (*connection.filters, *LISTS)]})
    types: list[Row] = [{"name": "Query", "inputFields": None}]
    for name, (required, optional) in INPUTS.items():
        known = sorted(required | optional | ALWAYS)
        kind = f"{name[0].upper()}{name[1:]}MutationInput"
        types.append({"name": kind, "inputFields": [{"name": each} for each in known]})
    return {"__schema": {"queryType": {"fields": fields}, "types": types}}
