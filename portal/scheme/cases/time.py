"""Questions about due days and about calendars."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from portal.scheme.blocks.due import ROLLS, DueTerms
from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import CALENDARS, Calendar, Month, gregorian_day, month_of, own_date
from portal.scheme.cases.inputs import (
    Answer,
    BadInput,
    Inputs,
    count,
    day,
    days,
    month,
    needed,
    own_day,
    table,
    texts,
    word,
    wrong,
)
from portal.scheme.days.due_terms import Asked, fixed_day, period_for, quarter_of, rolled, terms_of
from portal.scheme.days.rest_days import weekend_of
from portal.scheme.deadlines import due_after_pay_day, grace_until
from portal.words import _

_QUARTER = re.compile(r"([0-9]{4})-Q([1-4])")
_MONTH_DAY = re.compile(r"(0[1-9]|1[0-3])-(0[1-9]|[12][0-9]|3[0-2])")

#: What the calendars are called in tests.
CODES = {"BS": "bikram_sambat", "ET": "ethiopian", "AD": "gregorian"} | {name: name for name in CALENDARS}


def due_date(pack: Pack | None, inputs: Inputs) -> Answer:
    """By when a period has to be paid or declared; days in the scheme's own calendar end in ``_own``."""
    assert pack is not None  # run() refuses this category without a scheme
    asked = _asked(inputs)
    if asked.roll in ("next", "previous") and asked.weekend is None and not pack.rest.weekend:
        raise BadInput(_("%(key)s is missing from the inputs.", key="weekend"))
    if inputs.get("salary_paid") is not None:
        return _after_pay_day(pack, day(inputs, "salary_paid"), asked)
    last = _last_month(pack, needed(inputs, "period"))
    terms = _with_printed(terms_of(pack, last, asked), table(inputs, "options"))
    period = _period(pack, inputs["period"], period_for(pack, last, terms))
    due = rolled(pack, fixed_day(pack, period, terms), terms.roll, asked)
    answer = _dated(pack, due, terms.frequency, period[-1])
    if asked.kind == "payment":
        grace = grace_until(pack, period[-1], roll=asked.roll, holidays=asked.holidays, weekend=asked.weekend)
        answer |= {"grace_until": grace.isoformat()} if grace is not None else {}
    return answer


def _asked(inputs: Inputs) -> Asked:
    """Who asks; without a word about them there are no public holidays, and the weekend is the pack's."""
    employer = table(inputs, "employer")
    headcount = employer.get("headcount")
    weekend = texts(inputs, "weekend")
    try:
        rest = None if weekend is None else weekend_of(weekend)
    except ValueError:
        raise wrong("weekend", weekend, _("Write days of the week, such as Sat and Sun.")) from None
    return Asked(
        kind=word(inputs, "kind", ("payment", "declaration"), "payment") or "payment",
        headcount=None if headcount is None else count(headcount, "headcount"),
        options={**table(inputs, "person"), **employer, **table(inputs, "options")},
        roll=word(inputs, "roll", ROLLS),
        holidays=days(inputs, "holidays") or [],
        weekend=rest,
    )


def _after_pay_day(pack: Pack, salary_paid: date, asked: Asked) -> Answer:
    paid_in = month_of(salary_paid, pack.calendar)
    terms = terms_of(pack, paid_in, asked)
    due = due_after_pay_day(
        pack, salary_paid, kind=asked.kind, headcount=asked.headcount, options=asked.options, roll=asked.roll,
        holidays=asked.holidays, weekend=asked.weekend,
    )  # fmt: skip
    return _dated(pack, due, terms.frequency, paid_in)


def _dated(pack: Pack, due: date, frequency: str, last: Month) -> Answer:
    calendar = pack.calendar
    return {
        "due": due.isoformat(),
        "due_own": str(own_date(due, calendar)),
        "month_end": last.last_day(calendar).isoformat(),
        "month_end_own": str(own_date(last.last_day(calendar), calendar)),
        "frequency": frequency,
    }


def _last_month(pack: Pack, period: object) -> Month:
    """The month asked about; of a quarter its last one."""
    quarter = _QUARTER.fullmatch(period) if isinstance(period, str) else None
    if quarter:
        return quarter_of(pack, Month(int(quarter[1]), int(quarter[2]) * 3))[-1]
    return month(period, "period", pack.calendar)


def _period(pack: Pack, period: str, found: Sequence[Month]) -> Sequence[Month]:
    """The quarter, where one was asked for; otherwise what the terms say."""
    return quarter_of(pack, found[-1]) if _QUARTER.fullmatch(period) else found


def _with_printed(terms: DueTerms, options: Inputs) -> DueTerms:
    """The rule with the dates that the employer was given, where the rule is one of printed dates."""
    given = texts(options, "declaration_dates")
    if given is None or terms.rule != "printed_dates":
        return terms
    found = [_MONTH_DAY.fullmatch(one) for one in given]
    dates = tuple((int(one[1]), int(one[2])) for one in found if one)
    if len(dates) != 4 or len(given) != 4:
        raise wrong("declaration_dates", given, _("Write four days of the year, such as 04-30."))
    return replace(terms, dates=dates)


def calendar(pack: Pack | None, inputs: Inputs) -> Answer:
    """A day of a calendar as a Gregorian one, or the other way round."""
    chosen = _calendar(pack, inputs)
    if inputs.get("date") is not None:
        found = gregorian_day(own_day(inputs["date"], "date"), chosen)
    else:
        found = day(inputs, "gregorian")
    own = own_date(found, chosen)
    in_month = Month(own.year, own.month)
    return {
        "gregorian": found.isoformat(),
        "date": str(own),
        "month": str(in_month),
        "month_name": str(chosen.in_words(in_month)),
        "month_name_own": chosen.own_name(in_month),
        "month_end_own": str(own_date(in_month.last_day(chosen), chosen)),
    }


def _calendar(pack: Pack | None, inputs: Inputs) -> Calendar:
    code = word(inputs, "calendar", tuple(CODES))
    if code is not None:
        return CALENDARS[CODES[code]]
    if pack is None:
        raise BadInput(_("%(key)s is missing from the inputs.", key="calendar"))
    return pack.calendar


ANSWERS: dict[str, Callable[[Pack | None, Any], Answer]] = {"due_date": due_date, "calendar": calendar}
