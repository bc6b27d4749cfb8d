"""A month: when it can be declared, when it is due, what became of its declaration."""

from __future__ import annotations

from portal.notices.kinds import Audience, Kind, Place, Sort, Spec
from portal.notices.told.places import DECLARED, DUE, LOWERED, MONTH, OPEN, REASON, SIGNING, WORKING
from portal.words import Words, _


def _month(
    kind: Kind, title: Words, subject: Words, text: Words, *, late: bool = False, **more: Place
) -> Spec:  # fmt: skip
    return Spec(
        kind, title, Audience.EMPLOYER, subject, text, _("Go to the month"),
        "/employers/{number}/payrolls/start/{month}", {"month": MONTH, "due": DUE, **more}, WORKING,
        fixed=late, contact=late,
    )  # fmt: skip


KINDS = (
    _month(
        Kind.MONTH_OPENED,
        _("A month can be declared"),
        _("Now to be declared: {month}"),
        _(
            "The month of {month} is over. It has to be declared and paid by {due} for {schemes}.\n\n"
            "Begin with your roster or upload the payroll file. Who declares early has time to correct."
        ),
        schemes=Place(Sort.TEXT, _("the schemes it is due in"), "NHIMA, NAPSA"),
    ),
    _month(
        Kind.DUE_SOON,
        _("Five days before a month is due"),
        _("Due on {due}: {month}"),
        _(
            "{month} has to be declared and paid by {due}, {when}. Still open:\n\n{open}\n\n"
            "Paying later may cost a late charge, and your people may be without cover."
        ),
        open=OPEN,
        when=Place(Sort.TEXT, _("how long there is time: in 5 days, tomorrow"), _("in %(n)s days", n=5)),
    ),
    _month(
        Kind.DUE_TODAY,
        _("A month is due today"),
        _("Due today: {month}"),
        _(
            "Today, {due}, is the last day to declare and pay {month} without being late. Still open:\n\n{open}\n\n"
            "A bank transfer can take a day or more, so it is best to pay now."
        ),
        open=OPEN,
    ),
    _month(
        Kind.LATE,
        _("A month is late"),
        _("Late: {month}"),
        _(
            "{month} was due on {due}. Still open:\n\n{open}\n\n"
            "Late charges can grow with time, and your people may lose their cover. If you cannot pay everything now, "
            "declare the month, pay what you can, and talk to us."
        ),
        open=OPEN,
        late=True,
    ),
    Spec(
        Kind.DECLARATION_SUBMITTED,
        _("Declaration submitted"),
        Audience.EMPLOYER,
        _("Declaration received: {month}"),
        _("We have your declaration for {month}.\n\n{lines}\n\nThe bill of each scheme says how to pay."),
        _("See what was declared"),
        "/employers/{number}/payrolls/start/{month}",
        {"month": MONTH, "lines": DECLARED},
        WORKING,
    ),
    Spec(
        Kind.DECLARATION_REVISED,
        _("Correction submitted"),
        Audience.EMPLOYER,
        _("Correction received: {month}"),
        _(
            "Your correction of {month} is in force.\n\n{lines}\n\n"
            "What was declared before stays readable. Exactly the difference was added to your account or taken off it."
        ),
        _("Compare before and after"),
        "/employers/{number}/payrolls/start/{month}",
        {"month": MONTH, "lines": DECLARED},
        WORKING,
    ),
    Spec(
        Kind.DECLARATION_RETURNED,
        _("Declaration returned"),
        Audience.EMPLOYER,
        _("Please look at your declaration again: {month}"),
        _(
            "The fund has returned your declaration for {month}. What you should look at:\n\n{reason}\n\n"
            "Correct the month and submit it again. What is charged stands until then."
        ),
        _("Correct the month"),
        "/employers/{number}/payrolls/start/{month}",
        {"month": MONTH, "reason": REASON},
        WORKING,
        fixed=True,
        contact=True,
    ),
    Spec(
        Kind.CORRECTION_WAITING,
        _("A correction waits for the fund"),
        Audience.EMPLOYER,
        _("Your correction waits for the fund: {month}"),
        _(
            "Your correction of {month} leaves less owed than was paid:\n\n{lines}\n\n"
            "An officer of the fund has to agree first. Nothing changes until then, and we write again when it is "
            "decided."
        ),
        _("Go to the month"),
        "/employers/{number}/payrolls/start/{month}",
        {"month": MONTH, "lines": LOWERED},
        SIGNING,
    ),
    Spec(
        Kind.CORRECTION_DECIDED,
        _("A correction was decided"),
        Audience.EMPLOYER,
        _("Your correction was decided: {month}"),
        _("The fund has decided on your correction of {month}: {decision}\n\n{note}"),
        _("Go to the month"),
        "/employers/{number}/payrolls/start/{month}",
        {
            "month": MONTH,
            "decision": Place(
                Sort.TEXT, _("what was decided, as a sentence"),
                _("it is in force, and what was paid too much is credit."), required=True,
            ),
            "note": Place(Sort.TEXT, _("what the officer wrote about it"), "The payslips were compared."),
        },
        SIGNING,
        fixed=True,
    ),
)  # fmt: skip
