"""
What is asked before a fund can be made, with what is usual where the fund will be.

The same questions are answered at the terminal, one by one, or in a file, all at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from portal.founding.countries import COUNTRIES, ELSEWHERE, Country
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import Unknown
from portal.scheme.pack import PackRefused, find_pack, load_pack, pack_ids

#: Stands where a fund has not decided yet; "Ready to go live?" asks for it.
UNDECIDED = "to be decided"
Given = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """
    One question: under which name it is answered in a file, what is asked, what is usual, and what cannot be.

    *usual* and *problem* know what was answered before.
    """

    name: str
    text: str
    usual: Callable[[Given], str]
    problem: Callable[[str, Given], str | None] = lambda _text, _given: None


def country_of(given: Given) -> Country:
    """What is usual in the country that was answered."""
    return COUNTRIES.get(given.get("country", ""), ELSEWHERE)


def listed(text: str) -> tuple[str, ...]:
    """An answer with several parts, between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


@cache
def pack_of(id: str) -> Pack | None:
    """A pack that comes with the portal, without its tests being run; None when there is none of this id."""
    try:
        return load_pack(find_pack(id), tests=False)
    except PackRefused:
        return None


def packs_of(country: str) -> list[Pack]:
    """The packs of a country that come with the portal."""
    found = [pack_of(id) for id in pack_ids("scheme")]
    return [pack for pack in found if pack is not None and pack.country == country]


def _proposed(given: Given) -> str:
    """The packs of the country that can be run as they are, and that count the same months."""
    able = [pack for pack in packs_of(given.get("country", "")) if not isinstance(pack.due.payment, Unknown)]
    return ", ".join(pack.id for pack in able if pack.calendar_name == able[0].calendar_name)


def _no_schemes(text: str, given: Given) -> str | None:
    unknown = [id for id in listed(text) if pack_of(id) is None]
    if unknown:
        return f"there is no pack {', '.join(unknown)}. `flask scheme list` shows those that there are."
    return None


def _pattern(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


def _like(fits: Callable[[str], bool], remedy: str) -> Callable[[str, Given], str | None]:
    return lambda text, _given: None if fits(text) else remedy


def _nothing(_given: Given) -> str:
    return ""


def _undecided(_given: Given) -> str:
    return UNDECIDED


_EMAIL = _like(_pattern(r"[^@\s]+@[^@\s]+\.[^@\s]+"), "write an e-mail address.")
_WRITTEN = _like(_pattern(r"(?=.*[9A])[9A /.\-]+"), "write 9 for each digit and A for each letter: 999999/99/9.")
_YES = _like(lambda text: text in ("yes", "no"), "write yes or no.")

QUESTIONS = (
    Question(
        "country", f"Country, two letters ({', '.join(COUNTRIES)}, or another)", _nothing,
        _like(_pattern("[A-Z]{2}"), "write the two letters of ISO 3166, such as ZM."),
    ),
    Question("name", "Name of the fund", _nothing),
    Question("short_name", "Short name, for the head of the pages", lambda given: given.get("name", "")[:40]),
    Question("practice", "Is it for practice only, with a clock that can be moved? (yes, no)", lambda _g: "no", _YES),
    Question("schemes", "Schemes, by the ids of their packs, between commas", _proposed, _no_schemes),
    Question(
        "languages", "Languages, the first one is the usual one", lambda given: ", ".join(country_of(given).languages),
        _like(lambda text: all(re.fullmatch("[a-z]{2,3}", one) for one in listed(text)), "write codes such as en, fr."),
    ),
    Question(
        "currency", "Currency, three letters", lambda given: country_of(given).currency,
        _like(_pattern("[A-Z]{3}"), "write the three letters of ISO 4217, such as ZMW."),
    ),
    Question(
        "currency_digits", "Digits after the point of an amount", lambda given: str(country_of(given).digits),
        _like(_pattern("[0-4]"), "write a number from 0 to 4."),
    ),
    Question(
        "timezone", "Time zone", lambda given: country_of(given).timezone,
        _like(lambda text: "/" in text and text in available_timezones(), "write a zone such as Africa/Lusaka."),
    ),
    Question("email", "E-mail address of the fund, for employers", _nothing, _EMAIL),
    Question("phone", "Telephone of the fund", _undecided),
    Question("address", "Postal address, lines between commas", _undecided),
    Question("hours", "Office hours", _undecided),
    Question("bank_holder", "Bank account: in whose name", lambda given: given.get("name", "")),
    Question("bank_number", "Bank account: number", _undecided),
    Question("bank_bank", "Bank account: bank", _undecided),
    Question("bank_branch", "Bank account: branch", _undecided),
    Question("bank_swift", "Bank account: SWIFT code", _undecided),
    Question(
        "phone_country", "Telephone code of the country, without +", lambda given: country_of(given).phone[0],
        _like(_pattern(r"[1-9]\d{0,2}"), "write one to three digits."),
    ),
    Question(
        "phone_digits", "Digits of a telephone number, without the code and without a first 0",
        lambda given: str(country_of(given).phone[1]), _like(_pattern(r"\d{1,2}"), "write a number."),
    ),
    Question(
        "identity_pattern", "How a national identity number is written: 9 is a digit, A a letter",
        lambda given: country_of(given).identity, _WRITTEN,
    ),
    Question(
        "tax_pattern", "How the tax number of an enterprise is written", lambda given: country_of(given).tax, _WRITTEN
    ),
    Question("administrator_name", "First administrator: name", _nothing),
    Question("administrator_email", "First administrator: e-mail address", _nothing, _EMAIL),
)  # fmt: skip
BY_NAME = {question.name: question for question in QUESTIONS}


def problem_of(question: Question, text: str, given: Given) -> str | None:
    """What is wrong with an answer, and what to do about it."""
    if not text:
        return "this is missing."
    if len(text) > 500 or not text.isprintable():
        return "write one line of at most 500 characters."
    return question.problem(text, given)


def answered(said: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Every answer, the usual one where nothing was said, and all that is wrong, one line each."""
    given: dict[str, str] = {}
    wrong = [f"{name}: nothing is asked under this name. Correct its spelling." for name in _unasked(said)]
    for question in QUESTIONS:
        given[question.name] = said.get(question.name, "").strip() or question.usual(given)
        problem = problem_of(question, given[question.name], given)
        if problem:
            wrong.append(f"{question.name}: {problem} ({question.text})")
    return given, wrong


def _unasked(said: Mapping[str, str]) -> Iterator[str]:
    return (name for name in said if name not in BY_NAME)
