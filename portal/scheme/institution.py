"""
The institution: what a fund is, as frozen values that ``fund.py`` reads from its file.

One installation serves one fund, and a fund runs one or more schemes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from portal.scheme.blocks.pack import Pack
from portal.scheme.identity import IdentityRules, NumberRule, PhoneRule
from portal.scheme.money import Currency, Minor
from portal.words import Words, _


@dataclass(frozen=True, slots=True)
class Colours:
    """The fund's colours as #rrggbb: its own, the text on it, and a paler ground."""

    brand: str
    on_brand: str
    pale: str


@dataclass(frozen=True, slots=True)
class Contact:
    """How the fund is reached."""

    email: str
    phone: str
    address: tuple[str, ...]
    hours: str


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where employers pay."""

    name: str
    number: str
    bank: str
    branch: str
    swift: str


@dataclass(frozen=True, slots=True)
class Location:
    """A place of the location tree, and the places in it."""

    code: str
    name: str
    places: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a closed list: the code that is kept and the name that is shown."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class LegalForm:
    """A legal form, and the codes of the documents a registration has to bring."""

    code: str
    name: str
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bucket:
    """An age of arrears in days after the due day, both ends included; *last* is None for the oldest."""

    first: int
    last: int | None

    @property
    def name(self) -> Words:
        """The heading of its column."""
        if self.last is None:
            return _("over %(days)s days", days=self.first - 1)
        return _("%(first)s to %(last)s days", first=self.first, last=self.last)


@dataclass(frozen=True, slots=True)
class Limits:
    """
    From when a wage looks like a slip: a change by more than *wage_jump*, or more than *most_wage* a month.

    And from when what was declared seems odd: people, or earnings per head, that changed by more than *odd_change*
    against the month before; nothing is odd about fewer than *odd_people* people.

    And up to which amount one officer books money that an employer claims: more than *claim_alone* needs two people.
    """

    wage_jump: Fraction
    most_wage: Minor
    odd_change: Fraction = Fraction(1, 2)
    odd_people: int = 10
    claim_alone: Minor = 0


@dataclass(frozen=True, slots=True)
class Off:
    """Something a pack does not know and the fund decided to do without: *source* says by which decision of *date*."""

    scheme: str
    what: str
    date: date
    source: str


@dataclass(frozen=True, slots=True)
class Gateway:
    """
    The payment gateway a fund has: how people know it, and which provider speaks with it.

    *pays* is exact (the bill's amount only), partial (in parts, up to it) or any; a bill can be paid there *days* long.
    """

    name: str
    provider: str
    pays: str
    days: int


@dataclass(frozen=True, slots=True, eq=False)
class Fund:
    """Everything one institution decides for itself."""

    name: str
    short_name: str
    practice: bool
    logo: str
    colours: Colours
    contact: Contact
    bank: BankAccount
    languages: tuple[str, ...]
    timezone: str
    currency: Currency
    location_levels: tuple[str, ...]
    locations: tuple[Location, ...]
    identity: IdentityRules
    tax_number: IdentityRules
    insurance_number: NumberRule
    employer_number: NumberRule
    phone: PhoneRule
    documents: tuple[Choice, ...]
    legal_forms: tuple[LegalForm, ...]
    activities: tuple[Choice, ...]
    leave_reasons: tuple[Choice, ...]
    categories: tuple[Choice, ...]
    ageing: tuple[Bucket, ...]
    schemes: tuple[str, ...]
    products: Mapping[tuple[str, str], str]
    series: Mapping[str, str]
    limits: Limits
    packs: Mapping[str, Pack]
    #: What readers of a language get for a text of the file.
    words: Mapping[str, Mapping[str, str]]
    off: tuple[Off, ...]
    hash: str
    #: Days within which a kind of work should be done, where the fund means others than the portal does.
    service_days: Mapping[str, int] = field(default_factory=dict)
    #: The employers' roles that must sign in with a second step; everybody else may.
    second_step_for: tuple[str, ...] = ()
    #: None: no button, no route, no job.
    gateway: Gateway | None = None

    def pack(self, scheme: str) -> Pack:
        """The rules of one of its schemes."""
        return self.packs[scheme]

    def location(self, code: str) -> Location | None:
        """The place of this code, wherever in the tree it stands."""
        return next((place for place in _everywhere(self.locations) if place.code == code), None)

    def path_to(self, code: str) -> tuple[Location, ...]:
        """The place of this code with all it lies in, the widest first; empty when there is none."""
        return _path(self.locations, code)

    def legal_form(self, code: str) -> LegalForm | None:
        """The legal form of this code."""
        return next((form for form in self.legal_forms if form.code == code), None)

    def documents_for(self, legal_form: str) -> tuple[Choice, ...]:
        """The documents a registration of this legal form has to bring."""
        form = self.legal_form(legal_form)
        wanted = form.documents if form else ()
        return tuple(document for document in self.documents if document.code in wanted)

    def called(self, text: str, language: str) -> str:
        """A text of the fund's file in a language; as it stands there when nothing else is given for it."""
        return self.words.get(language, {}).get(text, text)

    def bucket_of(self, days_late: int) -> Bucket | None:
        """The age of arrears so many days after the due day; None when it is not past."""
        if days_late <= 0:
            return None
        return next((one for one in self.ageing if one.last is None or days_late <= one.last), self.ageing[-1])

    def product_of(self, scheme: str, branch: str) -> str | None:
        """The product in the core that a branch of a scheme is; None when the core is not told of it."""
        return self.products.get((scheme, branch))


def _everywhere(places: tuple[Location, ...]) -> list[Location]:
    return [found for place in places for found in (place, *_everywhere(place.places))]


def _path(places: tuple[Location, ...], code: str) -> tuple[Location, ...]:
    for place in places:
        if place.code == code:
            return (place,)
        inner = _path(place.places, code)
        if inner:
            return (place, *inner)
    return ()
