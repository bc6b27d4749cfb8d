"""
Payrolls and declarations, as other rooms and the pages ask for them.

A declaration is the employer's own assessment.  Submitting twice gives the same declarations; what was wrong is
revised by a new one, who was forgotten is added by a supplementary one, and exactly the difference is posted.
"""

from __future__ import annotations

from portal.contributions.changes import Change, add_missing, cancel, change_lines, leave_out, mend_rows
from portal.contributions.drafts import revise_payroll, save_upload, start_from_roster, start_supplement
from portal.contributions.found import declaration_by_number, declarations_of, payroll_by_id
from portal.contributions.months import months_to_declare, next_month
from portal.contributions.standing import declared_people, standing_declarations
from portal.contributions.storage import Stale
from portal.contributions.submitting import NotReady, submit_nil, submit_payroll

__all__ = [
    "Change", "NotReady", "Stale", "add_missing", "cancel", "change_lines", "declaration_by_number", "declarations_of",
    "declared_people", "leave_out", "mend_rows", "months_to_declare", "next_month", "payroll_by_id", "revise_payroll",
    "save_upload", "standing_declarations", "start_from_roster", "start_supplement", "submit_nil", "submit_payroll",
]  # fmt: skip
