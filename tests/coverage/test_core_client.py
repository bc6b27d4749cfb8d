"""The portal's talk with the core, against the practice core over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from portal.coverage.core_client import Core, CoreRefused, CoreUnavailable, CoverForCore, PersonForCore
from portal.demo.practice_core import PracticeCore

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
MID_OCTOBER = date(2026, 10, 17)
LABEL = "D-2026-000001/health"


@pytest.fixture
def practice() -> Iterator[PracticeCore]:
    with PracticeCore() as core:
        yield core


@pytest.fixture
def core(practice: PracticeCore) -> Core:
    return client_of(practice)


def client_of(practice: PracticeCore, **changes: object) -> Core:
    told = {"timeout": 5, "patience": 0.1, **changes}
    return Core(practice.url, "portal", told.pop("password", "practice"), **told)


def person(n: int, **changes: object) -> PersonForCore:
    made = PersonForCore(f"10000{n:04}", f"{n:06}/10/1", f"Banda{n}", "Chanda Mary", date(1990, 1, 15), "F")
    return replace(made, **changes)


def october(n: int, **changes: object) -> CoverForCore:
    number = f"10000{n:04}"
    made = CoverForCore(number, "NHIMA01", OCTOBER, date(2026, 10, 31), 12345, f"D-2026-000001/{number}/2026-10")
    return replace(made, **changes)


def enrolled(core: Core, count: int) -> list[CoverForCore]:
    """Persons known to the core, and the covers to send for them."""
    core.ensure_people([person(n) for n in range(count)])
    return [october(n) for n in range(count)]


def policies(practice: PracticeCore) -> list[dict[str, object]]:
    return practice.tell("state")["policies"]


# ---- employers and persons


def test_an_employer_is_made_once_and_found_again(core: Core, practice: PracticeCore) -> None:
    first = core.ensure_employer("E-1004", "Kafue Mining", "+260211000000", "pay@kafue.example", "1 Mill Road")
    assert core.ensure_employer("E-1004", "Kafue Mining Ltd", "", "", "") == first
    assert [e["code"] for e in practice.tell("state")["employers"]] == ["E-1004"]


def test_a_person_is_made_once_and_found_again(core: Core, practice: PracticeCore) -> None:
    first = core.ensure_person(person(1))
    assert core.ensure_person(person(1)) == first
    (there,) = practice.tell("state")["persons"]
    assert (there["chf_id"], there["dob"], there["passport"]) == ("100000001", "1990-01-15", "000001/10/1")


def test_case_accents_and_hyphens_do_not_make_another_person(core: Core) -> None:
    first = core.ensure_person(person(1, surname="Ngoma-Müller"))
    assert core.ensure_person(person(1, surname="NGOMA MULLER", other_names="Chanda  MARY")) == first


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"birth_date": date(1990, 1, 16)}, "another birth date"),
        ({"surname": "Phiri"}, "another surname"),
        ({"other_names": "Mary"}, "other first names"),
    ],
)
def test_another_person_by_the_same_number_is_refused_and_left_alone(
    core: Core, practice: PracticeCore, change: dict[str, object], reason: str
) -> None:
    core.ensure_person(person(1))
    before = practice.tell("state")["persons"]
    with pytest.raises(CoreRefused, match=reason):
        core.ensure_person(person(1, **change))
    assert practice.tell("state")["persons"] == before


def test_a_person_known_by_another_number_is_not_made_twice(core: Core, practice: PracticeCore) -> None:
    core.ensure_person(person(1))
    with pytest.raises(CoreRefused, match="100000001"):
        core.ensure_person(person(2, national_id=person(1).national_id))
    assert practice.tell("state")["counts"]["persons"] == 1


def test_one_refused_person_does_not_hold_up_the_others(core: Core, practice: PracticeCore) -> None:
    core.ensure_person(person(1))
    found = core.ensure_people([person(1, surname="Phiri"), person(2), person(3, surname="")])
    assert isinstance(found["100000001"], CoreRefused)
    assert isinstance(found["100000002"], int)
    refusal = found["100000003"]
    assert isinstance(refusal, CoreRefused)
    assert "name -> 0 -> family" in refusal.detail


# ---- covering


def test_a_first_send_covers_everybody_for_the_whole_month(core: Core, practice: PracticeCore) -> None:
    covers = enrolled(core, 120)
    outcomes = core.cover(covers, LABEL)
    assert len(outcomes) == 120
    assert all(outcome.ok for outcome in outcomes.values())
    numbers = [c.insurance_number for c in covers]
    seen = core.read_back(numbers, "NHIMA01", date(2026, 10, 31))
    assert len(seen) == 120
    assert all(cover.covered for cover in seen.values())
    assert {(c.first_day, c.last_day) for c in seen.values()} == {(OCTOBER, date(2026, 10, 31))}
    assert core.read_back(numbers, "NHIMA01", NOVEMBER) == {}
    assert core.read_back(numbers, "NAPSA01", MID_OCTOBER) == {}
    assert policies(practice)[0]["value"] == "123.45"


def test_amounts_are_exact_however_small(core: Core, practice: PracticeCore) -> None:
    core.ensure_person(person(0))
    core.cover([october(0, amount_minor=5), october(0, amount_minor=9_007_199_254_740_993, receipt="large")], LABEL)
    assert [p["value"] for p in policies(practice)] == ["0.05", "90071992547409.93"]


def test_a_send_repeated_changes_nothing_and_is_well(core: Core, practice: PracticeCore) -> None:
    covers = enrolled(core, 3)
    core.cover(covers, LABEL)
    again = core.cover(covers, LABEL)
    assert all(outcome.ok for outcome in again.values())
    assert all(outcome.ok for outcome in core.outcomes(LABEL).values())
    again = core.cover(covers, "another message")
    assert all(outcome.ok for outcome in again.values())
    assert len(policies(practice)) == 3


def test_a_receipt_used_for_somebody_else_is_not_well(core: Core, practice: PracticeCore) -> None:
    first, second = enrolled(core, 2)
    core.cover([first], LABEL)
    outcome = core.cover([replace(second, receipt=first.receipt)], "another message")[first.receipt]
    assert not outcome.ok
    assert not outcome.again
    assert outcome.error == "Receipt already exist for a given product."
    assert core.read_back([second.insurance_number], "NHIMA01", MID_OCTOBER) == {}


def test_somebody_the_core_does_not_know_is_told_and_the_others_are_covered(core: Core) -> None:
    covers = enrolled(core, 2)
    outcomes = core.cover([*covers, october(9)], LABEL)
    assert [outcome.ok for outcome in outcomes.values()].count(True) == 2
    assert outcomes[october(9).receipt].error == "person not known"


def test_next_months_cover_is_sent_today_and_begins_on_its_first_day(core: Core, practice: PracticeCore) -> None:
    practice.tell("day", day="2026-10-17")
    core.ensure_person(person(0))
    november = october(0, first_day=NOVEMBER, last_day=date(2026, 11, 30), receipt="november")
    assert core.cover([november], LABEL)["november"].ok
    assert practice.store.rows("select enroll_date from policy") == [{"enroll_date": "2026-10-16"}]
    assert core.read_back([november.insurance_number], "NHIMA01", NOVEMBER)[november.insurance_number].covered
    assert core.read_back([november.insurance_number], "NHIMA01", date(2026, 10, 31)) == {}


def test_a_cover_told_late_still_begins_on_its_first_day(core: Core, practice: PracticeCore) -> None:
    practice.tell("day", day="2026-12-20")
    (cover,) = enrolled(core, 1)
    core.cover([cover], LABEL)
    assert core.read_back([cover.insurance_number], "NHIMA01", OCTOBER)[cover.insurance_number].covered


def test_a_cover_that_holds_counts_beside_one_that_was_suspended(core: Core) -> None:
    (cover,) = enrolled(core, 1)
    core.cover([cover, replace(cover, receipt="by mistake")], LABEL)
    core.suspend([core.cover_by_receipt(["by mistake"])["by mistake"].policy])
    assert core.read_back([cover.insurance_number], "NHIMA01", MID_OCTOBER)[cover.insurance_number].covered


def test_two_months_in_a_row_are_both_covered(core: Core) -> None:
    (cover,) = enrolled(core, 1)
    november = replace(cover, first_day=NOVEMBER, last_day=date(2026, 11, 30), receipt="november")
    core.cover([cover, november], LABEL)
    for day in (OCTOBER, date(2026, 10, 31), NOVEMBER, date(2026, 11, 30)):
        assert core.read_back([cover.insurance_number], "NHIMA01", day)[cover.insurance_number].covered


def test_a_suspended_cover_is_seen_and_does_not_hold(core: Core) -> None:
    (cover,) = enrolled(core, 1)
    core.cover([cover], LABEL)
    there = core.cover_by_receipt([cover.receipt])[cover.receipt]
    core.suspend([there.policy])
    core.suspend([there.policy])
    assert not core.read_back([cover.insurance_number], "NHIMA01", MID_OCTOBER)[cover.insurance_number].covered
    assert core.find_cover([cover.receipt]) == {cover.receipt}
    with pytest.raises(CoreRefused):
        core.suspend(["no such policy"])


def test_a_product_the_core_lacks_sets_no_message_aside(core: Core) -> None:
    core.ensure_person(person(0))
    with pytest.raises(CoreUnavailable, match="WCFCB"):
        core.cover([october(0, product_code="WCFCB")], LABEL)


@pytest.mark.parametrize(
    "change",
    [{"receipt": "x" * 51}, {"receipt": ""}, {"amount_minor": -1}, {"last_day": date(2026, 9, 30)}, {"decimals": 3}],
)
def test_a_cover_that_cannot_be_is_our_own_mistake(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        october(1, **change)


# ---- when it goes wrong


@pytest.mark.parametrize("mode", ["applied_then_500", "applied_then_no_answer"])
def test_a_lost_answer_is_looked_up_and_not_sent_twice(core: Core, practice: PracticeCore, mode: str) -> None:
    covers = enrolled(core, 120)
    practice.tell("failures", mode=mode, times=1)
    with pytest.raises(CoreUnavailable) as lost:
        core.cover(covers, LABEL)
    assert lost.value.ambiguous
    known = core.find_cover(c.receipt for c in covers)
    assert len(known) == 50  # the first of three requests was applied
    outcomes = core.cover([c for c in covers if c.receipt not in known], LABEL)
    assert len(outcomes) == 70
    assert all(outcome.ok for outcome in outcomes.values())
    assert len(policies(practice)) == 120
    assert sum(outcome.ok for outcome in core.outcomes(LABEL).values()) == 120


def test_a_core_that_does_not_answer_may_have_applied_it(practice: PracticeCore) -> None:
    covers = enrolled(client_of(practice), 2)
    practice.tell("failures", mode="applied_then_no_answer", times=1, seconds=0.9)
    with pytest.raises(CoreUnavailable, match="in time") as late:
        client_of(practice, timeout=0.6).cover(covers, LABEL)
    assert late.value.ambiguous
    assert client_of(practice).find_cover(c.receipt for c in covers) == {c.receipt for c in covers}


@pytest.mark.parametrize("mode", ["down", "rate_limited"])
def test_a_core_that_does_not_take_it_is_tried_again_later(core: Core, practice: PracticeCore, mode: str) -> None:
    covers = enrolled(core, 2)
    practice.tell("failures", mode=mode, times=1)
    with pytest.raises(CoreUnavailable) as refused:
        core.cover(covers, LABEL)
    assert not refused.value.ambiguous  # it was still being asked who these persons are
    assert policies(practice) == []
    assert all(outcome.ok for outcome in core.cover(covers, LABEL).values())


def test_an_error_in_answer_to_a_send_leaves_open_whether_it_was_applied(core: Core, practice: PracticeCore) -> None:
    covers = enrolled(core, 1)
    practice.tell("failures", mode="down", times=1, after=3)  # person, product, officer
    with pytest.raises(CoreUnavailable) as lost:
        core.cover(covers, LABEL)
    assert lost.value.ambiguous


def test_a_core_that_is_not_there_has_applied_nothing() -> None:
    with PracticeCore() as gone:
        core = client_of(gone)
    with pytest.raises(CoreUnavailable, match="cannot be reached") as closed:
        core.ensure_person(person(1))
    assert not closed.value.ambiguous


def test_a_send_cut_off_halfway_is_ambiguous_though_the_last_answer_was_clear(
    core: Core, practice: PracticeCore
) -> None:
    covers = enrolled(core, 60)
    practice.tell("failures", mode="rate_limited", times=1, after=3)  # product, officer, first 50
    with pytest.raises(CoreUnavailable) as lost:
        core.cover(covers, LABEL)
    assert lost.value.ambiguous
    assert len(core.find_cover(c.receipt for c in covers)) == 50


def test_a_refused_receipt_sets_aside_one_person_only(core: Core, practice: PracticeCore) -> None:
    covers = enrolled(core, 3)
    practice.tell("failures", mode="refuse_receipt", times=1)
    outcomes = list(core.cover(covers, LABEL).values())
    assert [outcome.ok for outcome in outcomes] == [False, True, True]
    assert not outcomes[0].again
    assert "Receipt already exist" in outcomes[0].error


def test_what_the_core_has_only_received_is_not_yet_well(core: Core, practice: PracticeCore) -> None:
    covers = enrolled(core, 2)
    practice.tell("failures", mode="log_stays_received", times=None)
    outcomes = core.cover(covers, LABEL)
    assert [(o.ok, o.again) for o in outcomes.values()] == [(False, True)] * 2
    assert core.find_cover(c.receipt for c in covers) == set()
    practice.tell("failures", mode="none")
    assert practice.tell("catch-up") == {"worked_on": 2}
    assert all(outcome.ok for outcome in core.outcomes(LABEL).values())
    assert core.find_cover(c.receipt for c in covers) == {c.receipt for c in covers}


def test_a_token_that_ran_out_is_renewed_on_the_way(practice: PracticeCore, core: Core) -> None:
    covers = enrolled(core, 2)
    practice.tell("failures", mode="unauthorized", times=1)
    assert all(outcome.ok for outcome in core.cover(covers, LABEL).values())
    with PracticeCore(token_seconds=0) as strict, pytest.raises(CoreUnavailable, match="token"):
        client_of(strict).ensure_person(person(1))


def test_a_wrong_password_sets_no_message_aside(practice: PracticeCore) -> None:
    with pytest.raises(CoreUnavailable, match="password"):
        client_of(practice, password="guess").ensure_employer("E-1", "Kafue Mining", "", "", "")


def test_a_core_that_was_not_told_of_the_portal_says_what_to_set(practice: PracticeCore) -> None:
    with pytest.raises(CoreUnavailable, match="USER_AGENT_CSRF_BYPASS"):
        client_of(practice, user_agent="something else").ensure_person(person(1))


def test_a_village_the_core_lacks_is_told_in_its_own_words(practice: PracticeCore) -> None:
    with pytest.raises(CoreRefused) as refused:
        client_of(practice, village="NOWHERE").ensure_person(person(1))
    assert "Invalid location reference" in refused.value.detail


def test_a_core_started_again_knows_all_it_was_told(tmp_path: Path) -> None:
    store = tmp_path / "core.sqlite"
    with PracticeCore(store) as practice:
        core = client_of(practice)
        covers = enrolled(core, 3)
        core.cover(covers, LABEL)
        employer = core.ensure_employer("E-1", "Kafue Mining", "", "", "")
        port = practice.server.server_address[1]
    with PracticeCore(store, int(port)):  # the token of before still holds
        assert core.find_cover(c.receipt for c in covers) == {c.receipt for c in covers}
        assert core.ensure_employer("E-1", "Kafue Mining", "", "", "") == employer
        assert all(outcome.ok for outcome in core.cover(covers, LABEL).values())


@pytest.mark.parametrize("url", ["ftp://core.example", "core.example", ""])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        Core(url, "portal", "practice")
