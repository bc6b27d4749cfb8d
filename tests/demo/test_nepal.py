"""The practice fund of Nepal: made in Bikram Sambat, read in Nepali, with cover after three paid months."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import case, func, select

from portal import clock, db, installation
from portal.auth.service import account_by_email
from portal.contributions import drafts
from portal.contributions import service as contributions
from portal.contributions.models import Declaration
from portal.coverage.models import CoverageMonth
from portal.demo import fund_maker, large, stories
from portal.employers.models import Employer
from portal.installation import fund
from portal.ledger.models import AccountName, Charge, Posting, Transaction
from portal.scheme.calendars import Month
from portal.scheme.deadlines import due_day
from tests.conftest import Cluster
from tests.web.test_translatable import Reader

ROOT = Path(__file__).resolve().parents[2]
NEPAL = ROOT / "portal" / "demo" / "nepal" / "fund.toml"
#: Months of each of the few employers made here.
MONTHS = {"marsyangdi-hydro": 5, "koshi-transport": 5, "new-road-traders": 2}


@pytest.fixture(scope="module")
def made(app: Flask, cluster: Cluster, template: str) -> Iterator[None]:
    """A small fund of Nepal as it stands today, made once: what a test adds to it the others may see."""
    name = cluster.create(template)
    db.bind(cluster.app.format(name=name), pool=2)
    installation.use(NEPAL, practice=True)
    few = [
        replace(one, people=3, turnover=0, months=MONTHS[one.code], pays=one.pays[:3])
        for one in stories.of(fund()).characters
        if one.code in MONTHS
    ]
    fund_maker.make(clock.today(fund().timezone), few)
    yield
    installation.use(ROOT / "fund.toml")
    db.engine().dispose()
    cluster.drop(name)


@pytest.fixture
def nepal(app: Flask, made: None) -> FlaskClient:
    """A visitor of that fund."""
    return app.test_client()


def test_months_and_due_days_are_those_of_bikram_sambat(nepal: FlaskClient) -> None:
    pack = installation.pack("np-ssf")
    last = installation.month_on(clock.today(fund().timezone)).previous(pack.calendar)
    with db.reading() as session:
        declared = session.scalars(select(Declaration).join(Employer, Employer.id == Declaration.employer_id)).all()
    assert declared
    assert all(2082 <= one.month.year <= 2090 for one in declared)
    assert max(one.month for one in declared) <= last
    for one in declared:
        assert one.currency == "NPR"
        assert one.due_day == due_day(pack, one.month)
        assert one.due_day == one.month.next(pack.calendar).first_day(pack.calendar) + timedelta(days=24)
        assert one.total * 100 == pytest.approx(one.insurable * 31, abs=100 * one.people)


def test_medical_cover_begins_after_three_paid_months(nepal: FlaskClient) -> None:
    with db.reading() as session:
        rows = session.execute(
            select(Employer.trade_name, CoverageMonth.month).join(Employer, Employer.id == CoverageMonth.employer_id)
        ).all()
    assert {name for name, _month in rows} == {"Marsyangdi Hydropower"}
    nepal.post("/practice/sign-in/employee-new")
    page = nepal.get("/me/?lang=en").text
    assert "not covered" in page.lower()
    nepal.post("/sign-out")
    nepal.post("/practice/sign-in/employee")
    assert "NPR" in nepal.get("/me/?lang=en").text


def test_every_card_lets_one_in_and_days_are_nepali_first(nepal: FlaskClient) -> None:
    front = nepal.get("/?lang=en").text
    for card in stories.cards():
        assert str(card.title) in front
        if card.code == "viewer":  # the accountant's employers are not among the few made here
            continue
        assert nepal.post(f"/practice/sign-in/{card.code}").headers["Location"] == card.goes_to
        answer = nepal.get(card.goes_to, follow_redirects=True)
        assert answer.status_code == 200, card.code
        nepal.post("/sign-out")
    today = installation.calendar().month_of(clock.today(fund().timezone))
    assert f" {today.year} (" in front  # 6 Mangsir 2083 (22 November 2026)


def test_a_visitor_gets_nepali_unless_they_ask_for_another_language(nepal: FlaskClient) -> None:
    front = nepal.get("/").text
    assert 'lang="ne"' in front
    assert "हिमाल सामाजिक सुरक्षा कोष" in front
    assert 'lang="en"' in nepal.get("/", headers={"Accept-Language": "en"}).text


def late_owed() -> dict[str, tuple[int, int]]:
    """Contribution and late charge of every charge, by its id."""
    owed = case((Posting.account == AccountName.CONTRIBUTION_DUE.value, Posting.amount), else_=0)
    late = case((Posting.account == AccountName.LATE_DUE.value, Posting.amount), else_=0)
    kinds = Transaction.kind.in_(("declaration", "late"))
    statement = (
        select(Charge.public_id, func.sum(owed), func.sum(late))
        .join(Posting, Posting.charge_id == Charge.id)
        .join(Transaction, Transaction.id == Posting.transaction_id)
        .where(kinds)
        .group_by(Charge.public_id)
    )
    with db.reading() as session:
        return {str(charge): (owed, late) for charge, owed, late in session.execute(statement)}


def test_a_large_fund_of_nepal_can_be_drawn(nepal: FlaskClient) -> None:
    story = large.story_of(stories.of(fund()), fund())
    assert sum(one.people for one in story.characters) == 20_000
    assert all(one.legal_name for one in story.characters)
    assert story.characters[-1].location.startswith("NP-P")
    numbers = {story.country.national_id(number, random.Random(1))[:2] for number in (0, 650_000)}
    assert numbers == {"10", "17"}


def test_due_since_shrawan_2082_is_the_twenty_fifth_day(nepal: FlaskClient) -> None:
    assert due_day(installation.pack("np-ssf"), Month(2083, 6)) == date(2026, 11, 11)


#: What stands in Latin letters on a Nepali page: kinds of files, the scheme's short name, numbers, addresses.
LATIN = re.compile(
    r"\b(CSV|XLSX|PDF|PNG|JPEG|JSON|Excel|QR|MB|kB|SSF|English|Werkzeug)\b|\S+@\S+|https?://\S+|[\w/-]+\.\w{3,4}\b|"
    r"\b[A-Z]{1,2}-?[0-9][\w-]*|\b[0-9A-F]{8}\b|/\S*"
)
#: Where links need not be followed: another language, the practice pages, files.
ELSEWHERE = re.compile(
    r"^(?!/)|^/(practice|language|static|problem|sign-out)\b|\.(pdf|csv|xlsx)\b|\?|/file/|^/calculators/.*json"
)


def own_words() -> set[str]:
    """Words of names, of sample addresses, and of the titles of sources, which keep their language."""
    story, pack = stories.of(fund()), installation.pack("np-ssf")
    names = [*story.country.surnames, *story.country.women, *story.country.men, *(card.who for card in story.cards)]
    names += [f"{one.legal_name} {one.trade_name}" for one in (*story.characters, story.waits)]
    names += [story.country.street, story.country.bank, *(str(source) for source in pack.sources.values())]
    return {word for name in names for word in re.findall(r"[A-Za-z]{2,}", name)}


def pages_from(visitor: FlaskClient, address: str) -> Iterator[tuple[str, str]]:
    """Each kind of page that links lead to from *address*, once: its address and its text."""
    waiting, seen = [address], set[str]()
    while waiting:
        address = waiting.pop(0)
        kind = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9][0-9-]*", "#", address)
        if kind in seen or ELSEWHERE.search(address):
            continue
        seen.add(kind)
        answer = visitor.get(address, follow_redirects=True)
        if answer.mimetype == "text/html":
            yield address, answer.text
            waiting += [link.partition("#")[0] for link in re.findall(r'<a [^>]*href="([^"#]+)', answer.text)]


@pytest.mark.parametrize("card", ["signatory", "administrator", "employee", "employee-new"])
def test_no_english_is_left_on_the_pages_of_employers_and_employees(nepal: FlaskClient, card: str) -> None:
    own, name = own_words(), installation.pack("np-ssf").name
    nepal.post(f"/practice/sign-in/{card}")
    left: dict[str, list[str]] = {}
    walked = 0
    for address, page in pages_from(nepal, stories.card_of(card).goes_to):
        walked += 1
        reader = Reader()
        reader.feed(page)
        texts = [text for text in reader.texts if set(re.findall(r"[A-Za-z]{2,}", LATIN.sub("", text))) - own]
        texts += [text for text in reader.texts if name in text]  # its words stand in the titles of sources too
        if texts:
            left[address] = texts[:5]
    assert left == {}
    assert walked > (5 if card.startswith("employee") else 10)


def declare_as_koshi() -> None:
    """Last month, whose due day is still to come or is not long past."""
    with db.writing() as session:
        koshi = session.scalars(select(Employer).where(Employer.trade_name == "Koshi Transport")).one()
        by = account_by_email(session, "administrator@koshi-transport.example")
        assert by is not None
        last = installation.month_on(clock.today(fund().timezone)).previous(installation.calendar())
        payroll = drafts.start_from_roster(session, koshi.id, last, at=clock.now(), by=by.id)
        contributions.submit_payroll(
            session, koshi.id, payroll.public_id, version=payroll.version, by=by.id, at=clock.now()
        )


def test_the_clock_moves_past_a_nepali_due_day_and_ten_percent_are_charged_once(nepal: FlaskClient) -> None:
    declare_as_koshi()
    before = late_owed()
    later = clock.today(fund().timezone) + timedelta(days=70)
    nepal.post("/practice/clock", data={"day": later.isoformat()})
    nepal.post("/practice/jobs")
    after = late_owed()
    assert sum(late > 0 for _owed, late in after.values()) > sum(late > 0 for _owed, late in before.values())
    assert all(late in (0, (owed + 5) // 10) for owed, late in after.values())
    nepal.post("/practice/clock", data={"day": (later + timedelta(days=90)).isoformat()})
    nepal.post("/practice/jobs")
    assert late_owed() == after
