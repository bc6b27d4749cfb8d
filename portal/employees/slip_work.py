"""Many slips in the background: a sheet a step, each a PDF of its own, so that the first can be printed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import current_app
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, files, work
from portal.auth.access import Right
from portal.employees.entry import Slip, make_slips
from portal.employees.entry_views import secret_key
from portal.employees.slips import slip_pdf
from portal.people.models import Person
from portal.scheme.explain import words_to_json
from portal.words import Words, _, _n
from portal.work import Kind, Order, Part, Tell, Work

#: So many slips are drawn in under a second (some 20 ms each); more are not drawn while a page waits.
AT_ONCE = 40
#: Slips on a sheet: a second of work.  A large employer gets larger sheets instead of a hundred of them.
ON_A_SHEET, MOST_SHEETS = 50, 20
PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Printing:
    """One printing: its token (see `make_slips`), its number, when, for whom, in which language."""

    token: str
    number: str
    issued_on: date
    last_day: date
    employer: tuple[str, str]
    language: str

    def as_json(self) -> dict[str, Any]:
        """As a piece of work keeps it."""
        return {
            "token": self.token, "number": self.number, "issued_on": self.issued_on.isoformat(),
            "last_day": self.last_day.isoformat(), "employer": list(self.employer), "language": self.language,
        }  # fmt: skip


def begin_slips(
    session: Session, people: Sequence[Person], printing: Printing, *, employer: int, by: int, back: str
) -> Work:
    """Draw slips for *people* in the background.  The same printing again, while it goes on: the same work."""
    payload = {**printing.as_json(), "people": [person.id for person in people]}
    return work.begin(session, SLIPS, printing.token, payload, employer=employer, by=by, total=len(people), back=back)


def printings(session: Session, employer_id: int) -> Sequence[Work]:
    """The printings of the last day, the newest first."""
    since = clock.real_now() - SLIPS.kept
    return [one for one in work.latest(session, employer_id, SLIPS) if one.updated_at > since and one.state != "failed"]


def _draw(session: Session, order: Order, _tell: Tell) -> Part:
    """The next sheet: its codes, its PDF.  Drawn twice it carries the same codes."""
    asked = order.payload
    size = max(ON_A_SHEET, -(-order.total // MOST_SHEETS))
    wanted = asked["people"][order.done : order.done + size]
    found = {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(wanted)))}
    slips = make_slips(
        session, [found[one] for one in wanted], token=asked["token"], key=secret_key(), by=order.by or 0,
        at=clock.now(), last_day=date.fromisoformat(asked["last_day"]), employer=order.employer_id,
    )  # fmt: skip
    done = order.done + len(wanted)
    content = _drawn(slips, asked)
    name = f"slips-{asked['employer'][0]}-{order.done + 1}-{done}.pdf"
    row = files.keep(
        session, content, name=name, media_type=PDF, at=clock.real_now(), employer=order.employer_id, by=order.by
    )
    made = {"file": str(row.public_id), "name": name, "words": words_to_json(_sheet(order.done + 1, done, slips))}
    finished = done >= order.total
    return Part(done, _ready(done) if finished else _so_far(done, order.total), [made], {} if finished else None)


def _drawn(slips: Sequence[Slip], asked: Mapping[str, Any]) -> bytes:
    number, name = asked["employer"]
    with force_locale(asked["language"]):
        return slip_pdf(
            slips, number=asked["number"], employer=(number, name), language=asked["language"],
            issued_on=date.fromisoformat(asked["issued_on"]), base_url=str(current_app.config["BASE_URL"]),
        )  # fmt: skip


def _ready(count: int) -> Words:
    return _n("%(n)s slip is ready.", "%(n)s slips are ready.", count)


def _so_far(done: int, total: int) -> Words:
    return _n("%(n)s of %(total)s slips is ready", "%(n)s of %(total)s slips are ready", done, total=total)


def _sheet(first: int, last: int, slips: Sequence[Slip]) -> Words:
    return _(
        "Slips %(first)s to %(last)s, from %(one)s to %(other)s (PDF)", first=first, last=last,
        one=slips[0].person.full_name, other=slips[-1].person.full_name,
    )  # fmt: skip


#: Slips hold codes that open a record: they are not kept longer than needed to print them.
SLIPS = work.kind(Kind("slips", Right.MANAGE.value, _("Slips for your people"), _draw, kept=timedelta(days=1)))
