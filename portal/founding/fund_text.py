"""The files of a new fund as text: what was answered, and for all else what is usual until somebody changes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from portal.founding.questions import country_of, listed, pack_of
from portal.scheme.blocks.pack import Pack

#: Lists that most funds begin with: ages of arrears, documents, legal forms, reasons to leave, activities.
USUAL = Path(__file__).with_name("usual.toml")
PLACES = "places.csv"

HEAD = """\
# What this fund is.  Everything an institution decides for itself stands here, and is checked when the
# portal starts: every mistake is told at once.  Numbers stand in quotes.  What is "to be decided" is
# asked for by the page "Ready to go live?".
"""


def fund_toml(given: Mapping[str, str]) -> str:
    """The fund's file; it names `PLACES` and, for its own values, the folder ``overlays``."""
    packs = [pack for id in listed(given["schemes"]) if (pack := pack_of(id)) is not None]
    parts = [HEAD, *_institution(given), *_numbers(given), *_usual_sections(given), *_products(packs)]
    return "".join(parts) + "\n" + USUAL.read_text(encoding="utf-8")


def places_csv(given: Mapping[str, str]) -> str:
    """A table of places with one in it, to be replaced by the fund's own."""
    name = country_of(given).name or given["country"]
    return f'code,name,in\n{given["country"]},"{name.replace(chr(34), "")}",\n'


def overlays_readme() -> str:
    """What belongs into the folder of a fund's own values."""
    return (
        "A file here, named after a scheme (np-ssf.toml), adds to or replaces a value of that scheme's pack: each with "
        "the day\nfrom which it holds and the decision it rests on. `flask scheme missing` lists what is not known yet."
        "\n\n"
        'overlay_of = "np-ssf"\n\n[source.board]\ntitle = "Resolution 4 of the board"\nkind = "decision"\n'
        'date = 2026-01-15\n\n[[due.payment]]\nfrom = 2026-02-01\nrule = "day_of_month"\nnumber = "15"\n'
        'source = "board"\n'
    )


def _institution(given: Mapping[str, str]) -> Iterator[str]:
    yield _section("", {
        "name": given["name"],
        "short_name": given["short_name"],
        "practice": given["practice"] == "yes",
        "logo": "img/fund.svg",
        "languages": listed(given["languages"]),
        "timezone": given["timezone"],
        "schemes": listed(given["schemes"]),
        "location_levels": country_of(given).levels,
        "location_file": PLACES,
    })  # fmt: skip
    yield _section("currency", {"code": given["currency"], "digits": given["currency_digits"]})
    yield _section("colours", {"brand": "#0b5563", "on_brand": "#ffffff", "pale": "#e8f1f3"})
    contact = {"email": given["email"], "phone": given["phone"], "address": listed(given["address"])}
    yield _section("contact", {**contact, "hours": given["hours"]})
    bank = {key: given[f"bank_{key}"] for key in ("number", "bank", "branch", "swift")}
    yield _section("bank", {"name": given["bank_holder"], **bank})


def _numbers(given: Mapping[str, str]) -> Iterator[str]:
    yield "\n# In a pattern 9 stands for a digit, A for a letter.  Compare it with a card before you go live.\n"
    yield _kind("identity", "national_id", "national identity number", given["identity_pattern"])
    yield _kind("tax_number", "tax", "tax number", given["tax_pattern"])
    counted = {"check": "luhn", "given_by_portal": True}
    yield _section("insurance_number", {"name": "insurance number", "digits": "8", "first": "10000001", **counted})
    number = {"name": "employer number", "prefix": "E", "digits": "6", "first": "100001", **counted}
    yield _section("employer_number", number)
    digits = given["phone_digits"]
    example = "1" * int(digits)  # whose telephone it is nobody knows; the country's own where it is known
    of_country = country_of(given).phone
    known = (of_country[0], str(of_country[1])) == (given["phone_country"], digits)
    phone = {"country": given["phone_country"], "digits": digits, "example": of_country[2] if known else example}
    yield _section("phone", phone)


def _kind(section: str, code: str, name: str, pattern: str) -> str:
    values = {"code": code, "name": name, "pattern": pattern, "check": "none", "example": example_of(pattern)}
    return _section(f"[{section}.kind]", values)


def example_of(pattern: str) -> str:
    """
    A number of this pattern.

    >>> example_of("999999/99/9"), example_of("A99")
    ('123456/78/9', 'A12')
    """
    digits, letters = iter("1234567890" * 6), iter("ABCDEFGHIJ" * 6)
    drawn = {"9": digits, "A": letters}
    return "".join(next(drawn[place]) if place in drawn else place for place in pattern)


def _usual_sections(given: Mapping[str, str]) -> Iterator[str]:
    letters = {"acknowledgement": "A", "bill": "B", "receipt": "R", "application": "T", "credit_note": "C"}
    yield _section("series", letters)
    yield (
        "\n# Beyond these a wage is asked about, not refused, and a month is looked at.\n"
        "# Money that an employer claims is booked by one officer up to claim_alone, by two people above it.\n"
    )
    cents = "." + "0" * int(given["currency_digits"]) if int(given["currency_digits"]) else ""
    limits = {"wage_jump": "50 %", "most_wage": f"1000000{cents}", "odd_change": "50 %", "odd_people": "10"}
    yield _section("limits", {**limits, "claim_alone": f"0{cents}"})


def _products(packs: Sequence[Pack]) -> Iterator[str]:
    """A code for each branch that opens cover: the core has to have a product of that code."""
    for pack in (pack for pack in packs if pack.opens_coverage):
        letters = re.sub(r"[^A-Z]", "", pack.id.partition("-")[2].upper())[:6]
        for number, branch in enumerate(pack.branches, 1):
            code = f"{letters}{number:02d}"
            yield _section("[product]", {"scheme": pack.id, "branch": branch.code, "core_code": code})


def _section(name: str, values: Mapping[str, object]) -> str:
    head = f"\n[{name}]\n" if name else ""
    return head + "".join(f"{key} = {_value(value)}\n" for key, value in values.items())


def _value(value: object) -> str:
    """As TOML writes it: its strings in double quotes are those of JSON."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
