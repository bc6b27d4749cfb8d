"""Which months an employer has to declare, in which schemes, and how each of them stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.contributions.models import Declaration, Payroll, PayrollState
from portal.contributions.standing import Declared, declared_months, standing_declarations
from portal.employers.given import Given, asks_headcount, given_on, why_not
from portal.employers.models import Enrolment
from portal.employers.roster_answers import headcounts
from portal.employers.service import enrolments_in
from portal.errors import NotFound, Refused
from portal.installation import month_on, month_words, pack, packs
from portal.ledger.standing import standings
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.calendars import Month, months_between
from portal.scheme.pay.unusable import Unusable
from portal.words import Words, _


@dataclass(frozen=True, slots=True)
class SchemeMonth:
    """
    One scheme in one month: what was declared, and what is still unpaid of it (minor units).

    *state* is one of the status words of the pages: not_declared, overdue, submitted, part_paid, paid, blocked.
    *why* says what is missing where the rules for the month are not known, or have not been told what they ask:
    it cannot be declared.  *due_day* is None where nobody knows it.
    """

    scheme: str
    short_name: str
    currency: str
    due_day: date | None
    declared: Declared | None
    unpaid: int
    state: str
    why: Words | None = None

    @property
    def declaration(self) -> Declaration | None:
        """The main declaration, where there is one."""
        return self.declared.main if self.declared else None


@dataclass(frozen=True, slots=True)
class MonthRow:
    """
    One month with every scheme the employer was enrolled in on a day of it; *draft* names its open payroll.

    *asked* names a revision that waits for the fund to decide.
    """

    month: Month
    schemes: tuple[SchemeMonth, ...]
    draft: UUID | None
    asked: UUID | None = None

    @property
    def declared(self) -> bool:
        """Whether every scheme that can be declared has its declaration."""
        return all(one.declaration is not None or one.why for one in self.schemes)

    @property
    def due_day(self) -> date:
        """The first due day known among the schemes that still wait for a declaration, or of all when none does."""
        waiting = [one for one in self.schemes if one.declaration is None and not one.why]
        return min((one.due_day for one in waiting or self.schemes if one.due_day), default=date.max)

    @property
    def payroll_id(self) -> int | None:
        """The payroll of the newest declaration that stands."""
        found = [each.payroll_id for one in self.schemes if one.declared for each in one.declared.all]
        return max(found, default=None)


def months_to_declare(session: Session, employer_id: int, today: date) -> list[MonthRow]:
    """
    Every month from the first enrolment to the one *today* lies in, newest first.

    A month can be declared from its first day on.  Four queries, however many months, and one more where a
    scheme asks how many people there were.
    """
    schemes: dict[Month, dict[str, Enrolment]] = {}
    for enrolment in _enrolments(session, employer_id):
        for month in _months_of(enrolment, today):
            schemes.setdefault(month, {})[enrolment.scheme] = enrolment
    standing = declared_months(session, employer_id)
    counted = headcounts(session, employer_id, _to_count(schemes, standing))
    unpaid = _unpaid(session, employer_id)
    drafts, asked = _open_payrolls(session, employer_id)
    return [
        MonthRow(
            month,
            tuple(
                _scheme_month(
                    given_on(pack(name), month, enrolment, counted.get(month), today),
                    month,
                    standing.get((name, month)),
                    unpaid.get((name, month), 0),
                    today,
                )
                for name, enrolment in enrolled.items()
            ),
            drafts.get(month),
            asked.get(month),
        )
        for month, enrolled in sorted(schemes.items(), key=lambda one: one[0], reverse=True)
    ]


def _to_count(
    schemes: Mapping[Month, Mapping[str, Enrolment]], standing: Mapping[tuple[str, Month], Declared]
) -> set[Month]:
    """The months still to be declared to a scheme that asks how many people there were."""
    return {
        month for month, enrolled in schemes.items()
        for name in enrolled if (name, month) not in standing and asks_headcount(pack(name))
    }  # fmt: skip


def next_month(rows: Iterable[MonthRow]) -> MonthRow | None:
    """The month to turn to now: the oldest one that ended without being declared, else the one that runs."""
    waiting = [row for row in rows if not row.declared]
    return min(waiting, key=lambda row: row.month, default=None)


def month_row(session: Session, employer_id: int, month: Month, today: date) -> MonthRow:
    """One month of an employer; NotFound when there is nothing to declare in it or it has not begun."""
    for row in months_to_declare(session, employer_id, today):
        if row.month == month:
            return row
    raise NotFound(str(month))


def schemes_of(session: Session, employer_id: int, month: Month) -> dict[str, int]:
    """The schemes the employer is enrolled in on a day of *month*, in the fund's order, each with its enrolment."""
    return {one.scheme: one.id for one in enrolments_in(session, employer_id, month)}


def given_in(session: Session, employer_id: int, month: Month, known_on: date) -> dict[str, Given]:
    """What each scheme the employer is enrolled in for *month* is told beside pay, in the fund's order."""
    enrolled = enrolments_in(session, employer_id, month)
    asked = any(asks_headcount(pack(one.scheme)) for one in enrolled)
    people = headcounts(session, employer_id, [month]).get(month) if asked else None
    return {one.scheme: given_on(pack(one.scheme), month, one, people, known_on) for one in enrolled}


def still_to_declare(session: Session, employer_id: int, month: Month, today: date) -> tuple[Pack, ...]:
    """
    The schemes for which a payroll of *month* would make a declaration.

    Refused, with the reason, when there is none: the month has not begun, nobody was enrolled, a rule
    is not known, or all is declared already.
    """
    enrolled = given_in(session, employer_id, month, today)
    if month > month_on(today):
        raise Refused(_("%(month)s has not begun yet.", month=month_words(month)), status=422)
    if not enrolled:
        words = _("You were not enrolled in any scheme in %(month)s.", month=month_words(month))
        raise Refused(words, status=422)
    declared = standing_declarations(session, employer_id, month)
    waiting = [given for scheme, given in enrolled.items() if scheme not in declared]
    if not waiting:
        words = _("%(month)s is declared already. If something in it is wrong, revise it.", month=month_words(month))
        raise Refused(words)
    return computable(waiting, month)


def computable(schemes: Iterable[Given], month: Month) -> tuple[Pack, ...]:
    """Those whose rules for *month* are known and told what they ask; Refused with the first reason when none is."""
    gaps = {given.rules: not_computable(given, month) for given in schemes}
    known = tuple(rules for rules, why in gaps.items() if why is None)
    if not known:
        raise Refused(next(why for why in gaps.values() if why), status=422)
    return known


def not_computable(given: Given, month: Month) -> Words | None:
    """Why contributions of *month* cannot be computed; None when they can."""
    why = why_not(given, month)
    if why is None:
        return None
    return _("%(month)s cannot be declared here yet: %(why)s Ask the fund.", month=month_words(month), why=why)


def _enrolments(session: Session, employer_id: int) -> Sequence[Enrolment]:
    """All enrolments of an employer, the fund's first scheme first."""
    statement = select(Enrolment).where(Enrolment.employer_id == employer_id).order_by(Enrolment.from_day)
    order = {name: place for place, name in enumerate(packs())}
    found = [each for each in session.scalars(statement) if each.scheme in order]
    return sorted(found, key=lambda each: order[each.scheme])


def _months_of(enrolment: Enrolment, today: date) -> list[Month]:
    """The months an enrolment touches, from the first that the scheme knows up to the one that runs."""
    rules = pack(enrolment.scheme)
    begins = rules.begins
    start = max(enrolment.from_day, begins)
    last = min(today, enrolment.to_day or today)
    first = rules.calendar.month_of(start)
    if first.first_day(rules.calendar) < begins:
        first = first.next(rules.calendar)
    return list(months_between(first, rules.calendar.month_of(last), rules.calendar))


def _scheme_month(given: Given, month: Month, declared: Declared | None, unpaid: int, today: date) -> SchemeMonth:
    """How one scheme stands in one month."""
    rules, why = given.rules, None
    due = declared.main.due_day if declared is not None else _due_day(given, month)
    late = due is not None and today > due
    if declared is None:
        why = not_computable(given, month)
        state = "blocked" if why else "overdue" if late else "not_declared"
    elif unpaid <= 0:
        state = "paid" if declared.total else "submitted"
    elif late:
        state = "overdue"
    else:
        state = "part_paid" if unpaid < declared.total else "submitted"
    return SchemeMonth(rules.id, rules.short_name, rules.currency.code, due, declared, max(unpaid, 0), state, why)


def _due_day(given: Given, month: Month) -> date | None:
    """The day by which the employer pays; None where it is not known."""
    try:
        return given.due_day(month)
    except (NotKnown, Unusable):
        return None


def _unpaid(session: Session, employer_id: int) -> dict[tuple[str, Month], int]:
    """What is open of each month's contribution, late charges apart."""
    found = standings(session, employer_id)
    return {(one.charge.scheme, one.charge.month): one.balance.contribution for one in found}


def _open_payrolls(session: Session, employer_id: int) -> tuple[dict[Month, UUID], dict[Month, UUID]]:
    """The payrolls that are worked on, and those that wait for the fund."""
    wanted = (Payroll.employer_id == employer_id, Payroll.state.in_((PayrollState.DRAFT, PayrollState.ASKED)))
    rows = session.execute(select(Payroll.month, Payroll.public_id, Payroll.state).where(*wanted)).all()
    drafts = {month: name for month, name, state in rows if state == PayrollState.DRAFT}
    return drafts, {month: name for month, name, state in rows if state == PayrollState.ASKED}
