"""
The practice core's GraphQL schema: the fields, arguments and inputs of openIMIS that the portal uses, and no others.

What is not listed here is answered as something that does not exist, so a slip in the client shows at once.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portal.demo.practice_core_store import Row


def _fields(plain: str, **typed: str) -> dict[str, str]:
    return dict.fromkeys(plain.split(), "") | typed


#: Fields by type; a field that is not plain names its type.
TYPES = {
    "InsureeGQLType": _fields(
        "id uuid chfId lastName otherNames dob passport status head jsonExt", family="FamilyGQLType"
    ),
    "FamilyGQLType": _fields("id uuid"),
    "PolicyHolderGQLType": _fields("id code tradeName jsonExt"),
    "ProductGQLType": _fields("id code name"),
    "OfficerGQLType": _fields("id code"),
    "LocationGQLType": _fields("id uuid code name type"),
    "MutationLogGQLType": _fields("id status error clientMutationId clientMutationLabel requestDateTime"),
    "PolicyGQLType": _fields(
        "id uuid status stage value enrollDate startDate effectiveDate expiryDate", product="ProductGQLType"
    ),
    "InsureePolicyGQLType": _fields(
        "id enrollmentDate startDate effectiveDate expiryDate", insuree="InsureeGQLType", policy="PolicyGQLType"
    ),
    "PremiumGQLType": _fields("id uuid amount receipt payDate payType", policy="PolicyGQLType"),
}
INPUTS: dict[str, tuple[set[str], set[str]]] = {  # required, optional
    "createPolicy": (
        {"enrollDate", "startDate", "expiryDate", "value", "productId", "familyId", "officerId"},
        {"isPaid", "receipt", "payerUuid"},
    ),
    "createPremium": ({"policyUuid"}, {"amount", "receipt", "payDate", "payType", "payerUuid"}),
    "suspendPolicies": (set(), {"uuids"}),
}
ALWAYS = {"clientMutationId", "clientMutationLabel", "clientMutationDetails", "mutationExtensions"}


@dataclass(frozen=True, slots=True)
class Connection:
    """One list that can be asked for: its rows, what narrows them (argument → SQL), and how a row is shown."""

    type: str
    source: str
    filters: Mapping[str, str]
    show: Callable[[Row], Row]
    guarded: bool = True  # asks for a known User-Agent, as the core does for these


def gid(kind: str, number: object) -> str:
    """An id as relay shows it."""
    return b64encode(f"{kind}:{number}".encode()).decode()


def _person(row: Row) -> Row:
    family = {"id": gid("FamilyGQLType", row["family_id"]), "uuid": row["family_uuid"]} if row["family_id"] else None
    return {
        "id": gid("InsureeGQLType", row["id"]),
        "uuid": row["uuid"],
        "chfId": row["chf_id"],
        "lastName": row["last_name"],
        "otherNames": row["other_names"],
        "dob": row["dob"],
        "passport": row["passport"],
        "status": "AC",
        "head": family is not None,
        "jsonExt": None,
        "family": family,
    }


def _policy(row: Row) -> Row:
    return {
        "id": gid("PolicyGQLType", row["policy_id"]),
        "uuid": row["policy_uuid"],
        "status": row["status"],
        "stage": row["stage"],
        "value": row["value"],
        "enrollDate": row["enroll_date"],
        "startDate": row["start_date"],
        "effectiveDate": row["effective_date"],
        "expiryDate": row["expiry_date"],
        "product": _product({"id": row["product_id"], "code": row["code"], "name": row["product_name"]}),
    }


def _product(row: Row) -> Row:
    return {"id": gid("ProductGQLType", row["id"]), "code": row["code"], "name": row["name"]}


def _cover(row: Row) -> Row:
    policy = _policy(row)
    days = {name: policy[name] for name in ("startDate", "effectiveDate", "expiryDate")}
    whole = {"id": gid("InsureePolicyGQLType", row["policy_id"]), "enrollmentDate": policy["enrollDate"], **days}
    return {**whole, "insuree": _person(row), "policy": policy}


def _premium(row: Row) -> Row:
    return {
        "id": gid("PremiumGQLType", row["premium_id"]),
        "uuid": row["premium_uuid"],
        "amount": row["amount"],
        "receipt": row["receipt"],
        "payDate": row["pay_date"],
        "payType": row["pay_type"],
        "policy": _policy(row),
    }


def _entry(row: Row) -> Row:
    return {
        "id": gid("MutationLogGQLType", row["uuid"]),
        "status": row["status"],
        "error": row["error"],
        "clientMutationId": row["client_mutation_id"],
        "clientMutationLabel": row["client_mutation_label"],
        "requestDateTime": row["request_date_time"],
    }


def _holder(row: Row) -> Row:
    name = json.loads(row["body"]).get("name")
    return {"id": gid("PolicyHolderGQLType", row["uuid"]), "code": row["code"], "tradeName": name, "jsonExt": None}


POLICY_COLUMNS = "policy.*, policy.id policy_id, policy.uuid policy_uuid, product.code, product.name product_name"
POLICIES = "policy join product on product.id=policy.product_id"
CONNECTIONS = {
    "insurees": Connection(
        "InsureeGQLType",
        "select * from person",
        {"chfId": "chf_id=?", "passport": "passport=?", "uuid": "uuid=?", "chfId_Istartswith": "chf_id like ?||'%'"},
        _person,
    ),
    "policyHolder": Connection("PolicyHolderGQLType", "select * from employer", {"code": "code=?"}, _holder),
    "products": Connection("ProductGQLType", "select * from product", {"code": "code=?"}, _product, guarded=False),
    "policyOfficers": Connection(
        "OfficerGQLType",
        "select * from officer",
        {"code": "code=?"},
        lambda row: {"id": gid("OfficerGQLType", row["id"]), "code": row["code"]},
        guarded=False,
    ),
    "locations": Connection(
        "LocationGQLType",
        "select * from village",
        {"code": "code=?"},
        lambda row: {**row, "id": gid("LocationGQLType", row["uuid"]), "type": "V"},
        guarded=False,
    ),
    "mutationLogs": Connection(
        "MutationLogGQLType",
        "select * from log",
        {
            "clientMutationId": "client_mutation_id=?",
            "clientMutationLabel": "client_mutation_label=?",
            "status": "status=?",
            "status_Gte": "status>=?",
        },
        _entry,
    ),
    "insureePolicy": Connection(
        "InsureePolicyGQLType",
        f"select person.*, {POLICY_COLUMNS} "  # noqa: S608
        f"from {POLICIES} join person on person.family_id=policy.family_id",
        {
            "insuree_ChfId": "person.chf_id=?",
            "insuree_ChfId_Istartswith": "person.chf_id like ?||'%'",
            "policy_Product_Code": "product.code=?",
            "policy_Status": "policy.status=?",
            "startDate": "policy.start_date=?",
            "expiryDate": "policy.expiry_date=?",
            "effectiveDate_Lte": "policy.effective_date<=?",
            "expiryDate_Gte": "policy.expiry_date>=?",
        },
        _cover,
    ),
    "premiums": Connection(
        "PremiumGQLType",
        f"select {POLICY_COLUMNS}, premium.*, premium.id premium_id, premium.uuid premium_uuid "  # noqa: S608
        "from premium join policy on policy.id=premium.policy_id join product on product.id=policy.product_id",
        {"receipt": "premium.receipt=?", "policy_Product_Code": "product.code=?", "policy_Uuid": "policy.uuid=?"},
        _premium,
    ),
}
