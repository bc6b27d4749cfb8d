"""An accountant's office: one account, several employers, what is due at each, and which one it is at work for."""

from __future__ import annotations

from datetime import date, timedelta

from flask.testing import FlaskClient

from portal import clock, db
from portal.auth.models import Account, EmployerRole, Mandate
from portal.installation import fund
from tests.factories import give_mandate, hire, make_account, make_employer, sign_in


def office_of(names: list[str], to_day: date | None = None) -> Account:
    """An account that is clerk of employers of these names."""
    with db.writing() as session:
        account = make_account(session, name="Office of Ruth")
        for name in names:
            employer = make_employer(session, legal_name=name)
            hire(session, employer)
            session.add(
                Mandate(
                    employer_id=employer.id, account_id=account.id, role=EmployerRole.CLERK.value,
                    from_day=date(2020, 1, 1), to_day=to_day,
                )
            )  # fmt: skip
    return account


def test_the_office_sees_its_employers_with_what_is_due_at_each(client: FlaskClient) -> None:
    with db.writing() as session:
        give_mandate(session, make_employer(session, legal_name="Nobody of ours"))
    sign_in(client, office_of(["Zambezi Foods", "Kafue Mining"]))
    page = client.get("/employers/").text
    assert page.index("Kafue Mining") < page.index("Zambezi Foods")
    assert "payroll clerk" in page
    assert page.count("were due and are not declared") == 2
    assert "Nobody of ours" not in page


def test_every_page_says_for_whom_one_acts_and_leads_to_the_others(client: FlaskClient) -> None:
    account = office_of(["Zambezi Foods", "Kafue Mining"])
    with db.reading() as session:
        number = session.query(Mandate).filter_by(account_id=account.id).count()
    assert number == 2
    sign_in(client, account)
    first = client.get("/employers/").text.split('href="/employers/T')[1].split("/")[0]
    page = client.get(f"/employers/T{first}/roster/").text
    assert f"You act for Kafue Mining, T{first}." in page
    assert "Another employer" in page
    sign_in(client, office_of(["Alone"]))
    alone = client.get("/", follow_redirects=True).text
    assert "Another employer" not in alone


def test_a_search_narrows_the_list_and_keeps_what_was_typed(client: FlaskClient) -> None:
    sign_in(client, office_of([f"Employer number {letter}" for letter in "ABCDEF"]))
    page = client.get("/employers/?q=number c").text
    assert "Employer number C" in page
    assert "Employer number A" not in page
    assert 'value="number c"' in page
    assert "None of your employers fits" in client.get("/employers/?q=nothing").text


def test_a_mandate_with_an_end_says_so_and_leaves_the_list_after_it(client: FlaskClient) -> None:
    last = clock.today(fund().timezone) + timedelta(days=1)
    sign_in(client, office_of(["Short Lived"], last))
    assert "until" in client.get("/employers/").text
    with db.writing() as session:
        db.store_offset(session, timedelta(days=2))
    assert "Short Lived" not in client.get("/employers/").text
