"""Declarations and the payrolls they were made from, found by what names them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.contributions.models import Declaration, Payroll
from portal.errors import NotFound
from portal.installation import fund
from portal.scheme.calendars import Month


def declarations_of(session: Session, payroll: Payroll) -> list[Declaration]:
    """What a payroll made, one for each scheme, in the fund's order."""
    found = session.scalars(select(Declaration).where(Declaration.payroll_id == payroll.id)).all()
    order = list(fund().schemes)
    return sorted(found, key=lambda each: order.index(each.scheme) if each.scheme in order else len(order))


def declaration_by_number(session: Session, employer_id: int, number: str) -> Declaration:
    """The employer's declaration with this acknowledgement number; NotFound when it is another's or none."""
    wanted = (Declaration.employer_id == employer_id, Declaration.number == number)
    found = session.scalar(select(Declaration).where(*wanted))
    if found is None:
        raise NotFound(number)
    return found


def payroll_by_id(session: Session, employer_id: int, payroll_id: int) -> Payroll:
    """The payroll a declaration was made from; NotFound when it is another employer's."""
    found = session.scalar(select(Payroll).where(Payroll.employer_id == employer_id, Payroll.id == payroll_id))
    if found is None:
        raise NotFound(payroll_id)
    return found


def returns_of(session: Session, employer_id: int, month: Month) -> Sequence[Declaration]:
    """Everything that was ever declared for a month, whatever became of it, the newest first."""
    wanted = (Declaration.employer_id == employer_id, Declaration.month == month)
    return session.scalars(select(Declaration).where(*wanted).order_by(Declaration.id.desc())).all()
