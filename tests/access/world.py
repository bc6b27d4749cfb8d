"""Two small employers with a life of their own, and one account of every kind, for the access matrix."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, db, files
from portal.approvals import Approval
from portal.auth.models import Account, EmployerRole, FundRole, FundRoleName, Mandate
from portal.auth.service import digest_of
from portal.bank import accounts, claims, importing
from portal.bank.confirming import batches, proposals
from portal.bank.confirming.batches import Tick
from portal.bank.matching import deciding
from portal.bank.models import BankEntry
from portal.bank.reading.values import Line, Statement
from portal.bringing import uploads
from portal.bringing.models import Kind
from portal.cases import service
from portal.cases.kinds import PROBLEM, QUESTION, REPORT
from portal.cases.models import Case, CaseEntry, CaseFile, Side
from portal.cases.service import New, Paper, Writer
from portal.colleagues import changes, invitations
from portal.colleagues.invitations import Offer
from portal.colleagues.models import Invitation
from portal.contributions import drafts
from portal.contributions.acknowledgement import fund_head
from portal.contributions.changes import Change, change_lines
from portal.contributions.models import Declaration
from portal.contributions.storage import contents_of
from portal.contributions.submitting import submit_payroll
from portal.demo import fund_maker
from portal.demo.characters import CHARACTERS
from portal.demo.story import Character
from portal.employees.entry import Slip
from portal.employees.slip_work import _ready, _sheet
from portal.employers.models import Employer, Employment, Registration
from portal.files import StoredFile
from portal.gateway import payouts, taking
from portal.gateway.models import GatewayOddity, GatewayPayment, GatewayPayout
from portal.gateway.providers.provider import Kind as Happened
from portal.gateway.providers.provider import Paid, PaidOut, Told
from portal.installation import fund
from portal.ledger.models import Charge, Transaction
from portal.notices import letters
from portal.notices.kinds import LetterKind
from portal.notices.models import Delivery, Letter, Notice
from portal.payments.bills import issue_bill
from portal.payments.models import Receipt, Refund
from portal.payments.taking_back import ask_to_take_back
from portal.people.models import Person
from portal.scheme.calendars import month_of
from portal.scheme.explain import words_to_json
from portal.work import Work
from tests.factories import give_mandate, make_account, make_officer

OWN, OTHER = "kafue-mining", "zambezi-foods"
TWO = tuple(
    replace(character, people=3, turnover=0, months=3, pays=(None, -2))
    for character in CHARACTERS
    if character.code in {OWN, OTHER}
)
#: A name nothing has.
UNKNOWN = UUID("00000000-0000-4000-8000-000000000000")


@dataclass(frozen=True)
class Principal:
    """Who asks: an account, an employee, or nobody."""

    name: str
    account: Account | None = None
    person_id: int | None = None


@dataclass(frozen=True)
class World:
    """Everybody who asks, and what the arguments of an address are for our own and for another employer."""

    principals: tuple[Principal, ...]
    own: dict[str, object]
    other: dict[str, object]


def make_world(characters: Sequence[Character] = TWO) -> World:
    """Make both employers through the services, and the accounts."""
    fund_maker.make(clock.today(fund().timezone), characters)
    with db.writing() as session:
        own, other = (
            _arguments(session, employer) for employer in session.scalars(select(Employer).order_by(Employer.id))
        )
        principals = _principals(session)
    return World(principals, own, other)


def _principals(session: Session) -> tuple[Principal, ...]:
    ours, theirs = session.scalars(select(Employer).order_by(Employer.id)).all()
    applied = session.scalars(select(Registration.account_id).order_by(Registration.id)).first()
    applicant = session.get_one(Account, applied)
    worker = session.scalar(
        select(Employment.person_id).where(Employment.employer_id == ours.id).order_by(Employment.id)
    )
    found = [Principal("anonymous"), Principal("employee", person_id=worker)]
    found.append(Principal("stranger", make_account(session)))
    found.append(Principal("applicant", applicant))
    found += [Principal(f"own {role.value}", give_mandate(session, ours, role)) for role in EmployerRole]
    found.append(Principal("other administrator", give_mandate(session, theirs)))
    found += [Principal(role.value, make_officer(session, role)) for role in FundRoleName]
    return tuple(found)


def _arguments(session: Session, employer: Employer) -> dict[str, object]:
    """What stands in the addresses of one employer's things, by the names the routes give them."""

    def first(model: type, *more: object) -> object:
        return session.scalars(select(model).where(model.employer_id == employer.id, *more).order_by(model.id)).first()

    now = clock.now()
    employment = first(Employment)
    declaration = first(Declaration)
    open_last = select(Charge).where(Charge.employer_id == employer.id).order_by(Charge.id.desc())
    charge = session.scalars(open_last).first()
    month = month_of(clock.today(fund().timezone))
    revised = _revised(session, employer, declaration)
    draft = drafts.start_from_roster(session, employer.id, month, at=now, by=None)
    registration = first(Registration)
    upload = files.keep(
        session, b"national_id\n", name="roster.csv", media_type="text/csv", at=now, employer=employer.id
    )
    person = session.get_one(Person, employment.person_id)
    cases = _cases(session, employer, person, str(month))
    sheet = _sheet(1, 1, [Slip(person, "", month.first_day())])
    work = Work(
        employer_id=employer.id, kind="slips", name="slips/once", payload={}, back="/", state="done", done=1, total=1,
        doing=words_to_json(_ready(1)), tries=0, created_at=now, updated_at=now,
        files=[{"file": str(upload.public_id), "name": "slips.pdf", "words": words_to_json(sheet)}], result={},
    )  # fmt: skip
    session.add(work)
    simulation = _simulation(session, employer)
    session.flush()
    receipt = first(Receipt)
    asked = ask_to_take_back(
        session, receipt.public_id, reason="It bounced.", by=make_officer(session).id, at=now
    )  # fmt: skip
    opening = uploads.keep(
        session, Kind.EMPLOYERS, f"legal_name\n{employer.number}\n".encode(), "register.csv", options={},
        by=registration.account_id, at=now,
    )  # fmt: skip
    mandate = first(Mandate)
    invitation = _invitation(session, employer, mandate.account_id)
    return {
        "employer_number": employer.number,
        "mandate": mandate.public_id,
        "invitation": {"access": _invitation(session, None, mandate.account_id).public_id, "": invitation.public_id},
        "account": (colleague := make_officer(session, FundRoleName.AUDITOR)).public_id,
        "role": session.scalars(select(FundRole.public_id).where(FundRole.account_id == colleague.id)).one(),
        "approval": {"changes": _change(session, employer, mandate.account_id), "": asked.public_id},
        "letter": _letter(session, employer).public_id,
        "notice_delivery": _delivery(session, first(Notice)).public_id,
        "work": work.public_id,
        "simulation": simulation.public_id,
        "refund": _refund(session, employer, asked, first(Transaction)).public_id,
        "bill": issue_bill(session, employer.id, charge.id, at=now, by=None).public_id,
        "charge": charge.public_id,
        "receipt": receipt.public_id,
        "document": receipt.public_id,
        "transaction": first(Transaction).public_id,
        "declaration": declaration.public_id,
        "payroll": draft.public_id,
        "other": revised.number,
        "number": {
            "registration": registration.public_id,
            "registrations": registration.public_id,
            "": declaration.number,
        },
        "month": str(month),
        "person": person.public_id,
        "employment": employment.public_id,
        "file": {
            "questions": (paper := _paper(session, cases["questions"])),
            "cases": paper,
            "bringing": opening.public_id,
            "bank": UNKNOWN,
            "record": paper,
            "": upload.public_id,
        },
        "case": cases,
        "queue": "registration",
        "tab": "history",
        "ending": "csv",
        "row": 2,
        "kind": {
            "registration": "tax",
            "registrations": "tax",
            "schemes": "pack",
            "bringing": "employers",
            "texts": "month.opened",
            "": "csv",
        },
        "card": "clerk",
        "exercise": "auditor",
        "step": 1,
        "token": {"invitations": f"to-{employer.number}", "": "made-up"},
        "page_name": "names",
        "part": "overview",
        "filename": "portal.css",
        "scheme": "zm-nhima",
        "code": "en",
        "language": "en",
        "unknown": uuid4(),
        **_bank(session, employer),
        "claim": _claim(session, employer).public_id,
        **_gateway(session, employer),
        "visit": UNKNOWN,
    }


def _invitation(session: Session, employer: Employer | None, by: int) -> Invitation:
    """Somebody is invited to look, at an employer or at the fund; the link says where."""
    today, where = clock.today(fund().timezone), employer.number if employer else "fund"
    role = EmployerRole.VIEWER if employer else FundRoleName.AUDITOR
    found = invitations.invite(
        session, employer, f"invited@{where}.example", Offer((role,), today), by=by, today=today, at=clock.now(),
        url="",
    )  # fmt: skip
    found.digest = digest_of(f"to-{where}")
    return found


def _change(session: Session, employer: Employer, by: int) -> UUID:
    """Another bank account was asked for."""
    wanted = {"legal_name": employer.legal_name, "bank_name": "Bank", "bank_account": "1"}
    return changes.ask_details(session, employer, wanted, reason="We moved.", by=by, at=clock.now()).public_id


def _cases(session: Session, employer: Employer, person: Person, month: str) -> dict[str, object]:
    """A question of the employer, with a paper, and a report of one of its people."""
    question = New(QUESTION, Side.EMPLOYER, {"title": "Our bill"}, employer=employer.id)
    other = Writer(service.OTHER)
    asked = service.open_case(
        session, question, "more than we owe", by=other, at=clock.now(), papers=[Paper("bill.pdf", b"%PDF-1.4")]
    )
    facts = {"month": month, "what": "wrong_wage"}
    report = New(REPORT, Side.PERSON, facts, person=person.id, employer=employer.id)
    reported = service.open_case(session, report, "less than I was paid", by=other, at=clock.now())
    told = service.open_case(session, New(PROBLEM, Side.NOBODY), "a page", by=other, at=clock.now())
    return {
        "questions": asked.public_id, "cases": asked.public_id, "employee": reported.public_id,
        "problem": told.public_id, "": asked.public_id,
    }  # fmt: skip


def _letter(session: Session, employer: Employer) -> Letter:
    """A letter to this employer, drawn and kept."""
    by = make_officer(session).id
    made = letters.write(
        session, employer.id, LetterKind.PLAIN, "en", "more than we owe", "less than I was paid", once="1", by=by,
        at=clock.now(),
    )  # fmt: skip
    letters.keep(session, made.id, b"%PDF-1.7", at=clock.now())
    return made


def _delivery(session: Session, notice: Notice) -> Delivery:
    """A mail about something this employer was told, that nobody took."""
    made = Delivery(
        notice_id=notice.id, employer_id=notice.employer_id, channel="mail", address="gone@example.org", language="en",
        state="refused", attempts=1, problem="", created_at=notice.at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _paper(session: Session, case: object) -> object:
    """The paper that came with a case."""
    return session.scalars(
        select(StoredFile.public_id)
        .join(CaseFile, CaseFile.file_id == StoredFile.id)
        .join(CaseEntry, CaseEntry.id == CaseFile.entry_id)
        .join(Case, Case.id == CaseEntry.case_id)
        .where(Case.public_id == case)
    ).one()


def _revised(session: Session, employer: Employer, declaration: Declaration) -> Declaration:
    """A second version of the month of a declaration, in which somebody was paid more."""
    now = clock.now()
    draft = drafts.revise_payroll(session, employer.id, declaration.month, at=now, by=None)
    line = contents_of(session, draft).lines[0]
    more = {line.row: Change({code: amount + 100_00 for code, amount in line.components.items()}, line.days)}
    draft = change_lines(
        session, employer.id, draft.public_id, version=draft.version, changes=more, at=now, by=None
    )  # fmt: skip
    made = submit_payroll(session, employer.id, draft.public_id, version=draft.version, by=None, at=now)
    return next(one for one in made if one.scheme == declaration.scheme)


def _bank(session: Session, employer: Employer) -> dict[str, object]:
    """An entry of the fund's account that nobody has booked yet."""
    now, day = clock.now(), clock.today(fund().timezone)
    account = accounts.add(
        session, bank="Bank", number=f"1{employer.id}", currency="ZMW", scheme=None, by=None, at=now
    )  # fmt: skip
    line = Line(1, 100_00, day, day, payer_name=employer.legal_name)
    kept = files.keep(session, employer.number.encode(), name="statement.sta", media_type="text/plain", at=now)
    told = Statement("mt940", account.number, "ZMW", "1", day, day, 0, 100_00, [line])
    (made,) = importing.take_in(session, [told], kept, by=None, at=now)
    entry = session.scalars(select(BankEntry).where(BankEntry.statement_id == made.id)).one()
    fee = Line(2, -1_00, day, day)
    told = Statement("mt940", account.number, "ZMW", "2", day, day, 100_00, 99_00, [fee])
    importing.take_in(session, [told], kept, by=None, at=now)
    deciding.match_waiting(session)
    wanted = proposals.page(session, "out", limit=1, offset=0)
    ticked = [Tick(one.entry.public_id, one.mark) for one in wanted]
    confirmed = batches.confirm(session, uuid4(), ticked, by=make_officer(session, FundRoleName.CASHIER).id, at=now)
    return {
        "bank_account": account.public_id, "statement": made.public_id, "entry": entry.public_id, "way": "send_back",
        "confirmation": confirmed.public_id,
    }  # fmt: skip


def _claim(session: Session, employer: Employer) -> Case:
    """Money the employer says it paid."""
    today = clock.today(fund().timezone)
    return claims.claim(
        session, employer.id, amount=5_00, currency="ZMW", paid_on=today, text="Slip 77", papers=[], key=uuid4(),
        by=make_account(session).id, today=today, at=clock.now(),
    )  # fmt: skip


def _gateway(session: Session, employer: Employer) -> dict[str, object]:
    """A payment of the gateway that waits for an officer, and a second message about it that does not fit."""
    now = clock.now()
    told = Told(Happened.PAID, f"GW-{employer.number}", "990000000000", 100_00, "ZMW", now)
    for one in (told, replace(told, amount=1)):
        taking.take(session, one, way="call", at=now)
    payment = session.scalars(select(GatewayPayment).where(GatewayPayment.transaction == told.transaction)).one()
    odd = session.scalars(select(GatewayOddity).where(GatewayOddity.gateway_payment_id == payment.id)).one()
    sent = PaidOut(f"PO-{employer.number}", now.date(), 100_00, 0, "ZMW", [Paid(told.transaction, 100_00)])
    payouts.take(session, sent, payment.provider, at=now)
    payout = session.scalars(select(GatewayPayout).where(GatewayPayout.number == sent.number)).one()
    return {"gateway_payment": payment.public_id, "oddity": odd.public_id, "payout": payout.public_id}


def _refund(session: Session, employer: Employer, asked: Approval, entry: Transaction) -> Refund:
    """A refund with its note."""
    snapshot = {
        "number": f"C-{employer.number}", "issued_on": "2026-11-20", "asked_on": "2026-11-18", "language": "en",
        "practice": True, "fund": fund_head(), "employer": {"number": employer.number, "name": employer.legal_name},
        "scheme": "NHIMA", "amount": 100_00, "currency": "ZMW", "steps": [],
        "to": {"name": employer.legal_name, "number": "1", "bank": ""},
    }  # fmt: skip
    made = Refund(
        number=snapshot["number"], employer_id=employer.id, scheme="zm-nhima", currency="ZMW", amount=100_00,
        approval_id=asked.id, transaction_id=entry.id, recorded_at=clock.now(), recorded_by=asked.asked_by,
        snapshot=snapshot,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _simulation(session: Session, employer: Employer) -> Work:
    """A simulation of the fund that is done, of one person of this employer."""
    now, sums = clock.now(), {"employer": 50_00, "employee": 50_00, "total": 100_00}
    counts = {"more": 0, "less": 0, "same": 1}
    named = {"number": employer.number, "name": employer.name}
    found = {
        "people": 1, "left_out": 1, "before": sums, "after": sums, **counts, "version": "0" * 64, "candidate": "1" * 64,
        "employers": [{**named, "people": 1, **counts, "before": 1, "after": 1}],
        "largest": [{"insurance": "10000001", "employer": [employer.number, employer.name], "before": 1, "after": 2}],
    }  # fmt: skip
    made = [
        files.keep(session, content, name=name, media_type="text/plain", at=now)
        for name, content in (("result.json", json.dumps(found).encode()), ("simulation.csv", b"employer\n"))
    ]
    work = Work(
        employer_id=None, kind="simulation", name="simulation/once", back="/", state="done", done=1, total=1, tries=0,
        payload={"scheme": "zm-nhima", "name": "simulation.csv", "month": "2026-10"}, created_at=now, updated_at=now,
        doing=words_to_json(_ready(1)), result={},
        files=[{"file": str(one.public_id), "name": one.name} for one in made],
    )  # fmt: skip
    work.files[1]["words"] = words_to_json(_ready(1))
    session.add(work)
    session.flush()
    return work
