"""The Zambezi fund: two schemes of Zambia, twelve employers, six hundred people, fourteen months."""

from __future__ import annotations

import random

from portal.auth.models import EmployerRole
from portal.demo.cards import CARDS
from portal.demo.characters import CHARACTERS, MEN, SURNAMES, WOMEN
from portal.demo.story import Agent, Character, Country, Known, Story

#: Tax numbers are these, one step apart, in the order of the employers.
FIRST_TAX_NUMBER, STEP = 1001000000, 7919


def _registration_card(number: int, lot: random.Random) -> str:
    return f"{number}/{lot.randrange(10, 75)}/1"


ZAMBIA = Country(
    surnames=SURNAMES,
    women=WOMEN,
    men=MEN,
    numbers=range(100000, 299999),
    national_id=_registration_card,
    tax_number=lambda place: str(FIRST_TAX_NUMBER + STEP * place),
    telephone=("+26021", 7),
    mobile=("+26097", 7),
    street="Plot %s, Independence Avenue",
    bank="Practice Bank Zambia, Main Branch",
)

STORY = Story(
    schemes=("zm-nhima", "zm-napsa"),
    country=ZAMBIA,
    characters=CHARACTERS,
    cards=CARDS,
    known={
        ("kafue-mining", 0): Known("412087/61/1", "Chanda", "Mulenga", "M"),
        ("mosi-transport", 0): Known("305518/64/1", "Bwalya", "Sakala", "F"),
    },
    agents=(
        Agent("clerk", EmployerRole.CLERK, ("kafue-mining",)),
        Agent("signatory", EmployerRole.SIGNATORY, ("kafue-mining",)),
        Agent("viewer", EmployerRole.VIEWER, ("zambezi-foods", "chilenje-school", "ndola-print")),
    ),
    waits=Character(
        "chongwe-dairy", "Chongwe Dairy Limited", "Chongwe Dairy", "company", "A", "ZM-09-03", 14, 2500, 9000
    ),
)
