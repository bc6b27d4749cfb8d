"""
Exercises on the practice fund: half an hour for each role, and a page that says which steps were done.

A step is done when the audit log says that the learner did it since the exercise was begun, or when the learner typed
what the book holds.  Nothing is kept beside the log: beginning anew is another line in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import AuditEvent, Event
from portal.errors import NotFound

#: Longest answer that is looked at, in characters.
LONGEST_ANSWER = 60


@dataclass(frozen=True, slots=True)
class Learner:
    """Who does an exercise: an account or an employee, and the day it is in practice."""

    account: int | None
    person: int | None
    today: date


@dataclass(frozen=True, slots=True)
class Did:
    """A step one does: one of *events* by the learner, with these *fields*, *times* times; *where* it is done."""

    words: str
    where: str
    events: tuple[Event, ...]
    times: int = 1
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """
    A step one finds out: *answer* reads the truth from the book, in minor units or as the text of a number.

    None means that there is nothing to find just now, and no answer is right.
    """

    words: str
    where: str
    answer: Callable[[Session, Learner], int | str | None]


Step = Did | Question


@dataclass(frozen=True, slots=True)
class Exercise:
    """Half an hour as one of the people of the practice fund; *card* is their sign-in card."""

    card: str
    title: str
    why: str
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step on the page, counted from 1."""

    number: int
    words: str
    where: str
    done: bool
    asks: bool


def begin(session: Session, exercise: Exercise, learner: Learner, *, at: datetime) -> None:
    """Begin an exercise, or begin it anew: what was done before does not count."""
    _record(session, Event.EXERCISE_STARTED, learner, at, exercise=exercise.card)


def shown(session: Session, exercise: Exercise, learner: Learner) -> tuple[StepShown, ...] | None:
    """The steps and which are done; None when the learner has not begun."""
    start = session.scalar(
        select(func.max(AuditEvent.id)).where(
            *_by(learner), AuditEvent.event == Event.EXERCISE_STARTED.label,
            AuditEvent.fields["exercise"].astext == exercise.card,
        )
    )  # fmt: skip
    if start is None:
        return None
    deeds = session.execute(
        select(AuditEvent.event, AuditEvent.fields).where(*_by(learner), AuditEvent.id > start)
    ).all()
    log = [(event, dict(fields)) for event, fields in deeds]
    return tuple(
        StepShown(number, step.words, step.where, _done(number, step, log), isinstance(step, Question))
        for number, step in enumerate(exercise.steps, 1)
    )


def answer(session: Session, exercise: Exercise, number: int, typed: str, learner: Learner, *, at: datetime) -> bool:
    """Whether *typed* answers question *number*; a right answer is written down.  NotFound when it is no question."""
    step = exercise.steps[number - 1] if 0 < number <= len(exercise.steps) else None
    if not isinstance(step, Question):
        raise NotFound(number)
    right = agrees(typed[:LONGEST_ANSWER], step.answer(session, learner))
    if right:
        _record(session, Event.EXERCISE_ANSWERED, learner, at, exercise=exercise.card, step=number)
    return right


def agrees(typed: str, truth: int | str | None) -> bool:
    """
    Whether somebody typed the truth: an amount with or without its currency and separators, a number in any case.

    >>> agrees("ZMW 1,234.50", 123450), agrees("1234.5", 123450), agrees("1234", 123450)
    (True, True, False)
    >>> agrees("ze 1000017", "ZE1000017")
    True
    """
    if truth is None:
        return False
    if isinstance(truth, str):
        return _bare(typed) == _bare(truth) != ""
    whole, _dot, cents = re.sub(r"[^0-9.]", "", typed).partition(".")
    return whole.isdigit() and len(cents) <= 2 and int(whole + cents.ljust(2, "0")) == truth


def _bare(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def _done(number: int, step: Step, log: Sequence[tuple[str, dict[str, Any]]]) -> bool:
    if isinstance(step, Question):
        return any(event == Event.EXERCISE_ANSWERED.label and kept["step"] == number for event, kept in log)
    labels = {event.label for event in step.events}
    wanted = step.fields.items()
    return sum(event in labels and wanted <= kept.items() for event, kept in log) >= step.times


def _by(learner: Learner) -> tuple[ColumnElement[bool], ...]:
    if learner.account is not None:
        return (AuditEvent.account_id == learner.account,)
    return (AuditEvent.account_id.is_(None), AuditEvent.person_id == learner.person)


def _record(session: Session, event: Event, learner: Learner, at: datetime, **fields: Any) -> None:
    audit.record(session, event, at=at, by=learner.account, person=learner.person, **fields)
