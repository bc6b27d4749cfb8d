"""What happened to an employer and who did it, from the audit log, in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit import AuditEvent, Event
from portal.auth.models import Account
from portal.auth.roles import NAMES, role_of
from portal.errors import NotFound
from portal.installation import fund, month_from, month_words, pack, packs
from portal.ledger.models import Charge
from portal.words import Amount, Words, _, _n


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened; *who* is empty when a job did it."""

    what: Words
    who: str
    at: datetime
    more: Words | str = ""


def scheme_said(fields: Mapping[str, Any]) -> str:
    """What people call the scheme an event names."""
    try:
        return pack(str(fields["scheme"])).short_name
    except NotFound:
        return str(fields["scheme"])  # a scheme the fund no longer runs


def role_said(fields: Mapping[str, Any]) -> Words | str:
    """What people call the role an event names."""
    try:
        return NAMES[role_of(str(fields["role"]))]
    except ValueError:
        return str(fields["role"])  # a role of an older version


def month_said(text: object) -> Words | str:
    """The wage month an event names, in words."""
    try:
        return month_words(month_from(str(text)))
    except ValueError:
        return str(text)


def _amount(fields: Mapping[str, Any], name: str = "amount") -> Amount:
    currency = pack(str(fields["scheme"])).currency.code if fields.get("scheme") else fund().currency.code
    return Amount(int(fields[name]), currency)


def _late(fields: Mapping[str, Any]) -> Words:
    """*fields* with the scheme and month of the charge beside what the log kept."""
    amount, month = _amount(fields), month_said(fields["month"])
    if amount.minor < 0:
        less = Amount(-amount.minor, amount.currency)
        return _("Late charge for %(month)s lowered by %(amount)s", month=month, amount=less)
    return _("Late charge for %(month)s: %(amount)s added", month=month, amount=amount)


def _wage(fields: Mapping[str, Any]) -> Words:
    return _("A wage was changed, from %(month)s on", month=month_said(fields["from_month"]))


def _answered(fields: Mapping[str, Any]) -> Words:
    """What a scheme was told about the employer."""
    rules = packs().get(str(fields["scheme"]))
    labels = {code: rules.inputs[code].label if rules and code in rules.inputs else code for code in fields["said"]}
    said = ", ".join(f"{labels[code]}: {text}" for code, text in fields["said"].items())
    day = date.fromisoformat(fields["from_day"])
    return _("%(scheme)s is told, from %(day)s on: %(said)s", scheme=scheme_said(fields), day=day, said=said)


#: What each event says of an employer; what is not here (signing in, say) is not part of an employer's story.
SAYS: dict[str, Callable[[Mapping[str, Any]], Words]] = {
    Event.REGISTRATION_STARTED.label: lambda _f: _("Registration begun"),
    Event.REGISTRATION_SUBMITTED.label: lambda _f: _("Registration sent to the fund"),
    Event.REGISTRATION_RETURNED.label: lambda _f: _("Registration returned with remarks"),
    Event.REGISTRATION_APPROVED.label: lambda _f: _("Registration approved"),
    Event.DOCUMENT_ADDED.label: lambda _f: _("Document sent"),
    Event.EMPLOYER_CHANGED.label: lambda _f: _("The fund approved another legal name or bank account"),
    Event.ENROLLED.label: lambda f: _(
        "Enrolled in %(scheme)s from %(day)s", scheme=scheme_said(f), day=date.fromisoformat(f["from_day"])
    ),
    Event.ENROLMENT_ANSWERED.label: _answered,
    Event.PERSON_ANSWERED.label: lambda f: _(
        "Something was said of an employee, from %(day)s on", day=date.fromisoformat(f["from_day"])
    ),
    Event.MANDATE_GIVEN.label: lambda f: _("Someone may now act for the employer as %(role)s", role=role_said(f)),
    Event.MANDATE_ENDED.label: lambda f: _("Someone may no longer act for the employer as %(role)s", role=role_said(f)),
    Event.HIRED.label: lambda _f: _("An employee was hired"),
    Event.LEFT.label: lambda _f: _("An employee left"),
    Event.WAGE_CHANGED.label: _wage,
    Event.ROSTER_IMPORTED.label: lambda f: _(
        "Roster imported: %(hired)s hired, %(changed)s changed, %(faulty)s rows not taken",
        hired=f["hired"], changed=f["changed"], faulty=f["faulty"],
    ),
    Event.PAYROLL_SAVED.label: lambda f: _n(
        "Payroll for %(month)s saved: %(n)s line", "Payroll for %(month)s saved: %(n)s lines",
        int(f["lines"]), month=month_said(f["month"]),
    ),
    Event.PAYROLL_CANCELLED.label: lambda f: _("Payroll for %(month)s given up", month=month_said(f["month"])),
    Event.DECLARATION_SUBMITTED.label: lambda f: _(
        "%(month)s declared to %(scheme)s: %(amount)s, acknowledgement %(number)s",
        month=month_said(f["month"]), scheme=scheme_said(f), amount=_amount(f, "total"), number=str(f["number"]),
    ),
    Event.DECLARATION_SUPERSEDED.label: lambda _f: _("A declaration was replaced by a revised one"),
    Event.DECLARATION_RETURNED.label: lambda f: _(
        "The declaration for %(month)s to %(scheme)s was given back",
        month=month_said(f["month"]), scheme=scheme_said(f),
    ),
    Event.DECLARATION_LOOKED_AT.label: lambda f: _(
        "The declaration for %(month)s to %(scheme)s was looked at and found in order",
        month=month_said(f["month"]), scheme=scheme_said(f),
    ),
    Event.BILL_ISSUED.label: lambda f: _("Bill issued: %(amount)s", amount=_amount(f)),
    Event.PAYMENT_RECORDED.label: lambda f: _(
        "Payment of %(day)s received for %(scheme)s: %(amount)s",
        day=date.fromisoformat(f["paid_on"]), scheme=scheme_said(f), amount=_amount(f),
    ),
    Event.PAYMENT_REVERSED.label: lambda f: _("A payment was taken back: %(why)s", why=str(f["reason"])),
    Event.CREDIT_REFUNDED.label: lambda f: _(
        "Credit given back for %(scheme)s: %(amount)s, note %(number)s",
        scheme=scheme_said(f), amount=_amount(f), number=str(f["refund"]),
    ),
    Event.RECEIPT_ISSUED.label: lambda f: _("Receipt %(number)s issued", number=str(f["receipt"])),
    Event.LATE_CHARGE_POSTED.label: _late,
    Event.COVERAGE_OPENED.label: lambda f: _n(
        "Cover for %(month)s opened for %(n)s person", "Cover for %(month)s opened for %(n)s people",
        int(f["people"]), month=month_said(f["month"]),
    ),
    Event.COVERAGE_CLOSED.label: lambda f: _n(
        "Cover for %(month)s closed for %(n)s person", "Cover for %(month)s closed for %(n)s people",
        int(f["people"]), month=month_said(f["month"]),
    ),
    Event.ON_BEHALF_BEGUN.label: lambda _f: _("The fund began to enter what the employer gave on paper"),
    Event.ON_BEHALF_ENDED.label: lambda _f: _("The fund finished entering what the employer gave on paper"),
    Event.NOTE_KEPT.label: lambda _f: _("A note for colleagues was kept"),
    Event.CASE_OPENED.label: lambda f: _("Case %(number)s opened", number=str(f["case"])),
    Event.CASE_WRITTEN.label: lambda f: _("Something was written in case %(number)s", number=str(f["case"])),
    Event.CASE_CLOSED.label: lambda f: _("Case %(number)s closed", number=str(f["case"])),
    Event.CASE_REOPENED.label: lambda f: _("Case %(number)s opened again", number=str(f["case"])),
}  # fmt: skip


def timeline(session: Session, employer_id: int, *, limit: int, offset: int = 0) -> tuple[list[Happened], int]:
    """The newest events of one employer, newest first, and how many there are."""
    mine = (AuditEvent.employer_id == employer_id, AuditEvent.event.in_(SAYS))
    total = session.scalar(select(func.count(AuditEvent.id)).where(*mine)) or 0
    rows = session.execute(
        select(AuditEvent, Account.name)
        .outerjoin(Account, Account.id == AuditEvent.account_id)
        .where(*mine)
        .order_by(AuditEvent.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    charges = charges_named(session, [event.fields["charge"] for event, _name in rows if "charge" in event.fields])
    return [
        Happened(
            SAYS[event.event]({**event.fields, **charges.get(str(event.fields.get("charge")), {})}),
            name or "",
            event.at,
            _("on behalf of the employer") if event.on_behalf_id else "",
        )
        for event, name in rows
    ], total


def charges_named(session: Session, names: Collection[str]) -> dict[str, dict[str, str]]:
    """The scheme and month of the charges that events name, in one query."""
    rows = session.execute(
        select(Charge.public_id, Charge.scheme, Charge.month).where(
            Charge.public_id.in_([UUID(name) for name in names])
        )
    )
    return {str(name): {"scheme": scheme, "month": str(month)} for name, scheme, month in rows}
