"""
The Nepali of the rooms that employers and employees come into: complete, with every value, written as Nepali is.

What only the fund's own people read may stay English in a fund of Nepal.
"""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Catalog

from portal.web import catalogue
from tests.web.test_catalogue import PLACE, both

#: The rooms whose every sentence is in Nepali.
ROOMS = (
    "portal/account/", "portal/auth/", "portal/cases/", "portal/colleagues/", "portal/contributions/",
    "portal/employees/", "portal/employers/", "portal/ledger/", "portal/notices/told/", "portal/payments/",
    "portal/people/", "portal/tabular/", "portal/web/", "portal/demo/nepal/", "portal/scheme/packs/np-ssf.toml",
    "portal/scheme/allocation.py", "portal/scheme/deadlines.py", "portal/scheme/entitlement.py",
    "portal/scheme/days/bikram_sambat.py", "portal/scheme/days/due_terms.py", "portal/scheme/days/rest_days.py",
    "portal/scheme/lateness/explained.py", "portal/scheme/lateness/sentences.py", "portal/scheme/pay/told.py",
    "portal/scheme/pay/told_shares.py", "portal/scheme/identity.py", "portal/templates/account/",
    "portal/templates/auth/", "portal/templates/base.html", "portal/templates/cases/", "portal/templates/colleagues/",
    "portal/templates/components/", "portal/templates/contributions/", "portal/templates/employees/",
    "portal/templates/employers/", "portal/templates/mail/", "portal/templates/notices/choices.html",
    "portal/templates/notices/messages.html", "portal/templates/notices/stop.html", "portal/templates/payments/",
    "portal/templates/pdf/", "portal/templates/practice/", "portal/templates/roster/",
    "portal/templates/schemes/contribution.html", "portal/templates/schemes/late.html", "portal/templates/web/",
    "portal/templates/work/", "portal/work.py", "portal/bank/claims.py",
    "portal/bank/claiming/closing.py", "portal/bank/pages/claim_views.py",
    "portal/templates/bank/claim.html", "portal/gateway/billing.py", "portal/templates/gateway/beside_bill.html",
)  # fmt: skip
#: Of these rooms, what only the fund's own people read.
OF_THE_FUND = (
    "portal/cases/queries.py", "portal/payments/fund_views.py", "portal/payments/taking_back.py",
    "portal/templates/payments/fund_", "portal/templates/payments/take_back.html",
)  # fmt: skip
#: Latin words that stand in Nepali sentences: kinds of files, names, examples of what is typed.
LATIN = re.compile(
    r"PDF|CSV|XLSX|JSON|XML|PNG|JPEG|QR|SHA-256|UTF-8|Excel|Text|#N/A|[kM]B|PAN|NAPSA|SSF|RF|"
    r"\S+@\S+|ACDE-FGHJ|https?://\S+|\{\w+\}|`[^`]*`"
)
LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
#: A sentence whose last words are a value or an address has no danda after it.
OPEN_ENDED = re.compile(r"(%\(\w+\)s|\S+@\S+|\{\w+\})\.$")


@pytest.fixture(scope="module")
def nepali() -> Catalog:
    return catalogue.read("ne")


def translated(catalog: Catalog) -> list[tuple[str, str]]:
    """Each English form with its Nepali, where there is one."""
    return [(english, said) for message in catalog if message.id for english, said in both(message) if said]


def of_these_rooms(name: str) -> bool:
    """Whether a file is read by employers and employees."""
    return name.startswith(ROOMS) and not name.startswith(OF_THE_FUND)


def test_the_sentences_of_these_rooms_are_in_nepali(nepali: Catalog) -> None:
    """Where this fails, type `make messages` and write the Nepali of what it names."""
    missing, every = [], 0
    for message in catalogue.collected():
        rooms = sorted({name for name, _line in message.locations if of_these_rooms(name)})
        if message.id and rooms:
            every += 1
            first = message.id if isinstance(message.id, str) else message.id[0]
            found = nepali.get(first, message.context)
            if found is None or not found.string or not all(found.string):
                missing.append((first, rooms))
    assert every > 1500
    assert missing == []


def test_every_value_of_a_sentence_stands_in_its_nepali(nepali: Catalog) -> None:
    wrong = []
    for message in nepali:
        for english, said in both(message) if message.id and all(message.string) else ():
            wanted, got = sorted(PLACE.findall(english)), sorted(PLACE.findall(said))
            plural = message.id[1] if isinstance(message.id, tuple) else ""
            if english != "%(day)s (%(gregorian)s)" and wanted != got and not set(got) <= set(PLACE.findall(plural)):
                wrong.append((english, said))
    assert wrong == []


def test_a_message_keeps_the_names_that_a_fund_may_write(nepali: Catalog) -> None:
    braces = re.compile(r"\{\w+\}")
    pairs = translated(nepali)
    assert [pair for pair in pairs if set(braces.findall(pair[0])) != set(braces.findall(pair[1]))] == []


def test_a_sentence_ends_as_nepali_sentences_do(nepali: Catalog) -> None:
    """With a danda, never with a full stop, and with no space before it."""
    wrong = []
    for english, said in translated(nepali):
        stopped = english.endswith(".") and not OPEN_ENDED.search(english)
        if (stopped and not said.endswith(("।", "?"))) or said.endswith(".") or " ।" in said or "|" in said:
            wrong.append((english, said))
    assert wrong == []


def test_a_verb_in_the_past_is_written_with_its_half_letter(nepali: Catalog) -> None:
    """गर्‍यो has a joiner that is not seen; without it the letters take another shape."""
    assert [said for _english, said in translated(nepali) if "र्यो" in said] == []


def test_no_english_word_is_left_in_a_nepali_sentence(nepali: Catalog) -> None:
    left = [said for _english, said in translated(nepali) if LATIN_WORD.search(LATIN.sub("", PLACE.sub("", said)))]
    assert left == []
