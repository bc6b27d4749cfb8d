"""The audit log is sealed, and whatever is done to it afterwards is found: even by who owns the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from portal import audit, audit_chain, clock, db
from portal.audit import Event
from portal.audit_chain import Found, seal, verify
from portal.audit_commands import audit_command
from tests.conftest import Cluster
from tests.factories import AT


def write(rows: int, *, rollback: bool = False) -> None:
    """So many events, a transaction each."""
    for n in range(rows):
        try:
            with db.writing() as session:
                audit.record(session, Event.CORE_REFUSED, at=AT, subject=f"message:{n}", message=n, problem="é")
                if rollback:
                    session.flush()
                    raise InterruptedError
        except InterruptedError:
            pass


def check(expect: str = "") -> Found:
    with db.reading() as session:
        return verify(session, expect=expect)


def faults(found: Found) -> list[str]:
    return [str(fault.words) for fault in found.faults]


@pytest.fixture
def owner(database: str, cluster: Cluster) -> Iterator[psycopg.Connection]:
    """Who owns the database, with the triggers off: nothing stops them."""
    with psycopg.connect(cluster.owner.format(name=_name(database)), autocommit=True) as connection:
        for table in ("audit_event", "audit_block"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")  # type: ignore[arg-type]
        yield connection


def _name(url: str) -> str:
    return make_url(url).database or ""


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_chain, "BLOCK", 4)


@pytest.mark.usefixtures("database", "small_blocks")
def test_rows_are_sealed_into_blocks_and_the_rest_later() -> None:
    write(10)
    assert check().unsealed == 10
    assert seal(at=AT) == 3
    found = check()
    assert (found.ok, found.blocks, found.rows, found.unsealed) == (True, 3, 10, 0)
    assert seal(at=AT) == 0
    write(2)
    assert check().unsealed == 2
    assert seal(at=AT) == 1
    assert check().ok


@pytest.mark.usefixtures("database")
def test_numbers_that_were_given_up_leave_no_doubt() -> None:
    write(2)
    write(3, rollback=True)
    write(1)
    seal(at=AT)
    found = check()
    assert found.ok
    assert found.rows == 3


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE audit_event SET event = 'x' WHERE id = 6", ["In block 2 (rows 5 to 8) a row was changed."]),
        ("UPDATE audit_event SET at = at + interval '1 microsecond' WHERE id = 6", ["In block 2"]),
        ("UPDATE audit_event SET fields = '{}' WHERE id = 1", ["In block 1"]),
        ("UPDATE audit_event SET on_behalf_id = 1 WHERE id = 1", ["In block 1"]),
        ("DELETE FROM audit_event WHERE id = 6", ["was sealed with 4 rows and now has 3."]),
        ("UPDATE audit_event SET id = 3 WHERE id = 6", ["now has 4", "now has 3"]),
        ("UPDATE audit_event SET id = -1 WHERE id = 6", ["now has 3", "1 rows stand before the first block"]),
        ("UPDATE audit_block SET rows_hash = 'x' WHERE number = 2", ["Block 2 was changed", "a row was changed"]),
        ("UPDATE audit_block SET sealed_at = now() WHERE number = 2", ["Block 2 was changed"]),
        ("DELETE FROM audit_block WHERE number = 2", ["Block 3 does not follow the one before it"]),
        ("DELETE FROM audit_block WHERE number = 1", ["Block 2 does not follow the one before it"]),
    ],
)
def test_every_kind_of_tampering_is_found(owner: psycopg.Connection, tampering: str, told: list[str]) -> None:
    write(2)
    write(1, rollback=True)  # number 3 was given up
    write(9)
    seal(at=AT)
    assert check().ok
    owner.execute(tampering)  # type: ignore[arg-type]
    found = faults(check())
    assert len(found) == len(told), found
    for words, part in zip(found, told, strict=True):
        assert part in words


@pytest.mark.usefixtures("small_blocks")
def test_a_row_slipped_in_under_a_number_given_up_is_found(owner: psycopg.Connection) -> None:
    write(1)
    write(1, rollback=True)
    write(2)
    seal(at=AT)
    columns = "INSERT INTO audit_event (id, at, event, subject, fields) OVERRIDING SYSTEM VALUE "
    owner.execute(columns + "VALUES (2, now(), 'x', '', '{}')")  # type: ignore[arg-type]
    assert "was sealed with 3 rows and now has 4." in faults(check())[0]


@pytest.mark.usefixtures("small_blocks")
def test_an_end_that_was_cut_off_is_found_by_the_published_hash(owner: psycopg.Connection) -> None:
    write(8)
    seal(at=AT)
    published = check().latest
    assert check(published).ok
    owner.execute("DELETE FROM audit_event WHERE id > 4")
    owner.execute("DELETE FROM audit_block WHERE number = 2")
    assert check().ok, "nothing inside the chain can tell"
    assert "No block has the hash that was published." in faults(check(published))[0]


def test_a_row_committed_late_below_higher_numbers_is_not_lost(database: str) -> None:
    slow = psycopg.connect(database)
    slow.execute("INSERT INTO audit_event (at, event, subject, fields) VALUES (now(), 'slow', '', '{}')")
    write(3)
    assert seal(at=AT, patience=0) == 0, "somebody who began before may still write below"
    slow.commit()
    assert seal(at=AT, patience=0) == 1
    found = check()
    assert found.ok
    assert found.rows == 4
    slow.close()


def test_who_begins_later_does_not_hold_up_the_seal(database: str) -> None:
    write(3)
    with db.reading() as session:
        before = audit_chain.unsealed(session)
    assert before == 3
    assert seal(at=AT, patience=0) == 1
    later = psycopg.connect(database)
    later.execute("INSERT INTO audit_event (at, event, subject, fields) VALUES (now(), 'later', '', '{}')")
    assert check().ok
    later.rollback()
    later.close()


def test_the_application_itself_cannot_change_what_is_sealed(database: str) -> None:
    write(1)
    seal(at=clock.real_now())
    for statement in (
        "UPDATE audit_block SET count = 9",
        "DELETE FROM audit_block",
        "UPDATE audit_event SET event = ''",
    ):
        with pytest.raises(DBAPIError), db.writing() as session:
            session.execute(text(statement))


def test_the_command_says_so_to_people_and_programs(owner: psycopg.Connection, tmp_path: Path) -> None:
    from click.testing import CliRunner

    write(3)
    run = CliRunner().invoke
    assert "1 blocks sealed." in run(audit_command, ["seal"]).output
    good = run(audit_command, ["verify", "--json"])
    assert good.exit_code == 0
    told = json.loads(good.output)
    assert (told["ok"], told["rows"], told["unsealed"]) == (True, 3, 0)
    assert run(audit_command, ["verify", "--expect", told["latest"]]).exit_code == 0
    owner.execute("UPDATE audit_event SET subject = 'x' WHERE id = 2")
    bad = run(audit_command, ["verify"])
    assert bad.exit_code == 1
    assert "WRONG: In block 1 (rows 1 to 3) a row was changed." in bad.output
