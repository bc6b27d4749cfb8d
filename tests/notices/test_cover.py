"""Cover gained and lost: whom it concerns hears of it once, with the day and the reason; the employer how many."""

from __future__ import annotations

from datetime import UTC, date, datetime

from portal import clock, db
from portal.auth.models import EmployerRole
from portal.coverage import service as coverage
from portal.coverage.service import DeclaredPerson
from portal.employers.models import Employer
from portal.jobs import notifying
from portal.people.models import Person
from portal.scheme.calendars import Month
from tests.factories import give_mandate, hire, make_employer, make_person
from tests.notices.conftest import Post, notices, plain
from tests.payments.test_statements import counted

NHIMA = "zm-nhima"
FIRST_FOUR = [Month(2026, month) for month in (7, 8, 9, 10)]


def on(day: date) -> datetime:
    """Nine o'clock of that day, which it now is."""
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    clock.shift(at - clock.real_now())
    return at


def staffed(number: str = "ZE1000017") -> tuple[Employer, list[Person]]:
    """Kafue Mining with three people; two can be written to."""
    with db.writing() as session:
        employer = make_employer(session, schemes=(NHIMA,), number=number, legal_name="Kafue Mining")
        give_mandate(session, employer, EmployerRole.CLERK, email=f"pay@{number}.example")
        people = [
            make_person(session, email=f"{name}@{number}.example" if name else "", phone="")
            for name in ("ada", "ben", "")
        ]
        for one in people:
            hire(session, employer, one)
    return employer, people


def paid(employer: Employer, people: list[Person], months: list[Month], at: datetime) -> None:
    named = [DeclaredPerson(one.id, one.insurance_number, 100_00) for one in people]
    with db.writing() as session:
        coverage.open_months(session, employer.id, NHIMA, dict.fromkeys(months, named), at=at)


def test_cover_that_begins_is_told_to_whom_it_covers_and_not_again_when_it_goes_on(post: Post) -> None:
    employer, people = staffed()
    at = on(date(2026, 11, 5))
    paid(employer, people, FIRST_FOUR, at)
    (mail,) = post.to("ada@ZE1000017.example")
    assert mail["Subject"] == "You are covered by NHIMA"
    assert "You are covered by NHIMA from 1 November 2026 on, because Kafue Mining has paid for you." in plain(mail)
    assert len(post.goes_out()) == 2
    paid(employer, people, FIRST_FOUR, at)
    paid(employer, people, [Month(2026, 11)], on(date(2026, 12, 5)))
    assert len(post.goes_out()) == 2


def test_cover_of_months_long_over_is_told_to_nobody(post: Post) -> None:
    employer, people = staffed()
    paid(employer, people, [Month(2026, month) for month in (2, 3, 4, 5)], on(date(2026, 11, 5)))
    assert notices() == []


def test_a_payment_taken_back_ends_todays_cover_and_says_so_with_the_reason(post: Post) -> None:
    employer, people = staffed()
    paid(employer, people, FIRST_FOUR, on(date(2026, 11, 5)))
    post.goes_out()
    at = on(date(2026, 11, 6))
    with db.writing() as session:
        coverage.close_months(session, employer.id, NHIMA, [Month(2026, 10)], at=at, reason="payment taken back")
    told = plain(post.to("ben@ZE1000017.example")[-1])
    assert "You have no cover by NHIMA from 1 November 2026 on. A payment that stood for you was taken back." in told
    (mail,) = post.to("pay@ZE1000017.example")
    assert "From 1 November 2026 on these of your people have no cover by NHIMA: 3 people." in plain(mail)


def test_who_is_not_named_any_more_hears_that_the_employer_does_not_name_them(post: Post) -> None:
    employer, people = staffed()
    paid(employer, people, FIRST_FOUR, on(date(2026, 11, 5)))
    paid(employer, people[1:], [Month(2026, 10)], on(date(2026, 11, 6)))
    assert "Your employer no longer names you" in plain(post.to("ada@ZE1000017.example")[-1])
    assert len(post.to("ben@ZE1000017.example")) == 1


def test_cover_that_ran_out_is_told_when_the_next_month_is_overdue_and_only_once(post: Post) -> None:
    employer, people = staffed()
    paid(employer, people, FIRST_FOUR, on(date(2026, 11, 5)))
    post.goes_out()
    for day in (date(2026, 12, 1), date(2026, 12, 10)):
        on(day)
        notifying.tell_the_day(day)
    assert len(post.to("ada@ZE1000017.example")) == 1  # November is not late yet
    for day in (date(2026, 12, 11), date(2026, 12, 12)):
        on(day)
        notifying.tell_the_day(day)
    (_gained, lost) = post.to("ada@ZE1000017.example")
    assert "no cover by NHIMA from 1 December 2026 on. The contributions that would carry the cover on" in plain(lost)


def test_who_is_covered_through_another_employer_loses_nothing(post: Post) -> None:
    (old, people), (new, _others) = staffed(), staffed("ZE1000025")
    paid(old, people, FIRST_FOUR, on(date(2026, 11, 5)))
    paid(new, people[:1], [Month(2026, 11)], on(date(2026, 12, 5)))
    post.goes_out()
    on(date(2026, 12, 11))
    notifying.tell_the_day(date(2026, 12, 11))
    assert [len(post.to(f"{name}@ZE1000017.example")) for name in ("ada", "ben")] == [
        0,
        1,
    ]  # what was gained a month ago is not sent any more


def test_telling_asks_no_more_for_many_people_than_for_few(post: Post) -> None:
    asked = []
    for count in (2, 60):
        with db.writing() as session:
            employer = make_employer(session, schemes=(NHIMA,))
            people = [make_person(session, email=f"{count}.{n}@example.org") for n in range(count)]
        at = on(date(2026, 11, 5))
        with counted() as sent:
            paid(employer, people, FIRST_FOUR, at)
        asked.append(len(sent))
    assert asked[0] == asked[1], asked
