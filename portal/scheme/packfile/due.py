"""When a period falls due, and the days on which nobody works."""

from __future__ import annotations

from portal.scheme.blocks.due import DUE_RULES, FREQUENCIES, ROLLS, DaysOfRest, Due, DueTerms, Grace
from portal.scheme.blocks.values import Missing, Series, Unknown
from portal.scheme.packfile.basics import Basics, answers_of
from portal.scheme.packfile.dated import grouped
from portal.scheme.packfile.reading import Section
from portal.scheme.packfile.sources import pgettext
from portal.words import Words, _

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

#: The highest number that each rule can have.
_MOST = {
    "day_of_month": 31,
    "days_after_month_end": 366,
    "months_after_month_end": 24,
    "working_days_after_pay_day": 60,
}


def read_due(content: Section, basics: Basics) -> Due:
    """The due days for paying and for declaring."""
    section = content.section("due")
    if "source" in section:
        basics.sources.cite(section, _("When a payment counts"))
    payment = _side(section, basics, "payment", "unknown", _("The due day"))
    declaration = None
    if "declaration" in section or "declaration_unknown" in section:
        name = _("The due day for declaring")
        declaration = _side(section, basics, "declaration", "declaration_unknown", name)
    due = Due(
        payment=payment,
        declaration=declaration,
        grace=_grace(section.section("grace"), basics) if "grace" in section else None,
        effective=section.choice("effective", ("paid", "credited"), default="paid"),
    )
    section.close()
    return due


def _side(
    section: Section, basics: Basics, key: str, unknown: str, name: Words
) -> Series[tuple[DueTerms, ...]] | Unknown:
    if unknown in section:
        return Unknown(basics.sources.lack(section, name, unknown))
    return grouped(basics.sources, section, key, name, lambda ones: _terms(ones, basics, name))


def _terms(sections: list[Section], basics: Basics, name: Words) -> tuple[DueTerms, ...]:
    """The terms that hold from one day; those of small employers, and of others."""
    found: list[DueTerms] = []
    for section in sections:
        terms = _one(section, basics)
        if any((terms.from_headcount, terms.when) == (one.from_headcount, one.when) for one in found):
            section.wrong("from", _("another due day holds from the same day for the same employers. Keep one."))
        found.append(terms)
    if not _is_for_all(found, basics):
        why = pgettext("pack", "the pack names a due day for some employers only")
        what = _("%(what)s of other employers", what=name)
        basics.sources.missing.append(Missing.called(what, why, sections[0].where))
    return tuple(found)


def _is_for_all(found: list[DueTerms], basics: Basics) -> bool:
    """Whether an employer of any size, with any answers, has a due day."""
    smallest = [terms for terms in found if terms.from_headcount == 0]
    if any(not terms.when for terms in smallest):
        return True
    answered: dict[str, set[str]] = {}
    for terms in smallest:
        if len(terms.when) == 1:
            for code, answers in terms.when.items():
                answered.setdefault(code, set()).update(answers)
    return any(
        code in basics.inputs and answers >= set(answers_of(basics.inputs[code])) for code, answers in answered.items()
    )


def _one(section: Section, basics: Basics) -> DueTerms:
    rule = section.choice("rule", DUE_RULES)
    dates = _dates(section) if rule == "printed_dates" else ()
    frequency = section.choice("frequency", FREQUENCIES, default="quarterly" if dates else "monthly")
    if dates and frequency != "quarterly":
        section.wrong("frequency", _("printed dates are those of the quarters. Leave this out."))
    return DueTerms(
        rule=rule,
        number=section.number("number", 1, _MOST[rule]) if rule in _MOST else 0,
        months_after=section.number("months_after", 0, 24) if "months_after" in section else 1,
        dates=dates,
        frequency=frequency,
        from_headcount=section.number("from_headcount") if "from_headcount" in section else 0,
        when=basics.condition(section, "when"),
        roll=section.choice("roll", ROLLS, default="none"),
    )


def _dates(section: Section) -> tuple[tuple[int, int], ...]:
    """Four days of the year, one for each quarter."""
    texts = section.texts("dates")
    dates = tuple((int(one[:2]), int(one[3:])) for one in texts if _is_month_day(one))
    if len(dates) != 4 or len(texts) != 4:
        remedy = 'Write four days, one for each quarter, such as ["04-30", "07-31", "10-31", "01-30"].'
        section.wrong("dates", _(remedy))
        return ((4, 30), (7, 31), (10, 31), (1, 30))
    return dates


def _is_month_day(text: str) -> bool:
    month, dash, day = text.partition("-")
    return bool(dash) and (month + day).isdecimal() and len(text) == 5 and 1 <= int(month) <= 13 and 1 <= int(day) <= 32


def _grace(section: Section, basics: Basics) -> Grace:
    grace = Grace(
        day=section.number("day", 1, 31),
        roll=section.choice("roll", ROLLS, default="none"),
        source=basics.sources.cite(section, _("The days of grace")),
    )
    section.close()
    return grace


def read_rest(content: Section, basics: Basics) -> DaysOfRest:
    """The days of rest; a pack that rolls no due day can do without."""
    if "rest" not in content:
        return DaysOfRest((), None)
    section = content.section("rest")
    weekend = section.texts("weekend") if "weekend" in section else ()
    for day in weekend:
        if day not in _WEEKDAYS:
            section.wrong("weekend", _("found %(day)s. Write any of: %(days)s.", day=day, days=", ".join(_WEEKDAYS)))
    country = None
    if "holidays" in section:
        remedy = _('Write the two letters of ISO 3166: "SG".')
        country = section.text("holidays", like="[A-Z]{2}", remedy=remedy)
    rest = DaysOfRest(
        weekend=tuple(_WEEKDAYS.index(day) for day in weekend if day in _WEEKDAYS),
        country=country,
        gazetted=tuple(sorted(section.days("gazetted"))),
        source=basics.sources.cite(section, _("The days of rest")),
    )
    section.close()
    return rest
