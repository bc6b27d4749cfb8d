"""
What a scheme's rules ask beside pay: whom they ask, what was said, and from which day on it holds.

Answers are kept as text, in the list of an enrolment (about the employer and its choices) or of an
employment (about the person, by scheme).  A list is only added to: an answer holds from its day until
the next one, and what was recorded last for a day holds for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeAlias

from portal.employers.models import Enrolment
from portal.errors import Refused
from portal.installation import pack, packs
from portal.scheme.blocks.due import DueTerms
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Input, NotKnown, Series, Unknown
from portal.scheme.calendars import Month
from portal.scheme.contribution import contribution_on
from portal.scheme.deadlines import due_day
from portal.scheme.money import format_amount, rate_in_words
from portal.scheme.pay.answers import answer_from_text, answered
from portal.scheme.pay.unusable import Unusable
from portal.words import Amount, Words, _

#: An answer as people say it.
Said: TypeAlias = str | Words | Amount | date
#: The question that the roster answers where nobody did.
HEADCOUNT = "headcount"


@dataclass(frozen=True, slots=True)
class Given:
    """
    What rules are told about an employer beside pay, for one scheme and month.

    *said*: the answers in force as text, by code.  *headcount*: people employed, None where it was not asked.
    *known_on*: the rules as they were known at the end of that day; None: as they are known now.
    """

    rules: Pack
    said: Mapping[str, str] = field(default_factory=dict)
    headcount: int | None = None
    known_on: date | None = None

    @property
    def employer(self) -> dict[str, Any]:
        """The answers about the employer, as the rules take them."""
        values = read(self.rules, {code: text for code, text in self.said.items() if self._of(code) == "employer"})
        if self.headcount is not None and self._of(HEADCOUNT) == "employer":
            values.setdefault(HEADCOUNT, self.headcount)
        return values

    @property
    def options(self) -> dict[str, Any]:
        """The choices that were made, as the rules take them."""
        return read(self.rules, {code: text for code, text in self.said.items() if self._of(code) == "options"})

    def _of(self, code: str) -> str | None:
        return self.rules.inputs[code].of if code in self.rules.inputs else None

    def due_day(self, month: Month) -> date:
        """The day by which this employer pays for *month*; :class:`NotKnown` where it depends on what nobody said."""
        return due_day(
            self.rules, month, headcount=self.headcount, options={**self.employer, **self.options},
            known_on=self.known_on,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """What a declaration keeps of it."""
        known = self.known_on.isoformat() if self.known_on else None
        return {"said": dict(self.said), "headcount": self.headcount, "known_on": known}


def given_from_json(rules: Pack, kept: Mapping[str, Any]) -> Given:
    """What a declaration was computed with; one made before answers were kept knew no more than today's rules."""
    known = kept.get("known_on")
    return Given(rules, kept.get("said", {}), kept.get("headcount"), date.fromisoformat(known) if known else None)


def asked_of_employer(rules: Pack) -> tuple[Input, ...]:
    """What a scheme asks when an employer is enrolled: about the employer, and choices made for all its people."""
    return tuple(one for one in rules.inputs.values() if one.of != "person" and not _own_choice(one))


def asked_of_person(rules: Pack) -> tuple[Input, ...]:
    """What a scheme asks about each person, and what each chooses alone."""
    return tuple(one for one in rules.inputs.values() if one.of == "person" or _own_choice(one))


def _own_choice(asked: Input) -> bool:
    """A chosen amount (an instalment) is each one's own; other choices an employer makes for all its people."""
    return asked.of == "options" and asked.kind == "amount"


def questions() -> dict[str, tuple[Pack, Input]]:
    """What the active schemes ask about a person: scheme and question by the key answers are kept under."""
    return {f"{rules.id}.{one.code}": (rules, one) for rules in packs().values() for one in asked_of_person(rules)}


def holding(kept: Iterable[Mapping[str, Any]], day: date) -> dict[str, str]:
    """The answers of a list that hold on *day*."""
    said: dict[str, str] = {}
    for entry in sorted((one for one in kept if one["from"] <= day.isoformat()), key=lambda one: str(one["from"])):
        said |= entry["said"]
    return said


def of_person(rules: Pack, kept: Sequence[Any], month: Month, from_day: date) -> dict[str, str]:
    """What is said of a person to one scheme for *month*, by the code of its question; employed since *from_day*."""
    if not kept:
        return {}
    start, said = f"{rules.id}.", holding(kept, max(rules.deciding_day(month), from_day))
    return {key.removeprefix(start): text for key, text in said.items() if key.startswith(start)}


def about_person(said: Mapping[str, str]) -> dict[str, str]:
    """Answers about a person as they are kept, by key; Refused, naming the key, for one that is not accepted."""
    asked, kept = questions(), {}
    for key, typed in said.items():
        if key in asked and typed.strip():
            rules, one = asked[key]
            try:
                kept[key] = written(rules, one.code, from_words(rules, one.code, typed.strip()))
            except Refused as refused:
                raise Refused(refused.words, field=key, status=422) from None
    return kept


def added(
    kept: Sequence[Any], said: Mapping[str, str], from_day: date, *, at: datetime, by: int | None, reason: str = ""
) -> list[Any]:
    """The list with one entry more; the same one where it would change nothing on its day."""
    before = holding(kept, from_day)
    changed = {code: text for code, text in said.items() if before.get(code) != text}
    if not changed:
        return list(kept)
    entry = {"from": from_day.isoformat(), "said": changed, "at": at.isoformat(), "by": by, "reason": reason}
    return [*kept, entry]


def read(rules: Pack, said: Mapping[str, str]) -> dict[str, Any]:
    """
    Answers as the rules take them.

    One that the rules no longer accept stays as it is: they say so themselves, with what they do accept.
    """
    values: dict[str, Any] = {}
    for code, text in said.items():
        if code in rules.inputs:
            try:
                values[code] = answer_from_text(rules, code, text)
            except Unusable:
                values[code] = text
    return values


def written(rules: Pack, code: str, typed: str) -> str:
    """An answer as it is kept; Refused, naming the field and what is accepted, for one that the rules do not take."""
    text = typed.replace("\N{NO-BREAK SPACE}", " ").strip()
    try:
        value = answer_from_text(rules, code, text)
        answered(rules, rules.inputs[code], value)
    except Unusable as unusable:
        raise Refused(unusable.words, field=code, status=422) from None
    match rules.inputs[code].kind:
        case "rate":
            return rate_in_words(value).replace("\N{NO-BREAK SPACE}", " ")
        case "amount":
            return format_amount(value, rules.currency)
        case "date":
            return date.fromordinal(value).isoformat()
    return str(value)


def choices(rules: Pack, asked: Input) -> list[tuple[str, Said]]:
    """The answers to choose from, each as it is kept and as people say it; none where anything may be typed."""
    texts = [*asked.choices]
    if asked.kind == "yes_no":
        texts = ["yes", "no"]
    texts += [rate_in_words(rate).replace("\N{NO-BREAK SPACE}", " ") for rate in asked.rates]
    texts += [format_amount(amount, rules.currency) for amount in asked.amounts]
    return [(text, in_words(rules, asked.code, text)) for text in texts]


def in_words(rules: Pack, code: str, text: str) -> Said:
    """An answer as people say it."""
    asked = rules.inputs[code]
    value = read(rules, {code: text})[code]
    match asked.kind:
        case "choice":
            return asked.choices.get(text, text)
        case "yes_no":
            return _("Yes") if value == "yes" else _("No")
        case "amount" if isinstance(value, int):
            return Amount(value, rules.currency.code)
        case "date" if isinstance(value, int):
            return date.fromordinal(value)
    return text


def from_words(rules: Pack, code: str, typed: str) -> str:
    """The answer of somebody who wrote its label instead of its code, in a file; else what was written."""
    folded = typed.casefold()
    for text, label in choices(rules, rules.inputs[code]):
        if folded in (text.casefold(), str(label).casefold()):
            return text
    return typed


def asks_headcount(rules: Pack) -> bool:
    """Whether anything in a scheme depends on how many people an employer has."""
    return HEADCOUNT in rules.inputs or any(
        terms.from_headcount
        for series in (rules.due.payment, rules.due.declaration)
        for entry in _entries(series)
        for terms in entry
    )


def _entries(series: Series[tuple[DueTerms, ...]] | Unknown | None) -> Iterable[tuple[DueTerms, ...]]:
    return () if series is None or isinstance(series, Unknown) else (one.value or () for one in series.values)


def given_on(
    rules: Pack, month: Month, enrolment: Enrolment | None, headcount: int | None, known_on: date | None = None
) -> Given:
    """What the rules are told for *month*: the answers in force on the day that picks their version."""
    said: dict[str, str] = {}
    if enrolment is not None:
        said = holding(enrolment.answers, max(rules.deciding_day(month), enrolment.from_day))
    spoken = said.get(HEADCOUNT, "")
    if spoken.isdecimal():
        headcount = int(spoken)
    return Given(rules, said, headcount if asks_headcount(rules) else None, known_on)


def why_not(given: Given, month: Month) -> Words | None:
    """What the rules still have to be told, or do not know, before *month* can be computed; None: nothing."""
    rules = given.rules
    people = {one.code: _any_answer(one) for one in asked_of_person(rules)}
    try:
        contribution_on(
            rules, month, dict.fromkeys(rules.components, 0), person=people, employer=given.employer,
            options=given.options, birth=_GROWN_UP, known_on=given.known_on,
        )  # fmt: skip
        given.due_day(month)
    except NotKnown as gap:
        return gap.words
    except Unusable as missing:
        if missing.field in {one.code for one in asked_of_employer(rules)}:
            return missing.words
    return None


_GROWN_UP = date(1990, 1, 1)


def _any_answer(asked: Input) -> Any:
    """An answer that somebody could give: what is not said of a person is said line by line."""
    if asked.kind == "choice":
        return next(iter(asked.choices))
    listed = {"yes_no": ("no",), "rate": asked.rates, "amount": asked.amounts}.get(asked.kind, ())
    return next(iter(listed), None if asked.kind == "date" else 0)


def label_of(key: str) -> str:
    """How a scheme calls what it asks about a person: "SSF: Category"."""
    scheme, _dot, code = key.partition(".")
    rules = pack(scheme)
    return f"{rules.short_name}: {rules.inputs[code].label}"


def latest_due_day(rules: Pack, month: Month) -> date | None:
    """The last day by which any employer pays for *month*, whatever its size; None where the pack does not know it."""
    sizes = {0, *(terms.from_headcount for entry in _entries(rules.due.payment) for terms in entry)}
    found = []
    for headcount in sizes:
        with suppress(NotKnown):
            found.append(due_day(rules, month, headcount=headcount))
    return max(found, default=None)
