"""Nothing is lost or doubled, whatever is killed; and what watches over that finds bugs that are planted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos import checker
from tests.chaos.failpoints import PLACES, parsed
from tests.chaos.faults import FAULTS, drawn
from tests.chaos.mutants import MUTANTS
from tests.chaos.run import USUAL, Wanted, run
from tests.chaos.server import Server


@pytest.fixture(scope="module")
def server(_fund: None) -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_lost_or_doubled(server: Server, tmp_path: Path, seed: int) -> None:
    result = run(server, tmp_path / "house", Wanted(seed, faults=12, declarations=60))
    assert result.verdict.ok, result.as_json()
    assert min(result.verdict.begun, result.deeds["declare"], result.retries) > 0, "nothing happened"


@pytest.mark.long
@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_bug_is_found(server: Server, tmp_path: Path, mutant: str) -> None:
    for seed in (1, 2, 3):
        if not run(server, tmp_path / str(seed), Wanted(seed, faults=10, declarations=40, mutant=mutant)).verdict.ok:
            return
    pytest.fail(f"three runs with this bug looked well: {MUTANTS[mutant].words}")


def test_the_same_seed_breaks_the_same_things() -> None:
    assert drawn(7, 60) == drawn(7, 60) != drawn(8, 60)
    assert {one.kind for one in drawn(7, len(FAULTS))} == set(FAULTS)


def test_what_runs_are_armed_with_exists() -> None:
    armed = [point.place for text in (USUAL, *(one.failpoints for one in MUTANTS.values())) for point in parsed(text)]
    assert set(armed) <= set(PLACES)
    assert {kind for one in MUTANTS.values() for kind in one.faults} <= set(FAULTS)
    with pytest.raises(ValueError):
        parsed("core.cover:explode")


def test_gaps_and_numbers_given_twice_are_found() -> None:
    assert checker._gaps(["R-2026-000001", "R-2026-000002"]) == []
    assert checker._gaps(["R-2026-000001", "R-2026-000003", "R-2026-000003"]) == [
        "R-2026-2 is missing",
        "R-2026-3 twice",
    ]


def test_a_core_that_takes_everything_is_found_doubled(tmp_path: Path) -> None:
    """The log of effects shows what was sent twice, where openIMIS itself would have refused it."""
    from portal.demo.practice_core_store import Store

    given = {
        "clientMutationId": "r1", "clientMutationLabel": "E1/zm-nhima/2026-10", "productId": 1, "familyId": 1,
        "officerId": 1, "enrollDate": "2026-10-01", "startDate": "2026-10-01", "expiryDate": "2026-10-31",
        "value": "1.00", "isPaid": True, "receipt": "r1",
    }  # fmt: skip
    store = Store(tmp_path / "core.sqlite", ["NHIMA01"], takes_everything=True)
    store.add("person", uuid="u", chf_id="10000001", last_name="B", other_names="A", dob="1990-01-01", gender="F",
              family_id=1, village="v")  # fmt: skip
    for _ in range(2):
        store.work(store.receive("createPolicy", given))
    store.close()
    verdict = checker.Verdict()
    checker._core(verdict, tmp_path / "core.sqlite", [], [])
    assert verdict.counts["core effects doubled"] == 1
    assert verdict.counts["core effects nobody asked for"] == 1
    with sqlite3.connect(tmp_path / "core.sqlite") as core:
        assert core.execute("select count(*) from log where status = 2").fetchone() == (2,)
