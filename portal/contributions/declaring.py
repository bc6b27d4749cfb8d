"""
From a checked payroll to declarations: one for each scheme, with acknowledgement, lines and charge.

The number of statements grows with the schemes, never with the people.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy.orm import Session

from portal import audit, outbox
from portal.audit import Event
from portal.contributions import acknowledgement, telling
from portal.contributions.assessment import Assessed, Sums, earnings_of
from portal.contributions.basis import Basis
from portal.contributions.models import Declaration, DeclarationLine, Payroll, PayrollState, State
from portal.contributions.standing import Declared, standing_declarations
from portal.db import copy_rows
from portal.employers.given import given_from_json, of_person
from portal.employers.models import Employer
from portal.employers.roster import day_of
from portal.installation import fund, pack
from portal.ledger import book
from portal.ledger.book import Entry
from portal.ledger.models import AccountName
from portal.scheme.blocks.pack import Pack
from portal.scheme.explain import Step, steps_to_json
from portal.words import Words, _

LINE_COLUMNS = (
    "declaration_id", "person_id", "employer_id", "components", "days", "earnings", "insurable",
    "employer_share", "employee_share", "branches", "given", "reason", "reason_from", "reason_to",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Submission:
    """
    What all declarations of one payroll share; *basis* is what it was computed with.

    *amended*: how much of each scheme's total only a change of the rules has brought since the month was declared.
    *kind* is the declarations' kind; *late_reason* why they come after the due day, in the employer's words.
    """

    payroll: Payroll
    employer: Employer
    enrolments: Mapping[str, int]
    kind: str
    signer: str | Words
    fingerprint: str
    by: int | None
    at: datetime
    basis: Basis
    amended: Mapping[str, int] = field(default_factory=dict)
    late_reason: str = ""


def declare(session: Session, submission: Submission, assessed: Assessed) -> list[Declaration]:
    """One declaration for each scheme, all lines in one COPY; numbers are taken last because they hold their series."""
    payroll = submission.payroll
    before = standing_declarations(session, payroll.employer_id, payroll.month)
    if not payroll.adds:
        for one in (one for scheme in assessed.sums if scheme in before for one in before[scheme].all):
            one.move_to(State.SUPERSEDED)
    session.flush()  # one that is superseded has to make room first
    made = [
        _declaration(session, submission, pack(scheme), sums, before.get(scheme))
        for scheme, sums in assessed.sums.items()
    ]
    session.add_all(made)
    session.flush()
    payroll.state = PayrollState.SUBMITTED.value
    payroll.submitted_at, payroll.submitted_by = submission.at, submission.by
    with session.no_autoflush:  # the book reads nothing that still waits to be written
        for one in made:
            _charge(session, one, pack(one.scheme), assessed.sums[one.scheme], before.get(one.scheme), submission)
            _record(session, one, before.get(one.scheme), submission)
    rows = chain.from_iterable(_lines(one, pack(one.scheme), assessed, submission.basis) for one in made)
    copy_rows(session, DeclarationLine.__tablename__, LINE_COLUMNS, rows)
    telling.declared(session, payroll, made, at=submission.at)
    # Money paid ahead may settle it: payments stands above this room, so it is told through the outbox.
    outbox.put(session, "settle", f"settle/{payroll.public_id}", {}, at=submission.at, employer=payroll.employer_id)
    return made


def _declaration(
    session: Session, submission: Submission, rules: Pack, sums: Sums, before: Declared | None
) -> Declaration:
    """One scheme's part with its acknowledgement, in place of what was declared *before*, or beside it."""
    payroll, at, main = submission.payroll, submission.at, before.main if before else None
    given = submission.basis.given[rules.id]
    due = main.due_day if main else given.due_day(payroll.month)
    made = Declaration(
        employer_id=payroll.employer_id, payroll_id=payroll.id, enrolment_id=submission.enrolments[rules.id],
        scheme=rules.id, month=payroll.month, kind=submission.kind if main else _kind(submission.kind),
        state=State.SUBMITTED.value, number=acknowledgement.next_acknowledgement(session, at),
        currency=rules.currency.code, people=sums.people, earnings=sums.earnings, insurable=sums.insurable,
        employer_share=sums.employer, employee_share=sums.employee, total=sums.total, provisional=sums.provisional,
        due_day=due, pack_hash=rules.hash, submitted_at=at, submitted_by=submission.by,
        snapshot={}, given=given.to_json(), late_reason=submission.late_reason if day_of(at) > due else "",
        on_behalf_id=audit.acting_under(session), supersedes_id=main.id if main and not payroll.adds else None,
        supplements_id=main.id if main and payroll.adds else None,
    )  # fmt: skip
    made.snapshot = acknowledgement.snapshot(
        made, submission.employer, sums, signer=submission.signer, language=fund().languages[0],
        fingerprint=submission.fingerprint,
    )  # fmt: skip
    return made


def _kind(kind: str) -> str:
    """A payroll that revises a month may declare a scheme for the first time: that one is a regular declaration."""
    return "regular" if kind == "revised" else kind


def _charge(
    session: Session, made: Declaration, rules: Pack, sums: Sums, before: Declared | None, submission: Submission
) -> None:
    """
    Post what is owed, or the difference to what this replaces.  Nothing owed: no charge.

    What only a change of the rules brought stands apart: it was not owed when the month was due.
    """
    replaced = before if before and made.supersedes_id else None
    owed = sums.total - (replaced.total if replaced else 0)
    amended = submission.amended.get(rules.id, 0)
    if not owed and not amended:
        return
    charge = book.charge_for(
        session, made.employer_id, scheme=rules.id, month=made.month, due_day=made.due_day,
        currency=made.currency, pack_hash=rules.hash, at=submission.at,
    )  # fmt: skip
    for kind, amount, end in (("declaration", owed - amended, ""), ("amendment", amended, "/amendment")):
        if amount:
            book.post(
                session, made.employer_id, scheme=rules.id, currency=made.currency,
                name=f"declaration/{made.public_id}{end}", kind=kind, effective=day_of(submission.at),
                at=submission.at, by=submission.by,
                entries=[
                    Entry(AccountName.CONTRIBUTION_DUE, amount, charge.id),
                    Entry(AccountName.CONTRIBUTION_INCOME, -amount),
                ],
                explanation=_explanation(made, rules, sums, before, amended),
            )  # fmt: skip


def _explanation(made: Declaration, rules: Pack, sums: Sums, before: Declared | None, amended: int) -> dict[str, Any]:
    """The calculation behind the posting, and which declaration it belongs to."""
    steps = acknowledgement.computed(given_from_json(rules, made.given), made.month, sums)
    if amended:
        words = _("Of the difference, what rules brought that became known after the month was declared")
        steps.append(Step(words, amended))
    return {
        "steps": steps_to_json(steps),
        "pack": rules.hash,
        "declaration": made.number,
        "supersedes": before.main.number if before and made.supersedes_id else None,
    }


def _record(session: Session, made: Declaration, before: Declared | None, submission: Submission) -> None:
    subject = f"declaration:{made.public_id}"
    audit.record(
        session, Event.DECLARATION_SUBMITTED, at=submission.at, by=submission.by, employer=made.employer_id,
        subject=subject, declaration=made.public_id, scheme=made.scheme, month=made.month, number=made.number,
        total=made.total,
    )  # fmt: skip
    for one in before.all if before and made.supersedes_id else ():
        audit.record(
            session, Event.DECLARATION_SUPERSEDED, at=submission.at, by=submission.by, employer=made.employer_id,
            subject=f"declaration:{one.public_id}", declaration=one.public_id, replaced_by=made.number,
        )  # fmt: skip


def _lines(made: Declaration, rules: Pack, assessed: Assessed, basis: Basis) -> Iterator[tuple[object, ...]]:
    """The lines of one scheme: only the components it counts."""
    for line, found in zip(assessed.lines, assessed.contributions, strict=True):
        one = found[rules.id]
        components = {code: line.components[code] for code in rules.components}
        branches = {share.branch: [share.insurable, share.employer, share.employee] for share in one.shares}
        who = basis.people[line.person_id]
        said = of_person(rules, who.answers, made.month, who.from_day)
        yield (
            made.id, line.person_id, made.employer_id, json.dumps(components), line.days,
            earnings_of(rules, line.components), one.insurable, one.employer, one.employee, json.dumps(branches),
            json.dumps(said) if said else "{}", line.reason, line.reason_from, line.reason_to,
        )  # fmt: skip
