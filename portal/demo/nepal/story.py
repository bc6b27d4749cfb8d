"""The Himal fund: Nepal's five branches in one scheme, twelve employers, six hundred people, fourteen months."""

from __future__ import annotations

import random

from portal.auth.models import EmployerRole
from portal.demo.nepal.cards import CARDS
from portal.demo.nepal.characters import CHARACTERS, MEN, SURNAMES, WOMEN
from portal.demo.story import Agent, Character, Country, Known, Story

#: Permanent account numbers are these, one step apart, in the order of the employers.
FIRST_TAX_NUMBER, STEP = 301000000, 7919
#: A citizenship number ends with five digits; before them stand district, office and year.
SERIALS = 90_000


def _citizenship(number: int, lot: random.Random) -> str:
    district, serial = divmod(number, SERIALS)
    return f"{10 + district:02d}-{lot.randrange(1, 4):02d}-{lot.randrange(45, 80)}-{10_000 + serial}"


NEPAL = Country(
    surnames=SURNAMES,
    women=WOMEN,
    men=MEN,
    numbers=range(SERIALS),
    national_id=_citizenship,
    tax_number=lambda place: str(FIRST_TAX_NUMBER + STEP * place),
    telephone=("+977985", 7),
    mobile=("+97798", 8),
    street="Ward %s, Example Road",
    bank="Practice Bank Nepal, Main Branch",
    company="%s Private Limited",
)

STORY = Story(
    schemes=("np-ssf",),
    country=NEPAL,
    characters=CHARACTERS,
    cards=CARDS,
    known={
        ("marsyangdi-hydro", 0): Known("40-01-66-04512", "Maya", "Gurung", "F"),
        ("new-road-traders", 0): Known("27-01-70-06018", "Dipak", "Shrestha", "M"),
        ("koshi-transport", 0): Known("05-02-68-03377", "Arjun", "Limbu", "M"),
    },
    agents=(
        Agent("clerk", EmployerRole.CLERK, ("marsyangdi-hydro",)),
        Agent("signatory", EmployerRole.SIGNATORY, ("marsyangdi-hydro",)),
        Agent("viewer", EmployerRole.VIEWER, ("everest-noodles", "saraswati-school", "annapurna-treks")),
    ),
    waits=Character(
        "chitwan-poultry",
        "Chitwan Poultry Private Limited",
        "Chitwan Poultry",
        "company",
        "A",
        "NP-P3-10",
        14,
        12170,
        26000,
    ),
)
