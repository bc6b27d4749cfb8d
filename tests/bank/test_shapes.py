"""
A story for each bank's shape: its file is read, what it holds is in the book to the unit, and the bill in it is paid.

The files are made by us in the shapes banks of these countries use; every bill in them is the first of 2026.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import approvals, db
from portal.approvals import Approval
from portal.auth.models import FundRoleName
from portal.bank import accounts, returning, running
from portal.bank.models import BankEntry
from portal.bank.reading import detect
from portal.bank.reading.csv_layout import Layout
from portal.bank.reading.values import Line
from portal.bank.running import Typed
from portal.employers.models import Employer
from portal.files import keep
from portal.ledger import book, cashbook
from portal.ledger.book import Entry
from portal.ledger.cashbook import CashAccount
from portal.ledger.models import AccountName, Charge
from portal.payments.models import Bill, Payment, PaymentReversal
from portal.scheme.calendars import Month
from tests.bank.conftest import STATEMENTS, faults
from tests.factories import make_employer, make_officer
from tests.funds import fund_file, serving
from tests.payments.conftest import noon

REFERENCE, TODAY = "RF39B2026000001", date(2026, 3, 20)
FEB = Month(2026, 2)
NEPAL = ("provident", "gratuity", "medical_maternity", "accident_disability", "dependent_family")
#: What a fund of Bangladesh has to decide before anything can be due.
DUE = (
    'overlay_of = "bd-ups-pragati"\n[source.board]\ntitle = "Board resolution 1"\nkind = "decision"\n'
    "date = 2024-01-01\n[[due.payment]]\nfrom = 2023-11-01\n"
    'rule = "day_of_month"\nnumber = "15"\nsource = "board"\n'
)


@dataclass(frozen=True)
class Shape:
    """A file of a bank, the fund it is for, the bill in it, and what its account holds after it; minor units."""

    file: str
    scheme: str
    currency: str
    digits: int
    timezone: str
    number: str
    bill: int
    closing: int
    suspense: int
    layout: Layout | None = None
    balances: tuple[int, int] | None = None


def columns(**names: str) -> dict[str, str]:
    return names


SHAPES = [
    Shape(
        "nepal.csv", "np-ssf", "NPR", 2, "Asia/Kathmandu", "01234567890123", 120_000_00, 350_428_50, 4_750_00,
        Layout(columns=columns(
            booking_day="Tran Date", value_day="Value Date", remittance="Description", debit="Withdraw",
            credit="Deposit", balance="Balance",
        )),
    ),
    Shape(
        "zambia.csv", "zm-napsa", "ZMW", 2, "Africa/Lusaka", "0012345678901", 1_200_00, 12_875_25, 840_25,
        Layout(";", day_format="DD/MM/YYYY", columns=columns(
            booking_day="Posting Date", value_day="Value Date", remittance="Narration", bank_reference="Reference",
            amount="Amount", balance="Running Balance",
        )),
    ),
    Shape(
        "senegal.csv", "sn-css-ipres", "XOF", 0, "Africa/Dakar", "SN08 SN01 0152 0000 0485 0000 3035", 1_200_000,
        2_447_500, -2_500,
        Layout(";", "windows-1252", ",", "DD/MM/YYYY", columns(
            booking_day="Date opération", value_day="Date valeur", remittance="Libellé", debit="Débit",
            credit="Crédit", balance="Solde",
        )),
    ),
    Shape("ethiopia.sta", "et-poessa", "ETB", 2, "Africa/Addis_Ababa", "1000123456789", 1_200_00, 51_188_50, -11_50),
    Shape(
        "bangladesh.csv", "bd-ups-pragati", "BDT", 2, "Asia/Dhaka", "10511100012345", 1_200_00, 88_550_00, 350_00,
        Layout(day_format="DD-MMM-YYYY", columns=columns(
            booking_day="Txn Date", remittance="Particulars", bank_reference="Cheque/Ref No", amount="Amount",
            sign="Dr/Cr", balance="Balance",
        )),
    ),
    Shape(
        "tajikistan.csv", "tj-soctax", "TJS", 2, "Asia/Dushanbe", "20202972000000054321", 1_200_00, 5_196_50, -3_50,
        Layout(";", mark=",", day_format="DD.MM.YYYY", columns=columns(
            booking_day="Дата", payer_name="Плательщик", payer_account="Счет плательщика",
            remittance="Назначение платежа", debit="Дебет", credit="Кредит",
        )), (4_000_00, 5_196_50),
    ),
    Shape("nigeria.sta", "ng-pencom", "NGN", 2, "Africa/Lagos", "0123456789", 1_200_00, 101_147_50, -52_50),
    Shape(
        "tanzania.xml", "tz-nssf", "TZS", 2, "Africa/Dar_es_Salaam", "0150123456700", 1_200_00, 1_000_700_00, -500_00,
    ),
    Shape(
        "cameroon.xml", "cm-cnps", "XAF", 0, "Africa/Douala", "CM21 1000 3001 0005 0000 0605 306", 1_200_000,
        1_700_000, 0,
    ),
    Shape("europe.sta", "zm-napsa", "ZMW", 2, "Africa/Lusaka", "1234567", 1_200_00, 10_219_50, 19_50),
    Shape("europe.xml", "zm-napsa", "ZMW", 2, "Africa/Lusaka", "1234567", 1_200_00, 1_400_00, 300_00),
    Shape("notified.xml", "zm-napsa", "ZMW", 2, "Africa/Lusaka", "1234567", 1_200_00, 1_500_00, 300_00),
]  # fmt: skip


@pytest.fixture(params=SHAPES, ids=[one.file for one in SHAPES])
def shape(request: pytest.FixtureRequest, database: str, _fund: None, tmp_path: Path) -> Iterator[Shape]:
    """A fund of the bank's country, with one employer that has one bill."""
    found: Shape = request.param
    yield from served(found, tmp_path)


def served(found: Shape, folder: Path) -> Iterator[Shape]:
    if found.scheme.startswith("zm-"):
        _live(found)
        yield found
        return
    products = tuple(("np-ssf", branch) for branch in NEPAL) if found.scheme == "np-ssf" else ()
    own = {"bd-ups-pragati": DUE} if found.scheme.startswith("bd-") else None
    facts = (found.currency, found.digits, found.timezone, products, own)
    with serving(fund_file(folder, (found.scheme,), *facts)):
        _live(found)
        yield found


def _live(found: Shape) -> None:
    with db.writing() as session:
        employer = make_employer(session, schemes=(found.scheme,))
        account = accounts.add(
            session, bank="Practice Bank", number=found.number, currency=found.currency, scheme=None, by=None,
            at=noon(TODAY),
        )  # fmt: skip
        if found.layout:
            accounts.remember(session, account, found.layout)
        _bill(session, employer, found)


def _bill(session: Session, employer: Employer, found: Shape) -> None:
    """A charge of February with its bill, due on 20 March."""
    book.lock(session, employer.id)
    facts = {"scheme": found.scheme, "currency": found.currency}
    charge = book.charge_for(
        session, employer.id, month=FEB, due_day=TODAY, pack_hash="", at=noon(date(2026, 3, 1)), **facts
    )
    book.post(
        session, employer.id, name="declaration/1", kind="declaration", effective=date(2026, 3, 1),
        at=noon(date(2026, 3, 1)), **facts, entries=[
            Entry(AccountName.CONTRIBUTION_DUE, found.bill, charge.id),
            Entry(AccountName.CONTRIBUTION_INCOME, -found.bill),
        ],
    )  # fmt: skip
    session.add(Bill(
        public_id=uuid4(), number="B-2026-000001", employer_id=employer.id, charge_id=charge.id, scheme=found.scheme,
        reference=REFERENCE, currency=found.currency, amount=found.bill, issued_at=noon(date(2026, 3, 1)), snapshot={},
    ))  # fmt: skip


def take_in(found: Shape, name: str = "") -> None:
    """The officer imports the file."""
    content = (STATEMENTS / (name or found.file)).read_bytes()
    with db.writing() as session:
        cashier = make_officer(session, FundRoleName.CASHIER)
        (account,) = accounts.accounts(session)
        kept = keep(session, content, name=found.file, media_type="text/plain", at=noon(TODAY))
        assert not running.needs_layout(content, account)
        running.take_in(session, kept, Typed(account.public_id, found.balances), by=cashier.id, at=noon(TODAY))


def holds(which: CashAccount) -> int:
    with db.reading() as session:
        (account,) = accounts.accounts(session)
        return cashbook.balance(session, account.id, which)


def owed() -> int:
    with db.reading() as session:
        charge = session.scalars(select(Charge)).one()
        return book.balances(session, [charge.id])[charge.id].contribution


def test_the_bill_is_paid_and_every_unit_is_in_the_book(shape: Shape) -> None:
    assert owed() == shape.bill
    take_in(shape)
    assert owed() == 0
    assert holds(CashAccount.BANK) == shape.closing
    assert -holds(CashAccount.SUSPENSE) == shape.suspense
    with db.reading() as session:
        entry = session.scalars(select(BankEntry).where(BankEntry.found == "reference")).one()
        payment = session.scalars(select(Payment)).one()
    assert (entry.unsettled, entry.amount, payment.amount) == (0, shape.bill, shape.bill)
    counts = entry.value_day if shape.scheme == "cm-cnps" else entry.ordered_day or entry.value_day
    assert payment.paid_on == counts
    assert not [one for one in faults() if one.startswith("bank.")]


CAMEROON = next(one for one in SHAPES if one.file == "cameroon.xml")


@pytest.fixture
def cameroon(database: str, _fund: None, tmp_path: Path) -> Iterator[Shape]:
    """The fund of Cameroon."""
    yield from served(CAMEROON, tmp_path)


def test_a_payment_the_bank_returns_is_taken_back_by_two_people(cameroon: Shape) -> None:
    take_in(cameroon)
    take_in(cameroon, "cameroon_returned.xml")
    with db.writing() as session:
        back = session.scalars(select(BankEntry).where(BankEntry.found == "return")).one()
        assert (back.return_reason, back.unsettled) == ("AC04", -1_200_000)
        asked = returning.ask_for_return(
            session, back.public_id, by=make_officer(session, FundRoleName.CASHIER).id, at=noon(TODAY)
        )
        assert asked is not None
    assert owed() == 0
    with db.writing() as session:
        request = session.scalars(select(Approval)).one()
        approvals.approve(
            session, request.public_id, fingerprint=request.fingerprint, by=make_officer(session).id, at=noon(TODAY)
        )
    assert owed() == 1_200_000
    assert (holds(CashAccount.SUSPENSE), holds(CashAccount.EMPLOYERS), holds(CashAccount.RETURNED)) == (0, 0, 0)
    assert holds(CashAccount.BANK) == 500_000
    with db.reading() as session:
        assert session.scalars(select(PaymentReversal)).one().reason.endswith("AC04")
    assert not [one for one in faults() if one.startswith("bank.")]


def test_marks_of_reversal_are_understood() -> None:
    content = (STATEMENTS / "europe.sta").read_bytes()
    (read,) = detect.read_statements(content, detect.format_of(content))
    _paid, returned_debit, reversed_credit = read.lines
    assert isinstance(returned_debit, Line)
    assert (returned_debit.amount, returned_debit.reversal, returned_debit.return_reason) == (20_00, True, "914")
    assert (reversed_credit.amount, reversed_credit.reversal) == (-50, True)
