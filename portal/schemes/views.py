"""
Public calculators: what is due on pay, and what it costs to be late, with every step.

Nobody signs in and nothing is kept: the address holds the whole question, and reproduces the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal import clock
from portal.auth.access import anyone, guarded
from portal.installation import pack, packs
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.calendars import OutsideCalendar
from portal.scheme.cases.inputs import BadInput, count
from portal.scheme.contribution import Unusable
from portal.scheme.deadlines import due_day
from portal.scheme.explain import Step, steps_to_json
from portal.scheme.money import format_amount
from portal.schemes import forms
from portal.schemes.calculating import (
    ContributionAnswer,
    LateAnswer,
    LateQuestion,
    contribution_answer,
    late_answer,
)
from portal.schemes.forms import Question
from portal.web.filters import say
from portal.words import Words

bp = guarded(Blueprint("calculators", __name__, url_prefix="/calculators"), anyone)

#: Rows for part payments to begin with, and how many there may be.
ROWS, MOST_ROWS = 3, 24
#: What an address may carry beside the question.
_BESIDE = {"lang"}


@bp.get("/")
def index() -> ResponseReturnValue:
    """The fund's schemes, what can be worked out, and what is not known and why."""
    return render_template("schemes/calculators.html", packs=packs())


@dataclass(frozen=True, slots=True)
class Asked:
    """A form with its answer, or with what cannot be used: beside its field, or as *problem* above all."""

    form: Question
    answer: ContributionAnswer | LateAnswer | None = None
    problem: Words | None = None

    @property
    def status(self) -> int:
        """422 where something cannot be used; a question not asked yet is no mistake."""
        return 422 if self.form.errors or self.problem else 200


@bp.get("/<scheme>/contribution")
def contribution(scheme: str) -> ResponseReturnValue:
    """What is due on one person's pay."""
    rules = pack(scheme)
    asked = _contribution(rules)
    return _page("schemes/contribution.html", rules, asked)


@bp.get("/<scheme>/contribution.json")
def contribution_json(scheme: str) -> ResponseReturnValue:
    """The same answer for programs: amounts as decimal texts, and the steps with their sentences."""
    rules = pack(scheme)
    asked = _contribution(rules)
    problems = {name: [say(one) for one in errors] for name, errors in asked.form.errors.items() if name}
    if asked.problem is not None:
        problems[""] = [say(asked.problem)]
    if not isinstance(asked.answer, ContributionAnswer):
        return jsonify({"scheme": rules.id, "version": rules.hash, "problems": problems}), 422
    return jsonify(_as_json(rules, asked.answer))


@bp.get("/<scheme>/late")
def late(scheme: str) -> ResponseReturnValue:
    """What it costs that a contribution was paid late, or is not paid yet."""
    rules = pack(scheme)
    return _page("schemes/late.html", rules, _late(rules))


def _page(template: str, rules: Pack, asked: Asked) -> ResponseReturnValue:
    page = render_template(
        template, rules=rules, form=asked.form, answer=asked.answer, problem=asked.problem, today=_today(rules),
        address=_address(), next_rows=_rows() + ROWS, question=_question_again(),
    )  # fmt: skip
    return page, asked.status


def _address() -> str:
    """The address of this page for whoever gets it on paper; never by the name a request claims for us."""
    return str(current_app.config["BASE_URL"]).rstrip("/") + request.full_path.rstrip("?")


def _question_again() -> dict[str, str]:
    """What the address asks, for another address; names that steer ``url_for`` itself are left out."""
    return {name: said for name, said in request.args.items() if not name.startswith("_") and name != "scheme"}


def _today(rules: Pack) -> date:
    return clock.today(rules.timezone)


def _is_asked() -> bool:
    """Whether the address holds a question, and not only the language of the page."""
    return bool(set(request.args) - _BESIDE)


def _rows() -> int:
    """How many part payments there is room for."""
    text = request.args.get("more", "")
    wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else ROWS
    used = [name for name in request.args if name.startswith("part") and request.args[name].strip()]
    numbers = [int(digits) for name in used if (digits := name[4:].partition(".")[0]).isdigit() and len(digits) < 4]
    return min(max(wanted, ROWS, *numbers, 0), MOST_ROWS)


# -- contributions -------------------------------------------------------------------


def _contribution(rules: Pack) -> Asked:
    form = forms.ask(forms.contribution_fields(rules, _today(rules)), request.args if _is_asked() else None)
    if not _is_asked():
        return Asked(form)
    inputs = _inputs(rules, form)
    if form.errors:
        return Asked(form)
    try:
        return Asked(form, contribution_answer(rules, inputs))
    except Unusable as fault:
        name = form.place_of(fault.field)
        if name is None:
            return Asked(form, problem=fault.words)
        form.refuse(name, fault.words)
        return Asked(form)
    except (BadInput, OutsideCalendar) as fault:
        return Asked(form, problem=fault.words)


def _inputs(rules: Pack, form: Question) -> dict[str, Any]:
    """The form in the shape of the published test vectors; what cannot be used stands beside its field."""
    month = form.month(rules)
    inputs: dict[str, Any] = {
        "month": str(month),
        "earnings": _amounts(rules, form, "pay"),
        "elsewhere": _amounts(rules, form, "elsewhere"),
    }
    inputs |= {of: form.answers(rules, of) for of in ("person", "employer", "options")}
    born = form.day("person.date_of_birth") if "person.date_of_birth" in form else None
    if born is not None:
        inputs["person"]["date_of_birth"] = born.isoformat()
    if (days := form.count("days", most=32)) is not None:
        inputs["days"] = days
    before = form.count("earlier", most=12)
    if month is not None and before:
        first, last = month.plus(-before, rules.calendar), month.previous(rules.calendar)
        inputs["earlier"] = [
            {"from": str(first), "to": str(last), "earnings": _amounts(rules, form, "earlier")},
        ]
    return inputs


def _amounts(rules: Pack, form: Question, group: str) -> dict[str, str]:
    """Pay by component, as decimal texts; what was left empty was not said."""
    found = {}
    for one in rules.pay:
        minor = form.amount(f"{group}.{one.code}", rules)
        if minor is not None:
            found[one.code] = format_amount(minor, rules.currency)
    return found


def _as_json(rules: Pack, answer: ContributionAnswer) -> dict[str, Any]:
    def text(minor: int | None) -> str | None:
        return None if minor is None else format_amount(minor, rules.currency)

    return {
        "scheme": rules.id,
        "version": rules.hash,
        "currency": rules.currency.code,
        "shares": [
            {
                "branch": one.name, "insurable": text(one.insurable), "employer": text(one.employer),
                "employee": text(one.employee), "total": text(one.total),
                "not_known": None if one.why is None else say(one.why),
            }
            for one in answer.shares
        ],
        "employer": text(answer.employer),
        "employee": text(answer.employee),
        "total": text(answer.total),
        "provisional": answer.provisional,
        "not_known": [say(one) for one in answer.gaps],
        "not_verified": [say(one) for one in answer.doubts],
        "steps": _steps(answer.steps),
        "due": _steps(answer.due_steps),
    }  # fmt: skip


def _steps(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """The steps as they are kept, each with its sentence in the reader's language."""
    return [{**kept, "text": say(step.words)} for kept, step in zip(steps_to_json(steps), steps, strict=True)]


# -- late charges --------------------------------------------------------------------


def _late(rules: Pack) -> Asked:
    fields = forms.late_fields(rules, _today(rules), _rows())
    asked = _is_asked()
    form = forms.ask(fields, request.args if asked else None)
    if not asked or request.args.get("more"):  # "more" adds rows and asks nothing
        return Asked(form)
    try:
        question = _question(rules, form)
        if form.errors or question is None:
            return Asked(form)
        return Asked(form, late_answer(rules, question))
    except (BadInput, OutsideCalendar, NotKnown, Unusable) as fault:
        return Asked(form, problem=fault.words)


def _question(rules: Pack, form: Question) -> LateQuestion | None:
    """The form as a question; None with what cannot be used beside its field."""
    charge = form.amount("charge", rules, needed=True)
    employer, options = form.answers(rules, "employer"), form.answers(rules, "options")
    due = _due(rules, form, {**employer, **options})
    on = form.day("on", needed=True)
    parts = _parts(rules, form)
    if charge is None or due is None or on is None or form.errors:
        return None
    if sum(amount for _day, amount in parts) > charge:
        form.refuse("charge", gettext("The part payments together are more than this."))
    for number, (day, _amount) in enumerate(parts, 1):
        if day > on:
            words = gettext("Part payment %(n)s lies after this day. Correct one of the two.", n=number)
            form.refuse("on", words)
    return LateQuestion(charge, due, on, form.text("paid_is") != "no", parts, employer, options)


def _due(rules: Pack, form: Question, said: dict[str, str]) -> date | None:
    """The due day that was given, or that of the month."""
    if form.text("due_is") != "month":
        return form.day("due", needed=True)
    month = form.month(rules)
    if month is None:
        return None
    headcount = said.get("headcount")
    try:
        return due_day(
            rules, month, headcount=None if headcount is None else count(headcount, "headcount"), options=said
        )
    except NotKnown as gap:
        form.refuse("due_is", gap.words)
        form.refuse("due", gettext("Give the due day itself."))
        return None


def _parts(rules: Pack, form: Question) -> list[tuple[date, int]]:
    """The part payments; each needs its day and its amount."""
    found = []
    for n in range(1, _rows() + 1):
        day_name, amount_name = f"part{n}.day", f"part{n}.amount"
        if not form.text(day_name) and not form.text(amount_name):
            continue
        day, amount = form.day(day_name, needed=True), form.amount(amount_name, rules, needed=True)
        if day is not None and amount is not None:
            found.append((day, amount))
    return found
