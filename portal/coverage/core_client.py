"""
The only place that speaks openIMIS (with `core_line`, one exchange, and `core_shapes`, what is exchanged).

Covers go the direct way: one paid policy a person and month, found again by its receipt.  The core
does not deduplicate when two senders meet, so one sender at a time works for an employer, and
asks `outcomes` and `find_cover` before anything is sent a second time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

from portal.coverage import core_shapes as shapes
from portal.coverage.core_line import CoreLine, CoreRefused, CoreUnavailable
from portal.coverage.core_shapes import CoverForCore, CoverSeen, Insuree, Outcome, PersonForCore
from portal.words import _

__all__ = ["Core", "CoreRefused", "CoreUnavailable", "CoverForCore", "CoverSeen", "Outcome", "PersonForCore"]

#: How many reads or writes go into one request: a core in production takes 150 requests a minute.
BATCH = 50
FHIR = "/api/api_fhir_r4"
PERSON = "edges{node{id chfId lastName otherNames dob family{id}}}"
POLICY = "policy{uuid status effectiveDate expiryDate product{code}}"
LOG = "pageInfo{hasNextPage endCursor} edges{node{clientMutationId status error requestDateTime}}"

People = dict[str, list[Insuree]]
T = TypeVar("T")


class Core:
    """
    One openIMIS, as the portal uses it.  Every method may raise `CoreUnavailable`.

    Its operator must know *user_agent*, and have made an officer, on whom policies hang, and a village,
    on which new persons hang, with the codes *officer* and *village*.  *timeout* bounds one exchange
    and *patience* the wait for a mutation to end, both in seconds.  Not to be shared between threads.
    """

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        user_agent: str = "contribution-portal",
        timeout: float = 60,
        *,
        officer: str = "PORTAL",
        village: str = "PORTAL",
        patience: float = 10,
    ) -> None:
        self._line = CoreLine(url, user, password, user_agent, timeout)
        self._agent, self._officer, self._village, self._patience = user_agent, officer, village, patience
        self._numbers: dict[tuple[str, str], int] = {}

    def ensure_employer(self, number: str, name: str, phone: str, email: str, address: str) -> str:
        """The core's id of the employer with this *number*, made there if it is not yet."""
        known = self._employer(number)
        if known is None:
            self._create("Organization", shapes.organization(number, name, phone, email, address))
            known = self._employer(number)
        if known is None:
            raise CoreUnavailable(_("The core does not show employer %(number)s.", number=number), ambiguous=True)
        return known

    def ensure_person(self, person: PersonForCore) -> int:
        """The core's number of *person*, made there if need be.  `CoreRefused` if the number is somebody else's."""
        found = self.ensure_people([person])[person.insurance_number]
        if isinstance(found, CoreRefused):
            raise found
        return found

    def ensure_people(self, people: Sequence[PersonForCore]) -> dict[str, int | CoreRefused]:
        """By insurance number: the core's number of each of *people*, or why the core's person is another."""
        known = self._people([p.insurance_number for p in people])
        missing = [p for p in people if p.insurance_number not in known]
        elsewhere = self._people([p.national_id for p in missing if p.national_id], by="passport")
        refused: dict[str, CoreRefused] = {}
        for person in missing:
            if there := elsewhere.get(person.national_id):
                refused[person.insurance_number] = shapes.elsewhere(person, there[0])
            elif problem := self._create("Patient", shapes.patient(person, self._village)):
                refused[person.insurance_number] = problem
        known |= self._people([p.insurance_number for p in missing if p.insurance_number not in refused])
        return {p.insurance_number: refused.get(p.insurance_number) or _settled(p, known) for p in people}

    def cover(self, covers: Sequence[CoverForCore], label: str, *, today: date | None = None) -> dict[str, Outcome]:
        """
        Tell the core of *covers* and read what became of each, by receipt.

        They are new, or were looked up before.  *label* names the message, in 255 characters at most.
        *today* is needed when a cover begins after it.
        """
        if len({c.receipt for c in covers}) != len(covers):
            raise ValueError("Two covers have the same receipt.")
        people = self._people(sorted({c.insurance_number for c in covers}))
        outcomes = {c.receipt: unable for c in covers if (unable := shapes.unable(people.get(c.insurance_number, [])))}
        ready = [c for c in covers if c.receipt not in outcomes]
        policies = [self._policy(c, people, label, today) for c in ready]
        self._mutate("createPolicy", policies)
        with _sent():
            read = self._settle(label) if ready else {}
            no_trace = Outcome(False, "no trace of it in the core's log", True)
            outcomes |= {c.receipt: read.get(c.receipt, no_trace) for c in ready}
            return outcomes | self._already([c for c in ready if "already exist" in outcomes[c.receipt].error])

    def outcomes(self, label: str) -> dict[str, Outcome]:
        """By receipt, what the log says of all sent under *label*: a success stays, else the last word counts."""
        found: dict[str, Outcome] = {}
        for entry in sorted(self._log(label), key=lambda entry: str(entry["requestDateTime"])):
            receipt = entry["clientMutationId"]
            if receipt not in found or not found[receipt].ok:
                found[receipt] = shapes.outcome(entry)
        return found

    def find_cover(self, receipts: Iterable[str]) -> set[str]:
        """Which of *receipts* the core knows.  Those must not be sent again."""
        return set(self.cover_by_receipt(receipts))

    def cover_by_receipt(self, receipts: Iterable[str]) -> dict[str, CoverSeen]:
        """What the core knows under *receipts*."""
        found = self._look_up(sorted(set(receipts)), "premiums(receipt:{})", f"edges{{node{{receipt {POLICY}}}}}")
        policies = {receipt: nodes[0]["policy"] for receipt, nodes in found.items()}
        return {r: shapes.seen(p, p["effectiveDate"], p["expiryDate"]) for r, p in policies.items()}

    def read_back(self, insurance_numbers: Iterable[str], product_code: str, day: date) -> dict[str, CoverSeen]:
        """Who has a cover by *product_code* on *day*: ask it whether it is `covered`.  Who has none is left out."""
        days = f'effectiveDate_Lte:"{day}",expiryDate_Gte:"{day}"'
        found = self._covers(sorted(set(insurance_numbers)), product_code, days)
        return {number: max(covers, key=lambda cover: cover.covered) for number, covers in found.items()}

    def has_product(self, code: str) -> bool:
        """Whether the core has a product of this code."""
        return bool(self._look_up([code], "products(code:{})", "edges{node{id code}}").get(code))

    def suspend(self, policies: Sequence[str]) -> None:
        """End covers that should not be, by `CoverSeen.policy`.  Twice does no harm.  Their receipts stay used."""
        label = f"suspend/{uuid4()}"
        batches = [{"uuids": batch, "clientMutationLabel": label} for batch in _batches(sorted(set(policies)))]
        self._mutate("suspendPolicies", [{"clientMutationId": f"{label}/{n}", **b} for n, b in enumerate(batches)])
        with _sent():
            bad = [outcome for outcome in self._settle(label).values() if not outcome.ok]
        if any(outcome.again for outcome in bad):
            raise CoreUnavailable(_("The core has not ended the cover yet."), ambiguous=True)
        if bad:
            raise CoreRefused(_("The core did not end the cover."), bad[0].error)

    # ---- their words: FHIR

    def _employer(self, number: str) -> str | None:
        status, answer = self._line.ask("GET", f"{FHIR}/Organization/{quote(number, safe='')}/", writes=False)
        if status == 200 and isinstance(answer, dict):
            return shapes.organization_id(answer)
        if status == 404:
            return None
        raise CoreUnavailable(_("The core answered with error %(status)s.", status=status))

    def _create(self, resource: str, body: dict[str, Any]) -> CoreRefused | None:
        """Make something that was looked up before.  If somebody else has just made it, that is as good."""
        status, answer = self._line.ask("POST", f"{FHIR}/{resource}/", body, writes=True)
        text = shapes.outcome_text(answer)
        if status == 201 or (text or "").startswith("Exists "):
            return None
        if text is None or shapes.PASSING.search(text):  # status codes say little: everything is a 500
            raise CoreUnavailable(_("The core answered with error %(status)s.", status=status), ambiguous=True)
        return CoreRefused(_("The core did not accept this entry."), text)

    # ---- their words: GraphQL

    def _ask(self, query: str, variables: dict[str, Any], *, writes: bool = False) -> dict[str, Any]:
        body = {"query": query, "variables": variables}
        status, answer = self._line.ask("POST", "/api/graphql", body, writes=writes)
        told = answer if isinstance(answer, dict) else {}
        errors, results = told.get("errors"), told.get("data")
        if status == 200 and not errors and isinstance(results, dict):
            return results
        message = str(errors[0].get("message")) if errors else ""
        raise CoreUnavailable(shapes.trouble(status, message, self._agent), ambiguous=writes and status != 400)

    def _mutate(self, name: str, inputs: Sequence[dict[str, Any]]) -> None:
        """Mutations of one kind, in order, many in a request.  The answers say nothing; the log does."""
        kind = f"{name[0].upper()}{name[1:]}MutationInput!"
        for sent, batch in enumerate(_batches(inputs)):
            head = ",".join(f"$i{n}:{kind}" for n in range(len(batch)))
            body = " ".join(f"m{n}:{name}(input:$i{n}){{internalId}}" for n in range(len(batch)))
            given = {f"i{n}": each for n, each in enumerate(batch)}
            try:
                self._ask(f"mutation({head}){{{body}}}", given, writes=True)
            except CoreUnavailable as lost:
                raise CoreUnavailable(lost.words, ambiguous=lost.ambiguous or sent > 0) from lost

    def _look_up(self, values: Sequence[str], field: str, wanted: str) -> dict[str, list[dict[str, Any]]]:
        """The nodes of *field* for each of *values*, put where its braces are.  Those without nodes are left out."""
        found: dict[str, list[dict[str, Any]]] = {}
        for batch in _batches(values):
            head = ",".join(f"$v{n}:String" for n in range(len(batch)))
            body = " ".join(f"r{n}:{field.replace('{}', f'$v{n}')}{{{wanted}}}" for n in range(len(batch)))
            answer = self._ask(f"query({head}){{{body}}}", {f"v{n}": value for n, value in enumerate(batch)})
            for n, value in enumerate(batch):
                if nodes := [edge["node"] for edge in answer[f"r{n}"]["edges"]]:
                    found[value] = nodes
        return found

    def _people(self, numbers: Sequence[str], by: str = "chfId") -> People:
        found = self._look_up(numbers, f"insurees({by}:{{}})", PERSON)
        return {number: [shapes.insuree(node) for node in nodes] for number, nodes in found.items()}

    def _covers(self, numbers: Sequence[str], product_code: str, days: str) -> dict[str, list[CoverSeen]]:
        field = f"insureePolicy(insuree_ChfId:{{}},policy_Product_Code:{json.dumps(product_code)},{days})"
        found = self._look_up(numbers, field, f"edges{{node{{effectiveDate expiryDate {POLICY}}}}}")
        return {
            number: [shapes.seen(node["policy"], node["effectiveDate"], node["expiryDate"]) for node in nodes]
            for number, nodes in found.items()
        }

    def _number(self, field: str, code: str) -> int:
        """The core's number of a product or officer, asked once."""
        if (field, code) not in self._numbers:
            nodes = self._look_up([code], f"{field}(code:{{}})", "edges{node{id code}}").get(code)
            if not nodes:
                raise CoreUnavailable(_("The core has no “%(code)s” among its %(field)s.", code=code, field=field))
            self._numbers[field, code] = shapes.pk(nodes[0]["id"])
        return self._numbers[field, code]

    def _policy(self, cover: CoverForCore, people: People, label: str, today: date | None) -> dict[str, Any]:
        return {
            "productId": self._number("products", cover.product_code),
            "familyId": people[cover.insurance_number][0].family,
            "officerId": self._number("policyOfficers", self._officer),
            # The premium counts as paid on the day of enrolment and cover never begins before it: so it is
            # the first day, unless that is still to come, which the core refuses.
            "enrollDate": min(cover.first_day, today or cover.first_day).isoformat(),
            "startDate": cover.first_day.isoformat(),
            "expiryDate": cover.last_day.isoformat(),
            "value": shapes.decimal(cover.amount_minor, cover.decimals),
            "isPaid": True,
            "receipt": cover.receipt,
            "clientMutationId": cover.receipt,
            "clientMutationLabel": label,
        }

    def _settle(self, label: str) -> dict[str, Outcome]:
        """Wait, within *patience*, until all that was sent under *label* has ended; then what became of it."""
        give_up, pause = time.monotonic() + self._patience, 0.05
        waiting = "query($l:String){waiting:mutationLogs(clientMutationLabel:$l,status:0){totalCount}}"
        while self._ask(waiting, {"l": label})["waiting"]["totalCount"] and time.monotonic() < give_up:
            time.sleep(pause)
            pause = min(2 * pause, 2)
        return self.outcomes(label)

    def _log(self, label: str) -> Iterator[dict[str, Any]]:
        after, more = None, True
        query = f"query($l:String,$a:String){{log:mutationLogs(clientMutationLabel:$l,first:100,after:$a){{{LOG}}}}}"
        while more:
            page = self._ask(query, {"l": label, "a": after})["log"]
            yield from (edge["node"] for edge in page["edges"])
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    def _already(self, covers: Sequence[CoverForCore]) -> dict[str, Outcome]:
        """Of covers refused for a used receipt, those that are there as they should be: sent twice, and well."""
        used = self.cover_by_receipt(c.receipt for c in covers)
        groups: dict[tuple[str, date, date], dict[str, str]] = {}
        for c in covers:
            groups.setdefault((c.product_code, c.first_day, c.last_day), {})[c.receipt] = c.insurance_number
        well: dict[str, Outcome] = {}
        for (code, first, last), sent in groups.items():
            theirs = self._covers(sorted(set(sent.values())), code, f'startDate:"{first}",expiryDate:"{last}"')
            for receipt, number in sent.items():
                if receipt in used and used[receipt].policy in {cover.policy for cover in theirs.get(number, [])}:
                    well[receipt] = Outcome(True)
        return well


@contextmanager
def _sent() -> Iterator[None]:
    """Whatever fails in here fails after sending: what was sent may well have been applied."""
    try:
        yield
    except CoreUnavailable as lost:
        raise CoreUnavailable(lost.words, ambiguous=True) from lost


def _settled(person: PersonForCore, known: People) -> int | CoreRefused:
    theirs = known.get(person.insurance_number)
    if not theirs:
        raise CoreUnavailable(_("The core does not show %(number)s.", number=person.insurance_number), ambiguous=True)
    same = shapes.same_person(person, theirs)
    return same if isinstance(same, CoreRefused) else same.pk


def _batches(things: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), BATCH):
        yield things[start : start + BATCH]
