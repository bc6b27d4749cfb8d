"""
The acknowledgement of a declaration: its number, its words, and the frozen snapshot its PDF is drawn from.

A snapshot is plain JSON and holds totals only: nobody's wage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal import files, series
from portal.contributions.assessment import Sums
from portal.contributions.basis import Line
from portal.contributions.models import Declaration
from portal.employers.given import Given, given_from_json
from portal.employers.models import Employer
from portal.files import StoredFile
from portal.installation import fund, month_words, pack
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.calendars import Month
from portal.scheme.deadlines import explain_due
from portal.scheme.explain import Step, steps_to_json, words_to_json
from portal.scheme.lateness.explained import late_in_words
from portal.words import Words, _

PDF = "application/pdf"


def next_acknowledgement(session: Session, at: datetime) -> str:
    """The next number of the year, without gaps: A-2026-000123.  Holds the series until the transaction ends."""
    year = at.astimezone(ZoneInfo(fund().timezone)).year
    count = series.next_number(session, f"acknowledgement/{year}")
    return f"{fund().series['acknowledgement']}-{year}-{count:06d}"


def attestation(month: Month) -> Words:
    """What the signatory agrees to."""
    return _(
        "I declare that everybody who worked for us in %(month)s is in this payroll, with what we paid them, and that "
        "I may sign for this employer.",
        month=month_words(month),
    )


def nil_attestation(month: Month) -> Words:
    """What the signatory agrees to when nobody was employed or paid."""
    return _(
        "I declare that nobody worked for us for pay in %(month)s, and that I may sign for this employer.",
        month=month_words(month),
    )


def when_late(rules: Pack, due: date) -> Words:
    """What happens when the contributions due on that day are paid late, as far as the scheme's rules are known."""
    try:
        return late_in_words(rules, due)
    except NotKnown:
        return _(
            "What %(scheme)s charges for paying late is not known here. That does not mean that nothing is owed: "
            "ask the fund.",
            scheme=rules.short_name,
        )


def computed(given: Given, month: Month, sums: Sums) -> list[Step]:
    """How the total came about, in totals: nobody's own pay."""
    rules = given.rules
    pay = _("Pay of %(people)s people that %(scheme)s counts", people=sums.people, scheme=rules.short_name)
    steps = [
        Step(pay, sums.earnings),
        Step(_("Of it within the ceiling, where there is one"), sums.insurable),
        Step(_("Employer shares, each rounded to what can be paid"), sums.employer),
        Step(_("Employee shares, withheld from pay"), sums.employee),
        Step(_("To be paid"), sums.total),
    ]
    if sums.provisional:
        words = _("A value of this month is not published yet; the last one was used. The difference is charged later.")
        steps.append(Step(words))
    answers = {**given.employer, **given.options}
    return [*steps, *explain_due(rules, month, headcount=given.headcount, options=answers)]


def snapshot(
    declaration: Declaration, employer: Employer, sums: Sums, *, signer: str | Words, language: str, fingerprint: str
) -> dict[str, Any]:
    """What was submitted, as ``templates/pdf/acknowledgement.html`` wants it."""
    rules, month = pack(declaration.scheme), declaration.month
    agreed = nil_attestation(month) if declaration.kind == "nil" else attestation(month)
    return {
        "number": declaration.number,
        "issued_on": declaration.submitted_at.astimezone(ZoneInfo(fund().timezone)).date().isoformat(),
        "language": language,
        "practice": fund().practice,
        "verify_url": None,
        "fund": fund_head(),
        "employer": {"number": employer.number, "name": employer.legal_name, "tax_number": employer.tax_number},
        "month": str(month),
        "kind": declaration.kind,
        "submitted_at": declaration.submitted_at.isoformat(),
        "submitted_by": words_to_json(signer) if isinstance(signer, Words) else signer,
        "attestation": words_to_json(agreed),
        "schemes": [_scheme(rules, declaration, sums)],
        "currency": declaration.currency,
        "steps": steps_to_json(computed(given_from_json(rules, declaration.given), month, sums)),
        "when_late": words_to_json(when_late(rules, declaration.due_day)),
        "pack": declaration.pack_hash,
        "fingerprint": fingerprint,
    }


def fund_head() -> dict[str, Any]:
    """The fund as it stands at the head of a document."""
    head = fund()
    return {
        "name": head.name,
        "logo": head.logo,
        "address": list(head.contact.address),
        "email": head.contact.email,
        "phone": head.contact.phone,
        "hours": head.contact.hours,
    }


def _scheme(rules: Pack, declaration: Declaration, sums: Sums) -> dict[str, Any]:
    return {
        "name": rules.name,
        "short_name": rules.short_name,
        "number": declaration.number,
        "people": sums.people,
        "currency": declaration.currency,
        "earnings": sums.earnings,
        "insurable": sums.insurable,
        "employer_share": sums.employer,
        "employee_share": sums.employee,
        "total": sums.total,
        "due_on": declaration.due_day.isoformat(),
        "provisional": sums.provisional,
    }


def fingerprint_of(lines: Sequence[Line], components: Iterable[str], numbers: Mapping[int, str]) -> str:
    """SHA-256 over insurance number and amounts of every line, by number: the same pay gives the same value."""
    names = tuple(components)
    rows = sorted((numbers[line.person_id], *(line.components[name] for name in names)) for line in lines)
    return hashlib.sha256(repr((names, rows)).encode()).hexdigest()


def keep_pdf(session: Session, declaration: Declaration, content: bytes, *, at: datetime) -> StoredFile:
    """Keep the acknowledgement as it was first drawn; later readers get the same bytes."""
    name = f"{declaration.number}.pdf"
    kept = files.keep(session, content, name=name, media_type=PDF, at=at, employer=declaration.employer_id)
    declaration.file_id = kept.id
    return kept
