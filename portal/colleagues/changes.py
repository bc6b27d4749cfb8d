"""
What an employer changes about itself only with the fund: its legal name, its bank account, its last administrator.

The employer's administrator asks, a registrar or supervisor of the fund decides.  The employer's address and all of its
administrators are told of both: whoever took over an account cannot lead the employer's money away in silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import approvals, audit, clock, outbox
from portal.approvals import Action, Approval, Decider, Decision, Row, action
from portal.audit import Event
from portal.auth.models import Account, EmployerRole
from portal.colleagues import invitations, mandates
from portal.colleagues.invitations import Offer
from portal.employers.models import Employer
from portal.employers.registration import day_of
from portal.errors import NotFound, Refused
from portal.words import Words, _

CHANGE = "employer.change"
DETAILS, ADMINISTRATOR = "details", "administrator"
LABELS: Mapping[str, Words] = {
    "legal_name": _("Legal name"),
    "bank_name": _("Bank"),
    "bank_account": _("Account number"),
}
_STALE = _("This changed meanwhile and is not what you were shown. Refuse the request; the employer can ask again.")


def ask_details(
    session: Session, employer: Employer, wanted: Mapping[str, str], *, reason: str, by: int, at: datetime
) -> Approval:
    """
    Ask for another legal name or bank account; *wanted* holds all of `LABELS`.  The same again: the open request.

    Refused when nothing would change, when the name is missing, or when only half of a bank account is given.
    """
    before = {name: getattr(employer, name) for name in LABELS}
    after = {name: " ".join(wanted[name].split()) for name in LABELS}
    if not after["legal_name"]:
        raise Refused(_("Write the legal name."), field="legal_name", status=422)
    if bool(after["bank_name"]) != bool(after["bank_account"]):
        missing = "bank_account" if after["bank_name"] else "bank_name"
        raise Refused(_("Give both the bank and the account number, or neither."), field=missing, status=422)
    if before == after:
        raise Refused(_("This is what the fund has on file already."), field="legal_name", status=422)
    shown = {"change": DETAILS, "before": before, "after": after}
    return _ask(session, employer, f"employer:{employer.public_id}", shown, reason, by, at)


def ask_to_end(
    session: Session, employer: Employer, mandate: UUID, successor: str, *, reason: str, url: str, by: int, today: date,
    at: datetime,
) -> Approval:  # fmt: skip
    """
    Ask that the last administrator's mandate ends; *successor* is an address to be invited in their place, or empty.

    *url* is what stands before the secret of that invitation.  Refused for anybody but the last administrator.
    """
    found = mandates.colleague(session, employer.id, mandate, today)
    if not mandates.is_last_administrator(session, found.mandate, today):
        raise Refused(_("This is not the last administrator: you can end the mandate yourself."), status=409)
    if successor.strip().lower() == found.account.email.lower():
        raise Refused(_("Name somebody else, or nobody."), field="successor", status=422)
    shown = {"change": ADMINISTRATOR, "mandate": str(mandate), "successor": successor.strip(), "url": url}
    return _ask(session, employer, f"mandate:{mandate}", shown, reason, by, at)


def waiting(session: Session, employer_id: int) -> Sequence[Approval]:
    """What the employer asked for and the fund has not decided yet."""
    wanted = (Approval.employer_id == employer_id, Approval.action == CHANGE, Approval.decision.is_(None))
    return session.scalars(select(Approval).where(*wanted).order_by(Approval.id)).all()


def take_back(session: Session, employer: Employer, approval: UUID, *, by: int, at: datetime) -> None:
    """Whoever asked takes it back.  NotFound for anything that is no change of this employer."""
    found = approvals.approval_by_id(session, approval)
    if found.employer_id != employer.id or found.action != CHANGE:
        raise NotFound("approval")
    approvals.withdraw(session, approval, by=by, at=at)


def rows_of(session: Session, request: Approval) -> list[Row]:
    """What a request would change, in words."""
    shown = request.shown
    if shown["change"] == DETAILS:
        before, after = shown["before"], shown["after"]
        return [(label, _change(before[name], after[name])) for name, label in LABELS.items()]
    account = mandates.holder(session, request.employer_id or 0, UUID(shown["mandate"]))
    return [
        (_("The last administrator leaves"), f"{account.name}, {account.email}"),
        (_("Invited as administrator instead"), shown["successor"] or _("nobody: nobody can act for the employer")),
    ]


def _change(before: str, after: str) -> Words:
    none = _("nothing")
    if before == after:
        return _("%(value)s (stays)", value=before or none)
    return _("%(after)s (until now: %(before)s)", before=before or none, after=after or none)


def _ask(
    session: Session, employer: Employer, subject: str, shown: dict[str, Any], reason: str, by: int, at: datetime
) -> Approval:
    made = approvals.ask(session, CHANGE, subject, shown=shown, reason=reason, by=by, at=at, employer=employer.id)
    text = _(
        "Somebody who acts for %(name)s (%(number)s) asked the fund for a change that needs its approval: legal name, "
        "bank account or the last administrator. If nobody of yours did, write to the fund at once.",
        name=employer.name, number=employer.number,
    )  # fmt: skip
    _tell(session, employer, made, "asked", _("A change was asked for"), text)
    return made


def _carry_out(session: Session, request: Approval, by: Decider) -> None:
    employer = _employer(session, request)
    if request.shown["change"] == DETAILS:
        _set_details(session, employer, request.shown, by)
    else:
        _let_go(session, employer, request, by)
    _tell(
        session, employer, request, "done", _("A change was made"),
        _("The fund approved the change asked for %(name)s (%(number)s). The employer file in the portal shows it.",
          name=employer.name, number=employer.number),
    )  # fmt: skip


def _set_details(session: Session, employer: Employer, shown: Mapping[str, Any], by: Decider) -> None:
    if shown["before"] != {name: getattr(employer, name) for name in LABELS}:
        raise Refused(_STALE, status=409)
    changed = [name for name in LABELS if shown["after"][name] != shown["before"][name]]
    for name in changed:
        setattr(employer, name, shown["after"][name])
    audit.record(session, Event.EMPLOYER_CHANGED, at=by.at, by=by.account, employer=employer.id, fields=changed)


def _let_go(session: Session, employer: Employer, request: Approval, by: Decider) -> None:
    today = day_of(by.at)
    shown = request.shown
    mandates.end(
        session, employer, UUID(shown["mandate"]), last_day=None, by=by.account, today=today, at=by.at,
        with_the_fund=True,
    )  # fmt: skip
    if shown["successor"]:
        offer = Offer((EmployerRole.ADMINISTRATOR,), today)
        invitations.invite(
            session, employer, shown["successor"], offer, by=by.account, today=today, at=by.at, url=shown["url"]
        )


def _refused(session: Session, request: Approval, by: Decider) -> None:
    if request.decision != Decision.REFUSED:
        return
    employer = _employer(session, request)
    text = _(
        "The fund did not approve the change asked for %(name)s (%(number)s): %(note)s",
        name=employer.name, number=employer.number, note=request.note,
    )  # fmt: skip
    _tell(session, employer, request, "refused", _("A change was refused"), text)


def _employer(session: Session, request: Approval) -> Employer:
    return session.get_one(Employer, request.employer_id, with_for_update={"key_share": True})


def _tell(session: Session, employer: Employer, request: Approval, what: str, subject: Words, text: Words) -> None:
    """By mail to the employer's own address and to whoever was asked by; once, however often it is told."""
    asked_by = session.get_one(Account, request.asked_by).email
    addresses = {asked_by, employer.email, *mandates.administrators(session, employer.id)}
    for place, address in enumerate(sorted(addresses)):
        name = f"mail/change/{request.public_id}/{what}/{place}"
        outbox.put_mail(session, name, address, subject, text, at=clock.real_now(), employer=employer.id)


action(Action(CHANGE, "register", _("Change what the fund has on an employer"), rows_of, _carry_out, _refused))
