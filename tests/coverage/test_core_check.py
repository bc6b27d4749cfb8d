"""What an administrator is told of a core that is not fit for the portal."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest

from portal import clock
from portal.coverage.core_check import RIGHTS, Finding, check
from portal.coverage.core_client import Core
from portal.demo.practice_core import PracticeCore
from portal.demo.practice_core_schema import INPUTS
from tests.coverage.conftest import client_of


def problems(core: Core, products: Collection[str] = ("NHIMA01",)) -> list[str]:
    return [str(one.words) for one in found(core, products) if not one.ok]


def found(core: Core, products: Collection[str] = ("NHIMA01",)) -> list[Finding]:
    return check(core, products, now=clock.real_now)


def test_a_core_that_is_fit_has_nothing_missing(core: Core) -> None:
    assert problems(core) == []
    assert len(found(core)) >= 7


def test_each_missing_right_is_named_with_what_it_is_for() -> None:
    with PracticeCore(rights=set(RIGHTS) - {101202, 101203}) as poor:
        told = problems(client_of(poor))
    assert [text[:47] for text in told] == [
        "The portal's user lacks right 101202 in the cor",
        "The portal's user lacks right 101203 in the cor",
    ]
    assert "create policies" in told[0]


def test_a_core_that_does_not_let_the_program_in_says_which_setting_lacks(practice: PracticeCore) -> None:
    assert any("USER_AGENT_CSRF_BYPASS" in text for text in problems(client_of(practice, user_agent="other")))


def test_a_wrong_password_is_all_there_is_to_say(practice: PracticeCore) -> None:
    assert problems(client_of(practice, password="wrong")) == [
        "The core does not accept the portal's user name or password."
    ]


def test_a_product_officer_or_village_that_is_not_there_is_named(practice: PracticeCore) -> None:
    told = problems(client_of(practice, officer="NOBODY", village="NOWHERE"), ["NHIMA01", "OTHER"])
    assert ["NOBODY" in told[0], "NOWHERE" in told[1], "OTHER" in told[2]] == [True, True, True]


def test_a_core_of_an_unknown_release_is_told_by_what_it_lacks(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(INPUTS, "createPolicy", ({"enrollDate"}, {"isPaid"}))
    (text,) = problems(core)
    assert "createPolicy(receipt)" in text


def test_a_clock_that_differs_is_told_with_by_how_much(practice: PracticeCore, core: Core) -> None:
    practice.tell("day", day=(datetime.now(UTC) + timedelta(days=2)).date().isoformat())
    (text,) = problems(core)
    assert "seconds" in text


@pytest.mark.parametrize(("right", "what"), [(101101, "insurees"), (101301, "premiums"), (121001, "products")])
def test_the_practice_core_refuses_what_its_account_may_not_read(right: int, what: str) -> None:
    with PracticeCore(rights=set(RIGHTS) - {right}) as poor, pytest.raises(Exception, match="lacks a right"):
        client_of(poor).graph.ask(f"{{{what}{{totalCount}}}}")
