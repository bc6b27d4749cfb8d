# ruff: noqa: E501  # one step a line: a table reads better than a list
"""The exercises of the practice fund: one for each kind of person, half an hour each, on what is already there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import Event
from portal.contributions.models import Declaration
from portal.coverage.cover import coverage_of
from portal.demo import stories, zambezi
from portal.demo.story import Card
from portal.demo.training import Did, Exercise, Learner, Question
from portal.employers.models import Employer
from portal.employers.service import mandates_held
from portal.errors import NotFound
from portal.installation import fund
from portal.ledger.statement import ageing
from portal.officers.queries import ArrearsWanted, in_arrears
from portal.payments.account import OpenMonth, accounts_of, months_on
from portal.payments.home_views import last_receipt, people_on
from portal.staff.review import Wanted, reviewed

HEALTH, PENSION = "zm-nhima", "zm-napsa"
KAFUE, MOSI, FOODS = "Kafue Mining Limited", "Mosi Transport Limited", "Zambezi Foods Limited"
Answer = Callable[[Session, Learner], int | str | None]


def _employer(session: Session, legal_name: str) -> Employer | None:
    return session.scalar(select(Employer).where(Employer.legal_name == legal_name))


def _month(legal_name: str, pick: Callable[[list[OpenMonth]], int | None]) -> Answer:
    """Something of an employer's open pension months, the oldest first."""

    def answer(session: Session, learner: Learner) -> int | None:
        employer = _employer(session, legal_name)
        months = months_on(session, employer.id, learner.today, PENSION) if employer else []
        return pick([one for one in months if one.total])

    return answer


def _owed(legal_name: str) -> Answer:
    """All that an employer owes for its pension months, today."""

    def answer(session: Session, learner: Learner) -> int | None:
        employer = _employer(session, legal_name)
        accounts = accounts_of(session, employer.id, learner.today) if employer else []
        return next((one.owed for one in accounts if one.rules.id == PENSION), None)

    return answer


def _last_receipt(legal_name: str) -> Answer:
    """The number of the newest receipt of an employer."""

    def answer(session: Session, _learner: Learner) -> str | None:
        employer = _employer(session, legal_name)
        found = employer and last_receipt(session, employer.id)
        return found.number if found else None

    return answer


def _desk(session: Session, learner: Learner) -> list[tuple[int, str]]:
    """How many people work today at each employer the learner may act for, and its number; the largest first."""
    held = mandates_held(session, learner.account or 0, learner.today)
    return sorted(((people_on(session, one.id, learner.today), one.number) for one, _mandates in held), reverse=True)


def _largest_of_mine(session: Session, learner: Learner) -> str | None:
    return next((number for _people, number in _desk(session, learner)), None)


def _people_of_mine(session: Session, learner: Learner) -> str:
    return str(sum(people for people, _number in _desk(session, learner)))


def _last_acknowledgement(session: Session, _learner: Learner) -> str | None:
    employer = _employer(session, KAFUE)
    if employer is None:
        return None
    wanted = (Declaration.employer_id == employer.id, Declaration.scheme == PENSION)
    return session.scalar(select(Declaration.number).where(*wanted).order_by(Declaration.id.desc()).limit(1))


def _without_second_step(session: Session, learner: Learner) -> str:
    people, _total = reviewed(session, Wanted("fund"), learner.today, clock.real_now())
    return str(sum(not one.two_steps for one in people))


def _silent(session: Session, _learner: Learner) -> str | None:
    """The employer that has never declared anything."""
    declared = select(Declaration.id).where(Declaration.employer_id == Employer.id)
    return session.scalar(select(Employer.number).where(~declared.exists()).order_by(Employer.id).limit(1))


def _overdue_in_all(session: Session, learner: Learner) -> int:
    return sum(one.contribution + one.late for one in ageing(session, learner.today, PENSION))


def _largest_debtor(session: Session, learner: Learner) -> str | None:
    rows, _total = in_arrears(session, ArrearsWanted(on=learner.today, scheme=PENSION), limit=1)
    return rows[0].number if rows else None


def _covered_until(session: Session, learner: Learner) -> str | None:
    """The last day of cover as digits, day month year, as one types it from the page."""
    until: date | None = coverage_of(session, learner.person or 0, HEALTH, learner.today).until
    return until.strftime("%d%m%Y") if until else None


EXERCISES = (
    Exercise("clerk", _l("The payroll clerk's month"), _l("Keep the roster, then bring the month's payroll until only the signatory is missing."), (
        Did(_l("Hire somebody: choose the name, the birth date and the pay yourself."), _l("People, then Hire somebody"), (Event.HIRED,)),
        Did(_l("Give one person a new wage from this month on."), _l("People, a person, then Change the wage"), (Event.WAGE_CHANGED,)),
        Did(_l("Record that somebody leaves, with the reason."), _l("People, a person, then Record that they left"), (Event.LEFT,)),
        Did(_l("Start this month's payroll from the roster."), _l("Home, then Start your payroll"), (Event.PAYROLL_SAVED,)),
        Did(_l("Change one amount in it, and save."), _l("The payroll, then the line of a person"), (Event.PAYROLL_SAVED,), 2),
        Question(_l("Which number has the acknowledgement of the last NAPSA declaration?"), _l("Payroll, the last submitted month"), _last_acknowledgement),
    )),
    Exercise("signatory", _l("The signatory's month"), _l("Answer for a month: look at what was prepared, submit it, ask for the bill."), (
        Question(_l("Which number has the last receipt?"), _l("Home, or Account"), _last_receipt(KAFUE)),
        Did(_l("Start this month's payroll from the roster, or open the one the clerk prepared and change an amount."), _l("Home, then Start your payroll"), (Event.PAYROLL_SAVED,)),
        Did(_l("Submit it: it becomes one declaration for each scheme."), _l("The payroll, then Check and submit"), (Event.DECLARATION_SUBMITTED,), 2),
        Did(_l("Make the bill for one scheme."), _l("Account, the month, then Bill"), (Event.BILL_ISSUED,)),
        Did(_l("Correct the month you submitted: change one person's pay and submit the correction."), _l("Payroll, the month, See the lines, then Revise"), (Event.DECLARATION_SUPERSEDED,)),
    )),
    Exercise("administrator", _l("In arrears: what is owed, and why"), _l("Mosi Transport declares but does not pay. Find out what that costs."), (
        Question(_l("How much does Mosi Transport owe NAPSA in all today?"), _l("Account"), _owed(MOSI)),
        Question(_l("How much contribution is still open for the oldest unpaid NAPSA month?"), _l("Account, the last line of NAPSA"), _month(MOSI, lambda months: months[0].contribution if months else None)),
        Question(_l("How much was added for paying that month late, to this day?"), _l("Account, the month, then how it was reckoned"), _month(MOSI, lambda months: months[0].late if months else None)),
        Did(_l("Make the bill for that month."), _l("Account, the month, then Bill"), (Event.BILL_ISSUED,)),
        Did(_l("Print a slip with a code for one of your people."), _l("People, then Slips with codes"), (Event.SLIP_PRINTED,)),
        Did(_l("Invite a colleague who may only look. Choose any address of mail: in practice every mail stays here."), _l("Colleagues, then Invite somebody"), (Event.INVITED,)),
    )),
    Exercise("viewer", _l("Three employers, one desk"), _l("The office of an accountant looks after several employers with one account, and sees only what each of them let it see."), (
        Question(_l("Which number has the largest of your employers, by people who work there today?"), _l("Your employers, and the home page of each"), _largest_of_mine),
        Question(_l("How many people work at all of them together?"), _l("The same pages"), _people_of_mine),
        Question(_l("Which number has the last receipt of Zambezi Foods?"), _l("Its home page, or Account"), _last_receipt(FOODS)),
    )),
    Exercise("employee", _l("Am I covered?"), _l("See your cover and your months, and say when something is wrong."), (
        Question(_l("Until which day are you covered? Type it as day, month and year, like 31 12 2026."), _l("The first page"), _covered_until),
        Did(_l("Report that a month's wage is wrong."), _l("A month, then Something is wrong with this month"), (Event.CASE_OPENED,)),
    )),
    Exercise("registrar", _l("A registration is decided"), _l("Look at an application, compare it with the employers there are, and decide."), (
        Did(_l("Return the application that waits, with a remark, or approve it."), _l("Registrations"), (Event.REGISTRATION_RETURNED, Event.REGISTRATION_APPROVED, Event.REGISTRATION_REJECTED)),
        Question(_l("Which number has the employer that has never declared anything?"), _l("Employers, with the filter Last month not declared"), _silent),
    )),
    Exercise("officer", _l("Who is silent, who is late"), _l("Find out who has not declared and who owes most, and try a case."), (
        Question(_l("Which number has the employer that has never declared anything?"), _l("Employers, with the filter Last month not declared"), _silent),
        Question(_l("Which number has the employer that owes NAPSA most?"), _l("Arrears, NAPSA"), _largest_debtor),
        Question(_l("How much does Mosi Transport owe NAPSA in all today?"), _l("Employers, Mosi Transport"), _owed(MOSI)),
        Did(_l("Answer what an employee reported. If nobody did, come in as the employee first and report something."), _l("Cases"), (Event.CASE_WRITTEN, Event.CASE_CLOSED)),
    )),
    Exercise("cashier", _l("Money at the counter"), _l("Enter a payment, see what it settles, and put a mistake right."), (
        Did(_l("Enter a payment of Mosi Transport for NAPSA."), _l("Payments, find Mosi Transport"), (Event.PAYMENT_RECORDED,)),
        Question(_l("How much does Mosi Transport owe NAPSA in all after it?"), _l("Payments, find Mosi Transport"), _owed(MOSI)),
        Did(_l("It was the wrong employer: ask for the payment to be taken back. A second person has to agree."), _l("The receipt, then Take this payment back"), (Event.APPROVAL_ASKED,)),
    )),
    Exercise("supervisor", _l("Four eyes"), _l("Decide what one person may not do alone. Let the cashier ask for something first."), (
        Question(_l("How much is overdue for NAPSA in all today, with late charges?"), _l("Home, or Arrears"), _overdue_in_all),
        Did(_l("Decide on a request that waits."), _l("Approvals"), (Event.APPROVAL_GIVEN, Event.APPROVAL_REFUSED)),
        Question(_l("Which number has the employer that owes NAPSA most?"), _l("Arrears, NAPSA"), _largest_debtor),
    )),
    Exercise("auditor", _l("Down to the last ngwee"), _l("Take one late charge and follow it from the fund's total to its rule."), (
        Question(_l("How much is overdue for NAPSA in all today, with late charges?"), _l("Home, or Arrears"), _overdue_in_all),
        Question(_l("Which number has the employer that owes NAPSA most?"), _l("Arrears, NAPSA"), _largest_debtor),
        Question(_l("How much was added for paying Mosi Transport's oldest unpaid NAPSA month late?"), _l("Arrears, Mosi Transport, the month"), _month(MOSI, lambda months: months[0].late if months else None)),
        Question(_l("How much contribution is open for that month?"), _l("The same page"), _month(MOSI, lambda months: months[0].contribution if months else None)),
    )),
    Exercise("administrator-of-systems", _l("A fund that works"), _l("Let colleagues in, say things in words of the fund, and see who is still without a second step."), (
        Did(_l("Invite a colleague to work at the fund, in one role."), _l("Access, then Invite a colleague"), (Event.INVITED,)),
        Did(_l("It was a mistake: withdraw the invitation."), _l("Access, the invitations that wait"), (Event.INVITATION_WITHDRAWN,)),
        Did(_l("Change the words of one message, look at it with samples, and use it."), _l("What we write, a message"), (Event.TEMPLATE_CHANGED,)),
        Question(_l("How many people of the fund sign in without a second step?"), _l("Access"), _without_second_step),
    )),
)  # fmt: skip


def offered() -> tuple[Exercise, ...]:
    """The exercises of the fund in use: they are about the employers of the Zambezi fund."""
    return EXERCISES if stories.known(fund()) is zambezi.STORY else ()


def exercise_of(code: str) -> Exercise:
    """The exercise of a card; NotFound when the fund in use has none of that name."""
    for exercise in offered():
        if exercise.card == code:
            return exercise
    raise NotFound(code)


def with_cards() -> list[tuple[Exercise, Card]]:
    """Every exercise with the card of its learner, in the order of the cards."""
    found = {one.card: one for one in offered()}
    return [(found[card.code], card) for card in stories.cards() if card.code in found]
