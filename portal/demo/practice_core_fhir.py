"""The practice core's FHIR: employers (Organization) and persons (Patient), made and read one at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from portal.demo.practice_core_store import Row, Store

IG = "https://openimis.github.io/openimis_fhir_r4_ig/"
Answer = tuple[int, Any]


def problem(status: int, text: str, severity: str = "error") -> Answer:
    """A FHIR OperationOutcome.  The status says little: most faults are a 500, as in the core."""
    issue = {"severity": severity, "code": "exception", "details": {"text": text}}
    return status, {"resourceType": "OperationOutcome", "issue": [issue]}


def answer(store: Store, method: str, path: str, body: Mapping[str, Any]) -> Answer:
    """Status and JSON for *path*, which begins after ``/api/api_fhir_r4/``."""
    resource, _, rest = path.strip("/").partition("/")
    with store.lock:
        if (method, resource, bool(rest)) == ("GET", "Organization", True):
            return _organization(store, unquote(rest))
        if (method, resource, bool(rest)) == ("POST", "Organization", False):
            return _new_organization(store, body)
        if (method, resource, bool(rest)) == ("GET", "Patient", True):
            return _patient(store, unquote(rest))
        if (method, resource, bool(rest)) == ("POST", "Patient", False):
            return _new_patient(store, body)
    return problem(404, "Not found.")


def _organization(store: Store, name: str) -> Answer:
    rows = store.rows("select * from employer where code=? or uuid=?", name, name)
    if not rows:
        return problem(404, "Not found.")
    return 200, _shown(json.loads(rows[0]["body"]), rows[0]["uuid"], rows[0]["code"], name)


def _new_organization(store: Store, body: Mapping[str, Any]) -> Answer:
    code = _code(body)
    if not code or not body.get("name"):
        return problem(500, "Missing PolicyHolder code" if not code else "Missing PolicyHolder name")
    if not any(c.get("code") == "bus" for kind in body.get("type", ()) for c in kind.get("coding", ())):
        return problem(500, "Failed to match serializer eligible for given request")
    if store.has("select 1 from employer where code=?", code):
        return problem(500, f"Exists Organization with following code `{code}`")
    if fault := _too_long("PolicyHolder", {"code": (code, 32), "phone": (_telecom(body, "phone"), 16)}):
        return problem(500, fault)
    uuid = str(uuid4())
    store.add("employer", uuid=uuid, code=code, body=json.dumps(dict(body)))
    return 201, _shown(body, uuid, code, uuid)


def _shown(body: Mapping[str, Any], uuid: str, code: str, name: str) -> Row:
    return {**body, "id": name, "identifier": [_identifier("UUID", uuid), _identifier("Code", code)]}


def _patient(store: Store, name: str) -> Answer:
    rows = store.rows("select * from person where chf_id=? or uuid=?", name, name)
    if rows:
        return 200, _person(rows[0], name)
    details = "details Insuree matching query does not exist."
    return problem(500, f"[\"failed to retrieve Insuree with the filter {{'uuid': '{name}'}}; {details}\"]")


def _new_patient(store: Store, body: Mapping[str, Any]) -> Answer:
    code = _code(body)
    if not code:
        return problem(500, "Patient code not provided.")
    fault = _fault(body)
    if fault:
        return problem(500, fault)
    village = _village(store, body)
    if village is None:
        return problem(500, "Invalid location reference, it doesn't match any location.")
    if fault := _too_long("Insuree", {"passport": (_passport(body) or "", 25)}):
        return problem(500, fault)
    if store.has("select 1 from person where chf_id=?", code):
        return problem(500, f"Exists patient with following chfid `{code}`")
    return 201, _add_person(store, code, village, body)


def _add_person(store: Store, code: str, village: str, body: Mapping[str, Any]) -> Row:
    name = body["name"][0]
    uuid, family = str(uuid4()), None
    if _extension(body, "patient-is-head").get("valueBoolean"):
        family = store.rows("select coalesce(max(family_id), 0) + 1 n from person")[0]["n"]
    number = store.add(
        "person",
        uuid=uuid,
        chf_id=code,
        last_name=name["family"],
        other_names=" ".join(name["given"]),
        dob=body["birthDate"],
        gender=body.get("gender", "unknown"),
        passport=_passport(body),
        family_id=family,
        family_uuid=str(uuid4()) if family else None,
        village=village,
    )
    return _person(store.rows("select * from person where id=?", number)[0], uuid)


def _passport(body: Mapping[str, Any]) -> str | None:
    nested = _extension(body, "patient-identification").get("extension", ())
    return next((each.get("valueString") for each in nested if each.get("url") == "number"), None)


def _telecom(body: Mapping[str, Any], kind: str) -> str:
    return next((str(each.get("value")) for each in body.get("telecom", ()) if each.get("system") == kind), "")


def _too_long(what: str, texts: Mapping[str, tuple[str, int]]) -> str | None:
    """The core's complaint about texts longer than it keeps."""
    wrong = {
        name: [f"Ensure this value has at most {most} characters (it has {len(text)})."]
        for name, (text, most) in texts.items()
        if len(text) > most
    }
    return json.dumps([f"Object {what} is not respecting the mandatory fields: {wrong}"]) if wrong else None


def _person(row: Row, name: str) -> Row:
    head = {"url": f"{IG}StructureDefinition/patient-is-head", "valueBoolean": bool(row["family_id"])}
    extensions: list[Row] = [head]
    if row["family_uuid"]:
        group = {"reference": f"Group/{row['family_uuid']}", "type": "Group"}
        extensions.append({"url": f"{IG}StructureDefinition/patient-group-reference", "valueReference": group})
    return {
        "resourceType": "Patient",
        "id": name,
        "extension": extensions,
        "identifier": [_identifier("UUID", row["uuid"]), _identifier("Code", row["chf_id"])],
        "name": [{"use": "usual", "family": row["last_name"], "given": [row["other_names"]]}],
        "gender": row["gender"],
        "birthDate": row["dob"],
    }


def _fault(body: Mapping[str, Any]) -> str | None:
    """What the core would say against this person, None if nothing."""
    name = (body.get("name") or [{}])[0]
    if "family" not in name or not name.get("given"):
        return "Missing obligatory fields for fhir patient name: family or given"
    for part, text in (("family", name["family"]), ("given -> 0", name["given"][0])):
        if not text:
            return f"1 validation error for Patient\nname -> 0 -> {part}\n  string does not match regex"
    try:
        date.fromisoformat(body.get("birthDate", ""))
    except ValueError:
        return "1 validation error for Patient\nbirthDate\n  invalid date format (type=value_error.date)"
    if not _extension(body, "patient-is-head"):
        return "At least one extension with is_head is required"
    return next((fault for address in body.get("address") or [{}] if (fault := _address_fault(address))), None)


def _address_fault(address: Mapping[str, Any]) -> str | None:
    if not address.get("extension"):
        return "Missing extensions for Address"
    kinds = [each["url"].rpartition("/")[2] for each in address["extension"]]
    errors = [f"Address '{name}' field required" for name in ("city", "district", "state") if not address.get(name)]
    if "address-location-reference" not in kinds:
        errors.insert(0, "FHIR Patient address without address-location-reference extension.")
    if "address-municipality" not in kinds:
        errors.insert(0, "FHIR Patient address without address-municipality reference.")
    return json.dumps({0: errors}) if errors else None


def _village(store: Store, body: Mapping[str, Any]) -> str | None:
    """The village a person is given, by its id or code; None if there is no such village."""
    reference = _extension(body["address"][0], "address-location-reference")["valueReference"]["reference"]
    name = reference.rpartition("/")[2]
    rows = store.rows("select uuid from village where uuid=? or code=?", name, name)
    return str(rows[0]["uuid"]) if rows else None


def _extension(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next((e for e in body.get("extension", ()) if e.get("url", "").endswith(f"/{name}")), {})
    return found


def _code(body: Mapping[str, Any]) -> str:
    for each in body.get("identifier", ()):
        if each["type"]["coding"][0]["code"] == "Code":
            return str(each["value"])
    return ""


def _identifier(kind: str, value: str) -> Row:
    coding = {"system": f"{IG}CodeSystem/openimis-identifiers", "code": kind}
    return {"type": {"coding": [coding]}, "value": value}
