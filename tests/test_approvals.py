"""Two people: one asks, another decides, on exactly what was shown, and it happens once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal import approvals, db
from portal.approvals import Action, Approval
from portal.audit import AuditEvent
from portal.errors import NotFound, Refused
from portal.words import _
from tests.access.world import UNKNOWN
from tests.factories import make_account

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SHOWN = {"amount": 120_000_00, "currency": "ZMW"}


@pytest.fixture
def done() -> Iterator[list[tuple[str, int]]]:
    """An action that only writes down what happened to it: (what, by whom)."""
    happened: list[tuple[str, int]] = []
    action = Action(
        code="test", right="decide", title=_("Give money back"), rows=lambda _session, _approval: [],
        carry_out=lambda _session, found, by: happened.append(("done", by.account)),
        refused=lambda _session, found, by: happened.append(("not done", by.account)),
    )  # fmt: skip
    approvals.action(action)
    yield happened
    del approvals.ACTIONS["test"]


@pytest.fixture
def people(database: str) -> tuple[int, int]:
    """A maker and a checker."""
    with db.writing() as session:
        return make_account(session).id, make_account(session).id


def ask(by: int, **changes: object) -> Approval:
    wanted = {"shown": SHOWN, "reason": "Paid twice.", "by": by, "at": AT, **changes}
    with db.writing() as session:
        return approvals.ask(session, "test", "payment:one", **wanted)


def test_what_one_asks_another_approves_and_it_is_done_once(
    done: list[tuple[str, int]], people: tuple[int, int]
) -> None:
    maker, checker = people
    asked = ask(maker)
    for _again in range(2):
        with db.writing() as session:
            found = approvals.approve(session, asked.public_id, fingerprint=asked.fingerprint, by=checker, at=AT)
            assert (found.decision, found.decided_by, found.shown) == ("approved", checker, SHOWN)
    assert done == [("done", checker)]
    with db.reading() as session:
        events = session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)).all()
    assert events == ["approval.asked", "approval.given"]


def test_the_maker_cannot_decide_and_the_database_says_so_too(
    done: list[tuple[str, int]], people: tuple[int, int]
) -> None:
    maker, _checker = people
    asked = ask(maker)
    with pytest.raises(Refused, match="yourself"), db.writing() as session:
        approvals.approve(session, asked.public_id, fingerprint=asked.fingerprint, by=maker, at=AT)
    values = {"decision": "approved", "decided_by": maker, "decided_at": AT}
    with pytest.raises(IntegrityError, match="ck_approval_four_eyes"), db.writing() as session:
        session.execute(update(Approval).where(Approval.id == asked.id).values(**values))
    assert done == []


def test_nobody_decides_on_what_they_were_not_shown(done: list[tuple[str, int]], people: tuple[int, int]) -> None:
    asked = ask(people[0])
    with pytest.raises(Refused, match="not the one you were shown"), db.writing() as session:
        approvals.approve(session, asked.public_id, fingerprint="0" * 64, by=people[1], at=AT)
    assert done == []


def test_asking_twice_gives_one_request_and_another_may_not_ask_beside_it(
    done: list[tuple[str, int]], people: tuple[int, int]
) -> None:
    first = ask(people[0])
    assert ask(people[0]).public_id == first.public_id
    with pytest.raises(Refused, match="already asked for"):
        ask(people[1])
    with pytest.raises(Refused, match="already asked for"):
        ask(people[0], shown={"amount": 1})


def test_a_refusal_has_a_reason_and_ends_the_request(done: list[tuple[str, int]], people: tuple[int, int]) -> None:
    maker, checker = people
    asked = ask(maker)
    with pytest.raises(Refused, match="why"), db.writing() as session:
        approvals.refuse(session, asked.public_id, fingerprint=asked.fingerprint, note=" ", by=checker, at=AT)
    with db.writing() as session:
        approvals.refuse(session, asked.public_id, fingerprint=asked.fingerprint, note="No.", by=checker, at=AT)
    with pytest.raises(Refused, match="already refused"), db.writing() as session:
        approvals.approve(session, asked.public_id, fingerprint=asked.fingerprint, by=checker, at=AT)
    assert done == [("not done", checker)]
    assert ask(maker).public_id != asked.public_id


def test_only_the_maker_takes_a_request_back(done: list[tuple[str, int]], people: tuple[int, int]) -> None:
    maker, checker = people
    asked = ask(maker)
    with pytest.raises(Refused, match="Only the person who asked"), db.writing() as session:
        approvals.withdraw(session, asked.public_id, by=checker, at=AT)
    with db.writing() as session:
        approvals.withdraw(session, asked.public_id, by=maker, at=AT)
    with pytest.raises(Refused, match="taken back"), db.writing() as session:
        approvals.approve(session, asked.public_id, fingerprint=asked.fingerprint, by=checker, at=AT)
    assert done == [("not done", maker)]


def test_what_cannot_be_done_any_more_leaves_nothing_decided(people: tuple[int, int]) -> None:
    def impossible(_session: object, _approval: object, _by: object) -> None:
        raise Refused(_("The payment is gone."))

    action = Action("test", "decide", _("Give money back"), lambda _session, _approval: [], impossible)
    approvals.action(action)
    asked = ask(people[0])
    with pytest.raises(Refused, match="gone"), db.writing() as session:
        approvals.approve(session, asked.public_id, fingerprint=asked.fingerprint, by=people[1], at=AT)
    with db.reading() as session:
        assert approvals.approval_by_id(session, asked.public_id).is_open
    del approvals.ACTIONS["test"]


def test_a_request_needs_a_reason_and_an_unknown_one_is_not_found(
    done: list[tuple[str, int]], people: tuple[int, int]
) -> None:
    with pytest.raises(Refused, match="why"):
        ask(people[0], reason="  ")
    with pytest.raises(NotFound), db.writing() as session:
        approvals.withdraw(session, UNKNOWN, by=people[0], at=AT)
