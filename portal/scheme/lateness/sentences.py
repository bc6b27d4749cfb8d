"""The sentences that late charges are told in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from portal.scheme.blocks.late import LateRule, Phase
from portal.scheme.lateness.periods import LatePeriod
from portal.scheme.money import Currency, Minor, Rounding, rate_in_words
from portal.words import Amount, Words, _, _n


def _money(minor: Minor, currency: Currency) -> Amount:
    return Amount(minor, currency.code, currency.digits)


def phase_sentence(phase: Phase, due: date) -> Words:
    """What a phase adds, as the law has it."""
    words = _by_table(phase, due) if phase.rate is None else _by_rate(phase, rate_in_words(phase.rate), due)
    if not phase.after_months:
        return words
    return _n(
        "From %(n)s month after the due day on: %(rule)s",
        "From %(n)s months after the due day on: %(rule)s",
        phase.after_months, rule=words,
    )  # fmt: skip


def _by_rate(phase: Phase, rate: str, due: date) -> Words:
    match phase.each:
        case "once":
            return _("%(rate)s of what is unpaid after the due day, %(due)s, is added once.", rate=rate, due=due)
        case "day":
            return _("%(rate)s of what is unpaid is added for each day after the due day, %(due)s.", rate=rate, due=due)
        case "month":
            return _(
                "%(rate)s of what is unpaid is added for each full month after the due day, %(due)s.",
                rate=rate, due=due,
            )  # fmt: skip
        case "quarter":
            return _(
                "%(rate)s of what is unpaid is added for each full quarter of a year after the due day, %(due)s.",
                rate=rate, due=due,
            )  # fmt: skip
        case "quarter_or_part":
            return _(
                "%(rate)s of what is unpaid is added for each quarter of a year, or part of one, after the due day, "
                "%(due)s.",
                rate=rate, due=due,
            )  # fmt: skip
        case "year_by_days":
            return _(
                "%(rate)s a year of what is unpaid is added for the days after the due day, %(due)s; a year has 365 "
                "days, a leap year too.",
                rate=rate, due=due,
            )  # fmt: skip
        case "month_by_days":
            return _(
                "%(rate)s a month of what is paid late is added for the days after the due day, %(due)s, divided by "
                "the days of the month of payment.",
                rate=rate, due=due,
            )  # fmt: skip
    return _(
        "%(rate)s of what is unpaid is added for each month or part of a month after the due day, %(due)s.",
        rate=rate, due=due,
    )  # fmt: skip


def _by_table(phase: Phase, due: date) -> Words:
    if phase.slabs and phase.each != "year_by_days":
        return _("What is paid late costs a rate that goes by its whole delay after the due day, %(due)s.", due=due)
    if phase.slabs:
        return _(
            "What is paid late costs a rate a year that goes by its whole delay after the due day, %(due)s; a year has "
            "365 days.",
            due=due,
        )  # fmt: skip
    if phase.by_failures:
        return _(
            "What is unpaid after the due day, %(due)s, costs a rate that goes by how often the employer was late in "
            "the year.",
            due=due,
        )  # fmt: skip
    return _("An amount that goes by how many people the employer has is added.")


def table_sentences(phase: Phase, rule: LateRule, currency: Currency) -> Iterator[Words]:
    """The lines of a table of rates or amounts."""
    for slab in phase.slabs:
        yield _n(
            "From %(n)s full month late on: %(rate)s.",
            "From %(n)s full months late on: %(rate)s.",
            slab.from_months, rate=rate_in_words(slab.rate),
        )  # fmt: skip
    if rule.failures and rule.failures.free:
        yield _n(
            "The first failure of the year costs nothing.",
            "The first %(n)s failures of the year cost nothing.",
            rule.failures.free,
        )  # fmt: skip
    for number, rate in phase.by_failures:
        yield _("From default number %(number)s on: %(rate)s.", number=number, rate=rate_in_words(rate))
    for people, amount in phase.by_headcount:
        money = _money(amount, currency)
        yield _n("From %(n)s person on: %(amount)s.", "From %(n)s people on: %(amount)s.", people, amount=money)


def conditions(rule: LateRule, currency: Currency) -> Iterator[Words]:
    """What else the rule says about counting."""
    if rule.base == "charge":
        yield _("It is taken of the whole contribution as long as any of it is unpaid.")
    if rule.calendar_months:
        yield _("Months are those of the calendar; the one in which lateness begins counts too.")
    if not rule.count_pay_day:
        yield _("The day of payment is not counted.")
    if rule.compound:
        yield _("What was added before bears it too.")
    if rule.tolerance:
        yield _("Up to %(amount)s unpaid counts as paid.", amount=_money(rule.tolerance, currency))
    if rule.axis == "calendar_day":
        yield _("A new rate holds for the days from its first day on.")


def period_sentence(period: LatePeriod, currency: Currency) -> Words:
    """One period: what was unpaid, for how long, and the rate."""
    values = {
        "number": period.number, "begins": period.begins, "ends": period.ends,
        "unpaid": _money(period.unpaid, currency), "rate": rate_in_words(period.rate),
    }  # fmt: skip
    if period.added:
        values["added"] = _money(period.added, currency)
        return _(
            "From %(begins)s to %(ends)s: %(unpaid)s was unpaid and %(added)s had been added before; %(rate)s of both",
            **values,
        )
    if period.units != 1 or period.each in ("day", "year_by_days", "month_by_days"):
        return _by_days(period, values)
    match period.each:
        case "once":
            return _("%(unpaid)s was unpaid from %(begins)s on; %(rate)s of it", **values)
        case "month":
            return _(
                "Full month %(number)s, from %(begins)s to %(ends)s: %(unpaid)s was unpaid; %(rate)s of it", **values
            )
        case "quarter" | "quarter_or_part":
            return _(
                "Quarter %(number)s, from %(begins)s to %(ends)s: %(unpaid)s was unpaid when it began; %(rate)s of it",
                **values,
            )
    return _(
        "Month %(number)s, from %(begins)s to %(ends)s: %(unpaid)s was unpaid when it began; %(rate)s of it", **values
    )


def _by_days(period: LatePeriod, values: dict[str, object]) -> Words:
    """A stretch of days with the same amount unpaid."""
    match period.each:
        case "year_by_days":
            return _n(
                "%(n)s day, %(begins)s: %(unpaid)s was unpaid; %(rate)s a year of it, 1 day out of 365",
                "%(n)s days, from %(begins)s to %(ends)s: %(unpaid)s was unpaid; %(rate)s a year of it, %(n)s days out "
                "of 365",
                period.units, **values,
            )  # fmt: skip
        case "month_by_days":
            return _n(
                "%(n)s day, %(begins)s: %(unpaid)s was unpaid; %(rate)s a month of it, 1 day out of the %(days)s of "
                "the month of payment",
                "%(n)s days, from %(begins)s to %(ends)s: %(unpaid)s was unpaid; %(rate)s a month of it, %(n)s days "
                "out of the %(days)s of the month of payment",
                period.units, **values, days=period.month_days,
            )  # fmt: skip
    return _n(
        "%(n)s day, %(begins)s: %(unpaid)s was unpaid; %(rate)s of it",
        "%(n)s days, from %(begins)s to %(ends)s: %(unpaid)s was unpaid; %(rate)s of it for each day",
        period.units, **values,
    )  # fmt: skip


def rounding_sentence(rounding: Rounding, currency: Currency) -> Words:
    """Which way the sum is rounded, and to what."""
    unit = _money(rounding.unit, currency)
    match rounding.mode:
        case "floor":
            return _("Rounded down to a multiple of %(unit)s", unit=unit)
        case "ceil":
            return _("Rounded up to a multiple of %(unit)s", unit=unit)
        case "half_down":
            return _("Rounded to the nearest multiple of %(unit)s, a half down", unit=unit)
        case "half_even":
            return _("Rounded to the nearest multiple of %(unit)s, a half to the even one", unit=unit)
    return _("Rounded to the nearest multiple of %(unit)s, a half up", unit=unit)
