"""Slips as PDF: one a page for one person, or many on a sheet to be cut."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import current_app

from portal import pdf
from portal.contributions.acknowledgement import fund_head
from portal.employees.entry import Slip
from portal.installation import fund
from portal.words import _


def slip_pdf(
    slips: Sequence[Slip],
    *,
    number: str,
    employer: tuple[str, str] | None,
    issued_on: date,
    base_url: str,
    language: str,
) -> bytes:
    """
    The slips as one document.  *employer* is number and name, None at the counter.

    One slip is a page of its own; several stand under each other, each with all it needs.
    """
    snapshot = {
        "number": number,
        "issued_on": issued_on.isoformat(),
        "language": language,
        "practice": fund().practice,
        "verify_url": f"{base_url}/cover",
        "address": f"{base_url.partition('://')[2]}/cover",
        "fund": fund_head(),
        "steps": [],
        "employer": {"number": employer[0], "name": employer[1]} if employer else None,
        **(_of(slips[0]) if len(slips) == 1 else {"slips": [_of(each) for each in slips]}),
    }
    template = "pdf/slip.html" if len(slips) == 1 else "employees/slips_pdf.html"
    # Not as a page is drawn: a worker draws it too, where nobody asks.
    html = current_app.jinja_env.get_template(template).render(pdf.page(snapshot))
    return pdf.render(html, title=str(_("Slips %(number)s", number=number)), language=language)


def _of(slip: Slip) -> dict[str, Any]:
    return {
        "employee": {"name": slip.person.full_name, "insurance_number": slip.person.insurance_number},
        "code": slip.code,
        "valid_until": slip.valid_until.isoformat(),
    }
