"""
One employer as the fund sees it, and the way down to a single posting; read-only.

Amounts are minor units of the scheme's currency.  Something of another employer is NotFound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from portal.auth.models import Account
from portal.contributions.models import Declaration, DeclarationLine
from portal.contributions.months import SchemeMonth, months_to_declare
from portal.contributions.standing import Declared, declared_in
from portal.errors import NotFound
from portal.installation import pack, packs
from portal.ledger import arrears, book
from portal.ledger.book import ChargeBalance
from portal.ledger.models import AccountName, Charge, Posting, Transaction
from portal.ledger.standing import Standing, credits, standings
from portal.payments.models import Payment, PaymentReversal, Receipt
from portal.people.models import Person
from portal.scheme.calendars import Month
from portal.scheme.late import LateCharge

#: Newest payments shown on a record.
SHOWN = 50


@dataclass(frozen=True, slots=True)
class SchemeAccount:
    """What an employer owes in one scheme, overdue or not, and money of theirs that settles nothing yet."""

    scheme: str
    currency: str
    contribution: int
    late: int
    overdue: int
    credit: int


@dataclass(frozen=True, slots=True)
class MonthOfScheme:
    """One month in one scheme: what was declared and what is open; *charge* is None until it is declared."""

    month: Month
    scheme: str
    currency: str
    due_day: date | None
    declaration: Declaration | None
    charge: UUID | None
    charged: int | None
    open: ChargeBalance
    state: str


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A payment with its receipt; *taken_back* says why it no longer counts."""

    payment: Payment
    transaction: UUID
    receipt: str
    taken_back: str


def charges_by_month(session: Session, employer_id: int, today: date) -> list[MonthOfScheme]:
    """Every month the employer had to declare, newest first, each scheme apart.  Five queries, however many months."""
    of_month = {(one.charge.scheme, one.charge.month): one for one in standings(session, employer_id)}
    return [
        _month(row.month, one, of_month.get((one.scheme, row.month)))
        for row in months_to_declare(session, employer_id, today)
        for one in row.schemes
    ]


def _month(month: Month, one: SchemeMonth, stands: Standing | None) -> MonthOfScheme:
    opened = stands.balance if stands else ChargeBalance()
    state = one.state
    if state in ("paid", "submitted") and opened.late > 0:
        state = "overdue"  # the contribution is settled, the charge for paying it late is not
    return MonthOfScheme(
        month, one.scheme, one.currency, one.due_day, one.declaration, stands.charge.public_id if stands else None,
        one.declared.total if one.declared else None, opened, state,
    )  # fmt: skip


def accounts(session: Session, employer_id: int, months: Sequence[MonthOfScheme], today: date) -> list[SchemeAccount]:
    """What is owed by scheme, added up from *months*; one query more, for credit."""
    found, left = [], credits(session, employer_id)
    for scheme in packs():
        of_scheme = [month for month in months if month.scheme == scheme]
        late = [month for month in of_scheme if month.due_day and month.due_day < today]
        if of_scheme:
            found.append(
                SchemeAccount(
                    scheme,
                    pack(scheme).currency.code,
                    contribution=sum(max(month.open.contribution, 0) for month in of_scheme),
                    late=sum(max(month.open.late, 0) for month in of_scheme),
                    overdue=sum(max(month.open.contribution, 0) + max(month.open.late, 0) for month in late),
                    credit=left.get(scheme, 0),
                )
            )
    return found


def payments(session: Session, employer_id: int) -> list[PaymentLine]:
    """The newest payments, newest first."""
    rows = session.execute(
        select(Payment, Transaction.public_id, Receipt.number, PaymentReversal.reason)
        .join(Transaction, Transaction.id == Payment.transaction_id)
        .outerjoin(Receipt, Receipt.payment_id == Payment.id)
        .outerjoin(PaymentReversal, PaymentReversal.payment_id == Payment.id)
        .where(Payment.employer_id == employer_id)
        .order_by(Payment.paid_on.desc(), Payment.id.desc())
        .limit(SHOWN)
    )
    return [PaymentLine(payment, name, number or "", reason or "") for payment, name, number, reason in rows]


@dataclass(frozen=True, slots=True)
class PostingLine:
    """One posting with its transaction, its charge (None for money and credit), and who wrote it (None: a job)."""

    posting: Posting
    transaction: Transaction
    charge: Charge | None
    by: str | None

    @property
    def debit(self) -> int:
        """The amount where it is a debit, else 0."""
        return max(self.posting.amount, 0)

    @property
    def credit(self) -> int:
        """The amount where it is a credit, without its sign, else 0."""
        return max(-self.posting.amount, 0)


@dataclass(frozen=True, slots=True)
class ChargeRecord:
    """One month's charge: what stands in the book, and what the rule says to this day."""

    charge: Charge
    open: ChargeBalance
    declared: Declared | None
    late: LateCharge
    late_posted: int
    postings: Sequence[PostingLine]
    overdue: bool

    @property
    def charged(self) -> int:
        """Contributions as declared, revisions included."""
        due = [row for row in self.postings if row.posting.account == AccountName.CONTRIBUTION_DUE]
        return sum(row.posting.amount for row in due if row.transaction.kind in ("declaration", "amendment", "opening"))

    @property
    def state(self) -> str:
        """Its status word; a late charge still unpaid keeps a month from being paid."""
        if self.open.contribution <= 0 and self.open.late <= 0:
            return "paid"
        if self.overdue:
            return "overdue"
        return "part_paid" if self.open.contribution < self.charged else "unpaid"

    @property
    def not_posted(self) -> int:
        """What the rule adds (below zero: takes off) since the last night's posting; 0 where it is not known."""
        return self.late.amount - self.late_posted if self.late.known else 0


def charge_record(session: Session, employer_id: int, charge: UUID, today: date) -> ChargeRecord:
    """A charge of this employer with every posting on it."""
    wanted = (Charge.public_id == charge, Charge.employer_id == employer_id)
    found = session.scalar(select(Charge).where(*wanted))
    if found is None:
        raise NotFound(str(charge))
    postings = _postings(session, Posting.charge_id == found.id)
    posted = -sum(row.posting.amount for row in postings if row.posting.account == AccountName.LATE_INCOME)
    return ChargeRecord(
        found, book.balances(session, [found.id])[found.id],
        declared_in(session, employer_id, found.scheme, found.month),
        arrears.late_to_date(session, found, today), posted, postings, found.due_day < today,
    )  # fmt: skip


def _postings(session: Session, condition: ColumnElement[bool]) -> Sequence[PostingLine]:
    """Postings with their transaction, charge and who wrote them, in the order they count from."""
    rows = session.execute(
        select(Posting, Transaction, Charge, Account.name)
        .join(Transaction, Transaction.id == Posting.transaction_id)
        .outerjoin(Charge, Charge.id == Posting.charge_id)
        .outerjoin(Account, Account.id == Transaction.recorded_by)
        .where(condition)
        .order_by(Transaction.effective_day, Transaction.id, Posting.id)
    )
    return [PostingLine(posting, transaction, charge, by) for posting, transaction, charge, by in rows]


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """One transaction with all its postings; what it takes back, or what took it back, by public id and day."""

    transaction: Transaction
    postings: Sequence[PostingLine]
    by: str
    other: tuple[UUID, date] | None
    declaration: Declaration | None


def entry_record(session: Session, employer_id: int, transaction: UUID) -> EntryRecord:
    """A transaction of this employer."""
    other = aliased(Transaction)
    row = session.execute(
        select(Transaction, Account.name, other.public_id, other.effective_day)
        .outerjoin(Account, Account.id == Transaction.recorded_by)
        .outerjoin(other, (other.id == Transaction.reverses_id) | (other.reverses_id == Transaction.id))
        .where(Transaction.public_id == transaction, Transaction.employer_id == employer_id)
    ).one_or_none()
    if row is None:
        raise NotFound(str(transaction))
    found, by, other_id, other_day = row
    declaration = _declaration_named(session, found) if found.kind in ("declaration", "amendment") else None
    beside = (other_id, other_day) if other_id else None
    return EntryRecord(found, _postings(session, Posting.transaction_id == found.id), by or "", beside, declaration)


def _declaration_named(session: Session, transaction: Transaction) -> Declaration | None:
    """The declaration a transaction of the book is named after."""
    name = transaction.name.removeprefix("declaration/").partition("/")[0]
    try:
        return session.scalar(select(Declaration).where(Declaration.public_id == UUID(name)))
    except ValueError:  # named otherwise
        return None


def declaration_record(session: Session, employer_id: int, declaration: UUID) -> Declaration:
    """A declaration of this employer."""
    wanted = (Declaration.public_id == declaration, Declaration.employer_id == employer_id)
    found = session.scalar(select(Declaration).where(*wanted))
    if found is None:
        raise NotFound(str(declaration))
    return found


Line = tuple[DeclarationLine, Person]


def lines(
    session: Session, declared: Declared, *, limit: int, offset: int
) -> list[tuple[Declaration, DeclarationLine, Person]]:
    """The lines of all that is declared for a month, each with its declaration and its person, by surname."""
    of = {one.id: one for one in declared.all}
    statement = (
        select(DeclarationLine, Person)
        .join(Person, Person.id == DeclarationLine.person_id)
        .where(DeclarationLine.declaration_id.in_(of))
        .order_by(Person.surname, Person.first_name, Person.id)
    )
    rows = session.execute(statement.limit(limit).offset(offset))
    return [(of[one.declaration_id], one, person) for one, person in rows]


def line(session: Session, declaration: Declaration, person: UUID) -> Line:
    """One person's line."""
    row = session.execute(
        select(DeclarationLine, Person)
        .join(Person, Person.id == DeclarationLine.person_id)
        .where(DeclarationLine.declaration_id == declaration.id, Person.public_id == person)
    ).one_or_none()
    if row is None:
        raise NotFound(str(person))
    return row[0], row[1]


def charge_of(session: Session, declaration: Declaration) -> Charge | None:
    """The charge a declaration made; None when it charged nothing."""
    wanted = (Charge.employer_id == declaration.employer_id, Charge.scheme == declaration.scheme)
    return session.scalar(select(Charge).where(*wanted, Charge.month == declaration.month))
