"""
What an applicant is asked, page by page, and what is still wrong with the answers (pure).

Answers are kept as typed, wrong ones too, so that nothing typed is ever lost; the same checks
run when a page is saved, when the application is submitted and when it is approved.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from email_validator import EmailNotValidError, validate_email

from portal.scheme.fund import Fund, Location
from portal.words import Words, _

#: Field -> what was typed; the schemes are a list of their ids.
Answers = Mapping[str, str | list[str]]

#: No enterprise of today began to employ before, and none applies longer ahead.
FIRST_YEAR, AHEAD = 1900, timedelta(days=366)
LONGEST, MOST_PEOPLE = 200, 1_000_000
#: An answer far too long is cut here when it is kept: enough to see what it was.
KEPT = 1000

#: Marks that move or hide other marks; nobody types them, and they make two names look alike.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
#: Hidden too, but inside a word some scripts are written with them.
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer on a page.  *problem* says what to do about a filled-in one, given all answers."""

    name: str
    label: Words
    missing: Words | None
    problem: Callable[[str, Fund, date], Words | None] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One topic, asked on one page; *name* stands in its address."""

    name: str
    title: Words
    asked: tuple[Asked, ...]


def clean(text: str) -> str:
    """
    The text without hidden marks and with single spaces, in one way of writing accents.

    >>> clean("  Kafue\\u200b  Mining\\x00 ")
    'Kafue Mining'
    """
    composed = unicodedata.normalize("NFC", text[: KEPT * 4])
    spaced = "".join(" " if mark.isspace() else mark for mark in composed)
    seen = "".join(mark for mark in spaced if mark in _JOINERS or unicodedata.category(mark) not in _HIDDEN)
    return " ".join(seen.split())[:KEPT].strip(_JOINERS)


def read_day(text: str) -> date | None:
    """
    The day typed as day, month and year; None when there is no such day.

    >>> read_day("5-11-2026")
    datetime.date(2026, 11, 5)
    """
    parts = re.findall(r"[0-9]+", text)
    if len(parts) != 3 or re.search(r"[^0-9\s./-]", text):
        return None
    try:
        return date(int(parts[2]), int(parts[1]), int(parts[0]))
    except (ValueError, OverflowError):
        return None


def read_count(text: str) -> int | None:
    """
    A number of people, typed with or without gaps; None when it is not one.

    >>> read_count("1 200"), read_count("a dozen")
    (1200, None)
    """
    compact = re.sub(r"[\s,.']", "", text)
    return int(compact) if compact.isascii() and compact.isdigit() and len(compact) <= 9 else None


def places(fund: Fund) -> dict[str, list[tuple[str, str]]]:
    """The smallest places of the location tree as (code, name), by the widest place they lie in."""
    return {top.name: list(_smallest(top.places or (top,), ())) for top in fund.locations}


def place_in_words(fund: Fund, code: str) -> str:
    """A place with all it lies in, the smallest first: "Kafue, Lusaka Province"."""
    return ", ".join(place.name for place in reversed(fund.path_to(code)))


def _smallest(inside: tuple[Location, ...], above: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    for place in inside:
        named = (*above, place.name)
        if place.places:
            yield from _smallest(place.places, named)
        else:
            yield place.code, ", ".join(reversed(named))


def _tax_number(text: str, fund: Fund, today: date) -> Words | None:
    return fund.tax_number.problem(text)


def _legal_form(text: str, fund: Fund, today: date) -> Words | None:
    return None if fund.legal_form(text) else _("Choose one of the legal forms in the list.")


def _activity(text: str, fund: Fund, today: date) -> Words | None:
    known = any(choice.code == text for choice in fund.activities)
    return None if known else _("Choose one of the activities in the list.")


def _location(text: str, fund: Fund, today: date) -> Words | None:
    known = any(text == code for inside in places(fund).values() for code, _name in inside)
    return None if known else _("Choose one of the places in the list.")


def _phone(text: str, fund: Fund, today: date) -> Words | None:
    return fund.phone.problem(text)


def _email(text: str, fund: Fund, today: date) -> Words | None:
    try:
        checked = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        checked = None
    if checked is None or not text.isascii() or checked.original != text:
        return _("Write one e-mail address in plain letters, for example pay@example.com.")
    return None


def _bank_account(text: str, fund: Fund, today: date) -> Words | None:
    compact = re.sub(r"[\s-]", "", text)
    if re.fullmatch(r"[0-9A-Za-z]{4,34}", compact):
        return None
    return _("Write the account number as on the bank statement: 4 to 34 digits and letters.")


def _first_day(text: str, fund: Fund, today: date) -> Words | None:
    day = read_day(text)
    if day is None:
        return _("Write the day as three numbers, for example 27 3 2024.")
    if day.year < FIRST_YEAR:
        return _("Look at the year: %(day)s is too long ago.", day=day)
    if day > today + AHEAD:
        return _("Look at the year: %(day)s is more than a year ahead. Register closer to that day.", day=day)
    return None


def _headcount(text: str, fund: Fund, today: date) -> Words | None:
    count = read_count(text)
    if count is None:
        return _("Write the number of employees in figures, for example 12.")
    if not 1 <= count <= MOST_PEOPLE:
        return _("Write a number of employees from 1 to 1,000,000.")
    return None


PAGES = (
    Page("names", _("Name and numbers"), (
        Asked("legal_name", _("Legal name"), _("Write the name as it stands on the certificate of registration.")),
        Asked("trade_name", _("Trade name"), None),
        Asked("tax_number", _("Tax number"), _("Write the tax number of the enterprise."), _tax_number),
        Asked("registration_number", _("Registration number"), None),
    )),
    Page("activity", _("Legal form and activity"), (
        Asked("legal_form", _("Legal form"), _("Choose the legal form."), _legal_form),
        Asked("activity", _("Main activity"), _("Choose the main activity."), _activity),
    )),
    Page("address", _("Address"), (
        Asked("location", _("Place"), _("Choose the place."), _location),
        Asked("address", _("Street or plot, and postal address"), _("Write where the enterprise can be found.")),
    )),
    Page("contact", _("Contact"), (
        Asked("contact_name", _("Contact person"), _("Write the name of someone we can ask for.")),
        Asked("phone", _("Telephone"), _("Write a telephone number."), _phone),
        Asked("email", _("E-mail address"), _("Write an e-mail address."), _email),
    )),
    Page("bank", _("Bank account"), (
        Asked("bank_name", _("Bank and branch"), None),
        Asked("bank_account", _("Account number"), None, _bank_account),
    )),
    Page("work", _("Employees"), (
        Asked("first_employment_day", _("First day of employment"), _("Write the day the first employee began."),
              _first_day),
        Asked("headcount", _("Number of employees"), _("Write how many people you employ now."), _headcount),
    )),
    Page("schemes", _("Schemes"), (
        Asked("schemes", _("Schemes to enrol in"), _("Choose at least one scheme.")),
    )),
)  # fmt: skip

_BY_NAME = {page.name: page for page in PAGES}
FIELDS = {asked.name: asked for page in PAGES for asked in page.asked}


def page_named(name: str) -> Page | None:
    """The page of this name, or None."""
    return _BY_NAME.get(name)


def page_of(field: str) -> Page | None:
    """The page on which a field is asked; None for a document."""
    return next((page for page in PAGES if any(asked.name == field for asked in page.asked)), None)


def text_of(answers: Answers, field: str) -> str:
    """What was typed into a text field; nothing is empty text."""
    value = answers.get(field, "")
    return value if isinstance(value, str) else ""


def schemes_of(answers: Answers) -> list[str]:
    """The ids of the schemes that were ticked."""
    value = answers.get("schemes", [])
    return value if isinstance(value, list) else []


def kept(field: str, text: str, fund: Fund) -> str:
    """The form in which an answer is kept: numbers that are right in their normal form, all else as typed."""
    match field:
        case "tax_number" if fund.tax_number.problem(text) is None:
            return fund.tax_number.normalise(text)
        case "phone" if fund.phone.problem(text) is None:
            return fund.phone.normalise(text)
        case "registration_number":
            return text.upper()
        case "email" if "@" in text:
            name, _at, host = text.rpartition("@")
            return f"{name}@{host.lower()}"
    return text


def problems(answers: Answers, fund: Fund, today: date, pages: Iterable[Page] = PAGES) -> dict[str, Words]:
    """What is missing or cannot be right on the *pages*, by field, each with what to do."""
    found: dict[str, Words] = {}
    for asked in (asked for page in pages for asked in page.asked):
        words = _schemes(answers, asked, fund) if asked.name == "schemes" else _text(answers, asked, fund, today)
        if words is not None:
            found[asked.name] = words
    return found


def _text(answers: Answers, asked: Asked, fund: Fund, today: date) -> Words | None:
    text = text_of(answers, asked.name)
    if not text:
        return _paired(answers, asked.name) or asked.missing
    if len(text) > LONGEST:
        return _("Shorten this to %(longest)s characters; it has %(found)s.", longest=LONGEST, found=len(text))
    return asked.problem(text, fund, today) if asked.problem else None


def _paired(answers: Answers, field: str) -> Words | None:
    """A bank without an account number, or the other way round, is of no use."""
    if field == "bank_name" and text_of(answers, "bank_account"):
        return _("Write the bank as well, or leave out the account number.")
    if field == "bank_account" and text_of(answers, "bank_name"):
        return _("Write the account number as well, or leave out the bank.")
    return None


def _schemes(answers: Answers, asked: Asked, fund: Fund) -> Words | None:
    chosen = schemes_of(answers)
    if not chosen:
        return asked.missing
    return None if set(chosen) <= set(fund.schemes) else _("Choose from the schemes in the list.")
