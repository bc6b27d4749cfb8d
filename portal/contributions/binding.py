"""
A draft on its way to being binding: checked once more as it stands, compared with what was declared, then declared.

The same whether the employer submits it or an officer allows what waited for a decision.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.auth import on_behalf
from portal.auth.models import Account, EmployerRole
from portal.auth.service import mandates
from portal.contributions import acknowledgement
from portal.contributions.amending import amended_since
from portal.contributions.assessment import Assessed, Sums, assess
from portal.contributions.basis import Basis
from portal.contributions.declaring import Submission, declare
from portal.contributions.models import Declaration, DeclarationLine, Payroll
from portal.contributions.standing import Declared, standing_declarations
from portal.contributions.storage import Contents, basis_of, contents_of
from portal.employers.models import Employer
from portal.employers.roster import day_of
from portal.errors import Refused
from portal.installation import fund, pack
from portal.scheme.blocks.pack import Pack
from portal.words import Words, _, _n


class NotReady(Refused):
    """The payroll cannot be submitted as it stands: rows must be mended, or the roster changed since it was checked."""


@dataclass(frozen=True, slots=True)
class Ready:
    """
    A draft that may be declared: what it holds, computed, for the schemes in which it says something else than before.

    *amended*: how much of each scheme's total only a change of the rules has brought since the month was declared.
    """

    draft: Payroll
    basis: Basis
    contents: Contents
    assessed: Assessed
    before: dict[str, Declared]
    amended: dict[str, int]


def ready_to_declare(session: Session, draft: Payroll, at: datetime) -> Ready:
    """The draft checked against the roster and the rules as they are at that moment; `NotReady` when it may not be."""
    contents, basis = contents_of(session, draft), basis_of(session, draft, day_of(at))
    assessed = _checked_again(draft, basis, contents)
    if not draft.revises:
        return Ready(draft, basis, contents, assessed, {}, {})
    before = standing_declarations(session, draft.employer_id, draft.month)
    assessed = _what_differs(session, before, assessed)
    amended = amended_since(basis, contents.lines, assessed.sums, before)
    return Ready(draft, basis, contents, assessed, before, amended)


def make_binding(
    session: Session, ready: Ready, *, by: int | None, at: datetime, late_reason: str = ""
) -> list[Declaration]:
    """The declarations of a draft that is ready, acknowledged and charged; *by* is the employer's person who signs."""
    numbers = {person: one.insurance_number for person, one in ready.basis.people.items()}
    codes = tuple(dict.fromkeys(code for name in ready.assessed.sums for code in pack(name).components))
    print_ = acknowledgement.fingerprint_of(ready.contents.lines, codes, numbers)
    made = submission(session, ready.draft, ready.basis, ready.draft.kind, print_, by, at)
    return declare(session, replace(made, amended=ready.amended, late_reason=late_reason), ready.assessed)


def submission(
    session: Session, payroll: Payroll, basis: Basis, kind: str, fingerprint: str, by: int | None, at: datetime
) -> Submission:
    """What all declarations of one payroll share."""
    employer = session.get_one(Employer, payroll.employer_id)
    signer = _signer(session, employer.id, by, at)
    return Submission(payroll, employer, basis.enrolments, kind, signer, fingerprint, by, at, basis)


def _checked_again(draft: Payroll, basis: Basis, contents: Contents) -> Assessed:
    """The payroll checked against the roster as it is now; `NotReady` when it may not be submitted."""
    if contents.faulty:
        words = _n("%(n)s row is still to be mended.", "%(n)s rows are still to be mended.", len(contents.faulty))
        raise NotReady(words)
    if not contents.lines and not draft.revises:
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


def _what_differs(session: Session, before: dict[str, Declared], assessed: Assessed) -> Assessed:
    """A revision makes new declarations only for the schemes in which it says something else, line by line."""
    said = _said_before(session, before)
    changed = {
        scheme: sums for scheme, sums in assessed.sums.items()
        if scheme not in before or said.get(scheme, set()) != _said(pack(scheme), assessed)
    }  # fmt: skip
    if not changed:
        raise NotReady(_("Nothing differs from what was declared. Change an amount, or give the revision up."))
    return replace(assessed, sums=changed)


def _said_before(session: Session, before: dict[str, Declared]) -> dict[str, set[tuple[object, ...]]]:
    """The lines that count now, by scheme, as far as the scheme counts them."""
    found: dict[str, set[tuple[object, ...]]] = {}
    line = DeclarationLine
    statement = select(
        Declaration.scheme, line.components, line.person_id, line.days, line.reason, line.reason_from, line.reason_to,
        line.employer_share, line.employee_share,
    ).join(Declaration, line.declaration_id == Declaration.id)  # fmt: skip
    ids = [one.id for declared in before.values() for one in declared.all]
    rows: Any = session.execute(statement.where(Declaration.id.in_(ids)))
    for scheme, components, *rest in rows:
        paid = (components.get(code) for code in pack(scheme).components)
        found.setdefault(scheme, set()).add((*rest, *paid))
    return found


def _said(rules: Pack, assessed: Assessed) -> set[tuple[object, ...]]:
    """Who was paid what, as far as one scheme counts it, why, and what is due on it."""
    return {
        (
            line.person_id, line.days, line.reason, line.reason_from, line.reason_to,
            found[rules.id].employer, found[rules.id].employee,
            *(line.components[code] for code in rules.components),
        )
        for line, found in zip(assessed.lines, assessed.contributions, strict=True)
    }  # fmt: skip


def _signer(session: Session, employer_id: int, by: int | None, at: datetime) -> str | Words:
    """Who answers for it, with the role that allows it ("Mutinta Banda, signatory"); on paper also who entered it."""
    account = session.get(Account, by) if by is not None else None
    if account is None:
        return ""
    if (paper := on_behalf.behind(session)) is not None:
        return f"{paper.signed_by} / {account.name}, {fund().short_name}"
    roles = mandates(session, account.id, employer_id, day_of(at))
    role = next((one for one in (EmployerRole.SIGNATORY, EmployerRole.ADMINISTRATOR) if one in roles), None)
    return _("%(who)s, %(role)s", who=account.name, role=role.value) if role else account.name
