"""The tabs of an employer's record: what each shows, who may open it, and what opening it leaves in the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from portal.auth.access import Right
from portal.cases import queries as cases
from portal.cases.models import Case, CaseState
from portal.employers.given import asked_of_employer
from portal.employers.models import Employer
from portal.employers.roster_list import Asked as RosterAsked
from portal.employers.roster_list import list_roster
from portal.employers.service import enrolments_of
from portal.installation import fund, packs
from portal.officers import records
from portal.officers.record import lists, notes
from portal.officers.timeline import timeline
from portal.payments.bills import bills_of
from portal.web.filters import pack_words
from portal.web.pages import PER_PAGE, Page
from portal.words import Words, _

#: Months shown before one asks for all of them; cases beside the newest messages.
MONTHS, CASES = 24, 10


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a tab is asked for: the page *number*, a *search* in the roster, *everything* where a list is cut."""

    today: date
    number: int
    language: str
    search: str = ""
    everything: bool = False


Shown = Callable[[Session, Employer, Asked], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Tab:
    """
    One tab.  Any of *rights* opens it; none asked: everybody of the fund.

    *reads* is a key of ``audit_words.READ`` where opening it shows personal data of many.
    """

    code: str
    label: Words
    shown: Shown
    rights: frozenset[Right] = frozenset()
    reads: str = ""

    def opens_to(self, rights: frozenset[Right]) -> bool:
        """Whether somebody with these rights may open it."""
        return not self.rights or bool(self.rights & rights)


def _overview(session: Session, employer: Employer, asked: Asked) -> Mapping[str, Any]:
    months = records.charges_by_month(session, employer.id, asked.today)
    waits = (Case.employer_id == employer.id, Case.state != CaseState.CLOSED.value)
    rows, waiting = cases.cases(session, *waits, limit=CASES)
    return {
        "accounts": records.accounts(session, employer.id, months, asked.today),
        "enrolments": enrolments_of(session, employer.id), "cases": rows, "cases_in_all": waiting,
        "notes": notes.notes_of(session, employer.id), "notes_in_all": notes.how_many(session, employer.id),
        "asks": {scheme for scheme, rules in packs().items() if asked_of_employer(rules)},
        "place": lists.place_of(employer), "legal_form": fund().legal_form(employer.legal_form),
        "activity": pack_words(
            next((one.name for one in fund().activities if one.code == employer.activity), employer.activity)
        ),
    }  # fmt: skip


def _roster(session: Session, employer: Employer, asked: Asked) -> Mapping[str, Any]:
    wanted = RosterAsked(asked.today, asked.search, "all" if asked.everything else "working")
    rows, total = list_roster(session, employer.id, wanted, page=asked.number, per_page=PER_PAGE)
    return {
        "page": Page(rows, asked.number, total),
        "categories": {one.code: pack_words(one.name) for one in fund().categories},
    }


def _returns(session: Session, employer: Employer, asked: Asked) -> Mapping[str, Any]:
    return {"page": Page(*_turned(asked, lists.returns(session, employer.id, asked.number)))}


def _bills(session: Session, employer: Employer, asked: Asked) -> Mapping[str, Any]:
    return {"page": Page(*_turned(asked, bills_of(session, employer.id, page=asked.number, per_page=PER_PAGE)))}


def _payments(session: Session, employer: Employer, asked: Asked) -> Mapping[str, Any]:
    return {"payments": records.payments(session, employer.id)}


def _arrears(session: Session, employer: Employer, asked: Asked) -> Mapping[str, Any]:
    months = records.charges_by_month(session, employer.id, asked.today)
    return {
        "accounts": records.accounts(session, employer.id, months, asked.today), "months_in_all": len(months),
        "months": months if asked.everything else months[:MONTHS],
        "more": len(months) > MONTHS and not asked.everything,
    }  # fmt: skip


def _messages(session: Session, employer: Employer, asked: Asked) -> Mapping[str, Any]:
    rows, total = cases.cases(session, Case.employer_id == employer.id, limit=CASES)
    told = lists.told(session, employer.id, asked.number, asked.language)
    return {"page": Page(*_turned(asked, told)), "cases": rows, "cases_in_all": total}


def _documents(session: Session, employer: Employer, asked: Asked) -> Mapping[str, Any]:
    return {"page": Page(*_turned(asked, lists.papers(session, employer.id, asked.number)))}


def _people(session: Session, employer: Employer, asked: Asked) -> Mapping[str, Any]:
    return {"acting": lists.acting(session, employer, asked.today)}


def _history(session: Session, employer: Employer, asked: Asked) -> Mapping[str, Any]:
    rows, total = timeline(session, employer.id, limit=PER_PAGE, offset=(asked.number - 1) * PER_PAGE)
    return {"page": Page(rows, asked.number, total)}


def _turned(asked: Asked, found: tuple[list[Any], int]) -> tuple[list[Any], int, int]:
    """Rows, page number, rows in all: what a `Page` is made of."""
    return found[0], asked.number, found[1]


#: Who may read what single people and papers say; who may keep a note.
READERS = frozenset({Right.REGISTER, Right.CONTRIBUTIONS, Right.AUDIT})
WRITERS = frozenset({Right.REGISTER, Right.CONTRIBUTIONS, Right.CASH, Right.DECIDE})
TABS = {
    one.code: one
    for one in (
        Tab("overview", _("Overview"), _overview),
        Tab("roster", _("Roster"), _roster, READERS, "roster"),
        Tab("returns", _("Declarations"), _returns),
        Tab("bills", _("Bills"), _bills),
        Tab("payments", _("Payments"), _payments),
        Tab("arrears", _("Arrears"), _arrears),
        Tab("messages", _("Messages"), _messages),
        Tab("documents", _("Documents"), _documents, READERS),
        Tab("people", _("Who acts for it"), _people),
        Tab("history", _("History"), _history),
    )
}
