"""Letters an officer writes to an employer: what each begins with, and the message that a letter is there."""

from __future__ import annotations

from datetime import date

from portal.notices.kinds import Audience, Kind, LetterKind, Place, Sort, Spec
from portal.notices.told.places import WORKING
from portal.words import Words, _

_DAY = Place(Sort.DAY, _("the day on which the letter is written"), date(2026, 11, 9))


def _letter(kind: LetterKind, title: Words, subject: Words, text: Words) -> Spec:
    return Spec(kind, title, Audience.EMPLOYER, subject, text, _("Read the letter"), "", {"day": _DAY}, fixed=True)


LETTER_KINDS = (
    _letter(
        LetterKind.PLAIN,
        _("A letter"),
        _("Our letter of {day}"),
        _("Dear Sir or Madam,\n\n\n\nYours faithfully"),
    ),
    _letter(
        LetterKind.DEMAND,
        _("A formal demand"),
        _("Formal demand: contributions of {employer}"),
        _(
            "Dear Sir or Madam,\n\n"
            "Contributions of {employer} (employer number {number}) are overdue on {day}. Your account in the portal "
            "names every month and amount.\n\n"
            "Declare and pay what is open within 14 days of this letter. If you cannot, tell us within that time and "
            "ask for a plan of instalments.\n\n"
            "If nothing happens, we go on as the law provides, and the people you employ may lose their cover.\n\n"
            "Yours faithfully"
        ),
    ),
    _letter(
        LetterKind.CONFIRMATION,
        _("A confirmation of registration"),
        _("{employer} is registered with us"),
        _(
            "To whom it may concern,\n\n"
            "On {day} {employer} is registered with {fund} under the employer number {number}.\n\n"
            "This letter says nothing about whether contributions are paid."
        ),
    ),
)  # fmt: skip

KINDS = (
    Spec(
        Kind.LETTER,
        _("A letter from the fund"),
        Audience.EMPLOYER,
        _("A letter from {fund}: {about_what}"),
        _(
            "{fund} has written to {employer}: {about_what}\n\n"
            "The letter has the number {letter}. It stands in the portal as PDF."
        ),
        _("Read the letter"),
        "/employers/{number}/messages/letters/{letter_id}",
        {
            "letter": Place(Sort.TEXT, _("the number of the letter"), "LT-2026-000012", required=True),
            "about_what": Place(Sort.TEXT, _("the subject of the letter"), "Your bank account", required=True),
        },
        WORKING,
        fixed=True,
        contact=True,
    ),
)
