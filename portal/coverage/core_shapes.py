"""
What goes to the core and comes back, as plain values: the words of `core_client`, without the talking.

On our side persons, covers and outcomes; on theirs insurees, policies, premiums and log entries.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import date
from typing import Any
from unicodedata import combining, normalize

from portal.coverage.core_line import CoreRefused
from portal.words import Words, _

LONGEST_RECEIPT = 50
#: The core refuses an employer with a longer one.
LONGEST_PHONE = 16
ACTIVE = 2
#: States of a mutation in the core's log.
RECEIVED, FAILED, DONE = 0, 1, 2
#: What a reason looks like that will pass by itself.
PASSING = re.compile(r"connection|time(d )?out|deadlock|too many clients|terminating", re.IGNORECASE)
IG = "https://openimis.github.io/openimis_fhir_r4_ig/"
GENDERS = {"F": "female", "M": "male", "O": "other"}


@dataclass(frozen=True, slots=True)
class PersonForCore:
    """Somebody the core should know.  *sex* is F, M or O; *other_names* are all names but the surname."""

    insurance_number: str
    national_id: str
    surname: str
    other_names: str
    birth_date: date
    sex: str


@dataclass(frozen=True, slots=True)
class CoverForCore:
    """
    One person covered from *first_day* to *last_day*, both inclusive.

    *amount_minor* counts the smallest unit of a currency with *decimals* places.  *receipt* is the
    message's own name, used once: ``<declaration or payment>/<insurance number>/<month>``, at most 50 characters.
    """

    insurance_number: str
    product_code: str
    first_day: date
    last_day: date
    amount_minor: int
    receipt: str
    decimals: int = 2

    def __post_init__(self) -> None:
        if not 0 < len(self.receipt) <= LONGEST_RECEIPT:
            raise ValueError(f"A receipt has 1 to {LONGEST_RECEIPT} characters: {self.receipt!r}")
        if self.amount_minor < 0 or self.last_day < self.first_day:
            raise ValueError(f"A cover has no negative amount and does not end before it begins: {self.receipt!r}")
        if not 0 <= self.decimals <= 2:
            raise ValueError("The core keeps amounts with two decimals at most.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one cover.  *again*: not decided yet, or for a passing reason; look it up and try later."""

    ok: bool
    error: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class CoverSeen:
    """A cover as the core shows it, both days inclusive.  *policy* is the core's id of it, for `Core.suspend`."""

    first_day: date | None
    last_day: date
    policy: str
    status: int
    product_code: str

    @property
    def covered(self) -> bool:
        """Whether it holds: paid for and not suspended."""
        return self.status == ACTIVE


@dataclass(frozen=True, slots=True)
class Insuree:
    """A person as the core knows them.  *family* is None for somebody the core cannot cover."""

    pk: int
    number: str
    surname: str
    other_names: str
    birth_date: str
    family: int | None


def insuree(node: dict[str, Any]) -> Insuree:
    """A person from a GraphQL node."""
    family = pk(node["family"]["id"]) if node["family"] else None
    return Insuree(pk(node["id"]), node["chfId"], node["lastName"], node["otherNames"], node["dob"], family)


def pk(relay_id: str) -> int:
    """
    The number inside a GraphQL id.

    >>> pk("RmFtaWx5R1FMVHlwZToz")
    3
    """
    return int(b64decode(relay_id).decode().rpartition(":")[2])


def decimal(minor: int, decimals: int) -> str:
    """
    An amount as the core wants it: exact text.

    >>> decimal(12345, 2), decimal(5, 2), decimal(500, 0)
    ('123.45', '0.05', '500')
    """
    whole, part = divmod(minor, 10**decimals)
    return f"{whole}.{part:0{decimals}d}" if decimals else str(whole)


def same_person(ours: PersonForCore, theirs: list[Insuree]) -> Insuree | CoreRefused:
    """The core's person if it is ours; a refusal that names the difference, not the values, if not."""
    number = ours.insurance_number
    if len(theirs) > 1:
        return CoreRefused(_("The core knows %(number)s more than once; they must be merged there.", number=number))
    if theirs[0].birth_date != ours.birth_date.isoformat():
        return CoreRefused(_("The core knows %(number)s with another birth date.", number=number))
    if _plain(theirs[0].surname) != _plain(ours.surname):
        return CoreRefused(_("The core knows %(number)s with another surname.", number=number))
    if _plain(theirs[0].other_names) != _plain(ours.other_names):
        return CoreRefused(_("The core knows %(number)s with other first names.", number=number))
    return theirs[0]


def elsewhere(ours: PersonForCore, theirs: Insuree) -> CoreRefused:
    """Why a person is not made anew whose national identity number the core has under another insurance number."""
    number, other = ours.insurance_number, theirs.number
    return CoreRefused(_("The core knows the person %(number)s by the number %(other)s.", number=number, other=other))


def unable(theirs: list[Insuree]) -> Outcome | None:
    """Why the core cannot be told of a cover of the person it knows as *theirs*."""
    if len(theirs) == 1 and theirs[0].family is not None:
        return None
    texts = ("person not known", "person without a family", "person known more than once")
    return Outcome(False, texts[min(len(theirs), 2)])


def _plain(name: str) -> str:
    """A name without case, accents, hyphens and doubled spaces, which nobody types twice alike."""
    letters = "".join(c if c.isalnum() else " " for c in normalize("NFKD", name.casefold()) if not combining(c))
    return " ".join(letters.split())


def outcome(entry: dict[str, Any]) -> Outcome:
    """What a log entry means."""
    if entry["status"] == DONE:
        return Outcome(True)
    if entry["status"] == RECEIVED:
        return Outcome(False, "received, not worked on yet", True)
    text = reason(entry["error"])
    return Outcome(False, text, bool(PASSING.search(text)))


def reason(error: str | None) -> str:
    """
    The reason inside a log entry's error, which is JSON in one of three forms, of which one says nothing.

    >>> reason('[{"message": "policy.failed", "detail": "[\\'Receipt already exist for a given product.\\']"}]')
    'Receipt already exist for a given product.'
    >>> reason('"Error! - Failed to submit"'), reason('["title", "list"]')
    ('Error! - Failed to submit', 'no reason given')
    """
    try:
        told = json.loads(error or "")
    except ValueError:
        return error or "no reason given"
    if isinstance(told, str):
        return told
    said = [each.get("detail") or each.get("message") or "" for each in told if isinstance(each, dict)]
    return "; ".join(str(text).removeprefix("['").removesuffix("']") for text in said if text) or "no reason given"


def seen(policy: dict[str, Any], first_day: str | None, last_day: str) -> CoverSeen:
    """A cover from a GraphQL policy and the days it holds for the person."""
    starts = date.fromisoformat(first_day) if first_day else None
    code = policy["product"]["code"]
    return CoverSeen(starts, date.fromisoformat(last_day), policy["uuid"], policy["status"], code)


def organization(number: str, name: str, phone: str, email: str, address: str) -> dict[str, Any]:
    """An employer as FHIR Organization."""
    ways = (("phone", phone if len(phone) <= LONGEST_PHONE else ""), ("email", email))
    telecom = [{"system": kind, "value": value} for kind, value in ways if value]
    return {
        "resourceType": "Organization",
        "identifier": [_identifier(number)],
        "type": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/organization-type", "code": "bus"}]}],
        "name": name,
        "telecom": telecom,
        "address": [{"type": "physical", "line": [address or "-"]}],
    }


def organization_id(answer: dict[str, Any]) -> str | None:
    """The core's own id among an Organization's identifiers."""
    for each in answer.get("identifier", ()):
        if each["type"]["coding"][0]["code"] == "UUID":
            return str(each["value"])
    return None


def patient(person: PersonForCore, village: str) -> dict[str, Any]:
    """A person as FHIR Patient, head of a family of one, living in *village* (its code) for all the core knows."""
    where = {"reference": f"Location/{village}", "type": "Location", "identifier": _identifier(village)}
    address = [_extension("address-municipality", valueString="-")]
    address.append(_extension("address-location-reference", valueReference=where))
    extensions = [_extension("patient-is-head", valueBoolean=True)]
    extensions.append(_extension("patient-card-issued", valueBoolean=False))
    if person.national_id:
        kind = {"coding": [{"system": "CodeSystem/patient-identification-type", "code": "N"}]}
        number = [{"url": "number", "valueString": person.national_id}, {"url": "type", "valueCodeableConcept": kind}]
        extensions.append(_extension("patient-identification", extension=number))
    return {
        "resourceType": "Patient",
        "extension": extensions,
        "identifier": [_identifier(person.insurance_number)],
        "name": [{"use": "usual", "family": person.surname, "given": [person.other_names]}],
        "gender": GENDERS[person.sex],
        "birthDate": person.birth_date.isoformat(),
        "address": [
            {"use": "home", "type": "physical", "city": "-", "district": "-", "state": "-", "extension": address}
        ],
    }


def _identifier(value: str) -> dict[str, Any]:
    return {"type": {"coding": [{"system": f"{IG}CodeSystem/openimis-identifiers", "code": "Code"}]}, "value": value}


def _extension(name: str, **value: Any) -> dict[str, Any]:
    return {"url": f"{IG}StructureDefinition/{name}", **value}


def outcome_text(answer: Any) -> str | None:
    """The text of a FHIR OperationOutcome, None if it is none."""
    if not isinstance(answer, dict) or answer.get("resourceType") != "OperationOutcome":
        return None
    return str(answer["issue"][0]["details"]["text"])


def trouble(status: int, message: str, user_agent: str) -> Words:
    """Why GraphQL did not answer, in words for the operator who must mend it."""
    if "csrftoken" in message:
        return _("The core must be set to let in “%(agent)s” (USER_AGENT_CSRF_BYPASS).", agent=user_agent)
    if "unauthorized" in message.lower():
        return _("The portal's user lacks a right in the core.")
    return _("The core did not understand the portal (%(status)s): %(message)s", status=status, message=message)
