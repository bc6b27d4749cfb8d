"""
The whole path of a new employer: it registers and is approved, brings its people, declares, gets a bill, pays in
time and has a receipt; after four paid months its people are covered, see it themselves, and the core knows.

By hand, a month of three people, 4,000.00, 5,000.00 and 6,000.00 basic and gross:

* NHIMA: 40.00 + 50.00 + 60.00 from each side = 300.00.
* NAPSA: 200.00 + 250.00 + 300.00 from each side = 1,500.00.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date

import pypdf
import pytest

from portal.scheme.calendars import Month
from tests.journeys.conftest import Live
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

OWNER, PASSWORD = "owner@lusaka-bakers.example", "bread rises slowly"
PDF = b"%PDF-1.4\n% a paper\n%%EOF\n"
ROSTER = """\
national_id,surname,first_name,sex,birth_date,email,staff_number,category,from_day,basic,gross
111111/11/1,Mwansa,Chileshe,F,1990-05-17,chileshe@mail.example,1,permanent,{day},4000.00,4000.00
222222/22/1,Zulu,Moses,M,1985-02-03,,2,permanent,{day},5000.00,5000.00
333333/33/1,Phiri,Ruth,F,1979-11-30,,3,permanent,{day},6000.00,6000.00
"""


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def make_account(owner: Visitor, practice: Visitor) -> None:
    """An account of one's own, confirmed by the link in the mail."""
    owner.open("/").follow("Register a new employer")
    owner.fill(name="Thandiwe Banda", email=OWNER, password=PASSWORD).press("Make the account")
    owner.sees("Look into your mail")
    practice.night().open("/practice/mail").sees(OWNER)
    hers = practice.page.locator("article").filter(has_text=OWNER).first
    link = hers.get_by_role("link", name="Open the link").first.get_attribute("href")
    assert link
    owner.open(link.removeprefix(owner.url)).press("This is my address")
    owner.open("/sign-in").fill(email=OWNER, password=PASSWORD).press("Sign in")


def register(owner: Visitor, first: Month) -> str:
    """The wizard, page by page; gives the tracking number."""
    owner.press("Start or go on").follow("Name and numbers")
    owner.fill(legal_name="Lusaka Bakers Limited", tax_number="1098765432").press("Save and continue")
    owner.fill(legal_form="company", activity="C").press("Save and continue")
    owner.fill(location="ZM-09-01", address="Plot 7, Bread Street").press("Save and continue")
    owner.fill(contact_name="Thandiwe Banda", phone="0977123456", email=OWNER).press("Save and continue")
    owner.press("Save and continue")
    owner.fill(first_employment_day=first.first_day().isoformat(), headcount="3").press("Save and continue")
    owner.tick_all().press("Save and continue")
    for box in owner.page.locator("main input[type='file']").all():
        owner.attach(str(box.get_attribute("name")), "paper.pdf", PDF)
    owner.press("Save and continue").sees("Lusaka Bakers Limited").press("Send the application")
    return owner.sees("Application sent").page.locator(".govuk-panel__body").inner_text().split()[-1]


def bring_people(owner: Visitor, number: str, first: Month) -> None:
    """The roster from a file: what it would do is shown before it is done."""
    owner.open(f"/employers/{number}/").follow("People", within=owner.page.locator(".nav--wide"))
    owner.follow("Import a file")
    owner.attach("file", "people.csv", ROSTER.format(day=first.first_day().isoformat()).encode(), "text/csv")
    owner.press("Look at the file").sees("Nothing is done yet.").press("Make these changes")
    owner.sees("The file was imported")


def declare(owner: Visitor, number: str) -> None:
    owner.open(f"/employers/{number}/payrolls/").press("from the roster")
    owner.sees("ZMW 300.00", "ZMW 1,500.00").tick_all().press("Submit").sees("is declared")


def draw_bill(owner: Visitor, number: str) -> str:
    """The bill of the newest NHIMA month; gives the reference to pay with."""
    owner.open(f"/employers/{number}/account/").press("Get the bill")
    facts = owner.summary()
    assert facts["To pay"] == "ZMW 300.00"
    reference = facts["Reference to give"].removesuffix(" Copy")
    assert reference.replace(" ", "") in text_of(owner.download("Download the bill")).replace(" ", "")
    return reference


def pay(cashier: Visitor, reference: str) -> Visitor:
    """What stands on the bank's statement: the reference and the amount."""
    cashier.open("/fund/payments/").fill(find=reference).press("Find the employer").sees("Lusaka Bakers")
    cashier.fill(amount="300.00", method="bank", bank_reference="PB7").press("Check before recording")
    return cashier.press("Record ZMW 300.00").sees("Payment recorded")


def check_receipt(owner: Visitor, number: str, stranger: Visitor) -> None:
    """On the page, on paper, and for whoever scans the paper."""
    owner.open(f"/employers/{number}/").follow("Open it").sees("ZMW 300.00")
    receipt = owner.page.locator("main h1").inner_text().split()[-1]
    paper = text_of(owner.download("Download the receipt"))
    assert receipt in paper
    assert "300.00" in paper
    address = owner.page.get_by_role("link", name="Check it").get_attribute("href")
    assert address
    stranger.open(address.removeprefix(owner.url)).sees(f"Receipt {receipt} is genuine")
    assert not re.search(r"300\.00|Lusaka", stranger.text)


def insurance_number(owner: Visitor, number: str) -> str:
    owner.open(f"/employers/{number}/roster/").follow("Mwansa, Chileshe")
    return owner.page.locator(".record__number").inner_text().split()[-1]


def come_in(employee: Visitor, practice: Visitor, number: str) -> None:
    """An employee: insurance number, birth date, and a code by mail."""
    employee.open("/").follow("See my cover").fill(number=number, birth_date="1990-05-17", way="mail").press("Continue")
    practice.night().open("/practice/mail").sees("chileshe@mail.example")
    code = re.search(r"Your code is (\S+)", practice.text)
    assert code
    employee.fill(code=code[1]).press("See my cover")


def test_a_new_employers_people_are_covered_after_four_paid_months(live: Live, visit: Callable[..., Visitor]) -> None:
    practice, owner, registrar, cashier = visit(), visit(), visit("registrar"), visit("cashier")
    months = [live.month.plus(each) for each in range(5)]
    practice.make_it(third_of(months[1]))
    make_account(owner, practice)
    tracking = register(owner, months[0])
    registrar.open("/fund/registrations").follow(tracking).follow("Approve").press("Approve and give")
    number = registrar.page.get_by_text(re.compile("^ZE[0-9]{7}$")).first.inner_text()

    bring_people(owner, number, months[0])
    for month in months[1:]:
        practice.make_it(third_of(month))
        declare(owner, number)
        pay(cashier, draw_bill(owner, number))
        if month == months[1]:
            check_receipt(owner, number, visit())

    member, employee = insurance_number(owner, number), visit()
    come_in(employee, practice, member)
    employee.sees(f"Covered until {months[4].last_day().day} {live.month_name(months[4])}")
    assert "Known to the core" in employee.row_of(live.month_name(months[3])).inner_text()
    told = [row for row in live.core.tell("state")["policies"] if row["chf_id"] == member]
    assert [(row["start_date"], row["value"]) for row in told] == [(months[4].first_day().isoformat(), "80.00")]


def third_of(month: Month) -> date:
    """In good time: the month before is due on the tenth."""
    return month.first_day().replace(day=3)
