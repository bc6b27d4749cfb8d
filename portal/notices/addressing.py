"""
Who gets a notice, and by which way: found out by the worker, for many notices in a few statements.

What a reader chose counts, unless the kind cannot be turned off.  A notice that was told long before it is addressed
stands in the portal only: nobody wants last month's mail today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import outbox
from portal.auth.models import Account, FundRole, Mandate
from portal.db import day_range
from portal.installation import fund
from portal.notices.catalogue import CATALOGUE
from portal.notices.kinds import Audience, Channel, Kind, Spec
from portal.notices.models import Delivery, Notice, Preference
from portal.notices.written import EMPLOYER
from portal.people.models import Person
from portal.people.reach import has_address

#: Older than this, a notice is not sent any more.
FRESH = timedelta(days=7)
#: Notices in one step, and rows in one statement.
AT_ONCE, ROWS = 200, 1000


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody a notice may be sent to; *role* is what makes them one, *phone* is empty unless they agreed to texts."""

    address: str
    phone: str
    language: str
    account: int | None = None
    person: int | None = None
    role: str = ""


@dataclass(frozen=True, slots=True)
class Circle:
    """The readers of many notices, looked up together."""

    of_employer: Mapping[int, Sequence[Reader]]
    of_account: Mapping[int, Reader]
    of_fund: Sequence[Reader]
    contacts: Mapping[int, str]
    chosen: Mapping[tuple[int, str], Channel]


def address_some(session: Session, *, at: datetime, sms: bool, most: int = AT_ONCE) -> int:
    """
    Find the readers of the oldest notices nobody was written about yet, and queue what is to be sent; how many.

    *at* is the portal's time; *sms* whether text messages can be sent.  Two workers never take the same notice.
    """
    waiting = select(Notice).where(Notice.addressed_at.is_(None)).order_by(Notice.id).limit(most)
    notices = session.scalars(waiting.with_for_update(skip_locked=True)).all()
    fresh = [one for one in notices if at - one.at <= FRESH]
    if fresh:
        circle = _circle(session, fresh, at)
        rows = [row for one in fresh for row in _rows(session, one, circle, at=at, sms=sms)]
        _queue(session, rows, at=at)
    ids = [one.id for one in notices]
    if ids:
        session.execute(update(Notice).where(Notice.id == func.any(ids)).values(addressed_at=at))
    return len(notices)


def _circle(session: Session, notices: Sequence[Notice], at: datetime) -> Circle:
    """The readers there may be: at most five statements."""
    today = at.astimezone(ZoneInfo(fund().timezone)).date()
    employers = {one.employer_id for one in notices if one.audience == Audience.EMPLOYER and one.employer_id}
    of_employer = _acting(session, employers, today) if employers else {}
    of_account = _accounts(session, {one.account_id for one in notices if one.account_id is not None})
    of_fund = _working(session, today) if any(one.audience == Audience.FUND for one in notices) else []
    everybody = [*(one for readers in of_employer.values() for one in readers), *of_fund, *of_account.values()]
    chosen = _chosen(session, sorted({one.account for one in everybody if one.account is not None}))
    return Circle(of_employer, of_account, of_fund, _contacts(session, notices), chosen)


def _acting(session: Session, employers: Collection[int], today: date) -> dict[int, list[Reader]]:
    """Who acts for each of these employers today, in each role."""
    found: dict[int, list[Reader]] = defaultdict(list)
    held = day_range(today, Mandate.from_day, Mandate.to_day)
    acting = select(Account, Mandate.employer_id, Mandate.role).join(Mandate, Mandate.account_id == Account.id)
    acting = acting.where(Mandate.employer_id == func.any(sorted(employers)), held, _can_read()).order_by(Account.id)
    for account, employer, role in session.execute(acting):
        found[employer].append(_reader(account, role))
    return found


def _accounts(session: Session, ids: Collection[int]) -> dict[int, Reader]:
    if not ids:
        return {}
    found = session.scalars(select(Account).where(Account.id == func.any(sorted(ids)), _can_read()))
    return {one.id: _reader(one) for one in found}


def _working(session: Session, today: date) -> list[Reader]:
    """Who works at the fund today, in each role."""
    working = select(Account, FundRole.role).join(FundRole, FundRole.account_id == Account.id)
    held = day_range(today, FundRole.from_day, FundRole.to_day)
    return [_reader(*row) for row in session.execute(working.where(held, _can_read()).order_by(Account.id))]


def _can_read() -> ColumnElement[bool]:
    return and_(Account.disabled_at.is_(None), Account.confirmed_at.is_not(None))


def _reader(account: Account, role: str = "") -> Reader:
    phone = account.phone if account.texts_agreed_at is not None else ""
    return Reader(account.email, phone, language_of(account.language), account=account.id, role=role)


def language_of(chosen: str | None) -> str:
    """The language of somebody who chose one that the fund speaks; else the fund's first."""
    return chosen if chosen in fund().languages else fund().languages[0]


def _chosen(session: Session, accounts: Sequence[int]) -> dict[tuple[int, str], Channel]:
    if not accounts:
        return {}
    rows = session.scalars(select(Preference).where(Preference.account_id == func.any(accounts)))
    return {(one.account_id, one.kind): Channel(one.channel) for one in rows}


def _contacts(session: Session, notices: Iterable[Notice]) -> dict[int, str]:
    """The addresses in the files of the employers for which a notice goes there, too."""
    wanted = {one.employer_id for one in notices if one.employer_id and CATALOGUE[Kind(one.kind)].contact}
    if not wanted:
        return {}
    columns = EMPLOYER.c
    return dict(session.execute(select(columns.id, columns.email).where(columns.id == func.any(sorted(wanted)))).all())


def _rows(session: Session, notice: Notice, circle: Circle, *, at: datetime, sms: bool) -> list[dict[str, object]]:
    """The deliveries of one notice: each address once."""
    spec = CATALOGUE[Kind(notice.kind)]
    if spec.audience is Audience.PERSON:
        found = [(one, _way_to_person(one, sms)) for one in _people(session, notice)]
    else:
        readers = _readers(notice, spec, circle)
        found = [
            (one, way_of(spec, circle.chosen.get((one.account or 0, spec.kind)), one.phone, sms)) for one in readers
        ]
    contact = circle.contacts.get(notice.employer_id or 0, "") if spec.contact else ""
    if contact:
        found.append((Reader(contact, "", fund().languages[0]), Channel.MAIL))
    rows: dict[tuple[str, str], dict[str, object]] = {}
    for one, way in found:
        address = one.phone if way is Channel.SMS else one.address
        if way is not Channel.PORTAL and address:
            rows.setdefault((way.value, address.lower()), _row(notice, one, way, address, at))
    return list(rows.values())


def _readers(notice: Notice, spec: Spec, circle: Circle) -> list[Reader]:
    """The accounts that are told, each once."""
    if spec.audience is Audience.ACCOUNT:
        found = circle.of_account.get(notice.account_id or 0)
        return [found] if found else []
    among = circle.of_fund if spec.audience is Audience.FUND else circle.of_employer.get(notice.employer_id or 0, ())
    return list({one.account: one for one in among if one.role in spec.roles}.values())


def way_of(spec: Spec, chosen: Channel | None, phone: str, sms: bool) -> Channel:
    """By which way an account gets a kind: what it chose where it may; a text message only where one can be sent."""
    way = chosen or spec.channel
    if spec.fixed and way in (Channel.PORTAL, Channel.DIGEST):
        way = Channel.MAIL
    return Channel.MAIL if way is Channel.SMS and not (sms and phone) else way


def _way_to_person(one: Reader, sms: bool) -> Channel:
    if one.address:
        return Channel.MAIL
    return Channel.SMS if sms and one.phone else Channel.PORTAL


def _people(session: Session, notice: Notice) -> list[Reader]:
    """The persons a notice concerns who can be written to."""
    named = [notice.person_id] if notice.person_id else [int(one) for one in notice.about["people"].split(",")]
    wanted = (Person.id == func.any(named), has_address())
    columns = (Person.id, Person.email, Person.phone, Person.texts_agreed_at)
    rows = session.execute(select(*columns).where(*wanted).order_by(Person.id))
    return [
        Reader(email, phone if agreed else "", fund().languages[0], person=person)
        for person, email, phone, agreed in rows
    ]


def _row(notice: Notice, one: Reader, way: Channel, address: str, at: datetime) -> dict[str, object]:
    return {
        "notice_id": notice.id, "employer_id": notice.employer_id, "account_id": one.account, "person_id": one.person,
        "channel": way.value, "address": address, "language": one.language, "attempts": 0, "problem": "",
        "state": "waiting" if way is Channel.DIGEST else "queued", "created_at": at,
    }  # fmt: skip


def _queue(session: Session, rows: Sequence[Mapping[str, object]], *, at: datetime) -> None:
    """Store the deliveries, and a row of the outbox for each that leaves by itself."""
    for start in range(0, len(rows), ROWS):
        made = insert(Delivery).values(rows[start : start + ROWS])
        stored = session.execute(made.returning(Delivery.id, Delivery.public_id, Delivery.channel)).all()
        for topic in (Channel.MAIL, Channel.SMS):
            leaving = [
                (f"{topic.value}/delivery/{name}", {"delivery": row}) for row, name, way in stored if way == topic.value
            ]
            outbox.put_many(session, topic.value, leaving, at=at)
