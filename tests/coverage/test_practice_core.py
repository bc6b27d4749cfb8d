"""The practice core answers as a running openIMIS was seen to, exchange by exchange."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.demo.practice_core import PracticeCore
from portal.demo.practice_core_graphql import NotUnderstood, Variable, parse

CREATE = "mutation($i:CreatePolicyMutationInput!){createPolicy(input:$i){internalId clientMutationId }}"
IG = "https://openimis.github.io/openimis_fhir_r4_ig/StructureDefinition"


@pytest.fixture
def core() -> Iterator[PracticeCore]:
    with PracticeCore() as running:
        running.tell("day", day="2026-12-31")
        yield running


class Caller:
    """A program that talks to the core by hand; *agent* and *token* are what it shows."""

    def __init__(self, core: PracticeCore, agent: str = "contribution-portal/1", token: str | None = None) -> None:
        self.core, self.agent, self.token = core, agent, token
        if token is None:
            self.token = self.post("/api/api_fhir_r4/login/", {"username": "portal", "password": "practice"})[1][
                "token"
            ]

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any, str | None]:
        line = http.client.HTTPConnection("127.0.0.1", self.core.server.server_address[1], timeout=5)
        headers = {"User-Agent": self.agent, "Authorization": f"Bearer {self.token}" if self.token else ""}
        line.request(method, path, None if body is None else json.dumps(body), headers)
        response = line.getresponse()
        text = response.read()
        line.close()
        label = response.getheader("X-Practice-Core")
        return response.status, json.loads(text) if text[:1] in b'{["' else text.decode(), label

    def post(self, path: str, body: object) -> tuple[int, Any]:
        return self.call("POST", path, body)[:2]

    def get(self, path: str) -> tuple[int, Any]:
        return self.call("GET", path)[:2]

    def ask(self, query: str, **variables: object) -> Any:
        status, answer = self.post("/api/graphql", {"query": query, "variables": variables})
        assert status == 200, answer
        return answer

    def log(self, client_id: str) -> list[tuple[int, str | None]]:
        query = "query($c:String){mutationLogs(clientMutationId:$c){edges{node{status error}}}}"
        edges = self.ask(query, c=client_id)["data"]["mutationLogs"]["edges"]
        return [(edge["node"]["status"], edge["node"]["error"]) for edge in edges]


@pytest.fixture
def caller(core: PracticeCore) -> Caller:
    return Caller(core)


def patient(chf_id: str, **changes: object) -> dict[str, object]:
    reference = {"reference": "Location/PORTAL", "type": "Location"}
    address = [
        {"url": f"{IG}/address-municipality", "valueString": "Ward 1"},
        {"url": f"{IG}/address-location-reference", "valueReference": reference},
    ]
    number = [{"url": "number", "valueString": f"NID-{chf_id}"}]
    return {
        "resourceType": "Patient",
        "extension": [
            {"url": f"{IG}/patient-is-head", "valueBoolean": True},
            {"url": f"{IG}/patient-identification", "extension": number},
        ],
        "identifier": [{"type": {"coding": [{"code": "Code"}]}, "value": chf_id}],
        "name": [{"use": "usual", "family": "Fhir", "given": ["Two"]}],
        "gender": "male",
        "birthDate": "1991-02-03",
        "address": [{"type": "physical", "city": "V", "district": "D", "state": "R", "extension": address}],
        **changes,
    }


def policy(**changes: object) -> dict[str, object]:
    return {
        "productId": 1,
        "familyId": 1,
        "officerId": 1,
        "enrollDate": "2026-10-01",
        "startDate": "2026-10-01",
        "expiryDate": "2026-10-31",
        "value": "123.45",
        "isPaid": True,
        "receipt": "RCPT-1",
        "clientMutationId": "one",
        **changes,
    }


def cover_of(caller: Caller, *days: str) -> list[list[int]]:
    """The states of the policies that hold on each of *days*."""
    query = (
        'query($c:String!){insureePolicy(insuree_ChfId:$c,effectiveDate_Lte:"%s",expiryDate_Gte:"%s")'
        "{edges{node{policy{status}}}}}"
    )
    found = [caller.ask(query % (day, day), c="200000001")["data"]["insureePolicy"]["edges"] for day in days]
    return [[edge["node"]["policy"]["status"] for edge in edges] for edges in found]


# ---- signing in, and being let in


def test_signing_in_answers_as_measured(core: PracticeCore) -> None:
    nobody = Caller(core, token="")
    path = "/api/api_fhir_r4/login/"
    assert nobody.post(path, {"username": "portal", "password": "x"}) == (401, "INCORRECT_CREDENTIALS")
    assert nobody.post(path, {"username": "portal"}) == (400, "Missing username or password")
    status, answer = nobody.post(path, {"username": "portal", "password": "practice"})
    assert (status, set(answer), answer["token"].count(".")) == (200, {"token", "exp"}, 2)


def test_a_bad_token_is_a_401_in_the_words_of_each_side(core: PracticeCore) -> None:
    forged = Caller(core, token="a.b.c")
    assert forged.post("/api/graphql", {"query": "{insurees{totalCount}}"}) == (
        401,
        {"errors": [{"message": "Error decoding signature"}]},
    )
    status, answer = forged.get("/api/api_fhir_r4/Organization/E-1/")
    assert (status, answer["issue"][0]["details"]["text"]) == (401, "INCORRECT_CREDENTIALS")


def test_without_a_token_lists_are_unauthorized_and_mutations_are_logged_as_failed(core: PracticeCore) -> None:
    nobody = Caller(core, token="")
    answer = nobody.ask("{insurees{totalCount}}")
    assert answer["errors"][0]["message"] == "unauthorized"
    assert answer["data"] == {"insurees": None}
    assert nobody.ask(CREATE, i=policy())["data"]["createPolicy"]["internalId"]
    assert Caller(core).log("one")[0][0] == 1


def test_an_unknown_program_gets_products_and_nothing_else(core: PracticeCore) -> None:
    stranger = Caller(core, agent="python")
    assert stranger.ask('{products(code:"NHIMA01"){totalCount}}') == {"data": {"products": {"totalCount": 1}}}
    for query in ("{insurees{totalCount}}", "{mutationLogs{totalCount}}", "{insureePolicy{totalCount}}"):
        assert stranger.ask(query)["errors"][0]["message"] == "'csrftoken'"
    assert stranger.ask(CREATE, i=policy())["errors"][0]["message"] == "'csrftoken'"
    assert core.tell("state")["counts"]["log"] == 0


def test_every_answer_says_that_this_is_not_openimis(caller: Caller) -> None:
    for method, path in (("GET", "/"), ("GET", "/api/api_fhir_r4/Organization/X/"), ("GET", "/practice/state")):
        assert caller.call(method, path)[2] == "not openIMIS"
    caller.post("/practice/failures", {"mode": "down", "times": 1})
    assert caller.call("POST", "/api/graphql", {})[::2] == (503, "not openIMIS")


# ---- employers and persons


def test_a_second_organization_of_a_code_is_a_500_that_says_so(caller: Caller) -> None:
    body = {
        "identifier": [{"type": {"coding": [{"code": "Code"}]}, "value": "EMP-0002"}],
        "type": [{"coding": [{"code": "bus"}]}],
        "name": "Beta Foods",
    }
    status, made = caller.post("/api/api_fhir_r4/Organization/", body)
    assert (status, made["id"]) == (201, made["identifier"][0]["value"])
    status, answer = caller.post("/api/api_fhir_r4/Organization/", body)
    assert (status, answer["issue"][0]["details"]["text"]) == (
        500,
        "Exists Organization with following code `EMP-0002`",
    )
    assert caller.get("/api/api_fhir_r4/Organization/EMP-0002/")[1]["id"] == "EMP-0002"
    assert caller.get("/api/api_fhir_r4/Organization/EMP-0003/")[0] == 404
    holder = caller.ask('query{policyHolder(code:"EMP-0002"){edges{node{id tradeName}}}}')["data"]["policyHolder"]
    uuid = made["id"]
    expected = b64encode(f"PolicyHolderGQLType:{uuid}".encode()).decode()
    assert holder["edges"][0]["node"] == {"id": expected, "tradeName": "Beta Foods"}


def test_a_second_patient_of_a_number_is_a_500_that_says_so(caller: Caller) -> None:
    assert caller.post("/api/api_fhir_r4/Patient/", patient("200000001"))[0] == 201
    status, answer = caller.post("/api/api_fhir_r4/Patient/", patient("200000001", birthDate="2000-01-01"))
    text = "Exists patient with following chfid `200000001`"
    assert (status, answer["issue"][0]["details"]["text"]) == (500, text)
    query = '{insurees(passport:"NID-200000001"){totalCount edges{node{id dob family{id}}}}}'
    found = caller.ask(query)["data"]["insurees"]
    assert found["totalCount"] == 1
    assert found["edges"][0]["node"] == {
        "id": b64encode(b"InsureeGQLType:1").decode(),
        "dob": "1991-02-03",
        "family": {"id": "RmFtaWx5R1FMVHlwZTox"},
    }


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"address": []}, "Missing extensions for Address"),
        ({"name": [{"family": "Fhir", "given": [""]}]}, "name -> 0 -> given"),
        ({"birthDate": "1991-02-30"}, "invalid date"),
        ({"identifier": []}, "Patient code not provided."),
        ({"extension": []}, "is_head is required"),
    ],
)
def test_a_patient_with_a_fault_is_a_500_and_not_kept(
    core: PracticeCore, caller: Caller, change: dict[str, object], text: str
) -> None:
    status, answer = caller.post("/api/api_fhir_r4/Patient/", patient("200000001", **change))
    assert status == 500
    assert text in answer["issue"][0]["details"]["text"]
    assert core.tell("state")["counts"]["persons"] == 0


def test_a_patient_nobody_knows_is_a_500(caller: Caller) -> None:
    assert caller.get("/api/api_fhir_r4/Patient/00000000-0000-0000-0000-000000000000/")[0] == 500


# ---- policies and premiums


@pytest.fixture
def insured(caller: Caller) -> Caller:
    caller.post("/api/api_fhir_r4/Patient/", patient("200000001"))
    return caller


def test_a_paid_policy_covers_from_its_first_to_its_last_day(insured: Caller) -> None:
    answer = insured.ask(CREATE, i=policy())
    assert answer["data"]["createPolicy"]["clientMutationId"] == "one"
    assert insured.log("one") == [(2, None)]
    assert cover_of(insured, "2026-09-30", "2026-10-01", "2026-10-31", "2026-11-01") == [[], [2], [2], []]


def test_a_receipt_is_refused_a_second_time_in_the_measured_words(insured: Caller) -> None:
    insured.ask(CREATE, i=policy())
    assert insured.ask(CREATE, i=policy(clientMutationId="two"))["data"]["createPolicy"]["internalId"]
    detail = "['Receipt already exist for a given product.']"
    assert insured.log("two") == [
        (1, json.dumps([{"message": "policy.mutation.failed_to_create_policy", "detail": detail}]))
    ]
    assert insured.core.tell("state")["counts"]["policies"] == 1
    insured.ask(CREATE, i=policy(clientMutationId="three", productId=2))
    assert insured.log("three") == [(2, None)]


def test_one_client_mutation_id_is_worked_on_as_often_as_it_is_sent(insured: Caller) -> None:
    insured.ask(CREATE, i=policy())
    insured.ask(CREATE, i=policy(receipt="another"))
    assert cover_of(insured, "2026-10-15") == [[2, 2]]
    assert insured.log("one") == [(2, None), (2, None)]


def test_part_payments_add_up_and_a_late_one_shortens_the_cover(insured: Caller) -> None:
    insured.ask(CREATE, i=policy(isPaid=None, receipt=None))
    uuid = insured.core.tell("state")["policies"][0]["uuid"]
    pay = "mutation($i:CreatePremiumMutationInput!){createPremium(input:$i){internalId}}"
    first = {"policyUuid": uuid, "amount": "100.00", "receipt": "P1", "payDate": "2026-10-01", "clientMutationId": "p"}
    insured.ask(pay, i=first)
    assert cover_of(insured, "2026-10-31") == [[]]
    insured.ask(pay, i=first)
    assert "mutation.code_already_taken" in str(insured.log("p")[1][1])
    insured.ask(pay, i={**first, "amount": "23.45", "receipt": "P2", "payDate": "2026-10-10"})
    assert cover_of(insured, "2026-10-09", "2026-10-10", "2026-10-31") == [[], [2], [2]]
    premium = insured.ask('{premiums(receipt:"P2"){edges{node{amount payDate policy{uuid}}}}}')["data"]["premiums"]
    assert premium["edges"][0]["node"] == {"amount": "23.45", "payDate": "2026-10-10", "policy": {"uuid": uuid}}


def test_enrolment_on_a_day_to_come_is_refused(insured: Caller) -> None:
    insured.post("/practice/day", {"day": "2026-09-30"})
    insured.ask(CREATE, i=policy())
    assert "policy.enroll_date_in_the_future" in str(insured.log("one")[0][1])
    assert insured.post("/practice/day", {"day": "tomorrow"})[0] == 400


def test_suspending_says_nothing_of_what_it_did_not_find(insured: Caller) -> None:
    insured.ask(CREATE, i=policy())
    uuid = insured.core.tell("state")["policies"][0]["uuid"]
    query = "mutation($i:SuspendPoliciesMutationInput!){suspendPolicies(input:$i){internalId}}"
    insured.ask(query, i={"uuids": ["no such", uuid], "clientMutationId": "s"})
    assert insured.log("s") == [(1, '["title", "list"]')]
    assert cover_of(insured, "2026-10-15") == [[4]]


def test_a_list_comes_in_pages_of_a_hundred_at_most(insured: Caller) -> None:
    aliases = " ".join(f"m{n}:createPolicy(input:$i){{internalId}}" for n in range(105))
    insured.ask(f"mutation($i:CreatePolicyMutationInput!){{{aliases}}}", i=policy(clientMutationLabel="batch"))
    query = (
        'query($a:String){mutationLogs(clientMutationLabel:"batch",first:100,after:$a)'
        "{totalCount pageInfo{hasNextPage endCursor} edges{node{status}}}}"
    )
    page = insured.ask(query)["data"]["mutationLogs"]
    assert (page["totalCount"], len(page["edges"]), page["pageInfo"]["hasNextPage"]) == (105, 100, True)
    rest = insured.ask(query, a=page["pageInfo"]["endCursor"])["data"]["mutationLogs"]
    assert (len(rest["edges"]), rest["pageInfo"]["hasNextPage"]) == (5, False)
    assert len(insured.ask("{mutationLogs{edges{node{status}}}}")["data"]["mutationLogs"]["edges"]) == 100
    too_many = insured.ask("{mutationLogs(first:101){totalCount}}")
    assert "exceeds the `first` limit of 100" in too_many["errors"][0]["message"]
    one_well = "query($l:String!){bad:mutationLogs(clientMutationLabel:$l,status:1){totalCount}}"
    assert insured.ask(one_well, l="batch") == {"data": {"bad": {"totalCount": 104}}}


# ---- documents


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{insurees{nope}}", 'Cannot query field "nope" on type "InsureeGQLTypeConnection".'),
        ("{nothing{totalCount}}", 'Cannot query field "nothing" on type "Query".'),
        ("{insurees(chfid:1){totalCount}}", 'Unknown argument "chfid" on field "insurees"'),
        ("{insurees{edges{node{family}}}}", 'Field "family" of type "FamilyGQLType" must have a sub selection.'),
        ("{insurees{edges{node{dob{year}}}}}", "must not have a sub selection"),
        ("{insurees(chfId:$x){totalCount}}", 'Variable "$x" is not defined.'),
        ("{insurees{totalCount}", "Syntax Error"),
        ("mutation($i:Wrong!){createPolicy(input:$i){internalId}}", "used in position expecting type"),
        ("mutation{createPolicy(input:{productId:1}){internalId}}", "got invalid value"),
        ("mutation{createInsuree(input:{}){internalId}}", 'Cannot query field "createInsuree" on type "Mutation".'),
    ],
)
def test_a_document_with_a_slip_is_a_400_and_does_nothing(caller: Caller, query: str, message: str) -> None:
    status, answer = caller.post("/api/graphql", {"query": query, "variables": {"i": policy()}})
    assert status == 400
    assert message in answer["errors"][0]["message"]


def test_a_document_is_read_with_aliases_variables_literals_and_comments() -> None:
    read = parse("""
        query Some($a: String = "x", $b: [Int!]!) {  # two things
          one: insurees(chfId: $a, first: 5, flags: [true, null, RED], where: {n: -1.50, t: "a\\"b\\u00e9"}) { x }
          two: products { edges { node { id, code } } }
        }""")
    assert (read.kind, dict(read.variables), dict(read.defaults)) == (
        "query",
        {"a": "String", "b": "[Int!]!"},
        {"a": "x"},
    )
    one, two = read.fields
    assert one.arguments == {
        "chfId": Variable("a"),
        "first": 5,
        "flags": [True, None, "RED"],
        "where": {"n": "-1.50", "t": 'a"bé'},
    }
    assert (one.key, two.key, two.selections[0].selections[0].selections[1].name) == ("one", "two", "code")


@pytest.mark.parametrize(
    "document", ["", "{", "{}", "subscription{x}", "{a(b:)}", '{a(b:"x)}', "{a}}", "{a ...F}", "%"]
)
def test_what_is_not_a_document_is_refused_and_never_hangs(document: str) -> None:
    with pytest.raises(NotUnderstood):
        parse(document)


# ---- failing as told, and keeping what was told


def test_failures_are_planned_counted_and_ended_over_the_control_path(caller: Caller) -> None:
    plan = {"mode": "down", "times": 2, "after": 1}
    assert caller.post("/practice/failures", plan) == (200, {"failures": {"down": 2}})
    query = {"query": "{products{totalCount}}"}
    assert [caller.post("/api/graphql", query)[0] for _ in range(4)] == [200, 503, 503, 200]
    caller.post("/practice/failures", {"mode": "rate_limited"})
    assert caller.post("/api/graphql", query) == (429, {"detail": "Rate limit exceeded"})
    assert caller.get("/api/api_fhir_r4/Organization/X/")[1]["resourceType"] == "OperationOutcome"
    assert caller.post("/practice/failures", {"mode": "none"}) == (200, {"failures": {}})
    assert caller.post("/api/graphql", query)[0] == 200
    assert caller.post("/practice/failures", {"mode": "explode"})[0] == 400


def test_a_reset_forgets_what_was_told_and_how_to_fail(insured: Caller) -> None:
    insured.ask(CREATE, i=policy())
    insured.post("/practice/failures", {"mode": "down", "times": None})
    insured.post("/practice/reset", {})
    state = insured.get("/practice/state")[1]
    assert state["counts"] == {"employers": 0, "persons": 0, "policies": 0, "log": 0}
    assert state["label"] == "practice core, not openIMIS"
    assert insured.ask('{products(code:"NHIMA01"){totalCount}}')["data"]["products"]["totalCount"] == 1


def test_started_as_a_program_and_killed_it_keeps_what_it_answered_for(tmp_path: Path) -> None:
    store = tmp_path / "deep" / "core.sqlite"
    command = [sys.executable, "-m", "portal.demo.practice_core", "--port", "0", "--store", str(store)]
    program = subprocess.Popen([*command, "--product", "HEALTH"], stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout is not None
        line = program.stdout.readline()
        assert "not openIMIS" in line
        address = http.client.HTTPConnection("127.0.0.1", int(line.rsplit(":", 1)[1]), timeout=5)
        address.request("POST", "/api/api_fhir_r4/login/", '{"username": "portal", "password": "practice"}')
        token = json.load(address.getresponse())["token"]
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "contribution-portal"}
        address.request("POST", "/api/api_fhir_r4/Patient/", json.dumps(patient("200000001")), headers)
        assert address.getresponse().status == 201
        address.close()
    finally:
        program.kill()
        program.communicate()
    with PracticeCore(store) as again:
        known = Caller(again, token=token)  # its tokens hold, too
        assert known.ask('{insurees(chfId:"200000001"){totalCount}}')["data"]["insurees"]["totalCount"] == 1
        assert known.ask('{products(code:"HEALTH"){totalCount}}')["data"]["products"]["totalCount"] == 1
