"""
Making a payroll binding: one declaration for each scheme, acknowledged and charged in one transaction.

A declaration is the employer's own assessment.  Submitting twice gives the same declarations; what
was wrong is revised by a new one, and exactly the difference is posted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.auth.models import Account, EmployerRole
from portal.auth.service import mandates
from portal.contributions import acknowledgement
from portal.contributions.assessment import Assessed, Sums, assess
from portal.contributions.basis import Basis, load_basis
from portal.contributions.declaring import Submission, declare
from portal.contributions.drafts import (
    Change,
    add_missing,
    cancel,
    change_lines,
    leave_out,
    mend_rows,
    revise_payroll,
    save_upload,
    start_from_roster,
)
from portal.contributions.models import Declaration, DeclarationLine, Payroll, PayrollState
from portal.contributions.months import (
    GONE,
    months_to_declare,
    next_month,
    schemes_of,
    standing_declarations,
    still_to_declare,
)
from portal.contributions.storage import Contents, Stale, basis_of, contents_of, open_draft, payroll_of
from portal.employers.models import Employer
from portal.employers.roster import day_of, roster_in
from portal.errors import NotFound, Refused
from portal.installation import fund, month_words, pack
from portal.ledger import book
from portal.people.models import Person
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month
from portal.words import _, _n

__all__ = [
    "Change", "NotReady", "Stale", "add_missing", "cancel", "change_lines", "declarations_of", "declared_people",
    "leave_out", "mend_rows", "months_to_declare", "next_month", "revise_payroll", "save_upload", "start_from_roster",
    "submit_nil", "submit_payroll",
]  # fmt: skip


class NotReady(Refused):
    """The payroll cannot be submitted as it stands: rows must be mended, or the roster changed since it was checked."""


def submit_payroll(
    session: Session, employer_id: int, payroll: UUID, *, version: int, by: int | None, at: datetime
) -> list[Declaration]:
    """
    Make a draft binding: a declaration, its acknowledgement and its charge for each scheme.

    *version* is what the page showed: `Stale` when the payroll changed since.  `NotReady` while rows
    are faulty.  Again: the same declarations.
    """
    book.lock(session, employer_id)
    draft = payroll_of(session, employer_id, payroll, lock=True)
    if draft.state == PayrollState.SUBMITTED.value:
        return declarations_of(session, draft)
    if draft.state != PayrollState.DRAFT.value:
        raise Refused(_("This payroll was given up. Start the month again."))
    if draft.version != version:
        raise Stale
    contents, basis = contents_of(session, draft), basis_of(session, draft, day_of(at))
    assessed = _checked_again(draft, basis, contents)
    amended: dict[str, int] = {}
    if draft.checked.get("revises"):
        assessed = _what_differs(session, draft, assessed)
        amended = _amended(session, basis, assessed, draft)
    numbers = {person: one.insurance_number for person, one in basis.people.items()}
    codes = tuple(dict.fromkeys(code for name in assessed.sums for code in pack(name).components))
    print_ = acknowledgement.fingerprint_of(contents.lines, codes, numbers)
    kind = "revised" if draft.checked.get("revises") else "regular"
    submission = _submission(session, draft, basis, kind, print_, by, at)
    return declare(session, replace(submission, amended=amended), assessed)


def submit_nil(
    session: Session, employer_id: int, month: Month, *, by: int | None, at: datetime, nobody_paid: bool = False
) -> list[Declaration]:
    """
    Declare that nobody was paid in *month*.  Again: the same declarations.

    With people on the roster of that month, *nobody_paid* must say that none of them earned anything.
    """
    book.lock(session, employer_id)
    if done := _nil_before(session, employer_id, month):
        return done
    packs = still_to_declare(session, employer_id, month, day_of(at))
    people = len(roster_in(session, employer_id, month))
    if people and not nobody_paid:
        words = _n(
            "%(n)s person is on your roster in %(month)s. Tick the box if nobody was paid.",
            "%(n)s people are on your roster in %(month)s. Tick the box if nobody was paid.",
            people,
            month=month_words(month),
        )
        raise Refused(words, field="nobody_paid", status=422)
    if (draft := open_draft(session, employer_id, month)) is not None:
        cancel(session, employer_id, draft.public_id, at=at, by=by)
    payroll = Payroll(
        employer_id=employer_id, month=month, state=PayrollState.DRAFT.value, source="nil", version=1,
        checked={"schemes": [rules.id for rules in packs], "revises": False}, created_at=at, created_by=by,
    )  # fmt: skip
    session.add(payroll)
    session.flush()
    nothing = Assessed((), (), {}, sums={rules.id: Sums() for rules in packs})
    basis = load_basis(session, employer_id, month, packs, day_of(at))
    return declare(session, _submission(session, payroll, basis, "nil", "", by, at), nothing)


def declarations_of(session: Session, payroll: Payroll) -> list[Declaration]:
    """What a payroll made, one for each scheme, in the fund's order."""
    found = session.scalars(select(Declaration).where(Declaration.payroll_id == payroll.id)).all()
    order = list(fund().schemes)
    return sorted(found, key=lambda each: order.index(each.scheme) if each.scheme in order else len(order))


def declaration_by_number(session: Session, employer_id: int, number: str) -> Declaration:
    """The employer's declaration with this acknowledgement number; NotFound when it is another's or none."""
    wanted = (Declaration.employer_id == employer_id, Declaration.number == number)
    found = session.scalar(select(Declaration).where(*wanted))
    if found is None:
        raise NotFound(number)
    return found


def payroll_by_id(session: Session, employer_id: int, payroll_id: int) -> Payroll:
    """The payroll a declaration was made from; NotFound when it is another employer's."""
    found = session.scalar(select(Payroll).where(Payroll.employer_id == employer_id, Payroll.id == payroll_id))
    if found is None:
        raise NotFound(payroll_id)
    return found


def declared_people(session: Session, employer_id: int, scheme: str, month: Month) -> list[tuple[int, str, int]]:
    """Who stands in the declaration that counts: person, insurance number, both shares together (minor units)."""
    wanted = (
        Declaration.employer_id == employer_id,
        Declaration.scheme == scheme,
        Declaration.month == month,
        Declaration.state.not_in(GONE),
    )
    statement = (
        select(Person.id, Person.insurance_number, DeclarationLine.employer_share + DeclarationLine.employee_share)
        .join(DeclarationLine, DeclarationLine.person_id == Person.id)
        .join(Declaration, Declaration.id == DeclarationLine.declaration_id)
        .where(*wanted)
        .order_by(Person.id)
    )
    return [(person, number, paid) for person, number, paid in session.execute(statement)]


def _checked_again(draft: Payroll, basis: Basis, contents: Contents) -> Assessed:
    """The payroll checked against the roster as it is now; `NotReady` when it may not be submitted."""
    if contents.faulty:
        words = _n("%(n)s row is still to be mended.", "%(n)s rows are still to be mended.", len(contents.faulty))
        raise NotReady(words)
    if not contents.lines:
        raise NotReady(_("There is nobody in this payroll. If nobody was paid, make a nil declaration."))
    assessed = assess(basis, contents.lines, draft.checked.get("columns"))
    if assessed.blocking:
        words = _n(
            "%(n)s line must be corrected before you submit.",
            "%(n)s lines must be corrected before you submit.",
            assessed.blocking,
        )
        raise NotReady(words)
    shown = {name: Sums(**kept) for name, kept in draft.checked["sums"].items()}
    if shown != assessed.sums:
        raise NotReady(_("The rules changed since this payroll was checked. Look at the new amounts."))
    return assessed


def _what_differs(session: Session, draft: Payroll, assessed: Assessed) -> Assessed:
    """A revision makes new declarations only for the schemes in which it says something else, line by line."""
    standing = standing_declarations(session, draft.employer_id, draft.month)
    before: dict[str, set[tuple[object, ...]]] = {}
    statement = select(
        Declaration.scheme,
        DeclarationLine.person_id,
        DeclarationLine.components,
        DeclarationLine.days,
        DeclarationLine.employer_share,
        DeclarationLine.employee_share,
    ).join(DeclarationLine, DeclarationLine.declaration_id == Declaration.id)
    ids = [each.id for each in standing.values()]
    for scheme, person, components, days, *shares in session.execute(statement.where(Declaration.id.in_(ids))):
        paid = (components[code] for code in pack(scheme).components)
        before.setdefault(scheme, set()).add((person, days, *shares, *paid))
    changed = {
        scheme: sums for scheme, sums in assessed.sums.items()
        if scheme not in standing or before.get(scheme, set()) != _said(pack(scheme), assessed)
    }  # fmt: skip
    if not changed:
        raise NotReady(_("Nothing differs from what was declared. Change an amount, or give the revision up."))
    return replace(assessed, sums=changed)


def _said(rules: Pack, assessed: Assessed) -> set[tuple[object, ...]]:
    """Who was paid what, as far as one scheme counts it, and what is due on it."""
    return {
        (
            line.person_id, line.days, found[rules.id].employer, found[rules.id].employee,
            *(line.components[code] for code in rules.components),
        )
        for line, found in zip(assessed.lines, assessed.contributions, strict=True)
    }  # fmt: skip


def _amended(session: Session, basis: Basis, assessed: Assessed, draft: Payroll) -> dict[str, int]:
    """How much of each scheme's total is due only by rules that became known after the month was declared before."""
    given = dict(basis.given)
    for scheme, before in standing_declarations(session, draft.employer_id, draft.month).items():
        if scheme in given:
            known = before.given.get("known_on")
            then = date.fromisoformat(known) if known else day_of(before.submitted_at)
            given[scheme] = replace(given[scheme], known_on=then)
    if given == basis.given:
        return {}
    then_due = assess(replace(basis, given=given), assessed.lines).sums
    return {scheme: sums.total - then_due[scheme].total for scheme, sums in assessed.sums.items()}


def _submission(
    session: Session, payroll: Payroll, basis: Basis, kind: str, fingerprint: str, by: int | None, at: datetime
) -> Submission:
    employer = session.get_one(Employer, payroll.employer_id)
    enrolments = schemes_of(session, employer.id, payroll.month)
    signer = _signer(session, employer.id, by, at)
    return Submission(payroll, employer, enrolments, kind, signer, fingerprint, by, at, basis)


def _signer(session: Session, employer_id: int, by: int | None, at: datetime) -> str:
    """Who answers for it, with the role that allows it: "Mutinta Banda, signatory"."""
    account = session.get(Account, by) if by is not None else None
    if account is None:
        return ""
    roles = mandates(session, account.id, employer_id, day_of(at))
    role = next((one for one in (EmployerRole.SIGNATORY, EmployerRole.ADMINISTRATOR) if one in roles), None)
    return f"{account.name}, {role.value}" if role else account.name


def _nil_before(session: Session, employer_id: int, month: Month) -> list[Declaration]:
    """The nil declarations of *month*, when that is all there is."""
    standing = standing_declarations(session, employer_id, month)
    nil = standing and all(each.kind == "nil" for each in standing.values())
    complete = set(standing) >= set(schemes_of(session, employer_id, month))
    return sorted(standing.values(), key=lambda each: each.number) if nil and complete else []
