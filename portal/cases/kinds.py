"""
The kinds of case: who works on one, and in how many days it should be closed.

A room that has something to show beside a case of a kind (the months of an employee, say) tells so with `beside`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.auth.access import Right
from portal.cases.models import Case
from portal.installation import fund, month_from, month_words
from portal.scheme.identity import NumberRule
from portal.words import Amount, Words, _

#: Case numbers: K, a counter, a check digit.
NUMBERS = NumberRule(name="case number", prefix="K", digits=6, check="luhn", first=100001)


@dataclass(frozen=True, slots=True)
class Kind:
    """
    A kind of case: *title* names one, *many* the queue of them.

    Any of *rights* is enough to work on it.  *days* from the day it was opened is its service time, unless the fund's
    file says otherwise.  *about* says in words what one case is about.
    """

    code: str
    title: Words
    many: Words
    rights: frozenset[Right]
    days: int
    about: Callable[[Case], Words]

    @property
    def service_days(self) -> int:
        """The days within which the fund means to close it."""
        return fund().service_days.get(self.code, self.days)

    def due_on(self, opened: date) -> date:
        """The last day of its service time; that day included."""
        return opened + timedelta(days=self.service_days)


#: What stands beside a case: a template and what it is given.
Beside = tuple[str, Mapping[str, Any]]

KINDS: dict[str, Kind] = {}
BESIDE: dict[str, Callable[[Session, Case], Beside]] = {}

OUTCOMES: Mapping[str, Words] = {
    "settled": _("Put right"),
    "explained": _("Explained; nothing had to be changed"),
    "unfounded": _("Looked into; it was not so"),
    "elsewhere": _("Not for the fund to decide; sent to who can"),
}

#: What an employee can say is wrong with a month.
REPORTS: Mapping[str, Words] = {
    "not_declared": _("My employer did not declare this month"),
    "wrong_wage": _("The wage declared is wrong"),
}


def kind(one: Kind) -> Kind:
    """Make a kind known to the portal."""
    KINDS[one.code] = one
    return one


def beside(code: str, shown: Callable[[Session, Case], Beside]) -> None:
    """Let *shown* say what stands beside cases of this kind on the fund's page."""
    BESIDE[code] = shown


def _about_report(case: Case) -> Words:
    month = month_words(month_from(case.facts["month"]))
    return _("%(what)s (%(month)s)", what=REPORTS[case.facts["what"]], month=month)


def _about_page(case: Case) -> Words:
    page = case.facts.get("page")
    return _("On the page %(page)s", page=page) if page else _("On a page of the portal")


def _about_declaration(case: Case) -> Words:
    month = month_words(month_from(case.facts["month"]))
    return _("Declaration %(number)s for %(month)s", number=case.facts["number"], month=month)


def _title(case: Case) -> Words:
    return _("“%(title)s”", title=case.facts.get("title", ""))


def _about_unposted(case: Case) -> Words:
    amount = Amount(case.facts["amount"], case.facts["currency"])
    return _("%(amount)s paid on %(day)s", amount=amount, day=date.fromisoformat(case.facts["paid_on"]))


CONTRIBUTIONS = frozenset({Right.CONTRIBUTIONS})
ANY = frozenset({Right.CONTRIBUTIONS, Right.REGISTER, Right.CASH})

REPORT = kind(Kind("report", _("Report of an employee"), _("Reports of employees"), CONTRIBUTIONS, 10, _about_report))
PROBLEM = kind(
    Kind(
        "problem", _("Something wrong on a page"), _("Pages with something wrong"), ANY | {Right.SYSTEM}, 5, _about_page
    )
)
QUESTION = kind(Kind("question", _("Question to the fund"), _("Questions to the fund"), ANY, 10, _title))
INQUIRY = kind(Kind("inquiry", _("Question from the fund"), _("Questions from the fund"), ANY, 14, _title))
DECLARATION = kind(
    Kind(
        "declaration",
        _("Question about a declaration"),
        _("Questions about declarations"),
        CONTRIBUTIONS,
        14,
        _about_declaration,
    )
)
UNPOSTED = kind(
    Kind(
        "unposted",
        _("Money paid and not posted"),
        _("Claims of money that is not posted"),
        frozenset({Right.CASH, Right.CONTRIBUTIONS}),
        5,
        _about_unposted,
    )
)
COMPLAINT = kind(Kind("complaint", _("Complaint"), _("Complaints"), ANY | {Right.DECIDE}, 30, _title))
