"""
The practice fund: twelve employers, six hundred people, fourteen months up to a given day.

It is lived, not inserted: every step goes through the services a page would call, in the order
of the days, each in a transaction of its own.  The same day gives the same fund.
"""

from __future__ import annotations

import gc
import heapq
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal import db
from portal.auth import service as accounts
from portal.auth.models import Account, EmployerRole, FundRoleName
from portal.contributions import drafts
from portal.contributions import service as contributions
from portal.demo.applications import application_of
from portal.demo.cards import CARDS
from portal.demo.characters import CHARACTERS, Character
from portal.demo.people import People
from portal.employers import answers, decisions, registration, roster, roster_import
from portal.employers.models import Employer, Employment, Registration
from portal.employers.roster_file import COLUMNS
from portal.installation import fund, pack
from portal.ledger import arrears, book
from portal.ledger.standing import open_charges
from portal.payments import service as payments
from portal.people.models import Person
from portal.scheme.calendars import Month, month_of
from portal.scheme.deadlines import due_day
from portal.tabular.writing import write_csv

MONTHS = 14
SEED = 20261121
#: A fund half made is made anew, so a step need not wait until the disk has it.
NO_WAITING = text("SET LOCAL synchronous_commit TO off")
PDF = b"%PDF-1.4\n% a practice document\n%%EOF\n"


@dataclass(frozen=True)
class Made:
    """How much was made."""

    employers: int
    people: int


def is_empty() -> bool:
    """Whether there is no employer yet."""
    with db.reading() as session:
        return not session.scalar(select(func.count()).select_from(Employer))


def make(today: date, characters: Sequence[Character] = CHARACTERS, base_url: str = "") -> Made:
    """
    Make the practice fund as it stands on *today*.  The database must hold nothing yet.

    *base_url* is where its mails say the portal is.
    """
    return _Maker(today, characters, base_url).run()


class _Maker:
    def __init__(self, today: date, characters: Sequence[Character], base_url: str) -> None:
        self.today, self.characters, self.base_url = today, characters, base_url
        self.last = month_of(today).previous()
        self.lot = random.Random(SEED)
        self.people = People(random.Random(SEED + 1))
        self.staff: dict[str, int] = {}
        self.employers: dict[str, tuple[int, int]] = {}  # code -> employer, its administrator
        self.steps: list[tuple[datetime, int, Callable[[Session, datetime], None]]] = []
        self.order = itertools.count()

    def run(self) -> Made:
        """Everything in the order in which it happened."""
        self._plan()
        collected = gc.get_threshold()
        gc.set_threshold(100_000)  # looking for rings among short-lived rows took an eighth of the time
        while self.steps:  # a step may add later ones
            at, _order, step = heapq.heappop(self.steps)
            with db.writing() as session:
                session.execute(NO_WAITING)
                step(session, at)
        gc.set_threshold(*collected)
        with db.reading() as session:
            people = session.scalar(select(func.count()).select_from(Person))
        return Made(len(self.employers), people or 0)

    def _at(self, day: date, hour: int = 9) -> datetime:
        return datetime.combine(day, time(hour), UTC)

    def _when(self, day: date, hour: int, step: Callable[[Session, datetime], None]) -> None:
        """Do *step* on *day*, unless that is still to come."""
        if day <= self.today:
            heapq.heappush(self.steps, (self._at(day, hour), next(self.order), step))

    # -- what happens when ---------------------------------------------------------

    def _plan(self) -> None:
        first = self.last.plus(1 - MONTHS)
        opening = first.first_day() - timedelta(days=20)
        self._when(opening, 6, self._staff)
        for character in self.characters:
            begins = self.last.plus(1 - character.months)
            self._when(begins.first_day(), 7, lambda s, at, c=character: self._register(s, at, c))  # type: ignore[misc]  # bound now
            self._when(begins.first_day(), 8, lambda s, at, c=character: self._hire(s, at, c))  # type: ignore[misc]
            for back in range(character.months):
                self._plan_month(character, back)
        for back in range(MONTHS):
            night = self.last.plus(-back).next().last_day()
            self._when(night, 22, self._night)
        self._when(self.today, 5, self._night)
        self._when(self.today - timedelta(days=3), 10, self._waiting_registration)
        self._when(first.first_day() + timedelta(days=1), 11, self._agents)

    def _plan_month(self, character: Character, back: int) -> None:
        month = self.last.plus(-back)
        if character.turnover:
            self._when(month.last_day(), 10, lambda s, at: self._turnover(s, at, character, month))
        if not character.declares:
            return
        due = due_day(pack(character.schemes[0]), month)
        after = character.pays[min(back, len(character.pays) - 1)]
        declared = due + timedelta(days=min(-3, (after or 0) - 1))
        self._when(declared, 10, lambda s, at: self._declare(s, at, character, month, back))
        if after is not None and back not in character.closed_months:
            self._when(due + timedelta(days=after), 14, lambda s, at: self._pay(s, at, character))

    # -- the steps -----------------------------------------------------------------

    def _staff(self, session: Session, at: datetime) -> None:
        roles = {
            "registrar": FundRoleName.REGISTRAR,
            "officer": FundRoleName.CONTRIBUTION_OFFICER,
            "cashier": FundRoleName.CASHIER,
            "supervisor": FundRoleName.SUPERVISOR,
            "auditor": FundRoleName.AUDITOR,
            "administrator-of-systems": FundRoleName.SYSTEM_ADMINISTRATOR,
        }
        for card in CARDS:
            if card.code in roles:
                account = accounts.add_account(session, card.email, card.who, at=at)
                accounts.give_fund_role(session, account, roles[card.code], from_day=at.date(), at=at)
                self.staff[card.code] = account.id

    def _account(self, session: Session, email: str, name: str, at: datetime) -> Account:
        return accounts.account_by_email(session, email) or accounts.add_account(session, email, name, at=at)

    def _register(self, session: Session, at: datetime, character: Character) -> None:
        application = self._apply(session, at, character)
        employer = decisions.approve(session, application, by=self.staff["registrar"], at=at, url=f"{self.base_url}/")
        self.employers[character.code] = (employer.id, application.account_id)

    def _apply(self, session: Session, at: datetime, character: Character, phone_of: str = "") -> Registration:
        names = {card.email: card.who for card in CARDS}
        email = f"administrator@{character.code}.example"
        account = self._account(session, email, names.get(email, self.people.full_name()), at)
        application = registration.start(session, account, at=at)
        typed = application_of(character, account.name, email, at.date(), phone_of)
        for page in answers.PAGES:
            registration.save_answers(application, page, typed, today=at.date())
        for document in fund().documents_for(character.legal_form):
            registration.add_document(
                session, application, document.code, f"{document.code}.pdf", PDF, by=account.id, at=at
            )
        session.flush()
        address = f"{self.base_url}/registration/{application.public_id}"
        registration.submit(session, application, by=account.id, at=at, url=address)
        return application

    def _waiting_registration(self, session: Session, at: datetime) -> None:
        """One application waits to be decided; its telephone number is that of an employer already known."""
        dairy = Character(
            "chongwe-dairy", "Chongwe Dairy Limited", "Chongwe Dairy", "company", "A", "ZM-09-03", 14, 2500, 9000
        )
        self._apply(session, at, dairy, phone_of=CHARACTERS[0].code)

    def _agents(self, session: Session, at: datetime) -> None:
        """The clerk and the signatory of the mine, and an accountant who looks after three employers."""
        wanted = [
            ("clerk", EmployerRole.CLERK, ["kafue-mining"]),
            ("signatory", EmployerRole.SIGNATORY, ["kafue-mining"]),
            ("viewer", EmployerRole.VIEWER, ["zambezi-foods", "chilenje-school", "ndola-print"]),
        ]
        cards = {card.code: card for card in CARDS}
        for code, role, employers in wanted:
            account = self._account(session, cards[code].email, cards[code].who, at)
            for employer in (known for known in employers if known in self.employers):
                accounts.give_mandate(session, self.employers[employer][0], account, role, from_day=at.date(), at=at)

    def _hire(self, session: Session, at: datetime, character: Character) -> None:
        """Everybody who works here on the first day, brought as a file."""
        self._bring(session, at, character, range(character.people))

    def _bring(self, session: Session, at: datetime, character: Character, positions: range) -> None:
        employer_id, by = self.employers[character.code]
        rows = [self._row(character, position, at.date()) for position in positions]
        content = write_csv([*COLUMNS, "basic", "gross"], rows)
        name = f"roster-{at.date()}.csv"
        file = roster_import.keep_file(session, employer_id, content, name, "text/csv", at=at, by=by)
        done = roster_import.import_roster(session, employer_id, file, wages_from=month_of(at.date()), at=at, by=by)
        if done["hired"] != len(rows):
            raise RuntimeError(f"{character.code}: {done}")

    def _row(self, character: Character, position: int, first_day: date) -> list[str]:
        """One line of a roster file."""
        basic = self._wage(character)
        gross = basic + basic * self.lot.choice((8, 12, 15, 20)) // 100
        facts = self.people.next(character.code, position)
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
        amounts = [f"{minor // 100}.{minor % 100:02d}" for minor in (basic, gross)]
        return [cells.get(column, "") for column in COLUMNS] + amounts

    def _wage(self, character: Character) -> int:
        """Minor units: most people earn little, a few earn much."""
        part = self.lot.random() ** 3
        kwacha = character.lowest + int((character.highest - character.lowest) * part)
        return kwacha // 10 * 10 * 100

    def _turnover(self, session: Session, at: datetime, character: Character, month: Month) -> None:
        """Some leave at the month's end, as many begin the next day, and some earn more from then on."""
        employer_id, by = self.employers[character.code]
        today = at.date()
        working = session.scalars(
            select(Employment)
            .where(Employment.employer_id == employer_id, Employment.to_day.is_(None))
            .order_by(Employment.id)
        ).all()
        for employment in self.lot.sample(working[1:], character.turnover):
            reason = self.lot.choice(("resigned", "end_of_contract", "retired"))
            roster.leave(session, employer_id, employment.public_id, last_day=today, reason=reason, at=at, by=by)
        start = today + timedelta(days=1)
        if start <= self.today:
            self._when(start, 8, lambda s, when: self._newcomers(s, when, character))

    def _newcomers(self, session: Session, at: datetime, character: Character) -> None:
        self._bring(session, at, character, range(900, 900 + character.turnover))

    def _declare(self, session: Session, at: datetime, character: Character, month: Month, back: int) -> None:
        employer_id, by = self.employers[character.code]
        if back in character.closed_months:
            contributions.submit_nil(session, employer_id, month, by=by, at=at, nobody_paid=True)
            return
        payroll = drafts.start_from_roster(session, employer_id, month, at=at, by=by)
        contributions.submit_payroll(session, employer_id, payroll.public_id, version=payroll.version, by=by, at=at)

    def _pay(self, session: Session, at: datetime, character: Character) -> None:
        """Pay what is open in each scheme, or the part of it that is this employer's habit."""
        employer_id, _by = self.employers[character.code]
        book.lock(session, employer_id)
        for scheme in character.schemes:
            opened = open_charges(session, employer_id, scheme)
            if any(charge.due < at.date() for charge in opened):
                arrears.accrue(session, employer_id, on=at.date(), at=at)
                opened = open_charges(session, employer_id, scheme)
            owed = sum(charge.contribution + charge.late for charge in opened) * character.share // 100
            if character.rounds_up_to and owed:
                step = character.rounds_up_to * 100
                owed = -(-owed // step) * step
            if owed > 0:
                payments.record_payment(
                    session,
                    employer_id,
                    scheme=scheme,
                    amount=owed,
                    paid_on=at.date(),
                    method="bank",
                    bank_reference=f"PB{self.lot.randrange(10**8):08d}",
                    by=self.staff["cashier"],
                    at=at,
                )

    def _night(self, session: Session, at: datetime) -> None:
        """The night's arrears, for those who are ever late: the others' nights change nothing."""
        for character in self.characters:
            late = character.share < 100 or any(after is None or after > 0 for after in character.pays)
            if late and character.code in self.employers:
                arrears.accrue(session, self.employers[character.code][0], on=at.date(), at=at)
