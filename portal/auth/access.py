"""
Who may enter: the guard each blueprint declares, and the right each view needs.

A page of an employer one may not act for answers exactly as one that does not exist.
Mandates and roles are looked up on every request, so that taking one away works at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from flask import Blueprint, abort, current_app, g, has_app_context, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from sqlalchemy import column, event, select, table
from sqlalchemy.orm import Session

from portal import audit, clock, db
from portal.auth import on_behalf
from portal.auth.models import Account, EmployerRole, FundRoleName
from portal.auth.proof import fresh as fresh
from portal.auth.scope import is_mine, places_of
from portal.auth.service import fund_roles, mandates_of, why_not_acting
from portal.errors import Refused
from portal.installation import fund


class Right(StrEnum):
    """What a view may ask for."""

    VIEW = "view"
    PREPARE = "prepare"
    SUBMIT = "submit"
    MANAGE = "manage"
    FUND_VIEW = "fund view"
    REGISTER = "register"
    CONTRIBUTIONS = "contributions"
    CASH = "cash"
    DECIDE = "decide"
    AUDIT = "audit"
    SYSTEM = "system"
    REVIEW = "review"


EMPLOYER_RIGHTS = {
    EmployerRole.VIEWER: {Right.VIEW},
    EmployerRole.CLERK: {Right.VIEW, Right.PREPARE},
    EmployerRole.SIGNATORY: {Right.VIEW, Right.PREPARE, Right.SUBMIT},
    EmployerRole.ADMINISTRATOR: {Right.VIEW, Right.PREPARE, Right.SUBMIT, Right.MANAGE},
}
FUND_RIGHTS = {
    FundRoleName.REGISTRAR: {Right.FUND_VIEW, Right.REGISTER},
    FundRoleName.CONTRIBUTION_OFFICER: {Right.FUND_VIEW, Right.CONTRIBUTIONS},
    FundRoleName.CASHIER: {Right.FUND_VIEW, Right.CASH},
    FundRoleName.SUPERVISOR: {
        Right.FUND_VIEW,
        Right.REGISTER,
        Right.CONTRIBUTIONS,
        Right.CASH,
        Right.DECIDE,
        Right.AUDIT,
        Right.REVIEW,
    },
    FundRoleName.AUDITOR: {Right.FUND_VIEW, Right.AUDIT, Right.REVIEW},
    FundRoleName.SYSTEM_ADMINISTRATOR: {Right.FUND_VIEW, Right.SYSTEM, Right.REVIEW},
}
#: What somebody of the fund may do for an employer: everything but deciding who else may act for it.
ON_BEHALF_RIGHTS = frozenset({Right.VIEW, Right.PREPARE, Right.SUBMIT})

#: blueprint -> the guard it declared; create_app refuses a blueprint that is not here.
GUARDS: dict[str, str] = {}
_employer = table("employer", *map(column, ("id", "public_id", "number", "legal_name", "trade_name", "state")))
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class EmployerOnPage:
    """The employer in the address, for the views: `g.employer`."""

    id: int
    public_id: UUID
    number: str
    name: str
    state: str


class EmployeeVisit:
    """An employee who came in with a code: no account, no password, one visit."""

    is_active = is_authenticated = True
    is_anonymous = False
    kind = "employee"

    def __init__(self, person_id: int) -> None:
        self.person_id = person_id

    def get_id(self) -> str:
        """How a session names this visit."""
        return f"person:{self.person_id}"


login_manager = LoginManager()


@login_manager.user_loader
def load_user(name: str) -> Account | EmployeeVisit | None:
    """Who a session belongs to; None once an account is disabled."""
    kind, _colon, number = name.partition(":")
    if kind == "person":
        return EmployeeVisit(int(number))
    with db.reading() as database:
        account = database.get(Account, int(number))
    return account if account is not None and account.disabled_at is None else None


def guarded(blueprint: Blueprint, guard: Callable[[], ResponseReturnValue | None]) -> Blueprint:
    """Declare who may enter a blueprint: *guard* runs before each of its views."""
    blueprint.before_request(guard)
    GUARDS[blueprint.name] = guard.__name__
    return blueprint


def anyone() -> None:
    """Pages for the public."""


def signed_in() -> ResponseReturnValue | None:
    """Pages for any account; an employee's visit is not one."""
    if not current_user.is_authenticated:
        return _to_sign_in()
    if current_user.kind != "account":
        abort(404)
    return None


def acting_for_employer() -> ResponseReturnValue | None:
    """Pages of the employer in the address: 404 unless a mandate holds today; whose mandate ended is told so."""
    if not current_user.is_authenticated:
        return _to_sign_in()
    if current_user.kind != "account":
        abort(404)
    number = (request.view_args or {}).get("employer_number")
    with db.reading() as database:
        row = database.execute(select(_employer).where(_employer.c.number == number)).one_or_none()
        today = clock.today(fund().timezone)
        held = mandates_of(database, current_user.id, today)
        roles = held.get(row.id, set()) if row else set()
        paper = on_behalf.open_of(database, current_user.id, row.id, today) if row and not roles else None
        name = (row.trade_name or row.legal_name) if row else ""
        acts = bool(roles or paper)
        why = why_not_acting(database, current_user.id, row.id, name, today) if row and not acts else None
    if why is not None:
        raise Refused(why, status=403)
    if row is None or not acts:
        abort(404)
    g.employer = EmployerOnPage(row.id, row.public_id, row.number, name, row.state)
    if paper is not None:
        return _of_the_fund(paper)
    g.acts_for_several = len(held) > 1
    g.rights = frozenset().union(*(EMPLOYER_RIGHTS[role] for role in roles))
    return _second_step(not roles.isdisjoint(fund().second_step_for))


def _of_the_fund(paper: on_behalf.OnBehalf) -> ResponseReturnValue | None:
    """Somebody of the fund enters what the employer gave on paper, while they work there and for its district."""
    rights = frozenset[Right]().union(*(FUND_RIGHTS[role] for role in _fund_roles()))
    if Right.CONTRIBUTIONS not in rights or not is_mine(request, places_of(current_user.districts)):
        abort(404)
    g.on_behalf, g.rights = paper, ON_BEHALF_RIGHTS
    return _second_step(current_app.config["PORTAL"].second_step)


@event.listens_for(Session, "after_begin")
def _under(session: Session, *_rest: object) -> None:
    """What is done in an employer's pages by somebody of the fund carries under what it was done."""
    if has_app_context() and (paper := g.get("on_behalf")) is not None:
        session.info[audit.ON_BEHALF] = paper.id


def fund_staff() -> ResponseReturnValue | None:
    """Pages of the fund: 404 for anyone who does not work there today."""
    if not current_user.is_authenticated:
        return _to_sign_in()
    roles = _fund_roles() if current_user.kind == "account" else set()
    if not roles:
        abort(404)
    places = places_of(current_user.districts)
    if not is_mine(request, places):
        abort(404)
    g.fund_roles, g.places = roles, places
    g.rights = frozenset().union(*(FUND_RIGHTS[role] for role in roles))
    return _second_step(current_app.config["PORTAL"].second_step)


def employee() -> ResponseReturnValue | None:
    """Pages of one employee: who came in with a code."""
    if not current_user.is_authenticated:
        return redirect("/cover")
    if current_user.kind != "employee":
        abort(404)
    g.person_id = current_user.person_id
    return None


def needs(right: Right) -> Callable[[View], View]:
    """The right a view asks for; 403 for someone who may enter but may not do this."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if right not in g.rights:
                abort(403)
            return view(*args, **kwargs)

        checked.needs = right  # type: ignore[attr-defined]  # read by the access matrix
        return checked  # type: ignore[return-value]  # same call, one check before it

    return decorate


def _fund_roles() -> set[FundRoleName]:
    with db.reading() as database:
        return fund_roles(database, current_user.id, clock.today(fund().timezone))


def _second_step(wanted: bool) -> ResponseReturnValue | None:
    """To the page that sets up an authenticator, where one is asked for and this visit came in without."""
    if not wanted or session.get("proof") in ("code", "card"):
        return None
    return redirect(url_for("second_step.show"))


def _to_sign_in() -> ResponseReturnValue:
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.sign_in", next=back))
