"""Which months an employer has to declare, in which schemes, and how each of them stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.contributions.models import Declaration, Payroll, PayrollState, State
from portal.employers.models import Enrolment
from portal.errors import NotFound, Refused
from portal.installation import pack, packs
from portal.ledger.standing import standings
from portal.scheme.blocks.pack import Pack
from portal.scheme.blocks.values import NotKnown
from portal.scheme.calendars import Month, month_in_words, month_of, months_between
from portal.scheme.contribution import contribution_on
from portal.scheme.deadlines import due_day
from portal.words import Words, _

#: Declarations that no longer count: another one took their place.
GONE = (State.SUPERSEDED.value, State.CANCELLED.value)


@dataclass(frozen=True, slots=True)
class SchemeMonth:
    """
    One scheme in one month: what was declared, and what is still unpaid of it (minor units).

    *state* is one of the status words of the pages: not_declared, overdue, submitted, part_paid, paid, blocked.
    *why* says what is missing where the scheme's rules for the month are not known: it cannot be declared.
    """

    scheme: str
    short_name: str
    currency: str
    due_day: date
    declaration: Declaration | None
    unpaid: int
    state: str
    why: Words | None = None


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month with every scheme the employer was enrolled in on a day of it; *draft* names its open payroll."""

    month: Month
    schemes: tuple[SchemeMonth, ...]
    draft: UUID | None

    @property
    def declared(self) -> bool:
        """Whether every scheme that can be declared has its declaration."""
        return all(one.declaration is not None or one.why for one in self.schemes)

    @property
    def due_day(self) -> date:
        """The first due day among the schemes that still wait for a declaration, or of all when none does."""
        waiting = [one.due_day for one in self.schemes if one.declaration is None and not one.why]
        return min(waiting or [one.due_day for one in self.schemes])

    @property
    def payroll_id(self) -> int | None:
        """The payroll of the newest declaration that stands."""
        found = [one.declaration.payroll_id for one in self.schemes if one.declaration is not None]
        return max(found, default=None)


def months_to_declare(session: Session, employer_id: int, today: date) -> list[MonthRow]:
    """
    Every month from the first enrolment to the one *today* lies in, newest first.

    A month can be declared from its first day on.  Four queries, however many months.
    """
    schemes: dict[Month, list[str]] = {}
    for enrolment in _enrolments(session, employer_id):
        for month in _months_of(enrolment, today):
            names = schemes.setdefault(month, [])
            if enrolment.scheme not in names:
                names.append(enrolment.scheme)
    standing = _standing(session, employer_id)
    unpaid = _unpaid(session, employer_id)
    drafts = _drafts(session, employer_id)
    return [
        MonthRow(
            month,
            tuple(
                _scheme_month(pack(name), month, standing.get((name, month)), unpaid.get((name, month), 0), today)
                for name in names
            ),
            drafts.get(month),
        )
        for month, names in sorted(schemes.items(), reverse=True)
    ]


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
    found = {}
    for enrolment in _enrolments(session, employer_id):
        rules = pack(enrolment.scheme)
        first, last = month.first_day(rules.calendar), month.last_day(rules.calendar)
        if enrolment.from_day <= last and (enrolment.to_day is None or enrolment.to_day >= first):
            found[enrolment.scheme] = enrolment.id
    return found


def standing_declarations(session: Session, employer_id: int, month: Month) -> dict[str, Declaration]:
    """The declarations that count for *month*, by scheme."""
    wanted = (Declaration.employer_id == employer_id, Declaration.month == month, Declaration.state.not_in(GONE))
    return {each.scheme: each for each in session.scalars(select(Declaration).where(*wanted))}


def still_to_declare(session: Session, employer_id: int, month: Month, today: date) -> tuple[Pack, ...]:
    """
    The schemes for which a payroll of *month* would make a declaration.

    Refused, with the reason, when there is none: the month has not begun, nobody was enrolled, a rule
    is not known, or all is declared already.
    """
    enrolled = [pack(name) for name in schemes_of(session, employer_id, month)]
    if month > month_of(today):
        raise Refused(_("%(month)s has not begun yet.", month=month_in_words(month)), status=422)
    if not enrolled:
        words = _("You were not enrolled in any scheme in %(month)s.", month=month_in_words(month))
        raise Refused(words, status=422)
    declared = standing_declarations(session, employer_id, month)
    waiting = [rules for rules in enrolled if rules.id not in declared]
    if not waiting:
        words = _("%(month)s is declared already. If something in it is wrong, revise it.", month=month_in_words(month))
        raise Refused(words)
    return computable(waiting, month)


def computable(schemes: Iterable[Pack], month: Month) -> tuple[Pack, ...]:
    """Those whose rules for *month* are known; Refused with the first reason when none is."""
    gaps = {rules: not_computable(rules, month) for rules in schemes}
    known = tuple(rules for rules, why in gaps.items() if why is None)
    if not known:
        raise Refused(next(why for why in gaps.values() if why), status=422)
    return known


def not_computable(rules: Pack, month: Month) -> Words | None:
    """Why contributions of *month* cannot be computed; None when they can."""
    try:
        contribution_on(rules, month, dict.fromkeys(rules.components, 0))
    except NotKnown as gap:
        return _(
            "%(month)s cannot be declared here yet: %(why)s Ask the fund.", month=month_in_words(month), why=gap.words
        )
    return None


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


def _scheme_month(rules: Pack, month: Month, declared: Declaration | None, unpaid: int, today: date) -> SchemeMonth:
    """How one scheme stands in one month."""
    due = declared.due_day if declared is not None else due_day(rules, month)
    late, why = today > due, None
    if declared is None:
        why = not_computable(rules, month)
        state = "blocked" if why else "overdue" if late else "not_declared"
    elif unpaid <= 0:
        state = "paid" if declared.total else "submitted"
    elif late:
        state = "overdue"
    else:
        state = "part_paid" if unpaid < declared.total else "submitted"
    return SchemeMonth(rules.id, rules.short_name, rules.currency.code, due, declared, max(unpaid, 0), state, why)


def _standing(session: Session, employer_id: int) -> dict[tuple[str, Month], Declaration]:
    wanted = (Declaration.employer_id == employer_id, Declaration.state.not_in(GONE))
    return {(each.scheme, each.month): each for each in session.scalars(select(Declaration).where(*wanted))}


def _unpaid(session: Session, employer_id: int) -> dict[tuple[str, Month], int]:
    """What is open of each month's contribution, late charges apart."""
    found = standings(session, employer_id)
    return {(one.charge.scheme, one.charge.month): one.balance.contribution for one in found}


def _drafts(session: Session, employer_id: int) -> dict[Month, UUID]:
    wanted = (Payroll.employer_id == employer_id, Payroll.state == PayrollState.DRAFT.value)
    rows = session.execute(select(Payroll.month, Payroll.public_id).where(*wanted))
    return dict(rows.all())
