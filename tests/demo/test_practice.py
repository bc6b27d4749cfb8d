"""Practice: come in with one click, move the clock, run the night, put everything back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, make_url, select, text

from config import BadSetting, from_environment
from portal import clock, db, installation
from portal.demo import fund_maker, snapshot
from portal.demo.cards import CARDS
from portal.demo.characters import CHARACTERS
from portal.employers.models import Employer
from portal.installation import fund
from portal.jobs.models import JobRun
from portal.ledger.models import Posting, Transaction
from tests.conftest import Cluster

#: A fund small enough to make in a moment: a late payer, one in arrears, one that never declares.
FEW = tuple(
    replace(character, people=3, turnover=min(character.turnover, 1), months=6)
    for character in CHARACTERS
    if character.code in {"kafue-mining", "mosi-transport", "copperbelt-bakery", "zambezi-foods", "chilenje-school"}
)


@pytest.fixture
def small_fund(
    app: Flask, database: str, cluster: Cluster, once: Callable[[str, Callable[[], None]], None], tmp_path: Path
) -> Iterator[Path]:
    """The small practice fund, made up to today, with a snapshot of it in a folder."""
    once("small practice fund", lambda: fund_maker.make(clock.today(fund().timezone), FEW))
    config = app.config["PORTAL"]
    owner = cluster.owner.format(name=make_url(database).database)
    app.config["PORTAL"] = replace(config, var=tmp_path, owner_url=owner)
    snapshot.take(owner, tmp_path / "practice")
    yield tmp_path
    app.config["PORTAL"] = config


def late_postings() -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).where(Transaction.kind == "late")) or 0


def test_every_card_on_the_front_page_lets_one_in(client: FlaskClient, small_fund: Path) -> None:
    page = client.get("/").text
    for card in CARDS:
        assert str(card.title) in page
        answer = client.post(f"/practice/sign-in/{card.code}")
        assert answer.headers["Location"] == card.goes_to, card.code
        assert client.get(card.goes_to, follow_redirects=True).status_code == 200, card.code
        client.post("/sign-out")


def test_the_clock_moves_for_every_page_and_the_night_posts_what_being_late_costs(
    client: FlaskClient, small_fund: Path
) -> None:
    before = late_postings()
    later = clock.today(fund().timezone) + timedelta(days=40)
    answer = client.post("/practice/clock", data={"day": later.isoformat()}, follow_redirects=True)
    assert "moved by 40 days" in answer.text
    client.post("/practice/jobs")
    assert late_postings() > before
    again = late_postings()
    client.post("/practice/jobs")
    assert late_postings() == again
    with db.reading() as session:
        assert {run.day for run in session.scalars(select(JobRun))} == {later}


def test_a_day_centuries_away_is_not_taken(client: FlaskClient, small_fund: Path) -> None:
    answer = client.post("/practice/clock", data={"day": "2999-01-01"})
    assert answer.status_code == 422
    assert "within three years" in answer.text


def test_putting_the_fund_back_restores_every_row_and_the_real_day(client: FlaskClient, small_fund: Path) -> None:
    def all_rows() -> dict[str, int]:
        with db.reading() as session:
            return {
                table: session.scalar(text(f"SELECT sum(hashtextextended({table}::text, 0)) FROM {table}"))
                for table in (
                    "employer",
                    "person",
                    "charge",
                    "posting",
                    "receipt",
                    "declaration_line",
                    "wage",
                    "series",
                )
            }

    before = all_rows()
    client.post("/practice/clock", data={"day": (clock.today(fund().timezone) + timedelta(days=90)).isoformat()})
    client.post("/practice/jobs")
    assert all_rows() != before
    answer = client.post("/practice/reset", follow_redirects=True)
    assert "as it was made" in answer.text
    assert all_rows() == before
    assert "The clock shows the real day" in client.get("/practice/").text


def test_after_a_reset_the_book_is_guarded_again_and_numbers_go_on(client: FlaskClient, small_fund: Path) -> None:
    client.post("/practice/reset")
    with pytest.raises(Exception, match=r"only ever added|permission denied"), db.writing() as session:
        session.execute(text("DELETE FROM posting"))
    before = late_postings()
    client.post("/practice/clock", data={"day": (clock.today(fund().timezone) + timedelta(days=40)).isoformat()})
    client.post("/practice/jobs")
    assert late_postings() > before


def test_a_portal_that_became_newer_still_puts_its_fund_back(client: FlaskClient, small_fund: Path) -> None:
    folder = small_fund / "practice"
    columns = json.loads((folder / snapshot.COLUMNS).read_text())
    (folder / "letter.copy").unlink()  # a table, and a column, that were not there when the fund was made
    at = columns["employer"].index("approved_by")
    rows = [line.split("\t") for line in (folder / "employer.copy").read_text().splitlines()]
    (folder / "employer.copy").write_text("".join("\t".join(row[:at] + row[at + 1 :]) + "\n" for row in rows))
    del columns["employer"][at]
    (folder / snapshot.COLUMNS).write_text(json.dumps(columns))
    assert "as it was made" in client.post("/practice/reset", follow_redirects=True).text
    assert client.post("/practice/sign-in/registrar", follow_redirects=True).status_code == 200

    (folder / "employer.copy").write_text("".join("\t".join(row[1:]) + "\n" for row in rows))
    answer = client.post("/practice/reset")
    assert (answer.status_code, "older version of the portal" in answer.text) == (409, True)
    assert client.get("/practice/").status_code == 200  # nothing was half done


def test_the_same_day_makes_the_same_fund(cluster: Cluster, template: str, database: str) -> None:
    def made() -> list[object]:
        fund_maker.make(date(2026, 11, 21), FEW[:2])
        with db.reading() as session:
            balances = session.execute(
                select(Transaction.name, Posting.account, Posting.amount)
                .join(Posting, Posting.transaction_id == Transaction.id)
                .where(Transaction.kind != "declaration")
                .order_by(Posting.amount, Posting.account)
            ).all()
            names = session.scalars(select(Employer.number).order_by(Employer.number)).all()
        return [[tuple(row)[1:] for row in balances], list(names)]

    first = made()
    other = cluster.create(template)
    db.bind(cluster.app.format(name=other), pool=2)
    second = made()
    db.engine().dispose()
    cluster.drop(other)
    db.bind(database, pool=2)
    assert first == second
    assert len(first[0]) > 20


def test_production_refuses_practice() -> None:
    with pytest.raises(BadSetting, match="practice mode lets anyone sign in"):
        from_environment({"PORTAL_ENV": "production", "PRACTICE": "yes", "SECRET_KEY": "x" * 40})


def test_outside_practice_there_are_no_practice_pages(client: FlaskClient, app: Flask) -> None:
    from portal.app import create_app

    config = replace(app.config["PORTAL"], practice=False, database_url="postgresql://nobody@/nothing")
    url = db.engine().url.render_as_string(hide_password=False)
    real = create_app(config)
    db.bind(url, pool=2)
    try:
        answer = real.test_client().get("/practice/")
        assert answer.status_code == 404
        assert "Practice" not in real.test_client().get("/sign-in").text
    finally:
        installation.use(config.fund_file, practice=True)  # the fund is the process's, not the portal's
