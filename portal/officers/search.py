"""
One search over everything that has a number or a name; read-only.

A number finds its thing whole, however it was typed; a name or a reference of a bank finds by a part.  An officer of
some districts finds what is there, as everywhere (`auth.scope`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from portal.auth.access import Right
from portal.cases.kinds import KINDS
from portal.cases.models import Case
from portal.contributions.models import Declaration
from portal.employers.models import Employer, Employment, Registration
from portal.installation import fund, month_words
from portal.payments.models import Bill, Payment, Receipt
from portal.people.models import Person
from portal.scheme.identity import NumberRule
from portal.words import Amount, Words, _

#: Things of one kind that are listed; shortest part of a name that is looked for.
SHOWN, SHORTEST = 10, 3


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: what it is called, what it is about, and where it is."""

    title: str
    about: Words | str
    employer: str
    url: str


@dataclass(frozen=True, slots=True)
class Found:
    """Hits of one kind; *more* when there are others that fit as well."""

    code: str
    title: Words
    hits: Sequence[Hit]
    more: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that can be found.  Any of *rights* is needed to find it; none asked: everybody of the fund."""

    code: str
    title: Words
    look: Callable[[Session, str], list[Hit]]
    rights: frozenset[Right] = frozenset()


def search(session: Session, text: str, rights: Collection[Right]) -> list[Found]:
    """What fits *text*, kind by kind; one query a kind, empty kinds left out."""
    text = " ".join(text.split())
    if not text:
        return []
    asked = [kind for kind in KINDS_FOUND if not kind.rights or kind.rights & set(rights)]
    hits = [(kind, kind.look(session, text)) for kind in asked]
    return [Found(kind.code, kind.title, found[:SHOWN], len(found) > SHOWN) for kind, found in hits if found]


def _like(text: str, *columns: Any) -> list[ColumnElement[bool]]:
    return [column.icontains(text, autoescape=True) for column in columns] if len(text) >= SHORTEST else []


def _number(text: str, rule: NumberRule | None = None) -> list[str]:
    """How a number may be stored that was typed like this."""
    plain = "".join(text.split()).upper()
    return [text.upper(), plain, *([rule.normalise(text)] if rule else [])]


def _employers(session: Session, text: str) -> list[Hit]:
    number = Employer.number.in_(_number(text, fund().employer_number))
    fits = or_(number, *_like(text, Employer.legal_name, Employer.trade_name, Employer.tax_number))
    rows = session.scalars(select(Employer).where(fits).order_by(Employer.legal_name).limit(SHOWN + 1))
    return [Hit(one.name, one.number, "", f"/fund/employers/{one.number}") for one in rows]


def _people(session: Session, text: str) -> list[Hit]:
    """Persons who work or worked for an employer, each with the one they came to last."""
    names = func.concat_ws(" ", Person.first_name, Person.other_names, Person.surname)
    words = and_(*(names.icontains(word, autoescape=True) for word in text.split()))
    numbers = (
        Person.insurance_number.in_(_number(text, fund().insurance_number)),
        Person.national_id == fund().identity.normalise(text),
    )
    rows = session.execute(
        select(Person, Employer)
        .join(Employment, Employment.person_id == Person.id)
        .join(Employer, Employer.id == Employment.employer_id)
        .where(or_(*numbers, *([words] if len(text) >= SHORTEST else [])))
        .ext(distinct_on(Person.surname, Person.first_name, Person.id))
        .order_by(Person.surname, Person.first_name, Person.id, Employment.from_day.desc())
        .limit(SHOWN + 1)
    )
    return [
        Hit(
            f"{person.surname}, {person.first_name}", person.insurance_number, employer.name,
            f"/fund/employers/{employer.number}/tab/roster?search={person.insurance_number}&all=1",
        )
        for person, employer in rows
    ]  # fmt: skip


def _of_employers(session: Session, model: Any, *fits: ColumnElement[bool]) -> list[tuple[Any, Employer]]:
    """The newest rows of something that belongs to an employer, with that employer."""
    rows = session.execute(
        select(model, Employer)
        .join(Employer, Employer.id == model.employer_id)
        .where(or_(*fits))
        .order_by(model.id.desc())
        .limit(SHOWN + 1)
    )
    return [(row, employer) for row, employer in rows]


def _receipts(session: Session, text: str) -> list[Hit]:
    found = _of_employers(session, Receipt, Receipt.number.in_(_number(text)))
    return [
        Hit(
            one.number, _("issued on %(day)s", day=one.issued_at.date()), employer.name,
            f"/fund/payments/receipts/{one.public_id}",
        )
        for one, employer in found
    ]  # fmt: skip


def _bills(session: Session, text: str) -> list[Hit]:
    found = _of_employers(session, Bill, Bill.number.in_(_number(text)), Bill.reference.in_(_number(text)))
    return [
        Hit(
            one.number,
            _("%(amount)s, reference %(ref)s", amount=Amount(one.amount, one.currency), ref=one.reference),
            employer.name, f"/fund/employers/{employer.number}/tab/bills",
        )
        for one, employer in found
    ]  # fmt: skip


def _payments(session: Session, text: str) -> list[Hit]:
    fits = _like(text, Payment.bank_reference)
    found = _of_employers(session, Payment, *fits) if fits else []
    return [
        Hit(
            one.bank_reference,
            _("%(amount)s paid on %(day)s", amount=Amount(one.amount, one.currency), day=one.paid_on),
            employer.name, f"/fund/employers/{employer.number}/tab/payments",
        )
        for one, employer in found
    ]  # fmt: skip


def _declarations(session: Session, text: str) -> list[Hit]:
    found = _of_employers(session, Declaration, Declaration.number.in_(_number(text)))
    return [
        Hit(one.number, month_words(one.month), employer.name, f"/fund/employers/{employer.number}/tab/returns")
        for one, employer in found
    ]


def _cases(session: Session, text: str) -> list[Hit]:
    rows = session.execute(
        select(Case, func.coalesce(Employer.legal_name, ""))
        .outerjoin(Employer, Employer.id == Case.employer_id)
        .where(Case.number.in_(_number(text)))
    )
    return [Hit(case.number, KINDS[case.kind].title, name, f"/fund/cases/{case.public_id}") for case, name in rows]


def _registrations(session: Session, text: str) -> list[Hit]:
    name = Registration.answers["legal_name"].astext
    fits = or_(Registration.tracking_number.in_(_number(text)), *_like(text, name))
    rows = session.execute(
        select(Registration.public_id, Registration.tracking_number, func.coalesce(name, ""))
        .where(fits, Registration.employer_id.is_(None), Registration.submitted_at.is_not(None))
        .order_by(Registration.id.desc())
        .limit(SHOWN + 1)
    )
    return [Hit(number, called, "", f"/fund/registrations/{place}") for place, number, called in rows]


_PERSONAL = frozenset({Right.REGISTER, Right.CONTRIBUTIONS, Right.AUDIT})
KINDS_FOUND = (
    Kind("employer", _("Employers"), _employers),
    Kind("person", _("Employees"), _people, _PERSONAL),
    Kind("receipt", _("Receipts"), _receipts),
    Kind("bill", _("Bills"), _bills),
    Kind("payment", _("Payments, by the reference of the bank"), _payments),
    Kind("declaration", _("Declarations"), _declarations),
    Kind("case", _("Cases"), _cases),
    Kind("registration", _("Registrations"), _registrations),
)
