"""Finding and loading the packs that come with the portal, and what they keep apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.scheme.pack import (
    PACKS,
    Missing,
    Pack,
    PackRefused,
    find_pack,
    load_pack,
    load_packs,
    pack_ids,
)
from tests.scheme.packs import DATA, changed, mistakes_of


@pytest.mark.parametrize("id", pack_ids())
def test_every_pack_that_comes_with_the_portal_is_read_and_its_tests_hold(id: str) -> None:
    pack = load_packs([id])[id]
    assert pack.id == id
    assert all(one.what and one.why and one.where for one in (*pack.missing, *pack.unverified))


def test_packs_stand_in_the_folder_of_their_status() -> None:
    for status in ("scheme", "reference", "template"):
        for id in pack_ids(status):
            assert load_pack(find_pack(id), tests=False).status == status, id
    assert set(pack_ids()) == {id for status in ("scheme", "reference", "template") for id in pack_ids(status)}
    assert {"zm-nhima", "zm-napsa", "np-ssf"} <= set(pack_ids("scheme"))


def test_a_template_knows_nothing_and_says_so() -> None:
    for id in pack_ids("template"):
        assert load_pack(find_pack(id), tests=False).missing, id


@pytest.mark.parametrize("id", ["zz-none", "../zm-napsa", "", "/etc/passwd", "ZM-NAPSA", "a" * 200])
def test_a_pack_that_is_not_there_is_a_mistake_and_not_a_crash(id: str) -> None:
    with pytest.raises(PackRefused, match="there is no pack of this name"):
        find_pack(id)


def test_a_refused_pack_leaves_the_loaded_ones_working(nhima: Pack) -> None:
    with pytest.raises(PackRefused):
        load_packs(["zm-nhima", "zz-none"])
    assert load_packs(["zm-nhima"])["zm-nhima"] is nhima


def test_comments_and_layout_do_not_change_the_hash_but_values_do(tmp_path: Path, nhima: Pack) -> None:
    source = PACKS / "zm-nhima.toml"
    commented = load_pack(changed(tmp_path, source, ("[rounding]", "# said again\n\n[rounding]")), tests=False)
    assert commented.hash == nhima.hash
    renamed = load_pack(changed(tmp_path, source, ("Basic pay", "Basic salary")), tests=False)
    assert renamed.hash != nhima.hash


def test_a_pack_whose_own_test_fails_is_not_loaded(tmp_path: Path) -> None:
    path = changed(tmp_path, PACKS / "zm-nhima.toml", ('rate = "1 %"', 'rate = "2 %"'))
    assert any("the test ZM-NHIMA-8000 fails: " in one and "160.00" in one for one in mistakes_of(path, tests=True))


def test_what_the_fund_has_to_tell_us_is_listed_with_its_reason(nhima: Pack, napsa: Pack) -> None:
    assert "What being late costs" in [one.what for one in nhima.missing]
    assert "The ceiling of Pension" in [one.what for one in napsa.missing]
    assert any("memory" in one.why and one.what == "The due day" for one in napsa.unverified)


def test_every_value_in_force_names_its_source(nhima: Pack, napsa: Pack) -> None:
    for pack in (nhima, napsa):
        for branch in pack.branches:
            for series in (branch.employer, branch.employee, branch.ceiling, branch.base):
                for dated in series.values if series else ():
                    assert dated.source or dated.unknown


def test_a_pack_written_from_its_law_in_an_hour_loads_and_its_tests_hold() -> None:
    pack = load_pack(DATA / "za-uif.toml")
    assert Missing("The ceiling of Unemployment insurance", "the limits before October 2012 were not looked up",
                   "branch.unemployment.ceiling[1]") in pack.missing  # fmt: skip
    assert [one.what for one in pack.unverified if "memory" in one.why]
