"""
The practice fund: its employers and their people, month after month up to a given day.

It is lived, not inserted: every step goes through the services a page would call, in the order
of the days, each in a transaction of its own.  The same day gives the same fund.
"""

from __future__ import annotations

import gc
import heapq
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal import db
from portal.demo import bank, stories
from portal.demo.life import Life
from portal.demo.story import Character, Story
from portal.employers.models import Employer
from portal.installation import calendar, fund, month_on, pack
from portal.payments.models import Receipt
from portal.people.models import Person
from portal.scheme.calendars import Month
from portal.scheme.deadlines import due_day

#: A fund half made is made anew, so a step need not wait until the disk has it.
NO_WAITING = text("SET synchronous_commit TO off")
#: How many days a cheque takes to come back, and then to be paid again.
A_CHEQUE, A_SECOND_ONE = timedelta(days=5), timedelta(days=11)
Step = Callable[[Session, datetime], object]


@dataclass(frozen=True)
class Made:
    """How much was made."""

    employers: int
    people: int


def is_empty() -> bool:
    """Whether there is no employer yet."""
    with db.reading() as session:
        return not session.scalar(select(func.count()).select_from(Employer))


def make(today: date, characters: Sequence[Character] | None = None, story: Story | None = None) -> Made:
    """
    Make the practice fund as it stands on *today*.  The database must hold nothing yet.

    *characters* are the employers of the *story* (that of the fund in use) when not all are wanted.
    """
    told = story or stories.of(fund())
    chosen = replace(told, characters=tuple(characters or told.characters))
    maker = Maker(today, chosen)
    maker.begin()
    for character in chosen.characters:
        maker.plan(character)
    maker.end()
    maker.run()
    return made()


def made() -> Made:
    """How much there is."""
    with db.reading() as session:
        employers = session.scalar(select(func.count()).select_from(Employer))
        people = session.scalar(select(func.count()).select_from(Person))
    return Made(employers or 0, people or 0)


class Maker:
    """Plans what happens on which day, then does it in that order, each step in its own transaction."""

    def __init__(self, today: date, story: Story) -> None:
        self.today, self.story = today, story
        self.calendar = calendar()
        self.last = month_on(today).previous(self.calendar)
        self.first = self.last.plus(1 - story.months, self.calendar)
        self.life = Life(story)
        self.steps: list[tuple[datetime, int, Step]] = []
        self.order = itertools.count()

    def run(self) -> None:
        """Everything in the order in which it happened."""
        with db.writing() as session:  # holds for the only connection this process has meanwhile
            session.execute(NO_WAITING)
        try:
            with _seldom_collected():
                while self.steps:  # a step may add later ones
                    at, _order, step = heapq.heappop(self.steps)
                    with db.writing() as session:
                        step(session, at)
        finally:
            db.engine().dispose()  # whoever comes after waits for the disk again

    def _when(self, day: date, hour: int, step: Step) -> None:
        """Do *step* on *day*, unless that is still to come."""
        if day <= self.today:
            at = datetime.combine(day, time(hour), UTC)
            heapq.heappush(self.steps, (at, next(self.order), step))

    def begin(self) -> None:
        """The fund's own people, three weeks before the first month."""
        self._when(self.first.first_day(self.calendar) - timedelta(days=20), 6, self.life.hire_staff)

    def end(self) -> None:
        """What waits for the fund's people: an application, and a statement of the bank."""
        waits, known = self.story.waits, self.story.characters[0].code
        self._when(self.today - timedelta(days=3), 10, lambda s, at: self.life.apply(s, at, waits, phone_of=known))
        self._when(self.today, 4, lambda s, at: bank.receive_statement(s, at, by=self.life.staff["cashier"]))

    def plan(self, character: Character) -> None:
        """The life of one employer, from its registration to today."""
        begins = self.last.plus(1 - character.months, self.calendar).first_day(self.calendar)
        everybody = range(character.people)
        self._when(begins, 7, lambda s, at: self.life.register(s, at, character))
        self._when(begins, 8, lambda s, at: self.life.bring(s, at, character, everybody))
        self._when(begins + timedelta(days=1), 11, lambda s, at: self.life.name_agents(s, at, character))
        for back in range(character.months):
            month = self.last.plus(-back, self.calendar)
            self._plan_month(character, month, back)
            if character.is_ever_late:
                night = month.next(self.calendar).last_day(self.calendar)
                self._when(night, 22, lambda s, at: self.life.night(s, at, character))
        if character.is_ever_late:
            self._when(self.today, 5, lambda s, at: self.life.night(s, at, character))

    def _plan_month(self, character: Character, month: Month, back: int) -> None:
        if character.turnover and back % character.turnover_every == 0:
            first = character.people + (character.months - 1 - back) * character.turnover
            newcomers = range(first, first + character.turnover)
            last_day = month.last_day(self.calendar)
            self._when(last_day, 10, lambda s, at: self.life.exchange(s, at, character, newcomers))
        if not character.declares:
            return
        nobody = back in character.closed_months
        due = due_day(pack((character.schemes or fund().schemes)[0]), month)
        after = character.pays[min(back, len(character.pays) - 1)]
        declared = due + timedelta(days=min(-3, (after or 0) - 1))
        self._when(declared, 10, lambda s, at: self.life.declare(s, at, character, month, nobody=nobody))
        if after is not None and not nobody:
            self._plan_payment(character, due + timedelta(days=after), bounces=character.bounces == back)

    def _plan_payment(self, character: Character, day: date, *, bounces: bool) -> None:
        if not bounces:
            self._when(day, 14, lambda s, at: self.life.pay(s, at, character))
            return
        cheques: list[Receipt] = []
        self._when(day, 14, lambda s, at: cheques.extend(self.life.pay(s, at, character, "cheque")))
        self._when(day + A_CHEQUE, 15, lambda s, at: self.life.take_back(s, at, character, cheques))
        self._when(day + A_SECOND_ONE, 14, lambda s, at: self.life.pay(s, at, character))


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Looking for rings among short-lived rows took an eighth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)
