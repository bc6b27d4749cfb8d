"""
What a practice fund is made of: its employers and how they behave, its people, and who one may come in as.

Each fund tells a story of its own (`portal.demo.stories`); the maker lives it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from portal.auth.models import EmployerRole


@dataclass(frozen=True)
class Card:
    """Somebody to come in as: by their address or, an employee, by their national identity number."""

    code: str
    title: str
    who: str
    hint: str
    goes_to: str
    email: str = ""
    national_id: str = ""
    at_fund: bool = False

    @property
    def side(self) -> str:
        """Where they stand: employer, employee or fund."""
        if self.national_id:
            return "employee"
        return "fund" if self.at_fund else "employer"


#: Days after the due day on which a month is paid; None: never.
OnTime, Late, Never = -2, 24, None


@dataclass(frozen=True)
class Character:
    """
    What an employer is and how it behaves.

    *pays* are days after the due day (negative: before), by number of months ago, the last entry
    holding for all older ones; None is "not paid yet".  *share* is the part it pays, in percent.
    Without *schemes* it is in all of the fund.  *bounces* is how many months ago its cheque came back.
    So many as *turnover* leave every so many months, and as many begin.  *lowest* and *highest* are
    wages a month in whole units; *women* is their share of the people in percent.
    """

    code: str
    legal_name: str
    trade_name: str
    legal_form: str
    activity: str
    location: str
    people: int
    lowest: int
    highest: int
    pays: tuple[int | None, ...] = (OnTime,)
    declares: bool = True
    share: int = 100
    rounds_up_to: int = 0
    months: int = 14
    schemes: tuple[str, ...] = ()
    closed_months: frozenset[int] = field(default_factory=frozenset)
    turnover: int = 0
    turnover_every: int = 1
    bounces: int | None = None
    women: int = 50

    @property
    def is_ever_late(self) -> bool:
        """Whether the night finds anything at this employer."""
        return self.share < 100 or self.bounces is not None or any(after is None or after > 0 for after in self.pays)


@dataclass(frozen=True)
class Agent:
    """Somebody on a sign-in card who acts for employers: the card's code, the role and the employers' codes."""

    card: str
    role: EmployerRole
    employers: tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """A person on a sign-in card: number, names and sex as on the identity document."""

    national_id: str
    first_name: str
    surname: str
    sex: str


@dataclass(frozen=True)
class Country:
    """
    How people and enterprises are called and numbered where the fund is.

    *national_id* and *tax_number* write the so-manieth number of their kind; *telephone* and *mobile* are
    the beginnings of numbers and how many digits follow.
    """

    surnames: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]
    #: The numbers from which those of a small fund are drawn, and the first one of a large fund.
    numbers: range
    national_id: Callable[[int, random.Random], str]
    tax_number: Callable[[int], str]
    telephone: tuple[str, int]
    mobile: tuple[str, int]
    street: str
    bank: str
    #: How the name of a company is written, and its legal form.
    company: str = "%s Limited"
    legal_form: str = "company"


@dataclass(frozen=True)
class Story:
    """A practice fund: for which schemes it is told, who is in it, and over how many months."""

    schemes: tuple[str, ...]
    country: Country
    characters: tuple[Character, ...]
    cards: tuple[Card, ...]
    #: (employer, position on its roster) -> the person of a card
    known: Mapping[tuple[str, int], Known]
    agents: tuple[Agent, ...]
    #: An application that waits to be decided; its telephone number is that of the first employer.
    waits: Character
    months: int = 14
    #: Each employer draws lots of its own, so that several processes can live a part of the story each.
    apart: bool = False

    def place_of(self, code: str) -> int:
        """The number of an employer in the story, from 1; the last for who is not in it yet."""
        codes = [one.code for one in self.characters]
        return codes.index(code) + 1 if code in codes else len(codes) + 1


#: The first day on which somebody of a practice fund may have been born, and how many years later the last one was.
BORN_FROM, YEARS = date(1966, 1, 1), 40
