"""Names, cards and birth dates for the people of the practice fund, drawn by a seeded lot."""

from __future__ import annotations

import random
from datetime import date, timedelta

from portal.demo.characters import MEN, SURNAMES, WOMEN
from portal.people.service import PersonFacts

#: People one may come in as: (employer, position) -> national identity number, first name, surname, sex.
KNOWN = {
    ("kafue-mining", 0): ("412087/61/1", "Chanda", "Mulenga", "M"),
    ("mosi-transport", 0): ("305518/64/1", "Bwalya", "Sakala", "F"),
}


class People:
    """An endless line of people, each with a national identity number nobody else has."""

    def __init__(self, lot: random.Random) -> None:
        self.lot = lot
        self._numbers = iter(lot.sample(range(100000, 299999), 5000))

    def full_name(self) -> str:
        """Somebody's name."""
        return f"{self.lot.choice(WOMEN + MEN)} {self.lot.choice(SURNAMES)}"

    def next(self, employer: str, position: int) -> PersonFacts:
        """The next person; the first ones of two employers are those on the sign-in cards."""
        sex = self.lot.choice(("F", "M"))
        names = WOMEN if sex == "F" else MEN
        first, surname = self.lot.choice(names), self.lot.choice(SURNAMES)
        number = f"{next(self._numbers)}/{self.lot.randrange(10, 75)}/1"
        if (employer, position) in KNOWN:
            number, first, surname, sex = KNOWN[employer, position]
        plain = f"{first}.{surname}.{number[:6]}".lower()
        return PersonFacts(
            national_id=number,
            surname=surname,
            first_name=first,
            sex=sex,
            birth_date=date(1966, 1, 1) + timedelta(days=self.lot.randrange(365 * 40)),
            phone=f"+26097{self.lot.randrange(10**7):07d}",
            email=f"{plain}@mail.example",
        )
