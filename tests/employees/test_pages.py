"""What an employee sees: covered or not, why, whose fault it is, and every month."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, update

from portal import db
from portal.contributions.models import Declaration
from portal.coverage.models import CoverageMonth
from portal.employers.models import Employment
from portal.scheme.calendars import Month
from tests.employees.conftest import (
    AUGUST,
    JULY,
    NAPSA,
    NOVEMBER,
    OCTOBER,
    SEPTEMBER,
    Workplace,
    page,
)
from tests.factories import hire, make_employer, sign_in

FOUR = (JULY, AUGUST, SEPTEMBER, OCTOBER)


def mine(client: FlaskClient, workplace: Workplace) -> str:
    sign_in(client, person_id=workplace.person.id)
    return page(client, "/me/")


def known_to_the_core(state: str = "known") -> None:
    with db.writing() as session:
        session.execute(update(CoverageMonth).values(core_state=state))


def test_four_paid_months_cover_the_fifth_and_the_page_says_until_when_and_why(
    client: FlaskClient, workplace: Workplace
) -> None:
    workplace.declare(*FOUR)
    workplace.pay(*FOUR)
    known_to_the_core()
    shown = mine(client, workplace)
    assert "Covered until 30 November 2026" in shown
    assert "Cover in November 2026 because July 2026, August 2026, September 2026 and October 2026 were paid." in shown
    assert (
        "For cover in December 2026: Kafue Mining Limited has to declare and pay November 2026 by 10 December 2026."
        in (shown.replace("December 2026: ", "December 2026: ").replace("  ", " "))
    )
    assert "Hospitals may not see this" not in shown


def test_declared_but_not_paid_names_the_employer_who_owes_it(client: FlaskClient, workplace: Workplace) -> None:
    workplace.declare(*FOUR)
    workplace.pay(JULY, AUGUST, SEPTEMBER)
    shown = mine(client, workplace)
    assert "Not covered yet" in shown
    assert (
        "Kafue Mining Limited declared October 2026 but has not paid for it. It was due on 10 November 2026." in shown
    )
    assert "Your cover opens as soon as that is paid." in shown


def test_not_declared_is_said_of_the_month_it_is_true_of(client: FlaskClient, workplace: Workplace) -> None:
    workplace.declare(JULY, AUGUST, OCTOBER)
    workplace.pay(JULY, AUGUST, OCTOBER)
    shown = mine(client, workplace)
    assert "Kafue Mining Limited has not declared September 2026. It was due on 10 October 2026." in shown
    assert "Your cover opens as soon as that is declared and paid." in shown
    assert "October 2026 is not paid" not in shown


def test_an_employer_who_declared_without_one_is_found_out(client: FlaskClient, workplace: Workplace) -> None:
    with db.writing() as session:
        hire(session, workplace.employer)  # a colleague
        session.execute(
            update(Employment).where(Employment.person_id == workplace.person.id).values(to_day=date(2026, 9, 30))
        )
    workplace.declare(OCTOBER)
    with db.writing() as session:
        session.execute(update(Employment).where(Employment.person_id == workplace.person.id).values(to_day=None))
    assert "Kafue Mining Limited declared October 2026 without you." in mine(client, workplace)


def test_cover_that_ended_says_since_when(client: FlaskClient, today: date) -> None:
    workplace = Workplace(date(2026, 5, 1))
    early = (Month(2026, 5), Month(2026, 6), JULY, AUGUST)
    workplace.declare(*early)
    workplace.pay(*early)
    shown = mine(client, workplace)
    assert "Not covered since 1 October 2026" in shown
    assert "has not declared September 2026" in shown
    assert "has not declared October 2026" in shown


def test_a_newcomer_reads_about_the_waiting_period_and_when_it_ends(client: FlaskClient, today: date) -> None:
    workplace = Workplace(date(2026, 10, 1))
    workplace.declare(OCTOBER)
    workplace.pay(OCTOBER)
    shown = mine(client, workplace)
    assert "Not covered yet" in shown
    assert "your first month on file is October 2026, and 4 successive months must be paid" in shown
    assert "If every month is paid from now on, cover begins in February 2027." in shown
    assert "has not declared July" not in shown


def test_who_left_stays_covered_until_the_month_ends_and_is_told_so(client: FlaskClient, workplace: Workplace) -> None:
    workplace.declare(*FOUR)
    workplace.pay(*FOUR)
    with db.writing() as session:
        session.execute(update(Employment).values(to_day=date(2026, 10, 31)))
    shown = mine(client, workplace)
    assert "Covered until 30 November 2026" in shown
    assert "no employer on file since 31 October 2026" in shown


@pytest.mark.parametrize(
    ("state", "words"), [("waiting", "still being told"), ("refused", "did not accept your entry")]
)
def test_what_the_core_does_not_know_yet_is_not_hidden(
    client: FlaskClient, workplace: Workplace, state: str, words: str
) -> None:
    workplace.declare(*FOUR)
    workplace.pay(*FOUR)
    known_to_the_core(state)
    assert words in mine(client, workplace)


def test_every_month_has_its_marks_for_each_scheme(client: FlaskClient, workplace: Workplace) -> None:
    workplace.declare(*FOUR)
    workplace.pay(*FOUR)
    workplace.pay(JULY, amount=NAPSA, scheme="zm-napsa")
    known_to_the_core()
    shown = mine(client, workplace)
    months = shown[shown.index("Your months") :]

    def of(month: str, before: str) -> str:
        return months[months.index(month) : months.index(before)]

    october = of("October 2026", "September 2026")
    assert (
        "Wage declared: ZMW 5,000.00 Declared Paid Posted Known to the core Opened cover in November 2026." in october
    )
    assert "Wage declared: ZMW 6,000.00 Declared Not paid Not posted" in october
    july = of("July 2026", "June 2026")
    assert "Posted Opened no cover to tell the core Counts towards the successive months that open cover." in july
    assert "Wage declared: ZMW 6,000.00 Declared Paid Posted Paid in full." in july
    assert "Not declared Not paid Not posted Not known to the core" in of("November 2026", "October 2026")
    assert "no employer on file" in of("June 2026", "May 2026")
    assert months.index("November 2026") < months.index("October 2026 Wage")
    assert "October 2025" in months
    assert "September 2025" not in months


def test_a_second_employer_stands_beside_the_first(client: FlaskClient, workplace: Workplace) -> None:
    with db.writing() as session:
        second = make_employer(session, legal_name="Zambezi Foods Limited")
        hire(session, second, workplace.person, from_day=date(2026, 10, 1))
    workplace.declare(OCTOBER)
    shown = mine(client, workplace)
    assert "Zambezi Foods Limited has not declared October 2026." in shown
    assert "Kafue Mining Limited declared October 2026 but has not paid for it." in shown


def test_a_month_shows_how_the_contribution_is_computed_and_where_that_stands(
    client: FlaskClient, workplace: Workplace
) -> None:
    workplace.declare(OCTOBER)
    sign_in(client, person_id=workplace.person.id)
    shown = page(client, "/me/months/2026-10")
    assert "Basic pay ZMW 5,000.00" in shown
    assert "Withheld from your pay ZMW 50.00" in shown
    assert "NHIMA for October 2026 in all ZMW 100.00" in shown
    assert "NHIMA, Registration steps (https://nhima.co.zm" in shown
    assert client.get("/me/months/2020-01").status_code == 404
    assert client.get("/me/months/nonsense").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_months(client: FlaskClient, workplace: Workplace) -> None:
    seen: list[str] = []
    event.listen(db.engine(), "before_cursor_execute", lambda *given: seen.append(given[2]))
    mine(client, workplace)
    few, _ = len(seen), seen.clear()
    workplace.declare(*FOUR)
    workplace.pay(*FOUR)
    seen.clear()
    mine(client, workplace)
    assert len(seen) == few


def test_pages_of_employees_are_light(client: FlaskClient, workplace: Workplace) -> None:
    with db.writing() as session:
        hire(session, make_employer(session), workplace.person, from_day=date(2025, 1, 1))
    workplace.declare(*FOUR, NOVEMBER)
    workplace.pay(*FOUR)
    sign_in(client, person_id=workplace.person.id)
    for url in ("/me/", "/me/months/2026-10", "/me/reports/new", "/cover"):
        assert len(client.get(url, follow_redirects=True).data) < 50_000, url


def test_one_employee_never_sees_another(client: FlaskClient, workplace: Workplace) -> None:
    stranger = Workplace(name="Mosi Transport Limited")
    stranger.declare(*FOUR)
    shown = mine(client, workplace)
    assert "Mosi Transport" not in shown
    assert "Declared Not paid" not in shown


def test_a_revised_declaration_is_the_one_that_counts(client: FlaskClient, workplace: Workplace) -> None:
    workplace.declare(OCTOBER)
    with db.writing() as session:
        session.execute(update(Declaration).values(state="superseded"))
    assert "has not declared October 2026" in mine(client, workplace)
