"""Names, cards and birth dates for the people of a practice fund, drawn by a seeded lot."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from portal.demo.story import BORN_FROM, YEARS, Story
from portal.people.service import PersonFacts


class People:
    """An endless line of people, each with a national identity number nobody else has."""

    def __init__(self, story: Story, numbers: Iterator[int], lot: random.Random) -> None:
        self.country, self.known, self.lot = story.country, story.known, lot
        self._numbers = numbers

    def full_name(self) -> str:
        """Somebody's name."""
        return f"{self.lot.choice(self.country.women + self.country.men)} {self.lot.choice(self.country.surnames)}"

    def next(self, employer: str, position: int, women: int = 50) -> PersonFacts:
        """The next person, or the one on a sign-in card who has this place; *women* are so many of a hundred."""
        sex = "F" if self.lot.randrange(100) < women else "M"
        first = self.lot.choice(self.country.women if sex == "F" else self.country.men)
        surname = self.lot.choice(self.country.surnames)
        number = self.country.national_id(next(self._numbers), self.lot)
        if (employer, position) in self.known:
            one = self.known[employer, position]
            number, first, surname, sex = one.national_id, one.first_name, one.surname, one.sex
        begin, digits = self.country.mobile
        figures = "".join(filter(str.isdigit, number))
        return PersonFacts(
            national_id=number,
            surname=surname,
            first_name=first,
            sex=sex,
            birth_date=BORN_FROM + timedelta(days=self.lot.randrange(365 * YEARS)),
            phone=f"{begin}{self.lot.randrange(10**digits):0{digits}d}",
            email=f"{first}.{surname}.{figures}@mail.example".lower(),
        )
