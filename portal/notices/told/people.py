"""Cover, colleagues, and what the fund did or answered."""

from __future__ import annotations

from datetime import date

from portal.auth.models import FundRoleName
from portal.notices.kinds import Audience, Kind, Place, Sort, Spec
from portal.notices.told.places import ADMINISTRATORS, EMPLOYER_PAGE, ROLES, SCHEME, WORKING
from portal.words import _, _n

#: Why cover ended, as sentences.
UNPAID = _("The contributions that would carry the cover on are not paid.")
NOT_SETTLED = _("What is owed for the month it rested on is no longer paid in full.")
TAKEN_BACK = _("A payment that stood for you was taken back.")
NOT_DECLARED = _("Your employer no longer names you for the month it rested on.")

KINDS = (
    Spec(
        Kind.COVER_GAINED,
        _("Cover gained"),
        Audience.PERSON,
        _("You are covered by {scheme}"),
        _(
            "You are covered by {scheme} from {since} on, because {employer} has paid for you.\n\n"
            "You can look at your months of cover at any time."
        ),
        _("See my cover"),
        "/cover",
        {
            "scheme": SCHEME,
            "since": Place(Sort.DAY, _("the first day of cover"), date(2026, 11, 1), required=True),
        },
    ),
    Spec(
        Kind.COVER_LOST,
        _("Cover lost"),
        Audience.PERSON,
        _("You are no longer covered by {scheme}"),
        _(
            "You have no cover by {scheme} from {since} on. {why}\n\n"
            "Ask {employer} about it. If you think it is wrong, report it to us on the page of your cover."
        ),
        _("See my cover"),
        "/cover",
        {
            "scheme": SCHEME,
            "since": Place(Sort.DAY, _("the first day without cover"), date(2026, 11, 1), required=True),
            "why": Place(Sort.TEXT, _("why, as a sentence"), UNPAID, required=True),
        },
        fixed=True,
    ),
    Spec(
        Kind.COVER_OF_PEOPLE,
        _("People lost their cover"),
        Audience.EMPLOYER,
        _("Your people have no cover by {scheme}"),
        _(
            "From {since} on these of your people have no cover by {scheme}: {people}. {why}\n\n"
            "Declare and pay what is open, and cover follows. We told those whose address we know."
        ),
        _("See what is open"),
        "/employers/{number}/account/",
        {
            "scheme": SCHEME,
            "since": Place(Sort.DAY, _("the first day without cover"), date(2026, 11, 1), required=True),
            "people": Place(Sort.TEXT, _("how many people"), _n("%(n)s person", "%(n)s people", 4), required=True),
            "why": Place(Sort.TEXT, _("why, as a sentence"), UNPAID, required=True),
        },
        WORKING,
    ),
    Spec(
        Kind.ON_BEHALF,
        _("Done by the fund on your behalf"),
        Audience.EMPLOYER,
        _("The fund did something on your behalf"),
        _(
            "An officer of the fund did this on your behalf on {day}: {what}\n\n"
            "If you did not ask for it, tell us at once."
        ),
        _("Go to your employer's pages"),
        EMPLOYER_PAGE,
        {
            "day": Place(Sort.DAY, _("the day it was done"), date(2026, 11, 9)),
            "what": Place(
                Sort.TEXT, _("what was done, as a sentence"), _("The payroll was submitted from a paper form."),
                required=True,
            ),
        },
        WORKING,
        fixed=True,
    ),
    Spec(
        Kind.COLLEAGUE_INVITED,
        _("A colleague was invited"),
        Audience.EMPLOYER,
        _("Somebody was invited to act for {employer}"),
        _(
            "{email} was invited to act for {employer} as {roles}.\n\n"
            "If this should not be, take the invitation back on the page of your colleagues."
        ),
        _("See who may act"),
        "/employers/{number}/colleagues/",
        {
            "email": Place(Sort.TEXT, _("the address that was invited"), "clerk@example.org", required=True),
            "roles": ROLES,
        },
        ADMINISTRATORS,
        private=True,
    ),
    Spec(
        Kind.COLLEAGUE_JOINED,
        _("A colleague joined"),
        Audience.EMPLOYER,
        _("{colleague} now acts for {employer}"),
        _(
            "{colleague} may act for {employer} as {roles} from now on.\n\n"
            "If this should not be, end it on the page of your colleagues."
        ),
        _("See who may act"),
        "/employers/{number}/colleagues/",
        {"colleague": Place(Sort.TEXT, _("the colleague's name"), "Mutinta Phiri", required=True), "roles": ROLES},
        ADMINISTRATORS,
        private=True,
    ),
    Spec(
        Kind.APPROVALS_WAITING,
        _("Requests wait for a second person"),
        Audience.FUND,
        _("Requests wait for a second person"),
        _("{waiting}\n\nNobody decides about their own. Decide, or ask a colleague who may."),
        _("See the requests"),
        "/fund/approvals",
        {
            "waiting": Place(
                Sort.TEXT, _("how many wait, as a sentence"),
                _("%(n)s requests wait, the oldest since %(day)s.", n=3, day=date(2026, 11, 9)), required=True,
            ),
        },
        (FundRoleName.SUPERVISOR,),
    ),
    Spec(
        Kind.READING_STOPPED,
        _("An account of the fund read too much"),
        Audience.FUND,
        _("{who} was stopped: too much was read"),
        _(
            "The account of {who} was shown {persons} persons in 24 hours and took {files} files in an hour. That is "
            "more than the work of one person needs, so it was signed out everywhere and closed.\n\n"
            "Speak with {who} by telephone or in person. If it was not them, somebody has their password or their "
            "device: the audit log says what was read. Open the account again when you know why."
        ),
        _("See the account"),
        "/fund/access/{account}",
        {
            "who": Place(Sort.TEXT, _("the name of the account"), "Mutinta Phiri", required=True),
            "persons": Place(Sort.TEXT, _("how many persons were shown in 24 hours"), "5 012", required=True),
            "files": Place(Sort.TEXT, _("how many files were taken in an hour"), "12", required=True),
        },
        (FundRoleName.SYSTEM_ADMINISTRATOR,),
        fixed=True,
    ),
)  # fmt: skip
