"""An employer's home: the one thing that matters now, then what is owed, who is employed, and the last receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock, db
from portal.auth.access import Right, acting_for_employer, guarded, needs
from portal.contributions.models import Declaration
from portal.contributions.months import MonthRow, months_to_declare, next_month
from portal.contributions.reviewing.service import given_back
from portal.db import day_range
from portal.employers.models import Employment
from portal.installation import fund, pack
from portal.payments.account import OpenMonth, SchemeAccount, accounts_of
from portal.payments.models import Payment, PaymentReversal, Receipt
from portal.scheme.calendars import Calendar, month_in_words
from portal.words import Amount, Words, _, _n

bp = guarded(Blueprint("employer_home", __name__, url_prefix="/employers/<employer_number>"), acting_for_employer)


@dataclass(frozen=True, slots=True)
class Now:
    """
    The one thing that matters: a sentence, what more there is to say, and what to do.

    *page* stands below the employer's address; *kind* is "", late or done.
    """

    title: Words
    body: Words | None
    page: str
    action: Words | None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class LastReceipt:
    """The newest receipt; *amount* in minor units."""

    public_id: UUID
    number: str
    paid_on: date
    amount: int
    currency: str
    scheme: str
    taken_back: bool


@bp.get("/")
@needs(Right.VIEW)
def show(employer_number: str) -> ResponseReturnValue:
    """The home page of the employer in the address."""
    today = clock.today(fund().timezone)
    with db.reading() as session:
        rows = months_to_declare(session, g.employer.id, today)
        accounts = accounts_of(session, g.employer.id, today)
        people = people_on(session, g.employer.id, today)
        receipt = last_receipt(session, g.employer.id)
        back = given_back(session, g.employer.id)
    return render_template(
        "payments/home.html", employer=g.employer, now=what_matters(rows, accounts, people, today, back),
        accounts=accounts, people=people, receipt=receipt, today=today, base=f"/employers/{g.employer.number}",
    )  # fmt: skip


def people_on(session: Session, employer_id: int, on: date) -> int:
    """How many people work for the employer on the day."""
    holding = day_range(on, Employment.from_day, Employment.to_day)
    return (
        session.scalar(
            select(func.count()).select_from(Employment).where(Employment.employer_id == employer_id, holding)
        )
        or 0
    )


def last_receipt(session: Session, employer_id: int) -> LastReceipt | None:
    """The newest receipt of the employer; None before the first payment."""
    row = session.execute(
        select(
            Receipt.public_id,
            Receipt.number,
            Payment.paid_on,
            Payment.amount,
            Payment.currency,
            Payment.scheme,
            PaymentReversal.id,
        )
        .join(Payment, Payment.id == Receipt.payment_id)
        .outerjoin(PaymentReversal, PaymentReversal.payment_id == Payment.id)
        .where(Receipt.employer_id == employer_id)
        .order_by(Receipt.issued_at.desc(), Receipt.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    scheme = pack(row.scheme).short_name
    return LastReceipt(
        row.public_id, row.number, row.paid_on, row.amount, row.currency, scheme, taken_back=row.id is not None
    )  # fmt: skip


def what_matters(
    rows: Sequence[MonthRow], accounts: Sequence[SchemeAccount], people: int, today: date, back: Declaration | None
) -> Now:
    """
    What the employer has to turn to first.

    In this order: people to declare for, what the fund gave *back*, months past their due day, money past it, the
    month that has ended, money that is due, the month that runs.
    """
    waiting = next_month(rows)
    if waiting is not None and not people and not any(row.payroll_id for row in rows):
        return _no_people()
    if back is not None:
        return _given_back(back)
    if waiting is not None and waiting.due_day < today:
        return _late_month(waiting, sum(1 for row in rows if not row.declared and row.due_day < today))
    if any(account.overdue for account in accounts):
        return _late_money(accounts, today)
    if waiting is not None and waiting.month.last_day(_calendar(waiting)) < today:
        return Now(_ended(waiting, today), None, _payroll(waiting), _action(waiting))
    if any(account.owed for account in accounts):
        return _open_money(accounts, today)
    if waiting is not None:
        return _running(waiting)
    return Now(_("There is nothing to do now."), None, "", None, "done")


def _ended(waiting: MonthRow, today: date) -> Words:
    """The month that has ended waits; on its due day there is no day after."""
    if waiting.due_day == today:
        return _("Today is the last day to declare and pay %(month)s.", month=_month(waiting))
    return _("%(month)s is due on %(day)s.", month=_month(waiting), day=waiting.due_day)


def _running(waiting: MonthRow) -> Now:
    """Nothing is open but the month that runs."""
    more = _(
        "%(month)s is due on %(day)s. You can already prepare its payroll.", month=_month(waiting), day=waiting.due_day
    )
    return Now(_("Everything is declared and paid."), more, _payroll(waiting), _action(waiting), "done")


def _no_people() -> Now:
    return Now(
        _("Begin with the people you employ."),
        _("Nobody is on your roster yet. Bring them in from a file, or add them one by one."),
        "roster/", _("Go to your people"),
    )  # fmt: skip


def _late_month(waiting: MonthRow, months: int) -> Now:
    title = _n(
        "%(month)s was due on %(day)s and is not declared.",
        "%(n)s months were due and are not declared, the oldest is %(month)s.",
        months,
        month=_month(waiting),
        day=waiting.due_day,
    )
    body = _("Declare and pay it now: what is paid late can cost more with every month.")
    return Now(title, body, _payroll(waiting), _action(waiting), "late")


def _given_back(back: Declaration) -> Now:
    rules = pack(back.scheme)
    month = month_in_words(back.month, rules.calendar)
    return Now(
        _("The fund gave back %(month)s for %(scheme)s.", month=month, scheme=rules.short_name),
        _("Read what to look at, then revise the month. Until then what was declared stands."),
        f"payrolls/declarations/{back.number}", _("See what to look at"), "late",
    )  # fmt: skip


def _calendar(row: MonthRow) -> Calendar:
    return pack(row.schemes[0].scheme).calendar


def _month(row: MonthRow) -> Words:
    return month_in_words(row.month, _calendar(row))


def _payroll(waiting: MonthRow) -> str:
    """Where the month is worked on, below the employer's address."""
    return f"payrolls/{waiting.draft}" if waiting.draft else f"payrolls/start/{waiting.month}"


def _action(waiting: MonthRow) -> Words:
    return _("Go on with your payroll") if waiting.draft else _("Start your payroll")


def _late_money(accounts: Sequence[SchemeAccount], today: date) -> Now:
    late = [account for account in accounts if account.overdue]
    first = min(late, key=lambda account: min(month.charge.due_day for month in _overdue(account)))
    amount = Amount(first.overdue, first.currency)
    title = (
        _("%(amount)s is overdue for %(scheme)s.", amount=amount, scheme=first.rules.short_name)
        if any(month.contribution for month in _overdue(first))
        else _("%(amount)s of late charges is still open for %(scheme)s.", amount=amount, scheme=first.rules.short_name)
    )
    more = _enough_until(first, today) if len(late) == 1 else _also(late, first)
    return Now(title, more, "account/", _("See what to pay"), "late")


def _overdue(account: SchemeAccount) -> list[OpenMonth]:
    return [month for month in account.months if month.overdue]


def _enough_until(account: SchemeAccount, today: date) -> Words:
    """Until when what is overdue stays as it is, as far as the scheme's rule for late charges is known."""
    if not account.rules.late_known:
        return _(
            "What %(scheme)s adds for paying late is not known here; the fund may ask for more.",
            scheme=account.rules.short_name,
        )
    growing = [month.pay_by for month in _overdue(account) if month.rule.next_begins]
    if not growing:
        if any(month.contribution for month in _overdue(account)):
            return _("Nothing more is added for being late, but your people may be without cover until it is paid.")
        return _("The contributions are paid, so nothing more is added.")
    if min(growing) == today:
        return _("Pay today: tomorrow more is added.")
    return _("The amount stays as it is until %(day)s; the day after, more is added.", day=min(growing))


def _also(late: Sequence[SchemeAccount], first: SchemeAccount) -> Words:
    """The second scheme in arrears; amounts of two schemes are never added up."""
    other = next(account for account in late if account is not first)
    return _(
        "Overdue for %(scheme)s too: %(amount)s.",
        scheme=other.rules.short_name,
        amount=Amount(other.overdue, other.currency),
    )


def _open_money(accounts: Sequence[SchemeAccount], today: date) -> Now:
    """Money that is not late yet: the scheme whose due day comes first, and the one after it."""
    unpaid = [account for account in accounts if account.owed]
    due = {account.rules.id: min(one.charge.due_day for one in account.months if one.total) for account in unpaid}
    first, *others = sorted(unpaid, key=lambda account: due[account.rules.id])
    more = [_pay_too(account, due[account.rules.id], today) for account in others[:1]]
    title = _pay(first, due[first.rules.id], today)
    return Now(title, more[0] if more else None, "account/", _("See how to pay"))


def _pay(account: SchemeAccount, due: date, today: date) -> Words:
    amount, scheme = Amount(account.owed, account.currency), account.rules.short_name
    if due == today:
        return _("Today is the last day to pay %(amount)s for %(scheme)s.", amount=amount, scheme=scheme)
    return _("Pay %(amount)s for %(scheme)s by %(day)s.", amount=amount, scheme=scheme, day=due)


def _pay_too(account: SchemeAccount, due: date, today: date) -> Words:
    amount, scheme = Amount(account.owed, account.currency), account.rules.short_name
    if due == today:
        return _("And %(amount)s for %(scheme)s, today too.", amount=amount, scheme=scheme)
    return _("And %(amount)s for %(scheme)s by %(day)s.", amount=amount, scheme=scheme, day=due)
