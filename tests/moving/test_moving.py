"""The whole fund leaves as files and comes back: every balance as it was, nobody named without two people's consent."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from click import Command
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal import approvals, audit, audit_chain, clock, db, files, migrate
from portal.approvals import Approval
from portal.audit import AuditEvent, Event
from portal.auth.models import Account, FundRole, FundRoleName
from portal.errors import Refused
from portal.fund_commands import move
from portal.installation import fund
from portal.ledger.models import Posting
from portal.ledger_commands import verify_command
from portal.moving import back, consent, dictionary, out
from portal.moving.models import FundExport
from portal.moving.policy import NEVER, WITH_CONSENT, How, leaving, tables
from portal.payments.models import Receipt
from portal.people.models import Person
from portal.scheme.calendars import Month
from portal.tables import metadata
from tests.conftest import ROOT, Cluster
from tests.factories import make_account, make_officer, sign_in
from tests.payments.conftest import Story

REASON = "We move to the ministry's data centre."
NOW = clock.real_now


@pytest.fixture
def lived(database: str, _fund: None) -> Story:
    """Two months declared, one paid in part and taken back, late charges, a document, and what somebody typed."""
    story = Story(name="=HYPERLINK(1) & Sons")
    for month in (9, 10):
        story.declare(Month(2025, month), date(2025, month + 1, 5))
    story.pay(700_00, date(2025, 10, 20))
    story.take_back(story.pay(50_00, date(2025, 10, 21)), date(2025, 10, 23), reason="A friend's cheque, Mr 'Banda'")
    story.night(date(2025, 12, 1))
    with db.writing() as session:
        files.keep(
            session, b"%PDF-1 secret", name="Mr Banda.pdf", media_type="application/pdf", at=NOW(), employer=story.id
        )
        audit.record(session, Event.SIGNED_IN, at=NOW(), by=None)
    audit_chain.seal(at=NOW())
    return story


@pytest.fixture
def elsewhere(cluster: Cluster, template: str) -> Iterator[str]:
    """The name of another, empty database."""
    name = cluster.create(template)
    yield name
    cluster.drop(name)


def left(database: str, folder: Path, *, persons: bool) -> Path:
    """An export into a folder that is not there yet."""
    wanted = out.Wanted(NOW(), migrate.head(), "a" if persons else "")
    out.put(out.write(database, out.free_place(folder), fund(), ROOT / "fund.toml", wanted), folder)
    return folder


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a table's file."""
    with (folder / "tables" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def came(cluster: Cluster, name: str, folder: Path) -> back.Brought:
    """The folder is read into that database, which is served from then on."""
    done = back.read(cluster.owner.format(name=name), folder, fund(), at=NOW())
    db.engine().dispose()
    db.bind(cluster.app.format(name=name), pool=2)
    return done


def balances() -> dict[tuple[str, int | None], int]:
    with db.reading() as session:
        rows = session.execute(
            select(Posting.account, Posting.charge_id, func.sum(Posting.amount)).group_by(
                Posting.account, Posting.charge_id
            )
        )
        return {(account, charge): int(amount) for account, charge, amount in rows}


@pytest.mark.parametrize("persons", [True, False])
def test_what_leaves_comes_back_with_every_balance_as_it_was(
    lived: Story, database: str, elsewhere: str, cluster: Cluster, tmp_path: Path, persons: bool
) -> None:
    before = balances()
    folder = left(database, tmp_path / "fund", persons=persons)
    assert folder.stat().st_mode & 0o077 == 0
    assert not (tmp_path / "fund.unfinished").exists()
    done = came(cluster, elsewhere, folder)
    assert balances() == before
    assert done.balances == len((folder / "balances.csv").read_text().splitlines()) - 1 > 3
    again = Story.__new__(Story)
    again.id = lived.id
    assert again.open(Month(2025, 10)) == lived.open(Month(2025, 10))
    with db.reading() as session:  # numbers go on where they were: nothing is given out twice
        receipts = session.scalars(select(Receipt.number).order_by(Receipt.id)).all()
    with db.writing() as session:
        session.add(AuditEvent(at=NOW(), event="x", fields={}))
    assert again.pay(10_00, date(2025, 12, 2)).number not in receipts


def test_with_consent_everything_comes_along_but_no_secret(
    lived: Story, database: str, elsewhere: str, cluster: Cluster, tmp_path: Path
) -> None:
    with db.writing() as session:
        make_account(session, email="ruth@fund.example", password_hash="scrypt$secret")
        names = {person.surname: person.national_id for person in session.scalars(select(Person))}
    folder = left(database, tmp_path / "fund", persons=True)
    everything = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    assert b"scrypt" not in everything
    assert all(number.encode() in everything for number in names.values())
    assert table(folder, "employer")[0]["legal_name"] == "'=HYPERLINK(1) & Sons"  # a spreadsheet does not run it
    done = came(cluster, elsewhere, folder)
    assert done.files == 1
    with db.reading() as session:
        kept = session.scalars(select(files.StoredFile)).one()
        assert (kept.name, kept.content) == ("Mr Banda.pdf", b"%PDF-1 secret")
        assert session.scalars(select(Receipt.snapshot).limit(1)).one()["employer"]["name"] == "=HYPERLINK(1) & Sons"
        assert session.scalars(select(Account.password_hash).where(Account.email == "ruth@fund.example")).one() is None
        assert audit_chain.verify(session).faults == []  # the log is still the one that was sealed
        assert (
            session.scalars(select(AuditEvent.event).order_by(AuditEvent.id.desc()).limit(1)).one() == "fund.imported"
        )


def test_without_consent_nobody_can_be_found(lived: Story, database: str, tmp_path: Path) -> None:
    with db.writing() as session:
        make_account(session, email="ruth@fund.example", name="Ruth Kapata", phone="+260977123456")
        person = session.scalars(select(Person).order_by(Person.id).limit(1)).one()
        person.birth_date = date(1971, 3, 9)
        known = [
            "Ruth", "ruth@", "260977123456", person.insurance_number, person.national_id, person.surname,
            str(person.public_id), "1971-03-09", "HYPERLINK", "Mr ", "%PDF", "scrypt", "employer1@",
        ]  # fmt: skip
    folder = left(database, tmp_path / "fund", persons=False)
    everything = "".join(
        path.read_text() for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name != "packs"
    )
    assert [text for text in known if text in everything] == []
    (row, _other) = table(folder, "person")
    assert (row["surname"], row["birth_date"], row["sex"]) == ("Person", "1971-01-01", "F")
    assert table(folder, "declaration_line")[0]["earnings"]  # figures stay
    snapshot = json.loads(table(folder, "receipt")[0]["snapshot"])  # and a receipt can still be drawn
    assert (snapshot["language"], snapshot["amount"], snapshot["employer"]["name"]) == ("en", 700_00, "-")
    assert not (folder / "files").exists()
    assert not set(json.loads((folder / "dictionary.json").read_text())) & (set(NEVER) | WITH_CONSENT)
    assert set(json.loads((folder / "manifest.json").read_text())["left_out"]) >= {
        "registration",
        "audit_event",
        "token",
    }


def test_the_dictionary_explains_every_column_of_every_file(lived: Story, database: str, tmp_path: Path) -> None:
    folder = left(database, tmp_path / "fund", persons=True)
    found = json.loads((folder / "dictionary.json").read_text())
    for name, one in found.items():
        with (folder / one["file"]).open(newline="") as file:
            header = next(csv.reader(file))
        assert header == [each["name"] for each in one["columns"] if each["here"] != How.FILE.value], name
        assert one["meaning"], name
        assert all(each["meaning"] for each in one["columns"])
    (amount,) = (each for each in found["posting"]["columns"] if each["name"] == "amount")
    assert "minor units" in amount["type"]
    (month,) = (each for each in found["charge"]["columns"] if each["name"] == "month")
    assert month["type"].startswith("month")
    states = [each for each in found["transaction"]["columns"] if each["name"] == "kind"]
    assert "reversal" in states[0]["values"]
    assert dictionary.meaning_of(metadata.tables["transaction"].c.effective_day).startswith("The day the entry counts")
    assert (folder / "dictionary.csv").read_text("utf-8-sig").count("\n") > 300


def test_a_column_nobody_looked_at_stays_at_home() -> None:
    for one in (each for of in tables(persons=False) for each in leaving(of, persons=False)):
        text = str(one.column.type) in ("VARCHAR", "JSONB")
        if text and one.how is How.AS_IS and not one.column.foreign_keys:
            assert one.column.name not in {
                "name",
                "email",
                "phone",
                "address",
                "reason_text",
                "contact_name",
                "payload",
            } or (f"{one.column.table.name}.{one.column.name}" in {"series.name", "transaction.name"})


def test_an_import_needs_an_empty_fund_of_the_same_version_and_schemes(
    lived: Story, database: str, cluster: Cluster, elsewhere: str, tmp_path: Path
) -> None:
    folder = left(database, tmp_path / "fund", persons=False)
    own = re.split(r"[/?]", database.rpartition("@")[2])[1]
    with pytest.raises(out.CannotMove, match="the fund is not empty: there are rows in employer"):
        back.read(cluster.owner.format(name=own), folder, fund(), at=NOW())
    manifest = json.loads((folder / "manifest.json").read_text())
    wrong = {**manifest, "version": "0001", "schemes": {"np-ssf": "x"}, "fund": {"currency": "NPR"}}
    (folder / "manifest.json").write_text(json.dumps(wrong))
    (folder / "tables" / "posting.csv").write_text("forged")
    (folder / "balances.csv").unlink()
    with pytest.raises(out.CannotMove) as refused:
        back.read(cluster.owner.format(name=elsewhere), folder, fund(), at=NOW())
    told = str(refused.value)
    for said in ("np-ssf", "NPR", "version 0001", "tables/posting.csv: it was changed", "balances.csv: it is missing"):
        assert said in told  # all of it at once
    for content in (b"{}", b"[", b'{"format": 9}', b"\xff"):
        (folder / "manifest.json").write_bytes(content)
        with pytest.raises(out.CannotMove):
            back.read(cluster.owner.format(name=elsewhere), folder, fund(), at=NOW())
    with pytest.raises(out.CannotMove, match="holds no export"):
        back.read(cluster.owner.format(name=elsewhere), tmp_path, fund(), at=NOW())


def test_a_balance_that_is_not_as_it_was_undoes_the_whole_import(
    lived: Story, database: str, cluster: Cluster, elsewhere: str, tmp_path: Path
) -> None:
    """Somebody changed an amount and its fingerprint as well: the book itself gives it away."""
    folder = left(database, tmp_path / "fund", persons=False)
    forge(folder, "tables/posting.csv", lambda text: text.replace("contribution_due", "late_due"))
    with pytest.raises(out.CannotMove, match="balances are not those of the export"):
        back.read(cluster.owner.format(name=elsewhere), folder, fund(), at=NOW())
    forge(folder, "tables/posting.csv", lambda text: re.sub(r"(?m),(\d+)$", r",1\1", text))
    with pytest.raises(out.CannotMove, match=r"posting.csv: the database refuses it"):  # it does not sum to zero
        back.read(cluster.owner.format(name=elsewhere), folder, fund(), at=NOW())
    with psycopg.connect(cluster.owner.format(name=elsewhere)) as connection:
        assert connection.execute("SELECT count(*) FROM employer").fetchone() == (0,)


def forge(folder: Path, name: str, change) -> None:  # type: ignore[no-untyped-def]
    import hashlib

    path = folder / name
    path.write_text(change(path.read_text()))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_who_works_at_the_empty_fund_still_can_sign_in(
    lived: Story, database: str, cluster: Cluster, elsewhere: str, tmp_path: Path
) -> None:
    with db.writing() as session:
        make_officer(session, FundRoleName.AUDITOR, email="ruth@fund.example", name="Ruth")
    folder = left(database, tmp_path / "fund", persons=True)
    db.engine().dispose()
    db.bind(cluster.app.format(name=elsewhere), pool=2)
    with db.writing() as session:
        admin = FundRoleName.SYSTEM_ADMINISTRATOR
        make_officer(session, admin, email="Ruth@fund.example", password_hash="chosen here")
        make_officer(session, admin, email="new@fund.example", password_hash="also here")
    came(cluster, elsewhere, folder)
    with db.reading() as session:
        held = session.execute(
            select(Account.email, Account.password_hash, FundRole.role)
            .join(FundRole, FundRole.account_id == Account.id).order_by(Account.id, FundRole.id)
        ).all()  # fmt: skip
    assert [tuple(row) for row in held] == [
        ("ruth@fund.example", "chosen here", "auditor"),
        ("ruth@fund.example", "chosen here", "system_administrator"),
        ("new@fund.example", "also here", "system_administrator"),
    ]


@pytest.mark.usefixtures("database", "_fund")
def test_personal_data_leaves_once_for_two_people_within_a_week() -> None:
    with db.writing() as session:
        maker, checker = make_officer(session, FundRoleName.SYSTEM_ADMINISTRATOR), make_officer(session)
        asked = consent.ask(session, reason=REASON, by=maker.id, at=NOW())
    request, shown = asked.public_id, asked.fingerprint

    def use(at=None) -> FundExport:  # type: ignore[no-untyped-def]
        with db.writing() as session:
            return consent.register(session, request=request, rows=1, sha256="s", by=maker.id, at=at or NOW())

    with pytest.raises(Refused, match="Nobody agreed"):
        use()
    with db.writing() as session, pytest.raises(Refused, match="Somebody else has to decide"):
        approvals.approve(session, request, fingerprint=shown, by=maker.id, at=NOW())
    with db.writing() as session:
        approvals.approve(session, request, fingerprint=shown, by=checker.id, at=NOW())
    with pytest.raises(Refused, match="older than a week"):
        use(NOW() + consent.GOOD_FOR * 2)
    assert use().persons
    with pytest.raises(Refused, match="used already"):
        use()
    with db.reading() as session, pytest.raises(Refused, match="no request of this number"):
        consent.consent_for(session, UUID(int=7), at=NOW())


def test_the_page_asks_for_the_second_person_and_shows_the_command(client: FlaskClient, app: Flask) -> None:
    with db.writing() as session:
        maker, checker = make_officer(session, FundRoleName.SYSTEM_ADMINISTRATOR), make_officer(session)
    sign_in(client, maker)
    assert client.post("/fund/export", data={"reason": " "}).status_code == 422
    assert client.post("/fund/export", data={"reason": REASON}).status_code == 302
    assert "A second person has to agree" in client.get("/fund/export").text
    with db.reading() as session:
        asked = session.scalars(select(Approval)).one()
    other = app.test_client()
    sign_in(other, checker)
    assert other.get("/fund/export").status_code == 403
    page = other.get(f"/fund/approvals/{asked.public_id}").text
    assert "Every table and every document" in page
    other.post(f"/fund/approvals/{asked.public_id}/approve", data={"fingerprint": asked.fingerprint})
    page = client.get("/fund/export").text
    assert f"--consent {asked.public_id}" in page
    assert "Nothing was exported yet" in page


def test_the_commands_take_the_fund_along_and_the_book_is_right_where_it_arrives(
    lived: Story, database: str, elsewhere: str, cluster: Cluster, app: Flask, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def typed(command: Command, *words: str) -> str:
        done = app.test_cli_runner().invoke(command, list(words))
        assert done.exit_code == 0, done.output
        return done.output

    with db.writing() as session:
        ruth = make_officer(session, FundRoleName.SYSTEM_ADMINISTRATOR, email="ruth@fund.example")
    config, folder = app.config["PORTAL"], str(tmp_path / "fund")
    monkeypatch.setitem(app.config, "PORTAL", replace(config, database_url=database))
    assert "without personal data" in typed(move.export, folder, "--by", ruth.email)
    before, said = balances(), typed(verify_command)
    assert "4 charges of 1 employers were compared" in said

    monkeypatch.setitem(app.config, "PORTAL", replace(config, owner_url=cluster.owner.format(name=elsewhere)))
    assert "balances are as they were" in typed(move.import_fund, folder)
    db.engine().dispose()
    db.bind(cluster.app.format(name=elsewhere), pool=2)
    assert (balances(), typed(verify_command)) == (before, said)


def test_a_folder_that_holds_something_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(out.CannotMove, match="holds something"):
        out.free_place(tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert out.free_place(empty).name == "empty.unfinished"
