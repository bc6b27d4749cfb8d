"""Reading what a question about pay puts in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.scheme.blocks.pack import Pack
from portal.scheme.calendars import Month, months_between
from portal.scheme.cases.inputs import BadInput, Inputs, count, day, day_from, month, needed, table, wrong
from portal.scheme.contribution import MOST_EARNINGS, Earlier, People, Shares, work_out
from portal.scheme.money import Minor, format_amount, parse_amount
from portal.scheme.pay.answers import answer_from_text
from portal.words import _

#: Earlier months are those of one year, which may go over a new year.
_MOST_YEARS = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What was put in, as the rules take it."""

    pack: Pack
    month: Month
    people: People
    employer: Mapping[str, Any]
    options: Mapping[str, Any]
    known_on: date | None

    def given(self) -> tuple[Any, ...]:
        """The same as arguments of the functions in ``contribution``."""
        return self.pack, self.month, self.people, self.employer, self.options, self.known_on

    def shares(self, branches: Sequence[str] | None = None) -> Shares:
        """What is due, of all branches or of some."""
        return work_out(
            self.pack, self.month, self.people, self.employer, self.options, self.known_on, branches=branches
        )

    def text(self, minor: Minor) -> str:
        """Minor units as a decimal text."""
        return format_amount(minor, self.pack.currency)


def asked_of(pack: Pack, inputs: Inputs) -> Asked:
    """One person's pay, and what was said about the person."""
    person = table(inputs, "person")
    born = None if person.get("date_of_birth") is None else day(person, "date_of_birth").toordinal()
    people = People(
        earnings=amounts(pack, table(inputs, "earnings"), "earnings"),
        answers=answers_of(pack, person),
        birth=born,
        days=None if inputs.get("days") is None else count(inputs["days"], "days"),
        earlier=_earlier(pack, inputs.get("earlier")),
        elsewhere=amounts(pack, table(inputs, "elsewhere"), "elsewhere"),
    )
    return _with_employer(pack, inputs, people)


def _with_employer(pack: Pack, inputs: Inputs, people: People) -> Asked:
    return Asked(
        pack,
        month(needed(inputs, "month"), "month", pack.calendar),
        people,
        answers_of(pack, table(inputs, "employer")),
        answers_of(pack, table(inputs, "options")),
        None if inputs.get("known_on") is None else day(inputs, "known_on"),
    )


def asked_of_establishment(pack: Pack, inputs: Inputs) -> Asked:
    """Many people: each figure becomes a column, what is not said about one of them its default."""
    each = inputs["people"]
    if not isinstance(each, list | tuple) or not each or not all(isinstance(one, Mapping) for one in each):
        raise wrong("people", each, _("Write a list with the earnings of each person."))
    persons = [table(one, "person") for one in each]
    earnings = [amounts(pack, table(one, "earnings"), "earnings") for one in each]
    when = month(needed(inputs, "month"), "month", pack.calendar)
    answers = {
        code: [_answer_of(pack, code, one.get(code)) for one in persons]
        for code in pack.inputs
        if any(code in one for one in persons)
    }
    births = [one.get("date_of_birth") for one in persons]
    whole = (when.last_day(pack.calendar) - when.first_day(pack.calendar)).days + 1
    people = People(
        _columns(pack, earnings, _counted(pack)),
        answers,
        [day_from(one, "date_of_birth").toordinal() for one in births] if all(births) else None,
        _days(each, whole),
        _earlier_of_all(pack, each),
        _columns(pack, [amounts(pack, table(one, "elsewhere"), "elsewhere") for one in each]),
    )
    return _with_employer(pack, inputs, people)


def _counted(pack: Pack) -> frozenset[str]:
    """The components that a branch cannot do without; of others nothing said is nothing paid."""
    return frozenset(
        code for branch in pack.branches for base in branch.base.values if base.value for code in base.value.plus
    )


def _columns(pack: Pack, each: Sequence[Mapping[str, Minor]], wanted: Collection[str] = ()) -> dict[str, list[Minor]]:
    """A column for each component that anybody has."""
    found: dict[str, list[Minor]] = {}
    for code in dict.fromkeys(code for one in each for code in one):
        for number, one in enumerate(each):
            if code in wanted and code not in one:
                raise BadInput(_("%(key)s is missing from the inputs.", key=f"people[{number}].earnings.{code}"))
        found[code] = [one.get(code, 0) for one in each]
    return found


def _days(each: Sequence[Inputs], whole: int) -> list[int]:
    """
    Days worked; who says nothing has worked the *whole* month.

    Always a column: people of whom nothing else is said are still as many as they are.
    """
    told = [one.get("days") for one in each]
    return [whole if one is None else count(one, "days") for one in told]


def _answer_of(pack: Pack, code: str, found: Any) -> Any:
    """What one person answered; its default where nothing was."""
    said: Any = pack.inputs[code].default if found is None else found
    return answer_from_text(pack, code, said)


def _earlier_of_all(pack: Pack, each: Sequence[Inputs]) -> tuple[Earlier, ...]:
    """The earlier months of everybody, month by month; who has none of a month was paid nothing in it."""
    paid: list[dict[Month, Mapping[str, Minor]]] = []
    for one in each:
        listed = _earlier(pack, one.get("earlier"))
        paid.append({entry.month: entry.earnings for entry in listed})
        if len(paid[-1]) < len(listed):
            raise wrong("earlier", one["earlier"], _("Write each month once."))
    months = sorted({month for one in paid for month in one})
    return tuple(Earlier(when, _columns(pack, [one.get(when, {}) for one in paid])) for when in months)


def amounts(pack: Pack, given: Inputs, key: str) -> dict[str, Minor]:
    """Amounts by name, in minor units."""
    return {code: amount(pack, found, f"{key}.{code}") for code, found in given.items()}


def amount(pack: Pack, found: object, key: str) -> Minor:
    """An amount as a decimal text (or a whole number) in minor units."""
    if isinstance(found, str) or (isinstance(found, int) and not isinstance(found, bool)):
        try:
            minor = parse_amount(str(found), pack.currency)
            if 0 <= minor <= MOST_EARNINGS:
                return minor
        except ValueError:
            pass
    example = format_amount(100000, pack.currency)
    raise wrong(key, found, _("Write an amount of 0 or more, such as %(amount)s.", amount=example))


def answers_of(pack: Pack, given: Inputs) -> dict[str, Any]:
    """What the pack asks about, as the rules take it; what it does not ask about does not matter to it."""
    return {
        code: answer_from_text(pack, code, found)
        for code, found in given.items()
        if code in pack.inputs and found is not None
    }


def _earlier(pack: Pack, given: object) -> tuple[Earlier, ...]:
    """Earlier months: one table, or a list of them, each from a month to a month with the pay of each."""
    if given is None:
        return ()
    found: list[Earlier] = []
    for one in given if isinstance(given, list | tuple) else [given]:
        if not isinstance(one, Mapping):
            raise wrong("earlier", one, _("Write from, to and the earnings of each month."))
        first = month(needed(one, "month" if "month" in one else "from"), "from", pack.calendar)
        last = month(one.get("to", str(first)), "to", pack.calendar)
        paid = amounts(pack, table(one, "earnings"), "earlier.earnings")
        if last.year - first.year > _MOST_YEARS:
            raise wrong("earlier.to", one.get("to"), _("Write months of the same year."))
        found += [Earlier(each, paid) for each in months_between(first, last, pack.calendar)]
    return tuple(found)
