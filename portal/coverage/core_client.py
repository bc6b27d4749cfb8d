"""
The only place that speaks openIMIS (with `core_line`, one exchange, `core_graphql`, many of them, and `core_shapes`,
what is exchanged).

Covers go the direct way: one paid policy a person and month, found again by its receipt.  The core
does not deduplicate when two senders meet, so one sender at a time works for an employer, and
asks `outcomes` and `find_cover` before anything is sent a second time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from portal.coverage import core_shapes as shapes
from portal.coverage.core_graphql import Graph, batches
from portal.coverage.core_line import CoreLine, CoreRefused, CoreUnavailable
from portal.coverage.core_shapes import CoverForCore, CoverSeen, Insuree, Outcome, PersonForCore
from portal.words import _

__all__ = ["Core", "CoreRefused", "CoreUnavailable", "CoverForCore", "CoverSeen", "Outcome", "PersonForCore"]

FHIR = "/api/api_fhir_r4"
PERSON = "edges{node{id chfId lastName otherNames dob family{id}}}"
POLICY = "policy{uuid status effectiveDate expiryDate product{code}}"

People = dict[str, list[Insuree]]


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
        self.line = CoreLine(url, user, password, user_agent, timeout)
        self.graph = Graph(self.line, user_agent, patience)
        self.officer, self.village = officer, village
        self._numbers: dict[tuple[str, str], int] = {}
        #: Who was looked up by `ensure_people`, for the `cover` that follows.
        self._just_asked: People = {}

    def ensure_employer(self, number: str, name: str, phone: str, email: str, address: str) -> str:
        """The core's id of the employer with this *number*, made there if it is not yet."""
        known = self._employer(number)
        if known is None:
            problem = self._create("Organization", shapes.organization(number, name, phone, email, address))
            if problem:
                words = _("The core does not take employer %(number)s: %(why)s", number=number, why=problem.detail)
                raise CoreUnavailable(words)
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
        elsewhere = self._people_by_identity([p.national_id for p in missing if p.national_id])
        refused: dict[str, CoreRefused] = {}
        for person in missing:
            if there := elsewhere.get(person.national_id):
                refused[person.insurance_number] = shapes.elsewhere(person, there[0])
            elif problem := self._create("Patient", shapes.patient(person, self.village)):
                refused[person.insurance_number] = problem
        # Those it refused as well: a core may answer with an error and have made the person all the same.
        known |= self._people([p.insurance_number for p in missing])
        self._just_asked = known
        return {p.insurance_number: _settled(p, known, refused) for p in people}

    def cover(self, covers: Sequence[CoverForCore], label: str) -> dict[str, Outcome]:
        """
        Tell the core of *covers* and read what became of each, by receipt.

        They are new, or were looked up before.  *label* names the message, in 255 characters at most.
        """
        if len({c.receipt for c in covers}) != len(covers):
            raise ValueError("Two covers have the same receipt.")
        people, self._just_asked = self._just_asked, {}
        people = people | self._people(sorted({c.insurance_number for c in covers} - set(people)))
        outcomes = {c.receipt: unable for c in covers if (unable := shapes.unable(people.get(c.insurance_number, [])))}
        ready = [c for c in covers if c.receipt not in outcomes]
        policies = [self._policy(c, people, label) for c in ready]
        self.graph.mutate("createPolicy", policies)
        with _sent():
            read = self.graph.settle(label) if ready else {}
            no_trace = Outcome(False, "no trace of it in the core's log", True)
            outcomes |= {c.receipt: read.get(c.receipt, no_trace) for c in ready}
            return outcomes | self._already([c for c in ready if "already exist" in outcomes[c.receipt].error])

    def outcomes(self, label: str) -> dict[str, Outcome]:
        """By receipt, what the log says of all sent under *label*: a success stays, else the last word counts."""
        return self.graph.outcomes(label)

    def find_cover(self, receipts: Iterable[str]) -> set[str]:
        """Which of *receipts* the core knows.  Those must not be sent again."""
        return set(self.cover_by_receipt(receipts))

    def cover_by_receipt(self, receipts: Iterable[str]) -> dict[str, CoverSeen]:
        """What the core knows under *receipts*."""
        found = self.graph.look_up(sorted(set(receipts)), "premiums(receipt:{})", f"edges{{node{{receipt {POLICY}}}}}")
        policies = {receipt: nodes[0]["policy"] for receipt, nodes in found.items()}
        return {r: shapes.seen(p, p["effectiveDate"], p["expiryDate"]) for r, p in policies.items()}

    def read_back(self, insurance_numbers: Iterable[str], product_code: str, day: date) -> dict[str, CoverSeen]:
        """Who has a cover by *product_code* on *day*: ask it whether it is `covered`.  Who has none is left out."""
        days = f'effectiveDate_Lte:"{day}",expiryDate_Gte:"{day}"'
        found = self._covers(sorted(set(insurance_numbers)), product_code, days)
        return {number: max(covers, key=lambda cover: cover.covered) for number, covers in found.items()}

    def covered_on(self, product_code: str, day: date) -> Iterator[tuple[str, CoverSeen]]:
        """Everybody the core covers by *product_code* on *day*, with their insurance numbers; a page at a time."""
        narrowed = (
            f'policy_Product_Code:$code,effectiveDate_Lte:"{day}",expiryDate_Gte:"{day}",policy_Status:{shapes.ACTIVE},'
            'orderBy:["id"]'
        )
        wanted = f"edges{{node{{effectiveDate expiryDate insuree{{chfId}} {POLICY}}}}}"
        for node in self.graph.pages("insureePolicy", narrowed, wanted, {"code": product_code}):
            yield node["insuree"]["chfId"], shapes.seen(node["policy"], node["effectiveDate"], node["expiryDate"])

    def has_product(self, code: str) -> bool:
        """Whether the core has a product of this code."""
        return bool(self.graph.look_up([code], "products(code:{})", "edges{node{id code}}").get(code))

    def suspend(self, policies: Sequence[str]) -> None:
        """End covers that should not be, by `CoverSeen.policy`.  Twice does no harm.  Their receipts stay used."""
        label = f"suspend/{uuid4()}"
        given = [
            {"uuids": batch, "clientMutationLabel": label, "clientMutationId": f"{label}/{n}"}
            for n, batch in enumerate(batches(sorted(set(policies))))
        ]
        self.graph.mutate("suspendPolicies", given)
        with _sent():
            bad = [outcome for outcome in self.graph.settle(label).values() if not outcome.ok]
        if any(outcome.again for outcome in bad):
            raise CoreUnavailable(_("The core has not ended the cover yet."), ambiguous=True)
        if bad:
            raise CoreRefused(_("The core did not end the cover."), bad[0].error)

    # ---- their words: FHIR

    def _employer(self, number: str) -> str | None:
        status, answer = self.line.ask("GET", f"{FHIR}/Organization/{quote(number, safe='')}/", writes=False)
        if status == 200 and isinstance(answer, dict):
            return shapes.organization_id(answer)
        if status == 404:
            return None
        raise CoreUnavailable(_("The core answered with error %(status)s.", status=status))

    def _create(self, resource: str, body: dict[str, Any]) -> CoreRefused | None:
        """Make something that was looked up before.  If somebody else has just made it, that is as good."""
        status, answer = self.line.ask("POST", f"{FHIR}/{resource}/", body, writes=True)
        text = shapes.outcome_text(answer)
        if status == 201 or (text or "").startswith("Exists "):
            return None
        if text is None or shapes.PASSING.search(text):  # status codes say little: everything is a 500
            raise CoreUnavailable(_("The core answered with error %(status)s.", status=status), ambiguous=True)
        return CoreRefused(_("The core did not accept this entry."), text)

    # ---- their words: GraphQL

    def _people(self, numbers: Sequence[str]) -> People:
        found = self.graph.look_up_numbers(numbers, "insurees", "chfId", "", PERSON, lambda node: str(node["chfId"]))
        return {number: [shapes.insuree(node) for node in nodes] for number, nodes in found.items()}

    def _people_by_identity(self, numbers: Sequence[str]) -> People:
        found = self.graph.look_up(numbers, "insurees(passport:{})", PERSON)
        return {number: [shapes.insuree(node) for node in nodes] for number, nodes in found.items()}

    def _covers(self, numbers: Sequence[str], product_code: str, days: str) -> dict[str, list[CoverSeen]]:
        more = f",policy_Product_Code:{json.dumps(product_code)},{days}"
        wanted = f"edges{{node{{effectiveDate expiryDate insuree{{chfId}} {POLICY}}}}}"
        found = self.graph.look_up_numbers(
            numbers, "insureePolicy", "insuree_ChfId", more, wanted, lambda node: str(node["insuree"]["chfId"])
        )
        return {
            number: [shapes.seen(node["policy"], node["effectiveDate"], node["expiryDate"]) for node in nodes]
            for number, nodes in found.items()
        }

    def _number(self, field: str, code: str) -> int:
        """The core's number of a product or officer, asked once."""
        if (field, code) not in self._numbers:
            nodes = self.graph.look_up([code], f"{field}(code:{{}})", "edges{node{id code}}").get(code)
            if not nodes:
                raise CoreUnavailable(_("The core has no “%(code)s” among its %(field)s.", code=code, field=field))
            self._numbers[field, code] = shapes.pk(nodes[0]["id"])
        return self._numbers[field, code]

    def _policy(self, cover: CoverForCore, people: People, label: str) -> dict[str, Any]:
        return {
            "productId": self._number("products", cover.product_code),
            "familyId": people[cover.insurance_number][0].family,
            "officerId": self._number("policyOfficers", self.officer),
            "enrollDate": self._enrolled(cover.first_day).isoformat(),
            "startDate": cover.first_day.isoformat(),
            "expiryDate": cover.last_day.isoformat(),
            "value": shapes.decimal(cover.amount_minor, cover.decimals),
            "isPaid": True,
            "receipt": cover.receipt,
            "clientMutationId": cover.receipt,
            "clientMutationLabel": label,
        }

    def _enrolled(self, first_day: date) -> date:
        """
        The day of enrolment for a cover from *first_day*.

        The premium counts as paid on it and cover never begins before it, so it is the first day, however late we
        tell.  The core refuses one still to come by its own clock and time zone; then it is the day before today.
        """
        theirs = self.line.clock
        return min(first_day, theirs.date() - timedelta(days=1)) if theirs else first_day

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
        raise CoreUnavailable(lost.words, ambiguous=True, silent=lost.silent, for_all=lost.for_all) from lost


def _settled(person: PersonForCore, known: People, refused: Mapping[str, CoreRefused]) -> int | CoreRefused:
    theirs = known.get(person.insurance_number)
    if not theirs and person.insurance_number in refused:
        return refused[person.insurance_number]
    if not theirs:
        raise CoreUnavailable(_("The core does not show %(number)s.", number=person.insurance_number), ambiguous=True)
    same = shapes.same_person(person, theirs)
    return same if isinstance(same, CoreRefused) else same.pk
