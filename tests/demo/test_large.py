"""The large practice fund: drawn the same each time, made by several processes, and only in an empty portal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, make_url, select, text

from config import Config
from portal import clock, db
from portal.contributions.models import Declaration
from portal.demo import fund_maker, large, loading, stories
from portal.demo.commands import demo_command
from portal.employers.models import Employer
from portal.installation import fund
from portal.ledger.models import Posting
from portal.payments.models import PaymentReversal, Receipt
from portal.people.models import Person
from tests.conftest import Cluster

TODAY = date(2026, 11, 21)


def test_it_has_the_employers_and_people_that_are_promised(app: Flask) -> None:
    story = large.story_of(stories.STORIES[0], fund())
    assert len(story.characters) == 200
    assert sum(one.people for one in story.characters) == 20_000
    assert max(one.months for one in story.characters) == story.months == 24
    assert min(one.people for one in story.characters[12:]) == 10
    assert 900 <= max(one.people for one in story.characters) <= 1000
    assert len({one.code for one in story.characters}) == 200
    places = {one.location for one in story.characters}
    assert len(places) > 30
    assert {one.declares for one in story.characters} == {True, False}
    assert any(one.bounces is not None for one in story.characters)
    assert story == large.story_of(stories.STORIES[0], fund())


def test_parts_are_of_about_the_same_work_and_leave_nobody_out(app: Flask) -> None:
    story = large.story_of(stories.STORIES[0], fund())
    parts = large.parts_of(story, 3)
    assert sorted(one.code for part in parts for one in part) == sorted(one.code for one in story.characters)
    work = [sum(one.months * (100 + one.people) for one in part) for part in parts]
    assert max(work) < 1.1 * min(work)
    assert {"kafue-mining", "zambezi-foods", "mosi-transport"} <= {one.code for one in parts[0]}


def test_two_processes_make_a_fund_whose_numbers_have_no_gaps(app: Flask, database: str, cluster: Cluster) -> None:
    owner = cluster.owner.format(name=make_url(database).database)
    whole = large.story_of(stories.STORIES[0], fund(), employers=24, people=800, months=4)
    known = [one for one in whole.characters if one.code in {"kafue-mining", "mosi-transport"}]
    small = [replace(one, people=4, months=4, turnover=1) for one in known]
    drawn = [replace(one, people=5, months=4) for one in whole.characters[12:18]]
    drawn[0] = replace(drawn[0], pays=(-2,), share=100, declares=True, bounces=2)
    made = loading.load_large(database, owner, TODAY, replace(whole, characters=(*small, *drawn)))
    assert made.employers == 8
    with db.reading() as session:
        assert session.scalar(select(func.sum(Posting.amount))) == 0
        assert session.scalar(select(func.count()).select_from(PaymentReversal)) in (1, 2)
        for table, name in ((Receipt, "number"), (Declaration, "number")):
            numbers = session.scalars(select(func.substr(getattr(table, name), 3))).all()
            for year in {number[:4] for number in numbers}:
                counted = sorted(int(number[5:]) for number in numbers if number.startswith(year))
                assert counted == list(range(1, len(counted) + 1))
        sexes = dict(session.execute(select(Person.sex, func.count()).group_by(Person.sex)).all())
        assert set(sexes) == {"F", "M"}
        assert session.scalar(select(func.count()).select_from(Employer)) == 8
        waiting = session.scalar(text("SELECT count(*) FROM registration WHERE state = 'submitted'"))
        assert waiting == 1


def test_it_refuses_where_there_are_employers(app: Flask, database: str) -> None:
    few = tuple(replace(one, people=2, months=1, turnover=0) for one in stories.STORIES[0].characters[:1])
    fund_maker.make(clock.today(fund().timezone), few)
    config: Config = app.config["PORTAL"]
    with app.app_context():
        answer = app.test_cli_runner().invoke(demo_command, ["load", "--size", "large"])
    assert config.practice
    assert answer.exit_code == 1
    assert "There are employers already" in answer.output


@pytest.mark.parametrize("size", ["small", "large"])
def test_it_refuses_outside_practice(app: Flask, database: str, size: str) -> None:
    before = app.config["PORTAL"]
    app.config["PORTAL"] = replace(before, practice=False)
    try:
        with app.app_context():
            answer = app.test_cli_runner().invoke(demo_command, ["load", "--size", size])
    finally:
        app.config["PORTAL"] = before
    assert answer.exit_code == 1
    assert "for practice only" in answer.output
