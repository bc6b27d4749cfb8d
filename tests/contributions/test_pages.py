"""The pages of a month's payroll, as somebody in a hurry meets them."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal import clock, db
from portal.auth.models import EmployerRole
from portal.contributions.models import Declaration, FaultyLine, Payroll, PayrollLine
from portal.employers.models import Employer
from portal.employers.roster import roster_in
from portal.scheme.calendars import Month
from tests.factories import give_mandate, hire, make_employer, make_person, sign_in

OCTOBER = Month(2025, 10)
NOW = datetime(2025, 11, 3, 9, 0, tzinfo=UTC)
HEAD = "national_id,surname,first_name,month,days,basic,gross\n"


@pytest.fixture
def employer(client: FlaskClient) -> Employer:
    """Two people on the roster, and their signatory signed in on 3 November 2025."""
    with db.writing() as session:
        db.store_offset(session, NOW - clock.real_now())
        made = make_employer(session, trade_name="Kafue Mining")
        hire(session, made)
        hire(session, made)
        signer = give_mandate(session, made, EmployerRole.SIGNATORY, name="Mutinta Banda")
    sign_in(client, signer)
    return made


def base(employer: Employer) -> str:
    return f"/employers/{employer.number}/payrolls"


def go(client: FlaskClient, method: str, url: str, **values):
    """Follow one click to the page it ends on."""
    answer = client.open(url, method=method, **values)
    hops = 0
    while answer.status_code in (301, 302, 303, 308) and hops < 5:
        answer, hops = client.get(answer.headers["Location"]), hops + 1
    return answer


def start(client: FlaskClient, employer: Employer):
    return go(client, "POST", f"{base(employer)}/start/2025-10/roster")


def upload(client: FlaskClient, employer: Employer, text: str, name: str = "october.csv", month: str = "2025-10"):
    values = {"file": (io.BytesIO(text.encode()), name)}
    url = f"{base(employer)}/start/{month}/file"
    return go(client, "POST", url, data=values, content_type="multipart/form-data")


def draft(employer: Employer) -> Payroll:
    with db.reading() as session:
        return session.scalars(
            select(Payroll).where(Payroll.employer_id == employer.id, Payroll.state == "draft")
        ).one()


def count(table) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def two_rows(employer: Employer, basic: str = "5000") -> str:
    with db.reading() as session:
        people = [one.national_id for one in roster_in(session, employer.id, OCTOBER)]
    return HEAD + f"{people[0]},Banda,Agnes,2025-10,31,5000,6000\n{people[1]},Banda,Brian,2025-10,31,{basic},6000\n"


def submit(client: FlaskClient, employer: Employer, row: Payroll | None = None, **ticked: str):
    row = row or draft(employer)
    data = {"version": str(row.version), "confirm": "y", **ticked}
    return go(client, "POST", f"{base(employer)}/{row.public_id}/submit", data=data)


def test_the_months_show_what_is_due_and_when(client: FlaskClient, employer: Employer) -> None:
    page = client.get(f"{base(employer)}/")
    assert page.status_code == 200
    assert "January 2024 is to be declared, and paid by 10 February 2024" in page.text
    assert "October 2025" in page.text
    assert "10 November 2025" in page.text


def test_the_list_of_months_says_that_it_leaves_late_charges_to_the_account(
    client: FlaskClient, employer: Employer
) -> None:
    page = client.get(f"{base(employer)}/").text
    assert "Contribution unpaid" in page
    assert "Late charges are not in this list." in page
    assert f'href="/employers/{employer.number}/account/"' in page[page.index("Late charges are not") :]


def test_rows_from_the_roster_are_counted_from_one(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    page = client.get(f"{base(employer)}/{draft(employer).public_id}").text
    assert re.findall(r'data-label="Row">(\d+)<', page) == ["1", "2"]
    upload(client, employer, two_rows(employer))
    page = client.get(f"{base(employer)}/{draft(employer).public_id}").text
    assert re.findall(r'data-label="Row">(\d+)<', page) == ["2", "3"], "as the spreadsheet counts them"


def test_an_unchanged_month_takes_five_page_loads(client: FlaskClient, employer: Employer) -> None:
    loads = ["sign in", "home"]
    loads.append(client.get(f"{base(employer)}/start/2025-10").text)
    loads.append(start(client, employer).text)
    assert "Check and submit October 2025" in loads[-1]
    loads.append(submit(client, employer).text)
    assert "October 2025 is declared" in loads[-1]
    assert "A-2025-000001" in loads[-1]
    assert len(loads) == 5


def test_the_check_page_says_everything_that_will_happen(client: FlaskClient, employer: Employer) -> None:
    page = start(client, employer).text
    for said in (
        "ZMW\u00a010,000.00",
        "ZMW\u00a0200.00",
        "ZMW\u00a01,200.00",
        "10 November 2025",
        "10\u00a0%",
        "Mutinta Banda signs",
    ):
        assert said in page
    assert "is not known here" in page
    assert "everybody who worked for us in October 2025" in page


def test_without_the_attestation_nothing_is_submitted(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    row = draft(employer)
    page = client.post(f"{base(employer)}/{row.public_id}/submit", data={"version": str(row.version)})
    assert page.status_code == 422
    assert "Tick the box to sign" in page.text
    assert 'href="#confirm"' in page.text
    assert count(Declaration) == 0


def test_a_double_click_on_submit_shows_the_same_acknowledgement(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    row = draft(employer)
    first, second = submit(client, employer, row), submit(client, employer, row)
    assert first.text.count("A-2025-000001") == second.text.count("A-2025-000001") > 0
    assert count(Declaration) == 2


def test_a_clerk_prepares_and_may_not_submit(client: FlaskClient, employer: Employer) -> None:
    with db.writing() as session:
        clerk = give_mandate(session, session.get_one(Employer, employer.id), EmployerRole.CLERK)
    sign_in(client, clerk)
    page = start(client, employer)
    assert "A signatory has to submit it" in page.text
    assert "Mutinta Banda" in page.text
    assert submit(client, employer).status_code == 403


def test_a_viewer_may_not_begin_a_payroll(client: FlaskClient, employer: Employer) -> None:
    with db.writing() as session:
        viewer = give_mandate(session, session.get_one(Employer, employer.id), EmployerRole.VIEWER)
    sign_in(client, viewer)
    assert start(client, employer).status_code == 403
    assert client.get(f"{base(employer)}/").status_code == 200


def test_a_file_with_a_bad_row_shows_it_and_keeps_the_good_one(client: FlaskClient, employer: Employer) -> None:
    page = upload(client, employer, two_rows(employer, basic="12o00"))
    assert "1 row waits to be mended" in page.text
    assert "Banda" in page.text
    rows = client.get(f"{base(employer)}/{draft(employer).public_id}/rows").text
    assert 'value="12o00"' in rows
    assert "is not an amount" in rows


def mend(client: FlaskClient, employer: Employer, **cells: str):
    row = draft(employer)
    data = {"version": str(row.version), **{name.replace("_3", "-3"): text for name, text in cells.items()}}
    return go(client, "POST", f"{base(employer)}/{row.public_id}/rows", data=data)


def test_a_row_is_mended_on_the_page(client: FlaskClient, employer: Employer) -> None:
    upload(client, employer, two_rows(employer, basic="12o00"))
    again = mend(client, employer, basic_3="13o00")
    assert 'value="13o00"' in again.text
    done = mend(client, employer, basic_3="13000")
    assert "Every row is in order" in done.text
    assert (count(FaultyLine), count(PayrollLine)) == (0, 2)


def test_a_row_is_left_out_on_the_page(client: FlaskClient, employer: Employer) -> None:
    upload(client, employer, two_rows(employer, basic="12o00"))
    done = mend(client, employer, out_3="1")
    assert "Who is not in this payroll" in done.text
    assert count(PayrollLine) == 1


def test_a_refused_file_is_named_with_its_reason(client: FlaskClient, employer: Employer) -> None:
    page = upload(client, employer, "national_id,surname\n1,2\n", name="<b>march.csv")
    assert page.status_code == 422
    assert "&lt;b&gt;march.csv was not taken" in page.text
    assert "first_name" in page.text
    assert count(Payroll) == 0


def with_total(client: FlaskClient, employer: Employer, total: str):
    values = {"file": (io.BytesIO(two_rows(employer).encode()), "october.csv"), "total": total}
    url = f"{base(employer)}/start/2025-10/file"
    return go(client, "POST", url, data=values, content_type="multipart/form-data")


def test_a_total_that_does_not_agree_is_asked_about(client: FlaskClient, employer: Employer) -> None:
    page = with_total(client, employer, "12,500.00")
    assert "The rows add up to ZMW\u00a012,000.00; you declared ZMW\u00a012,500.00" in page.text


def test_a_total_that_is_no_amount_is_said_beside_it(client: FlaskClient, employer: Employer) -> None:
    page = with_total(client, employer, "a lot")
    assert page.status_code == 422
    assert 'href="#total"' in page.text
    assert 'value="a lot"' in page.text
    assert count(Payroll) == 0


def test_no_file_is_said_kindly(client: FlaskClient, employer: Employer) -> None:
    page = client.post(f"{base(employer)}/start/2025-10/file", data={})
    assert page.status_code == 422
    assert "Choose the file first" in page.text


def test_a_file_that_is_too_large_is_answered_with_a_page_and_leaves_nothing(
    client: FlaskClient, employer: Employer
) -> None:
    url = f"{base(employer)}/start/2025-10/file"
    part = 'Content-Disposition: form-data; name="file"; filename="october.csv"'
    answers = []
    for megabytes in (21, 20):
        body = f"--x\r\n{part}\r\n\r\n{HEAD}{'x' * megabytes * 1024 * 1024}\r\n--x--\r\n"
        answers.append(client.post(url, data=body, content_type="multipart/form-data; boundary=x"))
    page, a_little = answers
    assert page.status_code == 413
    assert "A file may have up to 20 MB" in page.text
    assert a_little.status_code == 422
    assert "The file is larger than 20" in a_little.text
    assert count(Payroll) == 0


def edit(client: FlaskClient, employer: Employer, version: int | None = None, **cells: str):
    row = draft(employer)
    data = {name.replace("__", "-"): text for name, text in cells.items()}
    whole = {"basic-1": "5000.00", "gross-1": "6000.00", "days-1": "", "basic-2": "5000.00", "gross-2": "6000.00"}
    data = {**whole, **data, "version": str(version or row.version)}
    return go(client, "POST", f"{base(employer)}/{row.public_id}/lines", data=data)


def test_amounts_are_changed_on_one_page(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    page = edit(client, employer, basic__1="5500", gross__1="6500.50")
    assert "Saved and checked" in page.text
    assert "6,500.50" in page.text
    assert draft(employer).checked["sums"]["zm-nhima"]["employer"] == 105_00


def test_what_was_typed_wrong_is_kept_with_its_error(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    page = edit(client, employer, basic__1="five thousand", gross__2="7000")
    assert page.status_code == 422
    assert 'value="five thousand"' in page.text
    assert 'value="7000"' in page.text
    assert 'href="#basic-1"' in page.text
    assert draft(employer).version == 1


def test_two_tabs_lose_nothing_that_was_typed(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    edit(client, employer, basic__1="5500")
    page = edit(client, employer, version=1, basic__1="5700")
    assert page.status_code == 409
    assert 'value="5700"' in page.text
    assert "saved: 5500.00" in page.text


def test_a_line_is_left_out_on_the_page(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    edit(client, employer, out__2="1")
    assert count(PayrollLine) == 1


def test_warnings_are_to_be_looked_at_before_submitting(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    edit(client, employer, basic__1="0")
    refused = submit(client, employer)
    assert refused.status_code == 422
    assert "once you have looked" in refused.text
    assert "October 2025 is declared" in submit(client, employer, looked="y").text


def test_a_draft_tells_apart_what_is_in_order_and_what_asks_for_a_look(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    address = f"{base(employer)}/{draft(employer).public_id}"
    assert "Every row is in order." in client.get(address).text
    asked = edit(client, employer, basic__1="0").text
    assert "You can submit this payroll; 1 row asks for a look first." in asked
    assert "Please check:" in asked
    assert "Every row is in order" not in asked
    both = edit(client, employer, basic__1="0", basic__2="0").text
    assert "2 rows ask for a look first." in both


@pytest.fixture
def village(client: FlaskClient, employer: Employer) -> Employer:
    """Four pairs of people with one name each beside the two, and one who is paid nothing."""
    with db.writing() as session:
        for name in ("Banda", "Mwale", "Phiri", "Zulu"):
            for first in ("Mary", "MARY"):
                hire(session, employer, make_person(session, surname=name, first_name=first))
        hire(session, employer, make_person(session, surname="Lungu", first_name="Grace"), basic=0, gross=0)
    return employer


def test_many_who_share_a_name_are_one_notice_so_that_real_questions_are_seen(
    client: FlaskClient, village: Employer
) -> None:
    page = start(client, village).text
    address = f"{base(village)}/{draft(village).public_id}"
    assert "8 rows have the same name as another row, and another number." in page
    assert "1 row asks for a look first." in page
    assert page.count("Please check:") == 2, "basic and gross of the one who is paid nothing"
    seen = client.get(f"{address}?look=names").text
    names = re.findall(r"/lines/\d+\">([^<]+)<", seen)
    assert [name.upper() for name in names] == [
        f"{name} MARY" for name in ("BANDA", "MWALE", "PHIRI", "ZULU") for _twice in (1, 2)
    ]
    assert "Show all lines" in seen
    assert client.get(f"{address}/problems.csv").text.count("have the same name and different numbers") == 8


def test_who_shares_a_name_is_to_be_looked_at_before_submitting(client: FlaskClient, village: Employer) -> None:
    start(client, village)
    row = draft(village)
    assert "8 rows have the same name" in client.get(f"{base(village)}/{row.public_id}/check").text
    data = {"version": str(row.version), "confirm": "y"}
    assert client.post(f"{base(village)}/{row.public_id}/submit", data=data).status_code == 422
    assert "October 2025 is declared" in submit(client, village, looked="y").text


def test_a_few_who_share_a_name_are_asked_about_at_their_rows(client: FlaskClient, employer: Employer) -> None:
    with db.writing() as session:
        for _twice in (1, 2):
            hire(session, employer, make_person(session, surname="Zulu", first_name="Mary"))
    page = start(client, employer).text
    assert page.count("have the same name and different numbers") == 2
    assert "Who has the same name" not in page


def test_somebody_missing_asks_for_a_look_though_every_row_is_good(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    page = edit(client, employer, out__2="1").text
    assert "You can submit this payroll; something below asks for a look first." in page
    assert "Who is not in this payroll" in page
    assert "Every row is in order" not in page


def test_a_line_explains_its_contribution(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    page = client.get(f"{base(employer)}/{draft(employer).public_id}/lines/2").text
    assert "Employer share for Health insurance: 1\u00a0% of ZMW\u00a05,000.00" in page
    assert "nhima.co.zm" in page


def test_a_nil_month_is_one_click(client: FlaskClient, employer: Employer) -> None:
    with db.writing() as session:
        empty = make_employer(session)
        signer = give_mandate(session, empty, EmployerRole.SIGNATORY)
    sign_in(client, signer)
    page = go(client, "POST", f"{base(empty)}/start/2025-10/nil")
    assert "October 2025 is declared" in page.text


def test_nil_with_people_asks_beside_the_box(client: FlaskClient, employer: Employer) -> None:
    page = client.post(f"{base(employer)}/start/2025-10/nil")
    assert page.status_code == 422
    assert "2 people are on your roster" in page.text
    assert 'href="#nobody_paid"' in page.text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_comes_filled_in_and_is_read_back(client: FlaskClient, employer: Employer, kind: str) -> None:
    with db.writing() as session:
        for number, one in enumerate(roster_in(session, employer.id, OCTOBER), 1):
            person = session.get_one(type_of(), one.person_id)
            person.insurance_number, person.first_name = issued(number), "Agnes" if number == 1 else "Brian"
    file = client.get(f"{base(employer)}/start/2025-10/template.{kind}")
    assert "attachment" in file.headers["Content-Disposition"]
    values = {"file": (io.BytesIO(file.data), f"october.{kind}")}
    url = f"{base(employer)}/start/2025-10/file"
    page = go(client, "POST", url, data=values, content_type="multipart/form-data")
    assert "Check and submit October 2025" in page.text


def type_of():
    from portal.people.models import Person

    return Person


def issued(number: int) -> str:
    from portal.installation import fund

    return fund().insurance_number.issue(number)


def test_the_acknowledgement_is_a_pdf_and_stays_the_same(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    submit(client, employer)
    first = client.get(f"{base(employer)}/declarations/A-2025-000001.pdf")
    assert first.data.startswith(b"%PDF")
    assert first.mimetype == "application/pdf"
    assert client.get(f"{base(employer)}/declarations/A-2025-000001.pdf").data == first.data


def test_a_declaration_shows_its_lines(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    submit(client, employer)
    page = client.get(f"{base(employer)}/declarations/A-2025-000002").text
    assert "NAPSA for October 2025" in page
    assert page.count("300.00") >= 4
    assert "Revise October 2025" in page


def test_problems_are_taken_along_as_a_file(client: FlaskClient, employer: Employer) -> None:
    upload(client, employer, two_rows(employer, basic="12o00"))
    file = client.get(f"{base(employer)}/{draft(employer).public_id}/problems.csv")
    assert "is not an amount" in file.text
    assert re.search(r"^3,basic,12o00,", file.text, re.M)


def test_the_payroll_of_another_employer_is_not_there(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    row = draft(employer)
    with db.writing() as session:
        other = make_employer(session)
        somebody = give_mandate(session, other)
    sign_in(client, somebody)
    for path in ("", "/lines", "/rows", "/check", "/acknowledgement", "/lines/2", "/problems.csv"):
        assert client.get(f"{base(other)}/{row.public_id}{path}").status_code == 404
        assert client.get(f"{base(employer)}/{row.public_id}{path}").status_code == 404


@pytest.mark.parametrize("month", ["2025-13", "2025-00", "nothing", "2026-10", "2023-12"])
def test_a_month_that_is_none_has_no_page(client: FlaskClient, employer: Employer, month: str) -> None:
    assert client.get(f"{base(employer)}/start/{month}").status_code == 404


def test_a_draft_can_be_given_up(client: FlaskClient, employer: Employer) -> None:
    start(client, employer)
    page = go(client, "POST", f"{base(employer)}/{draft(employer).public_id}/give-up")
    assert "The draft is given up" in page.text
    assert "Start from the roster" in page.text
