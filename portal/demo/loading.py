"""
Makes a large practice fund in several processes, each of which lives a part of the employers.

Employers do not know each other; only the series of numbers is common to all, and that is the database's care.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from datetime import date

import psycopg

from portal import db
from portal.demo import fund_maker, large, stories
from portal.demo.fund_maker import Made, Maker
from portal.demo.story import Character, Story
from portal.installation import fund


class NotMade(Exception):
    """A process that made a part of the fund ended with an error; what it said stands above."""


def load_large(url: str, owner_url: str, today: date, story: Story | None = None) -> Made:
    """
    Make the large fund of the fund in use, as it stands on *today*, in the empty database at *url*.

    Raises `NotMade` when it could not be made; then the database holds a part and must be emptied.
    """
    told = story or large.story_of(stories.of(fund()), fund())
    staff = Maker(today, told)
    staff.begin()
    staff.run()
    db.engine().dispose()  # a connection must not be shared with the processes
    fork = multiprocessing.get_context("fork")
    parts = large.parts_of(told, os.cpu_count() or 1)
    working = [fork.Process(target=_live, args=(url, today, told, part, part is parts[0])) for part in parts]
    for process in working:
        process.start()
    for process in working:
        process.join()
    if any(process.exitcode for process in working):
        raise NotMade
    _look_over(owner_url)
    return fund_maker.made()


def _live(url: str, today: date, story: Story, part: Sequence[Character], is_first: bool) -> None:
    """One process: the lives of its employers, in the order of the days."""
    db.bind(url, pool=1)
    maker = Maker(today, story)
    with db.reading() as session:
        maker.life.know_staff(session)
    for character in part:
        maker.plan(character)
    if is_first:
        maker.end()
    maker.run()
    db.engine().dispose()


def _look_over(owner_url: str) -> None:
    """Let the database count what it has got, as it would by itself a minute later."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
