"""Registering an employer: received, returned, turned down, approved."""

from __future__ import annotations

from portal.notices.kinds import Audience, Kind, Place, Spec
from portal.notices.told.places import ADMINISTRATORS, EMPLOYER_PAGE, REASON, TRACKING
from portal.words import Words, _


def _registration(kind: Kind, title: Words, subject: Words, text: Words, action: Words, **more: Place) -> Spec:
    places = {"tracking": TRACKING, **more}
    return Spec(
        kind, title, Audience.ACCOUNT, subject, text, action, "/registration/{registration}", places, fixed=True
    )


KINDS = (
    _registration(
        Kind.REGISTRATION_RECEIVED,
        _("Registration received"),
        _("Registration received: {tracking}"),
        _(
            "We have your application {tracking} and write again when it has been looked at.\n\n"
            "You need not do anything until then."
        ),
        _("Follow the application"),
    ),
    _registration(
        Kind.REGISTRATION_RETURNED,
        _("Registration returned"),
        _("Please look at your registration again: {tracking}"),
        _(
            "Something in your application {tracking} has to be changed before we can register you.\n\n"
            "Our remarks stand beside the answers. Change them and send the application again."
        ),
        _("Read the remarks"),
    ),
    _registration(
        Kind.REGISTRATION_REJECTED,
        _("Registration turned down"),
        _("Registration turned down: {tracking}"),
        _(
            "We could not register you. The reason:\n\n{reason}\n\n"
            "If you think this is a mistake, write to us and give the tracking number {tracking}."
        ),
        _("Read the decision"),
        reason=REASON,
    ),
    Spec(
        Kind.REGISTRATION_APPROVED,
        _("Registration approved"),
        Audience.EMPLOYER,
        _("You are registered: {number}"),
        _(
            "{employer} is registered. Its employer number is {number}.\n\n"
            "In the portal you can now bring in your people and declare the first month. If you need a letter that "
            "confirms it, ask us."
        ),
        _("Go to your employer's pages"),
        EMPLOYER_PAGE,
        roles=ADMINISTRATORS,
        fixed=True,
        contact=True,
    ),
)  # fmt: skip
