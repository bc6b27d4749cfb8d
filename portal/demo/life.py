"""
What people of a practice fund do, each deed by the service its page would call.

The maker says when; here stands what.  Nothing is written past a service.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.auth import service as accounts
from portal.auth.models import Account, FundRoleName
from portal.contributions import drafts
from portal.contributions import service as contributions
from portal.demo.applications import application_of
from portal.demo.people import People
from portal.demo.story import Character, Story
from portal.employers import answers, decisions, registration, roster_import
from portal.employers.models import Employment, Registration
from portal.employers.roster_file import COLUMNS
from portal.installation import fund, month_on, pack
from portal.ledger import arrears, book
from portal.ledger.standing import open_charges
from portal.payments import service as payments
from portal.payments.models import Receipt
from portal.people.models import Person
from portal.scheme.calendars import Month
from portal.tabular.writing import write_csv

SEED = 20261121
PDF = b"%PDF-1.4\n% a practice document\n%%EOF\n"
#: The fund's own people by the codes of their cards.
STAFF = {
    "registrar": FundRoleName.REGISTRAR,
    "officer": FundRoleName.CONTRIBUTION_OFFICER,
    "cashier": FundRoleName.CASHIER,
    "supervisor": FundRoleName.SUPERVISOR,
    "auditor": FundRoleName.AUDITOR,
    "administrator-of-systems": FundRoleName.SYSTEM_ADMINISTRATOR,
}
#: Why people leave.
REASONS = ("resigned", "end_of_contract", "retired")
#: How many identity numbers are kept for one employer of a story whose employers are made apart.
NUMBERS_EACH = 3000


class Life:
    """The people of a story and what they do; *employers* knows each employer made, and who runs it."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.staff: dict[str, int] = {}
        self.employers: dict[str, tuple[int, int]] = {}  # code -> employer, its administrator
        lot = random.Random(SEED + 1)
        few = iter(lot.sample(story.country.numbers, 5000))
        self._drawn = (random.Random(SEED), People(story, few, lot))
        self._drawn_by: dict[str, tuple[random.Random, People]] = {}

    def _lots(self, character: Character) -> tuple[random.Random, People]:
        """What is drawn for an employer: by one lot for all, or by its own where employers are made apart."""
        if not self.story.apart:
            return self._drawn
        if character.code not in self._drawn_by:
            lot = random.Random(f"{SEED}/{character.code}")
            first = self.story.country.numbers.start + self.story.place_of(character.code) * NUMBERS_EACH
            self._drawn_by[character.code] = (lot, People(self.story, iter(range(first, first + NUMBERS_EACH)), lot))
        return self._drawn_by[character.code]

    # -- the fund's own people, and those who act for employers ---------------------

    def hire_staff(self, session: Session, at: datetime) -> None:
        """Everybody with a card who works at the fund."""
        for card in self.story.cards:
            if card.code in STAFF:
                account = accounts.add_account(session, card.email, card.who, at=at)
                accounts.give_fund_role(session, account, STAFF[card.code], from_day=at.date(), at=at)
        self.know_staff(session)

    def know_staff(self, session: Session) -> None:
        """Who works at the fund, when somebody else hired them."""
        known = {card.code: accounts.account_by_email(session, card.email) for card in self.story.cards}
        self.staff = {code: account.id for code, account in known.items() if account and code in STAFF}

    def name_agents(self, session: Session, at: datetime, character: Character) -> None:
        """Those who act for an employer beside its administrator."""
        cards = {card.code: card for card in self.story.cards}
        for agent in (one for one in self.story.agents if character.code in one.employers):
            account = self._account(session, cards[agent.card].email, cards[agent.card].who, at)
            employer = self.employers[character.code][0]
            accounts.give_mandate(session, employer, account, agent.role, from_day=at.date(), at=at)

    def _account(self, session: Session, email: str, name: str, at: datetime) -> Account:
        return accounts.account_by_email(session, email) or accounts.add_account(session, email, name, at=at)

    # -- becoming an employer ---------------------------------------------------------

    def register(self, session: Session, at: datetime, character: Character) -> None:
        """Apply, and be approved."""
        application = self.apply(session, at, character)
        employer = decisions.approve(session, application, by=self.staff["registrar"], at=at)
        self.employers[character.code] = (employer.id, application.account_id)

    def apply(self, session: Session, at: datetime, character: Character, phone_of: str = "") -> Registration:
        """Apply with every document the fund asks for."""
        names = {card.email: card.who for card in self.story.cards}
        email = f"administrator@{character.code}.example"
        account = self._account(session, email, names.get(email) or self._lots(character)[1].full_name(), at)
        application = registration.start(session, account, at=at)
        typed = application_of(self.story, character, account.name, email, at.date(), phone_of)
        for page in answers.PAGES:
            registration.save_answers(application, page, typed, today=at.date())
        for document in fund().documents_for(character.legal_form):
            registration.add_document(
                session, application, document.code, f"{document.code}.pdf", PDF, by=account.id, at=at
            )
        session.flush()
        registration.submit(session, application, by=account.id, at=at)
        return application

    # -- people come and go -------------------------------------------------------------

    def bring(self, session: Session, at: datetime, character: Character, positions: range) -> None:
        """People who work here from this day on, brought as a file."""
        done = self._import(session, at, character, [self._joins(character, each, at.date()) for each in positions])
        if done["hired"] != len(positions):
            raise RuntimeError(f"{character.code}: {done}")

    def exchange(self, session: Session, at: datetime, character: Character, positions: range) -> None:
        """Some leave today, others begin tomorrow: one file says both."""
        lot, _people = self._lots(character)
        statement = (
            select(Employment, Person)
            .join(Person, Person.id == Employment.person_id)
            .where(Employment.employer_id == self.employers[character.code][0], Employment.to_day.is_(None))
            .order_by(Employment.id)
        )
        working = [(row, person) for row, person in session.execute(statement)]
        leaving = lot.sample(working[1:], min(character.turnover, len(working) - 1))
        rows = [self._leaves(row, person, at.date(), lot.choice(REASONS)) for row, person in leaving]
        tomorrow = at.date() + timedelta(days=1)
        rows += [self._joins(character, each, tomorrow) for each in positions]
        done = self._import(session, at, character, rows)
        if done["faulty"]:
            raise RuntimeError(f"{character.code}: {done}")

    def _import(self, session: Session, at: datetime, character: Character, rows: list[list[str]]) -> dict[str, Any]:
        employer_id, by = self.employers[character.code]
        content = write_csv([*COLUMNS, *pay_columns()], rows)
        name = f"roster-{at.date()}.csv"
        file = roster_import.keep_file(session, employer_id, content, name, "text/csv", at=at, by=by)
        return roster_import.import_roster(session, employer_id, file, wages_from=month_on(at.date()), at=at, by=by)

    def _joins(self, character: Character, position: int, first_day: date) -> list[str]:
        """The line of a roster file for somebody new."""
        lot, people = self._lots(character)
        basic = self._wage(character)
        gross = basic + basic * lot.choice((8, 12, 15, 20)) // 100
        facts = people.next(character.code, position, character.women)
        cells = {
            "national_id": facts.national_id,
            "surname": facts.surname,
            "first_name": facts.first_name,
            "sex": facts.sex,
            "birth_date": facts.birth_date.isoformat(),
            "phone": facts.phone,
            "email": facts.email,
            "staff_number": f"{position + 1:04d}",
            "category": "seasonal" if character.activity == "A" and position % 3 == 0 else "permanent",
            "from_day": first_day.isoformat(),
        }
        pay = {"basic": basic, "gross": gross}
        amounts = [f"{pay[code] // 100}.{pay[code] % 100:02d}" for code in pay_columns()]
        return [cells.get(column, "") for column in COLUMNS] + amounts

    def _leaves(self, row: Employment, person: Person, last_day: date, reason: str) -> list[str]:
        """The line of a roster file for somebody who leaves."""
        cells = {
            "national_id": person.national_id,
            "surname": person.surname,
            "first_name": person.first_name,
            "sex": person.sex,
            "birth_date": person.birth_date.isoformat(),
            "staff_number": row.staff_number,
            "category": row.category,
            "from_day": row.from_day.isoformat(),
            "to_day": last_day.isoformat(),
            "leave_reason": reason,
        }
        return [cells.get(column, "") for column in COLUMNS] + ["" for _each in pay_columns()]

    def _wage(self, character: Character) -> int:
        """Minor units: most people earn little, a few earn much."""
        part = self._lots(character)[0].random() ** 3
        whole = character.lowest + int((character.highest - character.lowest) * part)
        return whole // 10 * 10 * 100

    # -- the month -------------------------------------------------------------------------

    def declare(self, session: Session, at: datetime, character: Character, month: Month, *, nobody: bool) -> None:
        """Declare a month from the roster, or that nobody was paid."""
        employer_id, by = self.employers[character.code]
        if nobody:
            contributions.submit_nil(session, employer_id, month, by=by, at=at, nobody_paid=True)
            return
        payroll = drafts.start_from_roster(session, employer_id, month, at=at, by=by)
        contributions.submit_payroll(session, employer_id, payroll.public_id, version=payroll.version, by=by, at=at)

    def pay(self, session: Session, at: datetime, character: Character, method: str = "bank") -> list[Receipt]:
        """Pay what is open in each scheme, or the part of it that is this employer's habit."""
        employer_id, _by = self.employers[character.code]
        book.lock(session, employer_id)
        made = []
        for scheme in character.schemes or fund().schemes:
            owed = self._owed(session, at, character, scheme)
            if owed > 0:
                made.append(self._receive(session, at, character, scheme, owed, method))
        return made

    def _owed(self, session: Session, at: datetime, character: Character, scheme: str) -> int:
        """What it means to pay today, in minor units."""
        employer_id = self.employers[character.code][0]
        opened = open_charges(session, employer_id, scheme)
        if any(charge.due < at.date() for charge in opened):
            arrears.accrue(session, employer_id, on=at.date(), at=at, scheme=scheme)
            opened = open_charges(session, employer_id, scheme)
        owed = sum(charge.contribution + charge.late for charge in opened) * character.share // 100
        step = character.rounds_up_to * 10 ** pack(scheme).currency.digits
        return -(-owed // step) * step if step and owed else owed

    def _receive(
        self, session: Session, at: datetime, character: Character, scheme: str, amount: int, method: str
    ) -> Receipt:
        return payments.record_payment(
            session,
            self.employers[character.code][0],
            scheme=scheme,
            amount=amount,
            paid_on=at.date(),
            method=method,
            bank_reference=f"PB{self._lots(character)[0].randrange(10**8):08d}",
            by=self.staff["cashier"],
            at=at,
        )

    def take_back(self, session: Session, at: datetime, character: Character, receipts: list[Receipt]) -> None:
        """The bank sent the cheque back."""
        for receipt in receipts:
            payments.reverse_payment(
                session,
                self.employers[character.code][0],
                receipt.public_id,
                reason="Cheque returned unpaid by the bank",
                by=self.staff["supervisor"],
                at=at,
            )

    def night(self, session: Session, at: datetime, character: Character) -> None:
        """The night's arrears of one employer."""
        if character.code in self.employers:
            arrears.accrue(session, self.employers[character.code][0], on=at.date(), at=at)


def pay_columns() -> list[str]:
    """What a roster file says of pay: those of the practice wages that some scheme of the fund counts."""
    counted = {component for scheme in fund().schemes for component in pack(scheme).components}
    return [code for code in ("basic", "gross") if code in counted]
