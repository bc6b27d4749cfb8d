"""
The drill of docs/operations.md: a backup, a day's work, everything lost, brought back, and on.

What happened after the backup is known to employers and to the core, so no number is given twice and no cover doubled.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import audit_chain, clock, db, restoring
from portal.backup_commands import backup_command
from portal.coverage import sync
from portal.coverage.core_client import Core
from portal.demo.practice_core import PracticeCore
from portal.employers.roster import PersonFacts, hire
from portal.errors import Refused
from portal.payments.models import Receipt
from portal.people.models import Person
from portal.restoring import Skipped
from portal.scheme.calendars import Month
from portal.series import FOR_EVER, OF_A_YEAR, Series, next_number
from portal.verifying.verify import verify
from tests.conftest import Cluster
from tests.coverage.conftest import client_of
from tests.coverage.test_sync import active, all_policies
from tests.payments.conftest import NHIMA, Story, noon
from tests.test_backup import commands, tools
from tests.test_backup import empty as empty

MAY, IN_TIME = Month(2026, 5), date(2026, 6, 5)
NEWCOMER = PersonFacts("222222/22/1", "Zulu", "Mary", "F", date(1990, 5, 17))


@dataclass
class Lost:
    """What was given out after the backup, and how the core stood at the loss."""

    receipt: Receipt
    insurance_number: str
    policies: int
    covered: list[str]


def a_day(kafue: Story, core: Core) -> tuple[Receipt, str]:
    """The work after the backup: somebody new, the month of May declared and paid, the core told."""
    with db.writing() as session:
        hire(session, kafue.id, NEWCOMER, from_day=date(2026, 5, 1), category="permanent",
             components={"basic": 5_000_00, "gross": 6_000_00}, at=noon(date(2026, 5, 2)))  # fmt: skip
        number = session.scalars(select(Person.insurance_number).where(Person.surname == "Zulu")).one()
    kafue.declare(MAY, IN_TIME)
    receipt = kafue.pay(300_00, IN_TIME, scheme=NHIMA)
    while sync.send_one(core):
        pass
    return receipt, number


@pytest.fixture
def practice() -> Iterator[PracticeCore]:
    """A core that applies whatever it receives, however often."""
    with PracticeCore(takes_everything=True) as core:
        yield core


@pytest.fixture
def lost(database: str, _fund: None, empty: str, cluster: Cluster, practice: PracticeCore, tmp_path: Path) -> Lost:
    """A fund of five months; the backup is of before the core was told of the first four, and before the fifth."""
    urls = {
        "OWNER_URL": cluster.owner.format(name=database.partition("?")[0].rpartition("/")[2]),
        "RESTORED_URL": cluster.owner.format(name=empty),
    }
    dump, restore = commands()

    def run(command: str) -> None:
        subprocess.run(command, shell=True, cwd=tmp_path, check=True, env={"PATH": tools(cluster), **urls})

    kafue = Story()
    for n in range(1, 5):
        kafue.declare(Month(2026, n), date(2026, n + 1, 5))
        kafue.pay(200_00, date(2026, n + 1, 5), scheme=NHIMA)
    run(dump)
    receipt, number = a_day(kafue, client_of(practice))
    found = Lost(receipt, number, all_policies(practice), active(practice))
    run(restore)
    db.bind(cluster.app.format(name=empty), pool=2)
    return found


def test_the_portal_goes_on_without_using_a_number_twice_and_without_doubling_a_cover(
    lost: Lost, app: Flask, client: FlaskClient, practice: PracticeCore
) -> None:
    assert lost.policies
    said = app.test_cli_runner().invoke(backup_command, ["continue", "--yes"])
    assert said.exit_code == 0, said.output
    assert "receipt/2026: 5 to 1004 are left out." in said.output
    kafue = Story.__new__(Story)
    with db.reading() as session:
        first = session.scalars(select(Receipt).order_by(Receipt.id).limit(1)).one()
    kafue.id = first.employer_id
    receipt, number = a_day(kafue, client_of(practice))
    assert (lost.receipt.number[-6:], receipt.number[-6:]) == ("000005", "001005")
    assert number != lost.insurance_number
    assert (all_policies(practice), active(practice)) == (lost.policies, lost.covered)
    with db.reading() as session:
        assert verify(session).ok
        assert audit_chain.verify(session).ok


def test_without_it_the_same_numbers_would_be_given_again(lost: Lost) -> None:
    """What the command is for: the drill can fail."""
    with db.reading() as session:
        last = dict(session.execute(select(Series.name, Series.last)).all())
    assert last["receipt/2026"] + 1 == int(lost.receipt.number[-6:])


def test_a_lost_receipt_is_not_called_forged(lost: Lost, app: Flask) -> None:
    visitor = app.test_client()
    address = f"/verify/{lost.receipt.public_id}"
    assert "may be forged" in visitor.get(address).text
    app.test_cli_runner().invoke(backup_command, ["continue", "--yes"])
    page = visitor.get(address)
    assert page.status_code == 404
    assert "go on from a backup" in page.text


@pytest.mark.usefixtures("database", "_fund")
def test_every_series_is_left_out_also_those_that_began_after_the_backup() -> None:
    with db.writing() as session:
        session.add_all([Series(name="employer", last=7), Series(name="receipt/2026", last=50_000)])
        session.flush()
        skipped = restoring.go_on(session, at=clock.real_now(), year=2027)
    found = {one.series: one for one in skipped}
    assert found["employer"] == Skipped("employer", 8, 1007)
    assert found["receipt/2026"] == Skipped("receipt/2026", 50_001, 55_000)
    assert found["receipt/2027"] == Skipped("receipt/2027", 1, 1000)
    assert found["insurance_number"] == Skipped("insurance_number", 1, 1000)
    assert len(found) == len(FOR_EVER) + len(OF_A_YEAR) + 1


@pytest.mark.usefixtures("database", "_fund")
def test_a_series_that_going_on_would_not_know_of_gives_no_number() -> None:
    with db.writing() as session, pytest.raises(ValueError, match="not among"):
        next_number(session, "voucher/2026")


@pytest.mark.usefixtures("database", "_fund")
def test_typed_twice_it_is_done_once() -> None:
    with db.writing() as session:
        session.add(Series(name="employer", last=7))
        session.flush()
        restoring.go_on(session, at=clock.real_now(), year=2026)
    with db.writing() as session, pytest.raises(Refused):
        restoring.go_on(session, at=clock.real_now(), year=2026)
    with db.reading() as session:
        assert session.get_one(Series, "employer").last == 1007
