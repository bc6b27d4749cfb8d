"""Ready to go live?  Each line says what is missing, why and what to do, and goes away once it is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from config import PUBLIC_GATEWAY_KEY, PUBLIC_SECRET, Config
from portal import clock, db
from portal.audit import AuditEvent
from portal.auth.models import Account, FundRoleName
from portal.demo.practice_core import PracticeCore
from portal.errors import Refused
from portal.installation import fund
from portal.jobs import nightly
from portal.jobs.models import JobRun
from portal.opening import ready
from portal.opening.check import Check, Standing
from portal.opening.models import BACKUP, ReadyMark
from portal.outbox import Message
from portal.scheme.explain import words_from_json
from portal.scheme.fund import Fund, load_fund
from portal.scheme.pack import PackRefused
from tests.conftest import ROOT, Cluster
from tests.factories import make_officer, sign_in
from tests.hostile.test_scanner import started

DECISION = '[source.board]\ntitle = "Resolution 4 of the board"\nkind = "decision"\ndate = 2026-01-15\n'


def lines(config: Config, of: Fund) -> dict[str, Check]:
    """Every line by its code; of several with one code the first, which is the worst."""
    with db.reading() as session:
        found = ready.checks(session, config, of, on=clock.today("Africa/Lusaka"))
    return {one.code: one for one in reversed(found)}


@pytest.fixture
def config(app: Flask, tmp_path: Path) -> Config:
    """The settings of a machine that is ready but for what a test takes away."""
    return replace(
        app.config["PORTAL"], production=True, practice=False, base_url="https://fund.example", var=tmp_path,
        secret_key="s" * 40, smtp_url="smtp://portal:secret@mail.example:587", mail_from="portal@fund.example",
        gateway_url="https://gateway.example", gateway_keys="2026a:a-secret-that-nobody-else-knows",
    )  # fmt: skip


@pytest.fixture
def own(tmp_path: Path) -> Fund:
    """The practice fund's rules in a fund that is not for practice and has decided everything."""
    return load_fund(fund_with(tmp_path, OFF))


OFF = "".join(
    f'\n[[off]]\nscheme = "{scheme}"\nwhat = "{what}"\ndate = 2026-01-15\nsource = "Resolution 4 of the board"\n'
    for scheme, what in (
        ("zm-nhima", "What being late costs"),
        ("zm-nhima", "Who must be declared: minimum earnings and ages"),
        ("zm-napsa", "The ceiling of Pension"),
        ("zm-napsa", "Waiver of penalties incurred from 6 December 2022"),
    )
)


def fund_with(folder: Path, more: str) -> Path:
    path = folder / "fund.toml"
    text = (ROOT / "fund.toml").read_text().replace("practice = true", "practice = false", 1)
    path.write_text(text + more)
    return path


def test_a_fund_and_a_machine_that_are_ready_miss_nothing(
    database: str, config: Config, own: Fund, cluster: Cluster
) -> None:
    note_backup(clock.real_now())
    nightly.begin(clock.today("Africa/Lusaka"))
    confirmed = {"password_hash": "x", "confirmed_at": clock.now()}
    with db.writing() as session:
        people = [make_officer(session, role, **confirmed) for role in (FundRoleName.SUPERVISOR, FundRoleName.CASHIER)]
        ready.send_test_mail(session, config, people[0], by=people[0].id)
        if "second_factor" in db.Base.metadata.tables:
            for one in people:
                insert = text("INSERT INTO second_factor (account_id, salt, made_at, confirmed_at) "
                              "VALUES (:id, '', now(), now())")  # fmt: skip
                session.execute(insert, {"id": one.id})
    with db.writing() as session:
        ready.confirm_test_mail(session, config, _code_of_mail(), by=people[0].id, at=clock.now())
    with PracticeCore(products=("NHIMA01",)) as core:
        found = lines(replace(config, core_url=core.url), own)
    missing = {code for code, one in found.items() if one.standing is Standing.MISSING}
    assert missing == ({"roles"} if cluster.one_role else set())
    assert found["core"].standing is Standing.LOOK  # what answers is on this machine


def _code_of_mail() -> str:
    with db.reading() as session:
        mail = session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert mail is not None
    return str(words_from_json(mail.payload["text"]).values["code"])


def test_what_a_pack_does_not_know_is_decided_by_an_overlay_or_done_without(
    database: str, config: Config, tmp_path: Path
) -> None:
    def missing(more: str) -> str:
        return str(lines(config, load_fund(fund_with(tmp_path, more)))["law"].found)

    assert "What being late costs" in missing("")
    without_one = OFF.replace(OFF.split("\n[[off]]")[1], "", 1).replace("\n[[off]]\n[[off]]", "\n[[off]]")
    assert missing(without_one) == "Not known: What being late costs."
    overlays = tmp_path / "overlays"
    overlays.mkdir()
    (overlays / "zm-nhima.toml").write_text(
        f'overlay_of = "zm-nhima"\n{DECISION}[late.penalty]\nname = "Penalty"\nkind = "penalty"\nsource = "board"\n'
        'trigger = "late_payment"\naxis = "default_date"\nbase = "unpaid"\ncounting = "anniversary"\n'
        'compounding = "simple"\nround_each = true\n[late.penalty.rounding]\nmode = "half_up"\nunit = "1"\n'
        'source = "board"\n[[late.penalty.terms]]\nfrom = 2020-01-01\nrate = "2 %"\neach = "month_or_part"\n'
        'source = "board"\n'
    )
    assert "does without" in missing(without_one)


def test_doing_without_something_nobody_misses_is_a_mistake_in_the_fund(tmp_path: Path) -> None:
    path = fund_with(tmp_path, OFF.replace("The ceiling of Pension", "The ceilling of Pension"))
    with pytest.raises(PackRefused, match="zm-napsa misses nothing of this name"):
        load_fund(path)


def test_a_fund_for_practice_is_not_ready(database: str, app: Flask) -> None:
    found = lines(app.config["PORTAL"], fund())
    wanted = {"practice", "production", "address", "secret", "mail", "backup", "timetable", "core", "staff", "law"}
    assert {code for code, one in found.items() if one.standing is Standing.MISSING} >= wanted
    assert all(one.to_do for one in found.values() if one.standing is Standing.MISSING)
    assert app.config["PORTAL"].secret_key == PUBLIC_SECRET


def note_backup(at: datetime, **facts: str) -> None:
    """As `flask backup note` does, which tests/test_backup.py runs."""
    with db.writing() as session:
        session.merge(ReadyMark(name=BACKUP, at=at, account_id=None, facts=facts or {"sha256": "x"}))


def test_a_backup_counts_for_a_night_and_one_nobody_read_is_worth_a_look(
    database: str, config: Config, own: Fund
) -> None:
    assert "flask backup note" in str(lines(config, own)["backup"].to_do)
    note_backup(clock.real_now())
    assert lines(config, own)["backup"].standing is Standing.DONE
    note_backup(clock.real_now(), by="other means")
    assert lines(config, own)["backup"].standing is Standing.LOOK
    note_backup(clock.real_now() - timedelta(hours=27))
    assert lines(config, own)["backup"].standing is Standing.MISSING


def test_a_virus_scanner_that_is_named_and_silent_is_missing_and_none_is_worth_a_look(
    database: str, config: Config, own: Fund, tmp_path: Path
) -> None:
    assert lines(config, own)["scanner"].standing is Standing.LOOK
    named = replace(config, clamd_url=f"unix:{tmp_path / 'c.sock'}")
    assert lines(named, own)["scanner"].standing is Standing.MISSING
    process = started("unix", str(tmp_path / "c.sock"))
    assert lines(named, own)["scanner"].standing is Standing.DONE
    process.kill()
    process.communicate()


def test_the_nights_work_is_noted_even_where_nobody_owes_anything(database: str, config: Config, own: Fund) -> None:
    assert "never ran" in str(lines(config, own)["timetable"].found)
    assert nightly.begin(clock.today("Africa/Lusaka")) == []
    assert lines(config, own)["timetable"].standing is Standing.DONE
    with db.writing() as session:
        session.scalars(select(JobRun)).one().finished_at = clock.real_now() - timedelta(hours=27)
    assert lines(config, own)["timetable"].standing is Standing.MISSING


def test_the_role_of_the_portal_can_add_to_the_book_and_the_owner_is_told_apart(
    database: str, config: Config, own: Fund, cluster: Cluster
) -> None:
    assert lines(config, own)["roles"].standing is (Standing.MISSING if cluster.one_role else Standing.DONE)
    db.bind(cluster.owner.format(name=db.engine().url.database), pool=2)
    assert lines(config, own)["roles"].standing is Standing.MISSING


def test_a_core_that_does_not_answer_or_lacks_a_product_is_told(database: str, config: Config, own: Fund) -> None:
    assert lines(replace(config, core_url="http://127.0.0.1:9"), own)["core"].standing is Standing.MISSING
    with PracticeCore(products=("OTHER01",)) as core:
        found = lines(replace(config, core_url=core.url), own)["core"]
    assert str(found.found).startswith("The core has no product NHIMA01")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gateway_url": ""}, "no address"),
        ({"gateway_url": "http://gateway.example"}, "read on the way"),
        ({"gateway_keys": ""}, "No key"),
        ({"gateway_keys": f"2026a:{'s' * 30} {PUBLIC_GATEWAY_KEY}"}, "public one"),
    ],
)
def test_a_gateway_that_the_fund_names_needs_its_address_and_keys(
    database: str, config: Config, own: Fund, changes: dict[str, str], said: str
) -> None:
    assert lines(config, own)["gateway"].standing is Standing.DONE
    found = lines(replace(config, **changes), own)["gateway"]
    assert (found.standing, said in str(found.found)) == (Standing.MISSING, True)
    assert "gateway" not in lines(config, replace(own, gateway=None))


def test_one_person_alone_cannot_decide_with_four_eyes(database: str, config: Config, own: Fund) -> None:
    confirmed = {"password_hash": "x", "confirmed_at": clock.now()}
    with db.writing() as session:
        make_officer(session, FundRoleName.SUPERVISOR, **confirmed)
        make_officer(session, FundRoleName.CASHIER)  # never chose a password
    assert lines(config, own)["staff"].standing is Standing.MISSING
    with db.writing() as session:
        make_officer(session, FundRoleName.CASHIER, **confirmed)
    found = lines(config, own)
    assert (found["staff"].standing, found["supervisors"].standing) == (Standing.DONE, Standing.LOOK)


@pytest.fixture
def administrator(database: str) -> Account:
    with db.writing() as session:
        return make_officer(session, FundRoleName.SYSTEM_ADMINISTRATOR)


def test_the_code_of_a_test_mail_is_for_the_server_it_was_sent_through(
    database: str, config: Config, own: Fund, administrator: Account
) -> None:
    with db.writing() as session:
        ready.send_test_mail(session, config, administrator, by=administrator.id)
    with pytest.raises(Refused, match="not the code"), db.writing() as session:
        ready.confirm_test_mail(session, config, "1234567", by=administrator.id, at=clock.now())
    elsewhere = replace(config, smtp_url="smtp://other.example")
    with pytest.raises(Refused), db.writing() as session:
        ready.confirm_test_mail(session, elsewhere, _code_of_mail(), by=administrator.id, at=clock.now())
    with db.writing() as session:
        ready.confirm_test_mail(session, config, _code_of_mail(), by=administrator.id, at=clock.now())
    assert lines(config, own)["mail"].standing is Standing.DONE
    assert lines(elsewhere, own)["mail"].standing is Standing.MISSING
    with db.reading() as session:
        assert "fund.mail_tried" in session.scalars(select(AuditEvent.event)).all()
    with pytest.raises(Refused), db.writing() as session:  # it is good once
        ready.confirm_test_mail(session, config, _code_of_mail(), by=administrator.id, at=clock.now())


def test_the_page_says_what_is_missing_to_the_system_administrator_alone(
    client: FlaskClient, administrator: Account
) -> None:
    sign_in(client, administrator)
    page = client.get("/fund/ready").text
    assert "things are missing before the fund can go live" in page
    assert "NHIMA: every value is decided" in page
    assert "What being late costs" in page
    with db.writing() as session:
        supervisor = make_officer(session, FundRoleName.SUPERVISOR)
    sign_in(client, supervisor)
    assert client.get("/fund/ready").status_code == 403


def test_the_page_sends_a_test_mail_and_takes_its_code(
    client: FlaskClient, app: Flask, administrator: Account, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "PORTAL", config)
    sign_in(client, administrator)
    assert client.post("/fund/ready/test-mail", follow_redirects=True).status_code == 200
    wrong = client.post("/fund/ready/test-mail/code", data={"code": "none"})
    assert (wrong.status_code, "not the code of the last test mail" in wrong.text) == (422, True)
    right = client.post("/fund/ready/test-mail/code", data={"code": _code_of_mail()}, follow_redirects=True)
    assert "A test mail from portal@fund.example arrived." in right.text


def test_the_command_tells_the_same_and_its_exit_code_says_whether_anything_is_missing(
    app: Flask, database: str
) -> None:
    from portal import fund_commands

    fund_commands.register(app)
    done = app.test_cli_runner().invoke(args=["fund", "ready"])
    assert done.exit_code == 1
    assert "missing  Backup: No backup is known." in done.output
