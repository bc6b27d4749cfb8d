"""What the practice core and openIMIS must answer alike: each test runs against both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest

from portal import clock
from portal.coverage.core_check import check
from portal.coverage.core_client import Core, CoreRefused, CoreUnavailable, CoverForCore, PersonForCore
from portal.coverage.core_shapes import organization, patient
from tests.core.conftest import BOTH

pytestmark = pytest.mark.parametrize("core", BOTH, indirect=True)
OCTOBER, END = date(2026, 10, 1), date(2026, 10, 31)
PRODUCT = "NHIMA01"
_numbers = count(30000001)


def somebody(**changes: object) -> PersonForCore:
    number = str(next(_numbers))
    made = PersonForCore(number, f"{number[:6]}/{number[6:]}/1", "Banda", "Chanda Mary", date(1990, 1, 15), "F")
    return replace(made, **changes)


def cover_of(person: PersonForCore, **changes: object) -> CoverForCore:
    receipt = f"{person.insurance_number}/{uuid4().hex[:8]}"
    return replace(CoverForCore(person.insurance_number, PRODUCT, OCTOBER, END, 123_45, receipt), **changes)


def known(core: Core) -> PersonForCore:
    person = somebody()
    core.ensure_person(person)
    return person


def covered(core: Core, person: PersonForCore, day: date) -> bool | None:
    seen = core.read_back([person.insurance_number], PRODUCT, day).get(person.insurance_number)
    return seen.covered if seen else None


def test_it_is_fit_for_the_portal(core: Core) -> None:
    found = check(core, [PRODUCT], now=clock.real_now)
    assert [str(one.words) for one in found if not one.ok] == []


def test_an_unknown_program_is_told_which_setting_lets_it_in(core: Core) -> None:
    core.graph._agent = core.line._agent = "something-else"
    with pytest.raises(CoreUnavailable, match="USER_AGENT_CSRF_BYPASS"):
        core.ensure_people([somebody()])


def test_an_employer_and_a_person_are_made_once(core: Core) -> None:
    person, number = somebody(), f"ZE{next(_numbers)}"
    assert core.ensure_person(person) == core.ensure_person(person)
    first = core.ensure_employer(number, "Kafue Mining", "+260211000000", "pay@kafue.example", "1 Mill Road")
    assert core.ensure_employer(number, "Kafue Mining Ltd", "", "", "") == first


def test_an_employer_with_a_telephone_number_longer_than_it_keeps_is_made_without(core: Core) -> None:
    assert core.ensure_employer(f"ZE{next(_numbers)}", "Kafue", "+260 211 000 000 / 0977 123 456", "", "")


@pytest.mark.parametrize("change", [{"surname": "Phiri"}, {"birth_date": date(1991, 1, 15)}])
def test_a_person_by_the_same_number_is_refused_and_not_overwritten(core: Core, change: dict[str, object]) -> None:
    person = known(core)
    found = core.ensure_people([replace(person, **change)])[person.insurance_number]
    assert isinstance(found, CoreRefused)
    assert isinstance(core.ensure_people([person])[person.insurance_number], int)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"surname": ""}, "name -> 0 -> family"),
        ({"other_names": ""}, "name -> 0 -> given"),
        ({"national_id": "9" * 40}, "at most 25 characters"),
    ],
)
def test_a_person_it_cannot_keep_is_refused_with_its_reason(core: Core, change: dict[str, object], text: str) -> None:
    person = somebody(**change)
    found = core.ensure_people([person])[person.insurance_number]
    assert isinstance(found, CoreRefused)
    assert text in found.detail


def test_what_is_there_already_answers_500_and_says_so(core: Core) -> None:
    person, number = known(core), f"ZE{next(_numbers)}"
    core.ensure_employer(number, "Kafue", "", "", "")
    for path, body in (
        ("Patient", patient(person, "PORTAL")),
        ("Organization", organization(number, "Kafue", "", "", "")),
    ):
        status, answer = core.line.ask("POST", f"/api/api_fhir_r4/{path}/", body, writes=True)
        assert status == 500
        assert answer["issue"][0]["details"]["text"].startswith("Exists ")


def test_a_month_paid_late_is_covered_from_its_first_to_its_last_day(core: Core) -> None:
    person = known(core)
    cover = cover_of(person)
    assert core.cover([cover], cover.receipt)[cover.receipt].ok
    days = (OCTOBER - timedelta(1), OCTOBER, END, END + timedelta(1))
    assert [covered(core, person, day) for day in days] == [None, True, True, None]


def test_a_month_still_to_come_can_be_told_and_two_in_a_row_hold(core: Core) -> None:
    person, today = known(core), datetime.now(UTC).date()
    first = today.replace(day=1) + timedelta(days=62)
    later = cover_of(person, first_day=first, last_day=first + timedelta(days=27))
    assert core.cover([cover_of(person), later], later.receipt)[later.receipt].ok
    assert covered(core, person, OCTOBER)
    assert covered(core, person, first)


def test_the_same_receipt_twice_is_one_cover_and_another_persons_is_refused(core: Core) -> None:
    one, two = known(core), known(core)
    cover = cover_of(one)
    assert core.cover([cover], f"{cover.receipt}/first")[cover.receipt].ok
    assert core.cover([cover], f"{cover.receipt}/again")[cover.receipt].ok
    stolen = core.cover([cover_of(two, receipt=cover.receipt)], f"{cover.receipt}/stolen")[cover.receipt]
    assert (stolen.ok, stolen.error) == (False, "Receipt already exist for a given product.")
    assert covered(core, two, OCTOBER) is None


def test_suspended_it_covers_nobody_its_receipt_stays_used_and_another_begins_anew(core: Core) -> None:
    person = known(core)
    cover = cover_of(person)
    core.cover([cover], cover.receipt)
    policy = core.cover_by_receipt([cover.receipt])[cover.receipt].policy
    core.suspend([policy])
    core.suspend([policy])
    assert covered(core, person, OCTOBER) is False
    assert core.find_cover([cover.receipt]) == {cover.receipt}
    again = cover_of(person)
    assert core.cover([again], again.receipt)[again.receipt].ok
    assert covered(core, person, OCTOBER)


def test_a_premium_on_a_suspended_policy_brings_it_back(core: Core) -> None:
    """Why nothing but the portal's own receipts may be booked on its policies."""
    person = known(core)
    cover = cover_of(person)
    core.cover([cover], cover.receipt)
    policy = core.cover_by_receipt([cover.receipt])[cover.receipt].policy
    core.suspend([policy])
    more = {"policyUuid": policy, "amount": "1.00", "receipt": f"{cover.receipt}x", "payDate": "2026-10-01"}
    core.graph.mutate("createPremium", [{**more, "payType": "B", "clientMutationLabel": f"{cover.receipt}/premium"}])
    core.graph.settle(f"{cover.receipt}/premium")
    assert covered(core, person, OCTOBER)


def test_suspending_what_is_not_there_says_nothing_useful(core: Core) -> None:
    with pytest.raises(CoreRefused) as refused:
        core.suspend([str(uuid4())])
    assert refused.value.detail == "no reason given"


def test_many_are_told_in_few_requests_and_read_back_in_pages(core: Core) -> None:
    people = [somebody() for _ in range(60)]
    core.ensure_people(people)
    covers = [cover_of(person) for person in people]
    outcomes = core.cover(covers, covers[0].receipt)
    assert [one.ok for one in outcomes.values()] == [True] * 60
    seen = dict(core.covered_on(PRODUCT, date(2026, 10, 15)))
    assert {person.insurance_number for person in people} <= set(seen)
    assert all(seen[person.insurance_number].covered for person in people)
