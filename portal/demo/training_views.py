"""The check pages of the exercises: what to do, what is done, and what one found out."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal import clock, db
from portal.auth.access import anyone, guarded
from portal.auth.views import begin_visit
from portal.demo import training
from portal.demo.exercises import exercise_of, with_cards
from portal.demo.stories import card_of
from portal.demo.story import Card
from portal.demo.training import Learner
from portal.demo.views import who_is
from portal.installation import fund

bp = guarded(Blueprint("training", __name__, url_prefix="/practice/exercises"), anyone)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Every exercise, by whom one does it."""
    return render_template("practice/exercises.html", exercises=with_cards())


@bp.get("/<exercise>")
def show(exercise: str) -> ResponseReturnValue:
    """One exercise: the steps, and which of them are done."""
    return _page(exercise)


def _page(code: str, wrong: int = 0, typed: str = "") -> ResponseReturnValue:
    found, card = exercise_of(code), card_of(code)
    learner = _learner(card)
    with db.reading() as session:
        steps = training.shown(session, found, learner) if learner else None
    return render_template(
        "practice/exercise.html", exercise=found, card=card, steps=steps, wrong=wrong, typed=typed,
        done=sum(step.done for step in steps or ()),
    ), 422 if wrong else 200  # fmt: skip


@bp.post("/<exercise>/begin")
def begin(exercise: str) -> ResponseReturnValue:
    """Come in as the person of the exercise and begin it, or begin it anew."""
    found, card = exercise_of(exercise), card_of(exercise)
    user = who_is(card)
    if user is None:
        flash(_("This person is not in the practice fund. Start it afresh."), "error")
        return redirect(url_for("practice.index"))
    begin_visit(user, "card")
    learner = _learner(card)
    assert learner is not None
    with db.writing() as session:
        training.begin(session, found, learner, at=clock.now())
    return redirect(url_for(".show", exercise=exercise))


@bp.post("/<exercise>/<int:step>")
def answer(exercise: str, step: int) -> ResponseReturnValue:
    """What the learner found out; when it is wrong it stays in its box."""
    found, learner = exercise_of(exercise), _learner(card_of(exercise))
    if learner is None:
        return redirect(url_for(".show", exercise=exercise))
    typed = request.form.get("answer", "").strip()
    with db.writing() as session:
        right = training.answer(session, found, step, typed, learner, at=clock.now())
    if not right:
        return _page(exercise, step, typed[: training.LONGEST_ANSWER])
    return redirect(url_for(".show", exercise=exercise))


def _learner(card: Card) -> Learner | None:
    """The visitor, if it is they who do this exercise."""
    if not current_user.is_authenticated:
        return None
    user = who_is(card)
    if user is None or user.get_id() != current_user.get_id():
        return None
    today = clock.today(fund().timezone)
    if current_user.kind == "account":
        return Learner(current_user.id, None, today)
    return Learner(None, current_user.person_id, today)
