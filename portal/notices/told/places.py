"""Places and readers that many kinds of notice share, with samples of the practice fund."""

from __future__ import annotations

from datetime import date

from portal.auth.models import EmployerRole
from portal.notices.kinds import Place, Sort
from portal.scheme.calendars import Month
from portal.words import Amount, _

ADMINISTRATORS = (EmployerRole.ADMINISTRATOR,)
SIGNING = (EmployerRole.ADMINISTRATOR, EmployerRole.SIGNATORY)
WORKING = (EmployerRole.ADMINISTRATOR, EmployerRole.SIGNATORY, EmployerRole.CLERK)

MONTH = Place(Sort.MONTH, _("the wage month"), Month(2026, 10), required=True)
DUE = Place(Sort.DAY, _("the last day to declare and pay"), date(2026, 11, 10), required=True)
SCHEME = Place(Sort.TEXT, _("the scheme's short name"), "NHIMA")
AMOUNT = Place(Sort.AMOUNT, _("the amount"), Amount(1_200_00, "ZMW"), required=True)
TRACKING = Place(Sort.TEXT, _("the tracking number of the application"), "T1000018", required=True)
REASON = Place(Sort.TEXT, _("the reason, as the officer wrote it"), "The cheque was returned.", required=True)
OPEN = Place(
    Sort.LINES, _("what is still open, a line for each scheme"),
    (
        _("%(scheme)s: not declared yet", scheme="NHIMA"),
        _("%(scheme)s: %(amount)s is unpaid", scheme="NAPSA", amount=Amount(1_200_00, "ZMW")),
    ),
    required=True,
)  # fmt: skip
DECLARED = Place(
    Sort.LINES, _("each scheme with its acknowledgement and what is to be paid"),
    (
        _(
            "%(scheme)s: acknowledgement %(number)s, %(amount)s to be paid by %(due)s",
            scheme="NHIMA", number="A-2026-000123", amount=Amount(200_00, "ZMW"), due=date(2026, 11, 10),
        ),
    ),
    required=True,
)  # fmt: skip
LOWERED = Place(
    Sort.LINES, _("each scheme with what was paid too much"),
    (_("%(scheme)s: %(amount)s would become credit", scheme="NHIMA", amount=Amount(200_00, "ZMW")),),
    required=True,
)  # fmt: skip
RECEIPT = Place(Sort.TEXT, _("the number of the receipt"), "R-2026-000045", required=True)
ROLES = Place(Sort.LINES, _("the roles"), (_("signatory"),))
EMPLOYER_PAGE = "/employers/{number}/"
