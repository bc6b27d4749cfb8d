"""The officer defends every ngwee: from the fund's total down to one step of one calculation."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import pytest
from sqlalchemy import select

from portal import db
from portal.auth.models import FundRoleName
from portal.contributions.models import Declaration
from portal.ledger.models import Charge, Transaction
from portal.people.models import Person
from tests.officers.conftest import (
    AUGUST,
    TODAY,
    Fund,
    accrue,
    at,
    counted,
    declare,
    pay,
    set_today,
)  # fmt: skip


def text_of(page: str) -> str:
    """What a reader sees, in one line."""
    inside = page[page.index("<main") :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", inside)).replace("\u00a0", " ").replace("&#39;", "'")


def charge_of(fund: Fund, scheme: str, month: object = AUGUST) -> Charge:
    with db.reading() as session:
        wanted = (Charge.employer_id == fund.late.id, Charge.scheme == scheme, Charge.month == month)
        return session.scalars(select(Charge).where(*wanted)).one()


def rows_of(answer_text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer_text.lstrip("\ufeff"))))


def test_arrears_stand_by_age_and_scheme_contributions_and_late_charges_apart(fund_of_three: Fund) -> None:
    # August: 400.00 unpaid since 10 September, three months begun; September: 600.00 since 10 October, two.
    page = text_of(fund_of_three.get("/fund/arrears"))
    assert "NAPSA: ZMW 1,240.00 is overdue, the largest part (ZMW 720.00) for 31 to 60 days" in page
    assert "31 to 60 days 1 1 600.00 120.00 720.00" in page
    assert "61 to 90 days 1 1 400.00 120.00 520.00" in page
    assert "In all 2 1,000.00 240.00 1,240.00" in page


def test_the_chart_says_the_same_as_its_table(fund_of_three: Fund) -> None:
    page = fund_of_three.get("/fund/arrears?scheme=zm-napsa").replace("\u00a0", " ")
    chart = page[page.index('<figure class="chart"') : page.index("</figure>")]
    assert "ZMW 720.00" in chart
    assert "ZMW 520.00" in chart
    assert chart.count("<rect") >= 12


def test_contributions_have_the_same_colour_in_every_chart(fund_of_three: Fund) -> None:
    marks = re.findall(r'class="(c\d)"><title>[^<]*, ([A-Z][a-z ]+): ', fund_of_three.get("/fund/arrears"))
    assert set(marks) == {("c1", "Contributions"), ("c2", "Late charges")}
    nhima = fund_of_three.get("/fund/arrears?scheme=zm-nhima")
    assert {colour for colour, _name in re.findall(r'class="(c\d)"><title>[^<]*, ([A-Z][a-z ]+): ', nhima)} == {"c1"}
    legend = nhima[nhima.index('class="chart__legend"') :]
    assert "Contributions</li>" in legend[: legend.index("</ul>")]


def test_what_nhima_charges_for_paying_late_is_not_known_and_the_page_says_why(fund_of_three: Fund) -> None:
    page = text_of(fund_of_three.get("/fund/arrears?scheme=zm-nhima"))
    assert "not known, because: No public page that was found names a rate." in page
    assert "31 to 60 days 1 1 100.00 not known 100.00" in page
    charge = charge_of(fund_of_three, "zm-nhima")
    page = text_of(fund_of_three.get(f"/fund/employers/T900001/charges/{charge.public_id}"))
    assert "What NHIMA charges for paying late is not known" in page
    assert "0.00" not in page[page.index("Late charge to today") : page.index("Every posting")]


def test_arrears_as_they_were_on_an_earlier_day(fund_of_three: Fund) -> None:
    page = text_of(fund_of_three.get("/fund/arrears?scheme=zm-napsa&on=2026-09-20"))
    assert "Arrears at the end of 20 September 2026" in page
    assert "0 to 30 days 1 1 400.00 0.00 400.00" in page


def test_a_day_to_come_or_a_strange_filter_shows_today(fund_of_three: Fund) -> None:
    page = fund_of_three.get("/fund/arrears?on=2031-01-01&scheme=xx&age=7&page=x&_scheme=javascript")
    assert "Arrears at the end of 21 November 2026" in page
    assert "javascript" not in page


def test_the_file_is_exactly_the_list(fund_of_three: Fund) -> None:
    answer = fund_of_three.client.get("/fund/arrears.csv?sort=oldest&scheme=zm-napsa")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert rows_of(answer.text)[1:] == [
        ["T900001", "Kafue Mining", "NAPSA", "2", "2026-09-10", "ZMW", "1000.00", "240.00", "1240.00"]
    ]
    nhima = rows_of(fund_of_three.client.get("/fund/arrears.csv?scheme=zm-nhima").text)
    assert nhima[1][-3:] == ["200.00", "not known", "200.00"]


def test_the_way_down_from_the_fund_to_one_step(fund_of_three: Fund) -> None:
    page = fund_of_three.get("/fund/arrears?scheme=zm-napsa")
    employer = link(page, "Kafue Mining")
    months = fund_of_three.get(employer)
    charge = link(months, 'August 2026<span class="govuk-visually-hidden"> NAPSA')
    postings = fund_of_three.get(charge)
    entry = link(postings, "Charge for paying late")
    steps = text_of(fund_of_three.get(entry))
    assert "10 % of what is unpaid is added for each month or part of a month after the due day, 10 September" in steps
    assert "Month 3, from 11 November 2026 to 10 December 2026: ZMW 400.00 was unpaid when it began" in steps
    assert "NAPSA clarifies the assented National Pension Scheme Bill" in steps, "the legal source"
    assert "Added to the late charge for August 2026 now" in steps


def link(page: str, words: str) -> str:
    """The address behind a link."""
    found = re.search(rf'<a class="govuk-link" href="([^"#]+)[^"]*">{words}', page)
    assert found, f"no link {words}"
    return found[1]


def test_the_charge_page_shows_the_late_charge_to_this_day(fund_of_three: Fund) -> None:
    address = f"/fund/employers/T900001/charges/{charge_of(fund_of_three, 'zm-napsa').public_id}"
    page = text_of(fund_of_three.get(address))
    assert "By the rule ZMW 120.00 is owed for paying late. ZMW 120.00 of it is posted." in page
    assert "If nobody pays, more is added on 11 December 2026." in page
    set_today(date(2026, 12, 11))
    page = text_of(fund_of_three.get(address))
    assert "By the rule ZMW 160.00 is owed for paying late. ZMW 120.00 of it is posted." in page
    assert "will add ZMW 40.00" in page


def test_a_late_payment_stops_it(fund_of_three: Fund) -> None:
    pay(fund_of_three.late, "zm-napsa", 400_00, TODAY)
    page = text_of(
        fund_of_three.get(f"/fund/employers/T900001/charges/{charge_of(fund_of_three, 'zm-napsa').public_id}")
    )
    assert "The contribution is paid; nothing more is added." in page
    assert "Contribution unpaid ZMW 0.00" in page


def test_a_payment_says_what_it_settled(fund_of_three: Fund) -> None:
    with db.reading() as session:
        wanted = (Transaction.employer_id == fund_of_three.late.id, Transaction.kind == "payment")
        payment = session.scalars(select(Transaction).where(*wanted)).one()
    page = text_of(fund_of_three.get(f"/fund/employers/T900001/entries/{payment.public_id}"))
    assert "Contribution for August 2026 ZMW 200.00" in page
    assert "Money received" in page


def test_a_declaration_adds_up_from_its_lines_and_each_line_from_the_rule(fund_of_three: Fund) -> None:
    charge = charge_of(fund_of_three, "zm-napsa")
    page = fund_of_three.get(f"/fund/employers/T900001/charges/{charge.public_id}")
    entry = text_of(fund_of_three.get(link(page, "Contributions declared")))
    assert "ZMW 300.00" in entry
    line = text_of(fund_of_three.get(link(page, "Person")))
    assert "Pay counts up to the ceiling for August 2026, which is ZMW 37,236.00" in line
    assert "Employer share for Pension: 5 % of ZMW 6,000.00" in line
    assert "This is what was declared." in line


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (FundRoleName.CASHIER, 403), (FundRoleName.REGISTRAR, 403), (FundRoleName.SYSTEM_ADMINISTRATOR, 403),
        (FundRoleName.AUDITOR, 200), (FundRoleName.CONTRIBUTION_OFFICER, 200),
    ],
)  # fmt: skip
def test_wages_of_single_people_are_for_those_who_need_them(
    fund_of_three: Fund, role: FundRoleName, status: int
) -> None:
    charge = charge_of(fund_of_three, "zm-napsa")
    address = link(fund_of_three.get(f"/fund/employers/T900001/charges/{charge.public_id}"), "Person")
    fund_of_three.sign_in(role)
    fund_of_three.get(address, status)
    page = fund_of_three.get(f"/fund/employers/T900001/charges/{charge.public_id}")
    assert ("Banda" in page) is (status == 200)


def test_something_of_another_employer_is_as_if_it_did_not_exist(fund_of_three: Fund) -> None:
    charge = charge_of(fund_of_three, "zm-napsa")
    other = fund_of_three.model.number
    with db.reading() as session:
        declaration = session.scalars(
            select(Declaration).where(Declaration.employer_id == fund_of_three.late.id)
        ).first()
        entry = session.scalars(select(Transaction).where(Transaction.employer_id == fund_of_three.late.id)).first()
        person = session.scalars(select(Person)).first()
    assert declaration
    assert entry
    assert person
    for rest in (
        f"charges/{charge.public_id}",
        f"entries/{entry.public_id}",
        f"declarations/{declaration.public_id}/lines/{person.public_id}",
    ):
        fund_of_three.get(f"/fund/employers/{other}/{rest}", 404)
        fund_of_three.get(f"/fund/employers/none/{rest}", 404)


def test_an_entry_taken_back_points_to_what_took_it_back(fund_of_three: Fund) -> None:
    from portal.payments.models import Payment, Receipt
    from portal.payments.service import reverse_payment

    with db.writing() as session:
        receipt = session.scalars(
            select(Receipt).join(Payment).where(Payment.employer_id == fund_of_three.late.id)
        ).one()
        reverse_payment(
            session, fund_of_three.late.id, receipt.public_id, reason="The cheque bounced.", by=None, at=at(TODAY)
        )
    payments = fund_of_three.get("/fund/employers/T900001/tab/payments")
    assert "The cheque bounced." in payments
    entry = fund_of_three.get(link(payments, "See the entry"))
    assert "This was taken back by" in entry
    other = text_of(fund_of_three.get(link(entry, "the entry of")))
    assert "This takes back" in other


def test_the_number_of_statements_does_not_grow_with_employers_or_lines(fund_of_three: Fund) -> None:
    paths = ("/fund/arrears", "/fund/employers", "/fund/arrears.csv", "/fund/employers.csv", "/fund/")
    fund_of_three.get("/fund/")  # the first page of a visit also notes that it was seen
    before = [statements(fund_of_three, path) for path in paths]
    with db.writing() as session:
        more = [Fund.employer(session, f"More {number}", people=3) for number in range(6)]
    for employer in more:
        declare(employer, AUGUST, date(2026, 9, 5))
    accrue(TODAY, *more)
    now = [statements(fund_of_three, path) for path in paths]
    assert now == before
    with db.reading() as session:
        wanted = (Charge.employer_id == more[0].id, Charge.scheme == "zm-napsa")
        charge = session.scalars(select(Charge).where(*wanted)).one()
    one = statements(fund_of_three, f"/fund/employers/T900001/charges/{charge_of(fund_of_three, 'zm-napsa').public_id}")
    assert statements(fund_of_three, f"/fund/employers/{more[0].number}/charges/{charge.public_id}") == one


def statements(fund: Fund, path: str) -> int:
    with counted() as sent:
        fund.get(path)
    return len(sent)


def test_pages_stay_small(fund_of_three: Fund) -> None:
    for path in ("/fund/", "/fund/arrears", "/fund/employers", "/fund/employers/T900001"):
        assert len(fund_of_three.get(path).encode()) < 100_000
