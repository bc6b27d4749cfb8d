"""Late charges that a law forgives: by when they were incurred, and by the day the principal was paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from portal.scheme.blocks.cover import Waiver
from portal.scheme.blocks.pack import Pack
from portal.scheme.explain import Step
from portal.scheme.money import Minor, Rounding, rate_in_words, round_to
from portal.words import Amount, Words, _

_TO_THE_UNIT = Rounding("half_up")


@dataclass(frozen=True, slots=True)
class Waived:
    """What is forgiven of a late charge and what stays payable, in minor units; *share* is the part of it."""

    waived: Minor
    payable: Minor
    share: Fraction
    waiver: Waiver | None
    steps: tuple[Step, ...]


def waive(
    pack: Pack, penalty: Minor, incurred: date, *, principal_paid: date | None, principal_open: Minor = 0
) -> Waived:  # fmt: skip
    """
    What the pack's laws forgive of a late charge *incurred* on a day.

    *principal_paid*: the day the last of the contribution was paid, None while it is not; *principal_open*:
    what is unpaid of it.  The first law whose days fit decides.
    """
    waiver = next((one for one in pack.waivers if _fits(one, incurred)), None)
    if waiver is None:
        words = _("No law that this pack knows forgives a late charge incurred on %(day)s.", day=incurred)
        return Waived(0, penalty, Fraction(0), None, (Step(words, 0),))
    first = Step(_incurred_in_words(waiver, incurred), source=waiver.source)
    if not waiver.principal_open and (principal_open > 0 or principal_paid is None):
        words = _("Nothing is forgiven while contributions are open.")
        return Waived(0, penalty, Fraction(0), waiver, (first, Step(words, 0, waiver.source), *_doubt(waiver)))
    share = share_on(waiver, principal_paid) if principal_paid else max(step.share for step in waiver.steps)
    waived = min(round_to(penalty * share, _TO_THE_UNIT), penalty)
    steps = (
        first, Step(_share_in_words(pack, penalty, share, principal_paid), waived, waiver.source),
        Step(_("Still to be paid"), penalty - waived), *_doubt(waiver),
    )  # fmt: skip
    return Waived(waived, penalty - waived, share, waiver, steps)


def share_on(waiver: Waiver, paid: date) -> Fraction:
    """The part that is forgiven when the principal is paid on this day; 0 after the last one."""
    return next((step.share for step in waiver.steps if paid <= step.until), Fraction(0))


def _fits(waiver: Waiver, incurred: date) -> bool:
    after = waiver.incurred_from is None or waiver.incurred_from <= incurred
    return after and (waiver.incurred_to is None or incurred <= waiver.incurred_to)


def _incurred_in_words(waiver: Waiver, incurred: date) -> Words:
    return _("%(waiver)s: the late charge was incurred on %(day)s.", waiver=waiver.name, day=incurred)


def _share_in_words(pack: Pack, penalty: Minor, share: Fraction, paid: date | None) -> Words:
    amount = Amount(penalty, pack.currency.code, pack.currency.digits)
    if paid is None:
        return _("%(share)s of %(amount)s is forgiven", share=rate_in_words(share), amount=amount)
    return _(
        "The contribution was paid in full on %(day)s: %(share)s of %(amount)s is forgiven",
        day=paid, share=rate_in_words(share), amount=amount,
    )  # fmt: skip


def _doubt(waiver: Waiver) -> tuple[Step, ...]:
    if not waiver.unverified:
        return ()
    return (Step(_("Not verified: %(why)s", why=waiver.unverified), source=waiver.source),)
