"""A month put right on its pages: old and new beside each other, what follows, the wait for the fund."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from flask.testing import FlaskClient
from sqlalchemy import select

from portal import approvals, clock, db
from portal.approvals import Approval
from portal.auth.models import EmployerRole
from portal.employers.models import Employer
from portal.payments.service import record_payment
from tests.contributions.test_pages import base, draft, edit, employer, go, start, submit
from tests.factories import give_mandate, hire, make_employer, make_officer, make_person, sign_in

__all__ = ["employer"]

LATE = datetime(2025, 11, 20, 9, 0, tzinfo=UTC)


def revise(client: FlaskClient, employer: Employer, **cells: str):
    go(client, "POST", f"{base(employer)}/start/2025-10/revise")
    return edit(client, employer, **cells)


def declared(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    submit(client, employer)


def check(client: FlaskClient, employer: Employer) -> str:
    return client.get(f"{base(employer)}/{draft(employer).public_id}/check").text


def pay(employer: Employer, scheme: str, amount: int) -> None:
    with db.writing() as session:
        record_payment(
            session, employer.id, scheme=scheme, amount=amount, paid_on=date(2025, 11, 3), method="bank", by=None,
            at=datetime(2025, 11, 3, 10, tzinfo=UTC),
        )  # fmt: skip


def move_clock(to: datetime) -> None:
    with db.writing() as session:
        db.store_offset(session, to - clock.real_now())


def paid_and_lowered(client: FlaskClient, employer: Employer) -> None:
    declared(client, employer)
    pay(employer, "zm-napsa", 1_200_00)
    revise(client, employer, gross__2="5500")


def test_before_submitting_old_and_new_stand_side_by_side_with_what_follows(
    client: FlaskClient, employer: Employer
) -> None:
    declared(client, employer)
    move_clock(LATE)
    revise(client, employer, gross__2="7000")
    page = check(client, employer)
    for said in ("1,200.00", "1,300.00", "100.00", "Nothing differs here", "instead of", "10 November 2025"):
        assert said in page, said
    row = draft(employer).public_id
    lines = client.get(f"{base(employer)}/{row}/differences/zm-napsa").text
    assert "1 line differs" in lines
    assert lines.count("6,000.00") == 1, "only who differs"
    assert lines.count("7,000.00") == 1
    assert "No line differs" in client.get(f"{base(employer)}/{row}/differences/zm-nhima").text
    assert client.get(f"{base(employer)}/{row}/differences/zm-none").status_code == 404


def test_the_file_holds_the_lines_of_the_page(client: FlaskClient, employer: Employer) -> None:
    declared(client, employer)
    revise(client, employer, gross__2="7000", out__1="1")
    answer = client.get(f"{base(employer)}/{draft(employer).public_id}/differences/zm-napsa.csv")
    head, *rows = answer.data.decode("utf-8-sig").splitlines()
    assert head.startswith("Person,Insurance number,What,Gross pay, before") or "Gross" in head
    assert [row.split(",")[2] for row in rows] == ["Taken out", "Changed"]
    assert [row.rsplit(",", 1)[1] for row in rows] == ["-600.00", "100.00"]


def test_afterwards_both_versions_are_read_and_compared_from_either(client: FlaskClient, employer: Employer) -> None:
    declared(client, employer)
    revise(client, employer, gross__2="7000")
    submit(client, employer)
    old, new = f"{base(employer)}/declarations/A-2025-000002", f"{base(employer)}/declarations/A-2025-000003"
    assert "It no longer counts" in client.get(old).text
    for page, other in ((old, "A-2025-000003"), (new, "A-2025-000002")):
        assert f'href="{page}/compare/{other}"' in client.get(page).text
    pages = [client.get(f"{old}/compare/A-2025-000003").text, client.get(f"{new}/compare/A-2025-000002").text]
    for page in pages:
        assert "1 line differs" in page
        assert page.index("6,000.00") < page.index("7,000.00")
    assert client.get(f"{old}.pdf").status_code == 200
    assert b"Changed" in client.get(f"{new}/compare/A-2025-000002.csv").data


def test_versions_of_other_months_schemes_and_employers_are_not_compared(
    client: FlaskClient, employer: Employer
) -> None:
    declared(client, employer)
    assert client.get(f"{base(employer)}/declarations/A-2025-000001/compare/A-2025-000002").status_code == 404
    assert client.get(f"{base(employer)}/declarations/A-2025-000001/compare/A-2025-000001").status_code == 404
    assert client.get(f"{base(employer)}/declarations/A-2025-000001/compare/A-2025-009999").status_code == 404
    with db.writing() as session:
        other = make_employer(session)
        stranger = give_mandate(session, other, EmployerRole.SIGNATORY)
    sign_in(client, stranger)
    assert client.get(f"{base(other)}/declarations/A-2025-000001").status_code == 404
    assert client.get(f"{base(other)}/declarations/A-2025-000001/compare/A-2025-000002").status_code == 404


def test_who_was_forgotten_is_added_on_the_pages(client: FlaskClient, employer: Employer) -> None:
    declared(client, employer)
    with db.writing() as session:
        hire(session, session.get_one(Employer, employer.id), make_person(session, surname="Zulu"))
    month = client.get(f"{base(employer)}/start/2025-10").text
    assert "October 2025 is declared" in month
    assert "Add who was forgotten" in month
    page = go(client, "POST", f"{base(employer)}/start/2025-10/forgotten")
    assert "This adds people who were forgotten" in page.text
    assert "Zulu" in page.text
    assert "With those who are added" in check(client, employer)
    assert "October 2025 is declared" in submit(client, employer).text
    month = client.get(f"{base(employer)}/start/2025-10").text
    assert month.count("Supplementary return") == 2
    assert "It adds people" in client.get(f"{base(employer)}/declarations/A-2025-000003").text


def test_less_than_was_paid_asks_the_fund_and_says_that_it_waits(client: FlaskClient, employer: Employer) -> None:
    paid_and_lowered(client, employer)
    page = check(client, employer)
    assert "An officer of the fund decides" in page
    assert "Ask the fund to accept this revision" in page
    unsaid = submit(client, employer)
    assert unsaid.status_code == 422
    assert "Write why this should be done" in unsaid.text
    waits = submit(client, employer, reason="Typed the bonus twice", looked="y")
    assert "The revision of October 2025 waits for the fund" in waits.text
    assert "Typed the bonus twice" in waits.text
    for url in ("/start/2025-10", "/declarations/A-2025-000002"):
        assert "waits for the fund" in go(client, "GET", f"{base(employer)}{url}").text
    assert "Waits for the fund" in client.get(f"{base(employer)}/").text
    assert go(client, "POST", f"{base(employer)}/start/2025-10/revise").status_code == 409


def test_the_request_is_taken_back_on_its_page_by_who_asked(client: FlaskClient, employer: Employer) -> None:
    paid_and_lowered(client, employer)
    row = draft(employer)
    submit(client, employer, reason="Typed the bonus twice")
    page = client.get(f"{base(employer)}/{row.public_id}").text
    assert f'action="{base(employer)}/{row.public_id}/take-back"' in page
    done = go(client, "POST", f"{base(employer)}/{row.public_id}/take-back")
    assert "The revision is a draft again" in done.text


def test_what_the_fund_refused_is_a_draft_with_its_note(client: FlaskClient, employer: Employer) -> None:
    paid_and_lowered(client, employer)
    row = draft(employer)
    submit(client, employer, reason="Typed the bonus twice")
    with db.writing() as session:
        asked = session.scalars(select(Approval)).one()
        by = make_officer(session)
        approvals.refuse(
            session, asked.public_id, fingerprint=asked.fingerprint, note="Send the payslips.", by=by.id, at=clock.now()
        )
    page = client.get(f"{base(employer)}/{row.public_id}").text
    assert "The fund did not accept this revision" in page
    assert "Send the payslips." in page


def test_why_a_return_is_late_is_kept_with_it_and_only_asked_when_it_is(
    client: FlaskClient, employer: Employer
) -> None:
    start(client, employer)
    assert "Why is this late?" not in check(client, employer)
    move_clock(LATE)
    assert "Why is this late?" in check(client, employer)
    submit(client, employer, late_reason="Our   server broke down")
    page = client.get(f"{base(employer)}/declarations/A-2025-000001").text
    assert "Our server broke down" in page


def test_a_colleague_who_revises_meets_the_same_draft_and_loses_nothing(
    client: FlaskClient, employer: Employer
) -> None:
    declared(client, employer)
    revise(client, employer, gross__2="7000")
    old = draft(employer).version
    with db.writing() as session:
        clerk = give_mandate(session, session.get_one(Employer, employer.id), EmployerRole.CLERK)
    sign_in(client, clerk)
    page = go(client, "POST", f"{base(employer)}/start/2025-10/revise")
    assert "Begun by Mutinta Banda" in page.text
    edit(client, employer, gross__1="6100", gross__2="7000")
    stale = edit(client, employer, version=old, gross__2="7777.77")
    assert stale.status_code == 409
    assert 'value="7777.77"' in stale.text
    assert "Someone changed this payroll" in stale.text


def test_submitting_an_old_page_of_a_revision_changes_nothing(client: FlaskClient, employer: Employer) -> None:
    declared(client, employer)
    revise(client, employer, gross__2="7000")
    old = draft(employer)
    edit(client, employer, gross__2="7100")
    page = submit(client, employer, old)
    assert "Someone changed this payroll" in page.text
    assert draft(employer).checked["sums"]["zm-napsa"]["earnings"] == 13_100_00


def test_a_revision_may_say_that_nobody_was_paid(client: FlaskClient, employer: Employer) -> None:
    declared(client, employer)
    revise(client, employer, out__1="1", out__2="1")
    assert "Nobody is left in this payroll" in client.get(f"{base(employer)}/{draft(employer).public_id}").text
    done = submit(client, employer, looked="y")
    assert "October 2025 is declared" in done.text
    assert re.search(r"People</dt>\s*<dd[^>]*>\s*0\s*<", client.get(f"{base(employer)}/start/2025-10").text)
