"""Agreements with an employer: paying in instalments, an estimate where nothing was declared, a certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from portal.scheme.blocks.cover import Clearance, EstimateTerms, InstalmentTerms
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.calendars import OwnDate, anniversary, days_in, gregorian_day, month_of
from portal.scheme.days.months import Month
from portal.scheme.explain import Step
from portal.scheme.money import Minor, Rounding, rate_in_words, round_to
from portal.words import Amount, Words, _, _n

_TO_THE_UNIT = Rounding("half_up")
#: No plan has more months, whatever the terms leave open.
LONGEST = 1200


class NotAgreed(ValueError):
    """What was asked for is not what the scheme's terms allow; *words* say what they do."""

    def __init__(self, words: Words) -> None:
        super().__init__(str(words))
        self.words = words


@dataclass(frozen=True, slots=True)
class Plan:
    """
    Arrears in parts: *down_payment* at once, then the *instalments*, one a month; together exactly the arrears.

    *days*: when each instalment is due, where the first day was given.
    """

    down_payment: Minor
    instalments: tuple[Minor, ...]
    days: tuple[date, ...]
    steps: tuple[Step, ...]

    @property
    def instalment(self) -> Minor:
        """What every month costs but the last, which takes what rounding left."""
        return self.instalments[0]


def plan_of(
    pack: Pack, arrears: Minor, months: int, *, down_payment: Fraction | None = None, first: date | None = None
) -> Plan:  # fmt: skip
    """
    The plan of instalments for *arrears* over so many *months*; :class:`NotAgreed` outside the pack's terms.

    *down_payment*: the share paid at once, at least the pack's (None: the pack's, or nothing).
    *first*: the day of the first instalment.
    """
    terms = pack.instalments
    share = _down_payment(terms, down_payment)
    if months < 1:
        raise NotAgreed(_("A plan has at least one month."))
    most = terms.most_months if terms and terms.most_months is not None else LONGEST
    if months > most:
        raise NotAgreed(_n("A plan has at most %(n)s month.", "A plan has at most %(n)s months.", most))
    down = min(round_to(arrears * share, _TO_THE_UNIT), arrears)
    parts = equal_parts(arrears - down, months)
    days = tuple(anniversary(first, number) for number in range(months)) if first else ()
    return Plan(down, parts, days, _plan_steps(pack, arrears, share, down, parts))


def _down_payment(terms: InstalmentTerms | None, asked: Fraction | None) -> Fraction:
    """The share paid at once: what was asked, where the terms allow it."""
    least = terms.down_payment if terms and terms.down_payment is not None else Fraction(0)
    if asked is not None and asked < least:
        raise NotAgreed(_("At least %(share)s has to be paid at once.", share=rate_in_words(least)))
    return least if asked is None else asked


def equal_parts(amount: Minor, count: int) -> tuple[Minor, ...]:
    """
    *amount* in equal parts to the minor unit; the last one takes what is left.

    >>> equal_parts(1000, 3), equal_parts(5, 10)
    ((333, 333, 334), (0, 0, 0, 0, 0, 0, 0, 0, 0, 5))
    """
    part = round_to(Fraction(amount, count), _TO_THE_UNIT)
    if part * (count - 1) > amount:
        part = amount // count
    return (*[part] * (count - 1), amount - part * (count - 1))


def _plan_steps(
    pack: Pack, arrears: Minor, share: Fraction, down: Minor, parts: tuple[Minor, ...]
) -> tuple[Step, ...]:  # fmt: skip
    source = pack.instalments.source if pack.instalments else None
    steps = [
        Step(_("Arrears"), arrears),
        Step(_("%(share)s of it is paid at once", share=rate_in_words(share)), down, source),
        Step(_n("The rest in %(n)s instalment", "The rest in %(n)s equal monthly instalments", len(parts)), parts[0]),
    ]
    if parts[-1] != parts[0]:
        steps.append(Step(_("The last instalment takes what rounding left"), parts[-1]))
    if pack.instalments and pack.instalments.unverified:
        steps.append(Step(_("Not verified: %(why)s", why=pack.instalments.unverified), source=source))
    return tuple(steps)


def still_kept(terms: InstalmentTerms, missed: int) -> bool:
    """Whether a plan with so many missed instalments is still kept; :class:`NotKnown` where the terms do not say."""
    if terms.missed_allowed is None:
        raise NotKnown(_("How many instalments may be missed is not known."))
    return missed <= terms.missed_allowed


def frozen_by(terms: InstalmentTerms, agreed: date, until: date) -> tuple[tuple[date, date], ...]:
    """The days without late charges while a plan is kept; NotKnown where the terms do not say."""
    if terms.late_charges is None:
        raise NotKnown(_("Whether late charges stop while a plan is kept is not known."))
    return ((agreed, until),) if terms.late_charges == "stop" else ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is assessed where nothing was declared, in minor units; *from_day*: not before."""

    amount: Minor
    from_day: date | None
    steps: tuple[Step, ...]


def estimate(
    pack: Pack, declared: Sequence[Minor], *, officer: Minor | None = None, notice: date | None = None
) -> Estimate:  # fmt: skip
    """
    The contribution assessed for a month nobody declared.

    *declared*: the totals of the months declared before, the latest last; *officer*: an officer's own figure, for
    packs that leave it to them; *notice*: the day the employer was told.
    """
    terms = pack.estimate
    if terms is None:
        raise NotKnown(_("%(scheme)s: how an estimate is made is not known.", scheme=pack.short_name))
    basis, words = _basis(terms, declared, officer)
    amount = round_to(basis * (1 + terms.uplift), _TO_THE_UNIT)
    steps = [Step(words, round_to(basis, _TO_THE_UNIT), terms.source)]
    if terms.uplift:
        words = _("With %(rate)s on top", rate=rate_in_words(terms.uplift))
        steps.append(Step(words, amount, terms.source))
    steps.append(Step(_("A declaration takes the place of the estimate.")))
    if terms.unverified:
        steps.append(Step(_("Not verified: %(why)s", why=terms.unverified), source=terms.source))
    days = terms.notice_days
    after = notice + timedelta(days=days) if notice is not None and days is not None else notice
    return Estimate(amount, after, tuple(steps))


def _basis(terms: EstimateTerms, declared: Sequence[Minor], officer: Minor | None) -> tuple[Fraction, Words]:
    """What the estimate starts from; NotKnown where that is missing."""
    if terms.basis == "officer":
        if officer is None:
            raise NotKnown(_("An officer has to say what is assessed."))
        return Fraction(officer), _("Assessed by an officer")
    if not declared:
        raise NotKnown(_("Nothing was declared before, so there is nothing to estimate from."))
    if terms.basis == "last_declaration":
        return Fraction(declared[-1]), _("As declared last")
    last = declared[-terms.months :]
    words = _n("As declared last", "Average of the last %(n)s months declared", len(last))
    return Fraction(sum(last), len(last)), words


@dataclass(frozen=True, slots=True)
class Certificate:
    """Whether the certificate can be given, what is missing for it, and until when it is valid."""

    granted: bool
    missing: tuple[Words, ...]
    valid_until: date | None
    steps: tuple[Step, ...]


def certificate(
    pack: Pack, on: date, met: Mapping[str, bool], *, owed: Minor, years_paid: int | None = None
) -> Certificate:  # fmt: skip
    """
    Whether an employer gets the certificate on a day.

    *met*: which of the pack's conditions are met; *owed*: all that is open, in minor units; *years_paid*: for how
    many years everything was paid.
    """
    terms = pack.clearance
    if terms is None:
        raise NotKnown(_("%(scheme)s: no certificate is known.", scheme=pack.short_name))
    missing = [_("Not met: %(condition)s", condition=each) for each in terms.conditions if not met.get(each, False)]
    if owed > 0:
        amount = Amount(owed, pack.currency.code, pack.currency.digits)
        missing.append(_("%(amount)s is still owed.", amount=amount))
    if terms.paid_years is not None and (years_paid is None or years_paid < terms.paid_years):
        missing.append(
            _n("Everything has to be paid for %(n)s year.", "Everything has to be paid for %(n)s years.",
               terms.paid_years)
        )  # fmt: skip
    until = None if missing else valid_until(pack, terms, on)
    steps = [Step(words, source=terms.source) for words in missing]
    if until is not None:
        words = _("%(certificate)s, valid until %(day)s", certificate=terms.name, day=until)
        steps = [Step(words, source=terms.source)]
    if terms.unverified:
        steps.append(Step(_("Not verified: %(why)s", why=terms.unverified), source=terms.source))
    return Certificate(not missing, tuple(missing), until, tuple(steps))


def valid_until(pack: Pack, terms: Clearance, on: date) -> date:
    """The last day of a certificate given on a day: the end of that year, or so many days later."""
    if terms.valid_days is not None:
        return on + timedelta(days=terms.valid_days)
    last = Month(month_of(on, pack.calendar).year, pack.calendar.months_in_year)
    return gregorian_day(OwnDate(last.year, last.number, days_in(last, pack.calendar)), pack.calendar)
